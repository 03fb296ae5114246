import type { FieldFilter } from "../../../contract/logs.ts";
import { jsonOf } from "../parse/index.ts";

/** Ways to read a path are many where keys hold dots themselves; so many are tried. */
const MAX_TRIES = 200;

/**
 * Whether a line that is JSON has the field. `is`, `has`, `above` and `below` ask for a leaf, `exists` for anything;
 * `not` is all that is not `is`, lines that aren't JSON among it. A path may pass through keys that hold dots.
 */
export function fieldFits(text: string, { path, op, value }: FieldFilter): boolean {
  const found = valuesAt(jsonOf(text), path);
  if (op === "exists") return found.length > 0;
  if (op === "not") return !found.some((leaf) => isValue(leaf, value));
  return found.some((leaf) => leafFits(leaf, op, value));
}

function leafFits(leaf: unknown, op: "is" | "has" | "above" | "below", value: string): boolean {
  if (typeof leaf === "object" && leaf !== null) return false;
  if (op === "is") return isValue(leaf, value);
  if (op === "has") return String(leaf).toLowerCase().includes(value.toLowerCase());
  const [number, limit] = [numberOf(leaf), numberOf(value)];
  return number !== null && limit !== null && (op === "above" ? number > limit : number < limit);
}

function isValue(leaf: unknown, value: string): boolean {
  if (typeof leaf === "object" && leaf !== null) return false;
  if (String(leaf) === value) return true;
  return typeof leaf === "number" && numberOf(value) === leaf;
}

export function numberOf(value: unknown): number | null {
  if (typeof value === "number") return value;
  if (typeof value !== "string" || value.trim() === "") return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}

function valuesAt(json: unknown, path: string): unknown[] {
  const keys = path.split(".");
  const found: unknown[] = [];
  let tries = 0;
  const walk = (node: unknown, from: number): void => {
    if (from === keys.length) {
      found.push(node);
      return;
    }
    if (typeof node !== "object" || node === null) return;
    for (let to = from + 1; to <= keys.length && tries < MAX_TRIES; to++) {
      tries++;
      const key = keys.slice(from, to).join(".");
      if (Object.hasOwn(node, key)) walk((node as Record<string, unknown>)[key], to);
    }
  };
  if (json !== undefined) walk(json, 0);
  return found;
}

/**
 * What a line that fits must hold, as it stands in ASCII; null where there is nothing to look for. The key's last part is
 * followed by a quote and a colon, unless it is written with an escape; places in lists aren't written at all.
 */
export function fieldMust({ path, op, value }: FieldFilter): RegExp | null {
  if (op === "not") return null;
  const keys = path.split(".");
  const key = keys.findLast((part) => !/^\d*$/.test(part));
  if (key === undefined || !/^[\w @$/:-]{1,64}$/.test(key)) return null;
  const name = `${key.replace(/[$/-]/g, "\\$&")}"[ \\t]*:`;
  const after = key === keys.at(-1) ? valueMust(op, value) : "";
  // A solidus may be escaped, and every character by its number.
  return new RegExp(`${name}${after}|\\\\u00${key.includes("/") ? "|\\\\/" : ""}`, "g");
}

/** How the value must begin; a number may be written in several ways. */
function valueMust(op: FieldFilter["op"], value: string): string {
  if (op === "above" || op === "below") return '[ \\t]*["\\-0-9]';
  if (op !== "is" || numberOf(value) !== null) return "";
  return /^[A-Za-z][\w ]{0,64}$/.test(value) ? `[ \\t]*"?(?:${value}|[^"\\n]{0,64}\\\\)` : "";
}
