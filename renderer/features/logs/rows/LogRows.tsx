import { ArrowDown, ArrowUpToLine } from "lucide-react";
import {
  type CSSProperties,
  type MouseEvent,
  type Ref,
  useEffect,
  useImperativeHandle,
  useMemo,
  useRef,
  useState,
} from "react";
import type { LogHead, LogLine } from "../../../../electron/contract/index.ts";
import { useText } from "../../../app/i18n/index.tsx";
import { Button, useNow } from "../../../ui/index.ts";
import type { LogFeed } from "../feed/feed.ts";
import { useFeedHead } from "../feed/useLog.ts";
import type { Finder } from "../line/pieces.ts";
import { otherDay, type TimeMode } from "../line/times.ts";
import { equalNames } from "../sources/names.ts";
import { metaWidth, Row, type RowLook } from "./Row.tsx";
import { type Start, useRowWindow } from "./useRowWindow.ts";

/** What the rest of the view asks of the rows. */
export type RowsHandle = {
  show: (row: number, where: "middle" | "near") => void;
  /** The line that is looked at: `row` if it is in view, else the topmost; and how far below the top it stands. */
  eye: (row: number | null) => { index: number; row: number; y: number } | null;
  /** True once a person has scrolled under this filter. */
  touched: () => boolean;
  /** Rows on view. */
  seen: () => { from: number; to: number; fits: number };
  focus: () => void;
};

type Props = {
  ref: Ref<RowsHandle>;
  label: string;
  feed: LogFeed;
  start: Start | null;
  names: readonly string[];
  find: Finder | null;
  time: TimeMode;
  wrap: boolean;
  dense: boolean;
  follow: boolean;
  /** Row of the line that is chosen. */
  cursor: number | null;
  narrowed: boolean;
  parts: ReadonlyMap<number, readonly LogLine[] | null>;
  onFollow: (follow: boolean) => void;
  onPick: (line: LogLine) => void;
  onExpand: (line: LogLine) => void;
  /** The topmost line on view is another; null while the end is followed. */
  onSeen: (at: number | null) => void;
};

/** The rows that one looks at: live, or standing still while one reads. */
export function LogRows(props: Props) {
  const { feed, follow, cursor, parts, wrap } = props;
  const { t } = useText();
  const head = useFeedHead(feed);
  const scroller = useRef<HTMLDivElement>(null);
  const block = useRef<HTMLDivElement>(null);
  const rows = head?.rows ?? { first: 0, next: 0 };
  const rowHeight = props.dense ? 17 : 20;
  const [leftAt, setLeftAt] = useState<number | null>(null);
  const { window, onScroll, show, wheel, hold, anchor, touched } = useRowWindow({
    scroller,
    block,
    feed,
    start: props.start,
    rows,
    rowHeight,
    uneven: wrap || parts.size > 0,
    follow,
    onLetGo: () => setFollow(false),
    onEnd: () => setFollow(true),
  });
  const marks = useMemo(() => new Set(head?.marks.map(({ index }) => index)), [head?.marks]);
  const lines = linesIn(feed, window.from, window.to);
  const look = useLook(props, lines, window.width);
  // The clock is asked by rows alone that show an age.
  const now = useNow();

  function setFollow(value: boolean): void {
    if (value === follow) return;
    if (!value) setLeftAt(rows.next);
    props.onFollow(value);
  }
  useImperativeHandle(props.ref, () => ({
    show(row, where) {
      if (follow) setFollow(false);
      else if (leftAt === null) setLeftAt(rows.next);
      show(row, where);
    },
    touched: () => touched.current,
    eye: (row) => eyeOf(block.current, scroller.current, row),
    seen: () => ({ from: window.seen, to: Math.min(rows.next, window.seen + window.fits), fits: window.fits }),
    focus: () => scroller.current?.focus({ preventScroll: true }),
  }));
  const topAt = follow ? null : (feed.row(window.seen)?.at ?? null);
  const { onSeen } = props;
  useEffect(() => onSeen(topAt), [topAt, onSeen]);
  const pointer = usePointer({ ...props, scroller, setFollow, wheel, hold });

  const fell = !follow && anchor.current.row < rows.first && feed.row(anchor.current.row) !== undefined;
  return (
    <div className={`log-body${props.dense ? " dense" : ""}`}>
      {head && <Skipped head={head} top={window.seen <= rows.first} />}
      <div
        ref={scroller}
        className={wrap ? "log-scroll wrap" : "log-scroll"}
        role="log"
        aria-label={props.label}
        aria-live="off"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex={0}
        onScroll={onScroll}
        {...pointer}
      >
        <div className="log-space" style={{ height: window.total }}>
          <div
            ref={block}
            className="log-block"
            style={{ transform: `translateY(${window.top}px)`, "--meta": `${metaWidth(look)}ch` } as CSSProperties}
          >
            {lines.map((line, at) => {
              const row = window.from + at;
              return (
                <Row
                  key={row}
                  row={row}
                  line={line}
                  look={look}
                  now={props.time === "relative" ? now : null}
                  cursor={row === cursor}
                  marked={line !== undefined && marks.has(line.index)}
                  parts={line && parts.get(line.index)}
                  gone={row < rows.first}
                />
              );
            })}
          </div>
        </div>
        {head && rows.next <= rows.first && <None head={head} narrowed={props.narrowed} />}
      </div>
      <div className="log-float">
        {fell && (
          <Button
            icon={<ArrowUpToLine size={14} />}
            title={t("logs.fellHint")}
            onClick={() => show(rows.first, "near")}
          >
            {t("logs.fell")}
          </Button>
        )}
        {!follow && (
          <Button
            look="primary"
            icon={<ArrowDown size={14} />}
            onClick={() => {
              setFollow(true);
              scroller.current?.focus();
            }}
          >
            {t("logs.jump", { count: Math.max(0, rows.next - Math.max(leftAt ?? rows.next, rows.first)) })}
          </Button>
        )}
      </div>
    </div>
  );
}

function linesIn(feed: LogFeed, from: number, to: number): (LogLine | undefined)[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, at) => feed.row(from + at));
}

/** Beside a list there is little room: times without fractions, names cut shorter. */
const narrowPx = 720;
const tightPx = 460;

function useLook({ names, find, time }: Props, lines: readonly (LogLine | undefined)[], width: number): RowLook {
  const now = Date.now();
  const day = lines.some((line) => line?.at != null && otherDay(line.at, now, time === "utc"));
  const fraction = width > narrowPx;
  const most = width > narrowPx ? 14 : width > tightPx ? 8 : 5;
  return useMemo(
    () => ({ names: names.length > 1 ? equalNames(names, most) : [], find, time, day, fraction }),
    [names, find, time, day, fraction, most],
  );
}

/** Lines that are not there stand where they would: above the oldest. */
function Skipped({ head, top }: { head: LogHead; top: boolean }) {
  const { t } = useText();
  if (head.skipped === 0 || !top) return null;
  return (
    <div className="log-skipped" title={t("logs.skippedHint")}>
      {t("logs.skipped", { count: head.skipped })}
    </div>
  );
}

function None({ head, narrowed }: { head: LogHead; narrowed: boolean }) {
  const { t } = useText();
  const searching = head.rows.searchedTo < head.next;
  return (
    <p className="log-none muted">
      {searching ? t("logs.searching") : t(narrowed && head.next > head.first ? "logs.noMatch" : "logs.nothing")}
    </p>
  );
}

function eyeOf(block: HTMLElement | null, scroller: HTMLElement | null, wanted: number | null) {
  if (!block || !scroller) return null;
  const { top, bottom } = scroller.getBoundingClientRect();
  let first: { index: number; row: number; y: number } | null = null;
  for (const element of block.children) {
    const { dataset } = element as HTMLElement;
    if (dataset.index === undefined) continue;
    const box = element.getBoundingClientRect();
    if (box.bottom <= top + 1 || box.top >= bottom) continue;
    const here = { index: Number(dataset.index), row: Number(dataset.row), y: box.top - top };
    if (here.row === wanted) return here;
    first ??= here;
  }
  return first;
}

type Pointer = Pick<Props, "onPick" | "onExpand"> & {
  scroller: { current: HTMLDivElement | null };
  feed: LogFeed;
  follow: boolean;
  setFollow: (follow: boolean) => void;
  wheel: () => void;
  hold: (held: boolean) => void;
};

/** The mouse: a wheel upwards lets go at once, a press holds all still, a click chooses, a selection is left alone. */
function usePointer({ scroller, feed, follow, setFollow, wheel, hold, onPick, onExpand }: Pointer) {
  return {
    onWheel: ({ deltaY }: { deltaY: number }) => {
      wheel();
      if (deltaY < 0 && follow && (scroller.current?.scrollTop ?? 0) > 0) setFollow(false);
    },
    onPointerDown: () => hold(true),
    onPointerUp: () => hold(false),
    onPointerCancel: () => hold(false),
    onPointerLeave: () => hold(false),
    onClick: (event: MouseEvent<HTMLElement>) => {
      const target = event.target as HTMLElement;
      if (!document.getSelection()?.isCollapsed) return setFollow(false);
      const element = target.closest<HTMLElement>("[data-row]");
      const line = element ? feed.row(Number(element.dataset.row)) : undefined;
      if (line === undefined) return;
      setFollow(false);
      if (target.closest("[data-expand]")) onExpand(line);
      else onPick(line);
    },
  };
}
