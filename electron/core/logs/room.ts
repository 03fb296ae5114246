import type { LineDetail, LogFilter, LogHead, LogLine, LogSourceRef, SavePiece } from "../../contract/logs.ts";
import { Failure, isFailure } from "../failure.ts";
import type { Clock, Disposable, Random } from "../ports.ts";
import { createLogStore, type KeptAbout, type KeptLog, type LogStore } from "./buffer/index.ts";
import type { Screener } from "./detect/index.ts";
import type { Density, DensityRange, RowTarget } from "./filter/index.ts";
import { detailOf } from "./line.ts";
import type { Masker } from "./masking/index.ts";
import { type KeptOnes, nameOfKept, placesOf } from "./origins.ts";
import { pause } from "./pause.ts";
import { createRegistry } from "./registry.ts";
import { type Notary, type SaveOrder, saved } from "./save.ts";
import type { OnSecret } from "./secretWatch.ts";
import { type SharedLog, type SourceName, worstOf } from "./shared.ts";
import { keptSource, type Sources } from "./sources/index.ts";

export interface LogRoomDeps {
  sources: Sources;
  /** What a person calls a source; null when its host is not known. */
  nameOf?: (ref: LogSourceRef) => SourceName | null;
  masker: Pick<Masker, "stream" | "text" | "data" | "bytes">;
  /** Looks through the masked lines for what nobody registered; without it only exact values are masked. */
  screener?: Pick<Screener, "log">;
  /** Told of each secret that is masked in the log of one source, at most once a second. */
  onSecret?: OnSecret;
  /** Who signs evidence; without it there is none. */
  notary?: Notary;
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
  /** Files and journals of one host read at the same time. */
  maxHostLogs: number;
  /** Merged logs at the same time. */
  maxMerged: number;
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
  maxBytes: 24 * 1024 * 1024,
  maxDiskBytes: 1024 * 1024 * 1024,
  maxSources: 64,
  maxHostLogs: 4,
  maxMerged: 16,
  maxViews: 64,
  maxMarks: 200,
  idleMs: 60_000,
  headMs: 50,
};

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
  /** Rows under a filter, masked anew, as a file in pieces. Ends with `CANCELLED` when the view is closed. */
  save(bufferId: string, order: SaveOrder, signal?: AbortSignal): AsyncGenerator<SavePiece>;
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
  const { folder, clock, random } = deps;
  const store: LogStore | undefined =
    folder === undefined ? undefined : createLogStore({ folder, maxBytes: limits.maxDiskBytes, clock, random });
  const sources: Sources =
    store === undefined ? deps.sources : { ...deps.sources, kept: ({ id }) => keptSource(store, id) };
  const views = new Map<string, View>();
  const registry = createRegistry({ ...deps, sources, store, nameOf }, limits);

  /** Null for a kept log that nobody looks at: it is called then what it was called before. */
  function nameOf(ref: LogSourceRef): SourceName | null {
    if (ref.kind !== "kept") return deps.nameOf?.(ref) ?? null;
    for (const { kept } of views.values()) {
      const about = kept.get(ref.id);
      if (about !== undefined) return nameOfKept(about);
    }
    return null;
  }

  async function keptOf(refs: readonly LogSourceRef[]): Promise<KeptOnes> {
    const kept = new Map<string, KeptAbout>();
    for (const ref of refs) {
      if (ref.kind !== "kept" || store === undefined) continue;
      // One that is gone is told by its head.
      const reader = await store.read(ref.id).catch(() => null);
      if (reader !== null) kept.set(ref.id, reader.about);
    }
    return kept;
  }

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

  /** The view is not idle while these are read. */
  async function* watched<T>(view: View, items: AsyncIterable<T>): AsyncGenerator<T> {
    view.watchers++;
    touch(view);
    try {
      yield* items;
    } finally {
      view.watchers--;
      if (!view.closed.signal.aborted) touch(view);
    }
  }

  function close(bufferId: string): void {
    const view = views.get(bufferId);
    if (view === undefined) return;
    views.delete(bufferId);
    view.cancelIdle();
    view.closed.abort();
    registry.release(view.log);
  }

  /** What was registered after a line was read is masked when it is looked at. */
  function masked<T extends { text: string }>(line: T): T {
    const bytes = Buffer.from(line.text);
    const shown = deps.masker.bytes(bytes);
    return shown === bytes ? line : { ...line, text: Buffer.from(shown).toString("utf8") };
  }

  /** All in one pass, since mostly there is nothing to mask: a pass for each takes several times as long. */
  function maskedAll(lines: LogLine[]): LogLine[] {
    const bytes = Buffer.from(lines.map(({ text }) => text).join("\n"));
    return deps.masker.bytes(bytes) === bytes ? lines : lines.map(masked);
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
      marks: [...marks.values()].map(masked),
      ...found(),
    };
  }

  async function* headsOf(log: SharedLog, filter: LogFilter | undefined, stop: AbortSignal): AsyncGenerator<LogHead> {
    let search: Promise<void> | null = null;
    while (!stop.aborted) {
      const seen = log.version;
      search ??= log.rows.advance(filter, stop).then(
        () => {
          search = null;
        },
        (error: unknown) => {
          search = null;
          if (!isFailure(error, "CANCELLED")) throw error;
        },
      );
      search.catch(() => {});
      await Promise.race([search, pause(clock, limits.headMs, stop)]);
      if (stop.aborted) return;
      // While the search goes on, its rows are news, and so are the last of them.
      const whole = search === null;
      yield headOf(log, filter);
      await pause(clock, limits.headMs, stop);
      if (whole) await log.movedSince(seen, stop);
    }
  }

  return {
    async open({ sources: refs, tail = 2000 }) {
      for (const ref of refs) {
        if (deps.nameOf?.(ref) === null) throw new Failure("HOST_UNKNOWN", { host: "hostId" in ref ? ref.hostId : "" });
      }
      const kept = await keptOf(refs);
      const log = registry.acquire(refs, tail);
      if (log.users > limits.maxViews) {
        registry.release(log);
        throw new Failure("LIMIT_REACHED", { what: "views", limit: limits.maxViews });
      }
      const view: View = {
        id: deps.random.id(),
        log,
        kept,
        watchers: 0,
        closed: new AbortController(),
        cancelIdle: () => {},
      };
      views.set(view.id, view);
      touch(view);
      return { bufferId: view.id };
    },
    head: (bufferId, filter) => headOf(viewOf(bufferId).log, filter),
    async window(bufferId, { filter, from, count }) {
      const { first, next, lines } = await viewOf(bufferId).log.rows.window(filter, from, count);
      return { first, next, lines: maskedAll(lines) };
    },
    async *watch(bufferId, filter, signal) {
      const view = viewOf(bufferId);
      yield* watched(view, headsOf(view.log, filter, untilClosed(view, signal)));
    },
    locate: async (bufferId, filter, target, signal) => viewOf(bufferId).log.rows.locate(filter, target, signal),
    density: async (bufferId, { filter, ...range }, signal) => viewOf(bufferId).log.rows.density(filter, range, signal),
    line: async (bufferId, index, signal) => detailOf(viewOf(bufferId).log.rows, index, masked, signal),
    async pin(bufferId, pinned) {
      const { log, kept } = viewOf(bufferId);
      const places = placesOf(log.heads(), kept);
      const sources = places.map(({ name, simulated }) => ({ name: deps.masker.text(name), simulated }));
      if (pinned) await log.buffer.pin({ sources });
      else await log.buffer.unpin();
      log.moved();
    },
    kept: async () => (await store?.kept()) ?? [],
    async dropKept(id) {
      if (store === undefined) throw new Failure("NOT_FOUND", { what: "log", id });
      await store.drop(id);
    },
    save(bufferId, order, signal) {
      const view = viewOf(bufferId);
      const { log, kept } = view;
      return watched(view, saved(log, order, { ...deps, kept, signal: untilClosed(view, signal) }));
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
      for (const id of [...views.keys()]) close(id);
      await registry.dispose();
      await store?.dispose();
    },
  };
}

interface View {
  id: string;
  log: SharedLog;
  /** What is known of those of its sources that are kept logs. */
  kept: KeptOnes;
  watchers: number;
  closed: AbortController;
  cancelIdle: () => void;
}

function untilClosed({ closed }: View, signal: AbortSignal | undefined): AbortSignal {
  return signal === undefined ? closed.signal : AbortSignal.any([signal, closed.signal]);
}
