import { createScreener, type LogScreen } from "../../../../../electron/core/logs/detect/index.ts";
import type { Detectors } from "../../../../../electron/core/logs/detect/types.ts";

export const standard: Detectors = { providers: true, assignments: true, pii: false };
export const personal: Detectors = { providers: false, assignments: false, pii: true };
export const everything: Detectors = { providers: true, assignments: true, pii: true };

/** A log's screen without a limit to speak of. */
export function screenOf(on: Detectors = standard): LogScreen {
  return createScreener({
    settings: () => on,
    clock: { mono: () => 0 },
    charsPerSecond: Number.MAX_SAFE_INTEGER,
  }).log();
}

/** What the detectors make of one line. */
export const screened = (line: string, on: Detectors = standard): string => screenOf(on).line("stdout", line);
