import type { LogHead, Problem } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { Skeleton } from "../../ui/index.ts";
import { ProblemBanner } from "../common/index.ts";
import { DensityBar } from "./DensityBar.tsx";
import { rowsIn } from "./density.ts";
import { FilterBar } from "./filter/FilterBar.tsx";
import { FilterChips } from "./filter/FilterChips.tsx";
import { toggled } from "./filter/query.ts";
import { LogActions } from "./LogActions.tsx";
import { LogFoot } from "./LogFoot.tsx";
import { LogSide } from "./LogSide.tsx";
import { logPath, type Place } from "./route.ts";
import { LogRows } from "./rows/LogRows.tsx";
import { SourceLegend } from "./sources/SourceLegend.tsx";
import { type LogViewProps, type LogViewState, useLogView } from "./useLogView.ts";
import "./logs.css";

/** A log as the core holds it: live, masked, one source or many, under a filter, and no more of it than one looks at. */
export function LogView(props: LogViewProps) {
  const view = useLogView(props);
  const { log, head, line, cursor, names } = view;
  if (log.problem) return <Broken problem={log.problem} />;
  const said = line && cursor && [line.level, names.length > 1 && names[line.source], line.text.slice(0, 300)];
  return (
    <div ref={view.root} className={props.narrow ? "log narrow" : "log"}>
      <LogTop view={view} slash={props.slash ?? false} />
      <LogNotices view={view} />
      <LogMain view={view} {...props} />
      <span className="visually-hidden" role="status">
        {said ? said.filter(Boolean).join(" ") : ""}
      </span>
      {head && <LogFoot head={head} time={view.look.time} />}
    </div>
  );
}

export default LogView;

type ViewProps = { view: LogViewState };

/** What is looked for, among which lines, and when they were. */
function LogTop({ view, slash }: ViewProps & { slash: boolean }) {
  const { log, head, query, names, density, side, commands, setQuery } = view;
  return (
    <>
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
          refused={view.session?.refused ?? null}
          hits={view.finding && density ? rowsIn(density) : null}
          onQuery={setQuery}
          onHit={(backwards) => void commands.hit(backwards)}
          onLeave={() => view.rows.current?.focus()}
        />
        {log.bufferId !== null && head && (
          <LogActions
            {...{ bufferId: log.bufferId, head, filter: view.filter, narrowed: view.narrowed }}
            {...{ look: view.look, fold: query.fold, follow: view.follow, marks: side === "marks" }}
            onFollow={view.setFollow}
            onLook={view.setLook}
            onFold={(fold) => setQuery({ ...query, fold })}
            onMarks={() => view.setSide(side === "marks" ? null : "marks")}
          />
        )}
      </div>
      <FilterChips query={query} names={names} counts={head && <Counts head={head} />} onQuery={setQuery} />
      {density && density.buckets.length > 0 && head && (
        <DensityBar
          density={density}
          marks={head.marks}
          narrowed={view.narrowed || view.finding}
          utc={view.utc}
          at={view.at}
          onGo={(time) => void commands.goTo(time)}
        />
      )}
    </>
  );
}

/** What one has to know of the whole log. */
function LogNotices({ view: { head, session, inexact } }: ViewProps) {
  const { t } = useText();
  return (
    <>
      {inexact && (
        <p className="log-notice" role="status">
          {t("logs.placeGone")}
        </p>
      )}
      {head?.problem && head.sources.length === 1 && <ProblemBanner problem={head.problem} tone="warn" />}
      {session?.problem && <ProblemBanner problem={session.problem} tone="warn" />}
    </>
  );
}

/** The rows, and what stands beside them. */
function LogMain({ view, name, sources }: ViewProps & LogViewProps) {
  const { t } = useText();
  const { log, feed, head, line, look, names, utc, find, narrowed, side, query, commands } = view;
  const linkOf = (where: Place) => `${location.href.split("#")[0]}#${logPath(sources, where)}`;
  return (
    <div className="log-main">
      {feed === null ? (
        <Skeleton label={t("common.loading")} rows={12} />
      ) : (
        <LogRows
          ref={view.rows}
          label={t("logs.of", { name })}
          {...{ feed, names, find, narrowed, start: view.start, parts: view.parts, follow: view.follow }}
          {...{ time: look.time, wrap: look.wrap, dense: look.dense }}
          cursor={view.cursor?.row ?? null}
          onFollow={view.setFollow}
          onPick={commands.pick}
          onExpand={(picked) => void commands.expand(picked)}
          onSeen={view.setAt}
        />
      )}
      {side !== null && log.bufferId !== null && head && (
        <LogSide
          {...{ bufferId: log.bufferId, head, line, names, utc, find, narrowed, linkOf }}
          tab={side}
          onTab={view.setSide}
          onClose={() => commands.leave()}
          onMark={(index, note) => void commands.mark(index, note)}
          onUnmark={(index) => void commands.unmark(index)}
          onContext={commands.context}
          onQuery={(change) => view.setQuery({ ...query, ...change(query) })}
          onGo={(index) => void commands.goToIndex(index)}
        />
      )}
    </div>
  );
}

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
    <span className="log-counts nowrap">
      {t("logs.matches", { shown: fmt.number(head.rows.next - head.rows.first), total: fmt.number(total) })}
      {left > 20_000 && <span className="muted"> {fmt.percent(100 - (100 * left) / Math.max(1, total))}</span>}
    </span>
  );
}
