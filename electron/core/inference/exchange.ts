import { request } from "node:http";
import { Failure, isFailure, reasonOf } from "../failure.ts";
import type { ByteStream, Clock } from "../ports.ts";
import { wholeBody } from "../wholeBody.ts";

export interface ExchangeDeps {
  /** A stream to the server: a forwarded channel, or a local socket. */
  open(signal: AbortSignal): Promise<ByteStream>;
  clock: Pick<Clock, "after">;
}

export interface Call {
  method: "GET" | "POST";
  path: string;
  headers: Readonly<Record<string, string>>;
  body?: Buffer | undefined;
  /** From opening the stream to the last byte of the answer. */
  timeoutMs: number;
  signal?: AbortSignal | undefined;
}

export interface Answer {
  status: number;
  body: Buffer;
}

export const maxAnswerBytes = 16 * 2 ** 20;

/**
 * One HTTP request over a stream of its own. `CANCELLED`; `TIMED_OUT` {what, seconds}; `SERVER_NOT_READY` {reason} when
 * nobody listens or the connection breaks; `SERVER_ERROR` when the answer is too large. The link's own failures
 * (`HOST_OFFLINE`, …) pass.
 */
export async function exchange(deps: ExchangeDeps, call: Call): Promise<Answer> {
  const limit = new AbortController();
  const stop = deps.clock.after(call.timeoutMs, () => limit.abort());
  const signal = call.signal === undefined ? limit.signal : AbortSignal.any([call.signal, limit.signal]);
  try {
    signal.throwIfAborted();
    const stream = await deps.open(signal);
    // A stream that breaks between two listeners must not end the process.
    stream.on("error", () => {});
    try {
      return await send(stream, call, signal);
    } finally {
      stream.destroy();
    }
  } catch (error) {
    throw exchangeFailure(error, call, limit.signal);
  } finally {
    stop();
  }
}

function exchangeFailure(error: unknown, call: Call, limit: AbortSignal): Failure {
  if (call.signal?.aborted) return new Failure("CANCELLED", {}, { cause: error });
  if (limit.aborted) {
    const details = { what: call.path, seconds: Math.round(call.timeoutMs / 1000) };
    return new Failure("TIMED_OUT", details, { retryable: true, cause: error });
  }
  if (isFailure(error) && error.code !== "CHANNEL_FAILED") return error;
  const reason = isFailure(error) ? error.code : reasonOf(error).slice(0, 200);
  return new Failure("SERVER_NOT_READY", { reason }, { retryable: true, cause: error });
}

const tooLarge = () => new Failure("SERVER_ERROR", { reason: "the answer is larger than 16 MiB" });

function send(stream: ByteStream, call: Call, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({
      createConnection: () => stream,
      method: call.method,
      path: call.path,
      headers: {
        host: "model-server",
        connection: "close",
        accept: "application/json",
        ...(call.body === undefined ? {} : { "content-type": "application/json", "content-length": call.body.length }),
        ...call.headers,
      },
    });
    const onAbort = () => outgoing.destroy(new Error("aborted"));
    signal.addEventListener("abort", onAbort, { once: true });
    const done = () => signal.removeEventListener("abort", onAbort);
    outgoing.on("error", (error) => {
      done();
      reject(error);
    });
    outgoing.on("response", (response) => {
      wholeBody(response, maxAnswerBytes, tooLarge)
        .then((body) => {
          if (!response.complete) throw new Error("the answer broke off");
          resolve({ status: response.statusCode ?? 0, body });
        })
        .catch(reject)
        .finally(done);
    });
    outgoing.end(call.body);
    if (signal.aborted) onAbort();
  });
}
