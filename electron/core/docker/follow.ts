import { Failure } from "../failure.ts";
import type { ByteStream, Clock } from "../ports.ts";
import { type AnswerHead, createAnswerReader } from "./chunks.ts";

/** A body that goes on, in pieces as large as they come. It is read once; a piece is good until the next is asked for. */
export interface FollowedBody extends AsyncIterable<Buffer> {
  /** Closes the connection. Whoever reads is told with `error`, or finds the end. */
  destroy(error?: Error): void;
  /** Told once, when the connection is let go of. */
  onClose(listener: () => void): void;
}

export interface FollowedAnswer {
  head: AnswerHead;
  /** Fails when the connection ends too early. */
  body: FollowedBody;
}

/**
 * After a piece of `BUSY` bytes more is waited for this long, unless there is plenty: a busy log comes a few lines at a
 * time, and each time costs. A log that is not busy is never waited with.
 */
const GATHER_MS = 4;
const BUSY = 2 * 1024;
const PLENTY = 128 * 1024;
/** More than this is left with the connection until what is here has been taken. */
const MOST = 512 * 1024;

/**
 * Asks with GET over a connection of its own and reads the answer with our own reader: for what goes on for long and
 * comes in many small chunks. `target` must have been escaped. Rejects with the connection's own error, or `ENGINE_ERROR`
 * for what is no HTTP; `signal` counts until the head is there.
 */
export function follow(
  stream: ByteStream,
  target: string,
  { signal, clock }: { signal: AbortSignal; clock: Pick<Clock, "after"> },
): Promise<FollowedAnswer> {
  return new Promise((resolve, reject) => {
    const body = new Body(stream, clock);
    const onAbort = (): void => body.destroy(new Failure("CANCELLED"));
    body.onClose(() => {
      signal.removeEventListener("abort", onAbort);
      reject(body.why ?? new Failure("CANCELLED"));
    });
    body.onHead((head) => {
      signal.removeEventListener("abort", onAbort);
      resolve({ head, body });
    });
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    else {
      stream.canWait?.();
      stream.write(`GET ${target} HTTP/1.1\r\nHost: engine\r\nAccept: */*\r\nConnection: close\r\n\r\n`);
    }
  });
}

class Body implements FollowedBody {
  /** What broke it. */
  why: Error | null = null;
  readonly #stream: ByteStream;
  readonly #clock: Pick<Clock, "after">;
  readonly #reader = createAnswerReader();
  /** As the connection gave them, but for the first, which came with the head. */
  #waiting: Buffer[] = [];
  #first: Buffer = EMPTY;
  #size = 0;
  /** Where pieces are put together, again and again: memory that is new for each would have to be collected. */
  #room: Buffer = EMPTY;
  /** The connection gives no more. */
  #over = false;
  #closed = false;
  #paused = false;
  #wake: () => void = () => {};
  #wanted = 1;
  #head: (head: AnswerHead) => void = () => {};
  readonly #listeners: (() => void)[] = [];

  constructor(stream: ByteStream, clock: Pick<Clock, "after">) {
    this.#stream = stream;
    this.#clock = clock;
    stream.on("data", (chunk: Buffer) => this.#take(chunk));
    stream.once("end", () => this.#end());
    stream.on("error", (error: Error) => this.#fail(error));
    stream.once("close", () => this.#fail(new Error("the connection was closed in the middle of an answer")));
  }

  onHead(listener: (head: AnswerHead) => void): void {
    this.#head = listener;
  }

  onClose(listener: () => void): void {
    this.#listeners.push(listener);
  }

  destroy(error?: Error): void {
    this.#waiting = [];
    this.#first = EMPTY;
    this.#size = 0;
    if (error !== undefined) this.#fail(error);
    else this.#finish();
    this.#close();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    try {
      if (this.#first.length > 0) yield this.#first;
      while (!this.#reader.done) {
        await this.#until(1);
        if (this.#size === 0) break;
        const bytes = this.#reader.push(this.#taken());
        if (bytes.length > 0) yield bytes;
        if (bytes.length >= BUSY && !this.#reader.done) await this.#gather();
      }
      if (this.#reader.done) return;
      if (this.why !== null) throw this.why;
      if (!this.#closed && !this.#reader.end())
        throw new Error("the engine closed the connection in the middle of its answer");
    } finally {
      this.#close();
    }
  }

  #take(chunk: Buffer): void {
    if (this.#over) return;
    if (this.#reader.head === null) {
      this.#begin(chunk);
      return;
    }
    this.#waiting.push(chunk);
    this.#size += chunk.length;
    if (this.#size >= this.#wanted) this.#wake();
    if (this.#size < MOST || this.#paused) return;
    this.#paused = true;
    this.#stream.pause();
  }

  #begin(chunk: Buffer): void {
    try {
      const bytes = this.#reader.push(chunk);
      if (this.#reader.head === null) return;
      this.#first = bytes;
      this.#head(this.#reader.head);
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  #end(): void {
    if (this.#reader.head === null)
      this.#fail(new Error("the engine closed the connection in the middle of its answer"));
    else this.#finish();
  }

  #fail(error: Error): void {
    if (this.#over) return;
    this.why = error;
    this.#finish();
    // Nobody reads what has no head.
    if (this.#reader.head === null) this.#close();
  }

  #finish(): void {
    this.#over = true;
    this.#wake();
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#finish();
    this.#stream.destroy();
    for (const listener of this.#listeners) listener();
  }

  #taken(): Buffer {
    const raw = this.#waiting.length === 1 ? (this.#waiting[0] as Buffer) : this.#joined();
    this.#waiting = [];
    this.#size = 0;
    if (this.#paused) {
      this.#paused = false;
      this.#stream.resume();
    }
    return raw;
  }

  #joined(): Buffer {
    if (this.#room.length < this.#size) this.#room = Buffer.allocUnsafeSlow(this.#size + PLENTY);
    let end = 0;
    for (const chunk of this.#waiting) {
      this.#room.set(chunk, end);
      end += chunk.length;
    }
    return this.#room.subarray(0, end);
  }

  /** Until so many bytes are there, or no more come. */
  async #until(bytes: number): Promise<void> {
    if (this.#size >= bytes || this.#over) return;
    this.#wanted = bytes;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }

  async #gather(): Promise<void> {
    let late: () => void = () => {};
    const cancel = this.#clock.after(GATHER_MS, () => late());
    const limit = new Promise<void>((resolve) => {
      late = resolve;
    });
    await Promise.race([limit, this.#until(PLENTY)]);
    cancel();
  }
}

const EMPTY = Buffer.alloc(0);
