import { z } from "zod";
import { tunnelInput } from "../../contract/tunnels.ts";
import type { LocalAddress, TunnelRecord } from "./types.ts";

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

export function addressOf({ tunnel }: Pick<TunnelRecord, "tunnel">): LocalAddress {
  return { host: tunnel.kind === "local" ? tunnel.bind : loopback, port: tunnel.localPort };
}
