import { isIPv4, isIPv6 } from "node:net";
import { MASK } from "./mask.ts";

/** What one request says about itself; the body is never part of it. */
export interface AccessFacts {
  requestId: string;
  /** Milliseconds since the epoch, with a fraction. */
  startedAt: number;
  method: string;
  /** Path and query as they came. */
  target: string;
  status: number;
  durationMs: number;
  remoteAddress: string | undefined;
  userAgent: string | undefined;
}

const LONGEST_PATH = 512;
const LONGEST_USER_AGENT = 120;
const SENSITIVE_KEY = /token|key|secret|pass|auth|credential|signature|^sig$/i;

/** One line of compact JSON. Each text field is masked before it is put in, so that the JSON stays whole. */
export function accessRecord(facts: AccessFacts, mask: (text: string) => string): string {
  const cut = facts.target.indexOf("?");
  const path = cut < 0 ? facts.target : facts.target.slice(0, cut);
  const query = cut < 0 ? "" : facts.target.slice(cut + 1);
  return JSON.stringify({
    request_id: mask(facts.requestId),
    timestamp: timestamp(facts.startedAt),
    method: facts.method,
    path: mask(path).slice(0, LONGEST_PATH),
    query: query === "" ? undefined : mask(maskQuery(query)).slice(0, LONGEST_PATH),
    status: facts.status,
    duration_ms: Math.round(facts.durationMs * 100) / 100,
    client_ip: anonymise(facts.remoteAddress),
    user_agent: facts.userAgent === undefined ? undefined : mask(facts.userAgent).slice(0, LONGEST_USER_AGENT),
  });
}

/** RFC 3339 with microseconds and an explicit `+00:00`. */
export function timestamp(atMs: number): string {
  const whole = Math.floor(atMs);
  const micros = Math.floor((atMs - whole) * 1000);
  return `${new Date(whole).toISOString().slice(0, -1)}${String(micros).padStart(3, "0")}+00:00`;
}

/** Values of parameters whose name sounds like a secret are replaced; the order and the other bytes are kept. */
export function maskQuery(query: string): string {
  return query
    .split("&")
    .map((pair) => {
      const cut = pair.indexOf("=");
      if (cut < 0) return pair;
      return SENSITIVE_KEY.test(decoded(pair.slice(0, cut))) ? `${pair.slice(0, cut)}=${MASK}` : pair;
    })
    .join("&");
}

/** A key such as `%74oken` must not slip through for being escaped. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** IPv4: last octet `xxx`. IPv6: last group `xxx` (an IPv4 address inside one is treated as IPv4). */
export function anonymise(address: string | undefined): string {
  if (address === undefined) return "unknown";
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, "").replace(/%.*$/, "");
  if (isIPv4(plain)) return plain.replace(/\d+$/, "xxx");
  if (isIPv6(plain)) return plain.replace(/[0-9a-f.]*$/i, "xxx");
  return "unknown";
}
