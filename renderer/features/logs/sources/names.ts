import type { LogSourceHead, LogSourceRef } from "../../../../electron/contract/index.ts";

/** How many colours there are to tell sources apart; their short names always stand beside them. */
export const colours = 8;

type Named = Pick<LogSourceHead, "ref" | "name" | "hostName">;

function ownName({ ref, name }: Named): string {
  if (ref.kind === "file") return name.split("/").at(-1) || name;
  if (ref.kind === "journal") return ref.unit === undefined ? "journal" : ref.unit.replace(/\.service$/, "");
  if (ref.kind === "events") return "events";
  if (ref.kind === "console") return "gatehouse";
  return name;
}

/** Names short enough to stand before each line: with the host only where two would be the same without it. */
export function shortNames(sources: readonly Named[]): string[] {
  const own = sources.map(ownName);
  return sources.map((source, at) => {
    const name = own[at] ?? "";
    const twin = own.some((other, place) => place !== at && other === name);
    return twin && source.hostName !== "" ? `${name}@${source.hostName}` : name;
  });
}

/** Names as wide as the widest, and no wider than `most` characters: what is cut says so. */
export function equalNames(names: readonly string[], most: number): string[] {
  const width = Math.min(most, Math.max(0, ...names.map((name) => name.length)));
  return names.map((name) => (name.length > width ? `${name.slice(0, width - 1)}…` : name.padEnd(width)));
}

/** What a reference can be called before the core has told its name. */
export function plainName(ref: LogSourceRef): string {
  switch (ref.kind) {
    case "container":
      return ref.containerId.slice(0, 12);
    case "file":
      return ref.path;
    case "journal":
      return ref.unit ?? "journal";
    case "events":
      return ref.hostId;
    case "console":
      return "gatehouse";
    case "kept":
      return ref.id;
  }
}
