import { Failure } from "../../failure.ts";
import type { Block, Held, LogBuffer, LogBufferOptions } from "./types.ts";

const MAX_WINDOW_CHARS = 4 * 1024 * 1024;
const LINE_COST = 16;

export function createLogBuffer({ maxLines, maxBytes }: LogBufferOptions): LogBuffer {
  let lines: Held[] = [];
  let first = 0;
  let next = 0;
  let bytes = 0;
  let missed = 0;
  const levels = { none: 0, debug: 0, info: 0, warn: 0, error: 0 };

  function drop(): void {
    const gone = lines[0];
    if (gone === undefined) return;
    lines = lines.slice(1);
    first++;
    bytes -= gone.text.length + LINE_COST;
    levels[gone.level ?? "none"]--;
  }

  const block = (): Block => ({
    first,
    count: lines.length,
    time: (at) => lines[at]?.at ?? Number.NaN,
    text: (at) => lines[at]?.text ?? "",
    line: (at) => ({ ...(lines[at] as Held) }),
  });

  return {
    append(line) {
      lines.push({ ...line, index: next++ });
      bytes += line.text.length + LINE_COST;
      levels[line.level ?? "none"]++;
      while (lines.length > maxLines || (bytes > maxBytes && lines.length > 1)) drop();
    },
    skip(count) {
      missed += count;
    },
    get first() {
      return first;
    },
    get next() {
      return next;
    },
    get skipped() {
      return first + missed;
    },
    get memoryBytes() {
      return bytes;
    },
    diskBytes: 0,
    pinned: false,
    problem: null,
    get levels() {
      return { ...levels };
    },
    async lines(from, count) {
      const start = Math.max(0, from - first);
      const found: Held[] = [];
      let chars = 0;
      for (const line of lines.slice(start, start + count)) {
        if (chars >= MAX_WINDOW_CHARS) break;
        chars += line.text.length;
        found.push(line);
      }
      return found;
    },
    line: async (index) => lines[index - first] ?? null,
    async pin() {
      throw new Failure("STORE_UNWRITABLE", { reason: "there is no folder for it" });
    },
    async unpin() {},
    async dispose() {
      lines = [];
    },
    blocks: { at: (index) => (index >= first && index < next ? block() : null) },
  };
}
