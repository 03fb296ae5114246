/**
 * Rows of a log as evidence: one file of JSON lines. The first line is the header, in the form of RFC 8785; it says whose
 * lines follow and is signed (Ed25519) with the key of the audit log; the others are the body, whose bytes it names by
 * their SHA-256. Who has the public key needs nothing else to check it.
 */
import { createHash } from "node:crypto";
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
  /** Which of the sources are practice, and prove nothing about a real host. */
  simulated: z.enum(["none", "some", "all"]),
  /** Which lines these are; empty: all. */
  filter: logFilter,
  note: z.string(),
  lines: z.number().int(),
  /** Older lines that fell out of the log while it was being saved. */
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

/** For the header's `simulated`. */
export function howSimulated(sources: readonly { simulated: boolean | null }[]): EvidenceHeader["simulated"] {
  if (!sources.some(({ simulated }) => simulated)) return "none";
  return sources.every(({ simulated }) => simulated) ? "all" : "some";
}

/** What is wrong with a file, each with a sentence. */
export type EvidenceFault = "not-evidence" | "header-changed" | "body-changed" | "other-key";

export interface EvidenceReport {
  whole: boolean;
  faults: { fault: EvidenceFault; note: string }[];
  header: EvidenceHeader | null;
  /** Fingerprint of the key that it is signed with, as the console shows it; null when it can't be read. */
  key: string | null;
  /** No key was given to compare with: it is only known that the holder of that key wrote it. */
  keyUnchecked: boolean;
}

/** The longest that a header is read, bytes: what names a hundred sources is a tenth of it. */
const MAX_HEADER = 1024 * 1024;
const LF = 0x0a;

export interface EvidenceCheck {
  /** The next bytes of the file. False when they can't make it evidence any more: the rest need not be read. */
  take(chunk: Uint8Array): boolean;
  /** Once, behind the last of them. */
  end(): EvidenceReport;
}

/**
 * Checks a file piece by piece; holds no more of it than its header. `key` is that with which it has to be signed: its
 * fingerprint, or its hex. Never throws.
 */
export function createEvidenceCheck(key?: string): EvidenceCheck {
  const held: Buffer[] = [];
  let heldBytes = 0;
  /** A sentence when it is none. */
  let header: EvidenceHeader | string | null = null;
  const sum = createHash("sha256");
  let size = 0;
  let lines = 0;

  function takeBody(bytes: Buffer): void {
    sum.update(bytes);
    size += bytes.length;
    for (let at = bytes.indexOf(LF); at !== -1; at = bytes.indexOf(LF, at + 1)) lines++;
  }

  function take(chunk: Uint8Array): boolean {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    if (header !== null) {
      if (typeof header !== "string") takeBody(bytes);
      return typeof header !== "string";
    }
    const end = bytes.indexOf(LF);
    const part = end === -1 ? bytes : bytes.subarray(0, end);
    heldBytes += part.length;
    if (heldBytes > MAX_HEADER) {
      header = `the first line is longer than any header (${MAX_HEADER} bytes)`;
    } else {
      // A copy: whoever reads a file may use the same memory for the next piece.
      held.push(Buffer.from(part));
      if (end === -1) return true;
      header = headerIn(Buffer.concat(held));
    }
    held.length = 0;
    return typeof header === "string" ? false : take(bytes.subarray(end + 1));
  }

  return {
    take,
    end() {
      if (header === null || typeof header === "string") {
        const note = header ?? (heldBytes === 0 ? "the file is empty" : "the file ends within its first line");
        return {
          ...{ whole: false, faults: [{ fault: "not-evidence", note }], header: null },
          ...{ key: null, keyUnchecked: key === undefined },
        };
      }
      const own = fingerprint(header.public_key);
      const faults = [
        ...headerFaults(header, own, key),
        ...bodyFaults(header, { size, lines, sum: sum.digest("hex") }),
      ];
      return { whole: faults.length === 0, faults, header, key: own, keyUnchecked: key === undefined };
    },
  };
}

/** As `createEvidenceCheck`, of a file that is at hand as a whole. */
export function verifyEvidence(file: Uint8Array, key?: string): EvidenceReport {
  const check = createEvidenceCheck(key);
  check.take(file);
  return check.end();
}

function headerFaults(header: EvidenceHeader, own: string, key: string | undefined): EvidenceReport["faults"] {
  const faults: EvidenceReport["faults"] = [];
  if (!signatureFits(header.public_key, header, "evidence v1")) {
    const note = "the signature does not fit the header: something in it was changed after it was signed";
    faults.push({ fault: "header-changed", note });
  }
  if (key === undefined) return faults;
  const wanted = key.startsWith("SHA256:") ? key : fingerprint(key);
  if (wanted !== own) faults.push({ fault: "other-key", note: `signed with the key ${own}, not with ${wanted}` });
  return faults;
}

function bodyFaults(
  header: EvidenceHeader,
  { size, lines, sum }: { size: number; lines: number; sum: string },
): EvidenceReport["faults"] {
  if (sum === header.body_sha256 && size === header.body_bytes) return [];
  const counted = lines === header.lines ? "" : `; ${lines} lines in place of ${header.lines}`;
  return [{ fault: "body-changed", note: `the lines are not those that were signed${counted}` }];
}

/** The header, or what keeps the line from being one. */
function headerIn(line: Uint8Array): EvidenceHeader | string {
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(line);
  } catch {
    return "the first line is no UTF-8 text";
  }
  try {
    value = JSON.parse(text);
  } catch {
    return "the first line is no JSON";
  }
  const parsed = evidenceHeader.safeParse(value);
  if (!parsed.success) {
    const path = parsed.error.issues[0]?.path.map(String).join(".") ?? "";
    return `the first line is no header of evidence${path === "" ? "" : `: ${path} is not what it has to be`}`;
  }
  // One form alone is right, so that no byte of it is free.
  return canonical(value) === text ? parsed.data : "the header is not in the one form in which it is written";
}
