import type { Socket } from "node:net";
import type { Problem } from "../../../contract/index.ts";
import { Failure, isFailure } from "../../failure.ts";
import type { ByteStream, Clock } from "../../ports.ts";
import type { HostLink, RemoteCaller, RemoteListener } from "../../ssh/index.ts";
import { join } from "../joint.ts";
import type { Meter } from "../meter.ts";
import { problemOf } from "../probe.ts";
import type { RemoteTunnel } from "../records.ts";
import { type Entrance, type HostView, limits, type ProbeAnswer, type TunnelTimings } from "../types.ts";
import { listenOnHost, type RemoteMemory } from "./ask.ts";
import { lookAtHost } from "./hostLook.ts";
import { type CallerMark, openTarget, probeRemote, targetDown } from "./remoteProbe.ts";

export interface RemoteEndDeps {
  tunnel: RemoteTunnel;
  link: HostLink;
  host: HostView;
  meter: Meter;
  clock: Clock;
  timings: TunnelTimings;
  memory: RemoteMemory;
  signal: AbortSignal;
  /** A connection found no way. */
  onTrouble(): void;
  onChange(): void;
}

/** One connection while it lasts. */
interface Carried {
  local: Socket;
  /** Ticks since something was sent to the host that has not been answered. */
  waited: number;
  waiting: boolean;
}

const doubtFrom = 2;
const doubtTo = 60;

/**
 * The host's end of a remote tunnel, for as long as the connection that it was asked over. Who comes there is led to the
 * target by this machine; a caller hears no sooner that he is in than the target has taken him.
 */
export class RemoteEnd implements Entrance {
  #deps: RemoteEndDeps;
  #listener: RemoteListener | null = null;
  #note: Problem | null = null;
  #carried = new Set<Carried>();
  #mark: CallerMark | null = null;
  #open = false;

  private constructor(deps: RemoteEndDeps) {
    this.#deps = deps;
  }

  /** Nobody is let in before it is seen where the host really listens: `GatewayPorts` may make it more than was asked. */
  static async open(deps: RemoteEndDeps): Promise<RemoteEnd> {
    const { tunnel, link, memory, signal } = deps;
    const end = new RemoteEnd(deps);
    const listener = await listenOnHost({ tunnel, link, memory, signal, onCaller: (caller) => end.#take(caller) });
    end.#listener = listener;
    try {
      const look = await lookAtHost(link, { signal });
      if (signal.aborted) throw new Failure("CANCELLED");
      memory.server = look.server;
      memory.port = listener.port;
      const heard = look.sockets?.filter(({ port }) => port === listener.port) ?? [];
      end.#note = noteOf(tunnel, heard);
    } catch (error) {
      await listener.close();
      throw error;
    }
    end.#open = true;
    return end;
  }

  get hostPort(): number | null {
    return this.#listener?.port ?? null;
  }

  get note(): Problem | null {
    return this.#note;
  }

  get busy(): boolean {
    return this.#carried.size > 0;
  }

  tick(): boolean {
    let doubt = false;
    for (const one of this.#carried) {
      one.waited = one.waiting ? one.waited + 1 : 0;
      if (one.waited >= doubtFrom && one.waited <= doubtTo) doubt = true;
    }
    return doubt;
  }

  probe(signal: AbortSignal): Promise<ProbeAnswer> {
    const { tunnel, link, host, clock, timings } = this.#deps;
    return probeRemote({
      ...{ tunnel, link, host, clock, signal },
      port: this.hostPort,
      limitMs: timings.limitMs,
      mark: (mark) => {
        this.#mark = mark;
        return () => {
          if (this.#mark === mark) this.#mark = null;
        };
      },
    });
  }

  async close(): Promise<void> {
    this.#open = false;
    for (const { local } of this.#carried) local.destroy();
    await this.#listener?.close();
  }

  /**
   * A caller does not say who he is. The first one after a probe was sent is taken for it: were it another, then what it
   * shows is just as true, and one connection is not counted where another is.
   */
  #take(caller: RemoteCaller): void {
    const { meter, tunnel, clock, timings, onTrouble } = this.#deps;
    if (!this.#open) {
      caller.refuse();
      return;
    }
    const mark = this.#mark;
    this.#mark = null;
    if (mark === null && meter.open >= limits.connections) {
      meter.refused += 1;
      caller.refuse();
      return;
    }
    if (mark === null) this.#counted(1);
    const one: Carried = { local: openTarget(tunnel.target), waited: 0, waiting: false };
    this.#carried.add(one);
    const over = () => {
      this.#carried.delete(one);
      if (mark === null) this.#counted(-1);
    };
    const { local } = one;
    const fail = (why: string | Error) => {
      settle();
      local.on("error", () => {}).destroy();
      caller.refuse();
      over();
      if (mark === null) onTrouble();
      else mark.failed(targetDown(tunnel.target, why));
    };
    const onClose = () => fail("closed");
    const cancel = clock.after(timings.limitMs, () => fail("unanswered"));
    const settle = () => {
      cancel();
      local.off("error", fail);
      local.off("close", onClose);
    };
    local.once("error", fail);
    local.once("close", onClose);
    local.once("connect", () => {
      settle();
      void this.#carry(caller, one, mark).finally(over);
    });
  }

  async #carry(caller: RemoteCaller, one: Carried, mark: CallerMark | null): Promise<void> {
    const { meter } = this.#deps;
    const { local } = one;
    let far: ByteStream;
    try {
      far = caller.accept();
    } catch (error) {
      local.on("error", () => {}).destroy();
      // The connection went away in between, which its state tells.
      if (isFailure(error)) return;
      throw error;
    }
    mark?.arrived();
    this.#deps.onChange();
    await join(local, far, {
      came(bytes) {
        if (mark === null) meter.inBytes += bytes;
        one.waiting = false;
      },
      went(bytes) {
        if (mark === null) meter.outBytes += bytes;
        one.waiting = mark === null;
      },
    });
  }

  #counted(change: 1 | -1): void {
    const { meter, onChange } = this.#deps;
    meter.open += change;
    if (change > 0) meter.total += 1;
    onChange();
  }
}

/** Whether the host listens as it was asked; `REMOTE_HEARD_ELSEWHERE` when others would get in whom nobody wants. */
function noteOf({ listen, exposed }: RemoteTunnel, heard: readonly { loopback: boolean }[]): Problem | null {
  if (listen.kind === "unix" || heard.length === 0) return null;
  const asked = listen.bind;
  const wide = heard.some(({ loopback }) => !loopback);
  const wanted = exposed && asked !== "127.0.0.1" && asked !== "::1";
  if (wide === wanted) return null;
  const failure = new Failure("REMOTE_HEARD_ELSEWHERE", { asked, heard: wide ? "all" : "loopback" });
  if (wide) throw failure;
  return problemOf(failure);
}
