import { Readable } from "node:stream";
import { Failure } from "../failure.ts";
import type { ByteStream } from "../ports.ts";
import { type AnswerHead, createAnswerReader } from "./chunks.ts";

export interface FollowedAnswer {
  head: AnswerHead;
  /** Destroying it closes the connection. It fails when that ends too early. */
  body: Readable;
}

/**
 * Asks with GET over a connection of its own and reads the answer with our own reader: for what goes on for long and
 * comes in many small chunks. `target` must have been escaped. Rejects with the connection's own error, or `ENGINE_ERROR`
 * for what is no HTTP; `signal` counts until the head is there.
 */
export function follow(stream: ByteStream, target: string, signal: AbortSignal): Promise<FollowedAnswer> {
  return new Promise((resolve, reject) => {
    const reader = createAnswerReader();
    const body = new Readable({
      // One read of the connection may be a thousand lines: what waits here is bounded by it.
      highWaterMark: 64 * 1024,
      read: () => void stream.resume(),
      destroy(error, done) {
        stream.destroy();
        done(error);
      },
    });
    // Whoever reads it is told; before that and after it nobody need be.
    body.on("error", () => {});
    let answered = false;
    let ended = false;

    function fail(error: Error): void {
      signal.removeEventListener("abort", onAbort);
      if (answered) body.destroy(error);
      else {
        body.destroy();
        reject(error);
      }
    }
    const onAbort = (): void => fail(new Failure("CANCELLED"));

    function finish(): void {
      if (ended) return;
      ended = true;
      body.push(null);
    }

    stream.on("data", (chunk: Buffer) => {
      if (ended || body.destroyed) return;
      try {
        const bytes = reader.push(chunk);
        if (!answered && reader.head !== null) {
          answered = true;
          signal.removeEventListener("abort", onAbort);
          resolve({ head: reader.head, body });
        }
        if (bytes.length > 0 && !body.push(bytes)) stream.pause();
        if (reader.done) finish();
      } catch (error) {
        fail(error as Error);
      }
    });
    stream.once("end", () => {
      if (ended) return;
      if (answered && reader.end()) finish();
      else fail(new Error("the engine closed the connection in the middle of its answer"));
    });
    stream.on("error", fail);
    stream.once("close", () => {
      if (!ended && !body.destroyed) fail(new Error("the connection was closed in the middle of an answer"));
    });
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    else stream.write(`GET ${target} HTTP/1.1\r\nHost: engine\r\nAccept: */*\r\nConnection: close\r\n\r\n`);
  });
}
