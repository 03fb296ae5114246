/** What is looked for: ASCII in lower case, three bytes or more. */
export interface Keyword {
  text: string;
  /** It counts only where no letter, digit or underscore follows it. */
  ending: boolean;
}

interface Entry {
  bytes: Uint8Array;
  ending: boolean;
  /** Where in the keyword the three bytes stand by which it is found. */
  offset: number;
}

const FILTER_BITS = 15;
const WINDOW = 3;
/** Letters by how often they come in ordinary text. The keyword is found by the three that come least. */
const common = " etaoinsrhdlcumpfgwybvkxjqz";

/**
 * Finds keywords in bytes of printable ASCII, whatever their case: which lines need a closer look. A keyword is known by
 * three of its bytes, and wherever these lie, two of them stand at an even place: so the text is looked at in pairs, four
 * pairs in one step, since seldom is one of them known. (The automaton of the closer look goes from state to state, byte
 * by byte, each step waiting for the one before.)
 */
export class Places {
  /** One bit for each pair of bytes, and one for each hash of three. */
  readonly #pairs = new Uint32Array(1 << (16 - 5));
  readonly #filter = new Uint32Array(1 << (FILTER_BITS - 5));
  readonly #entries = new Map<number, Entry[]>();
  readonly #found: number[] = [];

  constructor(keywords: readonly Keyword[]) {
    for (const { text, ending } of keywords) {
      if (text.length < WINDOW) throw new Error(`the keyword ${text} is too short`);
      const bytes = folded(text);
      const offset = rarest(text);
      const key =
        (bytes[offset] as number) | ((bytes[offset + 1] as number) << 8) | ((bytes[offset + 2] as number) << 16);
      setBit(this.#filter, hashOf(key));
      setBit(this.#pairs, key & 0xffff);
      setBit(this.#pairs, key >>> 8);
      const there = this.#entries.get(key);
      if (there === undefined) this.#entries.set(key, [{ bytes, ending, offset }]);
      else there.push({ bytes, ending, offset });
    }
  }

  /** Where keywords stand in `bytes[from, to)`, ascending. One byte behind `to` must be there. The list is used again. */
  scan(bytes: Uint8Array, from: number, to: number): readonly number[] {
    const found = this.#found;
    found.length = 0;
    const pairs = this.#pairs;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    let at = from;
    for (const last = bytes.length - 8; at <= last && at < to; at += 8) {
      const a = view.getInt32(at, true) | FOLD;
      const b = view.getInt32(at + 4, true) | FOLD;
      const known =
        ((pairs[(a >>> 5) & 0x7ff] as number) >>> (a & 31)) |
        ((pairs[a >>> 21] as number) >>> ((a >>> 16) & 31)) |
        ((pairs[(b >>> 5) & 0x7ff] as number) >>> (b & 31)) |
        ((pairs[b >>> 21] as number) >>> ((b >>> 16) & 31));
      if ((known & 1) === 1) this.#lookEach(bytes, view, at, at + 8, from, to);
    }
    this.#lookEach(bytes, view, at, to, from, to);
    return found;
  }

  #lookEach(bytes: Uint8Array, view: DataView, begin: number, end: number, from: number, to: number): void {
    const pairs = this.#pairs;
    for (let at = begin; at < end && at < to; at += 2) {
      const pair = view.getUint16(at, true) | (FOLD & 0xffff);
      if ((((pairs[pair >>> 5] as number) >>> (pair & 31)) & 1) === 0) continue;
      if (at > from) this.#look(bytes, view, at - 1, from, to);
      this.#look(bytes, view, at, from, to);
    }
  }

  #look(bytes: Uint8Array, view: DataView, at: number, from: number, to: number): void {
    if (at > to - WINDOW) return;
    const key = (view.getInt32(at, true) | FOLD) & THREE;
    const bit = hashOf(key);
    if ((((this.#filter[bit >>> 5] as number) >>> (bit & 31)) & 1) === 0) return;
    const entries = this.#entries.get(key);
    if (entries === undefined) return;
    for (const { bytes: keyword, ending, offset } of entries) {
      const start = at - offset;
      const end = start + keyword.length;
      if (start < from || end > to) continue;
      let i = 0;
      while (i < keyword.length && ((bytes[start + i] as number) | 0x20) === keyword[i]) i++;
      if (i < keyword.length || (ending && end < to && isWord(bytes[end] as number))) continue;
      this.#found.push(at);
      return;
    }
  }
}

const FOLD = 0x20202020;
const THREE = 0xffffff;

/** Letters of both cases become one, and so do some signs, which costs a needless look at most. */
function folded(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0) | 0x20);
}

function hashOf(three: number): number {
  return Math.imul(three, 0x9e3779b1) >>> (32 - FILTER_BITS);
}

function setBit(bits: Uint32Array, at: number): void {
  bits[at >>> 5] = (bits[at >>> 5] as number) | (1 << (at & 31));
}

function rarest(text: string): number {
  let best = 0;
  let bestRank = -1;
  for (let at = 0; at + WINDOW <= text.length; at++) {
    let rank = 0;
    for (const char of text.slice(at, at + WINDOW))
      rank += common.includes(char) ? common.indexOf(char) : common.length;
    if (rank > bestRank) [best, bestRank] = [at, rank];
  }
  return best;
}

function isWord(byte: number): boolean {
  const lower = byte | 0x20;
  return (lower >= 0x61 && lower <= 0x7a) || (byte >= 0x30 && byte <= 0x39) || byte === 0x5f;
}
