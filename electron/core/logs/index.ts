/** Logs: the masking engine that guards every exit of the core, and the room that tails containers through it. */
export { createScreener, type LogScreen, type Screener, type ScreenerOptions } from "./detect/index.ts";
export {
  createEvidenceCheck,
  type EvidenceFault,
  type EvidenceHeader,
  type EvidenceReport,
  verifyEvidence,
} from "./evidence.ts";
export { lineTest } from "./filter/index.ts";
export { createGuard, type Guard } from "./guard.ts";
export {
  createMasker,
  type Masker,
  type MaskerOptions,
  type MaskStream,
  type StreamOptions,
  type Weakness,
  weaknessOf,
} from "./masking/index.ts";
export { plainText } from "./plain.ts";
export { createLogRoom, type LogRoom, type LogRoomDeps, type LogRoomLimits } from "./room.ts";
export type { SourceName } from "./shared.ts";
export {
  createOwnLog,
  type LogOffers,
  type LogSource,
  logOffers,
  type OwnLog,
  type SourceDeps,
  type SourceLine,
  type Sources,
  type SourcesDeps,
  type StartSource,
  sourcesOf,
} from "./sources/index.ts";
export type { MaskGuard, MaskHit } from "./types.ts";
