import { Failure } from "../../failure.ts";
import type { Ask, SshTarget } from "../target.ts";
import type { HostKeys } from "../trust/hostKeys.ts";
import type { HostKeyVerdict } from "../trust/judge.ts";

export interface DecideDeps {
  hostId: string;
  target: SshTarget;
  hostKeys: HostKeys;
  ask: Ask;
  signal: AbortSignal;
  asking<T>(question: () => Promise<T>): Promise<T>;
}

export interface VerifyDeps extends DecideDeps {
  giveUp(failure: Failure): void;
}

/** How a target's key is looked for: under its alias without a port, where the configuration has one. */
export function keyQuestion(hostId: string, { address, port, pinId, hostKeyAlias, knownHosts }: SshTarget) {
  return {
    hostId: pinId ?? hostId,
    address: hostKeyAlias ?? address,
    port: hostKeyAlias === undefined ? port : 22,
    ...(knownHosts === undefined ? {} : { files: knownHosts }),
  };
}

/** Accepts a host's key, after a question where it is new; rejects with `HOST_KEY_REJECTED` or `HOST_KEY_CHANGED`. */
export async function decideHostKey(key: Buffer, deps: DecideDeps): Promise<void> {
  const { hostId, hostKeys, ask, signal } = deps;
  const { address, port, strict = "ask" } = deps.target;
  const keyOf = keyQuestion(hostId, deps.target);
  const verdict = await hostKeys.check({ ...keyOf, key });
  switch (verdict.kind) {
    case "pinned":
      return;
    case "known":
      return await hostKeys.pin(keyOf.hostId, key);
    case "unknown": {
      const { type, fingerprint, art } = verdict;
      if (strict === "yes") {
        const reason = "StrictHostKeyChecking yes";
        throw new Failure("HOST_KEY_REJECTED", { address, port, type, fingerprint, reason });
      }
      if (strict === "accept-new") return await hostKeys.pin(keyOf.hostId, key);
      const question = { hostId, address, port, type, fingerprint, art, signal };
      if (!(await deps.asking(() => ask.hostKey(question)))) {
        throw new Failure("HOST_KEY_REJECTED", { address, port, type, fingerprint });
      }
      return await hostKeys.pin(keyOf.hostId, key);
    }
    case "changed":
    case "revoked":
      throw incident(verdict, address, port);
  }
}

/** The check of the host's key as ssh2 calls it. Without one ssh2 accepts every key. */
export function verifyHostKey(deps: VerifyDeps) {
  let pending: Promise<unknown> = Promise.resolve();

  return {
    verifier(shown: Buffer, done: (accepted: boolean) => void): void {
      // ssh2's Buffer is a view of its receive buffer, which goes on being used.
      const decision = decideHostKey(Buffer.from(shown), deps);
      pending = decision.catch(() => {});
      // When the connection went away meanwhile, ssh2 throws at the answer; there is nobody to tell any more.
      const tell = (accepted: boolean) => {
        try {
          done(accepted);
        } catch {}
      };
      decision.then(
        () => tell(true),
        (error: unknown) => {
          deps.giveUp(error instanceof Failure ? error : new Failure("INTERNAL", {}, { cause: error }));
          tell(false);
        },
      );
    },
    /** Resolves when no question is open. */
    answered: () => pending,
  };
}

type Incident = Extract<HostKeyVerdict, { kind: "changed" | "revoked" }>;

function incident(verdict: Incident, address: string, port: number): Failure {
  const { type, source } = verdict;
  const details = { address, port, type, source, new: verdict.new };
  if (verdict.kind === "revoked") return new Failure("HOST_KEY_CHANGED", { ...details, old: "", revoked: true });
  const { old, firstSeen, lastSeen } = verdict;
  return new Failure("HOST_KEY_CHANGED", { ...details, old, firstSeen, lastSeen, revoked: false });
}
