/** The steps that come before there is a container: judge, check the host, look up the secrets, make the network. */
import type { SecretRef } from "../../contract/containers.ts";
import { Failure, isFailure } from "../failure.ts";
import { denialOf, judge, labelPrefix, unknownContext } from "../hardening/index.ts";
import { chooseDelivery, createApiKey, isTextSecret } from "../secrets/index.ts";
import type { Step } from "./perform.ts";
import type { Run } from "./run.ts";
import { deliveriesOf } from "./templates.ts";
import type { LaunchDeps } from "./types.ts";

/** Below this an engine can't even write a container's layers and logs. */
const leastDiskBytes = 512 * 2 ** 20;
const pullLimitMs = 60 * 60_000;

/** The operator's own calendar day, `YYYY-MM-DD`. */
export function dayOf(ms: number): string {
  const at = new Date(ms);
  const two = (part: number) => String(part).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/** What the policy may know without asking the host. A tag is always resolved before it is started. */
export function policyContext(deps: Pick<LaunchDeps, "secrets" | "masker">) {
  return {
    ...unknownContext,
    imageDigest: "resolved before the start",
    secretState: (ref: SecretRef) => deps.secrets.stateOf(ref),
    holdsSecret: (text: string) => deps.masker.text(text) !== text,
  };
}

export const judgeStep: Step = {
  id: "judge",
  limitMs: () => 10_000,
  operation: ({ spec }) => ({
    severity: "low",
    method: "IPC",
    path: "hardening.judge",
    query: { template: spec.template, image: spec.image, relaxed: spec.relaxations.map(({ rule }) => rule).join(",") },
  }),
  async act({ deps, spec, template, start }) {
    if (template.practiceOnly && !start.host.simulated) {
      throw new Failure("POLICY_DENIED", { rules: "practice-only", count: 1 });
    }
    if (template.gpu === "required" && spec.gpus.length === 0) {
      throw new Failure("BAD_INPUT", { field: "gpus", reason: "the template needs a GPU" });
    }
    await deps.secrets.refresh();
    const judgement = judge(spec, policyContext(deps), dayOf(deps.clock.now()));
    const denial = denialOf(judgement);
    if (denial !== null) throw denial;
    const relaxed = judgement.findings.filter(({ status }) => status === "relaxed").length;
    return relaxed > 0 ? `score-relaxed: ${judgement.score} ${relaxed}` : `score: ${judgement.score}`;
  },
};

export const checkStep: Step = {
  id: "check",
  limitMs: () => pullLimitMs,
  operation: ({ spec }) => ({
    severity: "low",
    method: "DOCKER",
    path: "GET /info, /containers/json, /images/{name}/json",
    query: { image: spec.image },
  }),
  async act(run, signal) {
    await run.link.ready({ signal });
    const onPlace = (place: number) => run.note("check", place === 0 ? "" : `queued: ${place}`);
    run.info = await run.engine.info({ signal, onPlace });
    checkGpus(run);
    checkDisk(run);
    const names = (await run.engine.containers({ signal })).map(({ name }) => name);
    if (names.includes(run.spec.name)) throw new Failure("NAME_TAKEN", { name: run.spec.name });
    run.image = await pinnedImage(run, signal);
    return `${run.info.kind} ${run.info.version}, ${run.image}`;
  },
};

function checkGpus({ spec, info, start }: Run): void {
  if (spec.gpus.length === 0) return;
  // Podman's Docker API takes a GPU request and starts the container without one, saying nothing.
  if (!info?.gpuToolkit || info.kind === "podman") {
    throw new Failure("GPU_RUNTIME_MISSING", { host: start.host.name, engine: info?.kind ?? "" });
  }
  const known = start.host.gpus;
  const missing = known === null ? [] : spec.gpus.filter((uuid) => !known.includes(uuid));
  if (missing.length > 0) throw new Failure("GPU_NOT_FOUND", { host: start.host.name, gpu: missing.join(", ") });
}

function checkDisk({ start: { host } }: Run): void {
  if (host.diskFreeBytes === null || host.diskFreeBytes >= leastDiskBytes) return;
  throw new Failure("DISK_FULL", { host: host.name, freeBytes: host.diskFreeBytes, neededBytes: leastDiskBytes });
}

/** The image by what can't change under us: its digest where the registry gave it one, else its id. */
async function pinnedImage(run: Run, signal: AbortSignal): Promise<string> {
  const { engine, spec } = run;
  let image = await engine.image(spec.image, { signal });
  if (image === null) {
    await pull(run, signal);
    image = await engine.image(spec.image, { signal });
  }
  if (image === null) throw new Failure("IMAGE_NOT_FOUND", { image: spec.image });
  if (image.volumes.length > 0) run.warn(`image-volumes: ${image.volumes.join(", ")}`);
  if (/@sha256:[0-9a-f]{64}$/.test(spec.image)) return spec.image;
  const repository = spec.image.replace(/:[^:/]+$/, "");
  return image.digests.find((digest) => digest.split("@")[0] === repository) ?? image.id;
}

async function pull(run: Run, signal: AbortSignal): Promise<void> {
  const { deps, engine, spec, start, target } = run;
  const row = {
    action: `${start.action}.pull`,
    severity: "high" as const,
    method: "DOCKER",
    path: "POST /images/create",
    query: { image: spec.image },
    target,
    requestId: start.launchId,
  };
  const onProgress = (text: string, fraction: number | null) =>
    run.note("check", fraction === null ? text : `${text} ${Math.round(fraction * 100)} %`);
  await deps.audit.run(row, () => engine.pull(spec.image, { signal, onProgress }));
  run.warn(`image-pulled: ${spec.image}`);
}

export const secretsStep: Step = {
  id: "secrets",
  limitMs: () => 90_000,
  operation: ({ spec }) => ({
    severity: "low",
    method: "KEYCHAIN",
    path: "get",
    query: { secrets: spec.secrets.map(({ ref }) => `${ref.environment}/${ref.name}`).join(",") },
  }),
  skip: ({ spec, template }) => (spec.secrets.length === 0 && template.server === null ? "none-asked" : null),
  async act(run) {
    const { deps, spec, template } = run;
    if (template.server !== null) run.apiKey = createApiKey(deps.random, deps.masker);
    const resolved = await deps.secrets.resolve(spec.secrets.map(({ ref }) => ref));
    // Noted before anything can fail, so that they are overwritten whatever comes.
    run.resolved = resolved.map((each) => ({ ...each, delivery: "file", why: "asked" }));
    const supported = deliveriesOf(template, spec.model !== null);
    run.resolved = run.resolved.map(({ ref, secret }, index) => {
      const wanted = spec.secrets[index]?.delivery ?? "auto";
      const of = { name: `${ref.environment}/${ref.name}`, isText: isTextSecret(secret) };
      return { ref, secret, ...chooseDelivery(supported, wanted, of) };
    });
    return resolved.length === 0 ? "none-asked" : resolved.map(({ ref }) => `${ref.name}@${ref.version}`).join(", ");
  },
};

export const networkStep: Step = {
  id: "network",
  limitMs: () => 30_000,
  operation: ({ spec, start }) => ({
    severity: "high",
    method: "DOCKER",
    path: "POST /networks/create",
    query: { network: start.networkName ?? "", internal: spec.network === "isolated" },
  }),
  skip: ({ start }) => (start.networkName === null ? "the host's own network" : null),
  async act(run, signal) {
    const { start, spec } = run;
    const name = start.networkName ?? "";
    const labels = { [`${labelPrefix}launch`]: start.launchId, [`${labelPrefix}container`]: spec.name };
    await run.engine.createNetwork(name, { internal: spec.network === "isolated", labels, signal });
    return name;
  },
  undo: [
    {
      operation: ({ start }) => ({
        severity: "high",
        method: "DOCKER",
        path: "DELETE /networks/{name}",
        query: { network: start.networkName ?? "" },
      }),
      what: ({ start }) => (start.networkName === null ? null : `network ${start.networkName}`),
      async act({ engine, start }, signal) {
        if (start.networkName !== null) await engine.removeNetwork(start.networkName, { signal });
      },
    },
  ],
};

/** True for what an engine says of a thing that is no longer there. */
export function isGone(error: unknown): boolean {
  return isFailure(error, "CONTAINER_NOT_FOUND");
}
