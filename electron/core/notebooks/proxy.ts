import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { z } from "zod";
import { LinkAgent } from "../docker/index.ts";
import { Failure } from "../failure.ts";
import type { Secret } from "../secrets/index.ts";
import { whyDown } from "./api.ts";
import {
  type DoorLanguage,
  doorLanguage,
  doorPath,
  handOverPath,
  sendDoor,
  sendDown,
  sendRefusal,
} from "./doorPage.ts";
import { asObject, refusalOf, requestHeaders, responseHeaders, withoutKey } from "./headers.ts";
import type { Passes } from "./passes.ts";
import { carryUpgrade, type UpgradeDeps } from "./upgrade.ts";
import { withoutBytes } from "./withoutBytes.ts";

export interface ProxyDeps extends UpgradeDeps {
  port: number;
  passes: Passes;
  /** What our own pages speak; `system` is the browser's choice. */
  language(): "system" | DoorLanguage;
  /** Where a browser goes once it is let in. */
  startPath(): string;
  holdMs: number;
}

export interface LocalProxy {
  readonly port: number;
  close(): Promise<void>;
}

/** Bodies up to this size are kept until they are answered, so that they can be sent once more with a new key. */
const keptBytes = 4 * 2 ** 20;
const doubtMs = 2_000;
const pauseMs = 300;
const maxConnections = 256;
const handOver = z.strictObject({ code: z.string().min(1).max(100) });

/**
 * The local end of one notebook. Browsers get in with a cookie of ours; the server gets its key with each request, so
 * that no page, no address and no history ever holds it. Rejects with the system's error when it cannot listen.
 */
export function openProxy(deps: ProxyDeps): Promise<LocalProxy> {
  const agent = new LinkAgent(() => deps.open(new AbortController().signal), deps.clock);
  const sockets = new Set<Duplex>();
  const server = createServer((incoming, response) => void serve(deps, agent, incoming, response));
  // Saving a large notebook over a slow line takes as long as it takes.
  server.requestTimeout = 0;
  server.maxConnections = maxConnections;
  server.on("upgrade", (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", () => {});
    const refusal = refusalFor(deps, incoming, true);
    if (refusal !== null) socket.end("HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
    else void carryUpgrade(deps, incoming, socket, head);
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  return listen(server, deps.port).then(() => ({
    port: deps.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
        agent.destroy();
      }),
  }));
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: "127.0.0.1", port, exclusive: true }, () => {
      server.off("error", reject);
      server.on("error", () => {});
      resolve();
    });
  });
}

function refusalFor(deps: ProxyDeps, { method = "GET", headers }: IncomingMessage, upgrade: boolean) {
  return refusalOf({ method, headers, upgrade }, deps.port, deps.passes.admits(headers.cookie));
}

async function serve(deps: ProxyDeps, agent: LinkAgent, incoming: IncomingMessage, response: ServerResponse) {
  response.on("error", () => {});
  incoming.on("error", () => {});
  const path = (incoming.url ?? "/").split("?")[0];
  const language = doorLanguage(deps.language(), incoming);
  const refusal = refusalFor(deps, incoming, false);
  if (refusal === "pass" && incoming.method === "GET" && path === doorPath) return sendDoor(response, language);
  if (refusal === "pass" && incoming.method === "POST" && path === handOverPath) return letIn(deps, incoming, response);
  // Opened once more by a browser that is in already: it may also hold a fresh code.
  if (refusal === null && path === doorPath) return sendDoor(response, language);
  if (refusal === null && path === handOverPath) return letIn(deps, incoming, response);
  if (refusal !== null) return sendRefusal(response, language, refusal);
  if (!(incoming.url ?? "").startsWith("/")) return void response.writeHead(400).end();
  try {
    await forward(deps, agent, incoming, response);
  } catch (error) {
    if (response.headersSent || response.destroyed) response.destroy();
    else sendDown(response, language, whyDown(error), incoming.headers["sec-fetch-mode"] === "navigate");
  }
}

/** Trades the code for a cookie of this port alone, as far as browsers go: they do not tell ports apart. */
async function letIn(deps: ProxyDeps, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await readBody(incoming, 1024).catch(() => null);
  let pass: string | null = null;
  try {
    pass = deps.passes.trade(handOver.parse(JSON.parse(body?.toString("utf8") ?? "")).code);
  } catch {}
  if (pass === null) return void response.writeHead(401, { "cache-control": "no-store" }).end();
  response.writeHead(200, {
    "content-type": "application/json",
    "cache-control": "no-store",
    "set-cookie": `${deps.passes.cookieName}=${pass}; HttpOnly; SameSite=Strict; Path=/`,
  });
  response.end(JSON.stringify({ path: deps.startPath() }));
}

/** Sends it on, once more with a new key where the old one was refused, and for a while where nobody answers. */
async function forward(deps: ProxyDeps, agent: LinkAgent, incoming: IncomingMessage, response: ServerResponse) {
  const length = Number(incoming.headers["content-length"] ?? 0);
  const streamed = length > keptBytes || incoming.headers["transfer-encoding"] !== undefined;
  const body = streamed ? null : await readBody(incoming, keptBytes);
  const until = deps.clock.mono() + deps.holdMs;
  for (let tries = 0; ; tries += 1) {
    const key = deps.key();
    try {
      const answer = await sendOn(deps, agent, incoming, body, key, response);
      const stale = key !== null && isRefusal(answer) && tries === 0 && !streamed;
      if (!stale || !(await deps.renew(key))) return await handBack(answer, key, response);
      answer.destroy();
    } catch (error) {
      if (response.destroyed) return;
      deps.doubt();
      if (streamed || response.headersSent || deps.clock.mono() > until) throw error;
      if (!(await deps.renew(key))) await new Promise<void>((resolve) => deps.clock.after(pauseMs, resolve));
    }
  }
}

/** Pages that ask for a login, and calls that are refused. */
function isRefusal({ statusCode, headers }: IncomingMessage): boolean {
  if (statusCode === 401 || statusCode === 403) return true;
  return statusCode === 302 && /\/login(\?|$)/.test(headers.location ?? "");
}

function sendOn(
  deps: ProxyDeps,
  agent: LinkAgent,
  incoming: IncomingMessage,
  body: Buffer | null,
  key: Secret | null,
  response: ServerResponse,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = asObject(requestHeaders(incoming.headers, key, false));
    if (body === null && incoming.headers["content-length"] !== undefined) {
      headers["content-length"] = incoming.headers["content-length"];
    } else if (body !== null && body.length > 0) headers["content-length"] = String(body.length);
    else if (body !== null && incoming.headers["content-length"] !== undefined) headers["content-length"] = "0";
    const path = withoutKey(incoming.url ?? "/");
    const outgoing = request({ agent, method: incoming.method ?? "GET", path, headers, setHost: false });
    const stopDoubt = deps.clock.after(doubtMs, () => deps.doubt());
    const onGone = () => outgoing.destroy(new Failure("CANCELLED"));
    response.once("close", onGone);
    outgoing.once("response", (answer) => {
      stopDoubt();
      resolve(answer);
    });
    outgoing.once("error", (error) => {
      stopDoubt();
      response.off("close", onGone);
      reject(error);
    });
    outgoing.on("error", () => {});
    if (body === null) incoming.pipe(outgoing);
    else outgoing.end(body);
  });
}

function handBack(answer: IncomingMessage, key: Secret | null, response: ServerResponse): Promise<void> {
  const html = /^text\/html\b/i.test(answer.headers["content-type"] ?? "");
  const rewritten = key !== null && html && answer.headers["content-encoding"] === undefined;
  response.writeHead(answer.statusCode ?? 502, asObject(responseHeaders(answer.rawHeaders, key !== null, rewritten)));
  return new Promise((resolve) => {
    answer.on("error", () => response.destroy());
    answer.on("aborted", () => response.destroy());
    response.once("close", () => resolve());
    if (rewritten && key !== null) {
      const clean = withoutBytes(key);
      clean.on("error", () => response.destroy());
      answer.pipe(clean).pipe(response);
    } else answer.pipe(response);
  });
}

function readBody(incoming: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    incoming.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBytes) reject(new Failure("BAD_INPUT", { reason: "too large" }));
      else chunks.push(chunk);
    });
    incoming.on("end", () => resolve(Buffer.concat(chunks)));
    incoming.on("close", () => reject(new Failure("CANCELLED")));
  });
}
