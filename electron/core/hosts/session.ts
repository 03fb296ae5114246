import { setMaxListeners } from "node:events";
import type { EngineView, GpuSample, HostFacts } from "../../contract/hosts.ts";
import type { Problem } from "../../contract/index.ts";
import { type Broadcast, createBroadcast } from "../broadcast.ts";
import type { Engine, EngineEvent, EngineInfo } from "../docker/index.ts";
import { Failure, reasonOf } from "../failure.ts";
import { createGpuProbe, type GpuFigures, probeFacts } from "../fleet/index.ts";
import type { Clock } from "../ports.ts";
import type { HostLink, LinkState, Queued } from "../ssh/index.ts";
import type { HostRecord } from "./records.ts";

/** GPU figures are read this often while someone looks at them, and this often for the list. */
const watchedMs = 2_000;
const idleMs = 15_000;
/** A stream of events that breaks is asked for again after this. */
const eventsRetryMs = 1_000;

export interface SessionDeps {
  record: HostRecord;
  link: HostLink;
  engine: Engine;
  clock: Clock;
  /** Something that `view` shows has changed. */
  onChange(): void;
  onEngineEvent(event: EngineEvent | "resync"): void;
  onFacts(facts: HostFacts): void;
  log(message: string): void;
}

/** What a session knows of its host; each part is `null` until it was read, or with the problem that stood in the way. */
export interface SessionView {
  link: LinkState;
  engine: EngineView | null;
  engineProblem: Problem | null;
  gpus: GpuFigures[];
  gpuProblem: Problem | null;
  facts: HostFacts | null;
}

export function problemOf(error: unknown): Problem {
  if (error instanceof Failure) return { code: error.code, details: { ...error.details } };
  return { code: "INTERNAL", details: { reason: reasonOf(error) } };
}

function engineView(info: EngineInfo): EngineView {
  const { kind, version, apiVersion, socketPath, rootless, gpuToolkit, operatingSystem, storageDriver, warnings } =
    info;
  return { kind, version, apiVersion, socketPath, rootless, gpuToolkit, operatingSystem, storageDriver, warnings };
}

/**
 * One host while the console runs: its link, its engine, and what was last read of it. It reads when the link comes up,
 * follows the engine's events, and looks at the GPUs at a calm pace, faster while someone watches.
 */
export class HostSession {
  readonly record: HostRecord;
  readonly link: HostLink;
  readonly engine: Engine;
  readonly #deps: SessionDeps;
  readonly #gpuProbe;
  readonly #samples: Broadcast<GpuSample>;
  readonly #stopState: () => void;
  #watchers = 0;
  #online: AbortController | null = null;
  #pollNow: () => void = () => {};
  #view: Omit<SessionView, "link"> = { engine: null, engineProblem: null, gpus: [], gpuProblem: null, facts: null };

  constructor(deps: SessionDeps) {
    this.#deps = deps;
    this.record = deps.record;
    this.link = deps.link;
    this.engine = deps.engine;
    this.#gpuProbe = createGpuProbe(deps.link);
    this.#samples = createBroadcast<GpuSample>();
    this.#stopState = deps.link.onState((state) => this.#onLink(state));
    // This very machine is online from the start and tells no change.
    const state = deps.link.state();
    if (state.phase === "online") this.#onLink(state);
  }

  view(): SessionView {
    return { link: this.link.state(), ...this.#view };
  }

  /** GPU figures every two seconds until `signal` aborts. */
  async *metrics(signal: AbortSignal | undefined): AsyncGenerator<GpuSample> {
    this.#watchers += 1;
    this.#pollNow();
    try {
      yield* this.#samples.follow(null, signal);
    } finally {
      this.#watchers -= 1;
    }
  }

  /** Reads engine, facts and GPUs again; never rejects, what fails is in the view. `queued` is told of the GPUs' place. */
  async refresh(signal?: AbortSignal, queued: Queued = {}): Promise<void> {
    await Promise.all([this.#readEngine(signal), this.#readFacts(signal), this.#readGpus(signal, queued)]);
    this.#deps.onChange();
  }

  async dispose(): Promise<void> {
    this.#stopState();
    this.#online?.abort();
    this.#samples.end();
    await this.engine.dispose();
    await this.link.dispose();
  }

  #onLink(state: LinkState): void {
    if (state.phase === "online" && this.#online === null) {
      const online = new AbortController();
      // A dozen probes, a loop and a stream listen to it at once; that is no leak.
      setMaxListeners(64, online.signal);
      this.#online = online;
      this.#gpuProbe.forget();
      void this.refresh(online.signal).then(() => this.#deps.onEngineEvent("resync"));
      void this.#followEvents(online.signal);
      void this.#pollGpus(online.signal);
    } else if (state.phase !== "online" && state.phase !== "degraded" && this.#online !== null) {
      this.#online.abort();
      this.#online = null;
      this.#view = { ...this.#view, engine: null, engineProblem: null, gpus: [], gpuProblem: null };
      this.#deps.onEngineEvent("resync");
    }
    this.#deps.onChange();
  }

  async #readEngine(signal: AbortSignal | undefined): Promise<void> {
    try {
      const info = await this.engine.info({ signal });
      this.#view = { ...this.#view, engine: engineView(info), engineProblem: null };
    } catch (error) {
      if (signal?.aborted) return;
      this.#view = { ...this.#view, engine: null, engineProblem: problemOf(error) };
    }
  }

  async #readFacts(signal: AbortSignal | undefined): Promise<void> {
    try {
      const facts = await probeFacts(this.link, this.#deps.clock, { signal });
      this.#view = { ...this.#view, facts };
      this.#deps.onFacts(facts);
    } catch (error) {
      if (!signal?.aborted) this.#deps.log(`facts of ${this.record.id}: ${reasonOf(error)}`);
    }
  }

  async #readGpus(signal: AbortSignal | undefined, queued: Queued = {}): Promise<void> {
    try {
      const reading = await this.#gpuProbe.read({ signal, ...queued });
      if (signal?.aborted) return;
      const changed = JSON.stringify(reading.gpus) !== JSON.stringify(this.#view.gpus);
      this.#view = {
        ...this.#view,
        gpus: reading.gpus,
        gpuProblem: reading.trouble === null ? null : problemOf(reading.trouble),
      };
      this.#samples.send({
        at: this.#deps.clock.now(),
        gpus: reading.gpus.map((gpu) => ({
          uuid: gpu.uuid,
          utilization: gpu.utilization,
          memoryUsedMiB: gpu.memoryUsedMiB,
          memoryTotalMiB: gpu.memoryTotalMiB,
          temperature: gpu.temperature,
          powerDraw: gpu.powerDraw,
          fault: gpu.fault,
        })),
      });
      if (changed) this.#deps.onChange();
    } catch (error) {
      if (!signal?.aborted) this.#view = { ...this.#view, gpuProblem: problemOf(error) };
    }
  }

  async #pollGpus(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#pause(this.#watchers > 0 ? watchedMs : idleMs, signal);
      if (!signal.aborted) await this.#readGpus(signal);
    }
  }

  /** Follows the engine's events; after a break everything is read anew, since what came between is not known. */
  async #followEvents(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        for await (const event of this.engine.events({ signal })) {
          if (this.#view.engine === null) await this.#readEngine(signal);
          this.#deps.onEngineEvent(event);
        }
      } catch (error) {
        if (signal.aborted) return;
        this.#view = { ...this.#view, engineProblem: problemOf(error), engine: null };
        this.#deps.onChange();
      }
      await this.#pause(eventsRetryMs, signal);
      if (signal.aborted) return;
      const before = this.#view.engine;
      await this.#readEngine(signal);
      if (this.#view.engine !== null || before !== null) this.#deps.onEngineEvent("resync");
      this.#deps.onChange();
    }
  }

  #pause(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        cancel();
        signal.removeEventListener("abort", done);
        resolve();
      };
      const cancel = this.#deps.clock.after(ms, done);
      if (ms === idleMs) this.#pollNow = done;
      signal.addEventListener("abort", done, { once: true });
    });
  }
}
