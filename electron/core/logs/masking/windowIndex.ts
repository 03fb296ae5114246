import { type PatternStore, widen } from "./patterns.ts";

/** What a scan found, as parallel lists: pattern number, and the range in the scanned bytes. */
export interface Found {
  ids: number[];
  starts: number[];
  ends: number[];
}

const BLOCK = 4;
/** The most by which a base64 match grows at an end: a digit and two signs of padding. */
const EDGE = 3;
const BLOCK_HASH = 0x9e3779b1 | 0;
/** Offsets of a pattern that are weighed for its window; longer ones keep to their end. */
const MAX_OFFSETS = 192;

/**
 * Multi-pattern search of the Wu-Manber family (S. Wu, U. Manber, "A fast algorithm for multi-pattern searching",
 * TR-94-17, University of Arizona): text is looked at in blocks of four bytes, most of it is skipped, and what may be a
 * match is verified.
 *
 * Where Wu-Manber keeps the shift of each block, here every block of a pattern's window of `m` bytes is known, so the
 * shift is always `m - 3`: whichever way a window lies in the text, exactly one looked-at block falls into it. Large sets
 * keep the whole shift that way (a shift table fills up with ones), and one bit a block is all that the hot loop reads.
 *
 *   block of text → filter (one bit) → which places of a window that block can be → hash of the window → patterns
 *
 * The window lies where the pattern is least like the other patterns: all JSON Web Tokens begin alike, and a foreign one
 * must not lead to each of ours.
 */
export class WindowIndex {
  readonly #store: PatternStore;
  /** Bytes of the window; no pattern in here is shorter. */
  readonly #window: number;
  readonly #stride: number;
  #bits = 13;
  #maxBits: number;
  #filter = new Uint32Array(1 << 8);
  /** Bit k: a block of this hash is the k-th of some window. Its index is the leading bits of the filter's. */
  #places = new Uint16Array(1 << 13);
  #placeBits = 13;
  #blocks = 0;
  #patterns = 0;
  /** Chains of patterns by the hash of their window: head by slot, then by pattern number. Number + 1; 0 ends. */
  #heads = new Int32Array(1 << 8);
  #next = new Int32Array(64);
  #hashes = new Int32Array(64);
  /** Offset of the window in the pattern. */
  #offsets = new Int32Array(64);
  /** How many windows hold a block, by a hash of it: to find the rarest offset. */
  #counts = new Uint8Array(1 << 12);

  constructor(store: PatternStore, window: number, maxBits = 23) {
    this.#store = store;
    this.#window = window;
    this.#stride = window - BLOCK + 1;
    this.#maxBits = maxBits;
  }

  get size(): number {
    return this.#patterns;
  }

  get tableBytes(): number {
    return (
      this.#filter.byteLength +
      this.#places.byteLength +
      this.#heads.byteLength +
      this.#next.byteLength * 3 +
      this.#counts.byteLength
    );
  }

  add(id: number): void {
    while (id >= this.#next.length) {
      this.#next = widen(this.#next);
      this.#hashes = widen(this.#hashes);
      this.#offsets = widen(this.#offsets);
    }
    this.#patterns++;
    this.#blocks += this.#stride;
    if (this.#blocks * 16 > 1 << this.#bits && this.#bits < this.#maxBits) this.#remark(this.#bits + 2);
    if (this.#patterns > this.#heads.length) this.#rechain();
    const offset = this.#rarest(id);
    this.#offsets[id] = offset;
    this.#mark(id);
    const from = (this.#store.start[id] as number) + offset;
    const hash = windowHash(viewOf(this.#store.pool), from, this.#window);
    this.#hashes[id] = hash;
    this.#link(id, hash);
  }

  /** Takes the pattern out. Its blocks stay marked for a while, which costs a needless look, never a match. */
  remove(id: number): void {
    const slot = (this.#hashes[id] as number) & (this.#heads.length - 1);
    let at = this.#heads[slot] as number;
    if (at === id + 1) this.#heads[slot] = this.#next[id] as number;
    while (at !== 0) {
      const after = this.#next[at - 1] as number;
      if (after === id + 1) this.#next[at - 1] = this.#next[id] as number;
      at = after;
    }
    this.#next[id] = 0;
    this.#patterns--;
    if (this.#blocks > 2 * this.#patterns * this.#stride + 8192) this.#remark(this.#bits);
  }

  /**
   * Adds every occurrence in `text` to `found`, in no order. One that lies well inside the range found just before it is
   * left out unless `all`: it can change neither the range nor whose it is.
   */
  scan(text: Uint8Array, view: DataView, found: Found, all: boolean): void {
    if (this.#patterns === 0) return;
    const filter = this.#filter;
    const shift = 32 - this.#bits;
    const stride = this.#stride;
    const last = text.length - BLOCK;
    for (let at = 0; at <= last; at += stride) {
      const hash = Math.imul(view.getInt32(at, true), BLOCK_HASH);
      const slot = hash >>> shift;
      if ((((filter[slot >>> 5] as number) >>> (slot & 31)) & 1) === 1) this.#probe(text, view, at, hash, found, all);
    }
  }

  #probe(text: Uint8Array, view: DataView, at: number, hash: number, found: Found, all: boolean): void {
    let places = this.#places[hash >>> (32 - this.#placeBits)] as number;
    const window = this.#window;
    const mask = this.#heads.length - 1;
    while (places !== 0) {
      const lowest = 31 - Math.clz32(places & -places);
      places &= places - 1;
      const from = at - lowest;
      if (from < 0 || from + window > text.length) continue;
      const windowed = windowHash(view, from, window);
      let entry = this.#heads[windowed & mask] as number;
      while (entry !== 0) {
        const id = entry - 1;
        if (this.#hashes[id] === windowed) this.#verify(text, id, from - (this.#offsets[id] as number), found, all);
        entry = this.#next[id] as number;
      }
    }
  }

  #verify(text: Uint8Array, id: number, start: number, found: Found, all: boolean): void {
    const end = start + (this.#store.length[id] as number);
    if (start < 0 || end > text.length) return;
    const before = found.ids.length - 1;
    if (!all && before >= 0) {
      const from = found.starts[before] as number;
      const to = found.ends[before] as number;
      const margin = this.#store.edges[id] === 0 ? 0 : EDGE;
      if (start >= from + margin && end <= to - margin && end - start < to - from) return;
    }
    if (!this.#store.matches(id, text, start)) return;
    found.ids.push(id);
    found.starts.push(start);
    found.ends.push(end);
  }

  #mark(id: number): void {
    const view = viewOf(this.#store.pool);
    const from = (this.#store.start[id] as number) + (this.#offsets[id] as number);
    const shift = 32 - this.#bits;
    const placeShift = 32 - this.#placeBits;
    const countMask = this.#counts.length - 1;
    for (let k = 0; k < this.#stride; k++) {
      const hash = Math.imul(view.getInt32(from + k, true), BLOCK_HASH);
      const slot = hash >>> shift;
      this.#filter[slot >>> 5] = (this.#filter[slot >>> 5] as number) | (1 << (slot & 31));
      const place = hash >>> placeShift;
      this.#places[place] = (this.#places[place] as number) | (1 << k);
      const count = (hash >>> 4) & countMask;
      if ((this.#counts[count] as number) < 255) this.#counts[count] = (this.#counts[count] as number) + 1;
    }
  }

  /** The offset whose blocks are in the fewest windows and look least like words; the latest of equals. */
  #rarest(id: number): number {
    const view = viewOf(this.#store.pool);
    const start = this.#store.start[id] as number;
    const length = this.#store.length[id] as number;
    const stride = this.#stride;
    const countMask = this.#counts.length - 1;
    const lowest = Math.max(0, length - this.#window - MAX_OFFSETS);
    const costs: number[] = [];
    let cost = 0;
    let best = length - this.#window;
    let least = Number.POSITIVE_INFINITY;
    // A running sum over the blocks, from the end to the start.
    for (let block = length - BLOCK; block >= lowest; block--) {
      const value = view.getInt32(start + block, true);
      const known = this.#counts[(Math.imul(value, BLOCK_HASH) >>> 4) & countMask] as number;
      const own = known * 8 + wordiness(value);
      costs.push(own);
      cost += own;
      if (costs.length > stride) cost -= costs[costs.length - 1 - stride] as number;
      if (costs.length >= stride && cost < least) {
        least = cost;
        best = block;
      }
    }
    return best;
  }

  #link(id: number, hash: number): void {
    const slot = hash & (this.#heads.length - 1);
    this.#next[id] = this.#heads[slot] as number;
    this.#heads[slot] = id + 1;
  }

  /** The patterns in here, by way of the chains. */
  #members(): number[] {
    const ids: number[] = [];
    for (const head of this.#heads) {
      for (let entry = head; entry !== 0; entry = this.#next[entry - 1] as number) ids.push(entry - 1);
    }
    return ids;
  }

  #rechain(): void {
    const ids = this.#members();
    this.#heads = new Int32Array(this.#heads.length * 4);
    for (const id of ids) this.#link(id, this.#hashes[id] as number);
  }

  #remark(bits: number): void {
    const ids = this.#members();
    this.#bits = Math.min(this.#maxBits, bits);
    this.#placeBits = Math.min(20, this.#bits);
    this.#blocks = ids.length * this.#stride;
    this.#filter = new Uint32Array(1 << (this.#bits - 5));
    this.#places = new Uint16Array(1 << this.#placeBits);
    this.#counts = new Uint8Array(1 << Math.min(20, this.#bits - 1));
    for (const id of ids) this.#mark(id);
  }
}

/** A guess, without a corpus, of how likely a block is in ordinary log text: higher is likelier. */
function wordiness(block: number): number {
  let lower = 0;
  let digits = 0;
  let other = 0;
  for (let i = 0; i < 32; i += 8) {
    const byte = (block >>> i) & 255;
    if (byte >= 0x61 && byte <= 0x7a) lower++;
    else if (byte >= 0x30 && byte <= 0x39) digits++;
    else if (byte === 0x20 || byte === 0x2d || byte === 0x2e || byte === 0x2f || byte === 0x3d || byte === 0x22)
      other++;
  }
  if (lower + other === 4) return 4;
  if (digits + other === 4) return 3;
  return lower >= 3 || digits >= 3 ? 1 : 0;
}

function windowHash(view: DataView, from: number, window: number): number {
  let hash = view.getInt32(from + window - BLOCK, true);
  for (let i = 0; i < window - BLOCK; i += BLOCK) {
    hash = Math.imul(hash ^ view.getInt32(from + i, true), 0x85ebca6b);
    hash ^= hash >>> 13;
  }
  hash = Math.imul(hash, 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
