/** Whether the start can work at all on this host. */
import { fact, none, ok, type Rule } from "./rule.ts";

export const factsRules: readonly Rule[] = [
  fact({
    id: "name-free",
    severity: "high",
    sources: ["own"],
    fields: ["name"],
    failure: "NAME_TAKEN",
    check: ({ name }, { namesTaken }) => ok(namesTaken === null || !namesTaken.includes(name), { name }),
  }),
  fact({
    id: "gpu-toolkit",
    severity: "high",
    sources: ["own"],
    fields: ["gpus"],
    failure: "GPU_RUNTIME_MISSING",
    check: ({ gpus }, { gpuToolkit }) => ok(gpus.length === 0 || gpuToolkit !== false),
  }),
  fact({
    id: "gpu-known",
    severity: "high",
    sources: ["own"],
    fields: ["gpus"],
    failure: "GPU_NOT_FOUND",
    check: (posture, context) => {
      const known = context.gpus;
      return none(known === null ? [] : posture.gpus.filter((uuid) => !known.includes(uuid)), "gpu");
    },
  }),
  fact({
    id: "secret-known",
    severity: "high",
    sources: ["own"],
    fields: ["secrets"],
    failure: "SECRET_NOT_FOUND",
    check: (_posture, context, spec) =>
      none(
        (spec?.secrets ?? [])
          .filter(({ ref }) => context.secretState(ref) === "unknown")
          .map(({ ref }) => `${ref.environment}/${ref.name}`),
        "secret",
      ),
  }),
];
