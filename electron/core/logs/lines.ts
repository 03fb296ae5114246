import { batchOf, type LogBatch } from "../docker/index.ts";
import { LineBatch } from "./lineBatch.ts";
import type { MaskStream } from "./masking/index.ts";
import { plainText } from "./plain.ts";

/** Longest line that is kept; the rest of a longer one is dropped, and said so. */
export const MAX_LINE = 1024 * 1024;
const LINE_FEED = 0x0a;
const RETURN = 0x0d;
const TAB = 0x09;
const ESCAPE = 0x1b;
const PROGRESS_MS = 1_000;
/** Pieces from this size on are not copied without need. */
const LARGE = 4 * 1024;

export interface LineAssembler {
  /** The lines that are finished with these frames, in the order in which they were. The batch is the same at each call. */
  push(batch: LogBatch): LineBatch;
  /** The same with bytes that came without frames and stamps. */
  bytes(bytes: Uint8Array): LineBatch;
  /** What is left when the container has ended: lines without a line feed, and cut secrets masked. */
  end(): LineBatch;
  /** Forgets what is begun: the engine will send it again. */
  reset(): void;
}

/**
 * Frames to lines: each stream on its own, the engine's 16 KiB pieces joined, bytes masked before they are decoded.
 * Nothing unmasked is kept but what may still become a secret. A line that goes back to its start again and again (a
 * progress bar) is given once a second as it then stands. `mono` is milliseconds.
 */
export function createLineAssembler(mask: () => MaskStream, mono: () => number): LineAssembler {
  const lines = new LineBatch();
  const make = (): [StreamLines, StreamLines] => [
    new StreamLines(0, mask(), mono, lines),
    new StreamLines(1, mask(), mono, lines),
  ];
  let streams = make();

  function push(batch: LogBatch): LineBatch {
    lines.clear();
    for (let from = 0; from < batch.count; ) {
      const stream = batch.streams[from] as 0 | 1;
      let to = from + 1;
      while (to < batch.count && batch.streams[to] === stream) to++;
      streams[stream].push(batch, from, to);
      from = to;
    }
    return lines;
  }

  return {
    push,
    bytes: (bytes) => push(batchOf([{ stream: "stdout", at: null, ns: 0, bytes }])),
    end() {
      lines.clear();
      for (const stream of streams) stream.end();
      return lines;
    },
    reset() {
      streams = make();
    },
  };
}

/** Which stamp counts from which byte of the input on. */
class Stamps {
  at = Number.NaN;
  ns = 0;
  #starts = new Float64Array(16);
  #ats = new Float64Array(16);
  #nss = new Int32Array(16);
  #used = 0;
  #count = 0;

  add(start: number, at: number, ns: number): void {
    const last = this.#count - 1;
    // The pieces of a line have one stamp. (NaN is unlike itself: those without a stamp count one by one.)
    if (last >= 0 && this.#ats[last] === at && this.#nss[last] === ns) return;
    if (this.#count === this.#starts.length) this.#widen();
    const i = this.#count++;
    this.#starts[i] = start;
    this.#ats[i] = at;
    this.#nss[i] = ns;
  }

  /** Puts the stamp of the byte at `offset` into `at` and `ns`. Offsets only grow. */
  find(offset: number): void {
    while (this.#used + 1 < this.#count && (this.#starts[this.#used + 1] as number) <= offset) this.#used++;
    if (this.#count === 0) return;
    this.at = this.#ats[this.#used] as number;
    this.ns = this.#nss[this.#used] as number;
  }

  /** Lets go of what is behind. */
  trim(): void {
    if (this.#used === 0) return;
    for (const list of [this.#starts, this.#ats, this.#nss]) list.copyWithin(0, this.#used, this.#count);
    this.#count -= this.#used;
    this.#used = 0;
  }

  #widen(): void {
    const { length } = this.#starts;
    const [starts, ats, nss] = [this.#starts, this.#ats, this.#nss];
    this.#starts = new Float64Array(length * 4);
    this.#ats = new Float64Array(length * 4);
    this.#nss = new Int32Array(length * 4);
    this.#starts.set(starts);
    this.#ats.set(ats);
    this.#nss.set(nss);
  }
}

/** One stream. Input offsets count from its first byte; stamps are found again by them behind the masker. */
class StreamLines {
  readonly #stream: 0 | 1;
  readonly #mask: MaskStream;
  readonly #lines: LineBatch;
  readonly #stamps = new Stamps();
  #taken = 0;
  /** Input offset of the next output byte. */
  #reached = 0;
  /** Input offset at which the line being read began. */
  #lineStart = 0;
  /** The line being read, masked. */
  #parts: Uint8Array[] = [];
  #size = 0;
  /** The rest of a line that was too long is dropped. */
  #dropping = false;

  readonly #mono: () => number;
  /** When the line being read began, or was last given as a progress bar. */
  #began: number | null = null;

  constructor(stream: 0 | 1, mask: MaskStream, mono: () => number, lines: LineBatch) {
    this.#stream = stream;
    this.#mask = mask;
    this.#mono = mono;
    this.#lines = lines;
  }

  /** Frames `[from, to)` of the batch. */
  push(batch: LogBatch, from: number, to: number): void {
    const start = from === 0 ? 0 : (batch.ends[from - 1] as number);
    const base = this.#taken - start;
    for (let i = from, begin = start; i < to; i++) {
      this.#stamps.add(base + begin, batch.ats[i] as number, batch.nss[i] as number);
      begin = batch.ends[i] as number;
    }
    const end = batch.ends[to - 1] as number;
    this.#taken += end - start;
    this.#feed(batch.bytes.subarray(start, end));
    this.#stamps.trim();
  }

  #feed(bytes: Buffer): void {
    const firstEnd = bytes.length > LARGE ? bytes.indexOf(LINE_FEED) + 1 : 0;
    const lastEnd = firstEnd > 0 ? bytes.lastIndexOf(LINE_FEED) + 1 : 0;
    if (lastEnd === firstEnd) {
      this.#through(bytes);
      return;
    }
    // The masker has to put what it holds back before what comes: the lines between are handed to it by themselves.
    this.#through(bytes.subarray(0, firstEnd));
    this.#through(bytes.subarray(firstEnd, lastEnd));
    if (lastEnd < bytes.length) this.#through(bytes.subarray(lastEnd));
  }

  #through(bytes: Uint8Array): void {
    const edits: number[] = [];
    this.#split(this.#mask.push(bytes, edits), edits);
  }

  end(): void {
    const edits: number[] = [];
    this.#split(this.#mask.end(edits), edits);
    if (this.#size > 0 && !this.#dropping) this.#finish(EMPTY);
  }

  #split(out: Uint8Array, edits: readonly number[]): void {
    const bytes = Buffer.from(out.buffer, out.byteOffset, out.length);
    const text = new PlainLines(bytes);
    // What has to be added to an offset in the output to have the one in the input.
    let delta = this.#reached;
    let edit = 0;
    let from = 0;
    for (let feed = text.nextFeed(0); feed >= 0; feed = text.nextFeed(from)) {
      const whole = this.#size === 0 && !this.#dropping && feed - from <= MAX_LINE;
      if (whole && text.isPlain) this.#addPlain(bytes, from, feed);
      else this.#finish(bytes.subarray(from, feed));
      from = feed + 1;
      while (edit < edits.length && (edits[edit] as number) - delta + (edits[edit + 2] as number) <= from) {
        delta = shifted(delta, edits, edit);
        edit += 3;
      }
      this.#lineStart = from + delta;
    }
    for (; edit < edits.length; edit += 3) delta = shifted(delta, edits, edit);
    this.#reached = bytes.length + delta;
    this.#keep(bytes, from, delta);
  }

  #keep(bytes: Buffer, start: number, delta: number): void {
    if (start >= bytes.length || this.#dropping) return;
    let from = start;
    this.#began ??= this.#mono();
    const back = bytes.lastIndexOf(RETURN, -2);
    if (back >= from && writesOver(bytes, back + 1)) {
      this.#progress(bytes.subarray(from, back));
      from = back + 1;
      this.#lineStart = from + delta;
    }
    // A copy: the chunk behind it is the network's, and may be large.
    this.#parts.push(Uint8Array.prototype.slice.call(bytes, from));
    this.#size += bytes.length - from;
    if (this.#size > MAX_LINE) {
      this.#finish(EMPTY);
      this.#dropping = true;
    }
  }

  /** What is begun, with `rest`, will be written over. */
  #progress(rest: Buffer): void {
    const now = this.#mono();
    if (now - (this.#began ?? now) >= PROGRESS_MS) {
      this.#finish(rest);
      this.#began = now;
    }
    this.#parts = [];
    this.#size = 0;
  }

  #finish(rest: Buffer): void {
    this.#began = null;
    if (this.#dropping) {
      this.#dropping = false;
      return;
    }
    let bytes = rest;
    if (this.#parts.length > 0) {
      bytes = Buffer.concat([...this.#parts, rest]);
      this.#parts = [];
      this.#size = 0;
    }
    const tooLong = bytes.length > MAX_LINE;
    if (tooLong) bytes = bytes.subarray(0, MAX_LINE);
    const text = plainText(bytes.toString("utf8"));
    this.#add(tooLong ? `${text} […]` : text);
  }

  #add(text: string): void {
    const stamps = this.#stamps;
    stamps.find(this.#lineStart);
    this.#lines.addText(text, this.#stream, stamps.at, stamps.ns);
  }

  #addPlain(bytes: Buffer, start: number, end: number): void {
    const stamps = this.#stamps;
    stamps.find(this.#lineStart);
    this.#lines.addPlain(bytes, start, end, this.#stream, stamps.at, stamps.ns);
  }
}

const EMPTY = Buffer.alloc(0);

/** Lines that need neither decoding nor cleaning, which is most: they are found eight bytes at a time. */
class PlainLines {
  /** The line that the last search went over is printable ASCII and tabs alone. */
  isPlain = true;
  readonly #bytes: Buffer;
  readonly #view: DataView;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** The next line feed from `from` on, where a line begins; -1 when there is none. */
  nextFeed(from: number): number {
    const bytes = this.#bytes;
    const view = this.#view;
    const lastWords = bytes.length - 8;
    let at = from;
    this.isPlain = true;
    while (at < bytes.length) {
      while (at <= lastWords && (special(view.getInt32(at, true)) | special(view.getInt32(at + 4, true))) === 0)
        at += 8;
      for (const stop = Math.min(at + 8, bytes.length); at < stop; at++) {
        const byte = bytes[at] as number;
        if (byte === LINE_FEED) return at;
        if ((byte >= 0x20 && byte < 0x7f) || byte === TAB) continue;
        this.isPlain = false;
        return bytes.indexOf(LINE_FEED, at);
      }
    }
    return -1;
  }
}

/** Not zero when one of four bytes is below 0x20 or above 0x7e. */
function special(word: number): number {
  return (word | (word - 0x20202020) | (word + 0x01010101)) & 0x80808080;
}

/** True when something is written after a return: not another one, and nothing that may turn out to be invisible. */
function writesOver(bytes: Buffer, from: number): boolean {
  let written = false;
  for (let i = from; i < bytes.length; i++) {
    if (bytes[i] === ESCAPE) return false;
    if (bytes[i] !== RETURN) written = true;
  }
  return written;
}

function shifted(delta: number, edits: readonly number[], at: number): number {
  return delta + (edits[at + 1] as number) - (edits[at] as number) - (edits[at + 2] as number);
}
