import { useEffect, useMemo, useRef, useState } from "react";
import type { LogHead, LogLine, LogSourceRef, Problem } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { Skeleton } from "../../ui/index.ts";
import { ProblemBanner } from "../common/index.ts";
import { useDebounced } from "../launch/useDebounced.ts";
import { DensityBar, useDensity } from "./DensityBar.tsx";
import { rowsIn } from "./density.ts";
import { useCalmHead, useLog, useSession } from "./feed/useLog.ts";
import { FilterBar } from "./filter/FilterBar.tsx";
import { FilterChips } from "./filter/FilterChips.tsx";
import { emptyQuery, filterOf, hitsOf, isNarrowed, type Query, toggled, wordsOf } from "./filter/query.ts";
import { LogActions } from "./LogActions.tsx";
import { LogFoot } from "./LogFoot.tsx";
import { LogSide, type SideTab } from "./LogSide.tsx";
import { logPath, type Place } from "./route.ts";
import { LogRows, type RowsHandle } from "./rows/LogRows.tsx";
import { shortNames } from "./sources/names.ts";
import { SourceLegend } from "./sources/SourceLegend.tsx";
import { useFilterChange } from "./useFilterChange.ts";
import { useFinder } from "./useFinder.ts";
import { useLogCommands } from "./useLogCommands.ts";
import { useCursor, useLocate, usePlace } from "./useLogNav.ts";
import { useStored } from "./useStored.ts";
import type { LogLook } from "./ViewOptions.tsx";
import "./logs.css";

type Props = {
  sources: readonly LogSourceRef[];
  /** What the log is called. */
  name: string;
  /** It is the page: its keys are heard everywhere on it. */
  slash?: boolean;
  /** It stands in a drawer: lines are broken at first, and what one seldom needs is left out. */
  narrow?: boolean;
  /** The line to open it at. */
  place?: Place | null;
};

const firstLook: LogLook = { time: "local", wrap: false, dense: false };
/** Lines of the past; more of them where a line is looked for. */
const tails = { live: 5_000, place: 100_000 };

/** A log as the core holds it: live, masked, one source or many, under a filter, and no more of it than one looks at. */
export function LogView({ sources, name, slash = false, narrow = false, place = null }: Props) {
  const { t } = useText();
  const root = useRef<HTMLDivElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const rows = useRef<RowsHandle>(null);
  const [query, setQuery] = useState<Query>(emptyQuery);
  const [follow, setFollow] = useState(place === null);
  const [look, setLook] = useStored<LogLook>(narrow ? "log-look-narrow" : "log-look", { ...firstLook, wrap: narrow });
  const [side, setSide] = useState<SideTab | null>(null);
  const [parts, setParts] = useState<ReadonlyMap<number, readonly LogLine[] | null>>(new Map());
  const [at, setAt] = useState<number | null>(null);
  const [inexact, setInexact] = useState(false);

  const settled = { ...query, text: useDebounced(query.text, 150) };
  const filter = filterOf(settled);
  const log = useLog(sources, place === null ? tails.live : tails.place, filter);
  const session = useSession(log.session);
  const feed = session?.feed ?? null;
  const head = useCalmHead(feed);
  const locate = useLocate({ bufferId: log.bufferId, filter: session?.filter });
  const { cursor, line, setCursor } = useCursor(feed, session?.landing ?? null);
  const start = useFilterChange({
    ...{ session: log.session, filter, rows, follow },
    ...{ row: cursor?.row ?? null, landing: session?.landing ?? null },
  });
  const find = useFinder(settled);
  const names = useMemo(() => shortNames(head?.sources ?? []), [head?.sources]);
  const narrowed = isNarrowed(query);
  const finding = settled.mode === "find" && wordsOf(settled) !== null;
  const density = useDensity(log.bufferId, finding ? hitsOf(settled) : session?.filter, head);
  const utc = look.time === "utc";

  const choose = (row: number, where: "middle" | "near" = "middle") => {
    if (feed === null) return;
    setCursor({ feed, row });
    rows.current?.show(row, where);
  };
  // What opens beside the rows, or below them, must not cover the line that it tells of.
  const chosen = cursor?.row ?? null;
  useEffect(() => {
    if (side === null || chosen === null) return;
    const frame = requestAnimationFrame(() => rows.current?.show(chosen, "near"));
    return () => cancelAnimationFrame(frame);
  }, [side, chosen]);
  usePlace(place, { ...log, feed, filter: session?.filter }, (row, exact) => {
    choose(row);
    setInexact(!exact);
  });
  const commands = useLogCommands({
    ...{ log, feed, head, line, cursor, query, settled, follow, look, side, rows, root, parts, everywhere: slash },
    ...{ setQuery, setCursor, setFollow, setLook, setSide, setParts, choose, locate },
  });

  if (log.problem) return <Broken problem={log.problem} />;
  const linkOf = (where: Place) => `${location.href.split("#")[0]}#${logPath(sources, where)}`;
  return (
    <div ref={root} className={narrow ? "log narrow" : "log"}>
      {head && head.sources.length > 1 && (
        <SourceLegend
          sources={head.sources}
          names={names}
          chosen={query.sources}
          onToggle={(source) => setQuery({ ...query, sources: toggled(query.sources, source) })}
        />
      )}
      <div className="log-bar">
        <FilterBar
          query={query}
          head={head}
          slash={slash}
          refused={session?.refused ?? null}
          hits={finding && density ? rowsIn(density) : null}
          box={box}
          onQuery={setQuery}
          onHit={(backwards) => void commands.hit(backwards)}
          onLeave={() => rows.current?.focus()}
        />
        {log.bufferId !== null && head && (
          <LogActions
            bufferId={log.bufferId}
            head={head}
            filter={session?.filter}
            narrowed={narrowed}
            look={look}
            fold={query.fold}
            follow={follow}
            marks={side === "marks"}
            onFollow={setFollow}
            onLook={setLook}
            onFold={(fold) => setQuery({ ...query, fold })}
            onMarks={() => setSide(side === "marks" ? null : "marks")}
          />
        )}
      </div>
      <FilterChips query={query} names={names} counts={head && <Counts head={head} />} onQuery={setQuery} />
      {density && density.buckets.length > 0 && head && (
        <DensityBar
          density={density}
          marks={head.marks}
          narrowed={narrowed || finding}
          utc={utc}
          at={at}
          onGo={(time) => void commands.goTo(time)}
        />
      )}
      {inexact && (
        <p className="log-notice" role="status">
          {t("logs.placeGone")}
        </p>
      )}
      {head?.problem && head.sources.length === 1 && <ProblemBanner problem={head.problem} tone="warn" />}
      {session?.problem && <ProblemBanner problem={session.problem} tone="warn" />}
      <div className="log-main">
        {feed === null ? (
          <Skeleton label={t("common.loading")} rows={12} />
        ) : (
          <LogRows
            ref={rows}
            label={t("logs.of", { name })}
            feed={feed}
            start={start}
            names={names}
            find={find}
            time={look.time}
            wrap={look.wrap}
            dense={look.dense}
            follow={follow}
            cursor={cursor?.row ?? null}
            narrowed={narrowed}
            parts={parts}
            onFollow={setFollow}
            onPick={commands.pick}
            onExpand={(picked) => void commands.expand(picked)}
            onSeen={setAt}
          />
        )}
        {side !== null && log.bufferId !== null && head && (
          <LogSide
            {...{ bufferId: log.bufferId, head, line, names, utc, find, narrowed, linkOf }}
            tab={side}
            onTab={setSide}
            onClose={() => commands.leave()}
            onMark={(index, note) => void commands.mark(index, note)}
            onUnmark={(index) => void commands.unmark(index)}
            onContext={commands.context}
            onQuery={(change) => setQuery({ ...query, ...change(query) })}
            onGo={(index) => void commands.goToIndex(index)}
          />
        )}
      </div>
      <span className="visually-hidden" role="status">
        {line && cursor
          ? `${line.level ?? ""} ${names.length > 1 ? names[line.source] : ""} ${line.text.slice(0, 300)}`
          : ""}
      </span>
      {head && <LogFoot head={head} time={look.time} />}
    </div>
  );
}

export default LogView;

function Broken({ problem }: { problem: Problem }) {
  return (
    <div className="page-body">
      <ProblemBanner problem={problem} />
    </div>
  );
}

/** How many lines are left, and how far the core has looked. */
function Counts({ head }: { head: LogHead }) {
  const { t, fmt } = useText();
  const total = head.next - head.first;
  const left = head.next - Math.max(head.first, head.rows.searchedTo);
  return (
    <span className="log-counts nowrap" role="status">
      {t("logs.matches", { shown: fmt.number(head.rows.next - head.rows.first), total: fmt.number(total) })}
      {left > 20_000 && <span className="muted"> {fmt.percent(100 - (100 * left) / Math.max(1, total))}</span>}
    </span>
  );
}
