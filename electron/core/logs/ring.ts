import type { LogLevel, LogLine } from "../../contract/logs.ts";

export interface RingOptions {
  /** Lines held at most. */
  maxLines: number;
  /** Characters of text held at most, with a share for each line. */
  maxBytes: number;
}

export interface NewLine extends Pick<LogLine, "at" | "stream" | "level" | "text" | "source" | "part"> {}
export interface Held extends NewLine {
  index: number;
}

/** A bounded log. Indices are absolute: the first line ever is 0, and none is used again. */
export interface LogBuffer {
  append(line: NewLine): void;
  readonly first: number;
  /** One past the newest. */
  readonly next: number;
  readonly bytes: number;
  /** `count` lines from `from` on, or from the oldest that is held; fewer when their text is long. */
  window(range: { from: number; count: number }): { first: number; next: number; lines: Held[] };
}

const CHUNK = 512;
/** What a line costs beside its characters. */
const LINE_COST = 48;
const MAX_WINDOW_CHARS = 4 * 1024 * 1024;

const levels: readonly (LogLevel | null)[] = [null, "debug", "info", "warn", "error"];
const streams = ["stdout", "stderr", "note"] as const;

interface Chunk {
  texts: string[];
  /** NaN where the engine gave no time. */
  times: Float64Array;
  /** Level in the low bits, stream above, then the source, and whether it is a part. */
  kinds: Uint16Array;
}

export function createLogBuffer({ maxLines, maxBytes }: RingOptions): LogBuffer {
  let chunks: Chunk[] = [];
  /** Index of the first line of the first chunk. */
  let base = 0;
  let first = 0;
  let next = 0;
  let bytes = 0;

  const chunkOf = (index: number): Chunk => chunks[Math.floor((index - base) / CHUNK)] as Chunk;

  function dropOldest(): void {
    const chunk = chunkOf(first);
    const at = (first - base) % CHUNK;
    bytes -= (chunk.texts[at] as string).length + LINE_COST;
    chunk.texts[at] = "";
    first++;
    if (first - base >= CHUNK * 64) release();
  }

  /** Chunks are let go in groups, since taking from the front of a list copies the list. */
  function release(): void {
    const gone = Math.floor((first - base) / CHUNK);
    chunks = chunks.slice(gone);
    base += gone * CHUNK;
  }

  function lineAt(index: number): Held {
    const chunk = chunkOf(index);
    const at = (index - base) % CHUNK;
    const kind = chunk.kinds[at] as number;
    const time = chunk.times[at] as number;
    return {
      index,
      at: Number.isNaN(time) ? null : time,
      stream: streams[(kind >>> 3) & 3] ?? "stdout",
      level: levels[kind & 7] ?? null,
      text: chunk.texts[at] as string,
      source: (kind >>> 5) & 31,
      part: kind >>> 10 === 1,
    };
  }

  return {
    append(line) {
      const at = (next - base) % CHUNK;
      if (at === 0 && (next - base) / CHUNK >= chunks.length) {
        chunks.push({ texts: [], times: new Float64Array(CHUNK), kinds: new Uint16Array(CHUNK) });
      }
      const chunk = chunkOf(next);
      chunk.texts[at] = line.text;
      chunk.times[at] = line.at ?? Number.NaN;
      chunk.kinds[at] =
        levels.indexOf(line.level) |
        (streams.indexOf(line.stream) << 3) |
        (line.source << 5) |
        (line.part ? 1 << 10 : 0);
      next++;
      bytes += line.text.length + LINE_COST;
      while (next - first > maxLines || (bytes > maxBytes && next - first > 1)) dropOldest();
    },
    get first() {
      return first;
    },
    get next() {
      return next;
    },
    get bytes() {
      return bytes;
    },
    window({ from, count }) {
      const start = Math.min(next, Math.max(first, from));
      const end = Math.min(next, start + count);
      const lines: Held[] = [];
      let chars = 0;
      for (let index = start; index < end && chars < MAX_WINDOW_CHARS; index++) {
        const line = lineAt(index);
        chars += line.text.length;
        lines.push(line);
      }
      return { first, next, lines };
    },
  };
}
