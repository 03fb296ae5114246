import type { LogSourceRef } from "../../../electron/contract/index.ts";

/** A line to open a log at: when it was written, and what tells it from others of the same millisecond. */
export type Place = { at: number; digest: string };

/** Letters, digits, `_` and `-` as they are, all else as `~` and two hex digits a byte: no browser touches that. */
function encodeWord(text: string): string {
  return [...new TextEncoder().encode(text)]
    .map((byte) => {
      const char = String.fromCharCode(byte);
      return /[A-Za-z0-9_-]/.test(char) ? char : `~${byte.toString(16).padStart(2, "0")}`;
    })
    .join("");
}

function decodeWord(text: string): string | null {
  if (!/^(?:[A-Za-z0-9_-]|~[0-9a-f]{2})*$/.test(text)) return null;
  const bytes = [...text.matchAll(/~(..)|(.)/g)].map(([, hex, char = ""]) =>
    hex === undefined ? char.charCodeAt(0) : Number.parseInt(hex, 16),
  );
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array(bytes));
  } catch {
    return null;
  }
}

/** A source as one word; the same source is always the same word. */
export function sourceKey(ref: LogSourceRef): string {
  switch (ref.kind) {
    case "container":
      return `c.${encodeWord(ref.hostId)}.${ref.containerId}`;
    case "file":
      return `f.${encodeWord(ref.hostId)}.${encodeWord(ref.path)}`;
    case "journal":
      return `j.${encodeWord(ref.hostId)}${ref.unit === undefined ? "" : `.${encodeWord(ref.unit)}`}`;
    case "events":
      return `e.${encodeWord(ref.hostId)}`;
    case "console":
      return "g";
    case "kept":
      return `k.${encodeWord(ref.id)}`;
  }
}

export function sourceOf(key: string): LogSourceRef | null {
  const [kind = "", ...rest] = key.split(".");
  const words = rest.map(decodeWord);
  if (words.some((word) => word === null || word === "")) return null;
  const [a, b] = words as string[];
  const count = words.length;
  if (kind === "c" && count === 2 && a && b && /^[0-9a-f]{12,64}$/.test(b))
    return { kind: "container", hostId: a, containerId: b };
  if (kind === "f" && count === 2 && a && b?.startsWith("/")) return { kind: "file", hostId: a, path: b };
  if (kind === "j" && count === 2 && a && b) return { kind: "journal", hostId: a, unit: b };
  if (kind === "j" && count === 1 && a) return { kind: "journal", hostId: a };
  if (kind === "e" && count === 1 && a) return { kind: "events", hostId: a };
  if (kind === "g" && count === 0) return { kind: "console" };
  if (kind === "k" && count === 1 && a) return { kind: "kept", id: a };
  return null;
}

/** The route of a view: `/logs/HOST/CONTAINER` for one container, `/logs/-/SOURCES` for all else; a place may follow. */
export function logPath(sources: readonly LogSourceRef[], place?: Place): string {
  const [only] = sources;
  if (only === undefined) return "/logs";
  const plain = sources.length === 1 && only.kind === "container" ? only : null;
  const what = plain
    ? `${encodeURIComponent(plain.hostId)}/${plain.containerId}`
    : `-/${sources.map(sourceKey).join(",")}`;
  return `/logs/${what}${place === undefined ? "" : `/${place.at}.${encodeWord(place.digest)}`}`;
}

/** What a route asks for; an empty list where it asks for nothing, or for nothing that can be read. */
export function readRoute(route: { hostId: string | null; what: string | null; place: string | null }): {
  sources: LogSourceRef[];
  place: Place | null;
} {
  const { hostId, what } = route;
  if (hostId === null || what === null) return { sources: [], place: null };
  if (hostId !== "-") {
    const plain = /^[0-9a-f]{12,64}$/.test(what);
    const sources: LogSourceRef[] = plain ? [{ kind: "container", hostId, containerId: what }] : [];
    return { sources, place: placeOf(route.place) };
  }
  const sources = what.split(",").map(sourceOf);
  const known = sources.filter((source) => source !== null);
  return { sources: known.slice(0, 32), place: placeOf(route.place) };
}

function placeOf(text: string | null): Place | null {
  const [, at = "", rest = ""] = /^(\d{1,15})\.(.+)$/.exec(text ?? "") ?? [];
  const digest = decodeWord(rest);
  return at === "" || !digest ? null : { at: Number(at), digest };
}
