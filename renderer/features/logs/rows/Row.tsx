import { Bookmark, ChevronDown, ChevronRight } from "lucide-react";
import { memo, useMemo } from "react";
import type { LogLine } from "../../../../electron/contract/index.ts";
import { useText } from "../../../app/i18n/index.tsx";
import { type Finder, piecesOf } from "../line/pieces.ts";
import { cutForList, statusTone, summaryOf } from "../line/summary.ts";
import { clockOf, stampOf, type TimeMode } from "../line/times.ts";

/** How rows look; the same object as long as nothing of it changes. */
export type RowLook = {
  time: TimeMode;
  /** The day stands before the time, since not all rows are of today. */
  day: boolean;
  /** Short names of the sources; empty where there is one alone. */
  names: readonly string[];
  find: Finder | null;
};

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
      <div className="log-row" data-row={row}>
        <div className="log-line pending">{gone ? t("logs.goneLine") : "…"}</div>
      </div>
    );
  }
  const state = [cursor && "cursor", marked && "marked"].filter(Boolean).join(" ");
  return (
    <div className={`log-row ${state}`} data-row={row} data-index={line.index}>
      <LineBody line={line} look={look} now={now} marked={marked} open={parts !== undefined} />
      {parts?.map((part) => (
        <LineBody key={part.index} line={part} look={look} now={now} marked={false} open={false} />
      ))}
    </div>
  );
});

type BodyProps = { line: LogLine; look: RowLook; now: number | null; marked: boolean; open: boolean };

function LineBody({ line, look, now, marked, open }: BodyProps) {
  const { t } = useText();
  const name = look.names[line.source];
  const kind = line.level ? ` level-${line.level}` : "";
  return (
    <div className={`log-line ${line.stream}${kind}${line.part ? " part" : ""}`}>
      <span className="log-mark">{marked && <Bookmark size={11} aria-label={t("logs.marked")} />}</span>
      {look.time !== "none" && <Time at={line.at} mode={look.time} day={look.day} now={now} />}
      {name !== undefined && (
        <span className={`log-source source-${line.source % 8}`} title={name}>
          {name}
        </span>
      )}
      <span className="log-level" title={line.stream}>
        {line.level ?? (line.stream === "stderr" ? "err" : "")}
      </span>
      <LineText line={line} look={look} />
      {line.folded > 0 && (
        <button type="button" className="log-fold" data-expand={line.index} aria-expanded={open} tabIndex={-1}>
          {open ? <ChevronDown size={11} aria-hidden="true" /> : <ChevronRight size={11} aria-hidden="true" />}
          {t("logs.folded", { count: line.folded })}
        </button>
      )}
    </div>
  );
}

function Time({ at, mode, day, now }: { at: number | null; mode: TimeMode; day: boolean; now: number | null }) {
  const { fmt } = useText();
  if (at === null) return <span className="log-time" />;
  if (mode === "relative") {
    const age = Math.max(0, (now ?? at) - at);
    return (
      <span className="log-time" title={stampOf(at, false)}>
        {fmt.duration(age < 1000 ? 0 : Math.floor(age / 1000) * 1000)}
      </span>
    );
  }
  const { time, fraction } = clockOf(at, mode === "utc", day);
  return (
    <span className="log-time" title={stampOf(at, mode === "utc")}>
      {time}
      <span className="fraction">{fraction}</span>
    </span>
  );
}

function LineText({ line, look }: { line: LogLine; look: RowLook }) {
  const { t, fmt } = useText();
  const { text, left } = cutForList(line.text);
  const summary = useMemo(() => summaryOf(line.text), [line.text]);
  const tone = statusTone(summary?.status ?? null);
  const data = summary !== null || /^\s*[{[]/.test(text);
  return (
    <span className={data ? "log-text data" : "log-text"}>
      {summary !== null && (
        <span className={tone === null ? "log-summary" : `log-summary tone-${tone}`}>{summary.text} </span>
      )}
      <Pieces text={text} find={look.find} />
      {left > 0 && <span className="log-cut">{t("logs.cut", { left: fmt.number(left) })}</span>}
    </span>
  );
}

export function Pieces({ text, find }: { text: string; find: Finder | null }) {
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
