import type { Alert } from "../../contract/alerts.ts";

const MAX_ALERTS = 500;

/** What an alert is about: one of each at a time is open. */
export type AlertKey = string;

/** The alerts of this run, newest first, bounded. */
export interface AlertBook {
  list(): Alert[];
  readonly dropped: number;
  /** The open alert of this key goes on, or a new one begins. True when one began or its count has changed. */
  holds(
    key: AlertKey,
    now: number,
    what: () => Omit<Alert, "id" | "state" | "since" | "lastAt" | "count" | "sample">,
    count: number,
    sample: string | null,
  ): boolean;
  /** What it was about no longer holds. True when it was open. */
  over(key: AlertKey): boolean;
  /** Takes note of one, or of all; returns how many were not noted before. */
  acknowledge(id: string | undefined): number;
  has(id: string): boolean;
}

export function createAlertBook(newId: () => string): AlertBook {
  const alerts: Alert[] = [];
  const open = new Map<AlertKey, Alert>();
  let dropped = 0;
  return {
    list: () => alerts.map((alert) => ({ ...alert })),
    get dropped() {
      return dropped;
    },
    holds(key, now, what, count, sample) {
      const known = open.get(key);
      if (known !== undefined) {
        const moved = known.count !== count || known.sample !== sample;
        known.lastAt = now;
        known.count = count;
        known.sample = sample;
        return moved;
      }
      const alert: Alert = { ...what(), id: newId(), state: "firing", since: now, lastAt: now, count, sample };
      open.set(key, alert);
      alerts.unshift(alert);
      while (alerts.length > MAX_ALERTS) {
        // One that still holds stays in sight as long as there are others.
        const over = alerts.findLastIndex(({ state }) => state === "over");
        alerts.splice(over < 0 ? alerts.length - 1 : over, 1);
        dropped++;
      }
      return true;
    },
    over(key) {
      const known = open.get(key);
      if (known === undefined) return false;
      open.delete(key);
      known.state = "over";
      return true;
    },
    acknowledge(id) {
      let count = 0;
      for (const alert of alerts) {
        if (alert.state !== "firing" || (id !== undefined && alert.id !== id)) continue;
        alert.state = "seen";
        count++;
      }
      return count;
    },
    has: (id) => alerts.some((alert) => alert.id === id),
  };
}
