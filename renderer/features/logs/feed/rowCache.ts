import type { LogLine } from "../../../../electron/contract/index.ts";

/** Rows that were pulled; a row never changes, so that each is asked for once. Bounded by what is near the view. */
export interface RowCache {
  get(row: number): LogLine | undefined;
  put(lines: readonly LogLine[]): void;
  /** Forgets what is far from `centre` once there is too much. */
  trim(centre: number): void;
  size(): number;
}

export function createRowCache(limit = 6000): RowCache {
  const lines = new Map<number, LogLine>();
  return {
    get: (row) => lines.get(row),
    put(more) {
      for (const line of more) lines.set(line.row, line);
    },
    trim(centre) {
      if (lines.size <= limit) return;
      const reach = limit / 4;
      for (const row of lines.keys()) if (Math.abs(row - centre) > reach) lines.delete(row);
    },
    size: () => lines.size,
  };
}

export type Range = { from: number; count: number };

/** The first run of rows in `[from, to)` that is not there, no longer than a call may be; null when all are. */
export function missingIn(cache: Pick<RowCache, "get">, from: number, to: number, longest = 1000): Range | null {
  let start = from;
  while (start < to && cache.get(start) !== undefined) start += 1;
  if (start >= to) return null;
  let end = Math.min(to, start + longest);
  while (end > start + 1 && cache.get(end - 1) !== undefined) end -= 1;
  return { from: start, count: end - start };
}
