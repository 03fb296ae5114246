import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { AnyRouter } from "@orpc/server";
import { RPCHandler } from "@orpc/server/ws";
import { type WebSocket, WebSocketServer } from "ws";
import { type Refusal, SUBPROTOCOL, tokenOf } from "./guard.ts";
import { refusalOf } from "./handOver.ts";
import type { Session } from "./session.ts";

/** What a door needs of the core. */
export interface DoorCore {
  readonly router: AnyRouter;
  /** First context of each call over one connection. */
  context(client: { address: string; userAgent: string }): object;
}

/** Open pages at a time. */
export const SOCKET_LIMIT = 8;
/** Longest message of a page, bytes: a secret of 1 MB in JSON, escaped, fits. */
export const MESSAGE_LIMIT = 8 * 2 ** 20;
/** A page that missed the answer to a ping is gone; milliseconds between pings. */
const PING_MS = 30_000;

export const RPC_PATH = "/rpc";

/** Turns upgrades that were let through the guard into connections of the core's router. */
export function createSockets(core: DoorCore, session: Session) {
  const handler = new RPCHandler(core.router);
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: MESSAGE_LIMIT,
    perMessageDeflate: false,
    handleProtocols: () => SUBPROTOCOL,
  });
  const answered = new WeakSet<WebSocket>();
  const pinging = setInterval(() => {
    for (const socket of server.clients) {
      if (!answered.has(socket)) socket.terminate();
      answered.delete(socket);
      socket.ping();
    }
  }, PING_MS);
  pinging.unref();

  function accept(request: IncomingMessage, socket: Duplex, head: Buffer): Refusal | null {
    if (request.url !== RPC_PATH) return { status: 404, reason: "not found" };
    const token = tokenOf(request.headers["sec-websocket-protocol"]);
    const outcome = session.check(token ?? "");
    if (outcome !== "right") return refusalOf(outcome);
    if (server.clients.size >= SOCKET_LIMIT) return { status: 503, reason: "too many pages are open" };
    server.handleUpgrade(request, socket, head, (webSocket) => serve(webSocket, request));
    return null;
  }

  function serve(socket: WebSocket, request: IncomingMessage): void {
    answered.add(socket);
    socket.on("pong", () => answered.add(socket));
    // A message over the limit or a broken frame: `ws` closes the socket by itself, and tells us here.
    socket.on("error", () => undefined);
    const context = core.context({
      address: request.socket.remoteAddress ?? "",
      userAgent: request.headers["user-agent"] ?? "",
    });
    void handler.upgrade(paced(socket), { context });
  }

  return {
    accept,
    get open() {
      return server.clients.size;
    },
    dispose() {
      clearInterval(pinging);
      for (const socket of server.clients) socket.close(1001);
      for (const socket of server.clients) socket.terminate();
      server.close();
    },
  };
}

/** Bytes that may wait for a page before its streams do, too. */
const WAITING_LIMIT = 2 ** 20;

/**
 * A socket whose `send` waits while much is still to be sent. The router awaits it between two items of a stream, so a
 * page that reads slowly slows its streams down, and nothing piles up here.
 */
function paced(socket: WebSocket): Pick<WebSocket, "addEventListener" | "send"> {
  const send = (data: Parameters<WebSocket["send"]>[0]) => {
    // After a close there is nobody to tell; the router ends its streams by the close event.
    if (socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount < WAITING_LIMIT) {
      socket.send(data);
      return;
    }
    return new Promise<void>((resolve) => socket.send(data, () => resolve()));
  };
  return { addEventListener: socket.addEventListener.bind(socket), send };
}
