/** Container engines over a link: Docker and, as a dialect of it, Podman. */

export { LinkAgent } from "./agent.ts";
export { batchOf, LogBatch, type LogFrame } from "./batch.ts";
export { createEngine } from "./engine.ts";
export { createFrameReader, type FrameOptions, type FrameReader } from "./frames.ts";
export { createStampScanner, type Moment, momentToNs, parseStamp, type StampScanner } from "./stamps.ts";
export type {
  ContainerDetail,
  ContainerStats,
  ContainerSummary,
  CreateBody,
  Engine,
  EngineEvent,
  EngineInfo,
  ImageDetail,
  ImageSummary,
} from "./types.ts";
