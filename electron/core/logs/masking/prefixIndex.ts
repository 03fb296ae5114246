import { viewOf } from "./blockTables.ts";
import type { PatternStore } from "./patterns.ts";

const FRESH_LIMIT = 128;
const BLOCK_HASH = 0x9e3779b1 | 0;

/**
 * Answers, for the end of a chunk, which is the longest suffix that some pattern goes on from. Patterns lie in byte
 * order for a binary search; the latest ones wait unsorted beside it, so that adding one is never a pause. Filters on the
 * first two and four bytes spare most of the searches.
 */
export class PrefixIndex {
  readonly #store: PatternStore;
  #sorted = new Int32Array(64);
  #count = 0;
  #fresh: number[] = [];
  #pairs = new Uint32Array(1 << 11);
  #firsts = new Uint8Array(256);
  #fours = new Uint32Array(1 << 8);
  #fourBits = 13;
  /** Patterns whose marks are still in the filters. */
  #marked = 0;

  constructor(store: PatternStore) {
    this.#store = store;
  }

  get tableBytes(): number {
    return this.#sorted.byteLength + this.#pairs.byteLength + this.#fours.byteLength + 256;
  }

  add(id: number): void {
    if (this.#marked * 16 >= 1 << this.#fourBits) this.#refilter();
    this.#marked++;
    this.#mark(id, viewOf(this.#store.pool));
    this.#fresh.push(id);
    if (this.#fresh.length >= FRESH_LIMIT) this.#merge();
  }

  /** To be called while the store still has the pattern's bytes. */
  remove(id: number): void {
    const at = this.#fresh.indexOf(id);
    if (at >= 0) {
      this.#fresh.splice(at, 1);
      return;
    }
    const bytes = this.#store.bytes(id);
    for (let i = this.#lowerBound(bytes, 0, bytes.length); i < this.#count; i++) {
      if (this.#sorted[i] !== id) continue;
      this.#sorted.copyWithin(i, i + 1, this.#count);
      this.#count--;
      return;
    }
  }

  /**
   * The least offset `x >= from` such that `text[x, end)` is a proper prefix of a pattern, and the first such pattern in
   * byte order; `null` when there is none.
   */
  longestSuffix(text: Uint8Array, from: number): { at: number; id: number } | null {
    const to = text.length;
    if (this.#count + this.#fresh.length === 0 || from >= to) return null;
    const view = to - from >= 4 ? viewOf(text) : null;
    const shift = 32 - this.#fourBits;
    for (let x = Math.max(from, to - this.#store.longest + 1); x < to; x++) {
      if (view !== null && to - x >= 4) {
        const slot = Math.imul(view.getInt32(x, true), BLOCK_HASH) >>> shift;
        if ((((this.#fours[slot >>> 5] as number) >>> (slot & 31)) & 1) === 0) continue;
      } else if (to - x >= 2) {
        const pair = (text[x] as number) | ((text[x + 1] as number) << 8);
        if ((((this.#pairs[pair >>> 5] as number) >>> (pair & 31)) & 1) === 0) continue;
      } else if (this.#firsts[text[x] as number] === 0) continue;
      const id = this.#goesOn(text, x, to);
      if (id >= 0) return { at: x, id };
    }
    return null;
  }

  /** The first pattern in byte order that begins with `text[from, to)` and is longer; -1 when there is none. */
  #goesOn(text: Uint8Array, from: number, to: number): number {
    const store = this.#store;
    const wanted = to - from;
    let best = -1;
    for (let i = this.#lowerBound(text, from, to); i < this.#count; i++) {
      const id = this.#sorted[i] as number;
      if (store.compare(id, text, from, to) !== 0) break;
      if ((store.length[id] as number) > wanted) {
        best = id;
        break;
      }
    }
    for (const id of this.#fresh) {
      if ((store.length[id] as number) <= wanted || store.compare(id, text, from, to) !== 0) continue;
      if (best < 0 || this.#order(id, best) < 0) best = id;
    }
    return best;
  }

  #order(a: number, b: number): number {
    const bytes = this.#store.bytes(b);
    const order = this.#store.compare(a, bytes, 0, bytes.length);
    return order !== 0 ? order : (this.#store.length[a] as number) - bytes.length;
  }

  /** First place in the sorted list whose pattern is not before `text[from, to)`. */
  #lowerBound(text: Uint8Array, from: number, to: number, end = this.#count): number {
    let low = 0;
    let high = end;
    while (low < high) {
      const mid = (low + high) >>> 1;
      if (this.#store.compare(this.#sorted[mid] as number, text, from, to) < 0) low = mid + 1;
      else high = mid;
    }
    return low;
  }

  #merge(): void {
    const fresh = this.#fresh.sort((a, b) => this.#order(a, b));
    const total = this.#count + fresh.length;
    if (total > this.#sorted.length) {
      const next = new Int32Array(Math.max(total, this.#sorted.length * 2));
      next.set(this.#sorted);
      this.#sorted = next;
    }
    // From the end, so that it can be done in place: each fresh one is put where it belongs, what is after it moves up.
    let end = this.#count;
    for (let f = fresh.length - 1; f >= 0; f--) {
      const id = fresh[f] as number;
      const bytes = this.#store.bytes(id);
      const at = this.#lowerBound(bytes, 0, bytes.length, end);
      this.#sorted.copyWithin(at + f + 1, at, end);
      this.#sorted[at + f] = id;
      end = at;
    }
    this.#count = total;
    this.#fresh = [];
  }

  #mark(id: number, pool: DataView): void {
    const start = this.#store.start[id] as number;
    const length = this.#store.length[id] as number;
    const first = pool.getUint8(start);
    this.#firsts[first] = 1;
    if (length >= 2) {
      const pair = pool.getUint16(start, true);
      this.#pairs[pair >>> 5] = (this.#pairs[pair >>> 5] as number) | (1 << (pair & 31));
    }
    if (length >= 4) {
      const slot = Math.imul(pool.getInt32(start, true), BLOCK_HASH) >>> (32 - this.#fourBits);
      this.#fours[slot >>> 5] = (this.#fours[slot >>> 5] as number) | (1 << (slot & 31));
    }
  }

  /** Room for twice the patterns, without the marks of those that are gone. */
  #refilter(): void {
    const live = this.#count + this.#fresh.length;
    while (this.#fourBits < 21 && live * 24 > 1 << this.#fourBits) this.#fourBits++;
    this.#fours = new Uint32Array(1 << (this.#fourBits - 5));
    this.#pairs.fill(0);
    this.#firsts.fill(0);
    this.#marked = this.#fourBits < 21 ? live : 0;
    const pool = viewOf(this.#store.pool);
    // By number, not in order: patterns then come as they lie in memory.
    for (let id = 0; id < this.#store.count; id++) if ((this.#store.length[id] as number) > 0) this.#mark(id, pool);
  }
}
