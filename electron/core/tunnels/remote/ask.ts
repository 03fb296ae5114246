import { Failure, isFailure } from "../../failure.ts";
import type { HostLink, RemoteAddress, RemoteCaller, RemoteListener } from "../../ssh/index.ts";
import { portsFrom, takenBy } from "../portOwner.ts";
import { reachable } from "../probe.ts";
import type { RemoteTunnel } from "../records.ts";
import { endServer, lookAtHost, programAt, type ServerProcess, sweepSocket } from "./hostLook.ts";

/** What a remote tunnel keeps from one connection to the next. */
export interface RemoteMemory {
  /** The last port that it had. */
  port: number | null;
  /** The process that held it. */
  server: ServerProcess | null;
}

export interface AskDeps {
  tunnel: RemoteTunnel;
  link: HostLink;
  memory: RemoteMemory;
  signal: AbortSignal;
  onCaller(caller: RemoteCaller): void;
}

/**
 * Has the host listen. What stands in the way and is ours is removed: the socket that an earlier connection left, and
 * the server's process of a connection that broke without its knowing, which would hold the port for minutes or hours.
 */
export async function listenOnHost(deps: AskDeps): Promise<RemoteListener> {
  const { tunnel, memory } = deps;
  const { listen } = tunnel;
  if (listen.kind === "unix") return await listenAtPath(listen.path, deps);
  const wanted = listen.port || memory.port || 0;
  const at = { kind: "tcp", host: listen.bind, port: wanted } as const;
  try {
    return await askFor(at, deps);
  } catch (error) {
    if (!isFailure(error, "REMOTE_LISTEN_REFUSED")) throw error;
    if (await freed(deps, wanted)) return await askFor(at, deps);
    if (listen.port === 0 && wanted !== 0) return await askFor({ ...at, port: 0 }, deps);
    throw wanted === 0 ? error : await reasonFor(error, wanted, deps);
  }
}

function askFor(at: RemoteAddress, { link, onCaller, signal }: AskDeps): Promise<RemoteListener> {
  return link.listenRemote(at, onCaller, { signal });
}

async function listenAtPath(path: string, deps: AskDeps): Promise<RemoteListener> {
  const at = { kind: "unix", path } as const;
  try {
    return await askFor(at, deps);
  } catch (error) {
    if (!isFailure(error, "REMOTE_LISTEN_REFUSED")) throw error;
    const found = await sweepSocket(deps.link, path, deps);
    if (found === "swept") return await askFor(at, deps);
    const reason = found === "there" ? "name-there" : "";
    throw new Failure("REMOTE_LISTEN_REFUSED", { at: path, reason }, { cause: error });
  }
}

/** Whether our own earlier connection held the port, and does no more. */
async function freed({ link, memory, signal }: AskDeps, port: number): Promise<boolean> {
  const { server } = memory;
  if (server === null || memory.port !== port) return false;
  const { server: current } = await lookAtHost(link, { signal });
  memory.server = null;
  if (current?.pid === server.pid) return false;
  return await endServer(link, server, { signal });
}

/** A port that is taken and a server that does not want to look the same from here: the host's own tables tell. */
async function reasonFor(refused: Failure, port: number, { tunnel, link, signal }: AskDeps): Promise<Failure> {
  const { sockets } = await lookAtHost(link, { signal });
  // The table may be of another network than the server's, where it runs in a container.
  const taken = sockets?.some((one) => one.port === port) || (await accepts(tunnel, port, link, signal));
  if (taken) {
    const owner = await programAt(link, port, { signal });
    return takenBy({ ...owner, freePort: sockets && freeAfter(port, sockets) }, "REMOTE_PORT_TAKEN", port);
  }
  return port < 1024 ? new Failure(refused.code, { ...refused.details, reason: "low-port" }) : refused;
}

function freeAfter(port: number, sockets: readonly { port: number }[]): number | null {
  const taken = new Set(sockets.map((one) => one.port));
  for (const next of portsFrom(port + 1)) if (!taken.has(next)) return next;
  return null;
}

async function accepts({ listen }: RemoteTunnel, port: number, link: HostLink, signal: AbortSignal): Promise<boolean> {
  if (listen.kind === "unix") return false;
  try {
    (await link.openTcp(reachable(listen.bind), port, { signal })).destroy();
    return true;
  } catch {
    return false;
  }
}
