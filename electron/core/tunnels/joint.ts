import type { Socket } from "node:net";
import type { ByteStream } from "../ports.ts";

/** Is told of every piece that goes through. */
export interface Traffic {
  /** From the far side. */
  came(bytes: number): void;
  /** To the far side. */
  went(bytes: number): void;
}

/**
 * Ties a local connection to a stream of the far side: pieces are handed on as they are, either side may stop sending
 * alone (RFC 9293, half-close), and who reads slowly slows the sender. A broken far side resets the local connection: a
 * download that was cut must not look whole. Resolves when the local connection is gone.
 */
export function join(local: Socket, far: ByteStream, traffic: Traffic): Promise<void> {
  return new Promise((resolve) => {
    local.on("data", (chunk: Buffer) => {
      traffic.went(chunk.length);
      if (!far.write(chunk)) local.pause();
    });
    far.on("drain", () => local.resume());
    far.on("data", (chunk: Buffer) => {
      traffic.came(chunk.length);
      if (!local.write(chunk)) far.pause();
    });
    local.on("drain", () => far.resume());
    local.on("end", () => far.end());
    far.on("end", () => local.end());

    let broken = false;
    far.on("error", () => {
      broken = true;
    });
    far.on("close", () => {
      if (broken || !far.readableEnded) reset(local);
      // It ended well, but nobody takes what the client still sends.
      else if (!local.readableEnded) local.destroySoon();
    });
    local.on("error", () => far.destroy());
    local.on("close", (hadError) => {
      // What the client sent before it left in good order is still on its way.
      if (hadError || !local.readableEnded) far.destroy();
      resolve();
    });
    if (far.destroyed) reset(local);
    if (local.destroyed) {
      far.destroy();
      resolve();
    }
    local.resume();
  });
}

/** Closes so that the other side sees a failure and not an end. */
export function reset(socket: Socket): void {
  if (socket.destroyed) return;
  // A unix socket has no reset, and Node refuses to try.
  if (socket.remotePort === undefined) socket.destroy();
  else socket.resetAndDestroy();
}
