/** The client of running model servers: ready, load, chat, infer, over a stream through the host's link. */
export { type ContainerServer, createModelAccess, type ModelAccess, type ModelAccessDeps, serverOf } from "./access.ts";
export { serverAddress } from "./address.ts";
export {
  type ChatRequest,
  type ChatResult,
  createModelServer,
  type InferResult,
  type ModelServer,
  type ModelServerDeps,
  type ServerProfile,
} from "./server.ts";
