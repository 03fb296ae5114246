import type { Alert } from "../../../electron/contract/index.ts";

/** So long others may join in before a person is called. */
const GATHER_MS = 1_500;
/** A rule calls once in this time, whatever it finds. */
const REST_MS = 60_000;

/** When to call a person to alerts. Pure but for what it remembers; times are milliseconds. */
export interface Calls {
  /** Takes the newest list. Returns what began since the one before; nothing at first: that is already on the screen. */
  look(alerts: readonly Alert[], isQuiet: (alert: Alert) => boolean, now: number): Alert[];
  /** What to call about now, as one call, and after how long there may be more; null when nothing waits. */
  due(now: number): { alerts: Alert[]; waitMs: number | null };
}

export function createCalls(): Calls {
  let known: Set<string> | null = null;
  let waiting: { alert: Alert; since: number }[] = [];
  const called = new Map<string, number>();
  /** A secret that strays calls as a rule would, each by its name. */
  const subjectOf = ({ rule, secret }: Alert) => (rule === null ? `secret ${secret?.name ?? ""}` : rule.id);

  function readyAt({ alert, since }: { alert: Alert; since: number }): number {
    const last = called.get(subjectOf(alert));
    return Math.max(since + GATHER_MS, last === undefined ? 0 : last + REST_MS);
  }

  return {
    look(alerts, isQuiet, now) {
      const before = known;
      known = new Set(alerts.map(({ id }) => id));
      // Whoever took note elsewhere needs no call, and what fell out of the list can't be shown.
      const open = new Set(alerts.filter(({ noted }) => !noted).map(({ id }) => id));
      waiting = waiting.filter(({ alert }) => open.has(alert.id));
      if (before === null) return [];
      const begun = alerts.filter((alert) => !before.has(alert.id) && !alert.noted && !isQuiet(alert));
      waiting.push(...begun.map((alert) => ({ alert, since: now })));
      return begun;
    },
    due(now) {
      const ready = waiting.filter((each) => readyAt(each) <= now);
      waiting = waiting.filter((each) => !ready.includes(each));
      for (const [subject, at] of called) if (now - at >= REST_MS) called.delete(subject);
      for (const { alert } of ready) called.set(subjectOf(alert), now);
      const next = waiting.map(readyAt);
      return {
        alerts: ready.map(({ alert }) => alert),
        waitMs: next.length === 0 ? null : Math.max(0, Math.min(...next) - now),
      };
    },
  };
}
