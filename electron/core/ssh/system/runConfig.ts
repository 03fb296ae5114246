import type { SshTarget } from "../target.ts";
import type { SystemWay } from "./way.ts";

export interface RunConfig {
  way: SystemWay;
  target: SshTarget;
  /** The program that knows the answers. */
  program: string;
  /** Keys to be offered and no others; `null` leaves it to the configuration. */
  keyFile: string | null;
}

/**
 * A configuration for one run of the client and all that it starts for its jump hosts: of each setting the first counts,
 * so ours stand before the person's own. Every host key is a question to our program (`KnownHostsCommand`); nothing is
 * asked on a terminal, and nothing that opens doors (forwardings, agent, X11) is kept. ssh_config(5).
 */
export function runConfig({ way, target, program, keyFile }: RunConfig): string {
  // A key that was named by hand beside jump hosts is theirs too.
  const everyones = keyFile !== null && way.jumps !== undefined && target.auth.kind === "key";
  return [
    "Host *",
    ...Object.entries({
      IgnoreUnknown: "ForkAfterAuthentication,StdinNull,SessionType",
      BatchMode: "no",
      StrictHostKeyChecking: "yes",
      UserKnownHostsFile: "/dev/null",
      GlobalKnownHostsFile: "/dev/null",
      KnownHostsCommand: `${quoted(program)} host %I %H %t %K`,
      CheckHostIP: "no",
      UpdateHostKeys: "no",
      VerifyHostKeyDNS: "no",
      NoHostAuthenticationForLocalhost: "no",
      NumberOfPasswordPrompts: "3",
      AddKeysToAgent: "no",
      ControlMaster: "no",
      ControlPath: "none",
      ControlPersist: "no",
      ClearAllForwardings: "yes",
      ForwardAgent: "no",
      ForwardX11: "no",
      PermitLocalCommand: "no",
      RemoteCommand: "none",
      ForkAfterAuthentication: "no",
      StdinNull: "no",
      SessionType: "default",
      LogLevel: "DEBUG1",
    }).map(([name, value]) => `  ${name} ${value}`),
    ...(everyones ? [`  IdentityFile ${quoted(keyFile)}`] : []),
    ...way.includes.map((path) => `Include ${plainQuoted(path)}`),
    // What nobody said anything about.
    "Match all",
    "  ServerAliveInterval 10",
    "  ServerAliveCountMax 3",
    "  ConnectTimeout 10",
    "",
  ].join("\n");
}

/** As a setting's value: blanks kept, and `%` no token. */
export function quoted(path: string): string {
  return plainQuoted(path.replaceAll("%", "%%"));
}

function plainQuoted(path: string): string {
  return `"${path.replace(/[\\"]/g, "\\$&")}"`;
}
