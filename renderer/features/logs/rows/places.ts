/**
 * Where rows stand, in pixels, when most are equally high and a few are not. Only rows that were seen and differ are
 * remembered; all others are `rowHeight`.
 */
export interface Places {
  /** Top of a row; `base` is at 0. */
  offsetOf(row: number, base: number): number;
  /** The row at a height. */
  rowAt(offset: number, base: number): number;
  /** True when this changes where rows stand. */
  set(row: number, height: number): boolean;
  clear(): void;
}

/** Rows remembered at most; beyond that, those that are far from the newest are forgotten. */
const limit = 4000;

export function createPlaces(rowHeight: number): Places {
  /** What a row is higher than the others, by row; sorted on demand. */
  const extra = new Map<number, number>();
  let sorted: [row: number, extra: number][] | null = null;
  const inOrder = () => (sorted ??= [...extra].sort((a, b) => a[0] - b[0]));

  function forgetFar(row: number): void {
    const far = [...extra.keys()].sort((a, b) => Math.abs(b - row) - Math.abs(a - row)).slice(0, limit / 2);
    for (const one of far) extra.delete(one);
  }

  return {
    offsetOf(row, base) {
      let offset = (row - base) * rowHeight;
      if (extra.size === 0) return offset;
      for (const [at, more] of inOrder()) {
        if (at >= row) break;
        if (at >= base) offset += more;
      }
      return offset;
    },
    rowAt(offset, base) {
      let left = offset;
      let from = base;
      for (const [at, more] of extra.size === 0 ? [] : inOrder()) {
        if (at < base) continue;
        const top = (at - from) * rowHeight;
        if (left < top) break;
        if (left < top + rowHeight + more) return at;
        left -= top + rowHeight + more;
        from = at + 1;
      }
      return from + Math.max(0, Math.floor(left / rowHeight));
    },
    set(row, height) {
      const more = height - rowHeight;
      if (Math.abs(more - (extra.get(row) ?? 0)) < 0.5) return false;
      if (Math.abs(more) < 0.5) extra.delete(row);
      else extra.set(row, more);
      if (extra.size > limit) forgetFar(row);
      sorted = null;
      return true;
    },
    clear() {
      extra.clear();
      sorted = null;
    },
  };
}

export type Segment = { base: number; end: number };

/**
 * The rows that the scroll bar spans. An element can't be higher than some 33 million pixels, so of a very long log it is
 * a part around `anchor`. While one reads, its beginning stays where it is, however much falls out above: nothing moves.
 */
export function segmentOf(
  before: Segment | null,
  { first, next, anchor, follow, cap }: { first: number; next: number; anchor: number; follow: boolean; cap: number },
): Segment {
  const around = () => {
    const base = Math.max(Math.min(first, anchor), Math.min(anchor - Math.floor(cap / 2), next - cap));
    return { base, end: Math.min(next, base + cap) };
  };
  if (follow) return { base: Math.max(first, next - cap), end: next };
  if (before === null) return around();
  const { base } = before;
  const end = Math.min(next, base + cap);
  const margin = Math.min(2000, Math.floor(cap / 8));
  if (anchor < base || (anchor < base + margin && base > first)) return around();
  if (anchor >= end || (anchor > end - margin && end < next)) return around();
  return { base, end };
}
