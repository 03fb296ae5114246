import ssh2, { type BaseAgent, type ParsedKey, type SigningRequestOptions } from "ssh2";
import { reasonOf } from "../../failure.ts";
import type { Cancellable, Clock } from "../../ports.ts";
import { fingerprintOf } from "../trust/fingerprint.ts";
import { agentUnavailable, listRing, needsOpenSsh, type RingKey } from "./ring.ts";

export type Env = Readonly<Record<string, string | undefined>>;

export function agentSocket(env: Env): string {
  const path = env.SSH_AUTH_SOCK;
  if (path !== undefined && path !== "") return path;
  // Windows has one well-known pipe instead of a variable, and always sets OS.
  if (env.OS === "Windows_NT") return "\\\\.\\pipe\\openssh-ssh-agent";
  throw agentUnavailable("SSH_AUTH_SOCK is not set");
}

export interface AgentRing {
  agent: BaseAgent;
  keys: ParsedKey[];
  /** Certificates and FIDO keys, which ssh2 cannot use. */
  unusable: RingKey[];
}

/** What an agent holds. `AGENT_UNAVAILABLE` when there is none, or when it does not answer. */
export async function openRing(socket: string, clock: Clock, options: Cancellable = {}): Promise<AgentRing> {
  const agent = ssh2.createAgent(socket);
  const keys: ParsedKey[] = [];
  const unusable: RingKey[] = [];
  for (const entry of await listRing(socket, clock, options)) {
    const parsed = [ssh2.utils.parseKey(`${entry.type} ${entry.blob.toString("base64")}`)].flat()[0];
    if (needsOpenSsh(entry.type) || parsed === undefined || parsed instanceof Error) unusable.push(entry);
    else keys.push(Object.assign(parsed, { comment: entry.comment }));
  }
  return { agent, keys, unusable };
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
