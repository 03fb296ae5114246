import type { TextLine } from "./lines.ts";
import { stampToNs } from "./stamps.ts";

/** Lines that are remembered for telling repeated ones from new ones. */
const REMEMBERED = 8192;
/**
 * The two streams of a container are stamped apart and written out of order, by more the busier the host is: so far back
 * is asked for lines of the one that lags.
 */
const SLACK_NS = 2_000_000_000n;

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
  /** The newest stamp among the lines that are no longer remembered: from before it nothing could be recognised. */
  let forgotten = 0n;
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
      for (const old of keys.slice(0, REMEMBERED)) {
        const ns = stampToNs(old.slice(7)) ?? 0n;
        if (ns > forgotten) forgotten = ns;
      }
      keys = keys.slice(REMEMBERED);
    },
    restart() {
      // Within one stream stamps only grow: what is new in it is no older than its last line.
      const ends = { stdout: 0n, stderr: 0n };
      for (const key of keys) {
        const ns = stampToNs(key.slice(7)) ?? 0n;
        const stream = key.startsWith("stdout") ? "stdout" : "stderr";
        if (ns > ends[stream]) ends[stream] = ns;
      }
      const last = ends.stdout > ends.stderr ? ends.stdout : ends.stderr;
      const lagging = ends.stdout < ends.stderr ? ends.stdout : ends.stderr;
      resumed = last > 0n;
      met = false;
      missed = false;
      if (!resumed) return null;
      const since = [last - SLACK_NS, forgotten + 1n].reduce((most, ns) => (ns > most ? ns : most), lagging);
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
