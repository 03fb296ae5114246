import type { LogFilter } from "../../../contract/logs.ts";
import type { Block, LogBuffer } from "../buffer/index.ts";
import { bothFilters, compileFilter, keyOf } from "./compile.ts";
import { RowIndex } from "./rowIndex.ts";
import { createSlices, type Slices } from "./slices.ts";
import type { CompiledFilter, RowsOptions } from "./types.ts";

/** Filters whose rows are kept, so that the next question looks at new lines only. */
const KEPT = 16;
/** A step that takes longer than a part of a slice is made smaller. */
const LONG_MS = 2;
const MAX_STEP = 4_096;

/** The indices of one log. */
export interface Search {
  /** Null for a filter that leaves every line. */
  of(filter: LogFilter | undefined): RowIndex | null;
  /** Of lines that fit both. */
  both(filter: LogFilter | undefined, find: LogFilter): RowIndex;
  /** Looks on until `enough`, or up to where the log ends now. */
  advance(index: RowIndex, signal: AbortSignal | undefined, enough?: () => boolean): Promise<void>;
}

export function createSearch(buffer: LogBuffer, options: RowsOptions): Search {
  const kept = new Map<string, RowIndex>();

  function indexFor(key: string, compile: () => CompiledFilter): RowIndex {
    const index = kept.get(key) ?? new RowIndex(compile());
    kept.delete(key);
    kept.set(key, index);
    if (kept.size > KEPT) kept.delete(kept.keys().next().value ?? "");
    index.dropBefore(buffer.first);
    return index;
  }

  async function advance(index: RowIndex, signal: AbortSignal | undefined, enough = () => false): Promise<void> {
    const slices = createSlices(options.clock, signal);
    const end = buffer.next;
    const barren = barrenRuns(buffer, index);
    for (;;) {
      index.dropBefore(buffer.first);
      if (index.searchedTo >= end || enough()) return;
      const beyond = barren.get(index.searchedTo);
      if (beyond !== undefined) {
        index.searchedTo = beyond;
        continue;
      }
      const there = buffer.blocks.at(index.searchedTo);
      if (there === null) return;
      const block = there instanceof Promise ? await there : there;
      // Somebody else may have gone on meanwhile, or the block may be gone.
      if (block === null || !holds(block, index.searchedTo) || index.searchedTo < buffer.first) continue;
      if (!barren.has(block.first + block.count)) readAhead(buffer, block);
      step(index, block, slices);
      const turn = slices.rest();
      if (turn !== null) await turn;
    }
  }

  return {
    of(filter) {
      if (filter === undefined) return null;
      const index = indexFor(keyOf(filter), () => compileFilter(filter, options));
      return index.filter.conditions.length === 0 && !index.filter.fold ? null : index;
    },
    both(filter = {}, find) {
      return indexFor(`${keyOf(filter)} ${keyOf(find)}`, () => bothFilters(filter, find, options));
    },
    advance,
  };
}

/**
 * Where blocks begin that hold no line of a level that is asked for, and where such a run ends: they are not read. The
 * newest block still grows, and is looked at.
 */
function barrenRuns(buffer: LogBuffer, { filter: { levels }, searchedTo }: RowIndex): ReadonlyMap<number, number> {
  const runs = new Map<number, number>();
  if (levels === null || searchedTo >= buffer.next) return runs;
  let beyond: number | null = null;
  for (const { first, count, levels: held } of buffer.blocks.summaries().slice(0, -1).reverse()) {
    if (first + count <= searchedTo) break;
    if (levels.some((level) => held[level] > 0)) beyond = null;
    else {
      beyond ??= first + count;
      runs.set(first, beyond);
    }
  }
  return runs;
}

function step(index: RowIndex, block: Block, slices: Slices): void {
  const before = slices.used();
  index.take(block, index.step);
  const ms = slices.used() - before;
  if (ms > LONG_MS) index.step = Math.max(1, Math.floor(index.step / 2));
  else index.step = Math.min(MAX_STEP, index.step * 2);
}

export function holds(block: Block, index: number): boolean {
  return index >= block.first && index < block.first + block.count;
}

/** The disk works on the next block while this one is looked at. */
export function readAhead(buffer: LogBuffer, block: Block): void {
  const next = buffer.blocks.at(block.first + block.count);
  // What fails is told to who asks for it.
  if (next instanceof Promise) next.catch(() => undefined);
}
