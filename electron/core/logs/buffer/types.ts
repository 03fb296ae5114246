import type { KeptSource, LogHead, LogLine } from "../../../contract/logs.ts";
import type { Random } from "../../ports.ts";
import type { AtomicDeps } from "../../store/index.ts";

/** A line on its way into a buffer: masked, plain text without line breaks, well-formed Unicode. */
export interface NewLine {
  /** Milliseconds since the epoch, maybe with a fraction; null when the source gave no time. */
  at: number | null;
  stream: LogLine["stream"];
  level: LogLine["level"];
  text: string;
  /** Place of its source in a merged log, 0 to 31; 0 otherwise. */
  source: number;
  /**
   * It belongs to the line directly above. Where that one is of another source or stream, the flag is passed over: the
   * line then stands for itself.
   */
  part: boolean;
}

/** Lines of printable ASCII and tabs that stand one behind the other in `bodies[i]`, from `starts` to `ends`, a line feed behind each. */
export interface PlainLines {
  readonly bodies: readonly (string | Buffer)[];
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** Milliseconds since the epoch; NaN for one without a time. */
  readonly ats: Float64Array;
}

/** A line that is held. */
export interface Held extends NewLine {
  index: number;
}

/** What the source places of a log that was kept meant. */
export interface KeptAbout {
  /** At least one, in their places. */
  sources: KeptSource[];
}

/** A log that was kept on this machine. */
export interface KeptLog extends KeptAbout {
  id: string;
  /** Times of its first and last line that has one. */
  from: number | null;
  to: number | null;
  lines: number;
  bytes: number;
}

export interface LogBufferOptions {
  /** Lines held in memory at most. */
  maxLines: number;
  /** Bytes held in memory at most: text, and 16 for each line. */
  maxBytes: number;
  /** Where goes what falls out of memory; without it, it is gone. */
  store?: LogStore | undefined;
}

/**
 * A bounded log: the newest lines in memory, older ones on disk while there is room. Indices are absolute: the first line
 * ever is 0, and none is used again. `first` to `next` is held without a hole.
 */
export interface LogBuffer {
  /** Never throws, never waits. */
  append(line: NewLine): void;
  /** The same with the lines from `from` to `to`; `kinds` of each as `kindOf` makes them. */
  appendPlain(lines: PlainLines, kinds: Uint16Array, from: number, to: number): void;
  /** Says that so many lines were never taken. */
  skip(count: number): void;
  readonly first: number;
  /** One past the newest. */
  readonly next: number;
  /** Lines that fell out or were never taken. */
  readonly skipped: number;
  readonly memoryBytes: number;
  readonly diskBytes: number;
  readonly pinned: boolean;
  /** Why nothing goes to disk any more; null while all is well. */
  readonly problem: LogHead["problem"];
  /** Of what is held. */
  readonly levels: LogHead["levels"];
  /** At most `count` lines from `from` on, or from the oldest that is held; fewer when their text is over 4 MiB. */
  lines(from: number, count: number): Promise<Held[]>;
  /** Null when it fell out, or is not there yet. */
  line(index: number): Promise<Held | null>;
  /** Keeps what is held, and what comes, on disk when the buffer is disposed. `STORE_UNWRITABLE` without a store or a disk. */
  pin(about: KeptAbout): Promise<void>;
  unpin(): Promise<void>;
  /** Lets go of everything; what was pinned stays on disk. Never rejects. */
  dispose(): Promise<void>;
  /** How the filter room reads. */
  readonly blocks: Blocks;
}

export interface LogStoreOptions extends AtomicDeps {
  /** Its own folder, made with mode 0700; files in it are 0600. Leftovers of a run that crashed are removed, kept logs stay. */
  folder: string;
  /** Bytes of all logs together; the oldest part of the largest log that is not pinned goes first. */
  maxBytes: number;
  random: Pick<Random, "id" | "bytes">;
}

/** The folder where logs are spilled and kept; one for all logs. */
export interface LogStore {
  /** A place for one buffer. `gone` is told the places that are no longer there, since there was no more room. */
  spill(gone: (segment: number) => void): Spill;
  /** Kept logs, newest first; without those that are still being written. */
  kept(): Promise<KeptLog[]>;
  /** `NOT_FOUND` when there is none of that id. */
  read(id: string): Promise<KeptReader>;
  /** Removes a kept log. `NOT_FOUND` when there is none of that id. */
  drop(id: string): Promise<void>;
  /** Bytes of all logs in the folder. */
  readonly bytes: number;
  dispose(): Promise<void>;
}

/** Where a record stands. */
export interface Place {
  /** Number of the file. */
  segment: number;
  offset: number;
  bytes: number;
}

/** The files of one buffer. */
export interface Spill {
  readonly id: string;
  readonly bytes: number;
  /** Writes behind what is there; all or nothing. `STORE_UNWRITABLE`; what comes next begins a new file then. */
  write(records: readonly Buffer[]): Promise<Place[]>;
  /** Null when it is no longer there, or not what was written. */
  read(place: Place): Promise<Buffer | null>;
  /** From now on it stays when it is closed. `STORE_UNWRITABLE`. */
  keep(about: KeptAbout): Promise<void>;
  unkeep(): Promise<void>;
  /** Lets go of all that was written. */
  clear(): Promise<void>;
  /** Removes it unless it is kept. Never rejects. */
  close(): Promise<void>;
}

/** Reads a kept log from its first line to its last. */
export interface KeptReader {
  about: KeptLog;
  /** In runs of some thousand lines. */
  runs(signal?: AbortSignal): AsyncGenerator<Held[]>;
}

export type LevelCounts = LogHead["levels"];

/** What is known of a block without reading it. */
export interface Summary {
  /** Index of its first line. */
  first: number;
  count: number;
  /** Earliest and latest time of its lines; infinite, the wrong way round, where none has one. */
  from: number;
  to: number;
  levels: LevelCounts;
  /** Lines without a time. */
  untimed: number;
}

/** Lines that stand together. The newest block still grows, and its arrays are used again: look at it within one turn. */
export interface Block {
  readonly first: number;
  readonly count: number;
  /** Of each line, milliseconds since the epoch; NaN where the source gave none. */
  readonly times: Float64Array;
  /** Where each line begins in `bytes`, and where the last one ends. */
  readonly starts: Uint32Array;
  /** Of each line; the functions of `kinds` read it. */
  readonly kinds: Uint16Array;
  /** UTF-8; a line feed behind each line. */
  readonly bytes: Buffer;
  /** Bytes of text, line feeds included. */
  readonly size: number;
  /** Lines that are more than ASCII. */
  readonly wide: number;
  text(at: number): string;
  line(at: number): Held;
  /** True for a line that belongs to the one above it, whose origin (source and stream) is `origin`. */
  follows(at: number, origin: number): boolean;
}

export interface Blocks {
  /** The block that holds `index`: itself when it is in memory, a promise when on disk, null when it is not held. */
  at(index: number): Block | Promise<Block | null> | null;
  /** Of all blocks, oldest first. */
  summaries(): Summary[];
}
