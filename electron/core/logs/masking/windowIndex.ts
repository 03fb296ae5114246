import { BLOCK, BlockTables, blockHash, viewOf } from "./blockTables.ts";
import { type PatternStore, widen } from "./patterns.ts";

/** What a scan found, as parallel lists: pattern number, and the range in the scanned bytes. */
export interface Found {
  ids: number[];
  starts: number[];
  ends: number[];
}

/** The most by which a base64 match grows at an end: a digit and two signs of padding. */
const EDGE = 3;
/** Bits of the filter for each block, until it has its full size. */
const SPARSE = 32;
/** Patterns carried over to larger tables at each registration, so that none is a pause. */
const CARRIED = 384;

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
  readonly #maxBits: number;
  #tables = new BlockTables(13);
  /** Larger or cleaner tables on their way, and the patterns that are not yet in them. */
  #coming: { tables: BlockTables; waiting: number[] } | null = null;
  #patterns = 0;
  /** Chains of patterns by the hash of their window: head by slot, then by pattern number. Number + 1; 0 ends. */
  #heads = new Int32Array(1 << 8);
  /** One bit for each hash of a window, sixteen a chain: small enough to stay near the processor. */
  #known = new Uint32Array(1 << 7);
  #next = new Int32Array(64);
  #hashes = new Int32Array(64);
  /** Offset of the window in the pattern; -1 for a number that is not in here. */
  #offsets = new Int32Array(64).fill(-1);

  constructor(store: PatternStore, window: number, maxBits: number) {
    this.#store = store;
    this.#window = window;
    this.#stride = window - BLOCK + 1;
    this.#maxBits = maxBits;
  }

  get tableBytes(): number {
    const coming = this.#coming?.tables.tableBytes ?? 0;
    return (
      this.#tables.tableBytes + coming + this.#heads.byteLength + this.#known.byteLength + this.#next.byteLength * 3
    );
  }

  get size(): number {
    return this.#patterns;
  }

  has(id: number): boolean {
    return (this.#offsets[id] ?? -1) >= 0;
  }

  /** Numbers of its patterns. */
  members(): number[] {
    const ids: number[] = [];
    for (let id = 0; id < this.#offsets.length; id++) if ((this.#offsets[id] as number) >= 0) ids.push(id);
    return ids;
  }

  add(id: number): void {
    this.#makeRoom(id);
    this.#patterns++;
    const full = this.#tables.blocks * SPARSE > 1 << this.#tables.bits;
    if (full && this.#tables.bits < this.#maxBits && this.#coming === null) this.#replace(this.#tables.bits + 2);
    const offset = this.#tables.rarest(this.#store, id, this.#window);
    this.#offsets[id] = offset;
    const view = viewOf(this.#store.pool);
    const from = (this.#store.start[id] as number) + offset;
    this.#tables.mark(view, from, this.#stride);
    this.#coming?.tables.mark(view, from, this.#stride);
    const hash = windowHash(view, from, this.#window);
    this.#hashes[id] = hash;
    if (this.#patterns > this.#heads.length) this.#rechain();
    this.#link(id, hash);
    this.#carry();
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
    this.#offsets[id] = -1;
    this.#patterns--;
    const stale = this.#tables.blocks > 2 * this.#patterns * this.#stride + 8192;
    if (stale && this.#coming === null) this.#replace(this.#tables.bits);
    this.#carry();
  }

  /**
   * Adds every occurrence in `text` to `found`, in no order. One that lies well inside the range found just before it is
   * left out unless `all`: it can change neither the range nor whose it is.
   */
  scan(text: Uint8Array, view: DataView, found: Found, all: boolean): void {
    if (this.#patterns === 0) return;
    const filter = this.#tables.filter;
    const shift = 32 - this.#tables.bits;
    const stride = this.#stride;
    const last = text.length - BLOCK;
    const lastOfFour = last - 3 * stride;
    let at = 0;
    // Four at a time, since hardly ever is one of them known.
    for (; at <= lastOfFour; at += 4 * stride) {
      const a = blockHash(view.getInt32(at, true)) >>> shift;
      const b = blockHash(view.getInt32(at + stride, true)) >>> shift;
      const c = blockHash(view.getInt32(at + 2 * stride, true)) >>> shift;
      const d = blockHash(view.getInt32(at + 3 * stride, true)) >>> shift;
      const known =
        ((filter[a >>> 5] as number) >>> (a & 31)) |
        ((filter[b >>> 5] as number) >>> (b & 31)) |
        ((filter[c >>> 5] as number) >>> (c & 31)) |
        ((filter[d >>> 5] as number) >>> (d & 31));
      if ((known & 1) === 1) this.#probeEach(text, view, at, at + 4 * stride, found, all);
    }
    this.#probeEach(text, view, at, last + 1, found, all);
  }

  /** Looks closer at the blocks at `from`, and every stride on before `to`. */
  #probeEach(text: Uint8Array, view: DataView, from: number, to: number, found: Found, all: boolean): void {
    const { filter, bits } = this.#tables;
    for (let at = from; at < to; at += this.#stride) {
      const hash = blockHash(view.getInt32(at, true));
      const slot = hash >>> (32 - bits);
      if ((((filter[slot >>> 5] as number) >>> (slot & 31)) & 1) === 1) this.#probe(text, view, at, hash, found, all);
    }
  }

  #probe(text: Uint8Array, view: DataView, at: number, hash: number, found: Found, all: boolean): void {
    let places = this.#tables.places[hash >>> (32 - this.#tables.placeBits)] as number;
    const window = this.#window;
    const mask = this.#heads.length - 1;
    const knownMask = this.#heads.length * 16 - 1;
    while (places !== 0) {
      const from = at - (31 - Math.clz32(places & -places));
      places &= places - 1;
      if (from < 0 || from + window > text.length) continue;
      const windowed = windowHash(view, from, window);
      const bit = windowed & knownMask;
      if ((((this.#known[bit >>> 5] as number) >>> (bit & 31)) & 1) === 0) continue;
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

  #link(id: number, hash: number): void {
    const slot = hash & (this.#heads.length - 1);
    this.#next[id] = this.#heads[slot] as number;
    this.#heads[slot] = id + 1;
    const bit = hash & (this.#heads.length * 16 - 1);
    this.#known[bit >>> 5] = (this.#known[bit >>> 5] as number) | (1 << (bit & 31));
  }

  #makeRoom(id: number): void {
    while (id >= this.#next.length) {
      const size = this.#next.length;
      this.#next = widen(this.#next);
      this.#hashes = widen(this.#hashes);
      this.#offsets = widen(this.#offsets).fill(-1, size);
    }
  }

  /** Four times the chains; the pattern being added is linked by the caller. */
  #rechain(): void {
    const heads = this.#heads;
    this.#heads = new Int32Array(heads.length * 4);
    this.#known = new Uint32Array(heads.length * 2);
    for (const head of heads) {
      for (let entry = head; entry !== 0; ) {
        const after = this.#next[entry - 1] as number;
        this.#link(entry - 1, this.#hashes[entry - 1] as number);
        entry = after;
      }
    }
  }

  /** Begins new tables; the present ones go on being used, and being added to, until the new ones are complete. */
  #replace(bits: number): void {
    this.#coming = { tables: new BlockTables(Math.min(this.#maxBits, bits)), waiting: this.members() };
  }

  #carry(): void {
    if (this.#coming === null) return;
    const { tables, waiting } = this.#coming;
    const view = viewOf(this.#store.pool);
    for (let n = 0; n < CARRIED; n++) {
      const id = waiting.pop();
      if (id === undefined) {
        this.#tables = tables;
        this.#coming = null;
        return;
      }
      const offset = this.#offsets[id] as number;
      if (offset >= 0) tables.mark(view, (this.#store.start[id] as number) + offset, this.#stride);
    }
  }
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
