import type { Readable, Writable } from "node:stream";
import { Failure, isFailure } from "../failure.ts";
import type { Clock } from "../ports.ts";
import type { ExecOptions, ExecResult, Spawned } from "./types.ts";

/** A running program, over SSH or of this machine. */
export interface Program {
  stdin: Writable;
  stdout: Readable;
  stderr: Readable;
  /** Exit status once it has ended; rejects when the connection broke under it. Output may still lie in the streams. */
  ended: Promise<number | null>;
  /** Ends the program as well as can be done from here; may be called more than once. */
  stop(): void;
}

const defaultTimeoutMs = 20_000;
/** How long `dispose` waits for the end of a program that may be stuck in the kernel. */
const disposeMs = 5_000;
const defaultMaxBytes = 4 * 1024 * 1024;

/** Runs a program to its end, with its limits: `TIMED_OUT`, `CANCELLED`, or `truncated` when it says too much. */
export function runToEnd(program: Program, what: string, options: ExecOptions, clock: Clock): Promise<ExecResult> {
  const { stdin, timeoutMs = defaultTimeoutMs, maxBytes = defaultMaxBytes, signal } = options;
  return new Promise((resolve, reject) => {
    const stdout = collect(program.stdout, maxBytes, () => finish(null, true));
    const stderr = collect(program.stderr, maxBytes, () => finish(null, true));
    let over = false;

    const settle = (): boolean => {
      if (over) return false;
      over = true;
      stopTimer();
      signal?.removeEventListener("abort", onAbort);
      return true;
    };
    const finish = (code: number | null, truncated: boolean) => {
      if (!settle()) return;
      if (truncated) program.stop();
      resolve({ code, stdout: stdout(), stderr: stderr(), truncated });
    };
    const fail = (failure: unknown) => {
      if (!settle()) return;
      program.stop();
      reject(failure);
    };
    const onAbort = () => fail(new Failure("CANCELLED"));
    const stopTimer = clock.after(timeoutMs, () => fail(new Failure("TIMED_OUT", { what, ms: timeoutMs })));
    if (signal?.aborted) onAbort();
    signal?.addEventListener("abort", onAbort, { once: true });

    const all = [program.ended, read(program.stdout), read(program.stderr)] as const;
    Promise.all(all).then(([code]) => finish(code, false), fail);
    // A program may end before it has read its input; that is its own affair.
    program.stdin.on("error", () => {});
    program.stdin.end(stdin ?? "");
  });
}

/** Resolves when nothing more will come out of a stream. */
function read(stream: Readable): Promise<void> {
  return new Promise((resolve) => {
    if (stream.readableEnded || stream.destroyed) return resolve();
    stream.once("end", () => resolve());
    stream.once("close", () => resolve());
  });
}

function collect(stream: Readable, maxBytes: number, onTooMuch: () => void): () => Buffer {
  const chunks: Buffer[] = [];
  let size = 0;
  stream.on("error", () => {});
  stream.on("data", (chunk: Buffer) => {
    const room = maxBytes - size;
    if (room > 0) chunks.push(chunk.length > room ? chunk.subarray(0, room) : chunk);
    size = Math.min(maxBytes, size + chunk.length);
    if (chunk.length > room) onTooMuch();
  });
  return () => Buffer.concat(chunks);
}

/** A program that goes on. Its errors are drained, so that it can't be stopped by a full pipe nobody reads. */
export function goOn(program: Program, signal: AbortSignal | undefined, clock: Clock): Spawned {
  let stopped = false;
  let why: unknown = null;
  const stop = () => {
    stopped = true;
    program.stop();
  };
  const onAbort = () => {
    why ??= new Failure("CANCELLED");
    stop();
  };
  signal?.addEventListener("abort", onAbort, { once: true });
  if (signal?.aborted) onAbort();
  program.stdin.on("error", () => {});
  program.stderr.on("error", () => {});
  program.stderr.resume();
  const exited = program.ended.then(
    (code) => code,
    (error: unknown) => {
      if (!stopped) why ??= error;
      return null;
    },
  );
  exited.then(() => signal?.removeEventListener("abort", onAbort));

  async function* output(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of program.stdout) yield chunk as Buffer;
    } catch (error) {
      if (isFailure(error)) throw error;
      if (!stopped) throw why ?? error;
    } finally {
      stop();
    }
    if (why === null) await exited;
    if (why !== null) throw why;
  }

  return {
    stdout: { [Symbol.asyncIterator]: output },
    exited,
    async dispose() {
      stop();
      await new Promise<void>((resolve) => {
        const cancel = clock.after(disposeMs, resolve);
        exited.then(() => {
          cancel();
          resolve();
        });
      });
    },
  };
}
