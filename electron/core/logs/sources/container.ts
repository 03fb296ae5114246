import { setImmediate } from "node:timers/promises";
import type { LogHead } from "../../../contract/logs.ts";
import type { Engine } from "../../docker/types.ts";
import { Failure, isFailure } from "../../failure.ts";
import { levelOf } from "../level.ts";
import { createLineAssembler, type TextLine } from "../lines.ts";
import { notes } from "../notes.ts";
import { createResumption } from "../resume.ts";
import { createStampReader } from "../stamps.ts";
import type { LogSource, SourceDeps, StartSource } from "./types.ts";

/** What the log room asks of an engine. */
export type LogEngine = Pick<Engine, "logs" | "inspect">;

const RETRY_MS = [500, 1_000, 2_000, 4_000, 8_000, 15_000];
/** How often an ended container is looked at: it may be started again. */
const ENDED_MS = 3_000;
const SLICE_MS = 8;

/** Codes that say "not now": the link or the engine may come back by itself. */
const passing = new Set([
  "HOST_OFFLINE",
  "HOST_UNREACHABLE",
  "HOST_REFUSED",
  "ENGINE_UNAVAILABLE",
  "CHANNEL_FAILED",
  "TIMED_OUT",
]);

export interface ContainerSource {
  engineOf(): Promise<LogEngine>;
  containerId: string;
}

type ReaderDeps = ContainerSource & SourceDeps;

/** Reads one container's log until it is stopped, across lost links and restarts of the container. */
export function containerSource(container: ContainerSource): StartSource {
  return (deps) => start({ ...deps, ...container });
}

function start(deps: ReaderDeps): LogSource {
  const control = new AbortController();
  const reader = new Reader(deps, control.signal);
  const done = reader.run().catch((error: unknown) => {
    if (control.signal.aborted) return;
    reader.fail(isFailure(error) ? error : new Failure("INTERNAL"));
    if (!isFailure(error)) deps.report(error);
  });
  return {
    get state() {
      return reader.state;
    },
    get problem() {
      return reader.problem;
    },
    masked: reader.masked,
    done,
    stop: () => control.abort(),
  };
}

class Reader {
  readonly #deps: ReaderDeps;
  readonly #signal: AbortSignal;
  readonly masked = new Map<string, number>();
  state: LogHead["state"] = "connecting";
  problem: LogHead["problem"] = null;
  readonly #resume = createResumption();
  readonly #readStamp = createStampReader();
  readonly #lines;
  #sinceNs: bigint | null = null;
  /** A note is due once the log goes on: whether lines were lost is then known. */
  #returning = false;
  #attempt = 0;

  constructor(deps: ReaderDeps, signal: AbortSignal) {
    this.#deps = deps;
    this.#signal = signal;
    const onHit = (name: string): void => {
      this.masked.set(name, (this.masked.get(name) ?? 0) + 1);
    };
    const mask = () => deps.masker.stream({ source: deps.containerId, onHit });
    this.#lines = createLineAssembler(mask, () => deps.clock.mono());
  }

  async run(): Promise<void> {
    while (!this.#signal.aborted) {
      try {
        await this.#readOnce();
      } catch (error) {
        if (this.#signal.aborted) return;
        if (isFailure(error, "CONTAINER_NOT_FOUND")) return this.#removed();
        if (!isFailure(error) || !(error.retryable || passing.has(error.code))) throw error;
        await this.#lost(error);
      }
      if (this.state === "removed") return;
    }
  }

  fail(failure: Failure): void {
    this.state = "failed";
    this.problem = { code: failure.code, details: { ...failure.details } };
    this.#deps.changed();
  }

  async #readOnce(): Promise<void> {
    const { containerId, tail } = this.#deps;
    const engine = await this.#deps.engineOf();
    const before = await engine.inspect(containerId, { signal: this.#signal });
    // A container that has ended is read too: once, up to its end.
    const over = !isRunning(before.state);
    if (!over) this.#become("live");
    const range = this.#sinceNs === null ? { tail } : { sinceNs: this.#sinceNs, tail: "all" as const };
    await this.#follow(engine.logs(containerId, { follow: true, timestamps: true, ...range, signal: this.#signal }));
    const after = await engine.inspect(containerId, { signal: this.#signal });
    if (isRunning(after.state)) {
      if (over) this.#again();
      else throw new Failure("ENGINE_UNAVAILABLE", { reason: "the engine ended the log" }, { retryable: true });
      return;
    }
    this.#ended(notes.ended(after));
    await this.#untilRunning(engine);
    this.#again();
  }

  async #follow(batches: ReturnType<LogEngine["logs"]>): Promise<void> {
    const { clock } = this.#deps;
    let slice = clock.mono();
    for await (const frames of batches) {
      this.#attempt = 0;
      if (this.state !== "live") this.#become("live");
      this.#append(this.#lines.push(frames));
      // Frames that are there already come without a turn of the loop: others must get theirs.
      if (clock.mono() - slice >= SLICE_MS) {
        await setImmediate();
        slice = clock.mono();
      }
    }
    if (!this.#signal.aborted) this.#append(this.#lines.end());
  }

  #append(lines: readonly TextLine[]): void {
    const { append } = this.#deps;
    for (const line of lines) {
      if (!this.#resume.isNew(line)) continue;
      if (this.#returning) this.#returned();
      this.#resume.seen(line);
      const at = line.stamp === null ? null : this.#readStamp(line.stamp);
      append({ at, stream: line.stream, level: levelOf(line.text), text: line.text });
    }
    if (lines.length > 0) this.#deps.changed();
  }

  #returned(): void {
    this.#returning = false;
    const gap = this.#resume.gap();
    this.#note(gap ? notes.gap : notes.back, gap ? "warn" : "info");
  }

  async #lost(failure: Failure): Promise<void> {
    if (this.state === "live") this.#note(notes.lost(failure), "warn");
    this.problem = { code: failure.code, details: { ...failure.details } };
    this.#become(this.#deps.begun() ? "reconnecting" : "connecting", true);
    this.#again(this.#sinceNs !== null || this.#deps.begun());
    const base = RETRY_MS[Math.min(this.#attempt++, RETRY_MS.length - 1)] as number;
    const jitter = (this.#deps.random.bytes(1)[0] ?? 0) / 255;
    await this.#sleep(base * (0.75 + jitter / 2));
  }

  /** What is begun is forgotten, since the engine sends it again from the last lines on. */
  #again(noteWhenBack = false): void {
    this.#lines.reset();
    this.#sinceNs = this.#resume.restart();
    this.#returning = noteWhenBack && this.#sinceNs !== null;
  }

  #ended(text: string): void {
    if (this.state !== "ended") this.#note(text, "info");
    this.problem = null;
    this.#become("ended");
  }

  async #untilRunning(engine: LogEngine): Promise<void> {
    while (!this.#signal.aborted) {
      await this.#sleep(ENDED_MS);
      if (this.#signal.aborted) return;
      const detail = await engine.inspect(this.#deps.containerId, { signal: this.#signal });
      if (!isRunning(detail.state)) continue;
      this.#note(notes.again, "info");
      return;
    }
  }

  #removed(): void {
    this.#note(notes.removed, "info");
    this.problem = null;
    this.#become("removed");
  }

  #note(text: string, level: "info" | "warn"): void {
    this.#deps.append({ at: this.#deps.clock.now(), stream: "note", level, text });
    this.#deps.changed();
  }

  #become(state: LogHead["state"], withProblem = false): void {
    this.state = state;
    if (!withProblem) this.problem = null;
    this.#deps.changed();
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const finish = (): void => {
        cancel();
        this.#signal.removeEventListener("abort", finish);
        resolve();
      };
      const cancel = this.#deps.clock.after(ms, finish);
      this.#signal.addEventListener("abort", finish, { once: true });
      if (this.#signal.aborted) finish();
    });
  }
}

function isRunning(state: string): boolean {
  return state === "running" || state === "paused" || state === "restarting";
}
