import type { Duplex } from "node:stream";
import { Failure, isFailure, reasonOf } from "../failure.ts";
import type { Cancellable, Clock } from "../ports.ts";
import { created, execState } from "./answers/index.ts";
import type { EngineClient } from "./client.ts";
import { createFrameReader } from "./frames.ts";

export interface EngineExecOptions extends Cancellable {
  stdin?: Uint8Array;
  user?: string;
  timeoutMs?: number;
  maxBytes?: number;
}

export interface EngineExecResult {
  code: number;
  stdout: Buffer;
  stderr: Buffer;
}

const defaultTimeoutMs = 20_000;
const defaultMaxBytes = 4 * 1024 * 1024;

/**
 * Runs a program inside a container. What is given as `stdin` goes over the connection alone: it is in no argument, no
 * environment and no file of the engine. Output beyond `maxBytes` is `LIMIT_REACHED`; the API has no way to end a program
 * that was started so, but it loses its output.
 */
export async function runInside(
  client: EngineClient,
  clock: Clock,
  id: string,
  argv: readonly string[],
  options: EngineExecOptions,
): Promise<EngineExecResult> {
  const { signal, stdin, user, timeoutMs = defaultTimeoutMs, maxBytes = defaultMaxBytes } = options;
  const subject = { id };
  const execId = await client.json(created, {
    method: "POST",
    path: `/containers/${id}/exec`,
    body: {
      AttachStdin: stdin !== undefined,
      AttachStdout: true,
      AttachStderr: true,
      Tty: false,
      Cmd: argv,
      ...(user === undefined ? {} : { User: user }),
    },
    subject,
    signal,
  });
  const stream = await client.hijack({
    method: "POST",
    path: `/exec/${execId}/start`,
    body: { Detach: false, Tty: false },
    subject,
    signal,
  });
  const output = await converse(stream, { stdin, signal, timeoutMs, maxBytes, clock, what: argv[0] ?? "" });
  const { code } = await client.json(execState, { path: `/exec/${execId}/json`, subject, signal });
  if (code === null) throw new Failure("COMMAND_FAILED", { command: argv[0] ?? "", reason: "it has no exit status" });
  return { code, ...output };
}

interface Talk {
  stdin: Uint8Array | undefined;
  signal: AbortSignal | undefined;
  timeoutMs: number;
  maxBytes: number;
  clock: Clock;
  what: string;
}

/** Says `stdin`, half closes, and listens until the program has closed its side. */
async function converse(stream: Duplex, talk: Talk): Promise<{ stdout: Buffer; stderr: Buffer }> {
  const { signal, timeoutMs, maxBytes } = talk;
  const out = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  const size = { stdout: 0, stderr: 0 };
  const reader = createFrameReader({ tty: false, timestamps: false });
  let why: Failure | null = null;
  const stop = (failure: Failure) => {
    why ??= failure;
    stream.destroy();
  };
  const onAbort = () => stop(new Failure("CANCELLED"));
  const cancel = talk.clock.after(timeoutMs, () => stop(new Failure("TIMED_OUT", { what: talk.what, ms: timeoutMs })));
  signal?.addEventListener("abort", onAbort, { once: true });
  // A program that does not read its input breaks the pipe; what it says still counts.
  stream.on("error", () => {});
  try {
    if (signal?.aborted) onAbort();
    stream.end(talk.stdin === undefined ? undefined : Buffer.from(talk.stdin));
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      for (const frame of reader.push(chunk)) {
        size[frame.stream] += frame.bytes.length;
        if (size[frame.stream] > maxBytes) throw new Failure("LIMIT_REACHED", { what: "output", limit: maxBytes });
        out[frame.stream].push(Buffer.from(frame.bytes));
      }
    }
    if (why !== null) throw why;
    return { stdout: Buffer.concat(out.stdout), stderr: Buffer.concat(out.stderr) };
  } catch (error) {
    if (why !== null) throw why;
    if (isFailure(error)) throw error;
    throw new Failure("ENGINE_UNAVAILABLE", { reason: reasonOf(error) }, { retryable: true, cause: error });
  } finally {
    cancel();
    signal?.removeEventListener("abort", onAbort);
    stream.destroy();
  }
}
