import type { Alert } from "../../contract/alerts.ts";

export const MAX_ALERTS = 500;

/** What an alert is about: one of each at a time is open. */
export type AlertKey = string;

/** What is new in an alert when it begins. */
export type AlertBegin = Omit<Alert, "id" | "state" | "noted" | "since" | "lastAt" | "count" | "sample" | "unwatched">;

/** Rule and container, or secret and container. */
export function keyOf({ rule, secret, source }: Pick<Alert, "rule" | "secret" | "source">): AlertKey {
  const where = source.kind === "container" ? `${source.hostId} ${source.containerId}` : source.kind;
  return rule === null ? `secret ${secret?.name ?? ""} ${where}` : `${rule.id} ${where}`;
}

/** The alerts of this run and of earlier ones, newest first, bounded. */
export interface AlertBook {
  list(): Alert[];
  readonly dropped: number;
  /** The open alert goes on, or a new one begins; null when nothing of it has changed. */
  holds(now: number, what: AlertBegin, count: number, sample: string | null): "began" | "moved" | null;
  /** What it was about no longer holds. True when it was open. */
  over(key: AlertKey): boolean;
  /** Somebody watches again what an open alert is about. True when nobody did. */
  watched(key: AlertKey, now: number): boolean;
  /** Takes note of one, or of all; returns how many were not noted before. */
  acknowledge(id: string | undefined): number;
  has(id: string): boolean;
}

/** `kept`: those of earlier runs, newest first, one open of each key at most. */
export function createAlertBook(
  newId: () => string,
  kept: { alerts: readonly Alert[]; dropped: number } = { alerts: [], dropped: 0 },
): AlertBook {
  const alerts: Alert[] = kept.alerts.map((alert) => ({ ...alert }));
  const open = new Map(alerts.flatMap((alert) => (alert.state === "over" ? [] : [[keyOf(alert), alert] as const])));
  let { dropped } = kept;
  return {
    list: () => alerts.map((alert) => ({ ...alert })),
    get dropped() {
      return dropped;
    },
    holds(now, what, count, sample) {
      const key = keyOf(what);
      const known = open.get(key);
      if (known !== undefined) {
        const moved = known.count !== count || known.sample !== sample;
        known.lastAt = now;
        known.count = count;
        known.sample = sample;
        return moved ? "moved" : null;
      }
      const life = { state: "firing", noted: false, since: now, lastAt: now, unwatched: null } as const;
      const alert: Alert = { ...what, ...life, id: newId(), count, sample };
      open.set(key, alert);
      alerts.unshift(alert);
      while (alerts.length > MAX_ALERTS) {
        // One that still holds stays in sight as long as there are others.
        const over = alerts.findLastIndex(({ state }) => state === "over");
        alerts.splice(over < 0 ? alerts.length - 1 : over, 1);
        dropped++;
      }
      return "began";
    },
    over(key) {
      const known = open.get(key);
      if (known === undefined) return false;
      open.delete(key);
      known.state = "over";
      return true;
    },
    watched(key, now) {
      const known = open.get(key);
      if (known === undefined || known.unwatched === null || known.unwatched.to !== null) return false;
      known.unwatched = { ...known.unwatched, to: Math.max(now, known.unwatched.from) };
      return true;
    },
    acknowledge(id) {
      let count = 0;
      for (const alert of alerts) {
        if (alert.noted || (id !== undefined && alert.id !== id)) continue;
        alert.noted = true;
        if (alert.state === "firing") alert.state = "seen";
        count++;
      }
      return count;
    },
    has: (id) => alerts.some((alert) => alert.id === id),
  };
}
