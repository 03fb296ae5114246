import type { LogSourceHead, LogSourceRef } from "../../contract/logs.ts";
import type { KeptAbout } from "./buffer/index.ts";
import type { SourceName } from "./shared.ts";

/** Where lines are from in the end: a kept log stands for the sources that it was read from. */
export interface Origin {
  ref: LogSourceRef;
  name: string;
  hostName: string;
  /** Null: not known. */
  simulated: boolean | null;
}

/** What is known of the kept logs of a view, by id. */
export type KeptOnes = ReadonlyMap<string, KeptAbout>;

/** What a kept log is called as one source; it is simulated when any part of it is. */
export function nameOfKept({ sources }: KeptAbout): SourceName {
  const simulated = sources.some((source) => source.simulated === true);
  return { name: sources.map(({ name }) => name).join(", "), hostName: "", simulated };
}

export function originsOf({ ref, name, hostName, simulated }: LogSourceHead, kept: KeptOnes): Origin[] {
  if (ref.kind !== "kept") return [{ ref, name, hostName, simulated }];
  const sources = kept.get(ref.id)?.sources ?? [{ name, simulated: null }];
  return sources.map((source) => ({ ref, hostName, ...source }));
}

/**
 * What the places mean that lines name: those of a kept log that is read alone are its own. Among others it is one
 * place; `simulated` is null then where it is of both kinds.
 */
export function placesOf(heads: readonly LogSourceHead[], kept: KeptOnes): Origin[] {
  const [only, another] = heads;
  if (only !== undefined && another === undefined) return originsOf(only, kept);
  return heads.map((head) => {
    const { ref, name, hostName } = head;
    const kinds = new Set(originsOf(head, kept).map(({ simulated }) => simulated));
    const [kind = null] = kinds;
    return { ref, name, hostName, simulated: kinds.size === 1 ? kind : null };
  });
}
