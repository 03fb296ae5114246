import type { LineDetail } from "../../../contract/logs.ts";

export type Leaf = NonNullable<LineDetail["fields"]>[number];

/** Longer texts are not taken apart. */
const MAX_TEXT = 1024 * 1024;
const MAX_DEPTH = 64;
const MAX_PATH = 200;
const MAX_VALUE = 16_384;

/** The value of a line that is JSON; `undefined` for any other line. Text before the first brace is passed over. */
export function jsonOf(line: string): unknown {
  if (line.length > MAX_TEXT) return undefined;
  const from = line.search(/[{[]/);
  // A logger's prefix is short; what stands far on is somebody's text.
  if (from < 0 || from > 120 || !/[}\]]\s*$/.test(line.slice(-20))) return undefined;
  try {
    const value: unknown = JSON.parse(line.slice(from));
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The leaves of a line that is JSON, in its order, at most `limit`; null for any other line. Never throws. */
export function leavesOf(line: string, limit: number): Leaf[] | null {
  const value = jsonOf(line);
  if (value === undefined) return null;
  const leaves: Leaf[] = [];
  walk(value, "", 0, leaves, limit);
  return leaves;
}

function walk(value: unknown, path: string, depth: number, leaves: Leaf[], limit: number): void {
  if (leaves.length >= limit || path.length > MAX_PATH) return;
  if (typeof value !== "object" || value === null) {
    leaves.push({ path, ...leafOf(value) });
    return;
  }
  if (depth >= MAX_DEPTH) {
    leaves.push({ path, value: "…", kind: "text" });
    return;
  }
  for (const [key, inner] of Object.entries(value)) {
    walk(inner, path === "" ? key : `${path}.${key}`, depth + 1, leaves, limit);
    if (leaves.length >= limit) return;
  }
}

function leafOf(value: unknown): Pick<Leaf, "value" | "kind"> {
  if (typeof value === "string") return { value: value.slice(0, MAX_VALUE), kind: "text" };
  if (value === null) return { value: "null", kind: "null" };
  return { value: String(value), kind: typeof value === "number" ? "number" : "truth" };
}

/** The value at `path` of nested objects; `undefined` where there is none. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  let node = value;
  for (const key of path) {
    if (typeof node !== "object" || node === null || !Object.hasOwn(node, key)) return undefined;
    node = (node as Record<string, unknown>)[key];
  }
  return node;
}
