import type { AlertCondition } from "../../contract/alerts.ts";
import type { SeenLine } from "./types.ts";

/** What holds right now: how many (lines, lines a second, seconds of silence), and a line that shows it. */
export interface Holding {
  count: number;
  sample: string | null;
}

/** One condition on one log. Times are wall-clock milliseconds; those of the lines where they have one. */
export interface Watch {
  line(line: SeenLine, now: number): void;
  /** `quietIsSilence`: the log is being read and its container runs, so that no line means no line. */
  look(now: number, quietIsSilence: boolean): Holding | null;
}

/** Whether one line fits; compiled once for a rule. */
export type LineTest = (line: SeenLine) => boolean;

export function createWatch(condition: AlertCondition, fits: LineTest, begun: number): Watch {
  switch (condition.kind) {
    case "pattern":
      return patternWatch(condition.count, condition.seconds * 1000, fits);
    case "rate":
      return rateWatch(condition.above, condition.seconds);
    case "silence":
      return silenceWatch(condition.seconds, begun);
  }
}

function patternWatch(count: number, windowMs: number, fits: LineTest): Watch {
  /** Times of the last hits, as a ring that grows as far as `count`. */
  let times: number[] = [];
  let next = 0;
  let newest = Number.NEGATIVE_INFINITY;
  let sample: string | null = null;

  function within(now: number): number {
    let hits = 0;
    for (const at of times) if (at > now - windowMs) hits++;
    return hits;
  }

  return {
    line(line, now) {
      if (!fits(line)) return;
      // A line from the future (a clock that runs ahead) must not hold the alert for longer than others.
      const at = Math.min(line.at ?? now, now);
      if (times.length < count) times.push(at);
      else times[next] = at;
      next = (next + 1) % count;
      newest = Math.max(newest, at);
      sample = line.text;
    },
    look(now) {
      if (newest <= now - windowMs) {
        times = [];
        next = 0;
        return null;
      }
      if (times.length < count) return null;
      const hits = within(now);
      return hits >= count ? { count: hits, sample } : null;
    },
  };
}

function rateWatch(above: number, seconds: number): Watch {
  /** Lines of each of the last seconds; `second` is the newest one. */
  const counts = new Uint32Array(seconds);
  let second = Number.NEGATIVE_INFINITY;
  let total = 0;

  function turnTo(now: number): void {
    const to = Math.floor(now / 1000);
    // A clock that was set back: what was counted is from a time that is not yet.
    if (to < second - seconds) second = Number.NEGATIVE_INFINITY;
    if (to <= second) return;
    if (to - second >= seconds) {
      counts.fill(0);
      total = 0;
    } else {
      for (let each = second + 1; each <= to; each++) {
        total -= counts[each % seconds] as number;
        counts[each % seconds] = 0;
      }
    }
    second = to;
  }

  return {
    // By the time of arrival: a log that catches up after a lost link is many lines at once, whatever their times say,
    // and only those of now are a rate.
    line(line, now) {
      if (line.stream === "note" || (line.at !== null && line.at < now - seconds * 1000)) return;
      turnTo(now);
      counts[second % seconds] = (counts[second % seconds] as number) + 1;
      total++;
    },
    look(now) {
      turnTo(now);
      const rate = total / seconds;
      return rate > above ? { count: Math.round(rate), sample: null } : null;
    },
  };
}

function silenceWatch(seconds: number, begun: number): Watch {
  let last = begun;
  return {
    line(line, now) {
      if (line.stream !== "note") last = now;
    },
    look(now, quietIsSilence) {
      // While nobody could hear it, nothing is known.
      if (!quietIsSilence || now < last) last = now;
      const silent = (now - last) / 1000;
      return silent >= seconds ? { count: Math.floor(silent), sample: null } : null;
    },
  };
}
