import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { accessRecord } from "./accessLog.ts";
import { createKeyGate, type KeyGate, watchKeyFile } from "./auth.ts";
import { ApiError, errorBody } from "./errors.ts";
import { dispatch, type HandlerDeps } from "./handlers.ts";
import { type Exchange, sendError } from "./http.ts";
import type { Log } from "./log.ts";
import type { Masker } from "./mask.ts";
import { createModelHost } from "./model/host.ts";
import { type Environment, type Settings, SettingsError } from "./settings.ts";

/** A client's own id is kept where it is a plain token; anything else could forge log lines. */
const SANE_REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;
const KEEP_ALIVE_MS = 15_000;
const CHECK_MS = 500;

export interface RunningServer {
  /** With the port that was really taken. */
  url: string;
  /** Lets running requests finish for `graceMs`, then cuts them. */
  stop(graceMs: number): Promise<void>;
}

export interface ServerDeps {
  env: Environment;
  log: Log;
  masker: Masker;
}

/** Starts to listen; rejects when the port is taken or a certificate cannot be used. */
export async function startServer(settings: Settings, deps: ServerDeps): Promise<RunningServer> {
  const { log } = deps;
  const gate = createKeyGate();
  const watch = takeKey(settings, gate, deps);
  const handlers: HandlerDeps = { gate, models: createModelHost({ ...deps, modelDir: settings.modelDir }), settings };
  const server = createListener(settings, (request, response) => {
    void serve({ request, response, ...identity(request), limits: settings.limits }, handlers, deps);
  });
  limitConnections(server, settings, log);
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => refuseMalformed(error, socket as Socket, log));
  await listen(server, settings).catch((error: unknown) => {
    watch?.stop();
    throw error;
  });
  const url = urlOf(server, settings);
  log.line("INFO", `Listening on ${url}`);

  return {
    url,
    async stop(graceMs) {
      watch?.stop();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      // Again and again, since a kept-alive connection becomes idle only when its last answer is out.
      const idle = setInterval(() => server.closeIdleConnections(), 20);
      const cut = setTimeout(() => server.closeAllConnections(), graceMs);
      await closed;
      clearInterval(idle);
      clearTimeout(cut);
      await handlers.models.unload().catch(() => log.line("WARNING", "The model was still loading"));
    },
  };
}

function takeKey(settings: Settings, gate: KeyGate, { log, masker }: ServerDeps): { stop(): void } | null {
  if (settings.key.from === "environment") {
    try {
      masker.add(settings.key.key);
      gate.set(settings.key.key);
    } catch (error) {
      throw new SettingsError(`AUTH_TOKEN: ${error instanceof Error ? error.message : "unusable"}`);
    }
    return null;
  }
  return watchKeyFile(settings.key.path, {
    onKey(key) {
      masker.add(key);
      gate.set(key);
      log.line("INFO", "The API key was read from its file");
    },
    onProblem: (reason) => log.line("ERROR", `The file of the API key cannot be used yet: ${reason}`),
  });
}

function createListener(
  settings: Settings,
  onRequest: (request: IncomingMessage, response: ServerResponse) => void,
): Server {
  const { limits } = settings;
  const options: ServerOptions = {
    headersTimeout: limits.headersMs,
    // The body has its own, friendlier timer; this one is the net below it.
    requestTimeout: limits.headersMs + limits.bodyMs + CHECK_MS,
    connectionsCheckingInterval: CHECK_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxHeaderSize: 16 * 1024,
  };
  if (settings.tls === null) return createServer(options, onRequest);
  try {
    const cert = readFileSync(settings.tls.certFile);
    const key = readFileSync(settings.tls.keyFile);
    const tls = { cert, key, minVersion: "TLSv1.3", handshakeTimeout: limits.headersMs } as const;
    return createTlsServer({ ...options, ...tls }, onRequest);
  } catch {
    throw new SettingsError("TLS_CERT_FILE and TLS_KEY_FILE do not hold a certificate and its key that can be read");
  }
}

function identity(request: IncomingMessage): { requestId: string; startedMs: number } {
  const given = request.headers["x-request-id"];
  const requestId = typeof given === "string" && SANE_REQUEST_ID.test(given) ? given : randomUUID();
  return { requestId, startedMs: performance.now() };
}

async function serve(exchange: Exchange, handlers: HandlerDeps, { log, masker }: ServerDeps): Promise<void> {
  const { request, response, requestId } = exchange;
  const remoteAddress = request.socket.remoteAddress;
  response.setHeader("x-request-id", requestId);
  response.setHeader("cache-control", "no-store");
  response.setHeader("x-content-type-options", "nosniff");
  response.once("close", () => {
    const facts = {
      requestId,
      startedAt: performance.timeOrigin + exchange.startedMs,
      method: request.method ?? "",
      target: request.url ?? "",
      // 499: the client left before there was an answer (nginx's number for it).
      status: response.headersSent ? response.statusCode : 499,
      durationMs: performance.now() - exchange.startedMs,
      remoteAddress,
      userAgent: request.headers["user-agent"],
    };
    log.record(accessRecord(facts, masker.mask));
  });
  try {
    await dispatch(exchange, handlers);
  } catch (error) {
    if (error instanceof ApiError) return sendError(exchange, error);
    log.line(
      "ERROR",
      `Request ${requestId} failed: ${error instanceof Error ? `${error.name}: ${error.message}` : "?"}`,
    );
    sendError(exchange, new ApiError(500, "internal", "the server failed; its log has the reason"));
  }
}

/** Dropped connections are counted, and told at most once a second. */
function limitConnections(server: Server, settings: Settings, log: Log): void {
  server.maxConnections = settings.limits.connections;
  let dropped = 0;
  server.on("drop", () => {
    dropped += 1;
    if (dropped > 1) return;
    setTimeout(() => {
      log.line("WARNING", `Dropped ${dropped} connections over the limit of ${settings.limits.connections}`);
      dropped = 0;
    }, 1_000).unref();
  });
}

/** What Node's parser gives up on never reaches a handler; it gets the same error shape. */
function refuseMalformed(error: NodeJS.ErrnoException, socket: Socket, log: Log): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, text] = malformedStatus(error.code);
  log.line("WARNING", `Refused a request that could not be read: ${status}`);
  const body = JSON.stringify(errorBody("malformed_request", text, randomUUID()));
  socket.end(
    `HTTP/1.1 ${status} Refused\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}

function malformedStatus(code: string | undefined): [status: number, message: string] {
  if (code === "HPE_HEADER_OVERFLOW") return [431, "the headers are too large"];
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return [408, "the request did not arrive in time"];
  return [400, "the request is not HTTP that can be read"];
}

function listen(server: Server, settings: Settings): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(settings.port, settings.host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function urlOf(server: Server, settings: Settings): string {
  const address = server.address() as AddressInfo;
  const host = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return `${settings.tls === null ? "http" : "https"}://${host}:${address.port}`;
}
