/** Where the lines of a log are held: in memory, spilled to disk, kept. */
export { kindOf, kinds, levelBit } from "./block.ts";
export { createLogBuffer } from "./buffer.ts";
export { createLogStore } from "./store.ts";
export type {
  Block,
  Blocks,
  Held,
  KeptAbout,
  KeptLog,
  KeptReader,
  LogBuffer,
  LogBufferOptions,
  LogStore,
  LogStoreOptions,
  NewLine,
  Spill,
  Summary,
} from "./types.ts";
