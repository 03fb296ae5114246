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

type Whole = {
  first: number;
  next: number;
  /** Rows that fit on the screen. */
  fits: number;
  /** Rows that an element can hold. */
  cap: number;
};

/** Rows from the edges of a part at which it goes along. */
const margin = 500;
/** So far from the ends of a log the part reaches to them, whatever the scroll bar's share would be. */
const near = 5000;

/**
 * The rows that the scroll bar spans. An element can be only so high, so of a very long log it is a part around `anchor`;
 * it lies so that the bar's thumb stands where the anchor stands in the whole. While one reads, its beginning stays where
 * it is, however much falls out above: nothing moves.
 */
export function segmentOf(
  before: Segment | null,
  { anchor, follow, ...whole }: Whole & { anchor: number; follow: boolean },
): Segment {
  const { first, next, cap } = whole;
  if (follow) return { base: Math.max(first, next - cap), end: next };
  if (before === null) return around(anchor, whole);
  const { base } = before;
  const end = Math.min(next, base + cap);
  if (anchor < base || (anchor < base + margin && base > first)) return around(anchor, whole);
  if (anchor >= end || (anchor + whole.fits > end - margin && end < next)) return around(anchor, whole);
  return { base, end };
}

function around(anchor: number, { first, next, fits, cap }: Whole): Segment {
  const start = Math.min(first, anchor);
  const spare = next - start - cap;
  if (spare <= 0) return { base: start, end: next };
  // Near an end the part would have its own edge within the margin.
  const reach = Math.max(near, (margin * (next - start)) / cap) + fits;
  if (anchor - start <= reach) return { base: start, end: start + cap };
  if (next - anchor <= reach) return { base: next - cap, end: next };
  const base = start + Math.round((spare * (anchor - start)) / (next - start - fits));
  return { base, end: base + cap };
}

/**
 * Where one lands who pulls the thumb of a bar that spans a part alone: `share` of the whole log, 0 to 1. The part is laid
 * so that the row stands at `above` rows from its beginning, which is where the thumb is.
 */
export function jumpOf(share: number, above: number, { first, next, fits, cap }: Whole): Segment & { row: number } {
  const row = first + Math.round(Math.min(1, Math.max(0, share)) * Math.max(0, next - first - fits));
  const base = Math.min(Math.max(first, row - above), Math.max(first, next - cap));
  return { row, base, end: Math.min(next, base + cap) };
}
