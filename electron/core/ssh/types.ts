import type { ErrorCode } from "../../contract/errors.ts";
import type { FailureDetails } from "../failure.ts";
import type { ByteStream, Cancellable, Disposable } from "../ports.ts";

/** Where a link stands. `since` is wall-clock milliseconds; `reason` is set whenever it is not `online`. */
export type LinkState =
  | { phase: "idle"; since: number }
  | { phase: "connecting"; since: number; attempt: number }
  | { phase: "online"; since: number }
  /** Keep-alives are being missed: bytes may still flow. */
  | { phase: "degraded"; since: number; missed: number }
  | { phase: "reconnecting"; since: number; attempt: number; nextTryAt: number; reason: LinkReason }
  /** Given up until someone asks: refused key, host key incident, stopped by a person. */
  | { phase: "offline"; since: number; reason: LinkReason };

export interface LinkReason {
  code: ErrorCode;
  details: FailureDetails;
}

/** For a command that may have to wait for a session channel. */
export interface Queued {
  /** Told its place while it waits, 1 is next, each time that changes; 0 when it goes on or was given up. */
  onPlace?: ((place: number) => void) | undefined;
}

export interface ExecOptions extends Cancellable, Queued {
  /** Bytes for the program's standard input, which is closed after them. */
  stdin?: Uint8Array | string | undefined;
  /** Whole run, milliseconds; default 20,000. */
  timeoutMs?: number | undefined;
  /** Of stdout and stderr each; the program is stopped beyond it. Default 4 MiB. */
  maxBytes?: number | undefined;
}

export interface ExecResult {
  /** Exit status, or `null` when it was ended by a signal. */
  code: number | null;
  stdout: Buffer;
  stderr: Buffer;
  /** True when `maxBytes` cut the output. */
  truncated: boolean;
}

/** A program that goes on: `nvidia-smi -l`, `tail -F`. */
export interface Spawned extends Disposable {
  stdout: AsyncIterable<Uint8Array>;
  exited: Promise<number | null>;
}

/** Session channels: how many are open, how many may be, and what waits for one, in its order. */
export interface Channels {
  open: number;
  limit: number;
  queue: readonly WaitingCommand[];
}

/** A command that waits for a channel. */
export interface WaitingCommand {
  /** Name of the program. */
  what: string;
  /** Milliseconds since the epoch. */
  since: number;
}

/** Where a host listens for us. `host` is an address of the host's; port 0 leaves the choice to it. */
export type RemoteAddress = { kind: "tcp"; host: string; port: number } | { kind: "unix"; path: string };

/** Somebody came to a listener on the host. One of the two is to be called, once. */
export interface RemoteCaller {
  accept(): ByteStream;
  refuse(): void;
}

/** A listener on the host. It ends with the connection that it was asked over, and is to be asked for anew then. */
export interface RemoteListener {
  /** What the host listens on; `null` for a unix socket. */
  readonly port: number | null;
  /** Streams that were accepted go on. Never rejects. */
  close(): Promise<void>;
}

/**
 * A way to one host, be it SSH or this very machine. Programs are given as an argument list, quoted by one function and
 * run with `LC_ALL=C`. Every method rejects with a `Failure` (`HOST_OFFLINE`, `CHANNEL_FAILED`, `TIMED_OUT`, …).
 */
export interface HostLink extends Disposable {
  readonly hostId: string;
  readonly kind: "ssh" | "local";
  state(): LinkState;
  onState(listener: (state: LinkState) => void): () => void;
  /** Resolves once online; starts connecting when idle or offline. */
  ready(options?: Cancellable): Promise<void>;
  exec(argv: readonly string[], options?: ExecOptions): Promise<ExecResult>;
  spawn(argv: readonly string[], options?: Cancellable): Promise<Spawned>;
  /** A stream to a unix socket on the host (direct-streamlocal); not counted against the channel budget. */
  openUnix(path: string, options?: Cancellable): Promise<ByteStream>;
  /** A stream to `host:port` as the host sees it (direct-tcpip); not counted against the channel budget. */
  openTcp(host: string, port: number, options?: Cancellable): Promise<ByteStream>;
  /**
   * Has the host listen, and hands over everybody who comes there (RFC 4254, section 7.1). A server says no without a
   * reason: `REMOTE_LISTEN_REFUSED` {at, reason} is a port that is taken as well as a configuration that forbids it.
   */
  listenRemote(
    at: RemoteAddress,
    onCaller: (caller: RemoteCaller) => void,
    options?: Cancellable,
  ): Promise<RemoteListener>;
  /** Resolves when the far end has answered anything; like the openers it waits for a connection that is being made. */
  ping(options?: Cancellable): Promise<void>;
  /** Session channels of the connection. */
  channels?(): Channels;
  /**
   * Try at once instead of waiting for the back-off (wake-up, network change). When a person `asked`, the back-off begins
   * anew too: it grew out of care for the host, and now somebody watches.
   */
  wake(options?: { asked?: boolean }): void;
  /** Stop and stay offline until `ready` is called again. */
  disconnect(): Promise<void>;
}
