import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";

/** An answer that is not a success; `message` is the engine's own text and goes to the client as it is. */
export class EngineError extends Error {
  override readonly name = "EngineError";
  readonly status: number;
  /** The body is the bare message. */
  readonly plain: boolean;
  constructor(status: number, message: string, plain = false) {
    super(message);
    this.status = status;
    this.plain = plain;
  }
}

/** Where a long answer is written to. `signal` is aborted when the client has gone. */
export interface Outlet {
  /** Resolves when there is room for more. */
  write(chunk: string | Uint8Array): Promise<void>;
  end(): void;
  signal: AbortSignal;
}

/** The bare connection after a hijack. */
export interface Hijacked extends Outlet {
  input: AsyncIterable<Uint8Array>;
}

export interface EngineRequest {
  method: string;
  /** Without the version. */
  path: string;
  /** Groups of the route's pattern, decoded. */
  params: readonly string[];
  query: URLSearchParams;
  /** Minor number of the version that is spoken: 47 for 1.47. */
  api: number;
  headers: IncomingMessage["headers"];
  /** The whole body; throws a 400 beyond 2 MiB or when it is not JSON. */
  json(): Promise<unknown>;
}

export interface Reply {
  json(status: number, value: unknown): void;
  empty(status: number): void;
  text(status: number, value: string): void;
  stream(contentType: string): Outlet;
  hijack(contentType: string): Hijacked;
}

export interface HttpEngine {
  /** Takes a byte stream as a connection. */
  accept(stream: Duplex): void;
  dropConnections(): void;
  dispose(): void;
}

type Handle = (request: Omit<EngineRequest, "params" | "api">, reply: Reply) => Promise<void>;

const maxBody = 2 * 1024 * 1024;

/**
 * An HTTP server that has no socket of its own: connections are handed to it. `headers` are those that the engine
 * sends with every answer.
 */
export function createHttpEngine(headers: Record<string, string>, handle: Handle): HttpEngine {
  const open = new Set<Duplex>();
  const server: Server = createServer({ keepAliveTimeout: 0 }, (incoming, response) => {
    void serve(
      handle,
      requestOf(incoming, bodyOf(incoming)),
      replyOverHttp(response, headers, incoming.method === "HEAD"),
    );
  });
  server.on("upgrade", (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
    const wire = createWire(socket, head);
    const length = incoming.headers["content-length"];
    const chunked = incoming.headers["transfer-encoding"] === "chunked";
    const body = chunked ? wire.readChunked() : wire.read(Number(length ?? 0));
    // A refused answer must not leave a rejection behind when the body is never asked for.
    body.catch(() => {});
    void serve(
      handle,
      requestOf(incoming, () => body),
      replyOverWire(wire, headers),
    );
  });
  server.on("clientError", (_error, socket) => socket.destroy());
  return {
    accept(stream) {
      open.add(stream);
      stream.once("close", () => open.delete(stream));
      stream.on("error", () => stream.destroy());
      server.emit("connection", stream);
    },
    dropConnections() {
      for (const stream of open) stream.destroy();
    },
    dispose() {
      for (const stream of open) stream.destroy();
      server.closeAllConnections();
      server.close();
    },
  };
}

async function serve(handle: Handle, request: Parameters<Handle>[0], reply: Reply): Promise<void> {
  try {
    await handle(request, reply);
  } catch (error) {
    if (error instanceof EngineError && error.plain) reply.text(error.status, `${error.message}\n`);
    else if (error instanceof EngineError) reply.json(error.status, { message: error.message });
    else reply.json(500, { message: `practice engine: ${error instanceof Error ? error.message : "failed"}` });
  }
}

function requestOf(incoming: IncomingMessage, body: () => Promise<Buffer>): Parameters<Handle>[0] {
  const url = new URL(incoming.url ?? "/", "http://engine.invalid");
  return {
    method: incoming.method ?? "GET",
    path: url.pathname,
    query: url.searchParams,
    headers: incoming.headers,
    async json() {
      const text = (await body()).toString("utf8");
      if (text.trim() === "") throw new EngineError(400, "invalid JSON: got EOF while reading request body");
      try {
        return JSON.parse(text) as unknown;
      } catch {
        throw new EngineError(400, "invalid JSON: invalid character looking for beginning of value");
      }
    },
  };
}

function bodyOf(incoming: IncomingMessage): () => Promise<Buffer> {
  return async () => {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxBody) throw new EngineError(400, "http: request body too large");
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  };
}

function replyOverHttp(response: ServerResponse, headers: Record<string, string>, bodiless: boolean): Reply {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  response.on("error", () => gone.abort());
  const head = (status: number, more: Record<string, string>) => {
    if (!response.headersSent) response.writeHead(status, { ...headers, ...more });
  };
  const whole = (status: number, type: string, text: string) => {
    if (response.headersSent) return void response.end();
    const length = String(Buffer.byteLength(text));
    head(status, { "Content-Type": type, "Content-Length": length });
    response.end(bodiless ? "" : text);
  };
  const stream = (contentType: string): Outlet => {
    head(200, { "Content-Type": contentType });
    response.flushHeaders();
    return {
      signal: gone.signal,
      end: () => void response.end(),
      write: (chunk) => pushTo(response, chunk, gone.signal),
    };
  };
  return {
    json: (status, value) => whole(status, "application/json", `${JSON.stringify(value)}\n`),
    text: (status, value) => whole(status, "text/plain; charset=utf-8", value),
    empty(status) {
      head(status, status === 204 || status === 304 ? {} : { "Content-Length": "0" });
      response.end();
    },
    stream,
    hijack: (contentType) => ({ ...stream(contentType), input: nothing() }),
  };
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

/** Writes, and waits for room, or for the other side to leave. */
async function pushTo(target: ServerResponse | Duplex, chunk: string | Uint8Array, gone: AbortSignal): Promise<void> {
  if (gone.aborted || target.destroyed || target.writableEnded) return;
  if (target.write(chunk)) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      target.off("drain", done);
      target.off("close", done);
      resolve();
    };
    target.once("drain", done);
    target.once("close", done);
  });
}

interface Wire {
  socket: Duplex;
  read(size: number): Promise<Buffer>;
  readChunked(): Promise<Buffer>;
  rest(): AsyncIterable<Uint8Array>;
}

/** Reads an upgrade request's body off the bare connection; what follows it is the hijacked stream. */
function createWire(socket: Duplex, head: Buffer): Wire {
  let held = head;
  const iterator = socket.iterator({ destroyOnReturn: false })[Symbol.asyncIterator]();
  const more = async () => {
    const next = await iterator.next();
    if (next.done) throw new EngineError(400, "unexpected EOF");
    held = Buffer.concat([held, next.value as Buffer]);
    if (held.length > maxBody) throw new EngineError(400, "http: request body too large");
  };
  const read = async (size: number) => {
    while (held.length < size) await more();
    const part = held.subarray(0, size);
    held = held.subarray(size);
    return part;
  };
  const readLine = async () => {
    while (!held.includes("\r\n")) await more();
    const end = held.indexOf("\r\n");
    const line = held.subarray(0, end).toString("latin1");
    held = held.subarray(end + 2);
    return line;
  };
  return {
    socket,
    read,
    async readChunked() {
      const parts: Buffer[] = [];
      for (;;) {
        const size = Number.parseInt(await readLine(), 16);
        if (!Number.isInteger(size) || size > maxBody) throw new EngineError(400, "malformed chunked encoding");
        const part = await read(size);
        await readLine();
        if (size === 0) return Buffer.concat(parts);
        parts.push(Buffer.from(part));
      }
    },
    async *rest() {
      if (held.length > 0) yield held;
      held = Buffer.alloc(0);
      try {
        for (;;) {
          const next = await iterator.next();
          if (next.done) return;
          yield next.value as Buffer;
        }
      } catch {
        // The connection broke: to the program inside that is the end of its input.
      }
    },
  };
}

function replyOverWire(wire: Wire, headers: Record<string, string>): Reply {
  const { socket } = wire;
  const gone = new AbortController();
  socket.once("close", () => gone.abort());
  let started = false;
  const head = (status: number, more: Record<string, string>) => {
    if (started) return;
    started = true;
    const lines = Object.entries({ ...headers, ...more }).map(([name, value]) => `${name}: ${value}\r\n`);
    const reason = status === 101 ? "UPGRADED" : (STATUS_CODES[status] ?? "");
    socket.write(`HTTP/1.1 ${status} ${reason}\r\n${lines.join("")}\r\n`);
  };
  const whole = (status: number, type: string, text: string) => {
    const fresh = !started;
    head(status, { "Content-Type": type, "Content-Length": String(Buffer.byteLength(text)), Connection: "close" });
    socket.end(fresh ? text : "");
  };
  const outlet = (): Outlet => ({
    signal: gone.signal,
    end: () => void socket.end(),
    write: (chunk) => pushTo(socket, chunk, gone.signal),
  });
  return {
    json: (status, value) => whole(status, "application/json", `${JSON.stringify(value)}\n`),
    text: (status, value) => whole(status, "text/plain; charset=utf-8", value),
    empty: (status) => whole(status, "text/plain", ""),
    stream(contentType) {
      head(200, { "Content-Type": contentType, Connection: "close" });
      return outlet();
    },
    hijack(contentType) {
      head(101, { "Content-Type": contentType, Connection: "Upgrade", Upgrade: "tcp" });
      return { ...outlet(), input: wire.rest() };
    },
  };
}
