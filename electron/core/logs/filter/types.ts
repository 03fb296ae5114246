import type { LogFilter, LogHead, LogLevel, LogLine } from "../../../contract/logs.ts";
import type { Clock } from "../../ports.ts";

export interface FilterOptions {
  /**
   * Whether a line speaks of a request. Asked only of lines that hold the id itself, letter by letter. Without it those
   * lines fit.
   */
  speaksOf?: ((text: string, requestId: string) => boolean) | undefined;
}

export interface RowsOptions extends FilterOptions {
  clock: Pick<Clock, "mono">;
}

/** Where the rows under a filter stand. */
export type RowsHead = LogHead["rows"];

export type RowTarget =
  | { by: "index"; index: number }
  | { by: "time"; at: number; digest?: string | undefined }
  | { by: "find"; row: number; find: LogFilter; backwards: boolean };

export interface DensityRange {
  /** Milliseconds since the epoch; the oldest time that is held unless told. */
  from?: number | undefined;
  to?: number | undefined;
  /** At most so many, 1 to 400. */
  buckets: number;
}

export interface Density {
  from: number;
  to: number;
  stepMs: number;
  buckets: { at: number; lines: number; warn: number; error: number; rows: number }[];
}

/**
 * The rows of one log under any number of filters. An index is kept for each of the filters last used, so that asking
 * again looks at new lines only. `BAD_INPUT` {field: "regex", reason} for an expression that can't be run.
 */
export interface Rows {
  /** As far as has been looked: this looks at nothing. */
  head(filter: LogFilter | undefined): RowsHead;
  /** Looks at what has come since, in slices, up to the end of the log. `CANCELLED` when the signal says so. */
  advance(filter: LogFilter | undefined, signal?: AbortSignal): Promise<void>;
  /**
   * At most `count` rows from row `from` on, or from the oldest that is held; fewer when their text is over 4 MiB. Looks on
   * where as many aren't found yet.
   */
  window(
    filter: LogFilter | undefined,
    from: number,
    count: number,
    signal?: AbortSignal,
  ): Promise<{ first: number; next: number; lines: LogLine[] }>;
  /** The row at a line or a time, or the nearest one; looks as far as it must. Null where there are no rows. */
  locate(
    filter: LogFilter | undefined,
    target: RowTarget,
    signal?: AbortSignal,
  ): Promise<{ row: number; index: number; exact: boolean } | null>;
  /** Null while no line has a time. */
  density(filter: LogFilter | undefined, range: DensityRange, signal?: AbortSignal): Promise<Density | null>;
  /** A line as a row without a filter; null once it fell out. */
  line(index: number): Promise<LogLine | null>;
  /** The lines that belong to the line at `index`, at most `limit`. */
  parts(index: number, limit: number): Promise<LogLine[]>;
  /** The oldest lines that fit, at most `limit`, as rows without a filter: for what is related to a line. */
  find(filter: LogFilter, limit: number, signal?: AbortSignal): Promise<LogLine[]>;
}

/** A filter, ready to be run. */
export interface CompiledFilter {
  /** The same for the same filter. */
  key: string;
  fold: boolean;
  /** All must be met. */
  conditions: Condition[];
  /** Lines of other levels don't fit; null where any may. With folding any may: one line of a group answers for others. */
  levels: readonly LogLevel[] | null;
}

/** One thing asked of a line. */
export type Condition = KindCondition | TextCondition;

/** Judged by what is known of a line beside its text. */
export interface KindCondition {
  by: "kind";
  fits(kind: number): boolean;
}

export interface TextCondition {
  by: "text";
  /** Found in every line of ASCII that fits, and never across two lines; null when there is nothing to look for. */
  must: RegExp | null;
  /** `must` stands in the bytes of other lines that fit, too. */
  bytes: boolean;
  /** A line of ASCII that holds `must` fits. */
  exact: boolean;
  /** False when what stands behind `must` shows that this place isn't it. */
  plausible?: (text: string, end: number) => boolean;
  /** The last word, on any line. */
  test(text: string): boolean;
}
