/** The steps that need a running container: ready, inject, load, prove. */
import type { Proof } from "../../contract/containers.ts";
import { Failure } from "../failure.ts";
import { secretsDir } from "../hardening/index.ts";
import { type ModelServer, serverOf } from "../inference/index.ts";
import type { Cancellable } from "../ports.ts";
import { deliverFile, deliverMemory, prove, type Secret } from "../secrets/index.ts";
import type { Queued } from "../ssh/index.ts";
import { aliveDetail, orDeath, withLastLines } from "./containerSteps.ts";
import type { Step, Undo } from "./perform.ts";
import { pause, type Run } from "./run.ts";
import { type LaunchTemplate, profileOf } from "./templates.ts";

/** What was put into memory goes with the container, whose removal comes later. */
const goesWithContainer: Undo = {
  operation: () => ({ severity: "low", method: "DOCKER", path: "tmpfs and memory go with the container" }),
  what: () => null,
  act: async () => {},
};

export const readyStep: Step = {
  id: "ready",
  limitMs: ({ template }) => (template.server?.readySeconds ?? 60) * 1_000,
  operation: ({ id, template }) => ({
    severity: "high",
    method: "DOCKER",
    path: "POST /containers/{id}/exec; GET /ready",
    query: { container: id.slice(0, 12), writes: template.server?.apiKeyFile ?? "" },
  }),
  skip: ({ template }) => (template.server === null ? "no-model-server" : null),
  late: (run) =>
    new Failure("SERVER_NOT_READY", { name: run.spec.name, seconds: run.template.server?.readySeconds ?? 0 }),
  async act(run, signal) {
    await orDeath(run, signal, () => deliverKey(run, signal));
    for (;;) {
      run.detail = await aliveDetail(run, signal);
      const { ready, note } = await modelServer(run).ready({ signal });
      signal.throwIfAborted();
      run.note("ready", note);
      if (ready) return note;
      await pause(run, run.timings.pollMs, signal);
    }
  },
  undo: [goesWithContainer],
  explain: withLastLines,
};

export const injectStep: Step = {
  id: "inject",
  limitMs: () => 120_000,
  operation: ({ id, resolved }) => ({
    severity: "high",
    method: "DOCKER",
    path: "POST /containers/{id}/exec (standard input)",
    query: {
      container: id.slice(0, 12),
      secrets: namesOf(resolved.filter(({ delivery }) => delivery === "file")).join(","),
    },
  }),
  skip(run) {
    const { resolved, template } = run;
    if (resolved.some(({ delivery }) => delivery === "file")) return null;
    if (template.secretsFirst && template.server !== null) return null;
    return resolved.length === 0 ? "none-asked" : { elsewhere: "with-the-model" };
  },
  async act(run, signal) {
    const files = run.resolved.filter(({ delivery }) => delivery === "file");
    await orDeath(run, signal, async () => {
      for (const { ref, secret } of files) await writeFile(run, `${secretsDir}/${ref.name}`, secret, signal);
      // The key comes last: to a server that waits for it, it says that the others are there.
      if (run.template.secretsFirst) await deliverKey(run, signal);
    });
    const inMemory = run.resolved.length - files.length;
    return `files: ${files.length} ${inMemory}`;
  },
  undo: [goesWithContainer],
  explain: withLastLines,
};

export const loadStep: Step = {
  id: "load",
  limitMs: () => 15 * 60_000,
  operation: ({ spec, resolved }) => ({
    severity: "high",
    method: "HTTP",
    path: "POST /v1/model/load",
    query: {
      backend: spec.model?.backend ?? "",
      env: namesOf(resolved.filter(({ delivery }) => delivery === "memory")).join(","),
    },
  }),
  skip({ spec, template }) {
    if (template.server === null) return "no-model-server";
    return template.server.protocol !== "gatehouse" || spec.model === null ? "loads-itself" : null;
  },
  async act(run, signal) {
    const { model } = run.spec;
    if (model === null) return "";
    const env = run.resolved
      .filter(({ delivery }) => delivery === "memory")
      .map(({ ref, secret }) => ({ name: ref.name, secret }));
    await orDeath(run, signal, () => deliverMemory(modelServer(run), { ...model, env }, { signal }));
    return model.backend;
  },
  undo: [goesWithContainer],
  explain: withLastLines,
};

export const proveStep: Step = {
  id: "prove",
  limitMs: () => 120_000,
  operation: ({ id }) => ({
    severity: "low",
    method: "DOCKER",
    path: "GET /containers/{id}/json, top, logs; GET /images/{id}/history",
    query: { container: id.slice(0, 12) },
  }),
  skip: ({ resolved, apiKey }) => (resolved.length === 0 && apiKey === null ? "no-secret-given" : null),
  async act(run, signal) {
    const { start, template } = run;
    const onPlace = (place: number) => run.note("prove", place === 0 ? "" : `queued: ${place}`);
    const proof = await proveNow(run, secretsOf(run), { signal, onPlace });
    run.proof = proof;
    const traced = proof.places.filter(({ hits }) => hits.length > 0);
    const traces = traced.reduce((sum, { hits }) => sum + hits.length, 0);
    if (traces > 0) {
      const places = traced.map(({ place }) => place).join(", ");
      if (!template.keepWhenExposed || !start.host.simulated) throw new Failure("EXPOSURE_FOUND", { traces, places });
      run.warn(`exposure: ${traces} in ${places}`);
    }
    const unseen = proof.places.filter(({ looked }) => !looked);
    for (const { place, note } of unseen) run.warn(`not-looked: ${place} (${note})`);
    return `traces: ${traces} ${proof.places.length - unseen.length}`;
  },
};

export function secretsOf({ resolved, apiKey }: Run): Secret[] {
  return [...resolved.map(({ secret }) => secret), ...(apiKey === null ? [] : [apiKey])];
}

type Proving = Pick<Run, "deps" | "engine" | "link" | "id"> & { template: Pick<LaunchTemplate, "lister"> };

export function proveNow(of: Proving, secrets: readonly Secret[], options: Cancellable & Queued): Promise<Proof> {
  const { deps, engine, link, id, template } = of;
  return prove({
    engine,
    link,
    containerId: id,
    secrets,
    find: (bytes, names) => deps.masker.find(bytes, names),
    clock: deps.clock,
    lister: template.lister,
    mask: (text) => deps.masker.text(text),
    ...options,
  });
}

function namesOf(given: Run["resolved"]): string[] {
  return given.map(({ ref }) => `${ref.environment}/${ref.name}@${ref.version}`);
}

async function deliverKey(run: Run, signal: AbortSignal): Promise<void> {
  const { apiKey, template } = run;
  if (apiKey === null || template.server === null || run.keyDelivered) return;
  await run.deps.apiKeys.put(run.id, apiKey);
  await writeFile(run, template.server.apiKeyFile, apiKey, signal);
  run.keyDelivered = true;
}

function writeFile(run: Run, path: string, secret: Secret, signal: AbortSignal): Promise<void> {
  const { deps, engine, id, spec, template } = run;
  return deliverFile(engine, id, {
    path,
    user: spec.user,
    writer: template.writer,
    secret,
    mask: (text) => deps.masker.text(text),
    signal,
  });
}

function modelServer(run: Run): ModelServer {
  const profile = profileOf(run.template);
  if (profile === null || run.apiKey === null || run.detail === null) throw new Error("the container has no server");
  const { masker: mask, clock } = run.deps;
  return serverOf({ link: run.link, detail: run.detail, profile, apiKey: run.apiKey, mask, clock });
}
