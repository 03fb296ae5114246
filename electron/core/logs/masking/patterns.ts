import type { Variant } from "./variants.ts";

/** Who is meant by a pattern: the same bytes may be a form of several secrets. */
export interface Owner {
  name: string;
  encoding: string;
}

/**
 * The bytes of all patterns in one pool, each kept once and numbered. Numbers of withdrawn patterns are used again, and
 * their bytes are overwritten.
 */
export class PatternStore {
  pool: Uint8Array = new Uint8Array(4096);
  start = new Int32Array(64);
  /** 0 for a number that is not in use. */
  length = new Int32Array(64);
  /** Bit 0: a partial base64 digit before belongs to it; bits 1 and 2: the variant's `tail`. */
  edges = new Uint8Array(64);
  /** Numbers ever given out: `0 … count - 1`. */
  count = 0;
  /** Patterns in use. */
  live = 0;
  /** Length of the longest pattern there ever was. */
  longest = 0;
  /** Patterns in use that hold a line break. */
  multiline = 0;
  /** Patterns in use with a partial base64 digit before them. */
  headed = 0;

  #used = 0;
  #owners: (Owner[] | undefined)[] = [];
  #free: number[] = [];
  /** Freed places in the pool by length. */
  #gaps = new Map<number, number[]>();
  /** Open addressing over the hash of the bytes; number + 1, 0 empty, -1 removed. */
  #table = new Int32Array(128);
  #filled = 0;
  /** Hash of the bytes, by number. */
  #hashes = new Int32Array(64);

  /** The pattern's number, and whether it is new. */
  add(variant: Variant, owner: Owner): { id: number; fresh: boolean } {
    const edge = (variant.head ? 1 : 0) | (variant.tail << 1);
    const hash = hashBytes(variant.bytes);
    const found = this.#lookup(variant.bytes, hash);
    if (found >= 0) {
      if ((edge & 1 & ~(this.edges[found] as number)) === 1) this.headed++;
      this.edges[found] = (this.edges[found] as number) | edge;
      const owners = this.owners(found) as Owner[];
      if (!owners.some((other) => other.name === owner.name)) owners.push(owner);
      return { id: found, fresh: false };
    }
    const id = this.#free.pop() ?? this.#grow();
    this.#hashes[id] = hash;
    const length = variant.bytes.length;
    this.start[id] = this.#place(variant.bytes);
    this.length[id] = length;
    this.edges[id] = edge;
    this.#owners[id] = [owner];
    this.live++;
    if (length > this.longest) this.longest = length;
    if (hasLineBreak(variant.bytes)) this.multiline++;
    if (edge & 1) this.headed++;
    this.#insert(id, hash);
    return { id, fresh: true };
  }

  owners(id: number): readonly Owner[] {
    return this.#owners[id] ?? [];
  }

  /** True when nobody owns the pattern any more: the caller then takes it out of its indexes and calls `erase`. */
  disown(id: number, name: string): boolean {
    const owners = this.#owners[id];
    if (owners === undefined) return false;
    const at = owners.findIndex((owner) => owner.name === name);
    if (at >= 0) owners.splice(at, 1);
    return owners.length === 0;
  }

  erase(id: number): void {
    const start = this.start[id] as number;
    const length = this.length[id] as number;
    const bytes = this.pool.subarray(start, start + length);
    this.#remove(id, this.#hashes[id] as number);
    if (hasLineBreak(bytes)) this.multiline--;
    if ((this.edges[id] as number) & 1) this.headed--;
    bytes.fill(0);
    this.length[id] = 0;
    this.#owners[id] = undefined;
    this.live--;
    this.#free.push(id);
    const gaps = this.#gaps.get(length);
    if (gaps === undefined) this.#gaps.set(length, [start]);
    else gaps.push(start);
  }

  /** A view of the pattern's bytes, good until the next `add`. */
  bytes(id: number): Uint8Array {
    const start = this.start[id] as number;
    return this.pool.subarray(start, start + (this.length[id] as number));
  }

  /** True when the pattern stands in `text` at `at` (which leaves room for it). */
  matches(id: number, text: Uint8Array, at: number): boolean {
    const pool = this.pool;
    const length = this.length[id] as number;
    let p = this.start[id] as number;
    for (let i = at; i < at + length; i++, p++) {
      if (pool[p] !== text[i]) return false;
    }
    return true;
  }

  /** Order of the pattern against `text[from, to)`; 0 when it begins with that. */
  compare(id: number, text: Uint8Array, from: number, to: number): number {
    const pool = this.pool;
    const length = this.length[id] as number;
    const p = this.start[id] as number;
    const common = Math.min(length, to - from);
    for (let i = 0; i < common; i++) {
      const order = (pool[p + i] as number) - (text[from + i] as number);
      if (order !== 0) return order;
    }
    return length < to - from ? -1 : 0;
  }

  /** Bytes of memory behind it, owners not counted. */
  get tableBytes(): number {
    return this.pool.byteLength + this.start.byteLength * 3 + this.edges.byteLength + this.#table.byteLength;
  }

  #place(bytes: Uint8Array): number {
    const gap = this.#gaps.get(bytes.length)?.pop();
    if (gap !== undefined) {
      this.pool.set(bytes, gap);
      return gap;
    }
    const start = this.#used;
    if (start + bytes.length > this.pool.length) {
      const next = new Uint8Array(Math.max(this.pool.length * 2, start + bytes.length));
      next.set(this.pool);
      this.pool.fill(0);
      this.pool = next;
    }
    this.pool.set(bytes, start);
    this.#used += bytes.length;
    return start;
  }

  #grow(): number {
    const id = this.count++;
    if (id >= this.start.length) {
      this.start = widen(this.start);
      this.length = widen(this.length);
      this.#hashes = widen(this.#hashes);
      const edges = new Uint8Array(this.edges.length * 2);
      edges.set(this.edges);
      this.edges = edges;
    }
    return id;
  }

  #lookup(bytes: Uint8Array, hash: number): number {
    const mask = this.#table.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const entry = this.#table[slot] as number;
      if (entry === 0) return -1;
      if (entry < 0 || this.#hashes[entry - 1] !== hash || this.length[entry - 1] !== bytes.length) continue;
      if (this.matches(entry - 1, bytes, 0)) return entry - 1;
    }
  }

  #insert(id: number, hash: number): void {
    if ((this.#filled + 1) * 2 > this.#table.length) {
      this.#rehash();
      return;
    }
    const mask = this.#table.length - 1;
    let slot = hash & mask;
    while ((this.#table[slot] as number) > 0) slot = (slot + 1) & mask;
    if (this.#table[slot] === 0) this.#filled++;
    this.#table[slot] = id + 1;
  }

  #remove(id: number, hash: number): void {
    const mask = this.#table.length - 1;
    for (let slot = hash & mask; this.#table[slot] !== 0; slot = (slot + 1) & mask) {
      if (this.#table[slot] === id + 1) {
        this.#table[slot] = -1;
        return;
      }
    }
  }

  /** A table of all patterns in use, without the marks of those that are gone. */
  #rehash(): void {
    this.#table = new Int32Array(Math.max(128, 1 << (34 - Math.clz32(this.live))));
    this.#filled = this.live;
    const mask = this.#table.length - 1;
    for (let id = 0; id < this.count; id++) {
      if (this.length[id] === 0) continue;
      let slot = (this.#hashes[id] as number) & mask;
      while (this.#table[slot] !== 0) slot = (slot + 1) & mask;
      this.#table[slot] = id + 1;
    }
  }
}

export function widen(array: Int32Array): Int32Array<ArrayBuffer> {
  const next = new Int32Array(array.length * 2);
  next.set(array);
  return next;
}

/** FNV-1a, spread. */
function hashBytes(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  hash ^= hash >>> 15;
  return Math.imul(hash, 0x2c1b3c6d) >>> 1;
}

function hasLineBreak(bytes: Uint8Array): boolean {
  return bytes.includes(0x0a);
}
