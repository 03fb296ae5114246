import type { LaunchSpec, LaunchView } from "../../contract/containers.ts";
import { type Broadcast, createBroadcast } from "../broadcast.ts";
import { Failure } from "../failure.ts";
import { afterwards } from "./afterwards.ts";
import { launch, stepsOf } from "./launch.ts";
import { commandOf, networkOf, planOf } from "./planning.ts";
import { Run, type RunStart } from "./run.ts";
import { type LaunchTemplate, profileOf } from "./templates.ts";
import type { LaunchDeps, Launches } from "./types.ts";

const mostRunning = 8;
const mostFinished = 50;

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
      return template === undefined || template.kind === "notebook" ? null : profileOf(template);
    },
    ...afterwards(deps, templateOf),
    async dispose() {
      for (const { stop } of running()) stop.abort();
      await Promise.all([...entries.values()].map(({ over }) => over));
      for (const { changes } of entries.values()) changes.end();
    },
  };
}
