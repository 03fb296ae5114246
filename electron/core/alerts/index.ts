/**
 * Alerts from logs: rules on patterns, rates and silence over whatever runs, and secrets that show up where they were
 * not given. A rule's logs are read whether or not anybody looks at them.
 */
import { z } from "zod";
import { type Alert, type AlertRule, alertRule } from "../../contract/alerts.ts";
import type { Problem } from "../../contract/index.ts";
import type { LogSourceRef } from "../../contract/logs.ts";
import { Failure } from "../failure.ts";
import { lineTest, type MaskGuard } from "../logs/index.ts";
import type { Clock, Disposable, Random } from "../ports.ts";
import type { Store } from "../store/index.ts";
import { createAlertBook } from "./book.ts";
import { createWatch, type LineTest, type Watch } from "./conditions.ts";
import { inScope } from "./scope.ts";
import type { LogTap, OpenTap, SeenLine, WatchedContainer } from "./types.ts";

export { tapsOf } from "./tap.ts";
export type { LogTap, OpenTap, SeenLine, WatchedContainer } from "./types.ts";

const MAX_RULES = 100;
/** A burst of changes of containers is looked at once. */
const LOOK_MS = 1_000;
const TICK_MS = 1_000;
/** A secret that no longer shows up for so long is a new alert when it does again. */
const SECRET_OVER_MS = 10 * 60_000;

/** What lies in `alerts.json`. */
export const alertFile = z.object({ rules: z.array(alertRule).max(MAX_RULES) });
export type AlertRules = z.infer<typeof alertFile>;

export interface AlertsDeps {
  store: Store<AlertRules>;
  /** Those of hosts that answer, and which hosts do not. */
  containers(): Promise<{ rows: WatchedContainer[]; away: readonly string[] }>;
  mask: Pick<MaskGuard, "text">;
  /** Where there is a secret of this name. */
  environmentsOf(name: string): string[];
  open: OpenTap;
  problemOf(error: unknown): Problem;
  clock: Clock;
  random: Random;
  onChange(): void;
  report(error: unknown): void;
}

type Pattern = Extract<AlertRule["condition"], { kind: "pattern" }>;

export interface Alerts extends Disposable {
  /** Newest first; `reading`: how many logs a rule reads right now. */
  list(): { alerts: Alert[]; rules: (AlertRule & { reading: number; problem: Problem | null })[]; dropped: number };
  /** A new rule where `id` is empty. `NOT_FOUND`, `LIMIT_REACHED`, `BAD_INPUT` {field: "regex", reason}. */
  saveRule(rule: AlertRule): Promise<{ id: string }>;
  removeRule(id: string): Promise<void>;
  /** `NOT_FOUND` for an alert that is not in the list. */
  acknowledge(id?: string): { count: number };
  /** Containers came, went, started or ended. */
  containersChanged(): void;
  /** A secret was masked in this log. */
  secretSeen(source: LogSourceRef, name: string, sample: string | null): void;
}

interface Reader {
  rule: AlertRule;
  container: WatchedContainer;
  watch: Watch;
  tap: LogTap;
}

export function createAlerts(deps: AlertsDeps): Alerts {
  const { clock, store } = deps;
  const book = createAlertBook(() => deps.random.id());
  /** By rule and container. */
  const readers = new Map<string, Reader>();
  const tests = new Map<string, LineTest>();
  const secrets = new Map<string, { last: number; count: number }>();
  let cancelLook: (() => void) | null = null;
  let cancelTick: (() => void) | null = null;
  let looking: Promise<void> = Promise.resolve();
  let disposed = false;
  /** What was being read when it was last told. */
  let read = "";

  /** Anew: a secret that was registered later must not leave in an old line. */
  const masked = (alert: Alert): Alert =>
    alert.sample === null ? alert : { ...alert, sample: deps.mask.text(alert.sample) };
  const enabled = (): AlertRule[] => store.get().rules.filter((rule) => rule.enabled);
  const keyOf = (rule: AlertRule, { hostId, containerId }: WatchedContainer) => `${rule.id} ${hostId} ${containerId}`;

  function testOf(rule: AlertRule): LineTest {
    const { condition } = rule;
    if (condition.kind !== "pattern") return () => true;
    const test = tests.get(rule.id) ?? testOfPattern(condition);
    tests.set(rule.id, test);
    return test;
  }

  function about(kind: Alert["kind"], container: WatchedContainer) {
    const { hostId, containerId, hostName, environment, simulated, name } = container;
    const source: LogSourceRef = { kind: "container", hostId, containerId };
    return { kind, source, sourceName: name, hostName, environment, simulated };
  }

  function begin(rule: AlertRule, container: WatchedContainer): void {
    const watch = createWatch(rule.condition, testOf(rule), clock.now());
    const { hostId, containerId } = container;
    const onLine = (line: SeenLine) => watch.line(line, clock.now());
    const tap = deps.open({ kind: "container", hostId, containerId }, onLine);
    readers.set(keyOf(rule, container), { rule, container, watch, tap });
  }

  function end(key: string, reader: Reader): void {
    readers.delete(key);
    reader.tap.close();
    if (book.over(key)) deps.onChange();
  }

  /** Reads what the rules are about, and nothing else. */
  async function look(): Promise<void> {
    const rules = enabled();
    const { rows: known, away } = rules.length === 0 ? { rows: [], away: [] } : await deps.containers();
    if (disposed) return;
    const wanted = new Map<string, [AlertRule, WatchedContainer]>();
    for (const rule of rules) {
      for (const container of known)
        if (inScope(rule.scope, container)) wanted.set(keyOf(rule, container), [rule, container]);
    }
    for (const [key, reader] of [...readers]) {
      // Of a host that is away nothing is known: what held there still holds.
      const unknown = away.includes(reader.container.hostId) && rules.some(({ id }) => id === reader.rule.id);
      if (!wanted.has(key) && !unknown) end(key, reader);
    }
    for (const [key, [rule, container]] of wanted) {
      const reader = readers.get(key);
      if (reader !== undefined && reader.tap.problem() === null) {
        reader.container = container;
        continue;
      }
      // One that could not be read is tried again.
      if (reader !== undefined) end(key, reader);
      begin(rule, container);
    }
    if (readers.size > 0 && cancelTick === null) cancelTick = clock.after(TICK_MS, tick);
    if (hasMoved()) deps.onChange();
  }

  /** What is read, and what can't be, is not what it was. */
  function hasMoved(): boolean {
    const now = [...readers].map(([key, { tap }]) => `${key} ${tap.problem()?.code ?? ""}`).join("\n");
    const moved = now !== read;
    read = now;
    return moved;
  }

  function tick(): void {
    cancelTick = null;
    const now = clock.now();
    let moved = hasMoved();
    for (const [key, { rule, container, watch, tap }] of readers) {
      const holding = watch.look(now, tap.state() === "live");
      if (holding === null) {
        moved = book.over(key) || moved;
        continue;
      }
      const { id, name, severity, condition } = rule;
      const what = () => ({ ...about(condition.kind, container), severity, rule: { id, name }, secret: null });
      moved = book.holds(key, now, what, holding.count, holding.sample) || moved;
    }
    for (const [key, { last }] of secrets) {
      if (now - last < SECRET_OVER_MS) continue;
      secrets.delete(key);
      moved = book.over(key) || moved;
    }
    if (moved) deps.onChange();
    if (readers.size > 0 || secrets.size > 0) cancelTick = clock.after(TICK_MS, tick);
  }

  function lookSoon(ms: number): void {
    if (disposed || cancelLook !== null) return;
    cancelLook = clock.after(ms, () => {
      cancelLook = null;
      looking = looking.then(look).catch((error: unknown) => deps.report(error));
    });
  }

  async function secretSeen(source: LogSourceRef, name: string, sample: string | null): Promise<void> {
    // The console's own credentials are masked by a name too; they are given to nobody.
    const environments = deps.environmentsOf(name);
    if (source.kind !== "container" || environments.length === 0) return;
    const { hostId, containerId } = source;
    const { rows } = await deps.containers();
    const container = rows.find((each) => each.hostId === hostId && each.containerId === containerId);
    if (container === undefined || disposed || container.secrets.includes(name)) return;
    const environment = environments.includes(container.environment) ? container.environment : String(environments[0]);
    const secret = { name, environment };
    const key = `secret ${name} ${hostId} ${containerId}`;
    const now = clock.now();
    const count = (secrets.get(key)?.count ?? 0) + 1;
    secrets.set(key, { last: now, count });
    const what = () => ({ ...about("secret", container), severity: "danger" as const, rule: null, secret });
    if (book.holds(key, now, what, count, sample)) deps.onChange();
    if (cancelTick === null) cancelTick = clock.after(TICK_MS, tick);
  }

  return {
    list() {
      const reading = new Map<string, number>();
      const problems = new Map<string, Problem>();
      for (const { rule, tap } of readers.values()) {
        const problem = tap.problem();
        if (problem === null) reading.set(rule.id, (reading.get(rule.id) ?? 0) + 1);
        else problems.set(rule.id, deps.problemOf(problem));
      }
      const rules = store.get().rules.map((rule) => ({
        ...rule,
        reading: reading.get(rule.id) ?? 0,
        problem: problems.get(rule.id) ?? null,
      }));
      return { alerts: book.list().map(masked), rules, dropped: book.dropped };
    },
    async saveRule(rule) {
      if (rule.condition.kind === "pattern") mustSaySomething(rule.condition);
      const saved = rule.id === "" ? { ...rule, id: deps.random.id() } : rule;
      await store.update(({ rules }) => {
        const at = rules.findIndex(({ id }) => id === saved.id);
        if (at < 0 && rule.id !== "") throw new Failure("NOT_FOUND", { what: "rule", id: rule.id });
        if (at < 0 && rules.length >= MAX_RULES)
          throw new Failure("LIMIT_REACHED", { what: "rules", limit: MAX_RULES });
        return { rules: at < 0 ? [...rules, saved] : rules.map((each) => (each.id === saved.id ? saved : each)) };
      });
      forget(saved.id);
      return { id: saved.id };
    },
    async removeRule(id) {
      await store.update(({ rules }) => {
        if (!rules.some((rule) => rule.id === id)) throw new Failure("NOT_FOUND", { what: "rule", id });
        return { rules: rules.filter((rule) => rule.id !== id) };
      });
      forget(id);
    },
    acknowledge(id) {
      if (id !== undefined && !book.has(id)) throw new Failure("NOT_FOUND", { what: "alert", id });
      const count = book.acknowledge(id);
      if (count > 0) deps.onChange();
      return { count };
    },
    containersChanged: () => lookSoon(LOOK_MS),
    secretSeen(source, name, sample) {
      secretSeen(source, name, sample).catch((error: unknown) => deps.report(error));
    },
    async dispose() {
      disposed = true;
      cancelLook?.();
      cancelTick?.();
      await looking;
      for (const [, reader] of readers) reader.tap.close();
      readers.clear();
    },
  };

  /** What was read for a rule as it was is read anew for the rule as it is. */
  function forget(ruleId: string): void {
    tests.delete(ruleId);
    for (const [key, reader] of [...readers]) if (reader.rule.id === ruleId) end(key, reader);
    lookSoon(0);
    deps.onChange();
  }
}

/** `BAD_INPUT` {field, reason} for an expression that can't be run in linear time. */
function testOfPattern({ text, regex, level }: Pattern): LineTest {
  const fits = lineTest({ text, regex });
  return (line) => (level === undefined || line.level === level) && fits(line.text);
}

function mustSaySomething(condition: Pattern): void {
  const { text = "", regex = "", level } = condition;
  if (text === "" && regex === "" && level === undefined) {
    throw new Failure("BAD_INPUT", { field: "text", reason: "a pattern needs a text, an expression or a level" });
  }
  testOfPattern(condition);
}
