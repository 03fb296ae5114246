import { Failure } from "../../failure.ts";
import type { SshTarget } from "../target.ts";

/** The host's key was not accepted: what to do is decided elsewhere, with the key itself. */
export const keyRefused = /Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED|No .* host key is known/;

/** What OpenSSH's client said on its way out, as a failure. Its messages are all there is: it has no other codes than 255. */
export function masterFailure(said: string, { address, port, user }: SshTarget, expired: string | null): Failure {
  const lines = said.split("\n").map((line) => line.trim());
  const last = lines.filter((line) => line !== "").at(-1) ?? "it ended without a word";
  const reason = last.slice(0, 300);
  const denied = /Permission denied \(([^)]*)\)/.exec(said);
  if (denied) {
    const offered = denied[1] ?? "";
    return new Failure("AUTH_FAILED", {
      address,
      port,
      user,
      tried: "publickey",
      offered,
      reason: expired ?? "refused",
    });
  }
  if (keyRefused.test(said))
    return new Failure("HOST_KEY_REJECTED", { address, port, type: "", fingerprint: "", reason });
  if (/Could not resolve hostname/.test(said)) {
    return new Failure("HOST_NAME_UNRESOLVED", { address, reason }, { retryable: true });
  }
  if (/Connection refused/.test(said))
    return new Failure("HOST_REFUSED", { address, port, reason }, { retryable: true });
  if (/Bad configuration option|terminating, \d+ bad configuration/.test(said)) {
    return new Failure("SSH_CONFIG_INVALID", { reason });
  }
  if (/Bad owner or permissions/.test(said)) return new Failure("SSH_CONFIG_INVALID", { reason });
  return new Failure("HOST_UNREACHABLE", { address, port, reason }, { retryable: true });
}
