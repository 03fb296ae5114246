/** What is started, with which settings, GPUs and secrets. */
import { settingLooksSecret, textLooksSecret } from "../secretLike.ts";
import { cis, none, ok, owasp, policy, type Rule } from "./rule.ts";

export const contentRules: readonly Rule[] = [
  policy({
    id: "image-digest",
    severity: "medium",
    sources: [cis("5.28"), owasp(13)],
    fields: ["image"],
    check: ({ imagePinned, image }) => ok(imagePinned, { image }),
  }),
  policy({
    id: "env-secrets",
    severity: "high",
    sources: [owasp(12), "own"],
    fields: ["env"],
    check: ({ env }, context) =>
      none(
        env
          .filter(([name, value]) => settingLooksSecret(name, value) !== null || context.holdsSecret(value))
          .map(([name]) => name),
        "names",
      ),
  }),
  policy({
    id: "command-secrets",
    severity: "high",
    sources: [owasp(12), "own"],
    fields: ["command", "model"],
    check: ({ words }, context) => {
      const bad = words.filter((word) => textLooksSecret(word) !== null || context.holdsSecret(word));
      return bad.length === 0 ? ok(true) : ok(false, { count: bad.length });
    },
  }),
  policy({
    id: "gpu-by-uuid",
    severity: "medium",
    sources: ["own"],
    fields: ["gpus", "env"],
    check: ({ gpus, allGpus, env }) => {
      const byEnv = env.find(([name]) => name === "NVIDIA_VISIBLE_DEVICES")?.[1] ?? "";
      const loose = gpus.filter((id) => !/^(?:GPU|MIG)-/.test(id) && !/^nvidia\.com\/gpu=(?:GPU|MIG)-/.test(id));
      const named = byEnv !== "" && byEnv !== "void" && byEnv !== "none" && byEnv !== gpus.join(",");
      return none([...loose, ...(allGpus ? ["all"] : []), ...(named && gpus.length === 0 ? ["env"] : [])], "gpus");
    },
  }),
  policy({
    id: "secret-strength",
    severity: "medium",
    sources: ["own"],
    fields: ["secrets"],
    check: (_posture, context, spec) =>
      none(
        (spec?.secrets ?? []).filter(({ ref }) => context.secretState(ref) === "weak").map(({ ref }) => ref.name),
        "secrets",
      ),
  }),
];
