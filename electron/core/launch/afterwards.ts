import type { Proof } from "../../contract/containers.ts";
import { isFailure } from "../failure.ts";
import type { Secret } from "../secrets/index.ts";
import { reinjectStepsOf } from "./launch.ts";
import { perform } from "./perform.ts";
import { type LaunchRecord, recordOf, withoutRecord, withRecord } from "./records.ts";
import { Run, type RunStart } from "./run.ts";
import { proveNow } from "./serverSteps.ts";
import type { LaunchTemplate } from "./templates.ts";
import type { LaunchDeps, Launches } from "./types.ts";

const proveLimitMs = 120_000;

export type Afterwards = Pick<Launches, "prove" | "reinject" | "forget" | "recordOf">;

/** What is done later with a container that was launched, by its record. */
export function afterwards(deps: LaunchDeps, templateOf: (id: string) => LaunchTemplate): Afterwards {
  const known = (containerId: string) => recordOf(deps.store.get(), containerId);
  return {
    recordOf: known,
    prove: (hostId, containerId, signal) => proveAgain(deps, hostId, containerId, signal),
    async reinject(hostId, containerId, signal) {
      const record = known(containerId);
      if (record !== null) await reinject(deps, hostId, record, templateOf(record.template), signal);
    },
    async forget(hostId, containerId) {
      const record = known(containerId);
      await deps.apiKeys.remove(record?.containerId ?? containerId);
      if (record === null) return;
      if (record.networkName !== null) await deps.hosts.engineOf(hostId).removeNetwork(record.networkName);
      await deps.store.update((file) => withoutRecord(file, containerId));
      deps.onChange();
    },
  };
}

/** Those that are still there, in the version that is there; what has gone can't be looked for. */
async function givenSecrets(deps: LaunchDeps, record: LaunchRecord | null): Promise<Secret[]> {
  const secrets: Secret[] = [];
  for (const { ref } of record?.secrets ?? []) {
    const newest = { environment: ref.environment, name: ref.name };
    const found = await deps.secrets.resolve([newest]).catch((error: unknown) => {
      if (isFailure(error, "SECRET_NOT_FOUND")) return [];
      throw error;
    });
    secrets.push(...found.map(({ secret }) => secret));
  }
  const apiKey = record === null ? null : await deps.apiKeys.get(record.containerId);
  return apiKey === null ? secrets : [...secrets, apiKey];
}

async function proveAgain(deps: LaunchDeps, hostId: string, id: string, given?: AbortSignal): Promise<Proof> {
  const record = recordOf(deps.store.get(), id);
  const engine = deps.hosts.engineOf(hostId);
  const link = deps.hosts.linkOf(hostId);
  const lister = deps.templates.find((template) => template.id === record?.template)?.lister ?? null;
  const secrets = await givenSecrets(deps, record);
  const limit = new AbortController();
  const stop = deps.clock.after(proveLimitMs, () => limit.abort());
  const signal = given === undefined ? limit.signal : AbortSignal.any([given, limit.signal]);
  try {
    const proof = await proveNow({ deps, engine, link, id, template: { lister } }, secrets, { signal });
    await keep(deps, id, { proof });
    return proof;
  } finally {
    stop();
    for (const secret of secrets) secret.dispose();
  }
}

/** By its latest state: somebody may have removed the container meanwhile. */
async function keep(deps: LaunchDeps, id: string, change: Partial<LaunchRecord>): Promise<void> {
  await deps.store.update((file) => {
    const record = recordOf(file, id);
    return record === null ? file : withRecord(file, { ...record, ...change });
  });
  deps.onChange();
}

async function reinject(
  deps: LaunchDeps,
  hostId: string,
  record: LaunchRecord,
  template: LaunchTemplate,
  signal: AbortSignal | undefined,
): Promise<void> {
  const steps = reinjectStepsOf(template);
  // The newest of each: a restart is how a container gets a rotated secret.
  const secrets = record.spec.secrets.map(({ ref: { environment, name }, delivery }) => ({
    ref: { environment, name },
    delivery,
  }));
  const start: RunStart = {
    launchId: record.launchId,
    action: "container.reinject",
    spec: { ...record.spec, secrets },
    template,
    host: deps.hosts.launchHost(hostId),
    networkName: record.networkName,
    containerId: record.containerId,
    steps: steps.map(({ id }) => id),
    command: record.command,
  };
  const run = new Run(deps, start, signal ?? new AbortController().signal, () => {});
  try {
    await perform(steps, run, []);
  } finally {
    const given = run.resolved.map(({ ref, delivery, why }) => ({ ref, delivery, why }));
    run.dispose();
    // A proof that found something is kept too: it is why the restart was called a failure.
    if (run.proof !== null) await keep(deps, record.containerId, { proof: run.proof, secrets: given });
  }
}
