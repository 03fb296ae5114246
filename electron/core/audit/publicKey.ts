/** The public half of the log's signing key in the forms in which people compare it and hand it on; inside it is hex. */
import { createHash, createPublicKey, type KeyObject } from "node:crypto";

/**
 * `SHA256:` and the SHA-256 of the key's DER (SubjectPublicKeyInfo, RFC 8410) in base64 without padding (RFC 4648, 4):
 * written as OpenSSH writes fingerprints (its own are of another encoding of the key), made of the bytes that
 * `openssl pkey -pubin -outform DER` gives.
 */
export function fingerprint(publicKey: string): string {
  return `SHA256:${digestOf(publicKey).toString("base64").replace(/=+$/, "")}`;
}

/** What a checkpoint names its key by: the first 8 bytes of the same SHA-256, in hex. No proof of which key it is. */
export function keyMark(publicKey: string): string {
  return digestOf(publicKey).subarray(0, 8).toString("hex");
}

/** RFC 7468, as other programs read it. */
export function pemOf(publicKey: string): string {
  return keyOf(publicKey).export({ format: "pem", type: "spki" }).toString();
}

const MOST_BYTES = 4_096;

/** Hex of an Ed25519 key that a person gives: PEM, DER, or the hex itself. Null when it is none of these. */
export function publicKeyIn(given: Uint8Array): string | null {
  const bytes = Buffer.from(given.buffer, given.byteOffset, given.length);
  if (bytes.length > MOST_BYTES) return null;
  const text = bytes.toString("latin1").trim();
  try {
    const key = text.startsWith("-----BEGIN PUBLIC KEY-----")
      ? createPublicKey({ key: text, format: "pem", type: "spki" })
      : keyOf(/^[0-9a-f]+$/i.test(text) ? text : bytes.toString("hex"));
    return key.asymmetricKeyType === "ed25519" ? key.export({ format: "der", type: "spki" }).toString("hex") : null;
  } catch {
    return null;
  }
}

function keyOf(publicKey: string): KeyObject {
  return createPublicKey({ key: Buffer.from(publicKey, "hex"), format: "der", type: "spki" });
}

function digestOf(publicKey: string): Buffer {
  return createHash("sha256").update(publicKey, "hex").digest();
}
