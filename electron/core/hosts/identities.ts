import { open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { isFailure, reasonOf } from "../failure.ts";
import type { Clock } from "../ports.ts";
import { listAgentKeys } from "../ssh/index.ts";

/** A private key file that could be used to log in. */
export interface KeyFile {
  path: string;
  /** `ssh-ed25519`, `ecdsa`, `rsa`, or `unknown` when only its owner can tell. */
  type: string;
  encrypted: boolean;
  /** Why OpenSSH would refuse it, in one plain sentence. */
  problem: string | null;
}

export interface IdentityList {
  keys: KeyFile[];
  agent: { available: boolean; reason: string | null; keys: { type: string; fingerprint: string; comment: string }[] };
}

const maxFiles = 200;
const headBytes = 512;

/** Key files in `~/.ssh` and keys of the agent, for the form. Nothing but the head of each file is read. */
export function createIdentities(deps: {
  home: string;
  env: Readonly<Record<string, string | undefined>>;
  clock: Clock;
}) {
  return async (): Promise<IdentityList> => {
    const [keys, agent] = await Promise.all([keyFiles(join(deps.home, ".ssh")), agentKeys(deps)]);
    return { keys, agent };
  };
}
export type Identities = ReturnType<typeof createIdentities>;

async function agentKeys(deps: Parameters<typeof listAgentKeys>[0]): Promise<IdentityList["agent"]> {
  try {
    return { available: true, reason: null, keys: await listAgentKeys(deps) };
  } catch (error) {
    const reason = isFailure(error) ? String(error.details.reason ?? error.code) : reasonOf(error);
    return { available: false, reason, keys: [] };
  }
}

async function keyFiles(folder: string): Promise<KeyFile[]> {
  const names = await readdir(folder).catch(() => []);
  const found = await Promise.all(
    names
      .sort()
      .slice(0, maxFiles)
      .map((name) => keyFile(join(folder, name))),
  );
  return found.filter((file) => file !== null);
}

async function keyFile(path: string): Promise<KeyFile | null> {
  try {
    const file = await open(path, "r");
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0);
      const head = readKeyHead(buffer.subarray(0, bytesRead).toString("latin1"));
      if (head === null) return null;
      const mode = (await stat(path)).mode & 0o077;
      const open = process.platform !== "win32" && mode !== 0;
      return { path, ...head, problem: open ? "Other users may read this file (chmod 600 mends it)." : null };
    } finally {
      await file.close();
    }
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EACCES"
      ? { path, type: "unknown", encrypted: false, problem: "This file cannot be read." }
      : null;
  }
}

/** Kind and protection of a private key from the first bytes of its file; `null` when it is none. */
export function readKeyHead(head: string): { type: string; encrypted: boolean } | null {
  const label = /^-----BEGIN ([A-Z0-9 ]*)PRIVATE KEY-----/.exec(head)?.[1]?.trim();
  if (label === undefined) return null;
  if (label === "OPENSSH") {
    // openssh-key-v1: magic, then the cipher's name as a string ("none" when there is no passphrase).
    const body = Buffer.from(head.split("\n").slice(1).join("").replace(/-.*$/s, ""), "base64").toString("latin1");
    const type = /ssh-ed25519|ecdsa-sha2-nistp\d+|ssh-rsa|sk-ssh-ed25519@openssh\.com/.exec(body)?.[0] ?? "unknown";
    return { type, encrypted: !body.startsWith("openssh-key-v1\0\0\0\0\x04none") };
  }
  const encrypted = label === "ENCRYPTED" || head.includes("Proc-Type: 4,ENCRYPTED");
  return { type: label === "EC" ? "ecdsa" : label === "RSA" ? "ssh-rsa" : "unknown", encrypted };
}
