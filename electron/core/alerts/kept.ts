/** Alerts as they lie on disk: masked, cut to a size, and looked at hard when they are read. */
import { z } from "zod";
import { type Alert, alert, type WatchGap, watchGap } from "../../contract/alerts.ts";
import { time } from "../../contract/base.ts";
import type { MaskGuard } from "../logs/index.ts";
import { keyOf, MAX_ALERTS } from "./book.ts";

/** Of all alerts as JSON, before the store's indentation. */
const MAX_BYTES = 512 * 1024;
/** A larger file is not ours. */
export const MAX_FILE_BYTES = 4 * 1024 * 1024;
const MAX_SAMPLE = 500;
const MAX_NAME = 200;
const MAX_GAPS = 10;
/** What is over for so long is no longer kept. */
const MAX_AGE_MS = 30 * 24 * 3_600_000;
/** A stop and a start within so short a time tells nobody anything. */
const MIN_GAP_MS = 1_000;

const text = (max: number) => z.string().max(max);

const keptAlert = alert.extend({
  id: text(64),
  rule: z.object({ id: text(64), name: text(MAX_NAME) }).nullable(),
  sourceName: text(MAX_NAME),
  hostName: text(MAX_NAME),
  environment: text(64),
  count: z.number().int().nonnegative().max(1_000_000_000),
  sample: text(MAX_SAMPLE).nullable(),
  secret: z.object({ name: text(128), environment: text(64) }).nullable(),
});

/** What lies in `alert-book.json`. */
export const alertBookFile = z.object({
  alerts: z.array(keptAlert).max(MAX_ALERTS),
  dropped: z.number().int().nonnegative(),
  gaps: z.array(watchGap).max(MAX_GAPS),
  /** Until when rules were watched for certain; null when none was on. */
  watchedUntil: time.nullable(),
});
export type AlertBookFile = z.infer<typeof alertBookFile>;

export const emptyAlertBook: AlertBookFile = { alerts: [], dropped: 0, gaps: [], watchedUntil: null };

type Mask = Pick<MaskGuard, "text">;

/** Every word of it that came from a host or a person, masked anew: a secret may have been registered since. */
export function masked(one: Alert, mask: Mask): Alert {
  return {
    ...one,
    rule: one.rule && { ...one.rule, name: mask.text(one.rule.name) },
    sourceName: mask.text(one.sourceName),
    hostName: mask.text(one.hostName),
    sample: one.sample === null ? null : mask.text(one.sample),
  };
}

/** At most `max` long, ended between two words: half of a value would no longer be known as one. */
function cut(words: string, max: number): string {
  if (words.length <= max) return words;
  const end = /^.*(?=\s)/s.exec(words.slice(0, max))?.[0] ?? "";
  return `${end}…`;
}

/** What of the list is written: masked first, then cut; what is over is the first to go, the oldest first. */
export function toKeep(alerts: readonly Alert[], mask: Mask, now: number): { alerts: Alert[]; dropped: number } {
  const kept = alerts.flatMap((one) => {
    if (one.state === "over" && one.lastAt < now - MAX_AGE_MS) return [];
    const safe = masked(one, mask);
    return {
      ...safe,
      rule: safe.rule && { ...safe.rule, name: cut(safe.rule.name, MAX_NAME) },
      sourceName: cut(safe.sourceName, MAX_NAME),
      hostName: cut(safe.hostName, MAX_NAME),
      sample: safe.sample === null ? null : cut(safe.sample, MAX_SAMPLE),
    };
  });
  let bytes = kept.reduce((sum, one) => sum + sizeOf(one), 0);
  while (bytes > MAX_BYTES) {
    const over = kept.findLastIndex(({ state }) => state === "over");
    const [gone] = kept.splice(over < 0 ? kept.length - 1 : over, 1);
    if (gone === undefined) break;
    bytes -= sizeOf(gone);
  }
  return { alerts: kept, dropped: alerts.length - kept.length };
}

const sizeOf = (one: Alert): number => Buffer.byteLength(JSON.stringify(one));

export function withGap(gaps: readonly WatchGap[], gap: WatchGap): WatchGap[] {
  return gap.to - gap.from < MIN_GAP_MS ? [...gaps] : [gap, ...gaps].slice(0, MAX_GAPS);
}

/**
 * What is shown of an earlier run. An open alert stays open: whether it still holds is not known before its log is read
 * again. `watches`: whether there is a rule of this id, switched on.
 */
export function restored(
  file: AlertBookFile,
  now: number,
  watches: (ruleId: string) => boolean,
): { alerts: Alert[]; dropped: number } {
  const ids = new Set<string>();
  const open = new Set<string>();
  const alerts = file.alerts.flatMap((one): Alert[] => {
    const isSecret = one.kind === "secret";
    // A file that somebody else has written may say anything that the schema lets through.
    if (ids.has(one.id) || one.source.kind !== "container") return [];
    if (isSecret ? one.secret === null || one.rule !== null : one.rule === null || one.secret !== null) return [];
    ids.add(one.id);
    const since = Math.min(one.since, now);
    const life = { since, lastAt: Math.min(Math.max(one.lastAt, since), now) };
    const key = keyOf(one);
    const goesOn = one.state !== "over" && !open.has(key) && (one.rule === null || watches(one.rule.id));
    if (!goesOn) return [{ ...one, ...life, state: "over" }];
    open.add(key);
    const from = Math.min(lastWatched(one, file.watchedUntil ?? life.lastAt), now);
    // Secrets are looked for from the first moment on; a rule waits for its log.
    const unwatched = { from, to: isSecret ? now : null };
    return [{ ...one, ...life, state: one.noted ? "seen" : "firing", unwatched }];
  });
  return { alerts, dropped: file.dropped + file.alerts.length - alerts.length };
}

function lastWatched({ unwatched }: Alert, watchedUntil: number): number {
  return unwatched !== null && unwatched.to === null ? Math.min(unwatched.from, watchedUntil) : watchedUntil;
}
