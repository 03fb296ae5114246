import type { TunnelState } from "../../contract/index.ts";
import type { ByteStream, Cancellable, Clock, Disposable } from "../ports.ts";
import type { HostLink } from "../ssh/index.ts";
import { openThrough } from "./hold.ts";
import { HostWatch } from "./hostWatch.ts";
import { hostLight } from "./light.ts";
import { Meter } from "./meter.ts";
import { type Destination, defaultTimings, type TunnelTimings } from "./types.ts";

/** A host as the far side of something that has a local port of its own, with the same patience as a tunnel has. */
export interface Way extends Disposable {
  /** A stream to `to`; while the host is being reconnected it is held for a few seconds (`HOST_OFFLINE` then). */
  open(to: Destination, options?: Cancellable): Promise<ByteStream>;
  /** What the host's state says; `null` when it is reached, and the light is for whoever asks the far side. */
  light(): TunnelState | null;
  /** There is doubt: a lost host is tried at once. */
  nudge(): void;
  /** A person wants it. */
  connect(): void;
  /** Something about the host moved. It is kept trying while somebody follows. */
  follow(listener: () => void): () => void;
}

export interface Ways extends Disposable {
  to(hostId: string): Way;
  hostsChanged(): void;
}

export interface WaysDeps {
  /** `HOST_UNKNOWN` */
  linkOf(hostId: string): HostLink;
  /** A question about the host waits for a person. */
  asking(hostId: string): boolean;
  clock: Clock;
  timings?: Partial<TunnelTimings>;
}

/** Ways for rooms that listen themselves because they look into what they carry. */
export function createWays(deps: WaysDeps): Ways {
  const timings = { ...defaultTimings, ...deps.timings };
  const watches = new Set<HostWatch>();
  return {
    to(hostId) {
      const host = new HostWatch({ ...deps, hostId, timings });
      const meter = new Meter();
      watches.add(host);
      return {
        open: (to, { signal } = {}) =>
          openThrough(to, {
            host,
            meter,
            timings,
            clock: deps.clock,
            wait: true,
            signal: signal ?? new AbortController().signal,
          }),
        light: () => hostLight(host, deps.clock.now()),
        nudge: () => host.nudge(),
        connect: () => host.connect(),
        follow: (listener) => host.follow(listener),
        dispose() {
          watches.delete(host);
          host.dispose();
        },
      };
    },
    hostsChanged() {
      for (const watch of watches) watch.rebind();
    },
    dispose() {
      for (const watch of watches) watch.dispose();
      watches.clear();
    },
  };
}
