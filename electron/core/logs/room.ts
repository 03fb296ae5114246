import { setImmediate } from "node:timers/promises";
import type { LogHead, LogLine } from "../../contract/logs.ts";
import { Failure } from "../failure.ts";
import type { Clock, Disposable, Random } from "../ports.ts";
import type { LogScreen, Screener } from "./detect/index.ts";
import type { Masker } from "./masking/index.ts";
import { createLogBuffer, type LogBuffer, type RingOptions } from "./ring.ts";
import { createSearch, type SearchQuery, type SearchResult } from "./search.ts";
import { containerSource, type LogEngine } from "./sources/container.ts";
import type { LogSource, SourceDeps, StartSource } from "./sources/types.ts";

export interface LogRoomDeps {
  engineOf(hostId: string): Promise<LogEngine>;
  masker: Pick<Masker, "stream">;
  /** Looks through the masked lines for what nobody registered; without it only exact values are masked. */
  screener?: Pick<Screener, "log">;
  clock: Clock;
  random: Random;
  limits?: Partial<LogRoomLimits>;
  /** Told of a bug that ended the reading of a log; the log says `failed`. */
  report?: (error: unknown) => void;
}

export interface LogRoomLimits extends RingOptions {
  /** Containers read at the same time. */
  maxSources: number;
  /** Views of one container at the same time. */
  maxViews: number;
  /** How long a log is kept that nobody looks at, milliseconds. */
  idleMs: number;
  /** Least time between two heads of a watch, milliseconds. */
  headMs: number;
}

const defaults: LogRoomLimits = {
  maxLines: 200_000,
  maxBytes: 64 * 1024 * 1024,
  maxSources: 64,
  maxViews: 64,
  idleMs: 60_000,
  headMs: 50,
};

/** Logs of containers, each read once however many look at it, masked before anything keeps them. */
export interface LogRoom extends Disposable {
  /**
   * Opens a view of a container's log, with `tail` lines of its past if it is not being read already. A view that nobody
   * watches or asks for a minute is closed. `LIMIT_REACHED` beyond 64 containers.
   */
  open(what: { hostId: string; containerId: string; tail?: number | undefined }): Promise<{ bufferId: string }>;
  head(bufferId: string): LogHead;
  window(bufferId: string, range: { from: number; count: number }): { first: number; next: number; lines: LogLine[] };
  search(bufferId: string, query: SearchQuery): Promise<SearchResult>;
  /** The head, and again whenever it has moved, at most twenty times a second. Ends when the view is closed. */
  watch(bufferId: string, signal?: AbortSignal): AsyncGenerator<LogHead>;
  /** All that is held, masked. */
  save(bufferId: string): Promise<{ fileName: string; text: string }>;
  /** Closing what is not open is not an error. */
  close(bufferId: string): void;
}

export function createLogRoom(deps: LogRoomDeps): LogRoom {
  const limits = { ...defaults, ...deps.limits };
  const logs = new Map<string, SharedLog>();
  const views = new Map<string, View>();

  function viewOf(bufferId: string): View {
    const view = views.get(bufferId);
    if (view === undefined) throw new Failure("NOT_FOUND", { what: "log", id: bufferId });
    touch(view);
    return view;
  }

  /** The view is closed once nobody has watched it or asked for a while. */
  function touch(view: View): void {
    view.cancelIdle();
    if (view.watchers > 0) return;
    view.cancelIdle = deps.clock.after(limits.idleMs, () => close(view.id));
  }

  function close(bufferId: string): void {
    const view = views.get(bufferId);
    if (view === undefined) return;
    views.delete(bufferId);
    view.cancelIdle();
    view.closed.abort();
    const { log } = view;
    log.views--;
    if (log.views > 0) return;
    log.cancelEnd = deps.clock.after(limits.idleMs, () => end(log));
  }

  function end(log: SharedLog): void {
    log.cancelEnd();
    if (logs.get(log.key) === log) logs.delete(log.key);
    log.source.stop();
    log.moved();
  }

  function sharedLog(hostId: string, containerId: string, tail: number): SharedLog {
    const key = `${hostId} ${containerId}`;
    const known = logs.get(key);
    // One that can't go on by itself is read anew.
    if (known !== undefined && known.source.state !== "failed") return known;
    if (known !== undefined) logs.delete(key);
    if (logs.size >= limits.maxSources) {
      const spare = [...logs.values()].find((log) => log.views === 0);
      if (spare === undefined) throw new Failure("LIMIT_REACHED", { what: "logs", limit: limits.maxSources });
      end(spare);
    }
    const source = containerSource({ engineOf: () => deps.engineOf(hostId), containerId });
    const log = createSharedLog({ key, containerId, limits, screen: deps.screener?.log() ?? null, source, deps, tail });
    logs.set(key, log);
    return log;
  }

  return {
    async open({ hostId, containerId, tail = 2000 }) {
      const log = sharedLog(hostId, containerId, tail);
      if (log.views >= limits.maxViews) throw new Failure("LIMIT_REACHED", { what: "views", limit: limits.maxViews });
      log.cancelEnd();
      log.views++;
      const view: View = {
        id: deps.random.id(),
        log,
        watchers: 0,
        closed: new AbortController(),
        cancelIdle: () => {},
      };
      views.set(view.id, view);
      touch(view);
      return { bufferId: view.id };
    },
    head: (bufferId) => viewOf(bufferId).log.head(),
    window: (bufferId, range) => viewOf(bufferId).log.buffer.window(range),
    search: async (bufferId, query) => viewOf(bufferId).log.search(query),
    async *watch(bufferId, signal) {
      const view = viewOf(bufferId);
      const stop = signal === undefined ? view.closed.signal : AbortSignal.any([signal, view.closed.signal]);
      view.watchers++;
      touch(view);
      try {
        while (!stop.aborted) {
          const seen = view.log.version;
          yield view.log.head();
          await pause(deps.clock, limits.headMs, stop);
          await view.log.movedSince(seen, stop);
        }
      } finally {
        view.watchers--;
        if (!view.closed.signal.aborted) touch(view);
      }
    },
    async save(bufferId) {
      const { log } = viewOf(bufferId);
      const stamp = new Date(deps.clock.now()).toISOString().slice(0, 19).replaceAll(":", "");
      return { fileName: `log-${log.containerId.slice(0, 12)}-${stamp}.txt`, text: await textOf(log.buffer) };
    },
    close,
    async dispose() {
      const open = [...logs.values()];
      for (const id of [...views.keys()]) close(id);
      for (const log of open) end(log);
      await Promise.allSettled(open.map((log) => log.source.done));
    },
  };
}

interface View {
  id: string;
  log: SharedLog;
  watchers: number;
  closed: AbortController;
  cancelIdle: () => void;
}

interface SharedLog {
  key: string;
  containerId: string;
  buffer: LogBuffer;
  source: LogSource;
  search: (query: SearchQuery) => Promise<SearchResult>;
  views: number;
  /** Counts the changes of the head. */
  readonly version: number;
  cancelEnd: () => void;
  head(): LogHead;
  moved(): void;
  movedSince(version: number, signal: AbortSignal): Promise<void>;
}

interface SharedLogOptions {
  key: string;
  containerId: string;
  limits: RingOptions;
  screen: LogScreen | null;
  source: StartSource;
  tail: number;
  deps: LogRoomDeps;
}

function createSharedLog({ key, containerId, limits, screen, source: start, tail, deps }: SharedLogOptions): SharedLog {
  const buffer = createLogBuffer(limits);
  const waiting = new Set<() => void>();
  let version = 0;
  const moved = (): void => {
    version++;
    for (const wake of [...waiting]) wake();
  };
  const source = start({
    tail,
    append: screen === null ? buffer.append : screened(buffer, screen),
    begun: () => buffer.next > 0,
    masker: deps.masker,
    clock: deps.clock,
    random: deps.random,
    changed: moved,
    report: deps.report ?? (() => {}),
  });
  return {
    key,
    containerId,
    buffer,
    source,
    search: createSearch(buffer, deps.clock),
    views: 0,
    get version() {
      return version;
    },
    cancelEnd: () => {},
    moved,
    head: () => ({
      first: buffer.first,
      next: buffer.next,
      skipped: buffer.first,
      state: source.state,
      problem: source.problem,
      masked: [...source.masked].map(([name, count]) => ({ name, count })),
      ...(screen === null ? {} : foundBy(screen)),
    }),
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

function foundBy(screen: LogScreen): Pick<LogHead, "detected" | "unchecked"> {
  return {
    detected: [...screen.detected].map(([kind, count]) => ({ kind, count })),
    unchecked: screen.unchecked,
  };
}

/** What comes into the buffer has passed the detectors. */
function screened(buffer: LogBuffer, screen: LogScreen): SourceDeps["append"] {
  return (line) => buffer.append({ ...line, text: screen.line(line.stream, line.text) });
}

function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      cancel();
      signal.removeEventListener("abort", finish);
      resolve();
    };
    const cancel = clock.after(ms, finish);
    signal.addEventListener("abort", finish, { once: true });
    if (signal.aborted) finish();
  });
}

/** In slices: a full buffer takes a good part of a second. */
async function textOf(buffer: LogBuffer): Promise<string> {
  const parts: string[] = [];
  for (let from = buffer.first; from < buffer.next; await setImmediate()) {
    const { lines } = buffer.window({ from, count: 2_000 });
    for (const { at, stream, text } of lines) {
      parts.push(`${at === null ? "-" : new Date(at).toISOString()} ${stream} ${text}\n`);
    }
    from = (lines.at(-1)?.index ?? from) + 1;
  }
  return parts.join("");
}
