import type { LogHead, LogMark, LogSourceHead, LogSourceRef } from "../../contract/logs.ts";
import type { Clock, Random } from "../ports.ts";
import { createLogBuffer, type LogBuffer, type LogBufferOptions } from "./buffer/index.ts";
import type { LogScreen } from "./detect/index.ts";
import { createRows, type Rows } from "./filter/index.ts";

import type { Masker } from "./masking/index.ts";
import { speaksOf } from "./parse/index.ts";
import type { LogSource, StartSource } from "./sources/index.ts";
import { createTaker } from "./taker.ts";

/** What a person calls a source. */
export interface SourceName {
  name: string;
  /** Empty where no host is. */
  hostName: string;
  simulated: boolean;
}

/** One log being read, for all who look at it. */
export interface SharedLog {
  readonly key: string;
  /** One, or those that it merges. */
  readonly refs: readonly LogSourceRef[];
  readonly buffer: LogBuffer;
  readonly rows: Rows;
  readonly source: LogSource;
  readonly marks: Map<number, LogMark>;
  /** Views and merged logs that look at it. */
  users: number;
  /** Counts the changes of the head. */
  readonly version: number;
  cancelEnd: () => void;
  /** Where each of its sources stands. */
  heads(): LogSourceHead[];
  found(): Pick<LogHead, "masked" | "detected" | "unchecked">;
  moved(): void;
  movedSince(version: number, signal: AbortSignal): Promise<void>;
  /** Calls `listener` whenever the head moves, until the returned function is called. */
  onMove(listener: () => void): () => void;
}

export interface SharedDeps {
  masker: Pick<Masker, "stream">;
  clock: Clock;
  random: Random;
  report?: (error: unknown) => void;
}

export interface SharedOptions {
  key: string;
  refs: readonly LogSourceRef[];
  limits: LogBufferOptions;
  tail: number;
  start: StartSource;
  screen: LogScreen | null;
  /** Of a single source; those of a merged log are its parts'. */
  nameOf?: (ref: LogSourceRef) => SourceName | null;
  /** The logs that it merges. */
  parts?: readonly SharedLog[];
}

export function createSharedLog(options: SharedOptions, deps: SharedDeps): SharedLog {
  const { key, refs, limits, tail, start, screen, parts = [] } = options;
  const buffer = createLogBuffer(limits);
  const waiting = new Set<() => void>();
  const lines = refs.map(() => 0);
  const names = new Map<LogSourceRef, SourceName>();
  let version = 0;
  const moved = (): void => {
    version++;
    for (const wake of [...waiting]) wake();
  };
  const taker = createTaker(buffer, screen, () => deps.clock.now());
  const source = start({
    tail,
    append(line) {
      const from = line.source ?? 0;
      lines[from] = (lines[from] ?? 0) + 1;
      taker.line(line);
    },
    take(batch, from, to) {
      lines[0] = (lines[0] ?? 0) + to - from;
      taker.lines(batch, from, to);
    },
    skip: (count) => buffer.skip(count),
    begun: () => buffer.next > 0,
    masker: deps.masker,
    clock: deps.clock,
    random: deps.random,
    changed: moved,
    report: deps.report ?? (() => {}),
  });

  /** A host that was taken out of the list is still called what it was. */
  function called(ref: LogSourceRef): SourceName {
    const name = options.nameOf?.(ref) ?? names.get(ref) ?? { name: "", hostName: "", simulated: false };
    names.set(ref, name);
    return name;
  }

  function heads(): LogSourceHead[] {
    if (parts.length > 0) return parts.flatMap((part) => part.heads());
    return refs.map((ref, at) => ({
      ref,
      ...called(ref),
      state: source.state,
      problem: source.problem,
      lines: lines[at] ?? 0,
    }));
  }

  function found(): Pick<LogHead, "masked" | "detected" | "unchecked"> {
    if (parts.length > 0) return summed(parts.map((part) => part.found()));
    return {
      masked: [...source.masked].map(([name, count]) => ({ name, count })),
      detected: [...(screen?.detected ?? [])].map(([kind, count]) => ({ kind, count })),
      unchecked: screen?.unchecked ?? 0,
    };
  }

  return {
    key,
    refs,
    buffer,
    rows: createRows(buffer, { clock: deps.clock, speaksOf }),
    source,
    marks: new Map(),
    users: 0,
    get version() {
      return version;
    },
    cancelEnd: () => {},
    heads,
    found,
    moved,
    onMove(listener) {
      waiting.add(listener);
      return () => void waiting.delete(listener);
    },
    movedSince(seen, signal) {
      if (version !== seen || signal.aborted) return Promise.resolve();
      return new Promise((resolve) => {
        const wake = (): void => {
          waiting.delete(wake);
          signal.removeEventListener("abort", wake);
          resolve();
        };
        waiting.add(wake);
        signal.addEventListener("abort", wake, { once: true });
      });
    },
  };
}

function summed(all: readonly ReturnType<SharedLog["found"]>[]): ReturnType<SharedLog["found"]> {
  const masked = new Map<string, number>();
  const detected = new Map<LogHead["detected"][number]["kind"], number>();
  for (const one of all) {
    for (const { name, count } of one.masked) masked.set(name, (masked.get(name) ?? 0) + count);
    for (const { kind, count } of one.detected) detected.set(kind, (detected.get(kind) ?? 0) + count);
  }
  return {
    masked: [...masked].map(([name, count]) => ({ name, count })),
    detected: [...detected].map(([kind, count]) => ({ kind, count })),
    unchecked: all.reduce((sum, one) => sum + one.unchecked, 0),
  };
}

/** What is wrong with one of them is wrong with the log; it is live while any of them is. */
const worstFirst: readonly LogHead["state"][] = ["failed", "reconnecting", "connecting", "live", "ended", "removed"];

export function worstOf(heads: readonly LogSourceHead[]): Pick<LogHead, "state" | "problem"> {
  const rank = (head: LogSourceHead) => worstFirst.indexOf(head.state);
  const worst = [...heads].sort((a, b) => rank(a) - rank(b))[0];
  return { state: worst?.state ?? "connecting", problem: worst?.problem ?? null };
}
