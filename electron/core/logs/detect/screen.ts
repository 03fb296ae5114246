import type { LogLine } from "../../../contract/logs.ts";
import type { Clock } from "../../ports.ts";
import { createDetectEngine } from "./engine.ts";
import type { PemBlock } from "./pem.ts";
import type { DetectorKind, Detectors, Hit } from "./types.ts";

export interface ScreenerOptions {
  /** Read for each line: a change counts from the next line on, everywhere. */
  settings: () => Detectors;
  clock: Pick<Clock, "mono">;
  /** Characters that all logs together may have looked at in a second; more are shown unlooked at, and counted. */
  charsPerSecond?: number;
}

/** The second layer, behind the exact one: what nobody registered, told by its shape. */
export interface Screener {
  /** For one log: remembers key blocks that run over lines, and counts. */
  log(): LogScreen;
  /** A text of any number of lines, tokens of known issuers alone: for errors, records and answers. */
  text(text: string): string;
}

export interface LogScreen {
  /** The line with every find as `[detected:KIND]`. The same text where there is none. */
  line(stream: LogLine["stream"], text: string): string;
  /**
   * For whole lines of printable ASCII and tabs in `bytes[from, to)`, one byte more behind them: where they have to be
   * looked at, ascending; null when each has to be. A line without a place stays as it is. The list is used again.
   */
  places(stream: LogLine["stream"], bytes: Uint8Array, from: number, to: number): readonly number[] | null;
  /** A key has begun and is not at its end: each line has to be looked at. */
  isOpen(stream: LogLine["stream"]): boolean;
  /** Finds so far. */
  readonly detected: ReadonlyMap<DetectorKind, number>;
  /** Lines that were not looked at, since there were too many at once. */
  readonly unchecked: number;
}

const CHARS_PER_SECOND = 32_000_000;
/** What judging one place costs, in characters passed over. */
const PLACE_COST = 24;
/** Passing over a character of a line that needs no closer look, in characters looked at. */
const PASSED = 1 / 4;
const providersOnly: Detectors = { providers: true, assignments: false, pii: false };

export function createScreener({ settings, clock, charsPerSecond = CHARS_PER_SECOND }: ScreenerOptions): Screener {
  const engine = createDetectEngine();
  const budget = createBudget(clock, charsPerSecond);

  function createLog(): LogScreen {
    const blocks: Record<LogLine["stream"], PemBlock | null> = { stdout: null, stderr: null, note: null };
    const detected = new Map<DetectorKind, number>();
    let unchecked = 0;
    return {
      line(stream, text) {
        const on = settings();
        if (!on.providers && !on.assignments && !on.pii) return text;
        // The body of a key is never let through.
        if (blocks[stream] === null && !budget.allows()) {
          unchecked++;
          return text;
        }
        const { hits, block, places } = engine.find(text, on, blocks[stream]);
        budget.spend(text.length + places * PLACE_COST);
        blocks[stream] = block;
        for (const { kind } of hits) detected.set(kind, (detected.get(kind) ?? 0) + 1);
        return replaced(text, hits);
      },
      places(stream, bytes, from, to) {
        const on = settings();
        if (blocks[stream] !== null || on.pii || !budget.allows()) return null;
        if (!on.providers && !on.assignments) return nowhere;
        budget.spend((to - from) * PASSED);
        return engine.places(bytes, from, to);
      },
      isOpen: (stream) => blocks[stream] !== null,
      detected,
      get unchecked() {
        return unchecked;
      },
    };
  }

  function checkText(text: string): string {
    let block: PemBlock | null = null;
    const clean = (line: string): string => {
      const result = engine.find(line, providersOnly, block);
      block = result.block;
      return replaced(line, result.hits);
    };
    return text.includes("\n") ? text.split("\n").map(clean).join("\n") : clean(text);
  }

  return { log: createLog, text: checkText };
}

const nowhere: readonly number[] = [];

function replaced(text: string, hits: readonly Hit[]): string {
  if (hits.length === 0) return text;
  let from = 0;
  let result = "";
  for (const { start, end, kind } of hits) {
    result += `${text.slice(from, start)}[detected:${kind}]`;
    from = end;
  }
  return result + text.slice(from);
}

/** So much a second; the line that goes over is still looked at whole. The clock is asked only where it matters. */
function createBudget(clock: Pick<Clock, "mono">, perSecond: number) {
  let left = perSecond;
  let since = clock.mono();
  return {
    allows(): boolean {
      if (left > 0) return true;
      const now = clock.mono();
      if (now - since < 1_000) return false;
      // A line that went far over is paid for by the seconds after it.
      left = Math.min(perSecond, left + Math.floor((perSecond * (now - since)) / 1_000));
      since = now;
      return left > 0;
    },
    spend(chars: number): void {
      left -= chars;
    },
  };
}
