import type { LaunchSpec, LaunchView, Proof } from "../../contract/containers.ts";
import { type Broadcast, createBroadcast } from "../broadcast.ts";
import { Failure, isFailure } from "../failure.ts";
import type { Secret } from "../secrets/index.ts";
import { launch, reinjectStepsOf, stepsOf } from "./launch.ts";
import { perform } from "./perform.ts";
import { commandOf, networkOf, planOf } from "./planning.ts";
import { type LaunchRecord, recordOf, withoutRecord, withRecord } from "./records.ts";
import { Run, type RunStart } from "./run.ts";
import { proveNow } from "./serverSteps.ts";
import { type LaunchTemplate, profileOf } from "./templates.ts";
import type { LaunchDeps, Launches } from "./types.ts";

const mostRunning = 8;
const mostFinished = 50;
const proveLimitMs = 120_000;

interface Entry {
  run: Run;
  stop: AbortController;
  changes: Broadcast<LaunchView>;
  over: Promise<void>;
}

export function createLaunches(deps: LaunchDeps): Launches {
  /** In the order of their starts. */
  const entries = new Map<string, Entry>();
  const running = () => [...entries.values()].filter(({ run }) => !run.finished);

  function templateOf(id: string): LaunchTemplate {
    const template = deps.templates.find((each) => each.id === id);
    if (template === undefined) throw new Failure("NOT_FOUND", { what: "template", id });
    return template;
  }

  function entryOf(launchId: string): Entry {
    const entry = entries.get(launchId);
    if (entry === undefined) throw new Failure("NOT_FOUND", { what: "launch", id: launchId });
    return entry;
  }

  function admit(spec: LaunchSpec): void {
    const now = running();
    if (now.length >= mostRunning) throw new Failure("LIMIT_REACHED", { what: "launches", limit: mostRunning });
    const twin = now.find(({ run }) => run.spec.hostId === spec.hostId && run.spec.name === spec.name);
    if (twin !== undefined) throw new Failure("NAME_TAKEN", { name: spec.name });
  }

  function dropOld(): void {
    const finished = [...entries].filter(([, { run }]) => run.finished);
    for (const [id] of finished.slice(0, Math.max(0, finished.length - mostFinished))) entries.delete(id);
  }

  function begin(spec: LaunchSpec): string {
    const template = templateOf(spec.template);
    const host = deps.hosts.launchHost(spec.hostId);
    admit(spec);
    const launchId = deps.random.id();
    const networkName = networkOf(spec, launchId);
    const changes = createBroadcast<LaunchView>();
    const stop = new AbortController();
    const command = deps.masker.text(commandOf(spec, template, networkName ?? "host"));
    const steps = stepsOf(template).map(({ id }) => id);
    const start: RunStart = { launchId, action: "container.launch", spec, template, host, networkName, steps, command };
    const run = new Run(deps, start, stop.signal, () => {
      changes.send(run.view());
      deps.onChange();
    });
    entries.set(launchId, { run, stop, changes, over: launch(run).finally(dropOld) });
    return launchId;
  }

  async function* watch(launchId: string, signal?: AbortSignal): AsyncGenerator<LaunchView> {
    const { run, changes } = entryOf(launchId);
    for await (const view of changes.follow(() => run.view(), signal)) {
      yield view;
      if (view.state !== "running") return;
    }
  }

  return {
    plan: async (spec) => planOf(deps, spec, templateOf(spec.template), deps.hosts.launchHost(spec.hostId)),
    start: async (spec) => ({ launchId: begin(spec) }),
    watch: (launchId, signal) => watch(launchId, signal),
    list: () => [...entries.values()].map(({ run }) => run.view()).reverse(),
    async cancel(launchId) {
      entryOf(launchId).stop.abort();
    },
    profileOf(id) {
      const template = deps.templates.find((each) => each.id === id);
      return template === undefined ? null : profileOf(template);
    },
    ...afterwards(deps, templateOf),
    async dispose() {
      for (const { stop } of running()) stop.abort();
      await Promise.all([...entries.values()].map(({ over }) => over));
      for (const { changes } of entries.values()) changes.end();
    },
  };
}

type Afterwards = Pick<Launches, "prove" | "reinject" | "forget" | "recordOf">;

/** What is done later with a container that was launched, by its record. */
function afterwards(deps: LaunchDeps, templateOf: (id: string) => LaunchTemplate): Afterwards {
  const record = (containerId: string) => recordOf(deps.store.get(), containerId);
  const save = (next: LaunchRecord) => deps.store.update((file) => withRecord(file, next));

  /** Those that are still there, in the version that is there; what has gone can't be looked for. */
  async function givenSecrets(given: LaunchRecord["secrets"]): Promise<Secret[]> {
    const secrets: Secret[] = [];
    for (const { ref } of given) {
      const found = await deps.secrets
        .resolve([{ environment: ref.environment, name: ref.name }])
        .catch((error: unknown) => {
          if (isFailure(error, "SECRET_NOT_FOUND")) return [];
          throw error;
        });
      secrets.push(...found.map(({ secret }) => secret));
    }
    return secrets;
  }

  async function prove(hostId: string, containerId: string, given?: AbortSignal): Promise<Proof> {
    const known = record(containerId);
    const engine = deps.hosts.engineOf(hostId);
    const link = deps.hosts.linkOf(hostId);
    const template = known === null ? null : (deps.templates.find(({ id }) => id === known.template) ?? null);
    const secrets = await givenSecrets(known?.secrets ?? []);
    const apiKey = known === null ? null : await deps.apiKeys.get(known.containerId);
    if (apiKey !== null) secrets.push(apiKey);
    const limit = new AbortController();
    const stop = deps.clock.after(proveLimitMs, () => limit.abort());
    const signal = given === undefined ? limit.signal : AbortSignal.any([given, limit.signal]);
    try {
      const of = { deps, engine, link, id: containerId, template: template ?? { lister: null } };
      const proof = await proveNow(of, secrets, signal);
      const latest = record(containerId);
      if (latest !== null) await save({ ...latest, proof });
      return proof;
    } finally {
      stop();
      for (const secret of secrets) secret.dispose();
    }
  }

  async function reinject(hostId: string, containerId: string, given?: AbortSignal): Promise<void> {
    const known = record(containerId);
    if (known === null) return;
    const template = templateOf(known.template);
    const steps = reinjectStepsOf(template);
    // The newest of each: a restart is how a container gets a rotated secret.
    const secrets = known.spec.secrets.map(({ ref: { environment, name }, delivery }) => ({
      ref: { environment, name },
      delivery,
    }));
    const start: RunStart = {
      launchId: known.launchId,
      action: "container.reinject",
      spec: { ...known.spec, secrets },
      template,
      host: deps.hosts.launchHost(hostId),
      networkName: known.networkName,
      containerId: known.containerId,
      steps: steps.map(({ id }) => id),
      command: known.command,
    };
    const run = new Run(deps, start, given ?? new AbortController().signal, () => deps.onChange());
    try {
      await perform(steps, run, []);
    } finally {
      const secrets = run.resolved.map(({ ref, delivery, why }) => ({ ref, delivery, why }));
      const changed = run.proof === null ? known : { ...known, proof: run.proof, secrets };
      run.dispose();
      if (changed !== known) await save(changed);
    }
  }

  return {
    prove,
    reinject,
    recordOf: record,
    async forget(hostId, containerId) {
      const known = record(containerId);
      await deps.apiKeys.remove(known?.containerId ?? containerId);
      if (known === null) return;
      if (known.networkName !== null) await deps.hosts.engineOf(hostId).removeNetwork(known.networkName);
      await deps.store.update((file) => withoutRecord(file, containerId));
    },
  };
}
