import type { LogSourceRef } from "../../contract/logs.ts";
import { Failure } from "../failure.ts";
import type { Clock, Random } from "../ports.ts";
import type { LogStore } from "./buffer/index.ts";
import type { Screener } from "./detect/index.ts";
import type { Masker } from "./masking/index.ts";
import { type MergePart, mergedSource } from "./merge.ts";
import { type OnSecret, watchSecrets } from "./secretWatch.ts";
import { createSharedLog, type SharedLog, type SourceName } from "./shared.ts";
import { type Sources, startOf } from "./sources/index.ts";

export interface RegistryDeps {
  sources: Sources;
  nameOf?: (ref: LogSourceRef) => SourceName | null;
  masker: Pick<Masker, "stream">;
  screener?: Pick<Screener, "log">;
  store?: LogStore | undefined;
  clock: Clock;
  random: Random;
  onSecret?: OnSecret;
  report?: (error: unknown) => void;
}

export interface RegistryLimits {
  maxLines: number;
  maxBytes: number;
  maxSources: number;
  /** Files and journals of one host: each takes one of its few channels for as long as it is read. */
  maxHostLogs: number;
  maxMerged: number;
  idleMs: number;
}

/** The logs that are being read, each once; those that nobody uses are let go after a while. */
export interface Registry {
  /** For one more user: the log of one source, or of several merged. `LIMIT_REACHED` when too many are read already. */
  acquire(refs: readonly LogSourceRef[], tail: number): SharedLog;
  release(log: SharedLog): void;
  /** Stops all; settles when all is over. */
  dispose(): Promise<void>;
}

export function createRegistry(deps: RegistryDeps, limits: RegistryLimits): Registry {
  const singles = new Map<string, SharedLog>();
  const merged = new Map<string, SharedLog>();
  /** Those as well that another has replaced, while they are still looked at. */
  const all = new Set<SharedLog>();
  const partsOf = new Map<SharedLog, SharedLog[]>();
  /** Stopped, and not yet over. */
  const ending = new Map<SharedLog, Promise<void>>();
  const bounds = { maxLines: limits.maxLines, maxBytes: limits.maxBytes, store: deps.store };

  function end(log: SharedLog): void {
    if (!all.delete(log)) return;
    log.cancelEnd();
    for (const logs of [singles, merged]) if (logs.get(log.key) === log) logs.delete(log.key);
    log.source.stop();
    log.moved();
    const over = log.source.done.then(() => log.buffer.dispose()).finally(() => ending.delete(log));
    ending.set(log, over);
    for (const part of partsOf.get(log) ?? []) release(part);
    partsOf.delete(log);
  }

  function release(log: SharedLog): void {
    log.users--;
    if (log.users > 0) return;
    log.cancelEnd = deps.clock.after(limits.idleMs, () => end(log));
  }

  /** One that nobody uses makes room for another; a merged one lets go of its parts before that. */
  function makeRoom(logs: ReadonlyMap<string, SharedLog>, limit: number, what = "logs"): void {
    if (logs.size < limit) return;
    const unused = () => [...logs.values()].find((log) => log.users === 0);
    for (const log of [...merged.values()]) if (unused() === undefined && log.users === 0) end(log);
    const spare = unused();
    if (spare === undefined) throw new Failure("LIMIT_REACHED", { what, limit });
    end(spare);
  }

  /** The one that is being read, unless it can't go on by itself: such a one is read anew. */
  function known(logs: Map<string, SharedLog>, key: string): SharedLog | null {
    const log = logs.get(key);
    if (log === undefined || log.source.state !== "failed") return log ?? null;
    logs.delete(key);
    if (log.users === 0) end(log);
    return null;
  }

  function single(ref: LogSourceRef, tail: number): SharedLog {
    const key = keyOf(ref);
    const there = known(singles, key);
    if (there !== null) return there;
    const start = startOf(deps.sources, ref);
    makeRoom(singles, limits.maxSources);
    const host = channelOf(ref);
    if (host !== null) {
      const beside = new Map([...singles].filter(([, log]) => log.refs.some((each) => channelOf(each) === host)));
      makeRoom(beside, limits.maxHostLogs, "hostLogs");
    }
    const screen = deps.screener?.log() ?? null;
    const name = deps.nameOf === undefined ? {} : { nameOf: deps.nameOf };
    const log = createSharedLog({ key, refs: [ref], limits: bounds, screen, start, tail, ...name }, deps);
    const { onSecret, clock, report = () => {} } = deps;
    if (onSecret !== undefined) watchSecrets(log, ref, { tell: onSecret, clock, report });
    singles.set(key, log);
    all.add(log);
    return log;
  }

  function several(refs: readonly LogSourceRef[], tail: number): SharedLog {
    const key = refs.map(keyOf).join("\n");
    const there = known(merged, key);
    if (there !== null) return there;
    makeRoom(merged, limits.maxMerged);
    const parts: SharedLog[] = [];
    try {
      for (const ref of refs) parts.push(used(single(ref, tail)));
    } catch (error) {
      for (const part of parts) release(part);
      throw error;
    }
    const start = mergedSource(parts.map(partOf));
    const log = createSharedLog({ key, refs, limits: bounds, screen: null, start, tail, parts }, deps);
    partsOf.set(log, parts);
    merged.set(key, log);
    all.add(log);
    return log;
  }

  return {
    acquire(refs, tail) {
      const unique = [...new Map(refs.map((ref) => [keyOf(ref), ref])).values()];
      const [only, another] = unique;
      if (only === undefined) throw new Failure("BAD_INPUT", { field: "sources", reason: "none" });
      return used(another === undefined ? single(only, tail) : several(unique, tail));
    },
    release,
    async dispose() {
      // Newest first: a merged log lets go of its parts.
      for (const log of [...all].reverse()) end(log);
      await Promise.allSettled(ending.values());
    },
  };
}

function used(log: SharedLog): SharedLog {
  log.cancelEnd();
  log.cancelEnd = () => {};
  log.users++;
  return log;
}

/** The host on which a program runs for as long as this is read; null where none does. */
function channelOf(ref: LogSourceRef): string | null {
  return ref.kind === "file" || ref.kind === "journal" ? ref.hostId : null;
}

/** Names of fields in one order: the same source is the same key. */
function keyOf(ref: LogSourceRef): string {
  return JSON.stringify(Object.entries(ref).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function partOf(log: SharedLog): MergePart {
  const { buffer, onMove } = log;
  return {
    buffer,
    onMove,
    get state() {
      return log.source.state;
    },
    get stuck() {
      const { state, problem } = log.source;
      return problem !== null || (state !== "live" && state !== "connecting");
    },
  };
}
