import type { LogHead } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { Chip } from "../../ui/index.ts";

/** What the detectors have replaced in this log, and what they could not look at. */
export function Detected({ head }: { head: LogHead | null }) {
  const { t, fmt } = useText();
  const found = [...(head?.detected ?? [])].sort((a, b) => b.count - a.count);
  const words = found.map(({ kind, count }) => `${t(`detect.kind.${kind}`)} ${fmt.number(count)}`);
  const unchecked = head?.unchecked ?? 0;
  return (
    <>
      {words.length > 0 && (
        <Chip tone="warn" square title={words.join("\n")}>
          {t("detect.found", { kinds: words.slice(0, 2).join(", ") + (words.length > 2 ? "…" : "") })}
        </Chip>
      )}
      {unchecked > 0 && (
        <Chip tone="warn" square>
          {t("detect.unchecked", { count: unchecked })}
        </Chip>
      )}
    </>
  );
}
