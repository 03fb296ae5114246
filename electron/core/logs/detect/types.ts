import type { DetectorKind, Detectors } from "../../../contract/detect.ts";
import type { Runs } from "./chars.ts";

export type { DetectorKind, Detectors };
export type Layer = keyof Detectors;

/** `text[start, end)` is replaced. */
export interface Hit {
  start: number;
  end: number;
  kind: DetectorKind;
}

/** What a rule sees of the line it looks at. */
export interface Line {
  readonly text: string;
  readonly runs: Runs;
  add(start: number, end: number, kind: DetectorKind): void;
  /** A key block begins here, at `column`, and goes on in the next line. */
  open(column: number): void;
  /** Where `-----END` stands at or after `from`, or -1; asked at ascending places. */
  nextEnd(from: number): number;
}

/**
 * One family as data: the automaton looks for the keywords (whatever their case), and `scan` judges each place where one
 * stands, `text[start, end)`. Places come in ascending order of `end`. What `scan` costs must be bounded, or be paid for by
 * text that no other place pays for: the whole then takes linear time whatever the line holds.
 */
export interface Rule {
  layer: Layer;
  keywords: readonly string[];
  /** A keyword counts only where no letter, digit or underscore follows it: `token=`, not `tokenizer`. */
  ending?: boolean;
  scan(line: Line, start: number, end: number): void;
}
