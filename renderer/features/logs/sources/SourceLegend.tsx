import type { LogHead, LogState } from "../../../../electron/contract/index.ts";
import { useText } from "../../../app/i18n/index.tsx";
import type { Tone } from "../../../ui/index.ts";

export const stateTones: Record<LogState, Tone> = {
  connecting: "accent",
  live: "ok",
  reconnecting: "warn",
  ended: "idle",
  removed: "idle",
  failed: "danger",
};

type Props = {
  sources: LogHead["sources"];
  names: readonly string[];
  /** Places of those that are shown; empty means all. */
  chosen: readonly number[];
  onToggle: (source: number) => void;
};

/** The sources of a merged log: colour, short name, how it goes, how many lines; a click shows it alone or with others. */
export function SourceLegend({ sources, names, chosen, onToggle }: Props) {
  const { t, fmt, problem } = useText();
  return (
    <fieldset className="log-legend" aria-label={t("logs.sources")}>
      {sources.map((source, at) => {
        const name = names[at] ?? source.name;
        const state = t(`logs.state.${source.state}`);
        const why = source.problem ? `: ${problem(source.problem).what}` : "";
        const full = source.hostName === "" ? source.name : `${source.name} · ${source.hostName}`;
        const on = chosen.length === 0 || chosen.includes(at);
        return (
          <button
            // biome-ignore lint/suspicious/noArrayIndexKey: a source is known by its place
            key={at}
            type="button"
            aria-pressed={chosen.includes(at)}
            className={`log-key source-${at % 8}${on ? "" : " off"}`}
            title={`${full}\n${state}${why}`}
            onClick={() => onToggle(at)}
          >
            <span className="swatch" aria-hidden="true" />
            <span className="truncate">{name}</span>
            {source.state === "live" ? (
              <span className="muted">{fmt.short(source.lines)}</span>
            ) : (
              <span className={`tone-${stateTones[source.state]}`}>{state}</span>
            )}
          </button>
        );
      })}
    </fieldset>
  );
}
