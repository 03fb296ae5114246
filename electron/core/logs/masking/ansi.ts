import { viewOf } from "./blockTables.ts";

/**
 * Terminal escape sequences (ECMA-48) inside bytes. A colour code may stand in the middle of a value, so the matcher
 * also looks at a view without them.
 */
const ESC = 0x1b;
const LINE_FEED = 0x0a;
/** A control string (window title, link) longer than this is taken for text. */
const MAX_STRING = 512;
const MAX_CSI = 64;

/**
 * End of the sequence that begins with the ESC at `at`: an offset after it; `at` when it is none; -1 when `to` comes
 * before that is decided. A sequence never holds a line feed, so a complete line is always decided.
 */
export function sequenceEnd(bytes: Uint8Array, at: number, to: number): number {
  let i = at + 1;
  if (i >= to) return -1;
  const kind = bytes[i] as number;
  if (kind === 0x5b) return csiEnd(bytes, at, to);
  if (kind === 0x5d || kind === 0x50 || kind === 0x58 || kind === 0x5e || kind === 0x5f)
    return stringEnd(bytes, at, to);
  while (i < to && isBetween(bytes[i] as number, 0x20, 0x2f)) {
    if (i - at >= MAX_CSI) return at;
    i++;
  }
  if (i >= to) return -1;
  return isBetween(bytes[i] as number, 0x30, 0x7e) ? i + 1 : at;
}

function csiEnd(bytes: Uint8Array, at: number, to: number): number {
  for (let i = at + 2; i < to; i++) {
    const byte = bytes[i] as number;
    if (isBetween(byte, 0x40, 0x7e)) return i + 1;
    if (!isBetween(byte, 0x20, 0x3f) || i - at >= MAX_CSI) return at;
  }
  return -1;
}

function stringEnd(bytes: Uint8Array, at: number, to: number): number {
  for (let i = at + 2; i < to; i++) {
    const byte = bytes[i] as number;
    if (byte === 0x07) return i + 1;
    if (byte === ESC) {
      if (i + 1 >= to) return -1;
      return bytes[i + 1] === 0x5c ? i + 2 : at;
    }
    if (byte < 0x20 || i - at >= MAX_STRING) return at;
  }
  return -1;
}

function isBetween(byte: number, low: number, high: number): boolean {
  return byte >= low && byte <= high;
}

/** Bytes without escape sequences, and where each of them was. */
export interface StrippedView {
  bytes: Uint8Array;
  /** Offset in the original of the view's byte `i` (`0 <= i < bytes.length`). */
  origin(i: number): number;
  /** Where an undecided sequence begins at the end, else the original's length. */
  decided: number;
  /** After the sequences that the original's offset `at` lies in or before; `at` itself when it is in the view. */
  skipFrom(at: number): number;
}

/**
 * The view of `bytes`, whose first `skip` are the rest of a sequence that began before them. With `onlyLines` it has the
 * lines that hold a sequence and no others: for patterns that no line feed is in. It lies in `room` when that is large
 * enough, so it is good until the next call with the same.
 */
export function strip(bytes: Uint8Array, skip: number, onlyLines = false, room?: Buffer): StrippedView {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const out = room !== undefined && room.length >= text.length ? room : Buffer.allocUnsafe(text.length);
  const segments: Segments = { starts: [], origins: [], length: 0, decided: text.length, end: text.length };
  if (onlyLines) keepLines(text, skip, out, segments);
  else keepAll(text, skip, out, segments);
  const { starts, origins, length, decided, end } = segments;
  return {
    bytes: out.subarray(0, length),
    decided,
    origin(i) {
      const at = lastAtMost(starts, i);
      return (origins[at] as number) + i - (starts[at] as number);
    },
    skipFrom(at) {
      if (at < skip) return skip;
      if (at >= end) return at;
      const last = lastAtMost(origins, at);
      const origin = origins[last];
      if (origin === undefined || origin > at) return Math.min(origins[0] ?? decided, decided);
      const size = (starts[last + 1] ?? length) - (starts[last] as number);
      return at < origin + size ? at : (origins[last + 1] ?? decided);
    },
  };
}

/** The parts of a text that its view is made of. */
interface Segments {
  /** Where each begins in the view, and where in the text. */
  starts: number[];
  origins: number[];
  /** Bytes of the view. */
  length: number;
  decided: number;
  /** After the last line that was looked at. */
  end: number;
}

function keepAll(text: Buffer, skip: number, out: Buffer, segments: Segments): void {
  let from = skip;
  const keep = (to: number): void => {
    if (to <= from) return;
    segments.starts.push(segments.length);
    segments.origins.push(from);
    segments.length += text.copy(out, segments.length, from, to);
  };
  for (let esc = text.indexOf(ESC, from); esc >= 0; ) {
    const end = sequenceEnd(text, esc, text.length);
    if (end < 0) {
      segments.decided = esc;
      break;
    }
    if (end > esc) {
      keep(esc);
      from = end;
    }
    esc = text.indexOf(ESC, Math.max(end, esc + 1));
  }
  keep(segments.decided);
}

/** By hand: there are a few sequences in each such line, and a call of the library costs more than their bytes. */
function keepLines(text: Buffer, skip: number, out: Buffer, segments: Segments): void {
  const { starts, origins } = segments;
  const from = viewOf(text);
  const to = viewOf(out);
  const lastWord = text.length - 4;
  let end = skip;
  let put = 0;
  for (let line = skip > 0 ? skip : text.indexOf(ESC); line >= 0; line = text.indexOf(ESC, end)) {
    let i = line;
    while (i > end && text[i - 1] !== LINE_FEED) i--;
    starts.push(put);
    origins.push(i);
    for (; i < text.length; i++) {
      // Four bytes at a time while none is a control character.
      for (; i <= lastWord; i += 4, put += 4) {
        const word = from.getInt32(i, true);
        if (((word - 0x20202020) & ~word & 0x80808080) !== 0) break;
        to.setInt32(put, word, true);
      }
      if (i === text.length) break;
      const byte = text[i] as number;
      if (byte === ESC) {
        const after = sequenceEnd(text, i, text.length);
        if (after < 0) {
          segments.decided = i;
          segments.length = put;
          return;
        }
        if (after > i) {
          starts.push(put);
          origins.push(after);
          i = after - 1;
          continue;
        }
      }
      out[put++] = byte;
      if (byte === LINE_FEED) {
        i++;
        break;
      }
    }
    end = i;
  }
  segments.length = put;
  segments.end = end;
}

function lastAtMost(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const mid = (low + high + 1) >>> 1;
    if ((sorted[mid] as number) <= value) low = mid;
    else high = mid - 1;
  }
  return low;
}

export function hasEscape(bytes: Uint8Array): boolean {
  // Buffer's search for one byte is the C library's, some ten times faster than the typed array's own.
  return Buffer.prototype.indexOf.call(bytes, ESC) >= 0;
}
