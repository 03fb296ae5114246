/**
 * Alerts from logs: rules on patterns, rates and silence over whatever runs, and secrets that show up where they were
 * not given. A rule's logs are read whether or not anybody looks at them.
 */
import type { Alert, AlertRule, WatchGap } from "../../contract/alerts.ts";
import type { Problem } from "../../contract/index.ts";
import type { LogSourceRef } from "../../contract/logs.ts";
import { Failure } from "../failure.ts";
import type { MaskGuard } from "../logs/index.ts";
import type { Clock, Disposable, Random } from "../ports.ts";
import type { Store } from "../store/index.ts";
import { type AlertBegin, type AlertKey, createAlertBook, keyOf } from "./book.ts";
import { createCarried } from "./carried.ts";
import { createKeeper } from "./keeper.ts";
import { type AlertBookFile, masked, restored, toKeep, withGap } from "./kept.ts";
import { alertOf, createReaders, placeOf, type Reader } from "./readers.ts";
import { type AlertRules, dropRule, putRule } from "./rules.ts";
import { inScope } from "./scope.ts";
import type { OpenTap, WatchedContainer } from "./types.ts";

export { type AlertBookFile, alertBookFile, emptyAlertBook, MAX_FILE_BYTES as maxAlertBookBytes } from "./kept.ts";
export { type AlertRules, alertFile, alertFileVersion } from "./rules.ts";
export { tapsOf } from "./tap.ts";
export type { LogTap, OpenTap, SeenLine, WatchedContainer } from "./types.ts";

/** A burst of changes of containers is looked at once. */
const LOOK_MS = 1_000;
const TICK_MS = 1_000;
/** A secret that no longer shows up for so long is a new alert when it does again. */
const SECRET_OVER_MS = 10 * 60_000;
/** So often it is written down that rules are being watched: after a crash that is known to the minute. */
const BEAT_MS = 60_000;
/** A second that took so long was spent asleep. */
const ASLEEP_MS = 15_000;
/** Hosts that are not known so long after the start are gone. */
const GONE_MS = 60_000;

export interface AlertsDeps {
  store: Store<AlertRules>;
  /** Alerts of earlier runs, and where those of this one are kept. */
  book: Pick<Store<AlertBookFile>, "get" | "set">;
  /** Those of hosts that answer, and which known hosts do not. */
  containers(): Promise<{ rows: WatchedContainer[]; away: readonly string[] }>;
  mask: Pick<MaskGuard, "text">;
  /** Where there is a secret of this name. */
  environmentsOf(name: string): string[];
  open: OpenTap;
  problemOf(error: unknown): Problem;
  clock: Clock;
  random: Random;
  onChange(): void;
  /** How many alerts nobody took note of, when that has changed. */
  onWaiting(count: number): void;
  report(error: unknown): void;
}

export interface AlertList {
  /** Newest first. */
  alerts: Alert[];
  /** `reading`: how many logs a rule reads right now. */
  rules: (AlertRule & { reading: number; problem: Problem | null })[];
  dropped: number;
  gaps: WatchGap[];
  unkept: Problem | null;
}

export interface Alerts extends Disposable {
  list(): AlertList;
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

export function createAlerts(deps: AlertsDeps): Alerts {
  const { clock, store } = deps;
  const began = clock.now();
  const enabled = (): AlertRule[] => store.get().rules.filter((rule) => rule.enabled);
  const earlier = deps.book.get();
  const book = createAlertBook(
    () => deps.random.id(),
    restored(earlier, began, (ruleId) => enabled().some(({ id }) => id === ruleId)),
  );
  const open = book.list().filter(({ state }) => state !== "over");
  const carried = createCarried(open.flatMap((alert) => (alert.rule === null ? [] : [keyOf(alert)])));
  const readers = createReaders({
    open: deps.open,
    clock,
    // A silence of earlier ends with the first new line.
    onNewLine: (key, rule) => rule.condition.kind === "silence" && carried.drop(key),
  });
  const secrets = new Map<AlertKey, { last: number; count: number }>();
  for (const alert of open) if (alert.rule === null) secrets.set(keyOf(alert), { last: began, count: alert.count });
  let gaps = earlier.gaps.filter(({ from, to }) => from < to && to <= began);
  let cancelLook: (() => void) | null = null;
  let cancelTick: (() => void) | null = null;
  let lastTick = began;
  let looking: Promise<void> = Promise.resolve();
  let disposed = false;
  let waiting = 0;

  const keeper = createKeeper({
    store: deps.book,
    clock,
    snapshot() {
      const { alerts, dropped } = toKeep(book.list(), deps.mask, clock.now());
      const watchedUntil = enabled().length > 0 ? clock.now() : null;
      return { alerts, dropped: book.dropped + dropped, gaps, watchedUntil };
    },
    onProblem: deps.onChange,
    report: deps.report,
  });

  function unwatched(from: number, to: number, why: WatchGap["why"]): void {
    if (enabled().length > 0) gaps = withGap(gaps, { from, to, why });
  }

  /** Something that must be there after a restart. */
  function changed(): void {
    keeper.soon();
    tellWaiting();
    deps.onChange();
  }

  function tellWaiting(): void {
    const count = book.list().filter(({ noted }) => !noted).length;
    if (count !== waiting) deps.onWaiting(count);
    waiting = count;
  }

  function settle(key: AlertKey): boolean {
    carried.drop(key);
    return book.over(key);
  }

  /** Reads what the rules are about, and nothing else. */
  async function look(): Promise<void> {
    const rules = enabled();
    const { rows: known, away } = rules.length === 0 ? { rows: [], away: [] } : await deps.containers();
    if (disposed) return;
    const wanted = new Map<AlertKey, [AlertRule, WatchedContainer]>();
    for (const rule of rules) {
      for (const container of known)
        if (inScope(rule.scope, container)) wanted.set(keyOf(alertOf(rule, container)), [rule, container]);
    }
    let over = false;
    for (const [key, reader] of [...readers.all]) {
      // Of a host that is away nothing is known: what held there still holds.
      const unknown = away.includes(reader.container.hostId) && rules.some(({ id }) => id === reader.rule.id);
      if (wanted.has(key) || unknown) continue;
      readers.close(key);
      over = settle(key) || over;
    }
    for (const alert of book.list()) {
      const key = keyOf(alert);
      if (!carried.has(key) || wanted.has(key) || readers.all.has(key) || clock.now() - began < GONE_MS) continue;
      if (!("hostId" in alert.source) || !away.includes(alert.source.hostId)) over = settle(key) || over;
    }
    for (const [key, [rule, container]] of wanted) {
      const reader = readers.all.get(key);
      if (reader !== undefined && reader.tap.problem() === null) {
        reader.container = container;
        continue;
      }
      // One that could not be read is tried again.
      if (reader !== undefined) {
        readers.close(key);
        if (!carried.has(key)) over = settle(key) || over;
      }
      readers.begin(rule, container);
    }
    tickSoon();
    if (over) changed();
    else if (readers.moved()) deps.onChange();
  }

  /** What this reader's alert does now; "kept" where the change must outlive the program. */
  function judge(key: AlertKey, { rule, container, watch, tap }: Reader, awake: boolean): "kept" | "moved" | null {
    const now = clock.now();
    const live = tap.state() === "live" && awake;
    const holding = watch.look(now, live);
    const again = live && book.watched(key, now);
    if (holding !== null) {
      carried.drop(key);
      const moved = book.holds(now, alertOf(rule, container), holding.count, holding.sample);
      return moved === "began" || again ? "kept" : moved;
    }
    const unknown = carried.has(key) && !carried.isKnown(key, live, now, rule.condition.seconds * 1000);
    return (!unknown && settle(key)) || again ? "kept" : null;
  }

  function tick(): void {
    cancelTick = null;
    const now = clock.now();
    const awake = now - lastTick < ASLEEP_MS;
    if (!awake) unwatched(lastTick, now, "asleep");
    lastTick = now;
    let moved = readers.moved();
    let kept = !awake;
    for (const [key, reader] of readers.all) {
      const what = judge(key, reader, awake);
      kept ||= what === "kept";
      moved ||= what !== null;
    }
    for (const [key, { last }] of secrets) {
      if (now - last < SECRET_OVER_MS) continue;
      secrets.delete(key);
      kept = book.over(key) || kept;
    }
    if (kept) changed();
    else if (moved) deps.onChange();
    if (Math.abs(now - keeper.last) >= BEAT_MS) keeper.soon();
    tickSoon();
  }

  function tickSoon(): void {
    const watching = readers.all.size > 0 || secrets.size > 0 || enabled().length > 0;
    if (disposed || cancelTick !== null || !watching) return;
    // After a time without anything to watch.
    lastTick = Math.max(lastTick, clock.now() - TICK_MS);
    cancelTick = clock.after(TICK_MS, tick);
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
    const what: AlertBegin = {
      ...{ ...placeOf(container), kind: "secret", severity: "danger" },
      ...{ rule: null, secret: { name, environment } },
    };
    const key = keyOf(what);
    const now = clock.now();
    const count = (secrets.get(key)?.count ?? 0) + 1;
    secrets.set(key, { last: now, count });
    const moved = book.holds(now, what, count, sample);
    if (moved === "began") changed();
    else if (moved !== null) deps.onChange();
    tickSoon();
  }

  /** What was read for a rule as it was is read anew for the rule as it is. */
  function forget(ruleId: string): void {
    readers.forget(ruleId);
    for (const alert of book.list()) if (alert.rule?.id === ruleId && alert.state !== "over") settle(keyOf(alert));
    lookSoon(0);
    changed();
  }

  if (earlier.watchedUntil !== null) unwatched(earlier.watchedUntil, began, "closed");
  const cancelGone = carried.keys().length > 0 ? clock.after(GONE_MS, () => lookSoon(0)) : null;
  tickSoon();
  tellWaiting();

  return {
    list() {
      const unkept = keeper.problem();
      return {
        alerts: book.list().map((alert) => masked(alert, deps.mask)),
        rules: readers.told(store.get().rules, deps.problemOf),
        dropped: book.dropped,
        gaps: [...gaps],
        unkept: unkept === null ? null : deps.problemOf(unkept),
      };
    },
    async saveRule(rule) {
      const id = await putRule(store, deps.random, rule);
      forget(id);
      return { id };
    },
    async removeRule(id) {
      await dropRule(store, id);
      forget(id);
    },
    acknowledge(id) {
      if (id !== undefined && !book.has(id)) throw new Failure("NOT_FOUND", { what: "alert", id });
      const count = book.acknowledge(id);
      if (count > 0) changed();
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
      cancelGone?.();
      await looking;
      for (const key of [...readers.all.keys()]) readers.close(key);
      await keeper.dispose(enabled().length > 0 || book.list().length > 0);
    },
  };
}
