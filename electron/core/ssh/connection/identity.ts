import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { isAbsolute, join, relative } from "node:path";
import ssh2, { type BaseAgent, type ParsedKey, type PublicKeyEntry, type SigningRequestOptions } from "ssh2";
import { Failure, reasonOf } from "../../failure.ts";
import type { Clock } from "../../ports.ts";
import type { Secret } from "../../secrets/secret.ts";
import type { Ask, SshAuth } from "../target.ts";
import { fingerprintOf } from "../trust/fingerprint.ts";

/** What proves who we are, in the form that ssh2 takes. Held as long as the link is wanted, so that a reconnect asks nothing. */
export type Identity =
  | { kind: "key"; key: ParsedKey }
  | { kind: "agent"; agent: BaseAgent }
  | { kind: "password" }
  | { kind: "interactive" };

export interface IdentityDeps {
  hostId: string;
  ask: Ask;
  clock: Clock;
  env: Readonly<Record<string, string | undefined>>;
  home: string;
}

const maxKeyBytes = 64 * 1024;
const maxTries = 3;

/** Reads the key or finds it in the agent, before any connection is made: what fails here costs the host nothing. */
export async function loadIdentity(auth: SshAuth, deps: IdentityDeps, signal: AbortSignal): Promise<Identity> {
  switch (auth.kind) {
    case "key":
      return { kind: "key", key: await loadKey(expandHome(auth.path, deps.home), deps, signal) };
    case "agent":
      return { kind: "agent", agent: await oneAgentKey(auth.fingerprint, deps) };
    case "password":
    case "interactive":
      return { kind: auth.kind };
  }
}

function expandHome(path: string, home: string): string {
  const rest = path === "~" ? "" : relative("~", path);
  return rest === "" || (!isAbsolute(rest) && rest.split(/[/\\]/)[0] !== "..") ? join(home, rest) : path;
}

async function loadKey(path: string, deps: IdentityDeps, signal: AbortSignal): Promise<ParsedKey> {
  const bytes = await readKeyFile(path);
  try {
    const bare = parse(bytes, path, undefined);
    if (bare !== "locked") return bare;
    for (let attempt = 1; attempt <= maxTries; attempt += 1) {
      const passphrase = await deps.ask.passphrase({ hostId: deps.hostId, path, attempt, signal });
      if (passphrase === null) throw new Failure("PROMPT_DISMISSED", { what: "passphrase", path });
      const key = unlock(bytes, path, passphrase);
      if (key !== "locked") return key;
    }
    throw new Failure("PASSPHRASE_WRONG", { path, tries: maxTries });
  } finally {
    bytes.fill(0);
  }
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

async function readKeyFile(path: string): Promise<Buffer> {
  try {
    // Not blocking: a named pipe at this path would otherwise hold the thread until somebody writes to it.
    const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const info = await file.stat();
      if (!info.isFile()) throw new Failure("KEY_FILE_UNREADABLE", { path, reason: "not a file" });
      if (info.size > maxKeyBytes) throw new Failure("KEY_FILE_INVALID", { path, reason: "too large to be a key" });
      return await file.readFile();
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof Failure) throw error;
    const code = typeof error === "object" && error !== null && "code" in error ? String(error.code) : reasonOf(error);
    throw new Failure("KEY_FILE_UNREADABLE", { path, reason: code }, { cause: error });
  }
}

/** A key that the user's agent holds. */
export interface AgentKey {
  type: string;
  fingerprint: string;
  comment: string;
}

/** The keys of the user's agent, for a person to choose one from. `AGENT_UNAVAILABLE` when there is none to ask. */
export async function listAgentKeys(deps: Pick<IdentityDeps, "env" | "clock">): Promise<AgentKey[]> {
  const keys = await agentKeys(ssh2.createAgent(agentSocket(deps.env)), deps.clock);
  return keys.map((key) => ({
    type: key.type,
    fingerprint: fingerprintOf(key.getPublicSSH()),
    comment: key.comment.slice(0, 200),
  }));
}

/**
 * An agent that offers one key and no other: each further key offered counts against the server's `MaxAuthTries` (6), so
 * a full ring locks its own owner out. Without a chosen fingerprint the ring must hold exactly one.
 */
async function oneAgentKey(fingerprint: string | undefined, deps: IdentityDeps): Promise<BaseAgent> {
  const agent = ssh2.createAgent(agentSocket(deps.env));
  const keys = await agentKeys(agent, deps.clock);
  const chosen =
    fingerprint === undefined ? keys : keys.filter((key) => fingerprintOf(key.getPublicSSH()) === fingerprint);
  const [key] = chosen;
  if (key === undefined) {
    throw new Failure("AGENT_UNAVAILABLE", {
      reason: fingerprint === undefined ? "it holds no usable key" : "it does not hold the chosen key",
      fingerprint: fingerprint ?? "",
      keys: keys.length,
    });
  }
  if (chosen.length > 1) {
    throw new Failure("AGENT_UNAVAILABLE", {
      reason: "it holds several keys: choose one",
      fingerprint: "",
      keys: keys.length,
    });
  }
  return new OneKeyAgent(agent, key);
}

class OneKeyAgent extends ssh2.BaseAgent<ParsedKey> {
  #agent: BaseAgent;
  #key: ParsedKey;

  constructor(agent: BaseAgent, key: ParsedKey) {
    super();
    this.#agent = agent;
    this.#key = key;
  }

  getIdentities(done: (error?: Error | null, keys?: ParsedKey[]) => void): void {
    done(null, [this.#key]);
  }

  sign(
    key: ParsedKey,
    data: Buffer,
    options: SigningRequestOptions | ((error?: Error | null, signature?: Buffer) => void),
    done?: (error?: Error | null, signature?: Buffer) => void,
  ): void {
    if (typeof options === "function") this.#agent.sign(key, data, options);
    else this.#agent.sign(key, data, options, done);
  }
}

function agentSocket(env: IdentityDeps["env"]): string {
  const path = env.SSH_AUTH_SOCK;
  if (path !== undefined && path !== "") return path;
  // Windows has one well-known pipe instead of a variable, and always sets OS.
  if (env.OS === "Windows_NT") return "\\\\.\\pipe\\openssh-ssh-agent";
  throw new Failure("AGENT_UNAVAILABLE", { reason: "SSH_AUTH_SOCK is not set", fingerprint: "", keys: 0 });
}

function agentKeys(agent: BaseAgent, clock: Clock): Promise<ParsedKey[]> {
  return new Promise((resolve, reject) => {
    const refuse = (reason: string) => reject(new Failure("AGENT_UNAVAILABLE", { reason, fingerprint: "", keys: 0 }));
    const stop = clock.after(5_000, () => refuse("no answer in 5 s"));
    agent.getIdentities((error, keys) => {
      stop();
      if (error) return refuse(reasonOf(error));
      resolve((keys ?? []).flatMap(usableKey));
    });
  });
}

/** Keys that ssh2 can't use (certificates, FIDO) are left out. */
function usableKey(entry: Buffer | string | ParsedKey | PublicKeyEntry): ParsedKey[] {
  if (typeof entry === "object" && "pubKey" in entry) {
    const { pubKey } = entry;
    return "pubKey" in pubKey ? usableKey(pubKey.pubKey) : [pubKey];
  }
  const parsed: (ParsedKey | Error)[] = [ssh2.utils.parseKey(entry)].flat();
  return parsed.filter((key): key is ParsedKey => !(key instanceof Error));
}
