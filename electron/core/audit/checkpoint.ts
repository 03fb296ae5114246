/**
 * Signed statements of how far the log had come: `{log_id, seq, hash, count, time}` under Ed25519 (RFC 8032). They need
 * no secret to be checked, so a copy of the log that is handed on carries its own proof. They live in a file beside the
 * segments, whose header line holds the public key.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from "node:crypto";
import { z } from "zod";
import { canonical } from "./record.ts";

const hex = z.string().regex(/^(?:[0-9a-f]{2})+$/);

export const checkpointHeader = z.strictObject({
  v: z.literal(1),
  kind: z.literal("key"),
  log_id: z.string(),
  /** DER, SubjectPublicKeyInfo. */
  public_key: hex,
  signature: hex,
});
export const checkpointRecord = z.strictObject({
  v: z.literal(1),
  kind: z.literal("checkpoint"),
  log_id: z.string(),
  /** The newest row then, and its hash. */
  seq: z.number().int().positive(),
  hash: hex,
  /** Rows in the log then. */
  count: z.number().int().positive(),
  time: z.iso.datetime({ precision: 3 }),
  /** `keyMark` of the signing key. */
  key: z.string(),
  signature: hex,
});
export type CheckpointHeader = z.infer<typeof checkpointHeader>;
export type Checkpoint = z.infer<typeof checkpointRecord>;
const checkpointLine = z.discriminatedUnion("kind", [checkpointHeader, checkpointRecord]);
export type CheckpointLine = z.infer<typeof checkpointLine>;

/** The signing key as it is kept: DER, PKCS #8. */
export function newSigningKey(): Buffer {
  return generateKeyPairSync("ed25519").privateKey.export({ format: "der", type: "pkcs8" });
}

/** `null` when the bytes are not such a key. */
export function readSigningKey(der: Buffer): KeyObject | null {
  try {
    const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
    return key.asymmetricKeyType === "ed25519" ? key : null;
  } catch {
    return null;
  }
}

/** Hex of the public half: DER, SubjectPublicKeyInfo. */
export function publicKeyOf(key: KeyObject): string {
  return createPublicKey(key).export({ format: "der", type: "spki" }).toString("hex");
}

/** What a signature is for: one made for the one is worth nothing for another. */
export type Purpose = "audit v1 checkpoint" | "evidence v1";

export function signed<T extends object>(
  key: KeyObject,
  statement: T,
  purpose: Purpose = "audit v1 checkpoint",
): T & { signature: string } {
  return { ...statement, signature: sign(null, message(statement, purpose), key).toString("hex") };
}

export function signatureFits(
  publicKey: string,
  line: { signature: string },
  purpose: Purpose = "audit v1 checkpoint",
): boolean {
  const { signature, ...statement } = line;
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey, "hex"), format: "der", type: "spki" });
    const bytes = Buffer.from(signature, "hex");
    return key.asymmetricKeyType === "ed25519" && verify(null, message(statement, purpose), key, bytes);
  } catch {
    return false;
  }
}

function message(statement: object, purpose: Purpose): Buffer {
  return Buffer.from(`gatehouse ${purpose} ${canonical(statement)}`);
}

/** `null` unless the line is exactly what this program would have written. */
export function parseCheckpoint(bytes: Uint8Array): CheckpointLine | null {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    const value: unknown = JSON.parse(text);
    const parsed = checkpointLine.safeParse(value);
    return parsed.success && canonical(value) === text ? parsed.data : null;
  } catch {
    return null;
  }
}
