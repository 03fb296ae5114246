import { connect } from "node:net";
import { Failure, reasonOf } from "../../failure.ts";
import type { Cancellable, Clock } from "../../ports.ts";
import { fingerprintOf } from "../trust/fingerprint.ts";
import { blobType } from "../trust/knownHosts.ts";

/** How long an agent may take; one that waits for a person to unlock it would hold everything up. */
const answerMs = 5_000;
const maxAnswerBytes = 1024 * 1024;
const maxKeys = 256;
/** Numbers of draft-ietf-sshm-ssh-agent. */
const askForKeys = Buffer.from([0, 0, 0, 1, 11]);
const keysAnswer = 12;

/** A key of the ring, of any type. */
export interface RingKey {
  type: string;
  /** The public key, or the certificate. */
  blob: Buffer;
  fingerprint: string;
  comment: string;
}

/** FIDO keys (PROTOCOL.u2f of OpenSSH) and certificates: the library can use neither. */
export function needsOpenSsh(type: string): boolean {
  return /^sk-/.test(type) || /-cert-v\d\d@openssh\.com$/.test(type);
}

export function agentUnavailable(reason: string): Failure {
  return new Failure("AGENT_UNAVAILABLE", { reason, fingerprint: "", keys: 0 });
}

/**
 * All keys that an agent holds. ssh2 leaves out the types it does not know, and says nothing of them. `AGENT_UNAVAILABLE`
 * when there is no agent, or when it does not answer within five seconds.
 */
export function listRing(socket: string, clock: Clock, { signal }: Cancellable = {}): Promise<RingKey[]> {
  return new Promise((resolve, reject) => {
    const stream = connect({ path: socket });
    let said = Buffer.alloc(0);
    const settle = (act: () => void) => {
      stop();
      signal?.removeEventListener("abort", onAbort);
      stream.destroy();
      act();
    };
    const refuse = (failure: Failure) => settle(() => reject(failure));
    const onAbort = () => refuse(new Failure("CANCELLED"));
    const stop = clock.after(answerMs, () => refuse(agentUnavailable("no answer in 5 s")));
    signal?.addEventListener("abort", onAbort, { once: true });
    stream.on("error", (error) => refuse(agentUnavailable(reasonOf(error))));
    stream.on("end", () => refuse(agentUnavailable("it closed the connection")));
    stream.on("connect", () => stream.write(askForKeys));
    stream.on("data", (chunk: Buffer) => {
      said = Buffer.concat([said, chunk]);
      const size = said.length < 4 ? 0 : said.readUInt32BE(0);
      if (size > maxAnswerBytes) return refuse(agentUnavailable("its answer is too long"));
      if (said.length < 5 || said.length < 4 + size) return;
      const keys = parseRing(said.subarray(4, 4 + size));
      if (keys === null) return refuse(agentUnavailable("its answer makes no sense"));
      settle(() => resolve(keys));
    });
  });
}

/** The answer to a request for keys, without its length; `null` when it is none. */
export function parseRing(answer: Buffer): RingKey[] | null {
  if (answer.length < 5 || answer.readUInt8(0) !== keysAnswer) return null;
  const count = answer.readUInt32BE(1);
  let at = 5;
  const string = (): Buffer | null => {
    if (at + 4 > answer.length) return null;
    const end = at + 4 + answer.readUInt32BE(at);
    if (end > answer.length) return null;
    const value = answer.subarray(at + 4, end);
    at = end;
    return value;
  };
  const keys: RingKey[] = [];
  for (let index = 0; index < count && index < maxKeys; index += 1) {
    const blob = string();
    const comment = string();
    if (blob === null || comment === null) return null;
    const type = blobType(blob) ?? "unknown";
    const own = Buffer.from(blob);
    keys.push({ type, blob: own, fingerprint: fingerprintOf(own), comment: comment.toString("utf8").slice(0, 200) });
  }
  return keys;
}
