/** One line of the log: its fields, its canonical form, and the two seals on it. */
import { createHash, createHmac } from "node:crypto";
import { z } from "zod";

const hex64 = z.string().regex(/^[0-9a-f]{64}$/);
const outcome = z.enum(["intent", "success", "failure", "denied", "cancelled"]);
const query = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));

/** What the chain covers: everything but the seals. */
const recordFields = {
  v: z.literal(1),
  /** Made with the first row, so that rows of two logs can't be mixed. */
  log_id: z.string(),
  /** Counts up by one from 1, over all segments. */
  seq: z.number().int().positive(),
  /** UUIDv7; the rows of one action share it. */
  request_id: z.string(),
  /** RFC 3339, UTC, milliseconds. */
  timestamp: z.iso.datetime({ precision: 3 }),
  method: z.string(),
  path: z.string(),
  query,
  /** The outcome in the words of HTTP, for tools that read access logs: 200, 202 (intent), 4xx, 5xx. */
  status: z.number().int(),
  duration_ms: z.number().int(),
  /** Anonymised. */
  client_ip: z.string(),
  user_agent: z.string(),
  actor: z.string(),
  door: z.enum(["desktop", "browser", "test"]),
  /** One a run of the program. */
  session_id: z.string(),
  action: z.string(),
  target: z.string(),
  outcome,
  error_code: z.string().optional(),
  severity: z.enum(["low", "high"]),
  /** Monotonic milliseconds of the writer: shows when the wall clock was moved. */
  mono_ms: z.number().int(),
  app_version: z.string(),
  /** Names of fields that were too long for a line and are shortened here. */
  cut: z.array(z.string()).optional(),
  /** `hash` of the row before; 64 zeros in the first. */
  prev_hash: hex64,
};

/**
 * `hash` links the rows and needs no key: anyone can check that nothing was changed by accident or carelessly. `mac`
 * proves that the holder of the key wrote the row: whoever edits the file can make the hashes fit again, but not this.
 * `key_id` names the key and stands outside the hash, because a row may get its place before its key can be read.
 */
export const auditRecord = z.strictObject({ ...recordFields, hash: hex64, key_id: z.string(), mac: hex64 });
export type AuditRecord = z.infer<typeof auditRecord>;

/** A row with its place in the chain, before it was sealed with the key. */
export type ChainedRow = Omit<AuditRecord, "key_id" | "mac">;
export type AuditDraft = Omit<ChainedRow, "log_id" | "seq" | "prev_hash" | "hash">;

/** `key_id` of a row that was written while no key could be had; its `mac` is 64 zeros. */
export const NO_KEY = "none";

export const NO_HASH = "0".repeat(64);
/** Longest line, bytes, with its line break. */
export const MAX_LINE_BYTES = 8_192;

/** RFC 8785: keys in the order of their UTF-16 code units, no blanks, numbers as ECMAScript prints them. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`);
  return `{${fields.join(",")}}`;
}

export function hashOf(row: Omit<ChainedRow, "hash">): string {
  return createHash("sha256").update(canonical(row)).digest("hex");
}

/** Of a hash, which stands for the whole row and all rows before it. */
export function macOf(key: Uint8Array, hash: string): string {
  return createHmac("sha256", key).update(`gatehouse audit v1 row ${hash}`).digest("hex");
}

export function sealed(row: ChainedRow, key: Uint8Array | null): AuditRecord {
  if (key === null) return { ...row, key_id: NO_KEY, mac: NO_HASH };
  return { ...row, key_id: keyIdOf(key), mac: macOf(key, row.hash) };
}

/** Names a key without telling anything about it. */
export function keyIdOf(key: Uint8Array): string {
  return createHmac("sha256", key).update("gatehouse audit v1 key id").digest("hex").slice(0, 16);
}

/** The row's hash as its fields demand it, whatever `hash` says. */
export function expectedHash(record: AuditRecord): string {
  const { hash: _hash, key_id: _key, mac: _mac, ...covered } = record;
  return hashOf(covered);
}

/** `null` unless the line is exactly what this program would have written: one form of each row, so no byte is free. */
export function parseLine(bytes: Uint8Array): AuditRecord | null {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    const value: unknown = JSON.parse(text);
    const parsed = auditRecord.safeParse(value);
    return parsed.success && canonical(value) === text ? parsed.data : null;
  } catch {
    return null;
  }
}
