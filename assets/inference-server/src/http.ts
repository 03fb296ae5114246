import type { IncomingMessage, ServerResponse } from "node:http";
import { ApiError, errorBody } from "./errors.ts";
import type { Limits } from "./settings.ts";

/** How long the rest of a refused body may go on arriving before its connection is cut. */
const DRAIN_MS = 1_000;

/** One request on its way through. */
export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  requestId: string;
  /** Of `performance.now()`. */
  startedMs: number;
  limits: Limits;
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  const bytes = Buffer.from(JSON.stringify(body), "utf8");
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": String(bytes.length),
    ...headers,
  });
  response.end(bytes);
}

export function sendError(exchange: Exchange, error: ApiError): void {
  const { request, response, requestId } = exchange;
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  cutUnreadBody(request);
  sendJson(response, error.status, errorBody(error.code, error.message, requestId), error.headers);
}

/**
 * A refusal sent while the caller is still writing: reading on for a moment lets him see the answer (closing at once
 * would reset the connection under it), and the limit keeps an endless body from holding it.
 */
function cutUnreadBody(request: IncomingMessage): void {
  if (request.complete) return;
  request.resume();
  const timer = setTimeout(() => request.socket.destroy(), DRAIN_MS);
  timer.unref();
  request.once("end", () => clearTimeout(timer));
  request.once("close", () => clearTimeout(timer));
}

/** The parsed body: 415, 413, 408 or 400 where it is not JSON of a bearable size that arrives in time. */
export async function readJson(exchange: Exchange): Promise<unknown> {
  const { request, limits } = exchange;
  const type = (request.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase();
  const encoding = (request.headers["content-encoding"] ?? "identity").toLowerCase();
  if (type !== "application/json" || encoding !== "identity") {
    throw new ApiError(415, "unsupported_media_type", "the body must be application/json without content encoding");
  }
  const bytes = await readBody(request, limits);
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the input.
    throw new ApiError(400, "bad_json", "the body is not valid JSON in UTF-8");
  }
}

function readBody(request: IncomingMessage, limits: Limits): Promise<Buffer> {
  const tooLarge = () => new ApiError(413, "body_too_large", `the body is larger than ${limits.bodyBytes} bytes`);
  if (Number(request.headers["content-length"] ?? 0) > limits.bodyBytes) return Promise.reject(tooLarge());
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const done = (error: Error | null) => {
      clearTimeout(timer);
      request.off("data", onData).off("end", onEnd).off("close", onClose);
      if (error === null) resolve(Buffer.concat(chunks, size));
      else reject(error);
    };
    const onData = (chunk: Buffer) => {
      size += chunk.length;
      if (size > limits.bodyBytes) done(tooLarge());
      else chunks.push(chunk);
    };
    const onEnd = () => done(null);
    const onClose = () => done(new ApiError(400, "malformed_request", "the connection closed before the body ended"));
    const timer = setTimeout(
      () => done(new ApiError(408, "body_timeout", "the body did not arrive in time", { connection: "close" })),
      limits.bodyMs,
    );
    request.on("data", onData).once("end", onEnd).once("close", onClose);
  });
}

/** Milliseconds since the request came, with two decimals, as `X-Latency-Ms` shows them. */
export function elapsedMs(exchange: Exchange): number {
  return Math.round((performance.now() - exchange.startedMs) * 100) / 100;
}
