import { setImmediate } from "node:timers/promises";
import type { LogFilter, LogLine } from "../../../contract/logs.ts";
import { Failure } from "../../failure.ts";
import type { Held, LogBuffer } from "../buffer/index.ts";
import { compileFilter } from "./compile.ts";
import { lineDigest } from "./digest.ts";
import type { CompiledFilter, Rows, RowsOptions, RowTarget } from "./types.ts";

const STEP = 2_000;

interface Index {
  filter: CompiledFilter;
  fold: boolean;
  /** Indices of the rows' lines. */
  found: number[];
  /** Row number of the first of `found`. */
  first: number;
  searchedTo: number;
}

export function createRows(buffer: LogBuffer, options: RowsOptions): Rows {
  const kept = new Map<string, Index>();

  function indexOf(filter: LogFilter = {}): Index {
    const compiled = compileFilter(filter, options);
    const fresh = { filter: compiled, fold: filter.fold === true, found: [], first: 0, searchedTo: 0 };
    const index = kept.get(compiled.key) ?? fresh;
    kept.set(compiled.key, index);
    let gone = 0;
    while (gone < index.found.length && (index.found[gone] as number) < buffer.first) gone++;
    index.found.splice(0, gone);
    index.first += gone;
    return index;
  }

  async function advance(filter: LogFilter | undefined, signal?: AbortSignal): Promise<Index> {
    const index = indexOf(filter);
    while (index.searchedTo < buffer.next) {
      const from = Math.max(index.searchedTo, buffer.first);
      const lines = await buffer.lines(from, STEP);
      if (index.searchedTo > from) continue;
      for (const line of lines) {
        if (index.fold && line.part) continue;
        if (index.filter.fits(line)) index.found.push(line.index);
      }
      index.searchedTo = from + lines.length;
      await setImmediate();
      if (signal?.aborted) throw new Failure("CANCELLED");
    }
    return indexOf(filter);
  }

  async function shown(held: Held, row: number, fold: boolean): Promise<LogLine> {
    return { ...held, row, folded: fold ? (await partsOf(held.index, 10_000)).length : 0 };
  }

  async function partsOf(index: number, limit: number): Promise<Held[]> {
    const parts: Held[] = [];
    for (let at = index + 1; parts.length < limit; at++) {
      const line = await buffer.line(at);
      if (line === null || !line.part) break;
      parts.push(line);
    }
    return parts;
  }

  const headOf = (index: Index) => ({
    first: index.first,
    next: index.first + index.found.length,
    searchedTo: index.searchedTo,
  });

  async function lineAt(index: Index, at: number): Promise<LogLine | null> {
    const held = await buffer.line(index.found[at] ?? -1);
    return held === null ? null : shown(held, index.first + at, index.fold);
  }

  async function nearest(index: Index, wanted: number) {
    let at = index.found.findIndex((found) => found >= wanted);
    if (at < 0) at = index.found.length - 1;
    const found = index.found[at];
    return found === undefined ? null : { row: index.first + at, index: found, exact: found === wanted };
  }

  async function byTime(index: Index, target: RowTarget & { by: "time" }) {
    const lines = await buffer.lines(buffer.first, buffer.next - buffer.first);
    const same = lines.find((line) => line.at === target.at && lineDigest(line) === target.digest);
    const line = same ?? lines.find((other) => other.at !== null && other.at >= target.at) ?? lines.at(-1);
    return line === undefined ? null : nearest(index, line.index);
  }

  return {
    head(filter) {
      if (filter !== undefined && !compileFilter(filter, options).all) return headOf(indexOf(filter));
      return { first: buffer.first, next: buffer.next, searchedTo: buffer.next };
    },
    async advance(filter, signal) {
      await advance(filter, signal);
    },
    async window(filter, from, count) {
      const index = await advance(filter);
      const lines: LogLine[] = [];
      const start = Math.max(0, from - index.first);
      for (let at = start; at < Math.min(index.found.length, start + count); at++) {
        const line = await lineAt(index, at);
        if (line !== null) lines.push(line);
      }
      const { first, next } = headOf(index);
      return { first, next, lines };
    },
    async locate(filter, target, signal) {
      const index = await advance(filter, signal);
      if (target.by === "index") return nearest(index, target.index);
      if (target.by === "time") return byTime(index, target);
      const find = compileFilter(target.find, options);
      const step = target.backwards ? -1 : 1;
      for (let at = target.row - index.first + step; at >= 0 && at < index.found.length; at += step) {
        const line = await lineAt(index, at);
        if (line !== null && find.fits(line)) return { row: line.row, index: line.index, exact: true };
      }
      return null;
    },
    async density() {
      return null;
    },
    async line(index) {
      const held = await buffer.line(index);
      return held === null ? null : shown(held, index, false);
    },
    parts: async (index, limit) =>
      (await partsOf(index, limit)).map((line) => ({ ...line, row: line.index, folded: 0 })),
    async find(filter, limit, signal) {
      const index = await advance(filter, signal);
      const lines: LogLine[] = [];
      for (let at = 0; at < Math.min(limit, index.found.length); at++) {
        const line = await lineAt(index, at);
        if (line !== null) lines.push({ ...line, row: line.index });
      }
      return lines;
    },
  };
}
