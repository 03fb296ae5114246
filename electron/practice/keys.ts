import { createHash } from "node:crypto";
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
  const made = ssh2.utils.generateKeyPairSync("ed25519", { comment: `gatehouse-practice-${name}` });
  writeFileSync(path, made.private, { mode: 0o600 });
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
