import { setImmediate } from "node:timers/promises";
import { Failure } from "../failure.ts";
import type { Clock } from "../ports.ts";
import { type CompiledFilter, compileFilter, type LogBuffer, type LogFilter } from "./ring.ts";

export interface SearchQuery extends LogFilter {
  /** Indices before it are not wanted. */
  from: number;
  limit: number;
  signal?: AbortSignal | undefined;
}

export interface SearchResult {
  /** At most `limit`, oldest first. */
  indices: number[];
  /** Lines before this index have been looked at; the log's end unless the time ran out. */
  searchedTo: number;
  /** Matches among the lines looked at and still held. */
  total: number;
}

/** Filters that are kept, so that the next question only looks at the new lines. */
const KEPT = 8;
const SLICE_MS = 6;
const BUDGET_MS = 1_000;
const STEP = 2_048;

interface Index {
  filter: CompiledFilter;
  found: number[];
  searchedTo: number;
}

/** Search in one buffer, in slices that never hold up the event loop. */
export function createSearch(buffer: LogBuffer, clock: Pick<Clock, "mono">) {
  const kept = new Map<string, Index>();

  function indexFor(query: LogFilter): Index {
    const filter = compileFilter(query);
    const key = `${filter.levels} ${filter.text}`;
    const index = kept.get(key) ?? { filter, found: [], searchedTo: 0 };
    kept.delete(key);
    kept.set(key, index);
    if (kept.size > KEPT) kept.delete(kept.keys().next().value ?? "");
    return index;
  }

  async function advance(index: Index, signal: AbortSignal | undefined): Promise<void> {
    const began = clock.mono();
    let slice = began;
    while (index.searchedTo < buffer.next) {
      const from = Math.max(index.searchedTo, buffer.first);
      const to = Math.min(buffer.next, from + STEP);
      for (let i = from; i < to; i++) if (buffer.matches(i, index.filter)) index.found.push(i);
      index.searchedTo = to;
      const now = clock.mono();
      if (now - began > BUDGET_MS) return;
      if (now - slice < SLICE_MS) continue;
      await setImmediate();
      if (signal?.aborted) throw new Failure("CANCELLED");
      slice = clock.mono();
    }
  }

  return async function search(query: SearchQuery): Promise<SearchResult> {
    if (query.signal?.aborted) throw new Failure("CANCELLED");
    const index = indexFor(query);
    await advance(index, query.signal);
    const gone = lowerBound(index.found, buffer.first);
    if (gone > 0) index.found = index.found.slice(gone);
    const from = lowerBound(index.found, query.from);
    return {
      indices: index.found.slice(from, from + query.limit),
      searchedTo: index.searchedTo,
      total: index.found.length,
    };
  };
}

function lowerBound(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const mid = (low + high) >>> 1;
    if ((sorted[mid] as number) < value) low = mid + 1;
    else high = mid;
  }
  return low;
}
