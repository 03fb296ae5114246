import { type Failure, isFailure } from "../failure.ts";
import type { ByteStream, Cancellable, Clock } from "../ports.ts";
import { channelProgram } from "./channelProgram.ts";
import type { Connection } from "./connection/connection.ts";
import { pause, type Slot } from "./limits.ts";
import type { Program } from "./run.ts";
import type { RemoteAddress, RemoteCaller, RemoteListener } from "./types.ts";

/** One authenticated connection, whoever keeps it: the library, or OpenSSH's own client. It ends once. */
export interface Carrier {
  /** Resolves when it is gone, with the reason. Never rejects. */
  readonly closed: Promise<Failure>;
  readonly gone: Failure | null;
  /** Grows with every sign of life. */
  readonly bytesRead: number;
  /** Runs a line in the user's login shell. The slot is given back when the program has ended. */
  start(command: RemoteCommand, options: Cancellable): Promise<Program>;
  unix(path: string, options?: Cancellable): Promise<ByteStream>;
  tcp(host: string, port: number, options?: Cancellable): Promise<ByteStream>;
  listen(at: RemoteAddress, onCaller: (caller: RemoteCaller) => void, options?: Cancellable): Promise<RemoteListener>;
  /** Resolves when the far end has answered anything. */
  ping(): Promise<void>;
  /** Says goodbye. */
  end(reason?: Failure): void;
  /** Cuts it off without waiting for an answer that will not come. */
  cut(reason: Failure): void;
}

export interface RemoteCommand {
  line: string;
  /** Name of the program, for messages. */
  what: string;
  /** How its processes are found again on the host. */
  mark: string;
  slot: Slot;
}

/**
 * sshd closes the channel of a program that has ended before it gives its session free, so that programs which follow
 * each other closely can find all ten taken for a moment. A refusal is tried again for some 0.4 s.
 */
const firstWaitMs = 25;
const lastWaitMs = 200;

/** A connection of the library. */
export function libraryCarrier(connection: Connection, clock: Clock): Carrier {
  return {
    closed: connection.closed,
    get gone() {
      return connection.gone;
    },
    get bytesRead() {
      return connection.bytesRead;
    },
    async start({ line, what, mark, slot }, options) {
      for (let wait = firstWaitMs; ; wait *= 2) {
        try {
          return await connection.exec(line, what, options, (session) =>
            channelProgram(session, { connection, slot, mark, clock }),
          );
        } catch (error) {
          if (!isFailure(error, "CHANNEL_FAILED") || wait > lastWaitMs) throw error;
          await pause(clock, wait, options.signal);
        }
      }
    },
    unix: (path, options) => connection.unix(path, options),
    tcp: (host, port, options) => connection.tcp(host, port, options),
    listen: (at, onCaller, options) => connection.listen(at, onCaller, options),
    ping: () => connection.ping(),
    end: (reason) => connection.end(reason),
    cut: (reason) => connection.cut(reason),
  };
}
