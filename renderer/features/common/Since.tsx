import type { Formats } from "../../app/i18n/formats.ts";
import { useText } from "../../app/i18n/index.tsx";
import { useNow } from "../../ui/index.ts";

/** How long ago, never below zero: clocks of two machines differ. */
export function ageOf(fmt: Formats, now: number, at: number): string {
  return fmt.duration(Math.max(1000, Math.floor((now - at) / 1000) * 1000));
}

/** An age that goes on counting; the tooltip has the exact time. `ago` adds the word. */
export function Since({ at, ago }: { at: number; ago?: boolean }) {
  const { t, fmt } = useText();
  const now = useNow();
  const age = ageOf(fmt, now, at);
  return (
    <time dateTime={new Date(at).toISOString()} title={fmt.dateTime(at)}>
      {ago ? t("common.ago", { age }) : age}
    </time>
  );
}
