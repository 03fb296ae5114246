import type { LogLine } from "../../../electron/contract/index.ts";

/** Lines that were pulled; a line never changes, so that one is asked for once. Bounded by what is near the view. */
export interface LineCache {
  get(index: number): LogLine | undefined;
  put(lines: readonly LogLine[]): void;
  /** Forgets what is far from `centre` once there is too much. */
  trim(centre: number): void;
  size(): number;
}

export function createLineCache(limit = 6000): LineCache {
  const lines = new Map<number, LogLine>();
  return {
    get: (index) => lines.get(index),
    put(more) {
      for (const line of more) lines.set(line.row, line);
    },
    trim(centre) {
      if (lines.size <= limit) return;
      const reach = limit / 4;
      for (const index of lines.keys()) if (Math.abs(index - centre) > reach) lines.delete(index);
    },
    size: () => lines.size,
  };
}

export type Range = { from: number; count: number };

/** Ranges that cover the wanted indices (ascending); near ones are fetched together, none is longer than a call may be. */
export function rangesOf(indices: readonly number[], gap = 100, longest = 1000): Range[] {
  const ranges: Range[] = [];
  for (const index of indices) {
    const last = ranges.at(-1);
    const end = last ? last.from + last.count : 0;
    if (last && index - end <= gap && index - last.from < longest) last.count = index - last.from + 1;
    else ranges.push({ from: index, count: 1 });
  }
  return ranges;
}
