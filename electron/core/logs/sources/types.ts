import type { LogHead, LogLevel, LogLine } from "../../../contract/logs.ts";
import type { Clock, Random } from "../../ports.ts";
import type { LineBatch } from "../lineBatch.ts";
import type { Masker } from "../masking/index.ts";

/** A line as its source gives it: masked. */
export interface SourceLine {
  /** Milliseconds since the epoch, maybe with a fraction; null when the source gave no time. */
  at: number | null;
  stream: LogLine["stream"];
  text: string;
  /** What the source itself says of it; left out where only the text can tell. */
  level?: LogLevel | null;
  /** Place of its source in a merged log; 0 otherwise. */
  source?: number;
  /** A merged log keeps what was found out before. */
  part?: boolean;
}

/** What every source of lines is given, wherever its lines come from. */
export interface SourceDeps {
  /** Lines of the past to begin with. */
  tail: number;
  /** Takes masked lines, in the order in which they are read. */
  append(line: SourceLine): void;
  /** The same with many at once: those from `from` to `to` of a batch, of which nothing is kept. */
  take(lines: LineBatch, from: number, to: number): void;
  /** Told of lines that were never taken. */
  skip?(count: number): void;
  /** True once a line was appended. */
  begun(): boolean;
  masker: Pick<Masker, "stream">;
  clock: Clock;
  random: Random;
  /** Told whenever the head has moved. */
  changed(): void;
  /** Told of a bug. */
  report(error: unknown): void;
}

/** Something that brings lines until it is stopped or over. */
export interface LogSource {
  readonly state: LogHead["state"];
  readonly problem: LogHead["problem"];
  /** How often each secret was masked. */
  readonly masked: ReadonlyMap<string, number>;
  /** Settles when reading is over: stopped, removed or failed. Never rejects. */
  done: Promise<void>;
  stop(): void;
}

export type StartSource = (deps: SourceDeps) => LogSource;
