import type { LogHead } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { Chip, State } from "../../ui/index.ts";
import { type TimeMode, zoneOf } from "./line/times.ts";
import { stateTones } from "./sources/SourceLegend.tsx";

/** How the log goes, how much of it is held, and everything that is not in it as it was written. */
export function LogFoot({ head, time }: { head: LogHead; time: TimeMode }) {
  const { t, fmt } = useText();
  const held = head.held.memory + head.held.disk;
  return (
    <footer className="log-foot">
      <HeadState head={head} />
      <span className="nowrap">{t("logs.lines", { count: head.next - head.first })}</span>
      {held > 0 && (
        <span
          className="muted nowrap wide-only"
          title={t("logs.heldHint", { memory: fmt.bytes(head.held.memory), disk: fmt.bytes(head.held.disk) })}
        >
          {fmt.bytes(held)}
        </span>
      )}
      {head.skipped > 0 && (
        <Chip tone="warn" square title={t("logs.skippedHint")}>
          {t("logs.skippedShort", { count: fmt.short(head.skipped) })}
        </Chip>
      )}
      <Masked head={head} />
      <Detected head={head} />
      {time !== "none" && (
        <span className="muted nowrap spread">
          {time === "utc" ? "UTC" : `${t("logs.zone")} ${zoneOf(Date.now())}`}
        </span>
      )}
    </footer>
  );
}

/** Of several sources, how many are live: one that failed does not make a log of five a failure. */
function HeadState({ head }: { head: LogHead }) {
  const { t } = useText();
  const live = head.sources.filter(({ state }) => state === "live").length;
  if (live > 0 && live < head.sources.length) {
    return <State tone="warn" word={t("logs.someLive", { live, total: head.sources.length })} />;
  }
  return (
    <State
      tone={stateTones[head.state]}
      busy={head.state === "connecting" || head.state === "reconnecting"}
      hollow={head.state === "ended" || head.state === "removed"}
      word={t(`logs.state.${head.state}`)}
    />
  );
}

/** At most two names, and how many more there are. */
function listed(words: readonly string[]): string {
  return words.slice(0, 2).join(", ") + (words.length > 2 ? `, +${words.length - 2}` : "");
}

function Masked({ head }: { head: LogHead }) {
  const { t, fmt } = useText();
  if (head.masked.length === 0) return null;
  const words = head.masked.map(({ name, count }) => `${name} ${fmt.number(count)}`);
  return (
    <Chip tone="ok" square title={words.join("\n")}>
      <span className="truncate">{t("logs.masked", { names: listed(words) })}</span>
    </Chip>
  );
}

/** What the detectors have replaced, and what they could not look at. */
function Detected({ head }: { head: LogHead }) {
  const { t, fmt } = useText();
  const found = [...head.detected].sort((a, b) => b.count - a.count);
  const words = found.map(({ kind, count }) => `${t(`detect.kind.${kind}`)} ${fmt.number(count)}`);
  return (
    <>
      {words.length > 0 && (
        <Chip tone="warn" square title={words.join("\n")}>
          <span className="truncate">{t("detect.found", { kinds: listed(words) })}</span>
        </Chip>
      )}
      {head.unchecked > 0 && (
        <Chip tone="warn" square title={t("detect.uncheckedHint")}>
          {t("detect.unchecked", { count: head.unchecked })}
        </Chip>
      )}
    </>
  );
}
