import { invalid } from "./errors.ts";

export type JsonObject = Record<string, unknown>;

/** Every message names the field, which is ours, and never what was in it. */
export function object(value: unknown, field: string): JsonObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw invalid(`${field} must be an object`);
  return value as JsonObject;
}

/** Own members only, so that `__proto__` and `constructor` are ordinary unknown names. */
export function member(from: JsonObject, name: string): unknown {
  return Object.hasOwn(from, name) ? from[name] : undefined;
}

export function optionalText(from: JsonObject, name: string, longest: number): string | undefined {
  const value = member(from, name);
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string" || value.length > longest) {
    throw invalid(`${name} must be a text of at most ${longest} characters`);
  }
  return value;
}

export function optionalNumber(from: JsonObject, name: string, least: number, most: number): number | undefined {
  const value = member(from, name);
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "number" || !(value >= least && value <= most)) {
    throw invalid(`${name} must be a number from ${least} to ${most}`);
  }
  return value;
}

export function optionalInteger(from: JsonObject, name: string, least: number, most: number): number | undefined {
  const value = optionalNumber(from, name, least, most);
  if (value !== undefined && !Number.isInteger(value)) throw invalid(`${name} must be a whole number`);
  return value;
}

export function optionalFlag(from: JsonObject, name: string): boolean {
  const value = member(from, name);
  if (value === undefined || value === null) return false;
  if (typeof value !== "boolean") throw invalid(`${name} must be true or false`);
  return value;
}

/** A misspelt field of a call that carries secrets must not pass for "nothing to set". */
export function onlyKnown(from: JsonObject, known: readonly string[]): void {
  if (Object.keys(from).some((name) => !known.includes(name))) {
    throw invalid(`unknown field in the body; known are ${known.join(", ")}`);
  }
}
