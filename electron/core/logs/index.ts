/** Logs: the masking engine that guards every exit of the core, and the room that tails containers through it. */
export { levelOf } from "./level.ts";
export {
  createMasker,
  type Masker,
  type MaskerOptions,
  type MaskStream,
  type StreamOptions,
  type Weakness,
  weaknessOf,
} from "./masking/index.ts";
export { createLogRoom, type LogRoom, type LogRoomDeps, type LogRoomLimits } from "./room.ts";
export type { MaskGuard, MaskHit } from "./types.ts";
