import { ChevronDown, ChevronUp, Regex } from "lucide-react";
import type { KeyboardEvent } from "react";
import type { LogHead, LogLevel, Problem } from "../../../../electron/contract/index.ts";
import { useText } from "../../../app/i18n/index.tsx";
import { IconButton, SearchBox, Segmented } from "../../../ui/index.ts";
import { type Query, toggled, wordsOf } from "./query.ts";

const levels: readonly LogLevel[] = ["error", "warn", "info", "debug"];

type Props = {
  query: Query;
  head: LogHead | null;
  slash: boolean;
  refused: Problem | null;
  /** How many lines fit what is being found; null while that is not known. */
  hits: number | null;
  onQuery: (query: Query) => void;
  onHit: (backwards: boolean) => void;
  onLeave: () => void;
};

/** The words, what is done with them, and the levels with how many lines each has. */
export function FilterBar({ query, head, slash, refused, hits, onQuery, onHit, onLeave }: Props) {
  const { t, fmt } = useText();
  const finding = query.mode === "find";
  const words = wordsOf(query) !== null;
  function onKeyDown(event: KeyboardEvent<HTMLDivElement>): void {
    if (!(event.target instanceof HTMLInputElement)) return;
    if (event.key === "Enter" && words) {
      event.preventDefault();
      onHit(event.shiftKey);
    } else if (event.key === "ArrowDown" || (event.key === "Escape" && query.text === "")) {
      event.preventDefault();
      event.stopPropagation();
      onLeave();
    }
  }
  return (
    <>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: keys of the field inside it */}
      <div className="log-words" onKeyDown={onKeyDown}>
        <SearchBox
          slash={slash}
          label={t(finding ? "logs.find" : "logs.filter")}
          value={query.text}
          onChange={(text) => onQuery({ ...query, text })}
        />
        <IconButton
          label={t("logs.regex")}
          aria-pressed={query.regex}
          className={query.regex ? "on" : ""}
          onClick={() => onQuery({ ...query, regex: !query.regex })}
        >
          <Regex size={15} />
        </IconButton>
        <Segmented
          label={t("logs.mode")}
          value={query.mode}
          options={[
            { value: "filter", label: t("logs.mode.filter") },
            { value: "find", label: t("logs.mode.find") },
          ]}
          onChange={(mode) => onQuery({ ...query, mode })}
        />
        {finding && words && (
          <span className="row tight">
            <IconButton small label={t("logs.previous")} shortcut="N" onClick={() => onHit(true)}>
              <ChevronUp size={15} />
            </IconButton>
            <IconButton small label={t("logs.next")} shortcut="n" onClick={() => onHit(false)}>
              <ChevronDown size={15} />
            </IconButton>
            {hits !== null && <span className="muted nowrap">{t("logs.hits", { count: hits })}</span>}
          </span>
        )}
        {refused && <Refused problem={refused} />}
      </div>
      <fieldset className="segmented log-levels" aria-label={t("logs.levels")}>
        {levels.map((level) => (
          <button
            key={level}
            type="button"
            className={`level-${level}`}
            aria-pressed={query.levels.includes(level)}
            onClick={() => onQuery({ ...query, levels: toggled(query.levels, level) })}
          >
            {t(`level.${level}`)} <span className="count">{fmt.short(head?.levels[level] ?? 0)}</span>
          </button>
        ))}
      </fieldset>
    </>
  );
}

function Refused({ problem }: { problem: Problem }) {
  const { t, problem: words } = useText();
  const { field, reason } = problem.details;
  const expression = field === "regex" && typeof reason === "string";
  return (
    <p className="log-refused tone-danger" role="alert">
      {expression ? t("logs.regexRefused", { reason }) : words(problem).what}
    </p>
  );
}
