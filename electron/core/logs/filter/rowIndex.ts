import { type Block, kinds } from "../buffer/index.ts";
import { judge } from "./conditions.ts";
import { RowList } from "./rowList.ts";
import type { CompiledFilter } from "./types.ts";

/** Text looked at in one step: a string of it dies young. Larger ones are cleared away at a much higher price. */
const STEP_BYTES = 96 * 1024;

function endOf({ count, starts }: Block, from: number, most: number): number {
  let to = Math.min(count, from + most);
  const limit = (starts[from] as number) + STEP_BYTES;
  if ((starts[to] as number) <= limit) return to;
  // Lines are of about the same length: the first guess is close.
  to = from + Math.max(1, Math.floor(((to - from) * STEP_BYTES) / ((starts[to] as number) - (starts[from] as number))));
  while (to > from + 1 && (starts[to] as number) > limit) to--;
  return to;
}

/** The rows under one filter, as far as has been looked. */
export class RowIndex {
  readonly filter: CompiledFilter;
  readonly rows = new RowList();
  /** Lines before it have been looked at. */
  searchedTo = 0;
  /** Lines to look at in one step: fewer while they are slow. */
  step = 64;
  /** With folding: the group that may go on. */
  #group: { head: number; origin: number; met: number; row: boolean } | null = null;

  constructor(filter: CompiledFilter) {
    this.filter = filter;
  }

  /** Lines before `index` fell out. */
  dropBefore(index: number): void {
    this.rows.dropBefore(index);
    if (this.searchedTo < index) {
      this.searchedTo = index;
      this.#group = null;
    }
  }

  /** Looks at lines of the block that are new, at most `most`. */
  take(block: Block, most: number): void {
    const from = this.searchedTo - block.first;
    const to = endOf(block, from, most);
    const marks = judge(block, from, to, this.filter.conditions, this.filter.fold);
    const all = 2 ** this.filter.conditions.length - 1;
    if (this.filter.fold) this.#takeGroups(block, from, marks, all);
    else for (let at = 0; at < marks.length; at++) if (marks[at] === all) this.rows.push(this.searchedTo + at);
    this.searchedTo = block.first + to;
  }

  /** A group fits when each condition is met by any of its lines. */
  #takeGroups(block: Block, from: number, marks: Uint32Array, all: number): void {
    for (let at = 0; at < marks.length; at++) {
      let group = this.#group;
      if (group === null || !block.follows(from + at, group.origin)) {
        group = {
          head: this.searchedTo + at,
          origin: kinds.origin(block.kinds[from + at] as number),
          met: 0,
          row: false,
        };
        this.#group = group;
      }
      group.met |= marks[at] as number;
      if (group.row || group.met !== all) continue;
      group.row = true;
      this.rows.push(group.head);
    }
  }
}
