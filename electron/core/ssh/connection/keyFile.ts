import { constants } from "node:fs";
import { open } from "node:fs/promises";
import ssh2, { type ParsedKey } from "ssh2";
import { Failure, reasonOf } from "../../failure.ts";
import type { Secret } from "../../secrets/secret.ts";

const maxKeyBytes = 64 * 1024;

/** The passphrase of a key file; `null` when a person will not give it. What is returned is disposed after use. */
export type AskPassphrase = (attempt: number) => Promise<Secret | null>;

const maxTries = 3;

export interface KeyFileRules {
  /** Take a private key that others may read too, as a person has told to. */
  allowOpen: boolean;
}

/** Reads a private key and unlocks it. `ask` is called only when it is locked. */
export async function loadKeyFile(path: string, ask: AskPassphrase, rules: KeyFileRules): Promise<ParsedKey> {
  const bytes = await readKeyFile(path, rules);
  try {
    const bare = parse(bytes, path, undefined);
    if (bare !== "locked") return bare;
    for (let attempt = 1; attempt <= maxTries; attempt += 1) {
      const passphrase = await ask(attempt);
      if (passphrase === null) throw new Failure("PROMPT_DISMISSED", { what: "passphrase", path });
      const key = unlock(bytes, path, passphrase);
      if (key !== "locked") return key;
    }
    throw new Failure("PASSPHRASE_WRONG", { path, tries: maxTries });
  } finally {
    bytes.fill(0);
  }
}

/**
 * The public half of a private key, without any passphrase: from the file itself where its format shows it, else from
 * the `.pub` beside it. `null` when neither tells. Rejects like {@link loadKeyFile} when the file cannot be used.
 */
export async function publicHalf(path: string, rules: KeyFileRules): Promise<ParsedKey | null> {
  const bytes = await readKeyFile(path, rules);
  try {
    const blob = openSshPublicBlob(bytes);
    if (blob !== null) return usable(blob, path);
    const parsed = parse(bytes, path, undefined);
    if (parsed !== "locked") return parsed;
  } finally {
    bytes.fill(0);
  }
  try {
    const text = await readKeyFile(`${path}.pub`, rules);
    const parsed = [ssh2.utils.parseKey(text)].flat()[0];
    return parsed === undefined || parsed instanceof Error ? null : parsed;
  } catch {
    return null;
  }
}

function usable(blob: Buffer, path: string): ParsedKey {
  const type = blob.toString("latin1", 4, 4 + blob.readUInt32BE(0));
  const parsed = [ssh2.utils.parseKey(`${type} ${blob.toString("base64")}`)].flat()[0];
  if (parsed !== undefined && !(parsed instanceof Error)) return parsed;
  throw new Failure("KEY_FILE_INVALID", { path, reason: type });
}

/** openssh-key-v1: magic, cipher, kdf and its options, the number of keys, then the public key (PROTOCOL.key of OpenSSH). */
export function openSshPublicBlob(bytes: Buffer): Buffer | null {
  const text = bytes.toString("latin1");
  const body = /-----BEGIN OPENSSH PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END/.exec(text)?.[1];
  if (body === undefined) return null;
  const raw = Buffer.from(body, "base64");
  const magic = "openssh-key-v1\0";
  if (raw.toString("latin1", 0, magic.length) !== magic) return null;
  let at = magic.length;
  const string = (): Buffer | null => {
    if (at + 4 > raw.length) return null;
    const end = at + 4 + raw.readUInt32BE(at);
    const value = end <= raw.length ? raw.subarray(at + 4, end) : null;
    at = end;
    return value;
  };
  if (string() === null || string() === null || string() === null) return null;
  at += 4;
  const blob = string();
  return blob !== null && blob.length > 8 && blob.readUInt32BE(0) < 64 ? Buffer.from(blob) : null;
}

function unlock(bytes: Buffer, path: string, passphrase: Secret): ParsedKey | "locked" {
  try {
    return passphrase.use((value) => parse(bytes, path, value));
  } finally {
    passphrase.dispose();
  }
}

/**
 * `locked` when the passphrase is missing or wrong. ssh2 has no error codes, so its messages are all there is to go by;
 * the old PEM format shows a wrong passphrase only as contents that make no sense.
 */
function parse(bytes: Buffer, path: string, passphrase: Buffer | undefined): ParsedKey | "locked" {
  const parsed = ssh2.utils.parseKey(bytes, passphrase);
  if (parsed instanceof Error) {
    const missing = /no passphrase given/i.test(parsed.message);
    const wrong = /bad passphrase|bad decrypt|integrity check|wrong passphrase|incorrect/i.test(parsed.message);
    if (missing || (passphrase !== undefined && (wrong || isOldEncryptedPem(bytes)))) return "locked";
    throw new Failure("KEY_FILE_INVALID", { path, reason: unsupported(bytes) ?? parsed.message }, { cause: parsed });
  }
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (key === undefined || !key.isPrivateKey()) {
    throw new Failure("KEY_FILE_INVALID", { path, reason: "this is a public key" });
  }
  return key;
}

function isOldEncryptedPem(bytes: Buffer): boolean {
  return /^Proc-Type: 4,ENCRYPTED/m.test(bytes.toString("latin1", 0, 512));
}

function unsupported(bytes: Buffer): string | undefined {
  const first = bytes.toString("latin1", 0, 64).trim();
  if (/^-----BEGIN (ENCRYPTED )?PRIVATE KEY-----/.test(first)) return "PKCS#8; convert it with ssh-keygen -p -f FILE";
  if (/^PuTTY-User-Key-File-3/.test(first)) return "PuTTY format 3; export it as an OpenSSH key";
  return undefined;
}

/** The bytes of a key file, after a look at who may read it. */
export async function readKeyFile(path: string, { allowOpen }: KeyFileRules): Promise<Buffer> {
  try {
    // Not blocking: a named pipe at this path would otherwise hold the thread until somebody writes to it.
    const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const info = await file.stat();
      if (!info.isFile()) throw new Failure("KEY_FILE_UNREADABLE", { path, reason: "not a file" });
      if (info.size > maxKeyBytes) throw new Failure("KEY_FILE_INVALID", { path, reason: "too large to be a key" });
      const bytes = await file.readFile();
      if (!allowOpen && /PRIVATE KEY-----/.test(bytes.toString("latin1", 0, 128))) refuseOpen(path, info);
      return bytes;
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof Failure) throw error;
    const code = typeof error === "object" && error !== null && "code" in error ? String(error.code) : reasonOf(error);
    throw new Failure("KEY_FILE_UNREADABLE", { path, reason: code }, { cause: error });
  }
}

/** As OpenSSH does (authfile.c, sshkey_perm_ok): one's own private key that others may read is none that proves anything. */
function refuseOpen(path: string, { mode, uid }: { mode: number; uid: number }): void {
  if (process.getuid === undefined || process.getuid() !== uid || (mode & 0o077) === 0) return;
  throw new Failure("KEY_FILE_OPEN", { path, mode: (mode & 0o777).toString(8), fix: `chmod 600 ${path}` });
}
