import type { Socket } from "node:net";
import { Duplex } from "node:stream";

export interface SlowLineOptions {
  /** Milliseconds that whatever is written waits now; order is kept when it changes. */
  delayMs(): number;
  after(ms: number, fn: () => void): () => void;
}

interface Held {
  chunk: Buffer;
  done: (error?: Error | null) => void;
}

/** A socket whose outgoing bytes arrive late: a link with a long way, in one direction. */
export class SlowLine extends Duplex {
  readonly #socket: Socket;
  readonly #options: SlowLineOptions;
  readonly #queue: Held[] = [];
  readonly #timers = new Set<() => void>();
  #due = 0;

  constructor(socket: Socket, options: SlowLineOptions) {
    super({ allowHalfOpen: true });
    this.#socket = socket;
    this.#options = options;
    socket.on("data", (chunk) => {
      if (!this.push(chunk)) socket.pause();
    });
    socket.once("end", () => this.push(null));
    socket.on("error", (error) => this.destroy(error));
    socket.once("close", () => this.destroy());
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    const delay = this.#options.delayMs();
    if (delay === 0 && this.#queue.length === 0) {
      this.#send({ chunk, done });
      return;
    }
    this.#queue.push({ chunk, done: () => {} });
    this.#later(delay, () => {
      const held = this.#queue.shift();
      if (held !== undefined) this.#send(held);
    });
    // The line holds what is under way: the writer goes on, as on a real one, up to 8 MiB.
    const size = this.#queue.reduce((sum, held) => sum + held.chunk.length, 0);
    if (size < 8 * 1024 * 1024) done();
    else this.#later(delay, () => done());
  }

  override _final(done: (error?: Error | null) => void): void {
    const end = () => {
      this.#socket.end();
      done();
    };
    if (this.#queue.length === 0) end();
    else this.#later(this.#options.delayMs(), end);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    for (const cancel of this.#timers) cancel();
    this.#socket.destroy();
    done(error);
  }

  #send({ chunk, done }: Held): void {
    if (this.#socket.destroyed) done();
    else this.#socket.write(chunk, () => done());
  }

  /** Never before what was held earlier, even when the delay has been switched off meanwhile. */
  #later(ms: number, work: () => void): void {
    this.#due = Math.max(this.#due, ms);
    const cancel = this.#options.after(this.#queue.length > 1 ? this.#due : ms, () => {
      this.#timers.delete(cancel);
      work();
    });
    this.#timers.add(cancel);
  }
}
