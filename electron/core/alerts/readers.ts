import type { Alert, AlertRule } from "../../contract/alerts.ts";
import type { Problem } from "../../contract/index.ts";
import type { LogSourceRef } from "../../contract/logs.ts";
import type { Clock } from "../ports.ts";
import { type AlertBegin, type AlertKey, keyOf } from "./book.ts";
import { createWatch, type LineTest, type Watch } from "./conditions.ts";
import { testOf } from "./rules.ts";
import type { LogTap, OpenTap, SeenLine, WatchedContainer } from "./types.ts";

/** One rule on one log. */
export interface Reader {
  rule: AlertRule;
  container: WatchedContainer;
  watch: Watch;
  tap: LogTap;
}

/** What is read because of rules, by rule and container. */
export interface Readers {
  readonly all: ReadonlyMap<AlertKey, Reader>;
  begin(rule: AlertRule, container: WatchedContainer): void;
  close(key: AlertKey): void;
  /** The rule is another one now, or none. */
  forget(ruleId: string): void;
  /** What is read, and what can't be, is not what it was when this was last asked. */
  moved(): boolean;
  /** Rules with how many logs each reads, and why one can't be read. */
  told(
    rules: readonly AlertRule[],
    problemOf: (error: unknown) => Problem,
  ): (AlertRule & { reading: number; problem: Problem | null })[];
}

export interface ReadersDeps {
  open: OpenTap;
  clock: Clock;
  /** The first line that is newer than the reading of this log, and each after it. */
  onNewLine(key: AlertKey, rule: AlertRule): void;
}

export function createReaders({ open, clock, onNewLine }: ReadersDeps): Readers {
  const all = new Map<AlertKey, Reader>();
  const tests = new Map<string, LineTest>();
  let last = "";

  function testFor(rule: AlertRule): LineTest {
    const test = tests.get(rule.id) ?? testOf(rule);
    tests.set(rule.id, test);
    return test;
  }

  function close(key: AlertKey): void {
    all.get(key)?.tap.close();
    all.delete(key);
  }

  return {
    all,
    begin(rule, container) {
      const { hostId, containerId } = container;
      const key = keyOf(alertOf(rule, container));
      const from = clock.now();
      const watch = createWatch(rule.condition, testFor(rule), from);
      const tap = open({ kind: "container", hostId, containerId }, (line: SeenLine) => {
        watch.line(line, clock.now());
        if (line.stream !== "note" && line.at !== null && line.at >= from) onNewLine(key, rule);
      });
      all.set(key, { rule, container, watch, tap });
    },
    close,
    forget(ruleId) {
      tests.delete(ruleId);
      for (const [key, reader] of [...all]) if (reader.rule.id === ruleId) close(key);
    },
    moved() {
      const now = [...all].map(([key, { tap }]) => `${key} ${tap.problem()?.code ?? ""}`).join("\n");
      const moved = now !== last;
      last = now;
      return moved;
    },
    told(rules, problemOf) {
      const reading = new Map<string, number>();
      const problems = new Map<string, Problem>();
      for (const { rule, tap } of all.values()) {
        const problem = tap.problem();
        if (problem === null) reading.set(rule.id, (reading.get(rule.id) ?? 0) + 1);
        else problems.set(rule.id, problemOf(problem));
      }
      return rules.map((rule) => ({
        ...rule,
        reading: reading.get(rule.id) ?? 0,
        problem: problems.get(rule.id) ?? null,
      }));
    },
  };
}

/** What an alert says of where it is. */
export function placeOf(
  container: WatchedContainer,
): Pick<Alert, "source" | "sourceName" | "hostName" | "environment" | "simulated"> {
  const { hostId, containerId, hostName, environment, simulated, name } = container;
  const source: LogSourceRef = { kind: "container", hostId, containerId };
  return { source, sourceName: name, hostName, environment, simulated };
}

/** The alert that a rule makes of a container. */
export function alertOf({ id, name, severity, condition }: AlertRule, container: WatchedContainer): AlertBegin {
  return { ...placeOf(container), kind: condition.kind, severity, rule: { id, name }, secret: null };
}
