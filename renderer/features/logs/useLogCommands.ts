import type { RefObject } from "react";
import type { LogFilter, LogHead, LogLine } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { useClient } from "../../client/hooks.ts";
import { toProblem } from "../../client/problem.ts";
import { useToast } from "../../ui/index.ts";
import type { LogFeed } from "./feed/feed.ts";
import type { OpenLog } from "./feed/useLog.ts";
import { cleared, isNarrowed, type Query, wordsOf } from "./filter/query.ts";
import type { LogCommand } from "./keys.ts";
import type { SideTab } from "./LogSide.tsx";
import { timeModes } from "./line/times.ts";
import type { RowsHandle } from "./rows/LogRows.tsx";
import { useLogKeys } from "./useLogKeys.ts";
import type { Cursor, Target } from "./useLogNav.ts";
import type { LogLook } from "./ViewOptions.tsx";

type Parts = ReadonlyMap<number, readonly LogLine[] | null>;

type Options = {
  log: OpenLog;
  feed: LogFeed | null;
  head: LogHead | null;
  line: LogLine | null;
  cursor: Cursor | null;
  query: Query;
  settled: Query;
  follow: boolean;
  look: LogLook;
  side: SideTab | null;
  rows: RefObject<RowsHandle | null>;
  root: RefObject<HTMLElement | null>;
  parts: Parts;
  everywhere: boolean;
  setQuery: (query: Query) => void;
  setCursor: (cursor: Cursor | null) => void;
  setFollow: (follow: boolean) => void;
  setLook: (look: LogLook) => void;
  setSide: (side: SideTab | null) => void;
  setParts: (parts: Parts) => void;
  choose: (row: number, where?: "middle" | "near") => void;
  locate: (target: Target, under?: LogFilter | null) => Promise<{ row: number; index: number; exact: boolean } | null>;
};

/** What a person does in a log, by key or by mouse. */
export function useLogCommands(options: Options) {
  const { log, head, line, cursor, query, settled, follow, look, side, rows, parts } = options;
  const { setQuery, setCursor, setFollow, setLook, setSide, setParts, choose, locate } = options;
  const { t, problem } = useText();
  const client = useClient();
  const toast = useToast();
  const bufferId = log.bufferId ?? "";
  const say = (error: unknown) => toast({ tone: "danger", text: problem(toProblem(error)).what });

  function step(by: number): void {
    if (head === null) return;
    const seen = rows.current?.seen();
    const from = cursor?.row ?? (follow || by < 0 ? (seen?.to ?? head.rows.next) : (seen?.from ?? 0) - 1);
    const row = Math.min(head.rows.next - 1, Math.max(head.rows.first, from + by));
    if (row >= head.rows.first) choose(row, "near");
  }

  /** The next line that fits the words; where nothing is found, row by row; without words, the next one that warns. */
  async function hit(backwards: boolean): Promise<void> {
    const words = wordsOf(settled);
    if (settled.mode === "filter" && isNarrowed(settled)) {
      step(backwards ? -1 : 1);
      return;
    }
    const find = settled.mode === "find" && words ? words : { levels: ["error" as const, "warn" as const] };
    const seen = rows.current?.seen();
    const row = cursor?.row ?? (backwards ? (seen?.to ?? 0) : Math.max(0, (seen?.from ?? 0) - 1));
    const found = await locate({ by: "find", row, find, backwards });
    if (found === null || found.row === row) toast({ tone: "ok", text: t("logs.noHit") });
    else choose(found.row);
  }

  function edge(end: boolean): void {
    if (end) {
      setCursor(null);
      setFollow(true);
    } else if (head) choose(head.rows.first, "near");
  }

  async function goTo(at: number): Promise<void> {
    const found = await locate({ by: "time", at });
    if (found) choose(found.row);
  }

  async function goToIndex(index: number): Promise<void> {
    const found = await locate({ by: "index", index });
    if (found === null) return;
    // A line that the filter hides is shown among all lines.
    if (!found.exact && isNarrowed(query)) {
      const bare = await locate({ by: "index", index }, null);
      if (bare?.exact) setQuery(cleared(query));
    }
    choose(found.row);
  }

  async function expand(folded: LogLine): Promise<void> {
    if (folded.folded === 0) return;
    const next = new Map(parts);
    if (next.delete(folded.index)) {
      setParts(next);
      return;
    }
    try {
      const found = await client.logs.line({ bufferId, index: folded.index });
      setParts(new Map(next).set(folded.index, found.parts));
    } catch (error) {
      say(error);
    }
  }

  const mark = (index: number, note: string) => client.logs.mark({ bufferId, index, note }).catch(say);
  const unmark = (index: number) => client.logs.unmark({ bufferId, index }).catch(say);

  function pick(picked: LogLine): void {
    choose(picked.row, "near");
    setSide("line");
  }

  function context(): void {
    if (isNarrowed(query)) setQuery(cleared(query));
  }

  function leave(): boolean {
    if (side !== null) setSide(null);
    else if (cursor !== null) setCursor(null);
    else return false;
    rows.current?.focus();
    return true;
  }

  const withLine = (act: (line: LogLine) => unknown) => () => void (line && act(line));
  const acts: Record<LogCommand["kind"], (command: LogCommand) => void> = {
    move: (command) => command.kind === "move" && step(command.by),
    page: (command) => command.kind === "page" && step(command.by * Math.max(1, (rows.current?.seen().fits ?? 20) - 2)),
    edge: (command) => command.kind === "edge" && edge(command.end),
    hit: (command) => command.kind === "hit" && void hit(command.backwards),
    follow: () => setFollow(!follow),
    wrap: () => setLook({ ...look, wrap: !look.wrap }),
    time: () => setLook({ ...look, time: timeModes[(timeModes.indexOf(look.time) + 1) % timeModes.length] ?? "local" }),
    marks: () => setSide(side === "marks" ? null : "marks"),
    context,
    open: withLine(() => setSide(side === "line" ? null : "line")),
    expand: withLine(expand),
    mark: withLine(({ index }) =>
      head?.marks.some((known) => known.index === index) ? unmark(index) : mark(index, ""),
    ),
    copy: withLine(({ text }) =>
      navigator.clipboard.writeText(text).then(() => toast({ tone: "ok", text: t("common.copied") }), say),
    ),
  };
  const run = (command: LogCommand): void => acts[command.kind](command);

  useLogKeys({ root: options.root, everywhere: options.everywhere, run, escape: leave });
  return { hit, goTo, goToIndex, expand, mark, unmark, pick, context, leave };
}
