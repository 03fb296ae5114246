import type { TunnelInput } from "../../contract/index.ts";
import { quote } from "../ssh/index.ts";
import { loopback } from "./records.ts";
import { nameOf } from "./tunnel.ts";

/** Where a host is reached by SSH. */
export interface SshAddress {
  address: string;
  port: number;
  user: string;
}

/** The same tunnel with OpenSSH (ssh(1): `-L`, `-D`), to show and to copy. */
export function commandOf(tunnel: TunnelInput, ssh: SshAddress): string {
  const port = ssh.port === 22 ? [] : ["-p", String(ssh.port)];
  const at = (host: string) => (host.includes(":") ? `[${host}]` : host);
  const way =
    tunnel.kind === "dynamic"
      ? ["-D", `${loopback}:${tunnel.localPort}`]
      : ["-L", `${at(tunnel.bind)}:${tunnel.localPort}:${nameOf(tunnel.target)}`];
  return quote(["ssh", "-N", ...way, ...port, `${ssh.user}@${ssh.address}`]);
}
