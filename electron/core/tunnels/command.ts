import type { TunnelInput, TunnelTarget } from "../../contract/index.ts";
import { quote } from "../ssh/index.ts";
import { nameOf } from "./light.ts";
import { loopback } from "./records.ts";

/** Where a host is reached by SSH. */
export interface SshAddress {
  address: string;
  port: number;
  user: string;
}

/** The same tunnel with OpenSSH (ssh(1): `-L`, `-D`, `-R`), to show and to copy. */
export function commandOf(tunnel: TunnelInput, ssh: SshAddress): string {
  const port = ssh.port === 22 ? [] : ["-p", String(ssh.port)];
  return quote(["ssh", "-N", ...wayOf(tunnel), ...port, `${ssh.user}@${ssh.address}`]);
}

function wayOf(tunnel: TunnelInput): [string, string] {
  switch (tunnel.kind) {
    case "dynamic":
      return ["-D", `${loopback}:${tunnel.localPort}`];
    case "local":
      return ["-L", `${bracketed(tunnel.bind)}:${tunnel.localPort}:${endOf(tunnel.target)}`];
    case "remote": {
      const { listen, target } = tunnel;
      const far = listen.kind === "tcp" ? `${bracketed(listen.bind)}:${listen.port}` : escaped(listen.path);
      return ["-R", `${far}:${endOf(target)}`];
    }
  }
}

function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

function endOf(target: TunnelTarget): string {
  return target.kind === "unix" ? escaped(target.path) : nameOf(target);
}

/** In a forwarding a colon is a border, and `\` takes that from it. */
function escaped(path: string): string {
  return path.replace(/[\\:]/g, "\\$&");
}
