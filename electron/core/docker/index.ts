/** Container engines over a link: Docker and, as a dialect of it, Podman. */

export { LinkAgent } from "./agent.ts";
export { createEngine } from "./engine.ts";
export { createFrameReader, type FrameOptions, type FrameReader } from "./frames.ts";
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
  LogFrame,
} from "./types.ts";
