import type { LogHead, LogLine } from "../../electron/contract/index.ts";
import { unpackLines } from "../../electron/contract/logColumns.ts";
import type { Client } from "../../renderer/client/index.ts";

/** A line that is its own row. */
export function logLineOf(row: number, change: Partial<LogLine> = {}): LogLine {
  return {
    ...{ index: row, row, source: 0, at: 1_767_225_600_000 + row, stream: "stdout", level: null },
    ...{ text: `line ${row}`, folded: 0, part: false, ...change },
  };
}

/** A head whose rows are all its lines. */
export function logHeadOf(next: number, first = 0, change: Partial<LogHead> = {}): LogHead {
  return {
    ...{ first, next, skipped: first, state: "live", problem: null, sources: [] },
    rows: { first, next, searchedTo: next },
    levels: { none: next, debug: 0, info: 0, warn: 0, error: 0 },
    held: { memory: 0, disk: 0, pinned: false },
    ...{ marks: [], masked: [], detected: [], unchecked: 0, ...change },
  };
}

/** Rows of a log as a client gets them. */
export async function windowOf(client: Pick<Client, "logs">, asked: Parameters<Client["logs"]["window"]>[0]) {
  const { lines, ...range } = await client.logs.window(asked);
  return { ...range, lines: unpackLines(lines) };
}
