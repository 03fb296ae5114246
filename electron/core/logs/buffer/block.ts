import type { LogLine } from "../../../contract/logs.ts";
import type { Block, Held, LevelCounts, NewLine, PlainLines, Summary } from "./types.ts";

const levels: readonly LogLine["level"][] = [null, "debug", "info", "warn", "error"];
const streams: readonly LogLine["stream"][] = ["stdout", "stderr", "note"];

/** The bits of a line's kind: level, stream, source, part, and whether its text is more than ASCII. */
const STREAM_SHIFT = 3;
const SOURCE_SHIFT = 5;
const PART = 1 << 10;
const WIDE = 1 << 11;
const LINE_FEED = 0x0a;

/** What is known of a line beside its text and time, as one number. */
export function kindOf(level: LogLine["level"], stream: LogLine["stream"], source: number, part: boolean): number {
  return (
    Math.max(0, levels.indexOf(level)) |
    (Math.max(0, streams.indexOf(stream)) << STREAM_SHIFT) |
    ((source & 31) << SOURCE_SHIFT) |
    (part ? PART : 0)
  );
}

/** Bit of a level in a set of them, as `kinds` has it; `null` being bit 0. */
export function levelBit(level: LogLine["level"]): number {
  return 1 << levels.indexOf(level);
}

export const kinds = {
  level: (kind: number): number => kind & 7,
  source: (kind: number): number => (kind >>> SOURCE_SHIFT) & 31,
  /** Source and stream as one number. */
  origin: (kind: number): number => (kind >>> STREAM_SHIFT) & 127,
  part: (kind: number): boolean => (kind & PART) !== 0,
  wide: (kind: number): boolean => (kind & WIDE) !== 0,
};

/** Text is UTF-8, each line ended by a line feed; all arrays are as long as the block may become, `count` tells how far. */
export class TextBlock implements Block {
  readonly first: number;
  count: number;
  times: Float64Array;
  starts: Uint32Array;
  kinds: Uint16Array;
  bytes: Buffer;
  /** Lines that are more than ASCII. */
  wide = 0;

  constructor(first: number, count: number, parts: Pick<TextBlock, "times" | "starts" | "kinds" | "bytes">) {
    this.first = first;
    this.count = count;
    this.times = parts.times;
    this.starts = parts.starts;
    this.kinds = parts.kinds;
    this.bytes = parts.bytes;
    for (let at = 0; at < count; at++) if (((parts.kinds[at] as number) & WIDE) !== 0) this.wide++;
  }

  /** Bytes of text, line feeds included. */
  get size(): number {
    return this.starts[this.count] as number;
  }

  time(at: number): number {
    return this.times[at] as number;
  }

  text(at: number): string {
    const from = this.starts[at] as number;
    const to = (this.starts[at + 1] as number) - 1;
    return this.bytes.toString(((this.kinds[at] as number) & WIDE) === 0 ? "latin1" : "utf8", from, to);
  }

  line(at: number): Held {
    const kind = this.kinds[at] as number;
    const time = this.times[at] as number;
    return {
      index: this.first + at,
      at: Number.isNaN(time) ? null : time,
      stream: streams[(kind >>> STREAM_SHIFT) & 3] ?? "stdout",
      level: levels[kind & 7] ?? null,
      text: this.text(at),
      source: kinds.source(kind),
      part: (kind & PART) !== 0,
    };
  }

  /** True for a line that goes on with the one above it in this block, whose origin is `origin`. */
  follows(at: number, origin: number): boolean {
    const kind = this.kinds[at] as number;
    return (kind & PART) !== 0 && kinds.origin(kind) === origin;
  }
}

const FIRST_LINES = 128;
const FIRST_BYTES = 16 * 1024;
export const BLOCK_BYTES = 256 * 1024;
export const BLOCK_LINES = 4096;

/** The newest block, still growing. Its arrays are used again for the next one: look at it only within one turn. */
export class OpenBlock {
  #block: TextBlock;
  #end = 0;
  /** Lines of each level, in the order of `levels`. */
  readonly #counts = new Uint32Array(levels.length);
  #from = Number.POSITIVE_INFINITY;
  #to = Number.NEGATIVE_INFINITY;
  #untimed = 0;
  readonly #maxLines: number;

  constructor(first: number, maxLines: number) {
    this.#maxLines = Math.max(1, Math.min(BLOCK_LINES, maxLines));
    this.#block = new TextBlock(first, 0, emptyArrays());
  }

  get block(): TextBlock {
    return this.#block;
  }

  get summary(): Summary {
    const { first, count } = this.#block;
    const [none = 0, debug = 0, info = 0, warn = 0, error = 0] = this.#counts;
    const counts = { none, debug, info, warn, error };
    return { first, count, from: this.#from, to: this.#to, levels: counts, untimed: this.#untimed };
  }

  /** Bytes of memory that its lines take once they are sealed. */
  get bytes(): number {
    return recordBytes(this.#block.count, this.#end);
  }

  /** False when the line must go into another block. */
  push(line: NewLine): boolean {
    const block = this.#block;
    const most = line.text.length * 3 + 1;
    if (block.count > 0 && (block.count >= this.#maxLines || this.#end + most > BLOCK_BYTES)) return false;
    this.#make(1, most);
    const at = block.count;
    const written = block.bytes.write(line.text, this.#end, "utf8");
    const wide = written !== line.text.length;
    if (wide) block.wide++;
    this.#end += written;
    block.bytes[this.#end++] = LINE_FEED;
    block.starts[at + 1] = this.#end;
    this.#note(kindOf(line.level, line.stream, line.source, line.part) | (wide ? WIDE : 0), line.at ?? Number.NaN);
    return true;
  }

  /** As many of the lines from `from` to `to` as have room, copied at once. Their number; 0 when they must go into another block. */
  pushPlain(lines: PlainLines, lineKinds: Uint16Array, from: number, to: number): number {
    const block = this.#block;
    const { starts, ends, ats } = lines;
    const begin = starts[from] as number;
    const most = Math.min(to, from + this.#maxLines - block.count);
    const space = begin + BLOCK_BYTES - this.#end;
    let last = from;
    while (last < most && (ends[last] as number) < space) last++;
    // One that no block has room for gets one of its own.
    if (last === from && block.count === 0) last++;
    if (last === from) return 0;
    const size = (ends[last - 1] as number) + 1 - begin;
    this.#make(last - from, size);
    block.bytes.set((lines.bodies[from] as Buffer).subarray(begin, begin + size), this.#end);
    const shift = this.#end - begin;
    for (let i = from; i < last; i++) {
      block.starts[block.count + 1] = (ends[i] as number) + 1 + shift;
      this.#note(lineKinds[i] as number, ats[i] as number);
    }
    this.#end += size;
    return last - from;
  }

  /** Of the line whose text is there. */
  #note(kind: number, time: number): void {
    const block = this.#block;
    block.kinds[block.count] = kind;
    block.times[block.count] = time;
    if (time < this.#from) this.#from = time;
    if (time > this.#to) this.#to = time;
    if (Number.isNaN(time)) this.#untimed++;
    this.#counts[kind & 7] = (this.#counts[kind & 7] as number) + 1;
    block.count++;
  }

  /** What is there as a record, and room for the next block, which begins behind it. */
  seal(): { record: Buffer; summary: Summary } {
    const summary = this.summary;
    const record = toRecord(this.#block, summary);
    const { first, count, bytes, times, starts, kinds } = this.#block;
    const arrays = bytes.length > 2 * BLOCK_BYTES ? emptyArrays() : { bytes, times, starts, kinds };
    this.#block = new TextBlock(first + count, 0, arrays);
    this.#end = 0;
    this.#counts.fill(0);
    this.#from = Number.POSITIVE_INFINITY;
    this.#to = Number.NEGATIVE_INFINITY;
    this.#untimed = 0;
    return { record, summary };
  }

  #make(lines: number, bytes: number): void {
    const block = this.#block;
    if (block.count + lines >= block.starts.length) {
      const size = Math.max(block.times.length * 2, block.count + lines);
      block.times = grown(new Float64Array(size), block.times);
      block.starts = grown(new Uint32Array(size + 1), block.starts);
      block.kinds = grown(new Uint16Array(size), block.kinds);
    }
    if (this.#end + bytes > block.bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(block.bytes.length * 2, this.#end + bytes));
      block.bytes.copy(larger, 0, 0, this.#end);
      block.bytes = larger;
    }
  }
}

function grown<T extends Float64Array | Uint32Array | Uint16Array>(larger: T, smaller: T): T {
  larger.set(smaller);
  return larger;
}

function emptyArrays() {
  return {
    times: new Float64Array(FIRST_LINES),
    starts: new Uint32Array(FIRST_LINES + 1),
    kinds: new Uint16Array(FIRST_LINES),
    bytes: Buffer.allocUnsafeSlow(FIRST_BYTES),
  };
}

export function noLevels(): LevelCounts {
  return { none: 0, debug: 0, info: 0, warn: 0, error: 0 };
}

/*
 * A record, in memory as on disk, all numbers little-endian as every machine we run on has them: a head, the times, the
 * starts of the lines and where the last ends, the kinds, the text. The parts are ordered by the size of their numbers,
 * so that each is aligned.
 */
export const HEAD_BYTES = 64;
const MAGIC = 0x31424c47;

export function recordBytes(count: number, textBytes: number): number {
  return HEAD_BYTES + count * 14 + 4 + textBytes;
}

function toRecord(block: TextBlock, summary: Summary): Buffer {
  const { count, size } = block;
  const record = Buffer.allocUnsafeSlow(recordBytes(count, size));
  const head = new DataView(record.buffer, 0, HEAD_BYTES);
  head.setUint32(0, MAGIC, true);
  head.setUint32(4, count, true);
  head.setUint32(8, size, true);
  head.setUint32(12, 0, true);
  head.setFloat64(16, block.first, true);
  head.setFloat64(24, summary.from, true);
  head.setFloat64(32, summary.to, true);
  Object.values(summary.levels).forEach((value, i) => {
    head.setUint32(40 + i * 4, value, true);
  });
  head.setUint32(60, summary.untimed, true);
  const into = partsOf(record, count, size);
  into.times.set(block.times.subarray(0, count));
  into.starts.set(block.starts.subarray(0, count + 1));
  into.kinds.set(block.kinds.subarray(0, count));
  block.bytes.copy(into.bytes, 0, 0, size);
  return record;
}

function partsOf(record: Buffer, count: number, size: number) {
  const { buffer } = record;
  const starts = HEAD_BYTES + count * 8;
  const kindsAt = starts + (count + 1) * 4;
  return {
    times: new Float64Array(buffer, HEAD_BYTES, count),
    starts: new Uint32Array(buffer, starts, count + 1),
    kinds: new Uint16Array(buffer, kindsAt, count),
    bytes: Buffer.from(buffer, kindsAt + count * 2, size),
  };
}

export interface RecordHead extends Summary {
  /** Of the whole record. */
  bytes: number;
  checksum: number;
}

/** Null for what is no record's head. */
export function readHead(bytes: Uint8Array): RecordHead | null {
  if (bytes.length < HEAD_BYTES) return null;
  const head = new DataView(bytes.buffer, bytes.byteOffset, HEAD_BYTES);
  if (head.getUint32(0, true) !== MAGIC) return null;
  const count = head.getUint32(4, true);
  const first = head.getFloat64(16, true);
  const [none = 0, debug = 0, info = 0, warn = 0, error = 0] = [0, 1, 2, 3, 4].map((i) =>
    head.getUint32(40 + i * 4, true),
  );
  if (count === 0 || !Number.isSafeInteger(first) || none + debug + info + warn + error !== count) return null;
  return {
    first,
    count,
    from: head.getFloat64(24, true),
    to: head.getFloat64(32, true),
    levels: { none, debug, info, warn, error },
    untimed: head.getUint32(60, true),
    bytes: recordBytes(count, head.getUint32(8, true)),
    checksum: head.getUint32(12, true),
  };
}

/** The block of a whole record that stands at the beginning of its memory; null when it isn't one. */
export function readRecord(record: Buffer): TextBlock | null {
  const head = readHead(record);
  if (head === null || head.bytes !== record.length || record.byteOffset !== 0) return null;
  const { first, count } = head;
  const block = new TextBlock(first, count, partsOf(record, count, record.length - recordBytes(count, 0)));
  return block.size === block.bytes.length ? block : null;
}
