import { Failure } from "../../failure.ts";
import type { Clock } from "../../ports.ts";
import type { RouteDeps } from "../connection/route.ts";
import { pause } from "../limits.ts";
import type { SshTarget } from "../target.ts";
import { deniedBecause } from "./problems.ts";

/** Its log and its questions come by two pipes: what was said before a question may be read after it. */
const settleMs = 60;
const maxSaid = 16 * 1024;

/**
 * Follows the client from host to host by what it logs (`LogLevel DEBUG1`): for the connection doctor, and to know
 * whether a host that asks for a password has taken a key before.
 */
export function createProgress({ onHop, trace, clock }: Pick<RouteDeps, "onHop" | "trace"> & { clock: Clock }) {
  let current: SshTarget | null = null;
  let said = "";
  let methods: readonly string[] = [];
  const offered = new Set<SshTarget>();
  const partly = new Set<SshTarget>();

  return {
    /** The client speaks to this host now; `null` when it is through. */
    at(host: SshTarget | null): void {
      if (host === current) return;
      if (current) onHop?.(current, true);
      current = host;
      if (host) onHop?.(host, false);
    },

    said(line: string): void {
      if (!/^debug\d: /.test(line)) said = `${said}${line}\n`.slice(-maxSaid);
      const [, left] = /^debug1: Authentications that can continue: (.*)$/.exec(line) ?? [];
      if (left !== undefined) {
        methods = left.split(",");
        trace?.offered(methods);
      }
      const [, method] = /^debug1: Next authentication method: (\S+)$/.exec(line) ?? [];
      if (method !== undefined) trace?.tried(method);
      const [, taken] = /^debug1: Server accepts key: .*(SHA256:\S+)/.exec(line) ?? [];
      if (taken !== undefined) trace?.taken(taken);
      if (current === null) return;
      if (/^debug1: Offering public key: /.test(line)) offered.add(current);
      if (/^Authenticated .*with partial success/.test(line)) partly.add(current);
    },

    /**
     * Lets a question for a password or a code pass. After a key that was refused outright it is the end, as with the
     * library: asking then would train people to type passwords anywhere.
     */
    async letAsk(host: SshTarget): Promise<void> {
      await pause(clock, settleMs);
      const { auth } = host;
      if (auth.kind === "password" || auth.kind === "interactive" || partly.has(host) || !offered.has(host)) return;
      if (auth.kind === "config" && auth.preferred?.some((method) => /^(password|keyboard-interactive)$/.test(method)))
        return;
      throw this.denied(host);
    },

    denied({ address, port, user }: SshTarget): Failure {
      const details = { address, port, user, tried: "publickey", offered: methods.join(", ") };
      return deniedBecause(said) ?? new Failure("AUTH_FAILED", { ...details, reason: "login-refused" });
    },
  };
}
export type Progress = ReturnType<typeof createProgress>;
