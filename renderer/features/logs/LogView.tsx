import { Download, WrapText } from "lucide-react";
import { useState } from "react";
import type { LogHead, LogLevel } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { useAction } from "../../client/actions.ts";
import { Button, Chip, IconButton, SearchBox, Skeleton, State, type Tone } from "../../ui/index.ts";
import { ProblemBanner } from "../common/index.ts";
import { useDebounced } from "../launch/useDebounced.ts";
import { Detected } from "./Detected.tsx";
import { LogLines } from "./LogLines.tsx";
import { type LogBuffer, useLogBuffer } from "./useLogBuffer.ts";
import "./logs.css";

const levels: readonly LogLevel[] = ["error", "warn", "info", "debug"];

type Props = { hostId: string; containerId: string; name: string; slash?: boolean; narrow?: boolean };

/** A log as the core holds it: live, masked, as much of it as one looks at. `narrow`: its lines are broken at first. */
export function LogView({ hostId, containerId, name, slash = false, narrow = false }: Props) {
  const { t } = useText();
  const [text, setText] = useState("");
  const [shownLevels, setLevels] = useState<readonly LogLevel[]>([]);
  const [wrap, setWrap] = useState(narrow);
  const settled = useDebounced(text, 150);
  const filtered = settled.trim() !== "" || shownLevels.length > 0;
  const buffer = useLogBuffer(hostId, containerId, {
    ...(settled.trim() === "" ? {} : { text: settled.trim() }),
    ...(shownLevels.length === 0 ? {} : { levels: [...shownLevels] }),
  });
  if (buffer.problem) {
    return (
      <div className="page-body">
        <ProblemBanner problem={buffer.problem} />
      </div>
    );
  }
  return (
    <div className="log">
      <div className="log-bar">
        <SearchBox slash={slash} label={t("logs.filter")} value={text} onChange={setText} />
        <fieldset className="segmented" aria-label={t("logs.levels")}>
          {levels.map((level) => {
            const on = shownLevels.includes(level);
            return (
              <button
                key={level}
                type="button"
                className={`level-${level}`}
                aria-pressed={on}
                onClick={() => setLevels(on ? shownLevels.filter((one) => one !== level) : [...shownLevels, level])}
              >
                {t(`level.${level}`)}
              </button>
            );
          })}
        </fieldset>
        <LogCount head={buffer.head} filtered={filtered} />
        <div className="row spread">
          <Masked head={buffer.head} />
          <Detected head={buffer.head} />
          <HeadState head={buffer.head} />
          <IconButton
            label={t("logs.wrap")}
            aria-pressed={wrap}
            className={wrap ? "on" : ""}
            onClick={() => setWrap(!wrap)}
          >
            <WrapText size={15} />
          </IconButton>
          <SaveButton buffer={buffer} />
        </div>
      </div>
      {buffer.head?.problem && <ProblemBanner problem={buffer.head.problem} tone="warn" />}
      {!buffer.head ? (
        <Skeleton label={t("common.loading")} rows={12} />
      ) : (
        <LogLines
          key={wrap ? "wrap" : "line"}
          label={t("logs.of", { name })}
          buffer={buffer}
          head={buffer.head}
          filtered={filtered}
          query={settled}
          wrap={wrap}
        />
      )}
    </div>
  );
}

export default LogView;

function LogCount({ head, filtered }: { head: LogHead | null; filtered: boolean }) {
  const { t, fmt } = useText();
  if (!head) return null;
  const total = head.next - head.first;
  return (
    <span className="muted nowrap" role="status">
      {filtered
        ? t("logs.matches", {
            shown: fmt.number(head.rows.next - head.rows.first),
            total: fmt.number(total),
          })
        : t("logs.lines", { count: total })}
    </span>
  );
}

function Masked({ head }: { head: LogHead | null }) {
  const { t, fmt } = useText();
  if (!head || head.masked.length === 0) return null;
  const words = head.masked.map(({ name, count }) => `${name} ${fmt.number(count)}`);
  return (
    <Chip tone="ok" square title={words.join("\n")}>
      {t("logs.masked", { names: words.slice(0, 2).join(", ") + (words.length > 2 ? "…" : "") })}
    </Chip>
  );
}

const tones: Record<LogHead["state"], Tone> = {
  connecting: "accent",
  live: "ok",
  reconnecting: "warn",
  ended: "idle",
  removed: "idle",
  failed: "danger",
};

function HeadState({ head }: { head: LogHead | null }) {
  const { t } = useText();
  const state = head?.state ?? "connecting";
  return (
    <State
      tone={tones[state]}
      busy={state === "connecting" || state === "reconnecting"}
      hollow={state === "ended" || state === "removed"}
      word={t(`logs.state.${state}`)}
    />
  );
}

function SaveButton({ buffer }: { buffer: LogBuffer }) {
  const { t } = useText();
  const save = useAction(async (client, bufferId: string) => {
    const file = await client.logs.save({ bufferId, format: "text" });
    offer(file.fileName, file.text);
  });
  const { bufferId } = buffer;
  return (
    <Button
      look="quiet"
      icon={<Download size={14} />}
      busy={save.busy}
      disabled={bufferId === null}
      title={save.problem ? t("error.INTERNAL") : t("logs.saveHint")}
      onClick={() => bufferId !== null && void save.run(bufferId)}
    >
      {t("logs.save")}
    </Button>
  );
}

/** Hands text to the browser as a file. */
function offer(fileName: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = fileName;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
