import type { LogHead, LogLine } from "../../../contract/logs.ts";
import type { Random } from "../../ports.ts";

/** A line on its way into a buffer: masked, plain text, well-formed Unicode. */
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

/** A line that is held. */
export interface Held extends NewLine {
  index: number;
}

/** What a log that was kept is called, and what its source places meant. */
export interface KeptAbout {
  /** One for each source, in their places. */
  names: string[];
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

export interface LogStoreOptions {
  /** Its own folder, made with mode 0700; files in it are 0600. Leftovers of a run that crashed are removed, kept logs stay. */
  folder: string;
  /** Bytes of all logs together; the oldest part of the largest log that is not pinned goes first. */
  maxBytes: number;
  random: Pick<Random, "id">;
  /** Told of a bug. */
  report?: ((error: unknown) => void) | undefined;
}

/** The folder where logs are spilled and kept; one for all logs. */
export interface LogStore {
  /** Kept logs, newest first. */
  kept(): Promise<KeptLog[]>;
  /** `NOT_FOUND` when there is none of that id. */
  read(id: string): Promise<KeptReader>;
  /** Removes a kept log. `NOT_FOUND` when there is none of that id. */
  drop(id: string): Promise<void>;
  /** Bytes of all logs in the folder. */
  readonly bytes: number;
  dispose(): Promise<void>;
}

/** Reads a kept log from its first line to its last. */
export interface KeptReader {
  about: KeptLog;
  /** In runs of some thousand lines. */
  runs(signal?: AbortSignal): AsyncGenerator<Held[]>;
}

/** Lines that stand together; the newest block still grows. */
export interface Block {
  /** Index of its first line. */
  readonly first: number;
  readonly count: number;
  /** NaN where the source gave no time. */
  time(at: number): number;
  text(at: number): string;
  line(at: number): Held;
}

export interface Blocks {
  /** The block that holds `index`: itself when it is in memory, a promise when on disk, null when not held. */
  at(index: number): Block | Promise<Block | null> | null;
}
