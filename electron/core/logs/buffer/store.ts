import { Failure } from "../../failure.ts";
import type { LogStore, LogStoreOptions } from "./types.ts";

/** Never throws: a folder that can't be used is told when a log is pinned, and by `problem` of the buffers. */
export function createLogStore(_options: LogStoreOptions): LogStore {
  const none = (id: string) => new Failure("NOT_FOUND", { what: "log", id });
  return {
    bytes: 0,
    kept: async () => [],
    read: async (id) => Promise.reject(none(id)),
    drop: async (id) => Promise.reject(none(id)),
    dispose: async () => {},
  };
}
