import type { SshTarget } from "../target.ts";

/** How OpenSSH's client is to reach a host: with the user's own configuration, or with none. */
export interface SystemWay {
  /** `-F`, when it is not the usual file. */
  configFile: string | null;
  /** Its name there, or the address. */
  name: string;
  /** What a person gave in place of the configuration. */
  user?: string | undefined;
  port?: number | undefined;
  keyFile?: string | undefined;
  jumps?: readonly string[] | undefined;
}

/**
 * The master's arguments. Nothing is ever asked on a terminal, no key is taken unseen (`StrictHostKeyChecking yes` with
 * the console's own pins first), and nothing of the configuration that opens doors (forwardings, agent, X11) is kept.
 */
export function masterArguments(way: SystemWay, target: SshTarget, socket: string, pinFile: string): string[] {
  const known = [pinFile, ...(target.knownHosts ?? [])].map((path) => `"${path}"`).join(" ");
  const interval = Math.round((target.keepAlive?.intervalMs ?? 10_000) / 1000);
  const settings = {
    ControlPersist: "no",
    BatchMode: "yes",
    StrictHostKeyChecking: "yes",
    UserKnownHostsFile: known,
    UpdateHostKeys: "no",
    ClearAllForwardings: "yes",
    ForwardAgent: "no",
    ForwardX11: "no",
    PermitLocalCommand: "no",
    RemoteCommand: "none",
    ServerAliveInterval: String(interval),
    ServerAliveCountMax: String(target.keepAlive?.misses ?? 3),
    ConnectTimeout: String(Math.round((target.connectTimeoutMs ?? 10_000) / 1000)),
    LogLevel: "INFO",
  };
  return [
    ...(way.configFile === null ? [] : ["-F", way.configFile]),
    ...["-M", "-S", socket, "-N", "-T"],
    ...Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`]),
    ...(way.keyFile === undefined ? [] : ["-i", way.keyFile, "-o", "IdentitiesOnly=yes"]),
    ...(way.jumps === undefined || way.jumps.length === 0 ? [] : ["-J", way.jumps.join(",")]),
    ...(way.user === undefined ? [] : ["-l", way.user]),
    ...(way.port === undefined ? [] : ["-p", String(way.port)]),
    ...["--", way.name],
  ];
}

/** Arguments of a call through a master. Without the master it must fail, and not connect somewhere by itself. */
export function throughMaster(socket: string, ...more: readonly string[]): string[] {
  return ["-F", "none", "-S", socket, "-o", "ProxyCommand=false", "-o", "BatchMode=yes", ...more];
}
