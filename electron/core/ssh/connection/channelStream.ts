import { Duplex } from "node:stream";
import { inspect } from "node:util";
import type { ClientChannel } from "ssh2";
import { openWindow, type WindowBudget } from "./channelWindow.ts";
import type { Rest } from "./rest.ts";

/** What a channel asks of the connection that it runs on. */
export interface ChannelBase {
  /** Whether the connection has gone away under the channel, and why. */
  broken(): Error | null;
  /** Called before bytes are handed over: they may wait for company until the end of this turn. */
  gather(): void;
  /** How far windows may grow. */
  widen: WindowBudget;
  rest: Rest;
}

/**
 * A channel as an ordinary stream. ssh2's own streams never call back a write to a channel that has closed, never emit
 * `close` unless somebody reads to the end, end cleanly when the connection breaks, and lack what `http.Agent` asks of a
 * socket; each of these leaves a caller waiting for ever or believing that it has everything.
 */
export class ChannelStream extends Duplex {
  #channel: ClientChannel;
  #bytesRead = 0;
  #gather: () => void;
  readonly #rest: Rest;
  #canWait = false;

  constructor(channel: ClientChannel, { broken, gather, widen, rest }: ChannelBase) {
    super({ highWaterMark: 256 * 1024 });
    this.#channel = channel;
    this.#gather = gather;
    this.#rest = rest;
    const window = openWindow(channel, widen);
    channel.on("data", (chunk: Buffer) => {
      this.#bytesRead += chunk.length;
      const wanted = this.push(chunk);
      if (!wanted) channel.pause();
      window.came(chunk.length, wanted);
      rest.came(chunk.length, this.#canWait);
    });
    this.once("close", () => window.close());
    channel.on("end", () => {
      const error = broken();
      if (error) this.destroy(error);
      else this.push(null);
    });
    channel.on("close", () => {
      const error = broken();
      if (error) this.destroy(error);
      else if (!this.writableFinished) this.#closedEarly();
    });
    channel.on("error", (error: Error) => this.destroy(error));
    // A stream that lies in a pool has nobody who listens; its breaking must not end the program.
    this.on("error", () => {});
  }

  /** What comes may come a few milliseconds later, much of it at once: nobody waits for single bytes. */
  canWait(): void {
    this.#canWait = true;
  }

  /** Bytes that have come in, as a socket counts them. */
  get bytesRead(): number {
    return this.#bytesRead;
  }

  /** The other side closed while we may still be writing: let what was read be read, then end. */
  #closedEarly(): void {
    if (this.readableEnded || this.destroyed) this.destroy();
    else this.once("end", () => this.destroy());
  }

  override _read(): void {
    this.#channel.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#channel.writable) {
      this.#gather();
      if (!this.#canWait) this.#rest.asked();
      this.#channel.write(chunk, done);
    } else done(Object.assign(new Error("the channel is closed"), { code: "EPIPE" }));
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#channel.end();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#channel.removeAllListeners("data");
    this.#channel.resume();
    this.#channel.destroy();
    done(error);
  }

  // What http.Agent and net users call on a socket. A channel has none of it: the connection beneath has.
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  setTimeout(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }

  [inspect.custom](): string {
    return "ChannelStream {}";
  }
}
