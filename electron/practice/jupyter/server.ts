import { timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { z } from "zod";
import type { Clock, Random } from "../../core/ports.ts";
import { type Asked, createKernel, type Kernel, type Message } from "./kernel.ts";
import { pageHtml, pageScript, pageStyle } from "./page.ts";

export interface ServerOptions {
  clock: Clock;
  random: Random;
  /** Empty: everybody gets in. */
  token: string;
  /** Begins and ends with a slash. */
  basePath: string;
  /** What it says it listens on: that of the simulated host. */
  port: number;
  /** It is asked by any name: as the real one, where it listens on every address. */
  anyName: boolean;
  nextPid(): number;
  /** Somebody asked it to end. */
  onShutdown(): void;
}

export interface PracticeServer {
  /** Loopback port of this machine. */
  readonly realPort: number;
  kernels(): readonly Kernel[];
  close(): Promise<void>;
}

export const practiceVersion = "2.14.2";
const welcome = "welcome.ipynb";
const limits = { kernels: 16, sockets: 32, bodyBytes: 1_048_576, files: 20, messageBytes: 262_144, connections: 64 };

const asked = z.object({
  header: z.looseObject({ msg_id: z.string().max(200), msg_type: z.string().max(60) }),
  content: z.record(z.string(), z.unknown()),
  channel: z.string().max(20).catch("shell"),
});
const wantedSession = z.object({
  path: z.string().max(300),
  type: z.string().max(40).catch("notebook"),
  name: z.string().max(300).catch(""),
});

interface Answer {
  status: number;
  type: string;
  body: string;
  headers?: Record<string, string>;
}

const json = (status: number, value: unknown): Answer => ({
  status,
  type: "application/json",
  body: JSON.stringify(value),
});
const none: Answer = { status: 204, type: "", body: "" };

/**
 * A simulated Jupyter server: the API of jupyter_server as its documentation has it, as far as the console and a page
 * need it, and a page of its own. It listens on a loopback port of this machine, and asks for the token like the real one.
 */
export async function openServer(options: ServerOptions): Promise<PracticeServer> {
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
    const kernel = site.admits(request) ? site.channelOf(request.url ?? "") : null;
    if (!site.admits(request) || !sameOrigin(request)) return refuse(socket, "403 Forbidden");
    if (kernel === null || wires.clients.size >= limits.sockets) return refuse(socket, "404 Not Found");
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
    kernels: () => site.kernels(),
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

/** A request with the token in a header comes from no foreign page; any other must come from this very origin. */
function sameOrigin({ headers }: IncomingMessage): boolean {
  if (headers.authorization !== undefined || headers.origin === undefined) return true;
  return headers.origin === `http://${headers.host}`;
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

type Site = ReturnType<typeof createSite>;

function createSite(options: ServerOptions) {
  const { basePath, clock, random, token } = options;
  const startedAt = clock.now();
  const kernels = new Map<string, Kernel>();
  const sessions = new Map<string, { id: string; path: string; name: string; type: string; kernelId: string }>();
  const wires = new Map<WebSocket, string>();
  const files = new Map<string, unknown>([[welcome, welcomeFile]]);
  const cookies = new Set<string>();
  const named = (request: IncomingMessage) => options.anyName || localHost(request);
  const cookieName = `username-127-0-0-1-${options.port}`;
  let lastAt = startedAt;
  const iso = (ms: number) => new Date(ms).toISOString();
  const connectionsOf = (id: string) => [...wires.values()].filter((each) => each === id).length;

  const shownKernel = ({ id, lastAt, state }: Kernel) => ({
    id,
    name: "python3",
    last_activity: iso(lastAt),
    execution_state: state,
    connections: connectionsOf(id),
  });
  const shownSession = ({
    kernelId,
    ...rest
  }: {
    id: string;
    path: string;
    name: string;
    type: string;
    kernelId: string;
  }) => {
    const kernel = kernels.get(kernelId);
    return {
      ...rest,
      kernel: kernel === undefined ? null : shownKernel(kernel),
      notebook: { path: rest.path, name: "" },
    };
  };

  function startKernel(): Kernel {
    if (kernels.size >= limits.kernels) throw new Error("too many kernels");
    const kernel = createKernel({ id: random.id(), pid: options.nextPid(), clock, random });
    kernels.set(kernel.id, kernel);
    return kernel;
  }

  function endKernel(id: string): void {
    kernels.delete(id);
    for (const [key, { kernelId }] of sessions) if (kernelId === id) sessions.delete(key);
    for (const [wire, kernelId] of wires) if (kernelId === id) wire.close();
  }

  /** The way in that this request shows; `null` for none. */
  function shown(request: IncomingMessage): "token" | "cookie" | null {
    if (token === "") return "token";
    const url = new URL(request.url ?? "/", "http://x");
    const given =
      url.searchParams.get("token") ?? /^(?:token|Bearer)\s+(.+)$/.exec(request.headers.authorization ?? "")?.[1];
    if (given !== undefined && same(given, token)) return "token";
    const cookie = (request.headers.cookie ?? "").split(/;\s*/).find((each) => each.startsWith(`${cookieName}=`));
    return cookie !== undefined && cookies.has(cookie.slice(cookieName.length + 1)) ? "cookie" : null;
  }

  /** A cookie for whoever showed the token by its address or in the form, as the real one gives. */
  function cookie(): Record<string, string> {
    const value = random.bytes(24).toString("base64url");
    if (cookies.size >= 50) cookies.clear();
    cookies.add(value);
    return { "set-cookie": `${cookieName}=${value}; HttpOnly; Path=${basePath}` };
  }

  async function session(request: IncomingMessage): Promise<Answer> {
    const wanted = wantedSession.parse(JSON.parse(await bodyOf(request)));
    const before = [...sessions.values()].find(({ path }) => path === wanted.path);
    if (before !== undefined) return json(201, shownSession(before));
    const made = { id: random.id(), ...wanted, kernelId: startKernel().id };
    sessions.set(made.id, made);
    return json(201, shownSession(made));
  }

  async function contents(request: IncomingMessage, name: string): Promise<Answer> {
    const about = (each: string, content: unknown) => ({
      ...{ name: each, path: each, type: "notebook", format: content === null ? null : "json", content },
      ...{ writable: true, created: iso(startedAt), last_modified: iso(lastAt), mimetype: null },
    });
    if (name === "") {
      const rows = [...files.keys()].map((each) => about(each, null));
      return json(200, { name: "", path: "", type: "directory", format: "json", content: rows, writable: true });
    }
    if (request.method === "PUT") {
      if (files.size >= limits.files && !files.has(name)) return json(507, { message: "no room" });
      const { content } = z.object({ content: z.unknown() }).parse(JSON.parse(await bodyOf(request)));
      files.set(name, content);
    }
    return files.has(name) ? json(200, about(name, files.get(name))) : json(404, { message: `no such file: ${name}` });
  }

  async function api(request: IncomingMessage, path: string): Promise<Answer> {
    const [what = "", id = "", act = ""] = path.split("/");
    const method = request.method ?? "GET";
    const kernel = kernels.get(id);
    switch (what) {
      case "status":
        return json(200, {
          ...{ started: iso(startedAt), last_activity: iso(lastAt), kernels: kernels.size },
          connections: wires.size,
        });
      case "kernelspecs":
        return json(200, kernelSpecs);
      case "kernels":
        if (id === "" && method === "POST") return json(201, shownKernel(startKernel()));
        if (id === "") return json(200, [...kernels.values()].map(shownKernel));
        if (kernel === undefined) return json(404, { message: `Kernel does not exist: ${id}` });
        if (method === "DELETE") {
          endKernel(id);
          return none;
        }
        if (method === "POST" && act === "restart") kernel.restart();
        return method === "POST" && act === "interrupt" ? none : json(200, shownKernel(kernel));
      case "sessions":
        if (id === "")
          return method === "POST" ? session(request) : json(200, [...sessions.values()].map(shownSession));
        if (method === "DELETE") endKernel(sessions.get(id)?.kernelId ?? "");
        return none;
      case "contents":
        return contents(request, decodeURIComponent(path.slice("contents/".length)));
      case "shutdown":
        if (method === "POST") setImmediate(options.onShutdown);
        return json(200, { message: "Shutting down" });
      default:
        return json(404, { message: "Not Found" });
    }
  }

  async function login(request: IncomingMessage): Promise<Answer> {
    if (request.method === "POST") {
      const form = new URLSearchParams(await bodyOf(request));
      if (!same(form.get("password") ?? "", token)) return { status: 401, type: "text/html", body: loginPage };
      return { status: 302, type: "", body: "", headers: { location: basePath, ...cookie() } };
    }
    return { status: 200, type: "text/html; charset=utf-8", body: loginPage };
  }

  return {
    kernels: () => [...kernels.values()],
    admits: (request: IncomingMessage) => named(request) && shown(request) !== null,
    /** The kernel whose channels are asked for. */
    channelOf(url: string): Kernel | null {
      const path = url.split("?")[0] ?? "";
      const id = /^api\/kernels\/([A-Za-z0-9-]+)\/channels$/.exec(
        path.startsWith(basePath) ? path.slice(basePath.length) : "",
      );
      return id === null ? null : (kernels.get(id[1] ?? "") ?? null);
    },
    attach(kernel: Kernel, wire: WebSocket): void {
      wires.set(wire, kernel.id);
      wire.on("error", () => wire.terminate());
      wire.on("close", () => wires.delete(wire));
      const say = (message: Message, all: boolean) => {
        const text = JSON.stringify(message);
        for (const [each, id] of wires) if (id === kernel.id && (all || each === wire)) each.send(text);
      };
      wire.on("message", (data) => {
        const message = readAsked(String(data));
        if (message === null) return;
        lastAt = clock.now();
        kernel.handle(message, say);
      });
    },
    async answer(request: IncomingMessage): Promise<Answer> {
      const { pathname, searchParams } = new URL(request.url ?? "/", "http://x");
      if (!named(request)) return json(403, { message: "Forbidden" });
      if (!pathname.startsWith(basePath)) {
        if (pathname === "/") return { status: 302, type: "", body: "", headers: { location: basePath } };
        return { status: 404, type: "text/html", body: "<h1>404</h1>" };
      }
      const path = pathname.slice(basePath.length);
      if (/^api\/?$/.test(path)) return json(200, { version: practiceVersion });
      if (path === "login") return login(request);
      const way = shown(request);
      if (way === null && path.startsWith("api/")) return json(403, { message: "Forbidden", reason: null });
      if (way === null) {
        const next = encodeURIComponent(pathname);
        return { status: 302, type: "", body: "", headers: { location: `${basePath}login?next=${next}` } };
      }
      const safe = request.method === "GET" || request.method === "HEAD";
      // Changes by cookie alone could come from a foreign page.
      if (!safe && (way === "cookie" || !sameOrigin(request)))
        return json(403, { message: "'_xsrf' argument missing" });
      if (path.startsWith("api/")) {
        if (path !== "api/status") lastAt = clock.now();
        return api(request, path.slice("api/".length));
      }
      const headers = searchParams.has("token") ? cookie() : {};
      return { ...pageOf(path, basePath), ...(searchParams.has("token") ? { headers } : {}) };
    },
  };
}

function pageOf(path: string, basePath: string): Answer {
  if (path === "static/practice.js") return { status: 200, type: "text/javascript; charset=utf-8", body: pageScript };
  if (path === "static/practice.css") return { status: 200, type: "text/css; charset=utf-8", body: pageStyle };
  if (path === "") return { status: 302, type: "", body: "", headers: { location: `${basePath}lab` } };
  if (/^(?:lab|tree|notebooks)(?:\/|$)/.test(path)) {
    return { status: 200, type: "text/html; charset=utf-8", body: pageHtml(basePath) };
  }
  return { status: 404, type: "text/html", body: "<h1>404</h1>" };
}

function same(a: string, b: string): boolean {
  const [one, other] = [Buffer.from(a), Buffer.from(b)];
  return one.length === other.length && timingSafeEqual(one, other);
}

/** Names other than of this machine are refused, as against DNS rebinding. */
function localHost({ headers }: IncomingMessage): boolean {
  const name = (headers.host ?? "").replace(/:\d+$/, "");
  return ["127.0.0.1", "localhost", "[::1]"].includes(name);
}

function readAsked(text: string): Asked | null {
  try {
    return asked.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

function bodyOf(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > limits.bodyBytes) reject(new Error("too large"));
      else chunks.push(chunk);
    });
    request.on("end", () => resolve(Buffer.concat(chunks).toString("utf8")));
    request.on("error", reject);
  });
}

const cell = (source: string) => ({ cell_type: "code", source, metadata: {}, outputs: [], execution_count: null });
const welcomeFile = {
  cells: [cell("1+1"), cell("x = 6\nx * 7"), cell("x")],
  metadata: { kernelspec: { name: "python3", display_name: "Python 3 (simulated)" } },
  nbformat: 4,
  nbformat_minor: 5,
};
const kernelSpecs = {
  default: "python3",
  kernelspecs: { python3: { name: "python3", spec: { display_name: "Python 3 (simulated)", language: "python" } } },
};
const loginPage =
  '<!doctype html><title>Jupyter (simulated)</title><form method="post"><label>Token or password (simulated) <input name="password" type="password"></label> <button>Log in</button></form>';
