export { createMasker, type Masker, type MaskerOptions, type StreamOptions } from "./masker.ts";
export type { MaskStream } from "./stream.ts";
export { type Weakness, weaknessOf } from "./weak.ts";
