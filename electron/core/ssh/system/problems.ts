import { Failure } from "../../failure.ts";
import type { SshTarget } from "../target.ts";

/** What OpenSSH's client said on its way out, as a failure. Its messages are all there is: it has no other codes than 255. */
export function masterFailure(said: string, target: SshTarget): Failure {
  const { address, port, user } = target;
  const lines = said.split("\n").map((line) => line.trim());
  const last = lines.filter((line) => line !== "").at(-1) ?? "it ended without a word";
  const reason = last.slice(0, 300);
  const denied = /Permission denied \(([^)]*)\)/.exec(said);
  if (denied) {
    const offered = denied[1] ?? "";
    const tried =
      target.auth.kind === "password" || target.auth.kind === "interactive" ? target.auth.kind : "publickey";
    return (
      deniedBecause(said) ??
      new Failure("AUTH_FAILED", { address, port, user, tried, offered, reason: "login-refused" })
    );
  }
  if (/Too many authentication failures/.test(said)) {
    const why = "too many authentication failures";
    return new Failure("AUTH_FAILED", { address, port, user, tried: "", offered: "", reason: why });
  }
  // Of a client that a command of the configuration starts; our own keys are decided elsewhere.
  if (/Host key verification failed|No .* host key is known/.test(said)) {
    return new Failure("HOST_KEY_REJECTED", { address, port, type: "", fingerprint: "", reason });
  }
  if (/Could not resolve hostname/.test(said)) {
    return new Failure("HOST_NAME_UNRESOLVED", { address, reason }, { retryable: true });
  }
  if (/Connection refused/.test(said))
    return new Failure("HOST_REFUSED", { address, port, reason }, { retryable: true });
  if (/Bad configuration option: knownhostscommand/i.test(said)) {
    return new Failure("OPENSSH_MISSING", { what: "version 8.5 or newer" });
  }
  if (/Bad configuration option|terminating, \d+ bad configuration|Bad owner or permissions/.test(said)) {
    return new Failure("SSH_CONFIG_INVALID", { reason });
  }
  if (/(helper|ssh_askpass).*Permission denied/.test(said)) {
    return new Failure("OPENSSH_MISSING", { what: "a temporary folder where programs may run (TMPDIR)" });
  }
  return new Failure("HOST_UNREACHABLE", { address, port, reason }, { retryable: true });
}

/** A key that could not sign, or that the client would not use: that is why the host said no. */
export function deniedBecause(said: string): Failure | null {
  const [, open, openPath = ""] = /Permissions (\d{3,4}) for '([^']*)' are too open/.exec(said) ?? [];
  if (open !== undefined && /\.pub$/.test(openPath)) {
    const reason = `it does not hold the key ${openPath}`;
    return new Failure("AGENT_UNAVAILABLE", { reason, fingerprint: "", keys: 0 });
  }
  if (open !== undefined) {
    return new Failure("KEY_FILE_OPEN", { path: openPath, mode: open.replace(/^0/, ""), fix: `chmod 600 ${openPath}` });
  }
  const [, type = "", key = "", why = ""] =
    /signing failed for (\S+-SK) "?([^"\n]*?)"?(?: from agent)?: ([^\r\n]*)/.exec(said) ?? [];
  if (type === "") return null;
  const refused = /agent refused|user presence|timed? ?out|touch/i.test(why);
  const code = refused ? "SECURITY_KEY_UNTOUCHED" : "SECURITY_KEY_MISSING";
  return new Failure(code, { key, type, reason: why.slice(0, 200) });
}
