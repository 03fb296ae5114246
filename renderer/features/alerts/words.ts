import type { Alert, WatchGap } from "../../../electron/contract/index.ts";
import type { Text } from "../../app/i18n/index.tsx";

type Words = Pick<Text, "t" | "fmt">;

/** The log that an alert came from. */
export function logOf({ source }: Alert): string {
  return source.kind === "container" ? `/logs/${encodeURIComponent(source.hostId)}/${source.containerId}` : "/logs";
}

/** What happened. */
export function whatOf({ t, fmt }: Words, alert: Alert): string {
  switch (alert.kind) {
    case "pattern":
      return t("alerts.what.pattern", { count: alert.count });
    case "rate":
      return t("alerts.what.rate", { count: alert.count });
    case "silence":
      return t("alerts.what.silence", { time: fmt.duration(alert.count * 1000) });
    case "secret":
      return t("alerts.what.secret", { name: alert.secret?.name ?? "" });
  }
}

export function nameOf(text: Words, alert: Alert): string {
  return alert.rule?.name ?? whatOf(text, alert);
}

/** When nobody watched an alert while it was open; null when somebody always did. */
export function unwatchedOf({ t, fmt }: Words, { unwatched }: Alert): string | null {
  if (unwatched === null) return null;
  const { from, to } = unwatched;
  return to === null
    ? t("alerts.unwatchedSince", { time: fmt.dateTime(from) })
    : t("alerts.unwatched", { when: fmt.range(from, to) });
}

/** When no rule was watched, and why. */
export function gapText({ t, fmt }: Words, { from, to, why }: WatchGap): string {
  return t(`alerts.gap.${why}`, { when: fmt.range(from, to) });
}

/** What a person is called with: names of rules, containers and hosts, never a word of a log. */
export function callText(text: Words, alerts: readonly Alert[]): { title: string; body: string } {
  const { t } = text;
  const where = (alert: Alert) =>
    t("alerts.call.where", {
      container: alert.sourceName,
      host: alert.hostName,
      environment: alert.environment,
      simulated: alert.simulated ? "yes" : "no",
    });
  const [first] = alerts;
  if (first !== undefined && alerts.length === 1) return { title: nameOf(text, first), body: where(first) };
  const lines = alerts.slice(0, MOST).map((alert) => `${nameOf(text, alert)}: ${where(alert)}`);
  if (alerts.length > MOST) lines.push(t("alerts.call.more", { count: alerts.length - MOST }));
  return { title: t("alerts.call.many", { count: alerts.length }), body: lines.join("\n") };
}

/** Lines of one call. */
const MOST = 3;
