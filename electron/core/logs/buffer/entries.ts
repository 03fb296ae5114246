import type { TextBlock } from "./block.ts";
import type { Place, Summary } from "./types.ts";

/** A sealed block, wherever it is. */
export interface Entry extends Summary {
  /** Of its record. */
  bytes: number;
  /** Its record and the block that reads it, while it is in memory. */
  memory: { record: Buffer; block: TextBlock } | null;
  place: Place | null;
  /** It was on disk and was given up there: it is not written again. */
  spent: boolean;
}

/** Sealed blocks, oldest first. Those before `memory` are on disk alone. */
export class Entries {
  #all: Entry[] = [];
  /** Taking from the front of a list copies the list: that is done in groups. */
  #head = 0;

  get count(): number {
    return this.#all.length - this.#head;
  }

  get(at: number): Entry | undefined {
    return this.#all[this.#head + at];
  }

  push(entry: Entry): void {
    this.#all.push(entry);
  }

  shift(): Entry | undefined {
    const entry = this.#all[this.#head];
    if (entry === undefined) return undefined;
    this.#head++;
    if (this.#head >= 64 && this.#head * 2 > this.#all.length) {
      this.#all = this.#all.slice(this.#head);
      this.#head = 0;
    }
    return entry;
  }

  /** The block that holds the line `index`; null when none does. */
  holding(index: number): Entry | null {
    let low = this.#head;
    let high = this.#all.length - 1;
    while (low <= high) {
      const mid = (low + high) >>> 1;
      const entry = this.#all[mid] as Entry;
      if (index < entry.first) high = mid - 1;
      else if (index >= entry.first + entry.count) low = mid + 1;
      else return entry;
    }
    return null;
  }

  list(): Entry[] {
    return this.#all.slice(this.#head);
  }
}
