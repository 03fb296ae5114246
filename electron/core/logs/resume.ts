import { type Moment, momentToNs } from "../docker/index.ts";

/** Lines that are remembered for telling repeated ones from new ones. */
const REMEMBERED = 16_384;
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
  /** Notes a line that was shown: its stamp in milliseconds (NaN when it has none) and their nanoseconds; 1 for standard error. */
  seen(at: number, ns: number, stream: 0 | 1): void;
  /** To be called when the link was lost; what to ask the engine for, or `null` when nothing was seen yet. */
  restart(): bigint | null;
  /** False for a line that was shown before the link was lost. */
  isNew(at: number, ns: number, stream: 0 | 1): boolean;
  /** Since the restart, a new line came before any known one: something between them is lost. */
  gap(): boolean;
}

export function createResumption(): Resumption {
  // The last lines, in a ring of plain numbers: this is written for each line there is.
  let ats = new Float64Array(64);
  let marks = new Int32Array(64);
  let count = 0;
  /** The newest among the lines that are no longer remembered: from before it nothing could be recognised. */
  let forgottenAt = -1;
  let forgottenNs = 0;
  let awaited = new Map<number, Map<number, number>>();
  let resumed = false;
  let met = false;
  let missed = false;
  let newest: Moment = { at: 0, ns: 0 };

  function widen(): void {
    const size = Math.min(REMEMBERED, ats.length * 4);
    const wider = { ats: new Float64Array(size), marks: new Int32Array(size) };
    wider.ats.set(ats);
    wider.marks.set(marks);
    ({ ats, marks } = wider);
  }

  function forget(slot: number): void {
    const at = ats[slot] as number;
    const ns = (marks[slot] as number) >> 1;
    if (at < forgottenAt || (at === forgottenAt && ns <= forgottenNs)) return;
    forgottenAt = at;
    forgottenNs = ns;
  }

  /** The newest line of each stream that is remembered, and how often each was seen. */
  function remembered() {
    const ends: [Moment, Moment] = [origin, origin];
    const times = new Map<number, Map<number, number>>();
    for (let slot = 0; slot < Math.min(count, REMEMBERED); slot++) {
      const at = ats[slot] as number;
      const mark = marks[slot] as number;
      const moment = { at, ns: mark >> 1 };
      const stream = (mark & 1) as 0 | 1;
      if (isAfter(moment, ends[stream])) ends[stream] = moment;
      const inMillisecond = times.get(at) ?? new Map<number, number>();
      times.set(at, inMillisecond);
      inMillisecond.set(mark, (inMillisecond.get(mark) ?? 0) + 1);
    }
    return { ends, times };
  }

  /** True when the line is one of those that were seen, and one less of them is awaited then. */
  function wasAwaited(at: number, mark: number): boolean {
    const inMillisecond = awaited.get(at);
    const left = inMillisecond?.get(mark) ?? 0;
    if (left > 0) inMillisecond?.set(mark, left - 1);
    return left > 0;
  }

  return {
    seen(at, ns, stream) {
      if (Number.isNaN(at)) return;
      const slot = count % REMEMBERED;
      if (count >= REMEMBERED) forget(slot);
      else if (slot === ats.length) widen();
      ats[slot] = at;
      marks[slot] = markOf(ns, stream);
      count++;
    },
    restart() {
      const { ends, times } = remembered();
      // Within one stream stamps only grow: what is new in it is no older than its last line.
      const [out, err] = ends;
      const [last, lagging] = isAfter(out, err) ? [out, err] : [err, out];
      resumed = last.at > 0;
      met = false;
      missed = false;
      if (!resumed) return null;
      newest = last;
      awaited = times;
      const lastNs = momentToNs(last);
      const afterForgotten = forgottenAt < 0 ? 0n : momentToNs({ at: forgottenAt, ns: forgottenNs }) + 1n;
      const since = [lastNs - SLACK_NS, afterForgotten].reduce(
        (most, ns) => (ns > most ? ns : most),
        momentToNs(lagging),
      );
      return since < lastNs ? since : lastNs;
    },
    isNew(at, ns, stream) {
      if (!resumed || Number.isNaN(at)) return true;
      const late = at > newest.at || (at === newest.at && ns > newest.ns);
      if (!late && wasAwaited(at, markOf(ns, stream))) {
        met = true;
        return false;
      }
      if (late && !met) {
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

const origin: Moment = { at: 0, ns: 0 };

/** Nanoseconds of the millisecond, and the stream in the lowest bit. */
function markOf(ns: number, stream: 0 | 1): number {
  return (ns << 1) | stream;
}

function isAfter(a: Moment, b: Moment): boolean {
  return a.at > b.at || (a.at === b.at && a.ns > b.ns);
}
