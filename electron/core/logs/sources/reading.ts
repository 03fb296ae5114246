import { type LogNote, writeNote } from "../../../contract/logNotes.ts";
import type { LogHead, LogLevel } from "../../../contract/logs.ts";
import { Failure, isFailure } from "../../failure.ts";
import type { MaskStream } from "../masking/index.ts";
import type { LogSource, SourceDeps } from "./types.ts";

const RETRY_MS = [500, 1_000, 2_000, 4_000, 8_000, 15_000];

/** Codes that say "not now": the link or the engine may come back by itself. */
const passing = new Set([
  "HOST_OFFLINE",
  "HOST_UNREACHABLE",
  "HOST_REFUSED",
  "ENGINE_UNAVAILABLE",
  "CHANNEL_FAILED",
  "TIMED_OUT",
]);

/** Worth another try, by itself, after a while. */
function isPassing(error: unknown): error is Failure {
  return isFailure(error) && (error.retryable || passing.has(error.code));
}

/** What all sources have in common: a state, notes among the lines, and patience with links that break. */
export class Reading {
  readonly #deps: SourceDeps;
  readonly signal: AbortSignal;
  readonly masked = new Map<string, number>();
  state: LogHead["state"] = "connecting";
  problem: LogHead["problem"] = null;
  #attempt = 0;

  constructor(deps: SourceDeps, signal: AbortSignal) {
    this.#deps = deps;
    this.signal = signal;
  }

  /** A masker for one stream of bytes; `source` names it to the masker. */
  mask(source: string): MaskStream {
    return this.#deps.masker.stream({
      source,
      onHit: (name) => void this.masked.set(name, (this.masked.get(name) ?? 0) + 1),
    });
  }

  become(state: LogHead["state"], problem: LogHead["problem"] = null): void {
    if (this.state === state && this.problem === null && problem === null) return;
    this.state = state;
    this.problem = problem;
    this.#deps.changed();
  }

  /** Something has come: the next loss is the first one again. */
  flowing(): void {
    this.#attempt = 0;
    if (this.state !== "live") this.become("live");
  }

  note(note: LogNote, level: LogLevel): void {
    this.#deps.append({ at: this.#deps.clock.now(), stream: "note", level, text: writeNote(note) });
    this.#deps.changed();
  }

  fail(failure: Failure): void {
    this.become("failed", { code: failure.code, details: { ...failure.details } });
  }

  /** Says so, and waits as long as it should before another try. */
  async lost(failure: Failure): Promise<void> {
    if (this.state === "live") this.note({ id: "lost", code: failure.code }, "warn");
    this.become(this.#deps.begun() ? "reconnecting" : "connecting", {
      code: failure.code,
      details: { ...failure.details },
    });
    const base = RETRY_MS[Math.min(this.#attempt++, RETRY_MS.length - 1)] as number;
    const jitter = (this.#deps.random.bytes(1)[0] ?? 0) / 255;
    await this.sleep(base * (0.75 + jitter / 2));
  }

  /**
   * Reads by `once`, and again whenever a link broke, until reading is stopped or over. `onLoss` makes the next run go on
   * where this one ended.
   */
  async persist(once: () => Promise<void>, onLoss: () => void = () => {}): Promise<void> {
    while (!this.signal.aborted && this.state !== "removed") {
      try {
        await once();
      } catch (error) {
        if (this.signal.aborted) return;
        if (!isPassing(error)) throw error;
        onLoss();
        await this.lost(error);
      }
    }
  }

  /** Also ends when reading is stopped. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const finish = (): void => {
        cancel();
        this.signal.removeEventListener("abort", finish);
        resolve();
      };
      const cancel = this.#deps.clock.after(ms, finish);
      this.signal.addEventListener("abort", finish, { once: true });
      if (this.signal.aborted) finish();
    });
  }
}

/** Runs a source until it is stopped or over. A `Failure` ends it as `failed`; anything else is a bug, told and ended too. */
export function startReading(deps: SourceDeps, run: (reading: Reading) => Promise<void>): LogSource {
  const control = new AbortController();
  const reading = new Reading(deps, control.signal);
  const done = run(reading).catch((error: unknown) => {
    if (control.signal.aborted) return;
    reading.fail(isFailure(error) ? error : new Failure("INTERNAL"));
    if (!isFailure(error)) deps.report(error);
  });
  return {
    get state() {
      return reading.state;
    },
    get problem() {
      return reading.problem;
    },
    masked: reading.masked,
    done,
    stop: () => control.abort(),
  };
}
