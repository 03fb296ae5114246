import { createHash, generateKeyPairSync, randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import ssh2 from "ssh2";

export interface KeyFile {
  /** Private key, OpenSSH format, mode 0600. */
  path: string;
  private: string;
  /** `ssh-ed25519 AAAA…` */
  public: string;
  /** The public key's blob. */
  blob: Buffer;
  /** `SHA256:…`, unpadded, as ssh-keygen prints it. */
  fingerprint: string;
}

/** Reads the key `name` of `dir`, or makes it when it is not there or not a key: the same at every start. */
export function keepKey(dir: string, name: string): KeyFile {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const path = join(dir, name);
  const kept = readKey(path);
  if (kept !== null) return kept;
  writeFileSync(path, newPrivateKey(`gatehouse-practice-${name}`), { mode: 0o600 });
  const fresh = readKey(path);
  if (fresh === null) throw new Error(`practice key ${name} could not be made`);
  return fresh;
}

function readKey(path: string): KeyFile | null {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return null;
  }
  const parsed = ssh2.utils.parseKey(text);
  if (parsed instanceof Error) return null;
  chmodSync(path, 0o600);
  const blob = parsed.getPublicSSH();
  const fingerprint = `SHA256:${createHash("sha256").update(blob).digest("base64").replace(/=+$/, "")}`;
  return { path, private: text, public: `ssh-ed25519 ${blob.toString("base64")}`, blob, fingerprint };
}

/** `string` of RFC 4251 §5. */
function sshString(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/**
 * A fresh ed25519 key in OpenSSH's own format (its PROTOCOL.key), unencrypted. Not ssh2's generator: one in some
 * hundred keys of that can't be read back.
 */
function newPrivateKey(comment: string): string {
  const { d = "", x = "" } = generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" });
  const [seed, point] = [Buffer.from(d, "base64url"), Buffer.from(x, "base64url")];
  const blob = Buffer.concat([sshString("ssh-ed25519"), sshString(point)]);
  const check = randomBytes(4);
  const secret = [check, check, blob, sshString(Buffer.concat([seed, point])), sshString(comment)];
  const length = secret.reduce((sum, part) => sum + part.length, 0);
  const padding = Buffer.from(Array.from({ length: (8 - (length % 8)) % 8 }, (_, n) => n + 1));
  const whole = Buffer.concat([
    Buffer.from("openssh-key-v1\0"),
    sshString("none"),
    sshString("none"),
    sshString(""),
    Buffer.from([0, 0, 0, 1]),
    sshString(blob),
    sshString(Buffer.concat([...secret, padding])),
  ]);
  const lines = whole.toString("base64").match(/.{1,70}/g) ?? [];
  return ["-----BEGIN OPENSSH PRIVATE KEY-----", ...lines, "-----END OPENSSH PRIVATE KEY-----", ""].join("\n");
}
