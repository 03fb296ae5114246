import type { IncomingMessage, ServerResponse } from "node:http";
import { type Asset, pageHeaders } from "../page/index.ts";
import type { Refusal } from "./guard.ts";

/** Answers GET and HEAD from the map of built files; anything that is not a key of it does not exist. */
export function createPages(assets: ReadonlyMap<string, Asset>, port: number) {
  // Some browsers do not count a socket of the same host as 'self'.
  const headers = pageHeaders([`ws://127.0.0.1:${port}`, `ws://localhost:${port}`]);

  function serve(request: IncomingMessage, response: ServerResponse): Refusal | null {
    const asset = assets.get(request.url ?? "");
    if (asset === undefined) return { status: 404, reason: "not found" };
    const { body, encoding } = pick(asset, request.headers["accept-encoding"]);
    response.writeHead(200, {
      ...headers,
      "content-type": asset.type,
      "content-length": body.length,
      "cache-control": asset.immutable ? "public, max-age=31536000, immutable" : "no-store",
      vary: "accept-encoding",
      ...(encoding === null ? {} : { "content-encoding": encoding }),
    });
    response.end(request.method === "HEAD" ? undefined : body);
    return null;
  }

  function refuse(response: ServerResponse, refusal: Refusal): void {
    const text = `${refusal.reason}\n`;
    response.writeHead(refusal.status, {
      ...headers,
      "content-type": "text/plain; charset=utf-8",
      "content-length": Buffer.byteLength(text),
      "cache-control": "no-store",
      // The rest of a refused body is not read: the connection can't be used again.
      connection: "close",
      ...(refusal.status === 429 ? { "retry-after": "60" } : {}),
      ...(refusal.status === 405 ? { allow: "GET, HEAD, POST" } : {}),
    });
    response.end(text);
  }

  function json(response: ServerResponse, value: unknown): void {
    const text = JSON.stringify(value);
    response.writeHead(200, {
      ...headers,
      "content-type": "application/json; charset=utf-8",
      "content-length": Buffer.byteLength(text),
      "cache-control": "no-store",
    });
    response.end(text);
  }

  return { serve, refuse, json };
}

function pick(asset: Asset, accepted: string | string[] | undefined): { body: Buffer; encoding: "br" | "gzip" | null } {
  const names = String(accepted ?? "")
    .split(",")
    .map((part) => part.trim());
  // A coding with parameters (`br;q=0`) is simply not taken: the plain body is always right.
  if (asset.br !== undefined && names.includes("br")) return { body: asset.br, encoding: "br" };
  if (asset.gzip !== undefined && names.includes("gzip")) return { body: asset.gzip, encoding: "gzip" };
  return { body: asset.body, encoding: null };
}
