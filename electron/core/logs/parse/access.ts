import type { AccessRecord } from "../../../contract/logs.ts";
import { at, jsonOf } from "./json.ts";
import { requestIdOf } from "./requestIds.ts";

/** A record stands at the head of its line. */
const HEAD = 4_096;
const METHOD = "(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|CONNECT|TRACE)";

/** uvicorn, and with it FastAPI and vLLM: `INFO:     127.0.0.1:51234 - "GET /health HTTP/1.1" 200 OK`. */
const peer = /(?:^|[ )])(\[[0-9a-fA-F:.]{2,45}\]|[0-9A-Za-z:._-]{1,100}):\d{1,5}$/;
const request = new RegExp(`^"${METHOD} (\\S{1,2000}) HTTP/[0-9.]{1,3}" (\\d{3})(?: |$)`);
const PEER = 120;
/** nginx and Apache "combined", gunicorn; with `rt=0.012`, `request_time=…` or a bare number of seconds behind it. */
const combined = new RegExp(
  `^(\\S{1,100}) \\S{1,100} \\S{1,100} \\[[^\\]]{10,60}\\] "${METHOD} (\\S{1,2000}) HTTP/[0-9.]{1,3}" (\\d{3}) (?:\\d{1,20}|-)(.{0,2000})$`,
);
const tookSeconds = /(?:\b(?:rt|request_time|upstream_response_time|urt)=|" )["']?(\d{1,7}\.\d{1,6})\b/;
/** Ray Serve's replicas and proxies: `… -- GET /predict 200 12.3ms`. */
const rayServe = new RegExp(
  ` -- (?:${METHOD} (\\S{1,2000}) (\\d{3})|CALL (\\S{1,200}) (\\S{1,20})) (\\d{1,9}(?:\\.\\d{1,6})?)ms`,
);
const rayServeOld =
  /(\/\S{0,2000}) (?:http_proxy|proxy|replica)\.py:\d{1,6} - (?:(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) (\d{3})|__CALL__ (\S{1,20})) (\d{1,9}(?:\.\d{1,6})?)ms/;

/**
 * A line of an access log, whatever server wrote it: JSON (the wrapper's own, Envoy, Traefik, Caddy, pino), uvicorn and
 * vLLM, nginx, Ray Serve. Null for other lines. Linear in the line, and never throws.
 */
export function accessOf(line: string): AccessRecord | null {
  const json = jsonOf(line);
  if (json !== undefined) return fromJson(json, line);
  const head = line.length > HEAD ? line.slice(0, HEAD) : line;
  return fromUvicorn(head) ?? fromCombined(head) ?? fromRay(head);
}

function fromUvicorn(head: string): AccessRecord | null {
  const dash = head.indexOf(' - "');
  if (dash < 0) return null;
  const [, client] = peer.exec(head.slice(Math.max(0, dash - PEER), dash)) ?? [];
  const [, method, path, status] = request.exec(head.slice(dash + 3)) ?? [];
  if (client === undefined || method === undefined || path === undefined) return null;
  return record(head, { method, path, status: Number(status), client: client.replace(/^\[|\]$/g, "") });
}

function fromCombined(head: string): AccessRecord | null {
  const match = combined.exec(head);
  if (match === null) return null;
  const [, client = "", method = "", path = "", status, rest = ""] = match;
  const seconds = tookSeconds.exec(rest)?.[1];
  const durationMs = seconds === undefined ? null : milliseconds(Number(seconds) * 1_000);
  return record(head, { method, path, status: Number(status), client, durationMs });
}

function fromRay(head: string): AccessRecord | null {
  const match = rayServe.exec(head);
  if (match !== null) {
    const [, method, path, status, call, , took] = match;
    return record(head, {
      method: method ?? null,
      path: path ?? call ?? null,
      status: status === undefined ? null : Number(status),
      durationMs: Number(took),
    });
  }
  const old = rayServeOld.exec(head);
  if (old === null) return null;
  const [, path = "", method, status, , took] = old;
  return record(head, {
    method: method ?? null,
    path,
    status: status === undefined ? null : Number(status),
    durationMs: Number(took),
  });
}

function record(line: string, known: Partial<AccessRecord>): AccessRecord {
  return {
    requestId: requestIdOf(line, undefined),
    ...{ method: null, path: null, status: null, durationMs: null, client: null },
    ...known,
  };
}

/** Where servers keep each part, the most telling first. */
const places = {
  method: [
    ["method"],
    ["RequestMethod"],
    ["request", "method"],
    ["req", "method"],
    ["request_method"],
    ["http_method"],
  ],
  path: [
    ["path"],
    ["RequestPath"],
    ["request", "uri"],
    ["req", "url"],
    ["request_uri"],
    ["uri"],
    ["url"],
    ["x-envoy-origin-path"],
  ],
  status: [
    ["status"],
    ["DownstreamStatus"],
    ["OriginStatus"],
    ["res", "statusCode"],
    ["response_code"],
    ["status_code"],
  ],
  client: [
    ["client_ip"],
    ["ClientHost"],
    ["request", "client_ip"],
    ["request", "remote_ip"],
    ["req", "remoteAddress"],
    ["remote_addr"],
    ["client"],
    ["downstream_remote_address"],
  ],
} as const;

/** Fields of a duration, and what makes milliseconds of it. Traefik counts nanoseconds, Caddy and nginx seconds. */
const durations: readonly (readonly [path: readonly string[], factor: number])[] = [
  [["duration_ms"], 1],
  [["durationMs"], 1],
  [["latency_ms"], 1],
  [["responseTime"], 1],
  [["response_time_ms"], 1],
  [["ms"], 1],
  [["Duration"], 1e-6],
  [["request_time"], 1_000],
];

function fromJson(json: unknown, line: string): AccessRecord | null {
  const method = text(json, places.method);
  const path = text(json, places.path);
  const status = number(json, places.status);
  if (method === null || path === null || !/^[A-Z]{3,10}$/.test(method)) return null;
  return {
    requestId: requestIdOf(line, json),
    method,
    path: path.slice(0, 2_000),
    status: status === null || !Number.isInteger(status) || status < 0 || status > 999 ? null : status,
    durationMs: durationIn(json),
    client: text(json, places.client)?.slice(0, 100) ?? null,
  };
}

function durationIn(json: unknown): number | null {
  for (const [path, factor] of durations) {
    const value = asNumber(at(json, ...path));
    if (value !== null) return milliseconds(value * factor);
  }
  const plain = asNumber(at(json, "duration"));
  if (plain === null) return null;
  // Caddy's is in seconds, Envoy's in milliseconds: Caddy's records have their request in an object.
  return milliseconds(typeof at(json, "request") === "object" ? plain * 1_000 : plain);
}

function milliseconds(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}

function text(json: unknown, paths: readonly (readonly string[])[]): string | null {
  for (const path of paths) {
    const value = at(json, ...path);
    if (typeof value === "string" && value !== "") return value;
  }
  return null;
}

function number(json: unknown, paths: readonly (readonly string[])[]): number | null {
  for (const path of paths) {
    const value = asNumber(at(json, ...path));
    if (value !== null) return value;
  }
  return null;
}

function asNumber(value: unknown): number | null {
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  return typeof value === "string" && /^\d{1,15}(\.\d{1,9})?$/.test(value) ? Number(value) : null;
}
