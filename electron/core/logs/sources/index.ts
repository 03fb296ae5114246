import type { LogSourceRef } from "../../../contract/logs.ts";
import { Failure } from "../../failure.ts";
import { containerSource, type LogEngine } from "./container.ts";
import type { StartSource } from "./types.ts";

export type { LogEngine } from "./container.ts";
export type { LogSource, SourceDeps, SourceLine, StartSource } from "./types.ts";

type Kind = LogSourceRef["kind"];
export type RefOf<K extends Kind> = Extract<LogSourceRef, { kind: K }>;

/** How a source of each kind is read; a kind that is not here can't be opened. */
export type Sources = { readonly [K in Kind]?: (ref: RefOf<K>) => StartSource };

export interface SourcesDeps {
  engineOf(hostId: string): Promise<LogEngine>;
}

/** Another kind of source is one more line. */
export function sourcesOf(deps: SourcesDeps): Sources {
  return {
    container: ({ hostId, containerId }) => containerSource({ engineOf: () => deps.engineOf(hostId), containerId }),
  };
}

/** `BAD_INPUT` {field: "sources"} for a kind that can't be read. */
export function startOf(sources: Sources, ref: LogSourceRef): StartSource {
  const make = sources[ref.kind] as ((ref: LogSourceRef) => StartSource) | undefined;
  if (make === undefined) {
    throw new Failure("BAD_INPUT", { field: "sources", reason: `a log of the kind "${ref.kind}" can't be read yet` });
  }
  return make(ref);
}
