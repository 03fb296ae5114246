import { createServer, type IncomingMessage, STATUS_CODES } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import type { Clock, Random } from "../../core/ports.ts";
import type { Asset } from "../page/index.ts";
import { headerValues, judgeRequest, type Refusal, type RequestFacts } from "./guard.ts";
import { HAND_OVER, handOver } from "./handOver.ts";
import { createPages } from "./pages.ts";
import { createSession } from "./session.ts";
import { createSockets, type DoorCore } from "./sockets.ts";

export interface BrowserDoor {
  readonly port: number;
  /** A fresh address with a one-time code: `http://127.0.0.1:PORT/#code=…`. */
  newAddress(): string;
  /** Pages that are connected now. */
  readonly open: number;
  dispose(): Promise<void>;
}

export interface BrowserDoorOptions {
  core: DoorCore;
  assets: ReadonlyMap<string, Asset>;
  clock: Pick<Clock, "mono">;
  random: Pick<Random, "bytes">;
  /** 0 lets the system choose. */
  port?: number;
}

/** Longest header block of a request, bytes (RFC 9110 leaves the limit to the server; 431 beyond it). */
const HEADER_LIMIT = 16 * 1024;
/** Time to send the headers, and a whole request, milliseconds. */
const HEADERS_MS = 10_000;
const REQUEST_MS = 15_000;
/** Open TCP connections: a browser uses six for files, and a socket a page. */
const CONNECTION_LIMIT = 64;

/** Listens on 127.0.0.1 alone. Rejects when the port is taken. */
export async function openBrowserDoor(options: BrowserDoorOptions): Promise<BrowserDoor> {
  const session = createSession(options);
  const sockets = createSockets(options.core, session);
  const server = createServer({
    maxHeaderSize: HEADER_LIMIT,
    headersTimeout: HEADERS_MS,
    requestTimeout: REQUEST_MS,
    connectionsCheckingInterval: 5_000,
    keepAliveTimeout: 5_000,
  });
  server.maxConnections = CONNECTION_LIMIT;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: "127.0.0.1", port: options.port ?? 0, exclusive: true }, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const pages = createPages(options.assets, port);

  server.on("request", async (request, response) => {
    try {
      const refusal = judgeRequest(factsOf(request, false), port) ?? (await answer(request));
      if (refusal !== null) pages.refuse(response, refusal);
    } catch {
      // The client went away while its body was read.
      response.destroy();
    }
    async function answer(request: IncomingMessage): Promise<Refusal | null> {
      if (request.method !== "POST") return pages.serve(request, response);
      if (request.url !== HAND_OVER) return { status: 404, reason: "not found" };
      const result = await handOver(request, session);
      if ("status" in result) return result;
      pages.json(response, result);
      return null;
    }
  });

  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const drop = () => socket.destroy();
    socket.once("error", drop);
    const refusal = judgeRequest(factsOf(request, true), port) ?? sockets.accept(request, socket, head);
    if (refusal === null) socket.removeListener("error", drop);
    else refuseUpgrade(socket, refusal);
  });

  return {
    port,
    newAddress: () => `http://127.0.0.1:${port}/#code=${session.newCode()}`,
    get open() {
      return sockets.open;
    },
    async dispose() {
      sockets.dispose();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function factsOf(request: IncomingMessage, upgrade: boolean): RequestFacts {
  return {
    method: request.method ?? "",
    hosts: headerValues(request.rawHeaders, "host"),
    origins: headerValues(request.rawHeaders, "origin"),
    upgrade,
  };
}

function refuseUpgrade(socket: Duplex, refusal: Refusal): void {
  const text = `${refusal.reason}\n`;
  const head = [
    `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}`,
    "connection: close",
    "content-type: text/plain; charset=utf-8",
    "x-content-type-options: nosniff",
    `content-length: ${Buffer.byteLength(text)}`,
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${text}`, () => socket.destroy());
}
