/** AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce, in a form that fits into a JSON file. */
import { createCipheriv, createDecipheriv } from "node:crypto";
import { z } from "zod";
import type { Random } from "../ports.ts";

const base64 = z.base64();
export const sealedBox = z.strictObject({ nonce: base64, tag: base64, data: base64 });
export type SealedBox = z.infer<typeof sealedBox>;

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** `context` is bound to the box (additional authenticated data): the box opens under the same context only. */
export function seal(random: Pick<Random, "bytes">, key: Uint8Array, context: string, plain: Uint8Array): SealedBox {
  const nonce = random.bytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(context));
  const data = Buffer.concat([cipher.update(plain), cipher.final()]);
  return {
    nonce: nonce.toString("base64"),
    tag: cipher.getAuthTag().toString("base64"),
    data: data.toString("base64"),
  };
}

/** `null` when the key, the context or any byte of the box is not the one it was sealed with. */
export function unseal(key: Uint8Array, context: string, box: SealedBox): Buffer | null {
  const nonce = Buffer.from(box.nonce, "base64");
  const tag = Buffer.from(box.tag, "base64");
  if (nonce.length !== NONCE_BYTES || tag.length !== TAG_BYTES) return null;
  const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(context));
  decipher.setAuthTag(tag);
  const head = decipher.update(Buffer.from(box.data, "base64"));
  try {
    return Buffer.concat([head, decipher.final()]);
  } catch {
    return null;
  } finally {
    head.fill(0);
  }
}
