import { BookmarkX } from "lucide-react";
import type { LogHead } from "../../../../electron/contract/index.ts";
import { useText } from "../../../app/i18n/index.tsx";
import { IconButton } from "../../../ui/index.ts";
import { stampOf } from "./times.ts";

type Props = {
  marks: LogHead["marks"];
  /** Oldest line that is still held: older ones can be read here, and not be gone to. */
  first: number;
  utc: boolean;
  onGo: (index: number) => void;
  onDrop: (index: number) => void;
};

/** The bookmarks of a log, in its order. */
export function MarkList({ marks, first, utc, onGo, onDrop }: Props) {
  const { t } = useText();
  if (marks.length === 0) return <p className="muted">{t("logs.noMarks")}</p>;
  return (
    <ul className="log-marks">
      {[...marks]
        .sort((a, b) => a.index - b.index)
        .map((mark) => (
          <li key={mark.index}>
            <button
              type="button"
              disabled={mark.index < first}
              title={mark.index < first ? t("logs.markGone") : undefined}
              onClick={() => onGo(mark.index)}
            >
              {mark.note !== "" && <strong>{mark.note}</strong>}
              <span className="mono">{mark.text.slice(0, 300)}</span>
              <span className="muted">{mark.at === null ? t("logs.noTime") : stampOf(mark.at, utc)}</span>
            </button>
            <IconButton small label={t("logs.unmark")} onClick={() => onDrop(mark.index)}>
              <BookmarkX size={14} />
            </IconButton>
          </li>
        ))}
    </ul>
  );
}
