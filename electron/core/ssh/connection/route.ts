import { Failure, isFailure, reasonOf } from "../../failure.ts";
import { createKeepAlive } from "../keepAlive.ts";
import type { ConnectGate } from "../limits.ts";
import type { Ask, SshTarget } from "../target.ts";
import type { LinkTimings } from "../timings.ts";
import type { ChannelStream } from "./channelStream.ts";
import { type ConnectDeps, type Connection, openConnection } from "./connection.ts";
import { dial } from "./dial.ts";
import type { Held } from "./held.ts";
import { loadIdentity } from "./identity.ts";
import { commandWire, type Wire } from "./wire.ts";

export interface RouteDeps extends Omit<ConnectDeps, "identity" | "password" | "timings" | "wire"> {
  held: Held;
  env: Readonly<Record<string, string | undefined>>;
  home: string;
  gate?: ConnectGate | undefined;
  timings: LinkTimings;
  /** Told before each host of the way is tried, and when it is through; for the connection doctor. */
  onHop?: ((hop: SshTarget, done: boolean) => void) | undefined;
}

const missesAllowed = 3;

/**
 * Connects through all jump hosts, each with its own key check, its own proof of who we are and its own keep-alive. The
 * hops end with the connection that runs over them.
 */
export async function openRoute(deps: RouteDeps): Promise<Connection> {
  const { target } = deps;
  const hops: { connection: Connection; stop: () => void }[] = [];
  const end = () => {
    for (const { connection, stop } of hops.reverse()) {
      stop();
      connection.end();
    }
  };
  try {
    let via: Connection | null = null;
    for (const hop of target.jumps ?? []) {
      via = await openHop({ ...deps, target: hop, ask: asHop(deps.ask, hop) }, via);
      hops.push({ connection: via, stop: keepAlive(via, deps, hop) });
    }
    const connection = await openHop(deps, via);
    void connection.closed.then(end);
    return connection;
  } catch (error) {
    end();
    throw error;
  }
}

async function openHop(deps: RouteDeps, via: Connection | null): Promise<Connection> {
  const { target, signal, held, gate, timings } = deps;
  deps.onHop?.(target, false);
  // Read before the network is touched: what fails here costs nobody anything.
  const identity = await held.identity(target, () => loadIdentity(target, deps, signal));
  await gate?.pass({ signal });
  const dialMs = target.connectTimeoutMs ?? timings.dialMs;
  const wire = await openWire(deps, via, dialMs);
  try {
    const password = held.password(target);
    const connection = await openConnection({ ...deps, wire, identity, password, timings: { ...timings, dialMs } });
    deps.onHop?.(target, true);
    return connection;
  } catch (error) {
    wire.destroy();
    throw error;
  }
}

async function openWire(deps: RouteDeps, via: Connection | null, timeoutMs: number): Promise<Wire> {
  const { target, clock, signal, env } = deps;
  if (via) return await through(via, target, signal);
  if (target.proxyCommand !== undefined) return commandWire(target.proxyCommand, env, clock).pause();
  return await dial(target, { clock, signal, timeoutMs });
}

async function through(via: Connection, { address, port }: SshTarget, signal: AbortSignal): Promise<ChannelStream> {
  try {
    return (await via.tcp(address, port, { signal })).pause();
  } catch (error) {
    if (!isFailure(error, "CHANNEL_FAILED")) throw error;
    const reason = `from the jump host: ${error.details.reason ?? reasonOf(error)}`;
    throw new Failure("HOST_UNREACHABLE", { address, port, reason }, { retryable: true, cause: error });
  }
}

/** A hop that falls silent takes down what runs over it, which is then made anew. */
function keepAlive(connection: Connection, { clock, timings }: RouteDeps, hop: SshTarget): () => void {
  const { address, port } = hop;
  const reason = "keep-alives of the jump host are not answered";
  const { stop } = createKeepAlive({
    clock,
    intervalMs: hop.keepAlive?.intervalMs ?? timings.keepAliveMs,
    limit: hop.keepAlive?.misses ?? missesAllowed,
    probeMs: timings.probeMs,
    bytesRead: () => connection.bytesRead,
    ping: () => connection.ping(),
    onMissed: () => {},
    onDead: () => connection.cut(new Failure("HOST_UNREACHABLE", { address, port, reason }, { retryable: true })),
  });
  void connection.closed.then(stop);
  return stop;
}

/** Questions that belong to a hop say so: a password for the bastion must not be typed for the host behind it. */
export function asHop(ask: Ask, { user, address }: SshTarget): Ask {
  return {
    ...ask,
    password: (question) => ask.password({ ...question, user: `${user}@${address}` }),
    answers: (question) => ask.answers({ ...question, name: `${address} ${question.name}`.trim() }),
  };
}
