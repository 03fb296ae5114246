import type { LogFilter, LogLine } from "../../../contract/logs.ts";
import { type Block, type Held, kinds, type LogBuffer } from "../buffer/index.ts";
import { densityOf } from "./density.ts";
import { atIndex, atTime, type Numbers, numbersOf } from "./locate.ts";
import type { RowIndex } from "./rowIndex.ts";
import { createSearch } from "./search.ts";
import { createSlices } from "./slices.ts";
import type { Rows, RowsOptions, RowTarget } from "./types.ts";

const MAX_WINDOW_CHARS = 4 * 1024 * 1024;
/** Lines folded into one that are counted. */
const MAX_FOLDED = 10_000;

export function createRows(buffer: LogBuffer, options: RowsOptions): Rows {
  const search = createSearch(buffer, options);
  const numbers = (index: RowIndex | null) => numbersOf(buffer, index);

  /** Rows `from` to `to` as far as they are held, until they are too much text. */
  async function linesOf(index: RowIndex | null, from: number, to: number): Promise<LogLine[]> {
    const rows = numbers(index);
    const lines: LogLine[] = [];
    let chars = 0;
    for (let row = Math.max(from, rows.first); row < to && row < rows.next && chars < MAX_WINDOW_CHARS; row++) {
      const held = await heldAt(buffer, rows.at(row));
      if (held === null) continue;
      chars += held.text.length;
      lines.push(shown(held, row, index?.filter.fold === true ? await countParts(held.index) : 0));
    }
    return lines;
  }

  async function countParts(index: number): Promise<number> {
    let count = 0;
    await eachPart(buffer, index, () => ++count < MAX_FOLDED);
    return count;
  }

  /** Of a line that is folded away, the line that shows it. */
  async function headOf(index: number): Promise<number> {
    for (let at = index; at >= buffer.first; at--) {
      const [line, above] = [await heldAt(buffer, at), await heldAt(buffer, at - 1)];
      if (line === null || above === null || !goesOn(line, above) || index - at > MAX_FOLDED) return at;
    }
    return index;
  }

  type Find = RowTarget & { by: "find" };
  async function next(filter: LogFilter | undefined, rows: Numbers, target: Find, signal?: AbortSignal) {
    const found = search.both(filter, target.find);
    const line = target.row < rows.first ? rows.first - 1 : rows.at(Math.min(target.row, rows.next - 1));
    await search.advance(found, signal, () => !target.backwards && found.rows.from(line + 1) < found.rows.next);
    const place = target.backwards ? found.rows.from(line) - 1 : found.rows.from(line + 1);
    const index = found.rows.at(place);
    return index < 0 ? null : atIndex(rows, index);
  }
  async function searched(filter: LogFilter | undefined, signal?: AbortSignal): Promise<RowIndex | null> {
    const index = search.of(filter);
    if (index !== null) await search.advance(index, signal);
    return index;
  }

  return {
    head(filter) {
      const index = search.of(filter);
      const { first, next } = numbers(index);
      return { first, next, searchedTo: index?.searchedTo ?? buffer.next };
    },
    async advance(filter, signal) {
      await searched(filter, signal);
    },
    async window(filter, from, count, signal) {
      const index = search.of(filter);
      const rows = numbers(index);
      const to = () => Math.max(from, rows.first) + count;
      if (index !== null) await search.advance(index, signal, () => rows.next >= to());
      const lines = await linesOf(index, from, to());
      return { first: rows.first, next: rows.next, lines };
    },
    async locate(filter, target, signal) {
      const index = await searched(filter, signal);
      const rows = numbers(index);
      if (target.by === "find") return next(filter, rows, target, signal);
      if (target.by === "time") return atTime(buffer, rows, target, createSlices(options.clock, signal));
      return atIndex(rows, index?.filter.fold === true ? await headOf(target.index) : target.index);
    },
    async density(filter, range, signal) {
      const index = await searched(filter, signal);
      return densityOf(buffer, index, range, createSlices(options.clock, signal));
    },
    async line(index) {
      const held = await heldAt(buffer, index);
      return held === null ? null : shown(held, index, 0);
    },
    async parts(index, limit) {
      const parts: LogLine[] = [];
      if (limit > 0)
        await eachPart(buffer, index, (block, at) => parts.push(shown(block.line(at), block.first + at, 0)) < limit);
      return parts;
    },
    async find(filter, limit, signal) {
      const index = search.of(filter);
      if (index === null) return linesOf(null, buffer.first, buffer.first + limit);
      const { rows } = index;
      await search.advance(index, signal, () => rows.next - rows.first >= limit);
      const lines = await linesOf(index, rows.first, rows.first + limit);
      return lines.map((line) => ({ ...line, row: line.index, folded: 0 }));
    },
  };
}

async function heldAt(buffer: LogBuffer, index: number): Promise<Held | null> {
  const there = buffer.blocks.at(index);
  const block = there instanceof Promise ? await there : there;
  return block?.line(index - block.first) ?? null;
}

/** Calls `use` with each line that belongs to the one at `index`, while it says true. */
async function eachPart(buffer: LogBuffer, index: number, use: (block: Block, at: number) => boolean): Promise<void> {
  let origin: number | null = null;
  for (let line = index; ; ) {
    const there = buffer.blocks.at(line);
    const block: Block | null = there instanceof Promise ? await there : there;
    if (block === null) return;
    for (let at = line - block.first; at < block.count; at++, line++) {
      if (origin === null) origin = kinds.origin(block.kinds[at] as number);
      else if (!block.follows(at, origin) || !use(block, at)) return;
    }
  }
}

function goesOn(line: Held, above: Held): boolean {
  return line.part && line.source === above.source && line.stream === above.stream;
}

/** As the contract has it: times are whole milliseconds since the epoch. */
function shown({ index, source, at, stream, level, text, part }: Held, row: number, folded: number): LogLine {
  // Field by field: a copy by `...` takes as long as all else that a window does.
  const time = at === null ? null : Math.max(0, Math.floor(at));
  return { index, row, source, at: time, stream, level, text, folded, part };
}
