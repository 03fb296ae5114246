import type { Problem, TunnelInput } from "../../contract/index.ts";
import type { Disposable } from "../ports.ts";
import type { HostLink, LinkState } from "../ssh/index.ts";

/** Milliseconds. */
export interface TunnelTimings {
  /** Between probes while all is well. */
  everyMs: number;
  /** After a probe that did not go well. */
  againMs: number;
  /** A probe that takes longer makes the light `degraded`, while it still runs. */
  slowMs: number;
  /** A probe that takes longer is missed. */
  limitMs: number;
  /** How long a connection waits for its host to come back. */
  holdMs: number;
  /** Until a taken port is tried again. */
  relistenMs: number;
  /** Between doubts that a link is asked about; the link itself takes four seconds to be sure. */
  nudgeMs: number;
  /** Between tries of a lost host that a tunnel wants, for as long as `eagerMs`; then `patientMs`. */
  retryMs: number;
  eagerMs: number;
  patientMs: number;
  /** For the whole of a SOCKS client's request. */
  socksMs: number;
}

export const defaultTimings: TunnelTimings = {
  everyMs: 10_000,
  againMs: 3_000,
  slowMs: 2_000,
  limitMs: 5_000,
  holdMs: 5_000,
  relistenMs: 5_000,
  nudgeMs: 5_000,
  retryMs: 3_000,
  eagerMs: 120_000,
  patientMs: 15_000,
  socksMs: 5_000,
};

/** Of one tunnel. */
export const limits = { connections: 256, held: 64 } as const;

/** What a tunnel needs to know of its host, whatever link the host has at the moment. */
export interface HostView {
  /** `null`: it is not in the fleet. */
  link(): HostLink | null;
  state(): LinkState | null;
  /** The link can carry channels, as far as it knows. */
  online(): boolean;
  /** A question about this host waits for a person. */
  asking(): boolean;
  /** There is doubt: a lost host is tried at once, a live one has four seconds to prove it. */
  nudge(): void;
  /** A person wants it: a link that waits to be asked starts connecting. */
  connect(): void;
  /** Calls back whenever one of the above may have changed. The host is kept trying while somebody follows it. */
  follow(listener: () => void): () => void;
}

/** A way through the tunnel, as a client of the listener names it. */
export type Destination = { kind: "tcp"; host: string; port: number } | { kind: "unix"; path: string };

/** A saved tunnel with its port chosen. */
export interface TunnelRecord {
  id: string;
  tunnel: TunnelInput;
}

/** How a probe ended. `lost`: the link went away under it, which the link's own state tells better. */
export type ProbeAnswer =
  | { kind: "well"; latencyMs: number; saw: "through" | "ends" | "host" }
  | { kind: "missed" | "down" | "forbidden"; why: Problem }
  | { kind: "lost" };

/** Where a local port is listened on. */
export interface LocalAddress {
  host: string;
  port: number;
}

/** The program that holds a port, as far as the system tells. */
export interface PortOwner {
  program: string | null;
  pid: number | null;
}

export interface Closable extends Disposable {
  dispose(): Promise<void>;
}

/** Where the connections of a tunnel come in: a port of this machine, or of the host. */
export interface Entrance {
  /** What the host listens on; `null` for a unix socket, and for a port of this machine. */
  readonly hostPort: number | null;
  /** It listens, but not as it was asked to. */
  readonly note: Problem | null;
  readonly busy: boolean;
  /** To be called once a second; true while somebody waits in vain. */
  tick(): boolean;
  /** One question in by here and out at the target. Never rejects. */
  probe(signal: AbortSignal): Promise<ProbeAnswer>;
  close(): Promise<void>;
}
