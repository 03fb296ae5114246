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
}

/**
 * One family as data: the automaton looks for the keywords (whatever their case), and `scan` judges each place where one
 * stands, `text[start, end)`. Places come in ascending order of `end`. What `scan` costs must be bounded, or be paid for by
 * text that no other place pays for: the whole then takes linear time whatever the line holds.
 */
export interface Rule {
  layer: Layer;
  keywords: readonly string[];
  scan(line: Line, start: number, end: number): void;
}
