import { useEffect, useMemo, useRef, useState } from "react";
import type { LogLine, LogSourceRef } from "../../../electron/contract/index.ts";
import { useDebounced } from "../launch/useDebounced.ts";
import { useDensity } from "./DensityBar.tsx";
import { useCalmHead, useLog, useSession } from "./feed/useLog.ts";
import { emptyQuery, filterOf, hitsOf, isNarrowed, type Query, wordsOf } from "./filter/query.ts";
import type { SideTab } from "./LogSide.tsx";
import type { Place } from "./route.ts";
import type { RowsHandle } from "./rows/LogRows.tsx";
import { shortNames } from "./sources/names.ts";
import { useFilterChange } from "./useFilterChange.ts";
import { useFinder } from "./useFinder.ts";
import { useLogCommands } from "./useLogCommands.ts";
import { useCursor, useLocate, usePlace } from "./useLogNav.ts";
import { useStored } from "./useStored.ts";
import type { LogLook } from "./ViewOptions.tsx";

export type LogViewProps = {
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

export type LogViewState = ReturnType<typeof useLogView>;

const firstLook: LogLook = { time: "local", wrap: false, dense: false };
/** Lines of the past; more of them where a line is looked for. */
const tails = { live: 5_000, place: 100_000 };

/** What a view of a log knows and can do; what it looks like is told elsewhere. */
export function useLogView({ sources, slash = false, narrow = false, place = null }: LogViewProps) {
  const root = useRef<HTMLDivElement>(null);
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
  const names = useNames(shortNames(head?.sources ?? []));
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

  return {
    ...{ root, rows, log, session, feed, head, query, settled, filter: session?.filter, follow, look, side, parts },
    ...{ at, inexact, cursor, line, start, find, names, narrowed, finding, density, utc, commands },
    ...{ setQuery, setFollow, setLook, setSide, setAt },
  };
}

/** The same list as long as it holds the same names: a head comes several times a second, and brings them anew. */
function useNames(names: readonly string[]): readonly string[] {
  const key = JSON.stringify(names);
  return useMemo(() => JSON.parse(key) as string[], [key]);
}
