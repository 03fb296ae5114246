import type { Masker } from "./mask.ts";

export type Level = "INFO" | "WARNING" | "ERROR";

/** The server's own log. One line an entry, all on one stream, so that the order is what happened. */
export interface Log {
  /** `INFO:api_wrapper: text`, known values masked, control characters taken out. */
  line(level: Level, text: string): void;
  /** One line that is already built and masked field by field (the access record). */
  record(json: string): void;
  /** Exactly this, unmasked. For the demonstration canary and nothing else. */
  raw(text: string): void;
}

export function createLog(write: (text: string) => void, masker: Masker): Log {
  return {
    line(level, text) {
      write(`${level}:api_wrapper: ${oneLine(masker.mask(text))}\n`);
    },
    record(json) {
      write(`${json}\n`);
    },
    raw(text) {
      write(`${text}\n`);
    },
  };
}

const LONGEST = 4_000;

/** Keeps a message from forging further lines or steering a terminal. */
export function oneLine(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g, " ").slice(0, LONGEST);
}
