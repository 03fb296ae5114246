import type { LineDetail, LogFilter, LogHead, LogLine, LogSourceRef } from "../../contract/logs.ts";
import { Failure } from "../failure.ts";
import type { Clock, Disposable, Random } from "../ports.ts";
import { createLogStore, type KeptLog, keptSource, type LogStore } from "./buffer/index.ts";
import type { Screener } from "./detect/index.ts";
import type { Density, DensityRange, RowTarget } from "./filter/index.ts";
import { detailOf } from "./line.ts";
import type { Masker } from "./masking/index.ts";
import { type SaveOrder, saved } from "./save.ts";
import { createSharedLog, type SharedLog, type SourceName, worstOf } from "./shared.ts";
import { type Sources, startOf } from "./sources/index.ts";

export interface LogRoomDeps {
  sources: Sources;
  /** What a person calls a source; null when its host is not known. */
  nameOf?: (ref: LogSourceRef) => SourceName | null;
  masker: Pick<Masker, "stream" | "text">;
  /** Looks through the masked lines for what nobody registered; without it only exact values are masked. */
  screener?: Pick<Screener, "log">;
  /** Where lines go that fall out of memory; without it they are gone. */
  folder?: string;
  clock: Clock;
  random: Random;
  limits?: Partial<LogRoomLimits>;
  /** Told of a bug that ended the reading of a log; the log says `failed`. */
  report?: (error: unknown) => void;
}

export interface LogRoomLimits {
  /** Lines of one log held in memory. */
  maxLines: number;
  /** Bytes of one log held in memory. */
  maxBytes: number;
  /** Bytes of all logs on disk. */
  maxDiskBytes: number;
  /** Sources read at the same time. */
  maxSources: number;
  /** Views of one log at the same time. */
  maxViews: number;
  /** Bookmarks of one log. */
  maxMarks: number;
  /** How long a log is kept that nobody looks at, milliseconds. */
  idleMs: number;
  /** Least time between two heads of a watch, milliseconds. */
  headMs: number;
}

const defaults: LogRoomLimits = {
  maxLines: 200_000,
  maxBytes: 64 * 1024 * 1024,
  maxDiskBytes: 1024 * 1024 * 1024,
  maxSources: 64,
  maxViews: 64,
  maxMarks: 200,
  idleMs: 60_000,
  headMs: 50,
};

const MAX_MERGED = 32;

interface Range {
  from: number;
  count: number;
  filter?: LogFilter | undefined;
}

/** Logs, each read once however many look at it, masked before anything keeps them. */
export interface LogRoom extends Disposable {
  /**
   * Opens a view of a log, or of several merged by time, with `tail` lines of the past of each that is not being read
   * already. A view that nobody watches or asks for a minute is closed. `LIMIT_REACHED` beyond 64 logs read at once.
   */
  open(what: { sources: readonly LogSourceRef[]; tail?: number | undefined }): Promise<{ bufferId: string }>;
  head(bufferId: string, filter?: LogFilter): LogHead;
  window(bufferId: string, range: Range): Promise<{ first: number; next: number; lines: LogLine[] }>;
  /** The head, and again whenever it has moved, at most twenty times a second. Ends when the view is closed. */
  watch(bufferId: string, filter?: LogFilter, signal?: AbortSignal): AsyncGenerator<LogHead>;
  /** Rows under a filter, masked anew. */
  save(
    bufferId: string,
    order: SaveOrder,
    signal?: AbortSignal,
  ): Promise<{ fileName: string; text: string; left: number }>;
  locate(
    bufferId: string,
    filter: LogFilter | undefined,
    target: RowTarget,
    signal?: AbortSignal,
  ): Promise<{ row: number; index: number; exact: boolean } | null>;
  density(
    bufferId: string,
    range: DensityRange & { filter?: LogFilter | undefined },
    signal?: AbortSignal,
  ): Promise<Density | null>;
  /** All that is known of a line; `NOT_FOUND` once it fell out. */
  line(bufferId: string, index: number, signal?: AbortSignal): Promise<LineDetail>;
  /** Keeps a log on this machine beyond the console's end, or no longer. */
  pin(bufferId: string, pinned: boolean): Promise<void>;
  kept(): Promise<KeptLog[]>;
  dropKept(id: string): Promise<void>;
  /** Keeps a line's text beyond the ring; `NOT_FOUND` once it fell out. */
  mark(bufferId: string, index: number, note: string): Promise<void>;
  unmark(bufferId: string, index: number): void;
  /** Closing what is not open is not an error. */
  close(bufferId: string): void;
}

export function createLogRoom(deps: LogRoomDeps): LogRoom {
  const limits = { ...defaults, ...deps.limits };
  const logs = new Map<string, SharedLog>();
  const views = new Map<string, View>();
  /** Stopped, and not yet over. */
  const ending = new Map<SharedLog, Promise<void>>();
  const { folder, clock, random } = deps;
  const store: LogStore | undefined =
    folder === undefined ? undefined : createLogStore({ folder, maxBytes: limits.maxDiskBytes, clock, random });
  const sources: Sources =
    store === undefined ? deps.sources : { ...deps.sources, kept: ({ id }) => keptSource(store, id) };

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
    release(view.log);
  }

  function release(log: SharedLog): void {
    log.users--;
    if (log.users > 0) return;
    log.cancelEnd = deps.clock.after(limits.idleMs, () => end(log));
  }

  function end(log: SharedLog): void {
    log.cancelEnd();
    if (logs.get(log.key) === log) logs.delete(log.key);
    log.source.stop();
    log.moved();
    const over = log.source.done.then(() => log.buffer.dispose()).finally(() => ending.delete(log));
    ending.set(log, over);
  }

  function sharedLog(ref: LogSourceRef, tail: number): SharedLog {
    const key = keyOf(ref);
    const known = logs.get(key);
    // One that can't go on by itself is read anew.
    if (known !== undefined && known.source.state !== "failed") return known;
    if (known !== undefined) logs.delete(key);
    const start = startOf(sources, ref);
    if (logs.size >= limits.maxSources) {
      const spare = [...logs.values()].find((log) => log.users === 0);
      if (spare === undefined) throw new Failure("LIMIT_REACHED", { what: "logs", limit: limits.maxSources });
      end(spare);
    }
    const screen = deps.screener?.log() ?? null;
    const name = deps.nameOf === undefined ? {} : { nameOf: deps.nameOf };
    const log = createSharedLog({ key, refs: [ref], limits: { ...limits, store }, screen, start, tail, ...name }, deps);
    logs.set(key, log);
    return log;
  }

  function headOf({ buffer, rows, marks, heads, found }: SharedLog, filter: LogFilter | undefined): LogHead {
    const sources = heads();
    return {
      first: buffer.first,
      next: buffer.next,
      skipped: buffer.skipped,
      ...worstOf(sources),
      sources,
      rows: rows.head(filter),
      levels: buffer.levels,
      held: { memory: buffer.memoryBytes, disk: buffer.diskBytes, pinned: buffer.pinned },
      marks: [...marks.values()],
      ...found(),
    };
  }

  return {
    async open({ sources: refs, tail = 2000 }) {
      const [ref, more] = refs;
      if (ref === undefined || refs.length > MAX_MERGED) throw new Failure("BAD_INPUT", { field: "sources" });
      for (const each of refs) {
        if (deps.nameOf?.(each) === null)
          throw new Failure("HOST_UNKNOWN", { host: "hostId" in each ? each.hostId : "" });
      }
      if (more !== undefined) throw new Failure("BAD_INPUT", { field: "sources", reason: "one at a time, for now" });
      const log = sharedLog(ref, tail);
      if (log.users >= limits.maxViews) throw new Failure("LIMIT_REACHED", { what: "views", limit: limits.maxViews });
      log.cancelEnd();
      log.users++;
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
    head: (bufferId, filter) => headOf(viewOf(bufferId).log, filter),
    window: async (bufferId, { filter, from, count }) => viewOf(bufferId).log.rows.window(filter, from, count),
    async *watch(bufferId, filter, signal) {
      const view = viewOf(bufferId);
      const { log } = view;
      const stop = signal === undefined ? view.closed.signal : AbortSignal.any([signal, view.closed.signal]);
      view.watchers++;
      touch(view);
      try {
        while (!stop.aborted) {
          const seen = log.version;
          const search = log.rows.advance(filter, stop).catch(passCancelled);
          search.catch(() => {});
          await Promise.race([search, pause(deps.clock, limits.headMs, stop)]);
          if (stop.aborted) return;
          yield headOf(log, filter);
          await Promise.all([search, pause(deps.clock, limits.headMs, stop)]);
          await log.movedSince(seen, stop);
        }
      } finally {
        view.watchers--;
        if (!view.closed.signal.aborted) touch(view);
      }
    },
    locate: async (bufferId, filter, target, signal) => viewOf(bufferId).log.rows.locate(filter, target, signal),
    density: async (bufferId, { filter, ...range }, signal) => viewOf(bufferId).log.rows.density(filter, range, signal),
    line: async (bufferId, index, signal) => detailOf(viewOf(bufferId).log.rows, index, signal),
    async pin(bufferId, pinned) {
      const { log } = viewOf(bufferId);
      if (pinned) await log.buffer.pin({ names: log.heads().map(({ name }) => name) });
      else await log.buffer.unpin();
      log.moved();
    },
    kept: async () => (await store?.kept()) ?? [],
    async dropKept(id) {
      if (store === undefined) throw new Failure("NOT_FOUND", { what: "log", id });
      await store.drop(id);
    },
    async save(bufferId, order, signal) {
      const { log } = viewOf(bufferId);
      return await saved(log, order, { ...deps, signal });
    },
    async mark(bufferId, index, note) {
      const { marks, rows, moved } = viewOf(bufferId).log;
      if (!marks.has(index) && marks.size >= limits.maxMarks) {
        throw new Failure("LIMIT_REACHED", { what: "marks", limit: limits.maxMarks });
      }
      const line = marks.get(index) ?? (await rows.line(index));
      if (line === null) throw new Failure("NOT_FOUND", { what: "line", id: String(index) });
      marks.set(index, { index, at: line.at, text: line.text, note });
      moved();
    },
    unmark(bufferId, index) {
      const { marks, moved } = viewOf(bufferId).log;
      if (marks.delete(index)) moved();
    },
    close,
    async dispose() {
      const open = [...logs.values()];
      for (const id of [...views.keys()]) close(id);
      for (const log of open) end(log);
      await Promise.allSettled(ending.values());
      await store?.dispose();
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

function keyOf(ref: LogSourceRef): string {
  return JSON.stringify(Object.entries(ref).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function passCancelled(error: unknown): void {
  if (!(error instanceof Failure && error.code === "CANCELLED")) throw error;
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
