import { type RefObject, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { LogFeed } from "../feed/feed.ts";
import { createPlaces, jumpOf, type Places, type Segment, segmentOf } from "./places.ts";

/**
 * Engines can't have an element higher than some 17 to 33 million pixels of the screen, of which one of CSS may be four;
 * and they draw at places that a number of 32 bits must tell to half a pixel.
 */
const highest = 8_000_000;
/** So many screens at once are no scrolling, but a pull at the scroll bar. */
const pullScreens = 2;
/** After a turn of the wheel, however fast, no move is a pull, milliseconds. */
const wheelMs = 400;
const overscan = 12;
/** How long an end that has moved on still counts as one, milliseconds. */
const endMs = 300;

export type RowWindow = {
  /** Rows that are drawn: `[from, to)`. */
  from: number;
  to: number;
  /** Height of all, and where the drawn ones begin, pixels. */
  total: number;
  top: number;
  /** Topmost row that is seen. */
  seen: number;
  /** Rows that fit on the screen. */
  fits: number;
  /** Width of what is seen, pixels. */
  width: number;
};

/** Where a feed that is new to the view begins: a row, and how far below the top it stands. */
export type Start = { row: number; y: number };

type Options = {
  scroller: RefObject<HTMLDivElement | null>;
  block: RefObject<HTMLDivElement | null>;
  feed: LogFeed;
  start: Start | null;
  rows: { first: number; next: number };
  rowHeight: number;
  /** Rows can be higher than others: their heights are looked at. */
  uneven: boolean;
  follow: boolean;
  onLetGo: () => void;
  onEnd: () => void;
};

type Anchor = { row: number; dy: number };

/**
 * Which rows are drawn, and that what is read stays under the eye: while the end is followed the view hangs on the end,
 * else on the topmost row that is seen, whatever comes, falls out or turns out to be higher than thought.
 */
export function useRowWindow(options: Options) {
  const { scroller, block, feed, rows, rowHeight, uneven, follow } = options;
  const places = useMemo(() => createPlaces(rowHeight), [rowHeight]);
  const [box, setBox] = useState({ width: 0, height: 600 });
  const [, redraw] = useState(0);
  const anchor = useRef<Anchor>({ row: rows.first, dy: 0 });
  const segment = useRef<Segment | null>(null);
  const lastTop = useRef(0);
  const held = useRef(false);
  const wheeledAt = useRef(Number.NEGATIVE_INFINITY);
  const placed = useRef(false);
  /** Where the end was of late: one who scrolls to it reaches the one that was there a moment ago. */
  const ends = useRef<{ at: number; top: number }[]>([]);
  /** A person has scrolled since the feed is on view. */
  const touched = useRef(false);
  const latest = useRef(options);
  const before = useRef<{ feed: LogFeed; uneven: boolean } | null>(null);
  latest.current = options;
  if (before.current?.feed !== feed) {
    segment.current = null;
    placed.current = false;
    touched.current = false;
    ends.current = [];
    places.clear();
    anchor.current = options.start ? { row: options.start.row, dy: -options.start.y } : { row: rows.first, dy: 0 };
  } else if (before.current.uneven !== uneven) places.clear();
  before.current = { feed, uneven };

  const cap = Math.floor(highest / rowHeight);
  const fits = Math.max(1, Math.ceil(box.height / rowHeight));
  const part = segmentOf(segment.current, { ...rows, fits, cap, anchor: anchor.current.row, follow });
  segment.current = part;
  const { base, end } = part;
  anchor.current = normal(anchor.current, places, base);
  const seen = follow ? Math.max(base, end - fits) : Math.min(anchor.current.row, Math.max(base, end - 1));
  const from = Math.max(base, seen - overscan);
  const to = follow ? end : Math.min(end, seen + fits + overscan);
  const total = places.offsetOf(end, base);
  const top = places.offsetOf(from, base);

  /** A pull at the bar of a log that is too long for it: the thumb stays where it is, and the part moves below it. */
  const pulled = useCallback(
    (element: HTMLElement, by: number): boolean => {
      const { rows: all, rowHeight: one } = latest.current;
      const whole = { ...all, fits: Math.ceil(element.clientHeight / one), cap: Math.floor(highest / one) };
      if (all.next - all.first <= whole.cap || Math.abs(by) <= pullScreens * element.clientHeight) return false;
      if (performance.now() - wheeledAt.current < wheelMs) return false;
      const { scrollTop, scrollHeight, clientHeight } = element;
      const { row, ...area } = jumpOf(scrollTop / (scrollHeight - clientHeight), Math.floor(scrollTop / one), whole);
      segment.current = area;
      anchor.current = { row, dy: Math.max(0, scrollTop - places.offsetOf(row, area.base)) % one };
      return true;
    },
    [places],
  );

  useEffect(() => {
    feed.look({ from, count: Math.max(1, to - from), follow });
  }, [feed, from, to, follow]);

  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const watcher = new ResizeObserver(() => {
      const { clientWidth: width, clientHeight: height } = element;
      setBox((before) => {
        if (before.width !== width && latest.current.uneven) places.clear();
        return before.width === width && before.height === height ? before : { width, height };
      });
    });
    watcher.observe(element);
    return () => watcher.disconnect();
  }, [scroller, places]);

  /** After each drawing: heights as they really are, then the view where it hangs. */
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const moved = uneven && measure(block.current, places);
    const { base: first } = part;
    if (follow) {
      if (!held.current) element.scrollTop = element.scrollHeight;
      anchor.current = anchorAt(places, element.scrollTop, first);
    } else {
      const wanted = places.offsetOf(anchor.current.row, first) + anchor.current.dy;
      // A scroll whose event is still on its way must not be undone.
      const scrolled = placed.current ? element.scrollTop - lastTop.current : 0;
      if (pulled(element, scrolled)) redraw((count) => count + 1);
      else if (Math.abs(scrolled) > 0.6) anchor.current = anchorAt(places, wanted + scrolled, first);
      if (Math.abs(element.scrollTop - wanted - scrolled) > 0.6) element.scrollTop = wanted + scrolled;
    }
    placed.current = true;
    lastTop.current = element.scrollTop;
    ends.current = [
      ...ends.current.slice(-8),
      { at: performance.now(), top: element.scrollHeight - element.clientHeight },
    ];
    if (moved) redraw((count) => count + 1);
  });

  const onScroll = useCallback(() => {
    const element = scroller.current;
    const now = latest.current;
    if (!element || !segment.current) return;
    const by = element.scrollTop - lastTop.current;
    const up = by < -1;
    lastTop.current = element.scrollTop;
    if (Math.abs(by) <= 0.6) return;
    touched.current = true;
    const jumped = (!now.follow || up) && pulled(element, by);
    const area = segment.current;
    const end = Math.min(...ends.current.filter(({ at }) => performance.now() - at < endMs).map(({ top }) => top));
    const atEnd = Math.min(end, element.scrollHeight - element.clientHeight) - element.scrollTop < now.rowHeight / 2;
    if (!jumped && (!now.follow || up)) {
      anchor.current = anchorAt(places, element.scrollTop, area.base);
    }
    // Growth alone moves the end away without moving the view: only a move upwards means that one wants to read.
    if (now.follow && up && !atEnd) now.onLetGo();
    else if (!now.follow && !up && atEnd && area.end >= now.rows.next) now.onEnd();
    else if (!now.follow) redraw((count) => count + 1);
  }, [scroller, places, pulled]);

  /** Stands on a row: `near` moves as little as it can, `middle` shows what is above it as well. */
  const show = useCallback(
    (row: number, where: "middle" | "near") => {
      const element = scroller.current;
      const area = segment.current;
      const height = element?.clientHeight ?? 600;
      const { rowHeight: one, rows: all } = latest.current;
      let dy = -Math.floor(height / one / 3) * one;
      if (where === "near" && element && area) {
        const y = places.offsetOf(row, area.base) - places.offsetOf(anchor.current.row, area.base) - anchor.current.dy;
        const high = places.offsetOf(row + 1, area.base) - places.offsetOf(row, area.base);
        if (y >= 0 && y + high <= height) return;
        if (y < 0 && y > -height) dy = 0;
        else if (y > 0 && y < height * 2) dy = Math.min(0, high - height);
      }
      const target = row < all.first ? all.first : row;
      // The thumb goes where the row is in the whole, and not in the part that was on view.
      if (Math.abs(target - anchor.current.row) > pullScreens * Math.ceil(height / one)) segment.current = null;
      anchor.current = { row: target, dy: target === all.first ? 0 : dy };
      redraw((count) => count + 1);
    },
    [scroller, places],
  );

  /** The wheel was turned: what scrolls next is not the bar. */
  const wheel = useCallback(() => {
    wheeledAt.current = performance.now();
  }, []);

  /** While a button of the mouse is down, text may be on its way to be selected: nothing moves. */
  const hold = useCallback((value: boolean) => {
    held.current = value;
    if (value) wheeledAt.current = Number.NEGATIVE_INFINITY;
  }, []);

  return {
    window: { from, to, total, top, seen, fits, width: box.width } satisfies RowWindow,
    onScroll,
    show,
    wheel,
    hold,
    anchor,
    touched,
  };
}

function anchorAt(places: Places, scrollTop: number, base: number): Anchor {
  const row = places.rowAt(scrollTop, base);
  return { row, dy: scrollTop - places.offsetOf(row, base) };
}

/** The same place, told by the topmost row that is in view. */
function normal(anchor: Anchor, places: Places, base: number): Anchor {
  if (anchor.dy >= 0) return anchor;
  const offset = places.offsetOf(anchor.row, base) + anchor.dy;
  return offset <= 0 ? { row: base, dy: 0 } : anchorAt(places, offset, base);
}

/** True when a row is higher or lower than was thought. */
function measure(block: HTMLElement | null, places: Places): boolean {
  let moved = false;
  for (const element of block?.children ?? []) {
    const row = Number((element as HTMLElement).dataset.row);
    if (places.set(row, element.getBoundingClientRect().height)) moved = true;
  }
  return moved;
}
