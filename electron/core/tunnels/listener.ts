import { createServer, type Server, type Socket } from "node:net";
import { Failure, isFailure, reasonOf } from "../failure.ts";
import type { ByteStream, Clock } from "../ports.ts";
import { openThrough } from "./hold.ts";
import { join, reset, type Traffic } from "./joint.ts";
import type { Meter } from "./meter.ts";
import { createSocksReader, replyBytes, type SocksReply, socksReply } from "./socks.ts";
import { type Destination, type HostView, type LocalAddress, limits, type TunnelTimings } from "./types.ts";

/** What the listener tells whoever sent a probe through it. */
export interface ProbeMark {
  opened(): void;
  failed(failure: Failure): void;
}

export interface ListenerDeps {
  address: LocalAddress;
  /** Where every connection goes, or `null`: each says so itself (SOCKS). */
  target: Destination | null;
  host: HostView;
  meter: Meter;
  clock: Clock;
  timings: TunnelTimings;
  /** A connection found no way. */
  onTrouble(): void;
  onChange(): void;
}

/** One connection while it lasts. */
interface Carried {
  socket: Socket;
  /** Ticks since the client began to wait for something: an open channel, or an answer. */
  waited: number;
  /** The client is waiting. */
  waiting: boolean;
  /** Ticks without a byte from the far side since the client has said its last word. */
  ended: number;
  stop: AbortController;
}

/** Silence that long is the service's way, and no reason to ask more often. */
const doubtFrom = 2;
const doubtTo = 60;
/** A client that has ended may be gone altogether, which TCP cannot tell; it holds a place no longer than that. */
const lingerTicks = 120;

/**
 * The local end of a tunnel. It knows nothing of links that come and go but through `openThrough`, so that it outlives
 * them. Probes come in by the same door as everybody else; they are known by the port they come from.
 */
export class Listener {
  #server: Server;
  #deps: ListenerDeps;
  #carried = new Set<Carried>();
  #marks = new Map<number, ProbeMark>();

  private constructor(server: Server, deps: ListenerDeps) {
    this.#server = server;
    this.#deps = deps;
    server.on("connection", (socket) => void this.#take(socket));
    // `accept` that fails for want of descriptors is a probe that fails: the light tells.
    server.on("error", () => {});
  }

  /** Rejects with the system's error (`EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`). */
  static open(deps: ListenerDeps): Promise<Listener> {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true });
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen({ ...deps.address, exclusive: true, backlog: 511 }, () => {
        server.off("error", reject);
        resolve(new Listener(server, deps));
      });
    });
  }

  /** Connections from this local port are probes; the returned function forgets it. */
  mark(port: number, probe: ProbeMark): () => void {
    this.#marks.set(port, probe);
    return () => this.#marks.delete(port);
  }

  /**
   * To be called once a second. True while somebody waits in vain for a few seconds: reason enough to look whether the
   * tunnel still carries.
   */
  tick(): boolean {
    let doubt = false;
    for (const one of this.#carried) {
      one.waited = one.waiting ? one.waited + 1 : 0;
      one.ended = one.socket.readableEnded ? one.ended + 1 : 0;
      if (one.ended > lingerTicks) reset(one.socket);
      if (one.waited >= doubtFrom && one.waited <= doubtTo) doubt = true;
    }
    return doubt;
  }

  get busy(): boolean {
    return this.#carried.size > 0;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const { socket, stop } of this.#carried) {
      stop.abort();
      reset(socket);
    }
    await closed;
  }

  async #take(socket: Socket): Promise<void> {
    socket.on("error", () => {});
    const probe = fromHere(socket) ? this.#marks.get(socket.remotePort ?? 0) : undefined;
    const { meter } = this.#deps;
    if (probe === undefined && meter.open + meter.held >= limits.connections) {
      meter.refused += 1;
      return reset(socket);
    }
    const one: Carried = { socket, waited: 0, waiting: probe === undefined, ended: 0, stop: new AbortController() };
    this.#carried.add(one);
    socket.once("close", () => {
      this.#carried.delete(one);
      one.stop.abort();
    });
    if (probe === undefined) {
      meter.open += 1;
      meter.total += 1;
      socket.once("close", () => {
        meter.open -= 1;
        this.#deps.onChange();
      });
      this.#deps.onChange();
    }
    try {
      if (this.#deps.target !== null) await this.#carry(one, this.#deps.target, probe);
      else await this.#carryAsked(one, probe);
    } catch (error) {
      reset(socket);
      const failure = isFailure(error) ? error : new Failure("CHANNEL_FAILED", { reason: reasonOf(error) });
      if (probe !== undefined) probe.failed(failure);
      else if (failure.code !== "CANCELLED") this.#deps.onTrouble();
    }
  }

  async #carry(one: Carried, to: Destination, probe: ProbeMark | undefined): Promise<void> {
    const far = await this.#open(one, to, probe !== undefined);
    probe?.opened();
    await join(one.socket, far, probe === undefined ? this.#count(one) : uncounted);
  }

  /** A SOCKS client says where it wants to go, and hears how that went. */
  async #carryAsked(one: Carried, probe: ProbeMark | undefined): Promise<void> {
    const { socket } = one;
    const asked = await readRequest(socket, this.#deps);
    if (asked === null) {
      if (probe === undefined) this.#deps.meter.refused += 1;
      return;
    }
    let far: ByteStream;
    try {
      far = await this.#open(one, asked.to, false);
    } catch (error) {
      if (!socket.destroyed) socket.end(replyBytes(replyFor(error)), () => socket.destroySoon());
      if (!isFailure(error, "CANCELLED")) this.#deps.onTrouble();
      return;
    }
    socket.write(replyBytes(socksReply.granted));
    if (asked.rest.length > 0) socket.unshift(asked.rest);
    await join(socket, far, this.#count(one));
  }

  async #open(one: Carried, to: Destination, probe: boolean): Promise<ByteStream> {
    const far = await openThrough(to, { ...this.#deps, signal: one.stop.signal, wait: !probe });
    if (one.socket.destroyed) {
      far.on("error", () => {});
      far.destroy();
      throw new Failure("CANCELLED");
    }
    one.waiting = false;
    return far;
  }

  #count(one: Carried): Traffic {
    const { meter } = this.#deps;
    return {
      came(bytes) {
        meter.inBytes += bytes;
        one.waiting = false;
        one.ended = 0;
      },
      went(bytes) {
        meter.outBytes += bytes;
        one.waiting = true;
      },
    };
  }
}

const uncounted: Traffic = { came() {}, went() {} };

function fromHere(socket: Socket): boolean {
  const address = socket.remoteAddress?.replace(/^::ffff:/, "");
  return address === "127.0.0.1" || address === "::1" || address === socket.localAddress?.replace(/^::ffff:/, "");
}

/** Reads a SOCKS request within its time; `null` when the client was turned away. The socket is paused afterwards. */
function readRequest(socket: Socket, { clock, timings }: ListenerDeps): Promise<Asked | null> {
  const read = createSocksReader();
  return new Promise((resolve) => {
    const settle = (asked: Asked | null, last?: Buffer | null) => {
      cancel();
      socket.off("data", onData);
      socket.off("close", onGone);
      socket.off("end", onGone);
      socket.pause();
      if (asked === null && !socket.destroyed) {
        if (last) socket.end(last, () => socket.destroySoon());
        else reset(socket);
      }
      resolve(asked);
    };
    const onGone = () => settle(null);
    const onData = (chunk: Buffer) => {
      for (const step of read(chunk)) {
        if (step.kind === "say") socket.write(step.bytes);
        else if (step.kind === "refuse") return settle(null, step.bytes);
        else if (step.kind === "connect") return settle({ to: step.to, rest: step.rest });
      }
    };
    const cancel = clock.after(timings.socksMs, onGone);
    socket.on("data", onData);
    socket.on("close", onGone);
    socket.on("end", onGone);
    socket.resume();
  });
}

interface Asked {
  to: Destination;
  rest: Buffer;
}

function replyFor(error: unknown): SocksReply {
  if (isFailure(error, "FORWARDING_REFUSED")) return socksReply.notAllowed;
  if (isFailure(error, "HOST_OFFLINE")) return socksReply.networkUnreachable;
  if (isFailure(error, "TIMED_OUT")) return socksReply.hostUnreachable;
  return isFailure(error, "CHANNEL_FAILED") && /refused/i.test(String(error.details.reason))
    ? socksReply.refused
    : socksReply.failed;
}
