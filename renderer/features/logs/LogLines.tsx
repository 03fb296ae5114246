import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown } from "lucide-react";
import { memo, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { LogHead, LogLine } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { Button } from "../../ui/index.ts";
import { accessOf, piecesOf } from "./pieces.ts";
import type { LogBuffer } from "./useLogBuffer.ts";

const rowHeight = 20;

type Props = {
  label: string;
  buffer: LogBuffer;
  head: LogHead;
  filtered: boolean;
  query: string;
  wrap: boolean;
};

/**
 * The rows that one looks at. It follows the end until one scrolls up, and says how much came since. When lines fall
 * out of the core's ring while one reads, what is read stays where it is on the screen.
 */
export function LogLines({ label, buffer, head, filtered, query, wrap }: Props) {
  const { t, fmt } = useText();
  const scroller = useRef<HTMLDivElement>(null);
  const [follow, setFollow] = useState(true);
  const [leftAt, setLeftAt] = useState(head.next);
  const count = head.rows.next - head.rows.first;
  const indexAt = (row: number) => head.rows.first + row;

  const virtualizer = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    getItemKey: indexAt,
    overscan: 20,
  });
  const items = virtualizer.getVirtualItems();
  useStay(scroller, head.rows.first, follow, !wrap);

  useEffect(() => {
    buffer.want(items.map((item) => indexAt(item.index)));
  });
  useLayoutEffect(() => {
    const element = scroller.current;
    if (follow && element && count > 0) element.scrollTop = element.scrollHeight;
  });

  const lastTop = useRef(0);
  function onScroll(): void {
    const element = scroller.current;
    if (!element) return;
    const up = element.scrollTop < lastTop.current - 1;
    lastTop.current = element.scrollTop;
    const atEnd = element.scrollHeight - element.scrollTop - element.clientHeight < rowHeight;
    // Growth alone moves the end away without moving the view: only a move upwards means that one wants to read.
    if (up && !atEnd && follow) {
      setFollow(false);
      setLeftAt(head.next);
    } else if (!up && atEnd && !follow) setFollow(true);
  }

  const lost = head.skipped;
  return (
    <div className="log-body">
      {lost > 0 && <div className="log-skipped">{t("logs.skipped", { count: lost })}</div>}
      <div
        ref={scroller}
        className={wrap ? "log-scroll wrap" : "log-scroll"}
        role="log"
        aria-label={label}
        aria-live="off"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex={0}
        onScroll={onScroll}
      >
        <div className="log-space" style={{ height: virtualizer.getTotalSize() }}>
          {items.map((item) => {
            const index = indexAt(item.index);
            return (
              <div
                key={item.key}
                ref={wrap ? virtualizer.measureElement : undefined}
                data-index={item.index}
                className="log-place"
                style={{ transform: `translateY(${item.start}px)` }}
              >
                <Line line={buffer.cache.get(index)} query={query} time={fmt.exactTime} />
              </div>
            );
          })}
        </div>
        {count === 0 && <p className="log-none muted">{t(filtered ? "logs.noMatch" : "logs.nothing")}</p>}
      </div>
      {!follow && (
        <Button
          className="log-jump"
          look="primary"
          icon={<ArrowDown size={14} />}
          onClick={() => {
            setFollow(true);
            scroller.current?.focus();
          }}
        >
          {t("logs.jump", { count: Math.max(0, head.next - leftAt) })}
        </Button>
      )}
    </div>
  );
}

/** Moves the view up by what fell out at the top, so that the lines under the eye stay. */
function useStay(scroller: { current: HTMLElement | null }, first: number, follow: boolean, enabled: boolean): void {
  const before = useRef(first);
  useLayoutEffect(() => {
    const gone = first - before.current;
    before.current = first;
    if (enabled && !follow && gone > 0 && scroller.current) scroller.current.scrollTop -= gone * rowHeight;
  }, [first, follow, enabled, scroller]);
}

type LineProps = { line: LogLine | undefined; query: string; time: (at: number) => string };

const Line = memo(function Line({ line, query, time }: LineProps) {
  if (!line) return <div className="log-line pending">…</div>;
  const kind = line.level ? ` level-${line.level}` : /^\s*[{[]/.test(line.text) ? " data" : "";
  const access = kind === " data" ? accessOf(line.text) : null;
  const [, at = "", fraction = ""] = /^(.*?)([.,]\d+)?$/.exec(line.at === null ? "" : time(line.at)) ?? [];
  return (
    <div className={`log-line ${line.stream}${kind}`}>
      <span className="log-time">
        {at}
        <span className="fraction">{fraction}</span>
      </span>
      <span className="log-stream" title={line.stream}>
        {line.stream === "stderr" ? "err" : line.stream === "stdout" ? "out" : "···"}
      </span>
      <span className="log-level">{line.level ?? ""}</span>
      <span className="log-text">
        {access && <span className="log-access">{access} </span>}
        {piecesOf(line.text, query).map((piece, at) => {
          // biome-ignore-start lint/suspicious/noArrayIndexKey: pieces of one line have no other name than their place
          if (piece.kind === "mask") {
            return (
              <span key={at} className="masked">
                {piece.text}
              </span>
            );
          }
          return piece.kind === "hit" ? <mark key={at}>{piece.text}</mark> : piece.text;
          // biome-ignore-end lint/suspicious/noArrayIndexKey: end
        })}
      </span>
    </div>
  );
});
