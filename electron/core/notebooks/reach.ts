/** The way to a server's API: where it is, its certificate, its key. */
import { Failure, isFailure } from "../failure.ts";
import type { ByteStream, Cancellable } from "../ports.ts";
import type { Destination } from "../tunnels/index.ts";
import { type AskDeps, askKernels, askStatus } from "./api.ts";
import { destinationOf, findInContainer, findOnHost, sameServer } from "./find.ts";
import type { Known } from "./known.ts";
import type { Room } from "./room.ts";
import { secured } from "./secure.ts";

export interface Reach {
  /** A stream to the server, by whoever opens streams to that host; TLS and the certificate are taken care of. */
  through(one: Known, open: (to: Destination) => Promise<ByteStream>, signal?: AbortSignal): Promise<ByteStream>;
  /** Says at once when there is no way at all. */
  destination(one: Known, options?: Cancellable): Promise<Destination>;
  /** Looks where it was; true when its key or its place is another. */
  lookAgain(one: Known): Promise<boolean>;
  /** Asks with the key at hand, and once more with a new one where that is refused. */
  asked<T>(one: Known, work: (ask: AskDeps) => Promise<T>): Promise<T>;
  /** What the server says of itself, for its row. What is wrong is noted there. */
  readStatus(one: Known, signal?: AbortSignal): Promise<void>;
  /** When its kernels did something last: its own answer counts also whoever looks at it. */
  readKernels(one: Known, signal?: AbortSignal): Promise<void>;
}

export function createReach(room: Room): Reach {
  const { deps, timings } = room;
  const { hosts, clock } = deps;
  const find = { registrar: deps.registrar, lookMs: timings.lookMs };

  const destination = (one: Known, options: Cancellable = {}) =>
    destinationOf(one.at, hosts.linkOf(one.hostId), () => hosts.engineOf(one.hostId), options);

  async function through(one: Known, open: (to: Destination) => Promise<ByteStream>, signal?: AbortSignal) {
    const stream = await open(await one.destination(() => destination(one)));
    if (!one.at.server.secure) return stream;
    const known = room.recordOf(one.id)?.certificate ?? null;
    const { stream: inner, certificate } = await secured(stream, known, signal);
    // The first that it shows is what it is known by: nobody is between, the host itself was checked.
    if (known === null) {
      await room.remember(one.id, { certificate });
      room.changed(one);
    }
    return inner;
  }

  function askDeps(one: Known): AskDeps {
    const link = hosts.linkOf(one.hostId);
    return {
      open: (signal) =>
        through(
          one,
          (to) => (to.kind === "tcp" ? link.openTcp(to.host, to.port, { signal }) : link.openUnix(to.path, { signal })),
          signal,
        ),
      clock,
      key: one.key,
      basePath: one.at.server.basePath,
      timeoutMs: timings.askMs,
    };
  }

  async function lookAgain(one: Known): Promise<boolean> {
    const { place, server } = one.at;
    const found =
      place.kind === "host"
        ? await findOnHost(find, hosts.linkOf(one.hostId), false)
        : await findInContainer(find, hosts.engineOf(one.hostId), place);
    const same = sameServer(server, found);
    for (const other of found) if (other !== same) other.server.key?.dispose();
    const ran = one.running;
    one.running = same !== null;
    const renewed = same !== null && one.take(same);
    if (renewed || ran !== one.running) room.changed(one);
    return renewed;
  }

  async function asked<T>(one: Known, work: (ask: AskDeps) => Promise<T>): Promise<T> {
    try {
      return await work(askDeps(one));
    } catch (error) {
      const worth = isFailure(error, "NOTEBOOK_LOGIN_NEEDED") || isFailure(error, "NOTEBOOK_DOWN");
      if (!worth || !(await lookAgain(one))) throw error;
      return work(askDeps(one));
    }
  }

  async function readKernels(one: Known, signal?: AbortSignal): Promise<void> {
    one.noteKernels(await askKernels(askDeps(one), { signal }));
  }

  return {
    through,
    destination,
    lookAgain,
    asked,
    readKernels,
    async readStatus(one, signal) {
      if (one.at.server.login === "typed") return;
      try {
        one.noteStatus(await askStatus(askDeps(one), { signal }));
        if ((one.activity?.kernels ?? 0) > 0) await readKernels(one, signal);
        one.problem = null;
      } catch (error) {
        if (!isFailure(error) || error.code === "CANCELLED") throw error;
        one.problem = { code: error.code, details: { ...error.details } };
      }
    },
  };
}

/** `NOTEBOOK_LOGIN_NEEDED` for a server whose password only a person has. */
export function demandKey(one: Known): void {
  if (one.at.server.login === "typed") throw new Failure("NOTEBOOK_LOGIN_NEEDED", { status: 403 });
}
