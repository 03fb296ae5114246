import type { TextLine } from "./lines.ts";
import { stampToNs } from "./stamps.ts";

/** Lines that are remembered for telling repeated ones from new ones. */
const REMEMBERED = 512;
/** The two streams of a container are stamped apart and may be written slightly out of order. */
const SLACK_NS = 100_000_000n;

/**
 * Going on after a lost link without loss and without a line twice. The engine's `since` is inclusive, and it sends the
 * lines of one stream always in the same order, so a line is known again by its stream and its stamp (nanoseconds), as
 * often as it was seen.
 */
export interface Resumption {
  /** Notes lines that were shown. */
  seen(line: TextLine): void;
  /** To be called when the link was lost; what to ask the engine for, or `null` when nothing was seen yet. */
  restart(): bigint | null;
  /** False for a line that was shown before the link was lost. */
  isNew(line: TextLine): boolean;
  /** Since the restart, a new line came before any known one: something between them is lost. */
  gap(): boolean;
}

export function createResumption(): Resumption {
  let keys: string[] = [];
  let full = false;
  let awaited = new Map<string, number>();
  let resumed = false;
  let met = false;
  let missed = false;
  let newest = 0n;
  const keyOf = (line: TextLine): string | null => (line.stamp === null ? null : `${line.stream} ${line.stamp}`);

  return {
    seen(line) {
      const key = keyOf(line);
      if (key === null) return;
      keys.push(key);
      if (keys.length < 2 * REMEMBERED) return;
      keys = keys.slice(REMEMBERED);
      full = true;
    },
    restart() {
      const stamps = keys.map((key) => stampToNs(key.slice(7))).filter((ns) => ns !== null);
      let last = 0n;
      let oldest = stamps[0] ?? 0n;
      for (const ns of stamps) {
        if (ns > last) last = ns;
        if (ns < oldest) oldest = ns;
      }
      resumed = stamps.length > 0;
      met = false;
      missed = false;
      if (!resumed) return null;
      // Before the oldest remembered line nothing could be recognised.
      const floor = full ? oldest + 1n : 0n;
      const since = last - SLACK_NS > floor ? last - SLACK_NS : floor;
      newest = last;
      awaited = new Map();
      for (const key of keys) awaited.set(key, (awaited.get(key) ?? 0) + 1);
      return since < last ? since : last;
    },
    isNew(line) {
      const key = keyOf(line);
      if (!resumed || key === null) return true;
      const left = awaited.get(key) ?? 0;
      if (left > 0) {
        awaited.set(key, left - 1);
        met = true;
        return false;
      }
      if (met) return true;
      const late = (stampToNs(line.stamp ?? "") ?? 0n) > newest;
      if (late) {
        missed = true;
        met = true;
      }
      return true;
    },
    gap() {
      const result = missed;
      missed = false;
      return result;
    },
  };
}
