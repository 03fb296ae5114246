/** From what a room reports to the fields of a row: masked, anonymised, shortened. Pure. */
import type { ErrorCode } from "../../contract/errors.ts";
import { isFailure } from "../failure.ts";
import type { MaskGuard } from "../logs/types.ts";
import type { Actor } from "../ports.ts";
import { type AuditDraft, canonical, MAX_LINE_BYTES } from "./record.ts";
import type { AuditInput } from "./types.ts";

export interface DraftContext {
  actor: Actor;
  mask: MaskGuard;
  requestId: string;
  sessionId: string;
  /** Wall clock, milliseconds. */
  now: number;
  mono: number;
  appVersion: string;
}

/** Room for what a draft does not have yet: log and key id, seq, three hashes, their names, the line break. */
const SEALS_BYTES = 450;
const MAX_USER_AGENT = 120;
const MAX_QUERY_KEYS = 32;
const LENGTHS = [512, 256, 128, 64, 32] as const;

export function draftOf(input: AuditInput, context: DraftContext): AuditDraft {
  for (const length of LENGTHS) {
    const draft = shortened(input, context, length);
    if (fits(draft)) return draft;
  }
  const { query: _query, ...rest } = input;
  const draft = shortened(rest, context, 32);
  return { ...draft, cut: [...new Set([...(draft.cut ?? []), "query"])].sort() };
}

function fits(draft: AuditDraft): boolean {
  return Buffer.byteLength(canonical(draft)) + SEALS_BYTES <= MAX_LINE_BYTES;
}

function shortened(input: AuditInput, context: DraftContext, length: number): AuditDraft {
  const cut = new Set<string>();
  const text = (field: string, value: string, limit = length) => {
    const clean = plain(context.mask.text(value));
    const short = firstCodePoints(clean, limit);
    if (short !== clean) cut.add(field);
    return short;
  };
  const query = shortQuery(
    input.query ?? {},
    (value) => text("query", value),
    () => cut.add("query"),
  );
  const draft: AuditDraft = {
    v: 1,
    request_id: text("request_id", context.requestId, 64),
    timestamp: new Date(context.now).toISOString(),
    method: text("method", input.method, 32),
    path: text("path", input.path),
    query,
    status: statusOf(input.outcome, input.errorCode),
    duration_ms: Math.max(0, Math.round(input.durationMs)),
    client_ip: anonymised(context.actor.address),
    user_agent: text("user_agent", context.actor.userAgent, Math.min(length, MAX_USER_AGENT)),
    actor: text("actor", context.actor.user),
    door: context.actor.door,
    session_id: context.sessionId,
    action: text("action", input.action),
    target: text("target", input.target),
    outcome: input.outcome,
    ...(input.errorCode === undefined ? {} : { error_code: text("error_code", input.errorCode, 64) }),
    severity: input.severity,
    mono_ms: Math.round(context.mono),
    app_version: context.appVersion,
  };
  return cut.size === 0 ? draft : { ...draft, cut: [...cut].sort() };
}

/** Whole numbers and booleans stay; a fraction becomes text, because not every reader prints it the same way. */
function shortQuery(
  query: NonNullable<AuditInput["query"]>,
  text: (value: string) => string,
  dropped: () => void,
): Record<string, string | number | boolean> {
  const entries = Object.entries(query);
  if (entries.length > MAX_QUERY_KEYS) dropped();
  return Object.fromEntries(
    entries.slice(0, MAX_QUERY_KEYS).map(([key, value]) => {
      const whole = typeof value === "boolean" || (typeof value === "number" && Number.isSafeInteger(value));
      return [text(key), whole ? value : text(String(value))];
    }),
  );
}

/** One line, no control characters, no half surrogates: nothing that a viewer or a terminal could act on. */
function plain(text: string): string {
  return text.toWellFormed().replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu, " ");
}

function firstCodePoints(text: string, limit: number): string {
  if (text.length <= limit) return text;
  let end = 0;
  let count = 0;
  for (const point of text) {
    if (count++ === limit) break;
    end += point.length;
  }
  return text.slice(0, end);
}

/**
 * IPv4 without its last octet, IPv6 without its last group (an IPv4 address inside of one counts as IPv4); loopback and
 * `local` as they are. What is no address at all is not repeated.
 */
export function anonymised(address: string): string {
  const bare = address
    .toLowerCase()
    .replace(/^::ffff:(?=\d+\.)/, "")
    .replace(/%.*$/, "");
  if (bare === "local" || bare === "::1" || bare === "localhost" || /^127(\.\d{1,3}){3}$/.test(bare)) return bare;
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(bare)) return bare.replace(/\d+$/, "xxx");
  if (/^[0-9a-f:]*:[0-9a-f:.]*$/.test(bare)) return bare.replace(/[^:]*$/, "xxx");
  return "unknown";
}

const STATUS_BY_CODE: ReadonlyMap<string, number> = new Map([
  ["BAD_INPUT", 400],
  ["NOT_FOUND", 404],
  ["HOST_UNKNOWN", 404],
  ["CONTAINER_NOT_FOUND", 404],
  ["IMAGE_NOT_FOUND", 404],
  ["MODEL_NOT_FOUND", 404],
  ["SECRET_NOT_FOUND", 404],
  ["CONFLICT", 409],
  ["NAME_TAKEN", 409],
  ["PORT_TAKEN", 409],
  ["SECRET_NAME_INVALID", 422],
  ["SECRET_EMPTY", 422],
  ["SECRET_TOO_LARGE", 413],
  ["LIMIT_REACHED", 429],
  ["SERVER_ERROR", 502],
  ["ENGINE_ERROR", 502],
  ["HOST_OFFLINE", 503],
  ["HOST_UNREACHABLE", 503],
  ["ENGINE_UNAVAILABLE", 503],
  ["TIMED_OUT", 504],
  ["DISK_FULL", 507],
]);

function statusOf(outcome: AuditInput["outcome"], code: string | undefined): number {
  if (outcome === "success") return 200;
  if (outcome === "intent") return 202;
  if (outcome === "denied") return 403;
  if (outcome === "cancelled") return 499;
  return STATUS_BY_CODE.get(code ?? "") ?? 500;
}

/** Failures by which someone or something said no, as against what went wrong. */
const DENIALS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "POLICY_DENIED",
  "HOST_KEY_REJECTED",
  "HOST_KEY_CHANGED",
  "AUTH_FAILED",
  "PASSPHRASE_WRONG",
  "FORWARDING_REFUSED",
  "ENGINE_SOCKET_DENIED",
  "SERVER_REFUSED_KEY",
  "KEYCHAIN_LOCKED",
  "VAULT_PASSPHRASE_WRONG",
  "REASON_REQUIRED",
]);

/** What became of an action that threw. */
export function outcomeOf(error: unknown): { outcome: "failure" | "denied" | "cancelled"; errorCode: string } {
  if (isFailure(error)) {
    if (error.code === "CANCELLED" || error.code === "PROMPT_DISMISSED")
      return { outcome: "cancelled", errorCode: error.code };
    return { outcome: DENIALS.has(error.code) ? "denied" : "failure", errorCode: error.code };
  }
  if (error instanceof Error && error.name === "AbortError") return { outcome: "cancelled", errorCode: "CANCELLED" };
  return { outcome: "failure", errorCode: "INTERNAL" };
}
