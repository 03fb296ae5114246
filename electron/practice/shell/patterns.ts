/** Patterns of the shell (IEEE Std 1003.1, 2.13): `*`, `?`, `[…]`; a backslash makes the next character mean itself. */
import { posix } from "node:path";
import { FileError, type FileSystem } from "./files.ts";

const maxPattern = 512;
const maxFound = 500;

export function escaped(text: string): string {
  return text.replaceAll(/[\\*?[\]]/g, "\\$&");
}

export function hasWildcard(pattern: string): boolean {
  return /(?:^|[^\\])(?:\\\\)*[*?[]/.test(pattern);
}

/** Whether all of `text` is what the pattern stands for. Takes as many steps as both are long, multiplied. */
export function matches(pattern: string, text: string): boolean {
  if (pattern.length > maxPattern) return false;
  const items = itemsOf(pattern);
  // Places in the pattern that can be reached with what was read so far.
  let reached = starred(items, new Set([0]));
  for (const letter of text) {
    const next = new Set<number>();
    for (const at of reached) {
      const item = items[at];
      if (item === undefined) continue;
      if (item === "any") next.add(at);
      else if (item(letter)) next.add(at + 1);
    }
    reached = starred(items, next);
    if (reached.size === 0) return false;
  }
  return reached.has(items.length);
}

type Item = "any" | ((letter: string) => boolean);

/** A `*` may also stand for nothing. */
function starred(items: readonly Item[], reached: Set<number>): Set<number> {
  for (const at of reached) if (items[at] === "any") reached.add(at + 1);
  return reached;
}

function itemsOf(pattern: string): Item[] {
  const items: Item[] = [];
  for (let at = 0; at < pattern.length; at += 1) {
    const here = pattern[at] ?? "";
    const close = here === "[" ? pattern.indexOf("]", at + 2) : -1;
    if (here === "*") items.push("any");
    else if (here === "?") items.push(() => true);
    else if (close > 0) {
      items.push(setOf(pattern.slice(at + 1, close)));
      at = close;
    } else {
      const plain = here === "\\" ? (pattern[at + 1] ?? "\\") : here;
      if (here === "\\") at += 1;
      items.push((letter) => letter === plain);
    }
  }
  return items;
}

function setOf(text: string): (letter: string) => boolean {
  const negated = text.startsWith("!");
  const inner = negated ? text.slice(1) : text;
  return (letter) => {
    let found = false;
    for (let at = 0; at < inner.length; at += 1) {
      const [low = "", dash, high] = inner.slice(at, at + 3);
      if (dash === "-" && high !== undefined) {
        found ||= low <= letter && letter <= high;
        at += 2;
      } else found ||= low === letter;
    }
    return found !== negated;
  };
}

/** Absolute paths that exist and match, sorted; names that begin with a dot only where the pattern says so. */
export function glob(files: FileSystem, pattern: string): string[] {
  if (!pattern.startsWith("/") || pattern.length > maxPattern) return [];
  let found = ["/"];
  for (const part of pattern.split("/").filter(Boolean)) {
    found = found.flatMap((folder) => {
      if (!hasWildcard(part)) return [posix.join(folder, part.replaceAll(/\\(.)/g, "$1"))];
      return namesIn(files, folder)
        .filter((name) => (part.startsWith(".") || !name.startsWith(".")) && matches(part, name))
        .map((name) => posix.join(folder, name));
    });
  }
  return found.filter((path) => files.stat(path) !== null).slice(0, maxFound);
}

function namesIn(files: FileSystem, folder: string): string[] {
  try {
    return files.list(folder);
  } catch (error) {
    if (error instanceof FileError) return [];
    throw error;
  }
}
