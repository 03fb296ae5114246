import { setImmediate } from "node:timers/promises";
import type { LogState } from "../../contract/logs.ts";
import { Failure } from "../failure.ts";
import type { Held, LogBuffer } from "./buffer/index.ts";
import { pause } from "./pause.ts";
import type { LogSource, SourceDeps, StartSource } from "./sources/index.ts";

/** One of the logs that are merged: read by somebody else already. */
export interface MergePart {
  readonly buffer: Pick<LogBuffer, "first" | "next" | "lines">;
  /** Calls `listener` at each of its changes, until the returned function is called. */
  onMove(listener: () => void): () => void;
  readonly state: LogState;
  /** It can't be reached right now: nobody waits for it. */
  readonly stuck: boolean;
}

/** How long a line waits for an earlier one of another log. */
const HOLD_MS = 300;
/** The same for lines of the past, which come in chunks, while another log still brings its own. */
const PAST_HOLD_MS = 3_000;
/** A log that brought nothing for so long has brought its past. */
const QUIET_MS = 250;
/** Older than that at its arrival, a line is of the past. */
const PAST_MS = 5_000;
const LOOK_MS = 50;
const SLICE_MS = 8;
const STEP = 1_000;

interface Lane {
  place: number;
  part: MergePart;
  /** Index of the next line to take. */
  next: number;
  /** Taken from `head` on. */
  queue: Held[];
  head: number;
  /** When each of `queue` came, milliseconds by `mono`. */
  came: number[];
  /** When it last brought a line, or became live. */
  lastCame: number;
  live: boolean;
  /** Time of its last line that had one. */
  lastAt: number;
}

/**
 * Several logs as one, by time. Lines of one log keep their order, whatever its clock does, and lines of one report stay
 * together. A line waits a moment for earlier ones of the other logs; what comes later than that stands where it came. A
 * log that fails or ends does not stop the others.
 */
export function mergedSource(parts: readonly MergePart[]): StartSource {
  return (deps) => {
    const control = new AbortController();
    const merge = new Merge(parts, deps, control.signal);
    let broken = false;
    const done = merge.run().catch((error: unknown) => {
      if (control.signal.aborted) return;
      broken = true;
      deps.report(error);
      deps.changed();
    });
    return {
      get state(): LogSource["state"] {
        return broken || parts.some(({ state }) => state === "failed") ? "failed" : "live";
      },
      get problem() {
        return broken ? { code: "INTERNAL", details: {} } : null;
      },
      masked: new Map(),
      done,
      stop: () => control.abort(),
    };
  };
}

class Merge {
  readonly #lanes: Lane[];
  readonly #deps: SourceDeps;
  readonly #signal: AbortSignal;
  readonly #began: number;
  #slice: number;
  /** One of the logs has moved since it was last looked at. */
  #moved = false;
  #wake: () => void = () => {};

  constructor(parts: readonly MergePart[], deps: SourceDeps, signal: AbortSignal) {
    this.#deps = deps;
    this.#signal = signal;
    this.#began = deps.clock.mono();
    this.#slice = this.#began;
    this.#lanes = parts.map((part, place) => ({
      ...{ place, part, queue: [], came: [], head: 0, live: false },
      ...{ lastCame: this.#began, lastAt: Number.NEGATIVE_INFINITY },
      next: Math.max(part.buffer.first, part.buffer.next - deps.tail),
    }));
  }

  async run(): Promise<void> {
    const onMove = (): void => {
      this.#moved = true;
      this.#wake();
    };
    const leave = this.#lanes.map(({ part }) => part.onMove(onMove));
    try {
      while (!this.#signal.aborted) {
        const moved = this.#moved;
        this.#moved = false;
        for (const lane of this.#lanes) await this.#fill(lane);
        const some = await this.#emit();
        // What a source is may have changed too, without a line.
        if (some || moved) this.#deps.changed();
        if (this.#lanes.some(({ part, next }) => next < part.buffer.next)) await this.#breathe();
        else await this.#rest();
      }
    } finally {
      for (const each of leave) each();
    }
  }

  async #fill(lane: Lane): Promise<void> {
    const { part, queue } = lane;
    const now = this.#deps.clock.mono();
    if (!lane.live && part.state !== "connecting") {
      lane.live = true;
      lane.lastCame = now;
    }
    if (queue.length - lane.head >= STEP || lane.next >= part.buffer.next) return;
    const lines = await part.buffer.lines(lane.next, STEP);
    const first = lines[0]?.index ?? part.buffer.first;
    if (first > lane.next) this.#deps.skip?.(first - lane.next);
    lane.next = Math.max(lane.next, (lines.at(-1)?.index ?? first - 1) + 1);
    if (lines.length === 0) return;
    lane.queue = [...queue.slice(lane.head), ...lines];
    lane.came = [...lane.came.slice(lane.head), ...lines.map(() => now)];
    lane.head = 0;
    lane.lastCame = now;
  }

  /** What may go, goes. True when something did. */
  async #emit(): Promise<boolean> {
    let some = false;
    for (let lane = this.#due(); lane !== null && !this.#signal.aborted; lane = this.#due()) {
      this.#take(lane);
      some = true;
      // A report is not torn apart by what another log says meanwhile.
      while (lane.queue[lane.head]?.part === true) this.#take(lane);
      if (lane.head >= lane.queue.length && lane.next < lane.part.buffer.next) return some;
      if (this.#deps.clock.mono() - this.#slice >= SLICE_MS) await this.#breathe();
    }
    return some;
  }

  #take(lane: Lane): void {
    const held = lane.queue[lane.head++];
    if (held === undefined) return;
    const { index: _, ...line } = held;
    this.#deps.append({ ...line, source: lane.place });
    lane.lastAt = timeOf(held, lane);
  }

  /** The log whose first line is the next one; null when it has to wait. */
  #due(): Lane | null {
    let first: Lane | null = null;
    let at = Number.POSITIVE_INFINITY;
    for (const lane of this.#lanes) {
      const held = lane.queue[lane.head];
      if (held === undefined) continue;
      const time = timeOf(held, lane);
      if (first !== null && time >= at) continue;
      first = lane;
      at = time;
    }
    if (first === null) return null;
    const past = this.#deps.clock.now() - at > PAST_MS;
    const chosen = first;
    return this.#lanes.some((lane) => this.#waitsFor(lane, chosen, past)) ? null : first;
  }

  #waitsFor(lane: Lane, { came, head }: Lane, past: boolean): boolean {
    if (lane.head < lane.queue.length || lane.part.stuck) return false;
    const now = this.#deps.clock.mono();
    const arrived = came[head] ?? now;
    const { state } = lane.part;
    if (state === "connecting") return now - this.#began < (past ? PAST_HOLD_MS : HOLD_MS);
    if (past) return now - lane.lastCame < QUIET_MS && now - arrived < PAST_HOLD_MS;
    return state === "live" && now - arrived < HOLD_MS;
  }

  /** Until one of the logs has moved, or a line may have waited long enough. */
  async #rest(): Promise<void> {
    if (this.#moved) return;
    const control = new AbortController();
    const stop = AbortSignal.any([this.#signal, control.signal]);
    this.#wake = () => control.abort();
    const waiting = this.#lanes.some(({ queue, head }) => head < queue.length);
    await (waiting ? pause(this.#deps.clock, LOOK_MS, stop) : aborted(stop));
    this.#wake = () => {};
  }

  async #breathe(): Promise<void> {
    await setImmediate();
    this.#slice = this.#deps.clock.mono();
    if (this.#signal.aborted) throw new Failure("CANCELLED");
  }
}

/** A line without a time has that of the line before it. */
function timeOf({ at }: Held, lane: Lane): number {
  return at ?? lane.lastAt;
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
