import { Bookmark, ChevronDown, ChevronRight } from "lucide-react";
import { memo, useMemo } from "react";
import type { LogLine } from "../../../../electron/contract/index.ts";
import { useText } from "../../../app/i18n/index.tsx";
import { shownText } from "../line/note.ts";
import { type Finder, piecesOf } from "../line/pieces.ts";
import { cutForList, statusTone, summaryOf } from "../line/summary.ts";
import { clockOf, type TimeMode } from "../line/times.ts";

/** How rows look; the same object as long as nothing of it changes. */
export type RowLook = {
  time: TimeMode;
  /** The day stands before the time, since not all rows are of today. */
  day: boolean;
  /** With parts of a second. */
  fraction: boolean;
  /** Short names of the sources, all of one length; empty where there is one alone. */
  names: readonly string[];
  find: Finder | null;
};

/** Characters before a line's text: rows are plain text in a font of one width, which is the cheapest to lay out. */
export function metaWidth({ time, day, fraction, names }: Omit<RowLook, "find">): number {
  const clock = time === "none" ? 0 : time === "relative" ? 6 : 8 + (day ? 6 : 0) + (fraction ? 4 : 0);
  return (clock > 0 ? clock + 1 : 0) + (names[0] === undefined ? 0 : names[0].length + 1) + levelWidth;
}

const levelWidth = 6;

type RowProps = {
  row: number;
  line: LogLine | undefined;
  look: RowLook;
  /** The wall clock, for relative times alone. */
  now: number | null;
  cursor: boolean;
  marked: boolean;
  /** Lines that are folded into it, once they are unfolded; null while they come. */
  parts: readonly LogLine[] | null | undefined;
  /** It fell out of the log before it was looked at. */
  gone: boolean;
};

/** One row. What is done with it, the list does: a thousand rows have no thousand listeners. */
export const Row = memo(function Row({ row, line, look, now, cursor, marked, parts, gone }: RowProps) {
  const { t } = useText();
  if (!line) {
    return (
      <div className="log-row log-line pending" data-row={row}>
        {gone ? t("logs.goneLine") : "…"}
      </div>
    );
  }
  const state = `log-row${cursor ? " cursor" : ""}${marked ? " marked" : ""}`;
  const body = <LineBody line={line} look={look} now={now} marked={marked} open={parts !== undefined} />;
  if (!parts) {
    return (
      <div className={`${state} ${lineClass(line)}`} data-row={row} data-index={line.index}>
        {body}
      </div>
    );
  }
  return (
    <div className={state} data-row={row} data-index={line.index}>
      <div className={lineClass(line)}>{body}</div>
      {parts.map((part) => (
        <div key={part.index} className={`${lineClass(part)} part`}>
          <LineBody line={part} look={look} now={now} marked={false} open={false} />
        </div>
      ))}
    </div>
  );
});

function lineClass({ stream, level }: LogLine): string {
  return `log-line ${stream}${level ? ` level-${level}` : ""}`;
}

type BodyProps = { line: LogLine; look: RowLook; now: number | null; marked: boolean; open: boolean };

function LineBody({ line, look, now, marked, open }: BodyProps) {
  const { t, fmt } = useText();
  const name = look.names[line.source];
  const level = line.level ?? (line.stream === "stderr" ? "err" : "");
  const time = look.time === "none" ? null : timeOf(line.at, look, now, fmt.duration);
  return (
    <>
      {marked && <Bookmark className="log-mark" size={11} aria-label={t("logs.marked")} />}
      {time !== null && <span className="log-time">{`${time} `}</span>}
      {name !== undefined && <span className={`log-source source-${line.source % 8}`}>{`${name} `}</span>}
      <span className="log-level">{level.padEnd(levelWidth)}</span>
      <LineText line={line} look={look} />
      {line.folded > 0 && (
        <button type="button" className="log-fold" data-expand={line.index} aria-expanded={open} tabIndex={-1}>
          {open ? <ChevronDown size={11} aria-hidden="true" /> : <ChevronRight size={11} aria-hidden="true" />}
          {t("logs.folded", { count: line.folded })}
        </button>
      )}
    </>
  );
}

function timeOf(at: number | null, look: RowLook, now: number | null, age: (ms: number) => string): string {
  const { time: mode, day } = look;
  if (mode === "relative") {
    const ms = at === null ? null : Math.max(0, Math.floor(((now ?? at) - at) / 1000) * 1000);
    return (ms === null ? "" : age(ms)).padStart(6);
  }
  const { time, fraction } = at === null ? { time: "", fraction: "" } : clockOf(at, mode === "utc", day);
  const text = look.fraction ? time + fraction : time;
  return text.padEnd(8 + (day ? 6 : 0) + (look.fraction ? 4 : 0));
}

function LineText({ line, look }: { line: LogLine; look: RowLook }) {
  const words = useText();
  const { t, fmt } = words;
  const { text, left } = cutForList(shownText(words, line));
  const summary = useMemo(() => summaryOf(line.text), [line.text]);
  const tone = statusTone(summary?.status ?? null);
  const data = summary !== null || /^\s*[{[]/.test(text);
  const pieces = <Pieces text={text} find={look.find} />;
  return (
    <>
      {summary !== null && (
        <span className={tone === null ? "log-summary" : `log-summary tone-${tone}`}>{`${summary.text} `}</span>
      )}
      {data ? <span className="log-data">{pieces}</span> : pieces}
      {left > 0 && <span className="log-cut">{t("logs.cut", { left: fmt.number(left) })}</span>}
    </>
  );
}

/** Text with what is masked and what was found marked. */
export function Pieces({ text, find }: { text: string; find: Finder | null }) {
  // Most lines hold neither.
  if (find === null && !text.includes("********") && !text.includes("[secret:")) return text;
  return piecesOf(text, find).map((piece, at) => {
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
  });
}
