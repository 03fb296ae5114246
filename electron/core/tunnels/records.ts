import { z } from "zod";
import { type TunnelInput, tunnelInput } from "../../contract/tunnels.ts";
import type { LocalAddress } from "./types.ts";

export const maxTunnels = 200;

/** What lies in `tunnels.json`. */
export const tunnelFile = z.object({
  tunnels: z.array(z.object({ id: z.string(), tunnel: tunnelInput })).max(maxTunnels),
});
export type TunnelFile = z.infer<typeof tunnelFile>;

export const loopback = "127.0.0.1";

export function isLoopback(address: string): boolean {
  return address === loopback || address === "::1";
}

/** A tunnel that listens on this machine. */
export type LocalTunnel = Exclude<TunnelInput, { kind: "remote" }>;
/** A tunnel that listens on its host. */
export type RemoteTunnel = Extract<TunnelInput, { kind: "remote" }>;

export function localAddressOf(tunnel: LocalTunnel): LocalAddress {
  return { host: tunnel.kind === "local" ? tunnel.bind : loopback, port: tunnel.localPort };
}

/** The port of this machine that it has; `null` for one that has none. */
export function localPortOf(tunnel: TunnelInput): number | null {
  return tunnel.kind === "remote" ? null : tunnel.localPort;
}

/** The address that it would listen on, here or on its host; `null` for a unix socket. */
export function bindOf(tunnel: TunnelInput): string | null {
  if (tunnel.kind === "remote") return tunnel.listen.kind === "tcp" ? tunnel.listen.bind : null;
  return localAddressOf(tunnel).host;
}
