export { createScreener, type LogScreen, type Screener, type ScreenerOptions } from "./screen.ts";
export type { DetectorKind, Detectors } from "./types.ts";
