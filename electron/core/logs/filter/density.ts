import { type Block, kinds, type LogBuffer, levelBit, type Summary } from "../buffer/index.ts";
import type { RowIndex } from "./rowIndex.ts";
import { holds } from "./search.ts";
import type { Slices } from "./slices.ts";
import type { Density, DensityRange } from "./types.ts";

/** Buckets begin at whole milliseconds. */
interface Grid {
  from: number;
  to: number;
  stepMs: number;
  buckets: Density["buckets"];
}

/** What is known of blocks as a whole is enough for most of them; the others are read. Null while no line has a time. */
export async function densityOf(
  buffer: LogBuffer,
  index: RowIndex | null,
  range: DensityRange,
  slices: Slices,
): Promise<Density | null> {
  const summaries = buffer.blocks.summaries().map((summary) => ({ ...summary, levels: { ...summary.levels } }));
  const grid = gridOf(summaries, range);
  if (grid === null) return null;
  for (const summary of summaries) {
    if (!(summary.from <= grid.to && summary.to >= grid.from)) continue;
    const only = bucketOf(grid, summary.from);
    if (only !== null && only === bucketOf(grid, summary.to) && summary.untimed === 0) {
      addWhole(only, summary, index);
      continue;
    }
    const there = buffer.blocks.at(summary.first);
    const block = there instanceof Promise ? await there : there;
    if (block === null || !holds(block, summary.first)) continue;
    addLines(grid, block, Math.min(summary.count, block.count), index);
    const turn = slices.rest();
    if (turn !== null) await turn;
  }
  return grid;
}

function gridOf(summaries: readonly Summary[], range: DensityRange): Grid | null {
  const ends = summaries.reduce((all, { from, to }) => ({ from: Math.min(all.from, from), to: Math.max(all.to, to) }), {
    from: Number.POSITIVE_INFINITY,
    to: Number.NEGATIVE_INFINITY,
  });
  if (ends.from > ends.to) return null;
  const from = Math.max(0, Math.floor(range.from ?? ends.from));
  const to = Math.max(from, Math.floor(range.to ?? ends.to));
  const stepMs = Math.ceil((to - from + 1) / range.buckets);
  const count = Math.ceil((to - from + 1) / stepMs);
  const buckets = Array.from({ length: count }, (_, i) => ({
    at: from + i * stepMs,
    lines: 0,
    warn: 0,
    error: 0,
    rows: 0,
  }));
  return { from, to, stepMs, buckets };
}

/** Null outside of the range. The last millisecond is in it as a whole. */
function bucketOf({ from, to, stepMs, buckets }: Grid, time: number): Density["buckets"][number] | null {
  if (!(time >= from && time < to + 1)) return null;
  return buckets[Math.floor((time - from) / stepMs)] ?? null;
}

function addWhole(bucket: Density["buckets"][number], { first, count, levels }: Summary, index: RowIndex | null): void {
  bucket.lines += count;
  bucket.warn += levels.warn;
  bucket.error += levels.error;
  bucket.rows += index === null ? count : index.rows.from(first + count) - index.rows.from(first);
}

const warn = Math.log2(levelBit("warn"));
const error = Math.log2(levelBit("error"));

function addLines(grid: Grid, block: Block, count: number, index: RowIndex | null): void {
  let row = index?.rows.from(block.first) ?? 0;
  let next = index?.rows.at(row) ?? -1;
  for (let at = 0; at < count; at++) {
    const isRow = index === null || next === block.first + at;
    if (isRow && index !== null) next = index.rows.at(++row);
    const bucket = bucketOf(grid, block.times[at] as number);
    if (bucket === null) continue;
    const level = kinds.level(block.kinds[at] as number);
    bucket.lines++;
    if (level === warn) bucket.warn++;
    else if (level === error) bucket.error++;
    if (isRow) bucket.rows++;
  }
}
