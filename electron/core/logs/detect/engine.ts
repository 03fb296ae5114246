import { assignmentRules } from "./assignments.ts";
import { createAutomaton } from "./automaton.ts";
import { classAt, Runs, WORD } from "./chars.ts";
import { contextRules } from "./contexts.ts";
import { familyRules } from "./families.ts";
import { type PemBlock, pemRule, scanPemLine } from "./pem.ts";
import { scanPii } from "./pii.ts";
import { Places } from "./places.ts";
import type { DetectorKind, Detectors, Hit, Line, Rule } from "./types.ts";

/** Every rule that waits for a keyword. */
export const rules: readonly Rule[] = [...familyRules, ...contextRules, pemRule, ...assignmentRules];

/** What was found in one line. */
export interface LineResult {
  /** In order, none overlapping another. */
  hits: readonly Hit[];
  /** The key block that goes on in the next line. */
  block: PemBlock | null;
  /** Places that a rule judged: what the line cost beside its length. */
  places: number;
}

export interface DetectEngine {
  find(text: string, on: Detectors, block: PemBlock | null): LineResult;
  /**
   * Where in lines of printable ASCII a rule that waits for a keyword would begin to look; see `Places`. Only lines that
   * have such a place can have a find, but for PII.
   */
  places(bytes: Uint8Array, from: number, to: number): readonly number[];
}

/** Linear in the length of the line, whatever it holds. */
export function createDetectEngine(): DetectEngine {
  const keywords = rules.flatMap((rule) => rule.keywords.map((keyword) => ({ keyword, rule })));
  const automaton = createAutomaton(keywords.map(({ keyword }) => keyword));
  const lengths = keywords.map(({ keyword }) => keyword.length);
  const owners = keywords.map(({ rule }) => rule);
  const runs = new Runs();
  const places = new Places(keywords.map(({ keyword, rule }) => ({ text: keyword, ending: rule.ending === true })));

  return {
    places: (bytes, from, to) => places.scan(bytes, from, to),
    find(text, on, block) {
      let line: OpenLine | null = null;
      let places = 0;
      const begun = (): OpenLine => {
        if (line === null) {
          runs.reset(text);
          line = new OpenLine(text, runs);
        }
        return line;
      };
      const after = on.providers && block !== null ? scanPemLine(begun(), block) : null;
      if (on.providers || on.assignments) {
        automaton.scan(text, (keyword, end) => {
          const rule = owners[keyword] as Rule;
          if (!on[rule.layer] || (rule.ending === true && (classAt(text, end) & WORD) !== 0)) return;
          places++;
          rule.scan(begun(), end - (lengths[keyword] as number), end);
        });
      }
      if (on.pii) {
        places += text.length >>> 3;
        scanPii(begun());
      }
      if (line === null) return { hits: none, block: null, places };
      const done = line as OpenLine;
      return { hits: merged(done.hits), block: done.opened ?? after, places };
    },
  };
}

const none: readonly Hit[] = [];

class OpenLine implements Line {
  readonly text: string;
  readonly runs: Runs;
  readonly hits: Hit[] = [];
  opened: PemBlock | null = null;
  #end = 0;

  constructor(text: string, runs: Runs) {
    this.text = text;
    this.runs = runs;
  }

  add(start: number, end: number, kind: DetectorKind): void {
    this.hits.push({ start, end, kind });
  }

  open(column: number): void {
    this.opened = { column, lines: 0, strange: 0 };
  }

  nextEnd(from: number): number {
    // One search for the whole line, not one for each place.
    if (this.#end >= 0 && this.#end <= from) this.#end = this.text.indexOf("-----END", from);
    return this.#end;
  }
}

/** Overlapping finds become one, of the kind that says most: an issuer's before a place's before a random value. */
function merged(hits: readonly Hit[]): readonly Hit[] {
  if (hits.length < 2) return hits;
  const sorted = [...hits].sort((a, b) => a.start - b.start || b.end - a.end);
  const list: Hit[] = [];
  for (const hit of sorted) {
    const last = list.at(-1);
    if (last === undefined || hit.start >= last.end) list.push({ ...hit });
    else {
      if (says(hit.kind) > says(last.kind)) last.kind = hit.kind;
      last.end = Math.max(last.end, hit.end);
    }
  }
  return list;
}

const byPlace = new Set<DetectorKind>(["jupyter", "url-password", "authorization", "api-key", "curl"]);

function says(kind: DetectorKind): number {
  if (kind === "private-key") return 3;
  if (kind === "assignment") return 0;
  return byPlace.has(kind) ? 1 : 2;
}
