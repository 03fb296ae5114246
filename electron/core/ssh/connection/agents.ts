import ssh2, { type BaseAgent, type ParsedKey, type PublicKeyEntry, type SigningRequestOptions } from "ssh2";
import { Failure, reasonOf } from "../../failure.ts";
import type { Clock } from "../../ports.ts";
import { fingerprintOf } from "../trust/fingerprint.ts";

/** How long an agent may take; one that waits for a person to unlock it would hold everything up. */
const answerMs = 5_000;

export type Env = Readonly<Record<string, string | undefined>>;

export function agentSocket(env: Env): string {
  const path = env.SSH_AUTH_SOCK;
  if (path !== undefined && path !== "") return path;
  // Windows has one well-known pipe instead of a variable, and always sets OS.
  if (env.OS === "Windows_NT") return "\\\\.\\pipe\\openssh-ssh-agent";
  throw new Failure("AGENT_UNAVAILABLE", { reason: "SSH_AUTH_SOCK is not set", fingerprint: "", keys: 0 });
}

export interface AgentRing {
  agent: BaseAgent;
  keys: ParsedKey[];
  /** Certificates and FIDO keys, which ssh2 cannot use: their type names. */
  unusable: string[];
}

/** What an agent holds. `AGENT_UNAVAILABLE` when there is none, or when it does not answer. */
export function openRing(socket: string, clock: Clock): Promise<AgentRing> {
  const agent = ssh2.createAgent(socket);
  return new Promise((resolve, reject) => {
    const refuse = (reason: string) => reject(new Failure("AGENT_UNAVAILABLE", { reason, fingerprint: "", keys: 0 }));
    const stop = clock.after(answerMs, () => refuse("no answer in 5 s"));
    agent.getIdentities((error, entries) => {
      stop();
      if (error) return refuse(reasonOf(error));
      const read = (entries ?? []).map(readEntry);
      const keys = read.flatMap((entry) => (entry.key ? [entry.key] : []));
      resolve({ agent, keys, unusable: read.flatMap((entry) => (entry.key ? [] : [entry.type])) });
    });
  });
}

function readEntry(entry: Buffer | string | ParsedKey | PublicKeyEntry): { key: ParsedKey | null; type: string } {
  if (typeof entry === "object" && "pubKey" in entry) {
    const { pubKey } = entry;
    return "pubKey" in pubKey ? readEntry(pubKey.pubKey) : { key: pubKey, type: pubKey.type };
  }
  const parsed: (ParsedKey | Error)[] = [ssh2.utils.parseKey(entry)].flat();
  const key = parsed.find((one): one is ParsedKey => !(one instanceof Error)) ?? null;
  const type = Buffer.isBuffer(entry) && entry.length > 4 ? entry.toString("latin1", 4, 4 + entry.readUInt32BE(0)) : "";
  return { key, type: key?.type ?? type };
}

/** Something that signs, as ssh2 wants to see it: with the hash that it names. */
export type Signer = (data: Buffer, hash: SigningRequestOptions) => Promise<Buffer>;

export interface OfferedKey {
  key: ParsedKey;
  sign: Signer;
}

/**
 * An agent of our own making: it offers the given keys in their order and no others. Each key offered counts against
 * the server's `MaxAuthTries` (6), so a full ring locks its own owner out.
 */
export class ChosenKeys extends ssh2.BaseAgent<ParsedKey> {
  #offered: readonly OfferedKey[];
  #onSign: (key: ParsedKey) => void;

  constructor(offered: readonly OfferedKey[], onSign: (key: ParsedKey) => void = () => {}) {
    super();
    this.#offered = offered;
    this.#onSign = onSign;
  }

  getIdentities(done: (error?: Error | null, keys?: ParsedKey[]) => void): void {
    done(
      null,
      this.#offered.map(({ key }) => key),
    );
  }

  sign(
    key: ParsedKey,
    data: Buffer,
    options: SigningRequestOptions | ((error?: Error | null, signature?: Buffer) => void),
    done?: (error?: Error | null, signature?: Buffer) => void,
  ): void {
    const tell = typeof options === "function" ? options : (done ?? (() => {}));
    const wanted = fingerprintOf(key.getPublicSSH());
    const found = this.#offered.find((one) => fingerprintOf(one.key.getPublicSSH()) === wanted);
    if (found === undefined) {
      tell(new Error("this key was not offered"));
      return;
    }
    this.#onSign(key);
    found.sign(data, typeof options === "function" ? {} : options).then(
      (signature) => tell(null, signature),
      (error: unknown) => tell(error instanceof Error ? error : new Error(reasonOf(error))),
    );
  }
}

/** A key of an agent: the agent signs. */
export function signedBy(agent: BaseAgent, key: ParsedKey): OfferedKey {
  return {
    key,
    sign: (data, hash) =>
      new Promise((resolve, reject) => {
        agent.sign(key, data, hash, (error, signature) => {
          if (signature) resolve(signature);
          else reject(error ?? new Error("the agent gave no signature"));
        });
      }),
  };
}
