import { open } from "node:fs/promises";

const headBytes = 2_048;
const typeShape = /^[a-z0-9@.-]{3,64}$/;

/**
 * The type of a key file without unlocking it: the head of OpenSSH's private keys holds the public half, and a public key
 * begins with it. `null` when the file is not there, or tells nothing.
 */
export async function keyTypeOf(path: string): Promise<string | null> {
  try {
    const file = await open(path, "r");
    try {
      if (!(await file.stat()).isFile()) return null;
      const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0);
      return typeIn(buffer.toString("latin1", 0, bytesRead));
    } finally {
      await file.close();
    }
  } catch {
    return null;
  }
}

/** openssh-key-v1 (PROTOCOL.key of OpenSSH): magic, cipher, kdf, its options, the number of keys, the public key. */
export function typeIn(head: string): string | null {
  const [first = ""] = head.split(/\s/, 1);
  if (first !== "-----BEGIN") return /^\S+ AAAA/.test(head) && typeShape.test(first) ? first : null;
  if (!/^-----BEGIN OPENSSH PRIVATE KEY-----/.test(head)) return null;
  const body = Buffer.from(head.split("\n").slice(1).join("").replace(/-.*$/s, ""), "base64");
  let at = "openssh-key-v1\0".length;
  const skip = () => {
    at += 4 + (at + 4 <= body.length ? body.readUInt32BE(at) : 0);
  };
  for (let part = 0; part < 3; part += 1) skip();
  at += 4 + 4;
  if (at + 4 > body.length) return null;
  const type = body.toString("latin1", at + 4, at + 4 + Math.min(64, body.readUInt32BE(at)));
  return typeShape.test(type) ? type : null;
}
