import type { LogSourceRef } from "../../../contract/logs.ts";
import type { Engine } from "../../docker/types.ts";
import { Failure } from "../../failure.ts";
import type { HostLink } from "../../ssh/types.ts";
import { containerSource } from "./container.ts";
import { eventsSource } from "./events.ts";
import { fileSource } from "./file.ts";
import { journalSource } from "./journal.ts";
import type { OwnLog } from "./own.ts";
import type { StartSource } from "./types.ts";

export type { LogEngine } from "./container.ts";
export { keptSource } from "./kept.ts";
export { type LogOffers, logOffers } from "./offers.ts";
export { createOwnLog, type OwnLog } from "./own.ts";
export type { LogSource, SourceDeps, SourceLine, StartSource } from "./types.ts";

type Kind = LogSourceRef["kind"];
export type RefOf<K extends Kind> = Extract<LogSourceRef, { kind: K }>;

/** How a source of each kind is read; a kind that is not here can't be opened. */
export type Sources = { readonly [K in Kind]?: (ref: RefOf<K>) => StartSource };

export interface SourcesDeps {
  engineOf(hostId: string): Promise<Pick<Engine, "logs" | "inspect" | "events">>;
  linkOf(hostId: string): Promise<Pick<HostLink, "spawn" | "exec">>;
  own: Pick<OwnLog, "source">;
}

/** Another kind of source is one more line. */
export function sourcesOf(deps: SourcesDeps): Sources {
  return {
    container: ({ hostId, containerId }) => containerSource({ engineOf: () => deps.engineOf(hostId), containerId }),
    file: ({ hostId, path }) => fileSource({ link: () => deps.linkOf(hostId), path }),
    journal: ({ hostId, unit }) => journalSource({ link: () => deps.linkOf(hostId), unit }),
    events: ({ hostId }) => eventsSource({ engineOf: () => deps.engineOf(hostId) }),
    console: () => deps.own.source,
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
