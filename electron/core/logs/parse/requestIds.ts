import { at, jsonOf } from "./json.ts";

/** How loggers call it, in a field of their own. */
const fields = [
  ["request_id"],
  ["requestId"],
  ["request-id"],
  ["x-request-id"],
  ["x_request_id"],
  ["X-Request-ID"],
  ["X-Request-Id"],
  ["req_id"],
  ["reqId"],
  ["req", "id"],
  ["correlation_id"],
  ["correlationId"],
  ["trace_id"],
  ["traceId"],
];

/** Beyond it nobody says whose line it is. */
const HEAD = 2_000;
const assigned =
  /(?:\b(?:x-)?(?:request|req|correlation|trace)[-_ ]?id|\brid)["']?\s{0,3}[=:]\s{0,3}["']?([A-Za-z0-9][A-Za-z0-9._:-]{3,127})/i;
/** Model servers: `Received request chatcmpl-…`, `Finished request cmpl-…-0.` */
const model = /\b((?:chat)?cmpl-[A-Za-z0-9-]{4,100}|resp_[A-Za-z0-9]{8,100}|embd-[A-Za-z0-9-]{4,100})/;
/** Ray Serve: `INFO 2026-11-22 10:00:00,123 app_Deployment replica REQUEST -- GET /path 200 12.3ms`. */
const ray =
  /^\S{1,60} \d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} \S{1,120} (?:\S{1,60} )?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}) /;
const idChar = /[A-Za-z0-9_.:-]/;
const wordChar = /[A-Za-z0-9_]/;

/** The request that a line speaks of; null when it names none. Linear in the line. */
export function requestIdOf(line: string, json: unknown = jsonOf(line)): string | null {
  for (const path of fields) {
    const id = at(json, ...path);
    if (typeof id === "string" && id.length >= 4 && id.length <= 128) return id;
  }
  const head = line.length > HEAD ? line.slice(0, HEAD) : line;
  const id = (ray.exec(head) ?? assigned.exec(head) ?? model.exec(head))?.[1];
  return id === undefined ? null : id.replace(/[.:-]+$/, "");
}

/** True when the id stands in the line by itself, and is not a piece of a longer one. */
export function speaksOf(line: string, requestId: string): boolean {
  for (let from = line.indexOf(requestId); from >= 0; from = line.indexOf(requestId, from + 1)) {
    if (from > 0 && idChar.test(line[from - 1] ?? "") && !/[=:]/.test(line[from - 1] ?? "")) continue;
    const end = from + requestId.length;
    const next = line[end] ?? "";
    // `chatcmpl-1.` ends a sentence, `chatcmpl-1-0` is its first answer: both speak of it.
    if (next !== "" && wordChar.test(next)) continue;
    return true;
  }
  return false;
}
