import type { LogHead, LogLine } from "../../../../electron/contract/index.ts";
import { createRowCache, missingIn } from "./rowCache.ts";

/** What the view looks at: rows from `from` on, or the last `count` of them. */
export type Look = { from: number; count: number; follow: boolean };

type Pulled = { first: number; next: number; lines: readonly LogLine[] };

export type FeedDeps = {
  window: (from: number, count: number) => Promise<Pulled>;
  /** Calls `run` once, `ms` later; returns what cancels it. */
  after: (ms: number, run: () => void) => () => void;
  now: () => number;
  /** Least time between two heads that are shown. Ten a second are as live as an eye can read. */
  viewMs?: number;
};

/**
 * The rows under one filter, outside of React: heads come in as they come, and go on view together with the lines that
 * belong to them, so that nothing flickers at any rate. Only what is looked at is ever pulled.
 */
export interface LogFeed {
  /** The head that is on view; null before the first. */
  head(): LogHead | null;
  /** Counts what changed on view. */
  version(): number;
  subscribe(listener: () => void): () => void;
  row(row: number): LogLine | undefined;
  /** A head came from the core. */
  take(head: LogHead): void;
  look(look: Look): void;
  /** Nobody sees the page: nothing is pulled until somebody does. */
  pause(paused: boolean): void;
  stop(): void;
}

/** Wait after a pull that failed, milliseconds. */
const retryMs = 500;

export function createLogFeed({ window, after, now, viewMs = 100 }: FeedDeps): LogFeed {
  const cache = createRowCache();
  const listeners = new Set<() => void>();
  let shown: LogHead | null = null;
  let coming: LogHead | null = null;
  let look: Look = { from: 0, count: 60, follow: true };
  let version = 0;
  let shownAt = Number.NEGATIVE_INFINITY;
  let busy = false;
  let paused = false;
  let stopped = false;
  let cancelTimer: (() => void) | null = null;
  /** Rows that were asked for and did not come; they are asked for again with the next head. */
  let refused = -1;

  function show(head: LogHead | null): void {
    if (head !== null) {
      shown = head;
      shownAt = now();
      refused = -1;
      if (coming === head) coming = null;
    }
    version += 1;
    for (const listener of [...listeners]) listener();
  }

  async function pull(from: number, count: number): Promise<boolean> {
    const { lines, first } = await window(from, count);
    if (stopped) return false;
    cache.put(lines);
    cache.trim(look.follow ? from : look.from);
    const came = lines.length > 0 || first > from;
    if (!came) refused = from;
    return came;
  }

  /** One thing at a time: the newest head with the end of its rows, then the rows that are looked at. */
  async function run(): Promise<void> {
    busy = true;
    let failed = false;
    try {
      while (!stopped && !paused) {
        if (coming !== null && now() - shownAt >= viewMs) await showComing(coming);
        else if (!(await pullLooked())) break;
      }
    } catch {
      // The head's stream says what is wrong; it is tried again, and not at once.
      failed = true;
    }
    busy = false;
    plan(failed);
  }

  async function showComing(head: LogHead): Promise<void> {
    const { first, next } = head.rows;
    if (look.follow) {
      const missing = missingIn(cache, Math.max(first, next - look.count), next);
      if (missing !== null) await pull(missing.from, missing.count);
    }
    if (!stopped) show(head);
  }

  async function pullLooked(): Promise<boolean> {
    if (shown === null) return false;
    const { first, next } = shown.rows;
    const from = look.follow ? Math.max(first, next - look.count) : Math.max(first, look.from);
    const to = look.follow ? next : Math.min(next, look.from + look.count);
    const missing = missingIn(cache, from, to);
    if (missing === null || missing.from === refused) return false;
    const came = await pull(missing.from, missing.count);
    if (stopped) return false;
    if (came) show(null);
    return came;
  }

  /** Goes on when the next head may be shown. */
  function plan(failed = false): void {
    if (stopped || paused || coming === null || cancelTimer !== null) return;
    const left = failed ? retryMs : viewMs - (now() - shownAt);
    if (left <= 0) {
      kick();
      return;
    }
    cancelTimer = after(left, () => {
      cancelTimer = null;
      kick();
    });
  }

  function kick(): void {
    if (!busy && !stopped && !paused) void run();
  }

  return {
    head: () => shown,
    version: () => version,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    row: (row) => cache.get(row),
    take(head) {
      if (stopped) return;
      coming = head;
      if (!busy) plan();
    },
    look(next) {
      if (next.from === look.from && next.count === look.count && next.follow === look.follow) return;
      look = next;
      refused = -1;
      kick();
    },
    pause(value) {
      paused = value;
      if (!paused) kick();
    },
    stop() {
      stopped = true;
      cancelTimer?.();
      cancelTimer = null;
    },
  };
}
