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
  /** End of the sequence that holds the original's offset `at` inside it (not at its first byte), else `at`. */
  skipFrom(at: number): number;
}

/**
 * The view of `bytes`, whose first `skip` are the rest of a sequence that began before them. With `onlyLines` it has the
 * lines that hold a sequence and no others: for patterns that no line feed is in.
 */
export function strip(bytes: Uint8Array, skip: number, onlyLines = false): StrippedView {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const out = Buffer.allocUnsafe(text.length);
  const starts: number[] = [];
  const origins: number[] = [];
  const cuts: number[] = skip > 0 ? [-1, skip] : [];
  let length = 0;
  let from = skip;
  const keep = (to: number): void => {
    if (to <= from) return;
    starts.push(length);
    origins.push(from);
    length += text.copy(out, length, from, to);
  };
  let decided = text.length;
  let lineEnd = onlyLines ? endOfLine(text, skip > 0 ? skip : text.length) : text.length;
  let inLine = !onlyLines || skip > 0;
  for (let esc = text.indexOf(ESC, from); esc >= 0; ) {
    if (esc >= lineEnd || !inLine) {
      if (inLine) keep(lineEnd);
      from = Math.max(skip, text.lastIndexOf(LINE_FEED, esc) + 1);
      lineEnd = endOfLine(text, esc);
      inLine = true;
    }
    const end = sequenceEnd(text, esc, text.length);
    if (end < 0) {
      decided = esc;
      break;
    }
    if (end > esc) {
      keep(esc);
      cuts.push(esc, end);
      from = end;
    }
    esc = text.indexOf(ESC, Math.max(end, esc + 1));
  }
  if (inLine) keep(Math.min(decided, lineEnd));
  return {
    bytes: out.subarray(0, length),
    decided,
    origin(i) {
      const at = lastAtMost(starts, i);
      return (origins[at] as number) + i - (starts[at] as number);
    },
    skipFrom(at) {
      for (let c = cuts.length - 2; c >= 0; c -= 2) {
        if ((cuts[c] as number) < at) return Math.max(at, cuts[c + 1] as number);
      }
      return at;
    },
  };
}

/** After the line feed that ends the line of `at`. */
function endOfLine(text: Buffer, at: number): number {
  const feed = text.indexOf(LINE_FEED, at);
  return feed < 0 ? text.length : feed + 1;
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
