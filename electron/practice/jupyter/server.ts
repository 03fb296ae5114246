import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { type Answer, json } from "./answers.ts";
import type { Kernel } from "./kernel.ts";
import { createSite, type Site, type SiteOptions } from "./site.ts";

export interface PracticeServer {
  /** Loopback port of this machine. */
  readonly realPort: number;
  kernels(): readonly Kernel[];
  close(): Promise<void>;
}

const limits = { sockets: 32, messageBytes: 262_144, connections: 64 };

/**
 * A simulated Jupyter server: the API of jupyter_server as its documentation has it, as far as the console and a page
 * need it, and a page of its own. It listens on a loopback port of this machine, and asks for the token like the real one.
 */
export async function openServer(options: SiteOptions): Promise<PracticeServer> {
  const site = createSite(options);
  const sockets = new Set<Duplex>();
  const wires = new WebSocketServer({ noServer: true, maxPayload: limits.messageBytes });
  const server = createServer((request, response) => void serve(site, request, response));
  server.maxConnections = limits.connections;
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.on("upgrade", (request, socket, head) => {
    const kernel = wires.clients.size >= limits.sockets ? 404 : site.channels(request);
    if (typeof kernel === "number") return refuse(socket, kernel === 403 ? "403 Forbidden" : "404 Not Found");
    wires.handleUpgrade(request, socket, head, (wire) => site.attach(kernel, wire));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve());
  });
  server.on("error", () => {});
  const address = server.address();
  return {
    realPort: address !== null && typeof address === "object" ? address.port : 0,
    kernels: () => site.kernels.list(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const wire of wires.clients) wire.terminate();
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function refuse(socket: Duplex, line: string): void {
  socket.on("error", () => {});
  socket.end(`HTTP/1.1 ${line}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}

async function serve(site: Site, request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.on("error", () => {});
  let answer: Answer;
  try {
    answer = await site.answer(request);
  } catch {
    answer = json(400, { message: "Bad request", reason: null });
  }
  const { status, type, body, headers } = answer;
  response.writeHead(status, {
    ...(type === "" ? {} : { "content-type": type }),
    server: "GatehousePractice (simulated)",
    "x-content-type-options": "nosniff",
    "content-security-policy": type.startsWith("application/json")
      ? "default-src 'none'; frame-ancestors 'self'"
      : "default-src 'self'; frame-ancestors 'self'; base-uri 'none'; form-action 'self'",
    ...headers,
  });
  response.end(body);
}
