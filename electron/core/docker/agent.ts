import { Agent, type ClientRequest, type ClientRequestArgs } from "node:http";
import type { Duplex } from "node:stream";
import { inspect } from "node:util";
import type { ByteStream, Clock } from "../ports.ts";

/** An idle channel is kept for the next request this long. */
const idleMs = 15_000;

/**
 * HTTP over streams that somebody else opens. Over SSH each is a channel of the one connection; a few idle ones are kept,
 * which saves the round trip that opening costs.
 */
export class LinkAgent extends Agent {
  #open: () => Promise<ByteStream>;
  #clock: Clock;
  #idle = new WeakMap<Duplex, () => void>();

  constructor(open: () => Promise<ByteStream>, clock: Clock) {
    super({ keepAlive: true, maxFreeSockets: 4, maxTotalSockets: 128 });
    this.#open = open;
    this.#clock = clock;
  }

  override createConnection(
    _options: ClientRequestArgs,
    done?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    this.#open().then(
      (stream) => {
        // The engine closed it; a pooled channel that is half open would swallow the next request.
        stream.once("end", () => stream.destroy());
        stream.once("close", () => this.#wake(stream));
        done?.(null, stream);
      },
      (error: Error) => (done as ((error: Error) => void) | undefined)?.(error),
    );
    return undefined;
  }

  override keepSocketAlive(stream: Duplex): boolean {
    if (stream.destroyed || !stream.writable) return false;
    this.#idle.set(
      stream,
      this.#clock.after(idleMs, () => stream.destroy()),
    );
    super.keepSocketAlive(stream);
    return true;
  }

  override reuseSocket(stream: Duplex, request: ClientRequest): void {
    this.#wake(stream);
    super.reuseSocket(stream, request);
  }

  #wake(stream: Duplex): void {
    this.#idle.get(stream)?.();
    this.#idle.delete(stream);
  }

  /**
   * docker-modem prints its request's options, this agent among them, to a string at every request, whether or not
   * anybody reads it: without this the whole SSH connection, private key included, is walked through each time, which
   * takes 50 to 100 ms (docker-modem 5.0.7, lib/modem.js, line 284).
   */
  [inspect.custom](): string {
    return "LinkAgent {}";
  }
}
