import { Failure, reasonOf } from "../../failure.ts";
import type { SshTarget } from "../target.ts";
import { socketFailure } from "./dial.ts";
import type { Greeting } from "./greeting.ts";

function field(error: unknown, name: string): unknown {
  return typeof error === "object" && error !== null ? Reflect.get(error, name) : undefined;
}

/** What sshd says in place of its name to those beyond `MaxStartups`, and (9.8 and later) to a source that it punishes. */
const busy = /^(?:exceeded maxstartups|not allowed at this time)/i;

/** What ssh2's errors of connecting mean. It has no codes: `level`, the messages and what was seen on the wire must do. */
export function connectFailure(error: unknown, target: SshTarget, greeting: Greeting): Failure {
  const { address, port, user } = target;
  const message = reasonOf(error);
  if (field(error, "level") === "client-socket") return socketFailure(error, target);
  if (busy.test(greeting.said())) {
    const reason = `the host takes no more logins for now: ${greeting.said()}`;
    return new Failure("HOST_UNREACHABLE", { address, port, reason }, { retryable: true, cause: error });
  }
  if (greeting.state() === "other") return new Failure("NOT_SSH", { address, port, said: greeting.said() });
  if (greeting.state() === "nothing") {
    const reason = "the connection was closed before a word was said";
    return new Failure("HOST_UNREACHABLE", { address, port, reason }, { retryable: true, cause: error });
  }
  if (/invalid identification/i.test(message)) return new Failure("NOT_SSH", { address, port, said: greeting.said() });
  if (field(error, "level") === "client-authentication" || /too many authentication failures/i.test(message)) {
    return new Failure(
      "AUTH_FAILED",
      { address, port, user, tried: "", offered: "", reason: message },
      { cause: error },
    );
  }
  if (field(error, "level") === "agent") {
    return new Failure("AGENT_UNAVAILABLE", { reason: message, fingerprint: "", keys: 1 }, { cause: error });
  }
  if (/no matching/i.test(message))
    return new Failure("HOST_REFUSED", { address, port, reason: message }, { cause: error });
  return new Failure("HOST_UNREACHABLE", { address, port, reason: message }, { retryable: true, cause: error });
}

/** Reason codes of RFC 4254, section 5.1. */
const prohibited = 1;
const unknownType = 3;

/**
 * What a refused channel means. sshd answers "administratively prohibited" for TCP alone; for a unix socket it says the
 * same "open failed" whether forwarding is off, the socket is missing or it may not be opened (serverloop.c).
 */
export function channelFailure(error: unknown, what: { kind: "exec" | "unix" | "tcp"; to: string }): Failure {
  const reason = field(error, "reason");
  const details = { kind: what.kind, to: what.to, reason: reasonOf(error) };
  const refused = what.kind !== "exec" && (reason === prohibited || reason === unknownType);
  return new Failure(refused ? "FORWARDING_REFUSED" : "CHANNEL_FAILED", details, { cause: error });
}
