/**
 * Rows of a log as evidence: one file of JSON lines. The first line is the header, in the form of RFC 8785; it says whose
 * lines follow and is signed (Ed25519) with the key of the audit log; the others are the body, whose bytes it names by
 * their SHA-256. Who has the public key needs nothing else to check it.
 */
import { createHash } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { z } from "zod";
import { logFilter, logSource } from "../../contract/logs.ts";
import { canonical, fingerprint, signatureFits } from "../audit/index.ts";

const hex = z.string().regex(/^(?:[0-9a-f]{2})+$/);
const time = z.iso.datetime({ precision: 3 });

export const evidenceHeader = z.strictObject({
  v: z.literal(1),
  kind: z.literal("gatehouse-evidence"),
  time,
  /** Who saved it, as in the audit log. */
  actor: z.strictObject({ user: z.string(), door: z.string() }),
  app_version: z.string(),
  /** In the places that the lines name. */
  sources: z.array(z.strictObject({ ref: logSource, name: z.string(), host: z.string(), simulated: z.boolean() })),
  /** Which lines these are; empty: all. */
  filter: logFilter,
  note: z.string(),
  lines: z.number().int(),
  /** Older lines that did not fit into the file. */
  left: z.number().int(),
  /** Lines that fell out of the log before it was saved, or were never taken. */
  skipped: z.number().int(),
  /** Times of the first and the last line that has one. */
  first: time.nullable(),
  last: time.nullable(),
  /** The newest row of the audit log at that time, on the machine where it was saved. */
  audit: z.strictObject({ log_id: z.string(), seq: z.number().int(), hash: hex }),
  /** Of all bytes behind the first line feed. */
  body_bytes: z.number().int(),
  body_sha256: hex,
  /** DER, SubjectPublicKeyInfo. */
  public_key: hex,
  signature: hex,
});
export type EvidenceHeader = z.infer<typeof evidenceHeader>;
export type EvidenceStatement = Omit<EvidenceHeader, "public_key" | "signature">;

/** What is wrong with a file, each with a sentence. */
export type EvidenceFault = "not-evidence" | "header-changed" | "body-changed" | "other-key";

export interface EvidenceReport {
  whole: boolean;
  faults: { fault: EvidenceFault; note: string }[];
  header: EvidenceHeader | null;
  /** Of the key that it is signed with, as the console shows it; null when it can't be read. */
  key: string | null;
  /** No key was given to compare with: it is only known that the holder of that key wrote it. */
  keyUnchecked: boolean;
}

/** Of a body that is given in pieces; a turn of the loop lies between them, since there may be 64 MiB. */
export async function bodyFacts(
  pieces: readonly string[],
): Promise<Pick<EvidenceStatement, "body_bytes" | "body_sha256">> {
  const hash = createHash("sha256");
  let size = 0;
  for (const piece of pieces) {
    hash.update(piece, "utf8");
    size += Buffer.byteLength(piece, "utf8");
    await setImmediate();
  }
  return { body_bytes: size, body_sha256: hash.digest("hex") };
}

/** `publicKey` is the hex of the key that it has to be signed with. Never throws. */
export function verifyEvidence(file: Uint8Array, publicKey?: string): EvidenceReport {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.length);
  const end = bytes.indexOf(0x0a);
  const header = end < 0 ? null : headerIn(bytes.subarray(0, end));
  const report: EvidenceReport = {
    whole: false,
    faults: [],
    header,
    key: header === null ? null : fingerprint(header.public_key),
    keyUnchecked: publicKey === undefined,
  };
  const wrong = (fault: EvidenceFault, note: string): void => void report.faults.push({ fault, note });
  if (header === null) {
    wrong("not-evidence", "the first line is not a header as this program writes it");
    return report;
  }
  if (!signatureFits(header.public_key, header, "evidence v1")) {
    wrong("header-changed", "the signature does not fit the header: something in it was changed after it was signed");
  }
  if (publicKey !== undefined && publicKey.toLowerCase() !== header.public_key) {
    wrong("other-key", `signed with the key ${report.key}, not with ${fingerprint(publicKey)}`);
  }
  const body = bytes.subarray(end + 1);
  const sum = createHash("sha256").update(body).digest("hex");
  if (sum !== header.body_sha256 || body.length !== header.body_bytes) {
    const lines = linesIn(body);
    const counted = lines === header.lines ? "" : `; ${lines} lines in place of ${header.lines}`;
    wrong("body-changed", `the lines are not those that were signed${counted}`);
  }
  report.whole = report.faults.length === 0;
  return report;
}

function headerIn(line: Uint8Array): EvidenceHeader | null {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(line);
    const value: unknown = JSON.parse(text);
    const parsed = evidenceHeader.safeParse(value);
    // One form alone is right, so that no byte of it is free.
    return parsed.success && canonical(value) === text ? parsed.data : null;
  } catch {
    return null;
  }
}

function linesIn(body: Uint8Array): number {
  let count = 0;
  for (const byte of body) if (byte === 0x0a) count++;
  return count;
}
