import { z } from "zod";

/*
 * What the console reads of the engine's answers (moby, api/swagger.yaml). Everything is loose: engines add fields, and
 * Podman leaves some out or sends null where Docker sends nothing.
 */

export const text = z
  .string()
  .nullish()
  .transform((value) => value ?? "");
export const number = z
  .number()
  .nullish()
  .transform((value) => value ?? 0);
export const flag = z
  .boolean()
  .nullish()
  .transform((value) => value ?? false);
export const texts = z
  .array(z.string())
  .nullish()
  .transform((value) => value ?? []);
export const labels = z
  .record(z.string(), z.string())
  .nullish()
  .transform((value) => value ?? {});
export const anyRecord = z
  .record(z.string(), z.unknown())
  .nullish()
  .transform((value) => value ?? {});

/** Milliseconds since the epoch, `null` for the engine's "never" (year 1) and for what is no time. */
export function timeOf(value: string): number | null {
  const ms = Date.parse(value);
  return Number.isNaN(ms) || ms <= 0 ? null : ms;
}

export const bare = (name: string) => name.replace(/^\//, "");

/** `Entrypoint` is a list, or in old images a text. */
export const wordOrWords = z
  .union([z.array(z.string()), z.string()])
  .nullish()
  .transform((value) => (typeof value === "string" ? [value] : (value ?? [])));
