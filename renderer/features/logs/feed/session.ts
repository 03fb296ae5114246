import type { LogFilter, LogHead, Problem } from "../../../../electron/contract/index.ts";
import { createLogFeed, type FeedDeps, type LogFeed } from "./feed.ts";

export type Landing = { row: number; index: number; exact: boolean };

export type SessionDeps = Pick<FeedDeps, "after" | "now"> & {
  window: (filter: LogFilter | undefined, from: number, count: number) => ReturnType<FeedDeps["window"]>;
  /** Row of a line under a filter; null in an empty log. */
  locate: (filter: LogFilter | undefined, index: number) => Promise<Landing | null>;
  /** Follows the heads under a filter until the signal says stop. */
  watch: (
    filter: LogFilter | undefined,
    on: { head: (head: LogHead) => void; cut: (problem: Problem | null) => void },
    signal: AbortSignal,
  ) => void;
};

export type SessionState = {
  feed: LogFeed | null;
  /** The filter that the feed shows. */
  filter: LogFilter | undefined;
  /** Where the view is to stand in a feed that is new to it; null: where it stood, at the end or at the beginning. */
  landing: Landing | null;
  /** Why the filter that was asked for is not shown. */
  refused: Problem | null;
  /** Why no heads come. */
  problem: Problem | null;
};

/**
 * One log under changing filters. The rows before stay on view, and live, until the first rows under the new filter are
 * there; a filter that the core refuses changes nothing but `refused`.
 */
export interface LogSession {
  state(): SessionState;
  subscribe(listener: () => void): () => void;
  /** `keep`: index of the line that one looks at, which stays under the eye. */
  setFilter(filter: LogFilter | undefined, keep: number | null): void;
  pause(paused: boolean): void;
  stop(): void;
}

/** Longest that a view waits for the rows around a landing, milliseconds. */
const landMs = 300;

type Part = { feed: LogFeed; filter: LogFilter | undefined; end: AbortController };

export function createLogSession(deps: SessionDeps): LogSession {
  const listeners = new Set<() => void>();
  let state: SessionState = { feed: null, filter: undefined, landing: null, refused: null, problem: null };
  let current: Part | null = null;
  let next: Part | null = null;
  let paused = false;

  function set(change: Partial<SessionState>): void {
    state = { ...state, ...change };
    for (const listener of [...listeners]) listener();
  }

  function end(part: Part | null): void {
    part?.end.abort();
    part?.feed.stop();
  }

  async function takeOver(part: Part, keep: number | null): Promise<void> {
    const landing = keep === null ? null : await deps.locate(part.filter, keep).catch(() => null);
    if (landing !== null) await pulled(part.feed, landing.row);
    if (next !== part) return;
    end(current);
    current = part;
    next = null;
    set({ feed: part.feed, filter: part.filter, landing, refused: null, problem: null });
  }

  /** The rows around the landing are there, or do not come in time. */
  function pulled(feed: LogFeed, row: number): Promise<void> {
    return new Promise((resolve) => {
      const finish = () => {
        cancel();
        unsubscribe();
        resolve();
      };
      const cancel = deps.after(landMs, finish);
      const unsubscribe = feed.subscribe(() => feed.row(row) !== undefined && finish());
      feed.look({ from: Math.max(0, row - 80), count: 160, follow: false });
      if (feed.row(row) !== undefined) finish();
    });
  }

  function setFilter(filter: LogFilter | undefined, keep: number | null): void {
    end(next);
    const feed = createLogFeed({
      after: deps.after,
      now: deps.now,
      window: (from, count) => deps.window(filter, from, count),
    });
    feed.pause(paused);
    const part: Part = { feed, filter, end: new AbortController() };
    next = part;
    const unsubscribe = feed.subscribe(() => {
      unsubscribe();
      void takeOver(part, keep);
    });
    deps.watch(
      filter,
      {
        head: (head) => {
          if (current === part && state.problem !== null) set({ problem: null });
          feed.take(head);
        },
        cut(problem) {
          if (part === current) set({ problem });
          else if (part === next && problem !== null && problem.code !== "CONNECTION_LOST" && current !== null) {
            end(part);
            next = null;
            set({ refused: problem });
          } else if (part === next && current === null) set({ problem });
        },
      },
      part.end.signal,
    );
  }

  return {
    state: () => state,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    setFilter,
    pause(value) {
      paused = value;
      current?.feed.pause(value);
      next?.feed.pause(value);
    },
    stop() {
      end(current);
      end(next);
      current = next = null;
    },
  };
}
