/** The room of alerts over containers and logs that a test speaks for; it can be closed and opened again. */
import { afterEach } from "vitest";
import type { AlertRule } from "../../electron/contract/alerts.ts";
import type { LogSourceRef, LogState } from "../../electron/contract/logs.ts";
import {
  type AlertBookFile,
  type AlertRules,
  type Alerts,
  createAlerts,
  emptyAlertBook,
  type SeenLine,
  type WatchedContainer,
} from "../../electron/core/alerts/index.ts";
import { type Failure, isFailure } from "../../electron/core/failure.ts";
import { type FakeClock, fakeClock } from "./ports.ts";

export const idOf = (name: string) => Buffer.from(name).toString("hex").padEnd(12, "0");

export const watched = (name: string, more: Partial<WatchedContainer> = {}): WatchedContainer => ({
  hostId: "h",
  hostName: "orion",
  containerId: idOf(name),
  name,
  environment: "production",
  simulated: true,
  running: true,
  secrets: [],
  ...more,
});

export const ruleOf = (more: Partial<AlertRule> = {}): AlertRule => ({
  id: "",
  name: "out of memory",
  enabled: true,
  severity: "danger",
  scope: {},
  condition: { kind: "pattern", text: "OOM", count: 1, seconds: 60 },
  quiet: false,
  ...more,
});

const opened: Alerts[] = [];
afterEach(async () => {
  for (const alerts of opened.splice(0)) await alerts.dispose();
});

/** What outlives the room: its files. */
export interface AlertFiles {
  rules: AlertRules;
  book: AlertBookFile;
  /** How often the book was written. */
  writes: number;
  /** What a write fails with. */
  refuse: Failure | null;
}

export const emptyFiles = (): AlertFiles => ({ rules: { rules: [] }, book: emptyAlertBook, writes: 0, refuse: null });

export function alertScene(
  containers: WatchedContainer[],
  { files = emptyFiles(), clock = fakeClock() }: { files?: AlertFiles; clock?: FakeClock } = {},
) {
  const taps = new Map<string, { onLine: (line: SeenLine) => void; state: LogState }>();
  const told = {
    changes: 0,
    waiting: [] as number[],
    bugs: [] as unknown[],
    refuse: null as Failure | null,
    away: [] as string[],
  };
  let ids = files.writes * 1000;
  const alerts = createAlerts({
    store: {
      get: () => files.rules,
      update: async (change: (before: AlertRules) => AlertRules) => {
        files.rules = change(files.rules);
        return files.rules;
      },
    } as never,
    book: {
      get: () => files.book,
      set: async (next) => {
        if (files.refuse !== null) throw files.refuse;
        files.writes++;
        files.book = structuredClone(next);
      },
    },
    containers: async () => ({ rows: containers, away: told.away }),
    mask: { text: (text) => text.replaceAll("late-secret", "[secret:LATE]") },
    environmentsOf: (name) => (name === "HF_TOKEN" ? ["staging", "production"] : []),
    open(source: LogSourceRef, onLine) {
      const { refuse } = told;
      const name =
        containers.find((each) => source.kind === "container" && each.containerId === source.containerId)?.name ?? "";
      const tap = { onLine, state: (refuse === null ? "live" : "failed") as LogState };
      if (refuse === null) taps.set(name, tap);
      return { state: () => tap.state, problem: () => refuse, close: () => void taps.delete(name) };
    },
    problemOf: (error) =>
      isFailure(error) ? { code: error.code, details: { ...error.details } } : { code: "INTERNAL", details: {} },
    clock,
    random: { bytes: (n) => Buffer.alloc(n), id: () => `id-${ids++}` },
    onChange: () => void told.changes++,
    onWaiting: (count) => void told.waiting.push(count),
    report: (error) => void told.bugs.push(error),
  });
  opened.push(alerts);
  const say = (name: string, text: string, at: number | null = null) =>
    taps.get(name)?.onLine({ at, stream: "stdout", level: null, text });
  return { alerts, clock, taps, told, say, file: () => files.rules, files, containers };
}
