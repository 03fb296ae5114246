import type { IncomingHttpHeaders } from "node:http";
import type { Secret } from "../secrets/index.ts";
import { foreignCookies } from "./passes.ts";

/** Of one connection only (RFC 9110, 7.6.1). */
const hopByHop = new Set([
  ...["connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection"],
  ...["te", "trailer", "transfer-encoding", "upgrade"],
]);

export type Refusal = "host" | "origin" | "site" | "pass";

/**
 * Whether a request comes from a page of this very address. Requests that carry the key need no further proof for
 * Jupyter, so it has to be asked for here: browsers send our cookie from pages on other ports of this machine too.
 */
export function refusalOf(
  request: { method: string; headers: IncomingHttpHeaders; upgrade: boolean },
  port: number,
  admitted: boolean,
): Refusal | null {
  const { headers, method } = request;
  if (headers.host !== `127.0.0.1:${port}`) return "host";
  const safe = method === "GET" || method === "HEAD";
  if (headers.origin !== undefined && headers.origin !== `http://127.0.0.1:${port}`) return "origin";
  if (headers.origin === undefined && (request.upgrade || !safe)) return "origin";
  const site = headers["sec-fetch-site"];
  const walked = safe && headers["sec-fetch-mode"] === "navigate" && headers["sec-fetch-dest"] === "document";
  if (site !== undefined && site !== "same-origin" && site !== "none" && !walked) return "site";
  return admitted ? null : "pass";
}

/** The address without `token=`: an old one in a page would count for more than the header, and be refused. */
export function withoutKey(path: string): string {
  const at = path.indexOf("?");
  if (at < 0) return path;
  const kept = path
    .slice(at + 1)
    .split("&")
    .filter((pair) => pair.split("=")[0] !== "token");
  return kept.length === 0 ? path.slice(0, at) : `${path.slice(0, at)}?${kept.join("&")}`;
}

/** Header lines for the server. With a key: its own, whatever the page sent. */
export function requestHeaders(headers: IncomingHttpHeaders, key: Secret | null, upgrade: boolean): [string, string][] {
  const lines: [string, string][] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || hopByHop.has(name) || name === "cookie" || name === "content-length") continue;
    if (name === "authorization" && key !== null) continue;
    // What may hold the key has to be read before it goes on.
    if (name === "accept-encoding" && !upgrade && (headers.accept ?? "").includes("text/html")) continue;
    for (const each of Array.isArray(value) ? value : [value]) lines.push([name, each]);
  }
  const cookies = foreignCookies(headers.cookie);
  if (cookies !== "") lines.push(["cookie", cookies]);
  if (key !== null) lines.push(["authorization", key.use((value) => `token ${value.toString("latin1")}`)]);
  if (upgrade) lines.push(["connection", "Upgrade"], ["upgrade", "websocket"]);
  return lines;
}

/**
 * What of the server's header lines goes to the browser. A login cookie that Jupyter gives for our key is kept back: it
 * would be good for this server wherever it is reached, and we add the key to each request anyway.
 */
export function responseHeaders(raw: readonly string[], keyed: boolean, rewritten: boolean): [string, string][] {
  const lines: [string, string][] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const [name = "", value = ""] = [raw[at], raw[at + 1]];
    const lower = name.toLowerCase();
    if (hopByHop.has(lower)) continue;
    if (rewritten && (lower === "content-length" || lower === "etag")) continue;
    // Of the server's own TLS, which ends in the core: a browser must not ask this address for it.
    if (lower === "strict-transport-security") continue;
    if (lower === "set-cookie") {
      if (keyed && value.startsWith("username-")) continue;
      lines.push([name, value.replace(/;\s*secure(?=;|$)/i, "")]);
    } else if (lower === "location") lines.push([name, value.replace(/^https:\/\/127\.0\.0\.1:\d+(?=\/)/, "")]);
    else lines.push([name, value]);
  }
  return lines;
}

/** As an object for Node's `writeHead`, which takes several values of a name as a list. */
export function asObject(lines: readonly [string, string][]): Record<string, string | string[]> {
  const object: Record<string, string | string[]> = {};
  for (const [name, value] of lines) {
    const before = Object.hasOwn(object, name) ? object[name] : undefined;
    object[name] = before === undefined ? value : [...(Array.isArray(before) ? before : [before]), value];
  }
  return object;
}
