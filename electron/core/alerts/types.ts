import type { LogLevel, LogSourceRef, LogState } from "../../contract/logs.ts";
import type { Failure } from "../failure.ts";

/** A line as a rule sees it: masked. */
export interface SeenLine {
  /** Milliseconds since the epoch; null when its source gave no time. */
  at: number | null;
  stream: "stdout" | "stderr" | "note";
  level: LogLevel | null;
  text: string;
}

/** A log that is being read because of a rule, until it is closed. */
export interface LogTap {
  state(): LogState;
  /** Why it is not being read. */
  problem(): Failure | null;
  close(): void;
}

/** Reads a log from now on, or joins those who read it already. */
export type OpenTap = (source: LogSourceRef, onLine: (line: SeenLine) => void) => LogTap;

/** A container as rules choose by. */
export interface WatchedContainer {
  hostId: string;
  hostName: string;
  containerId: string;
  name: string;
  environment: string;
  simulated: boolean;
  running: boolean;
  /** Names of the secrets that it was given. */
  secrets: readonly string[];
}
