import type { Block, LogBuffer, Summary } from "../buffer/index.ts";
import { lineDigest } from "./digest.ts";
import type { RowIndex } from "./rowIndex.ts";
import { holds } from "./search.ts";
import type { Slices } from "./slices.ts";

/** What numbers rows: an index, or the lines themselves. */
export interface Numbers {
  readonly first: number;
  readonly next: number;
  /** Line index of a row; -1 when it isn't there. */
  at(row: number): number;
  /** The first row at or behind a line. */
  from(index: number): number;
}

export function numbersOf(buffer: LogBuffer, index: RowIndex | null): Numbers {
  if (index !== null) return index.rows;
  return {
    get first() {
      return buffer.first;
    },
    get next() {
      return buffer.next;
    },
    at: (row) => (row >= buffer.first && row < buffer.next ? row : -1),
    from: (line) => Math.min(buffer.next, Math.max(buffer.first, line)),
  };
}

export interface Located {
  row: number;
  index: number;
  exact: boolean;
}

/** The row at a line, or the nearest; the earlier one of two as near. */
export function atIndex(rows: Numbers, wanted: number): Located | null {
  if (rows.first === rows.next) return null;
  const after = rows.from(wanted);
  const before = after - 1;
  const near =
    before < rows.first || (after < rows.next && rows.at(after) - wanted < wanted - rows.at(before)) ? after : before;
  const row = after < rows.next && rows.at(after) === wanted ? after : near;
  const index = rows.at(row);
  return { row, index, exact: index === wanted };
}

/**
 * The row whose time is nearest. Times are not in order where a clock jumps or sources are merged, so all blocks are in
 * question; those that can't hold a nearer one are not read.
 */
export async function atTime(
  buffer: LogBuffer,
  rows: Numbers,
  target: { at: number; digest?: string | undefined },
  slices: Slices,
): Promise<Located | null> {
  let best: { distance: number; index: number; same: boolean } | null = null;
  for (const { summary, distance } of byDistance(buffer.blocks.summaries(), target.at)) {
    if (best !== null && (best.same || distance > best.distance)) break;
    if (rows.from(summary.first) === rows.from(summary.first + summary.count)) continue;
    const there = buffer.blocks.at(summary.first);
    const block = there instanceof Promise ? await there : there;
    if (block !== null && holds(block, summary.first)) best = nearestIn(block, rows, target, best);
    const turn = slices.rest();
    if (turn !== null) await turn;
  }
  // No row has a time: the newest will do.
  if (best === null) return atIndex(rows, rows.at(rows.next - 1)) && { ...last(rows), exact: false };
  const row = rows.from(best.index);
  const exact = target.digest === undefined ? best.distance === 0 : best.same;
  return rows.at(row) === best.index ? { row, index: best.index, exact } : atIndex(rows, best.index);
}

function last(rows: Numbers): { row: number; index: number } {
  return { row: rows.next - 1, index: rows.at(rows.next - 1) };
}

function byDistance(summaries: readonly Summary[], at: number): { summary: Summary; distance: number }[] {
  return summaries
    .filter(({ from, to }) => from <= to)
    .map((summary) => ({ summary, distance: Math.max(0, Math.floor(summary.from) - at, at - Math.floor(summary.to)) }))
    .sort((a, b) => a.distance - b.distance || a.summary.first - b.summary.first);
}

type Best = { distance: number; index: number; same: boolean } | null;

/** Times are told to the millisecond. */
function nearestIn(block: Block, rows: Numbers, target: { at: number; digest?: string | undefined }, best: Best): Best {
  let nearest = best;
  const end = block.first + block.count;
  for (let row = rows.from(block.first); row < rows.next; row++) {
    const index = rows.at(row);
    if (index >= end) break;
    const at = index - block.first;
    const distance = Math.abs(Math.floor(block.times[at] as number) - target.at);
    if (Number.isNaN(distance)) continue;
    const same = distance === 0 && target.digest !== undefined && lineDigest(block.line(at)) === target.digest;
    if (same) return { distance, index, same };
    const nearer = nearest === null || distance < nearest.distance;
    // Of two as near the earlier one, in whichever order the blocks are read.
    if (nearer || (distance === nearest?.distance && index < nearest.index)) nearest = { distance, index, same };
  }
  return nearest;
}
