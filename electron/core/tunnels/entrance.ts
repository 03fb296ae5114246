import { Failure, reasonOf } from "../failure.ts";
import type { HostLink } from "../ssh/index.ts";
import { nameOf, targetOf } from "./light.ts";
import { Listener, type ListenerDeps } from "./listener.ts";
import { takenBy } from "./portOwner.ts";
import { probeThrough } from "./probe.ts";
import { localAddressOf } from "./records.ts";
import type { RemoteMemory } from "./remote/ask.ts";
import { RemoteEnd } from "./remote/remoteEnd.ts";
import type { Entrance, LocalAddress, PortOwner, TunnelRecord } from "./types.ts";

export interface EntranceDeps extends Omit<ListenerDeps, "address" | "target"> {
  record: TunnelRecord;
  /** The host's link at the moment; a local port does without. */
  link: HostLink | null;
  memory: RemoteMemory;
  /** Who holds a local port, and the next free one. */
  findOwner(address: LocalAddress): Promise<PortOwner & { freePort: number | null }>;
  signal: AbortSignal;
}

/**
 * Rejects with `LOCAL_PORT_TAKEN` or `REMOTE_PORT_TAKEN` {port, program, pid, free}, `LISTEN_FAILED`,
 * `REMOTE_LISTEN_REFUSED`, `REMOTE_HEARD_ELSEWHERE`, or what the link says.
 */
export async function openEntrance(deps: EntranceDeps): Promise<Entrance> {
  const { tunnel } = deps.record;
  if (tunnel.kind === "remote") {
    if (deps.link === null) throw new Failure("HOST_OFFLINE", { reason: "not connected" });
    return await RemoteEnd.open({ ...deps, tunnel, link: deps.link });
  }
  const address = localAddressOf(tunnel);
  const listener = await openListener(address, deps);
  return {
    hostPort: null,
    note: null,
    get busy() {
      return listener.busy;
    },
    tick: () => listener.tick(),
    close: () => listener.close(),
    probe: (signal) =>
      probeThrough({
        ...deps,
        address,
        probe: tunnel.kind === "local" ? tunnel.probe : { kind: "none" },
        socks: tunnel.kind === "dynamic",
        to: nameOf(targetOf(tunnel)),
        limitMs: deps.timings.limitMs,
        signal,
        mark: (port, mark) => listener.mark(port, mark),
      }),
  };
}

async function openListener(address: LocalAddress, deps: EntranceDeps): Promise<Listener> {
  try {
    return await Listener.open({ ...deps, address, target: targetOf(deps.record.tunnel) });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? reasonOf(error);
    if (code === "EADDRINUSE") throw takenBy(await deps.findOwner(address), "LOCAL_PORT_TAKEN", address.port);
    throw new Failure("LISTEN_FAILED", { address: address.host, port: address.port, reason: code });
  }
}
