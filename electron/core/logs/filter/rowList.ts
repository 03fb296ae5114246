const CHUNK = 4_096;

interface Chunk {
  /** Row number of its first row. */
  row: number;
  /** Line index of its first row; the others are told from here. */
  base: number;
  /** Distances from `base`, growing. */
  far: Uint32Array;
  count: number;
}

/** Line indices of rows, growing, four bytes each. Rows are numbered from 0 on; those that fell out keep their numbers. */
export class RowList {
  #chunks: Chunk[] = [];
  #first = 0;
  #next = 0;

  get first(): number {
    return this.#first;
  }

  get next(): number {
    return this.#next;
  }

  /** `index` is larger than any before. */
  push(index: number): void {
    let chunk = this.#chunks.at(-1);
    if (chunk === undefined || chunk.count === CHUNK || index - chunk.base > 0xffffffff) {
      chunk = { row: this.#next, base: index, far: new Uint32Array(16), count: 0 };
      this.#chunks.push(chunk);
    }
    if (chunk.count === chunk.far.length) {
      const far = new Uint32Array(chunk.count * 4);
      far.set(chunk.far);
      chunk.far = far;
    }
    chunk.far[chunk.count++] = index - chunk.base;
    this.#next++;
  }

  /** Line index of a row; -1 when it isn't there. */
  at(row: number): number {
    if (row < this.#first || row >= this.#next) return -1;
    const chunk = this.#chunks[lowest(this.#chunks.length, (i) => (this.#chunks[i] as Chunk).row > row) - 1] as Chunk;
    return chunk.base + (chunk.far[row - chunk.row] as number);
  }

  /** The first row at or behind a line; `next` when there is none. */
  from(index: number): number {
    const place = lowest(this.#chunks.length, (i) => (this.#chunks[i] as Chunk).base > index) - 1;
    const chunk = this.#chunks[place];
    if (chunk === undefined) return this.#first;
    const row = chunk.row + lowest(chunk.count, (i) => chunk.base + (chunk.far[i] as number) >= index);
    return Math.max(this.#first, row);
  }

  /** Lets go of rows before a line. */
  dropBefore(index: number): void {
    this.#first = Math.max(this.#first, this.from(index));
    let gone = 0;
    while (gone < this.#chunks.length && (this.#chunks[gone] as Chunk).row + CHUNK <= this.#first) gone++;
    if (gone > 0) this.#chunks = this.#chunks.slice(gone);
  }
}

/** The lowest of 0 to `count` for which it holds, `count` being beyond; once it holds it does for all above. */
function lowest(count: number, holds: (i: number) => boolean): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const mid = (low + high) >>> 1;
    if (holds(mid)) high = mid;
    else low = mid + 1;
  }
  return low;
}
