import { setImmediate } from "node:timers/promises";
import type { LogFilter, LogLine } from "../../contract/logs.ts";
import { type AuditHead, canonical } from "../audit/index.ts";
import { Failure } from "../failure.ts";
import type { Clock } from "../ports.ts";
import { bodyFacts, type EvidenceHeader, type EvidenceStatement } from "./evidence.ts";
import type { SharedLog } from "./shared.ts";
import type { MaskGuard } from "./types.ts";

export interface SaveOrder {
  format: "text" | "jsonl" | "evidence";
  filter?: LogFilter | undefined;
  /** Stands in the header of evidence. */
  note?: string | undefined;
}

/** Who vouches for evidence. */
export interface Notary {
  actor(): { user: string; door: string };
  appVersion: string;
  /** The newest row of the audit log. */
  newest(): Promise<AuditHead>;
  /** Null while the key can't be had. */
  sign(statement: EvidenceStatement): EvidenceHeader | null;
}

export interface SaveDeps {
  masker: Pick<MaskGuard, "text" | "data">;
  notary?: Notary;
  clock: Clock;
  signal?: AbortSignal | undefined;
}

export interface Saved {
  fileName: string;
  text: string;
  /** Older rows that did not fit. */
  left: number;
}

interface Body {
  /** In the order in which they are read. */
  pieces: string[];
  lines: number;
  left: number;
  first: number | null;
  last: number | null;
}

const MAX_CHARS = 64 * 1024 * 1024;
const STEP = 1_000;
const SLICE_MS = 8;
const extensions = { text: "txt", jsonl: "jsonl", evidence: "evidence.jsonl" } as const;

/**
 * Rows as a file. They are masked again: what was registered after a line was read must not leave in it. `CANCELLED`,
 * `KEYCHAIN_UNAVAILABLE` when evidence can't be signed.
 */
export async function saved(log: SharedLog, order: SaveOrder, deps: SaveDeps): Promise<Saved> {
  const body = await bodyOf(log, order, deps);
  const stamp = new Date(deps.clock.now()).toISOString().slice(0, 19).replaceAll(":", "");
  const fileName = `${nameOf(log)}-${stamp}.${extensions[order.format]}`;
  const header = order.format === "evidence" ? [`${await headerOf(log, order, body, deps)}\n`] : [];
  return { fileName, text: [...header, ...body.pieces].join(""), left: body.left };
}

/** The newest rows are taken first, since the oldest may not fit. */
async function bodyOf(log: SharedLog, { format, filter }: SaveOrder, deps: SaveDeps): Promise<Body> {
  const { clock, masker, signal } = deps;
  await log.rows.advance(filter, signal);
  const { first, next } = log.rows.head(filter);
  const body: Body = { pieces: [], lines: 0, left: 0, first: null, last: null };
  let chars = 0;
  let from = next;
  let slice = clock.mono();
  while (from > first && chars < MAX_CHARS) {
    const start = Math.max(first, from - STEP);
    const lines = await rowsBetween(log, filter, start, from);
    const times = lines.flatMap(({ at }) => (at === null ? [] : [at]));
    body.first = times[0] ?? body.first;
    body.last ??= times.at(-1) ?? null;
    let text = "";
    for (const line of lines) {
      text += `${printed(format, { ...line, text: masker.text(line.text) })}\n`;
      if (clock.mono() - slice < SLICE_MS) continue;
      await setImmediate();
      if (signal?.aborted) throw new Failure("CANCELLED");
      slice = clock.mono();
    }
    body.lines += lines.length;
    chars += text.length;
    body.pieces.push(text);
    from = start;
  }
  return { ...body, pieces: body.pieces.reverse(), left: from - first };
}

async function rowsBetween(
  log: SharedLog,
  filter: LogFilter | undefined,
  start: number,
  end: number,
): Promise<LogLine[]> {
  const lines: LogLine[] = [];
  for (let from = start; from < end; ) {
    const { lines: more } = await log.rows.window(filter, from, end - from);
    if (more.length === 0) break;
    for (const line of more) if (line.row >= start && line.row < end) lines.push(line);
    from = (more.at(-1)?.row ?? from) + 1;
  }
  return lines;
}

function printed(format: SaveOrder["format"], { at, stream, level, text, source }: LogLine): string {
  const time = at === null ? null : timeText(at);
  if (format === "text") return `${time ?? "-"} ${stream} ${text}`;
  return JSON.stringify({ time, source, stream, level, text });
}

/** The last moment that ISO 8601 writes with four digits of a year. */
const LAST = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

function timeText(at: number): string {
  return new Date(Math.min(Math.max(at, 0), LAST)).toISOString();
}

async function headerOf(log: SharedLog, order: SaveOrder, body: Body, deps: SaveDeps): Promise<string> {
  const { notary, masker, clock } = deps;
  if (notary === undefined) throw new Failure("KEYCHAIN_UNAVAILABLE", { reason: "nobody can sign" });
  const statement: EvidenceStatement = {
    v: 1,
    kind: "gatehouse-evidence",
    time: timeText(clock.now()),
    app_version: notary.appVersion,
    // What people typed, and names, may hold a secret as well.
    ...masker.data({
      actor: notary.actor(),
      sources: log.heads().map(({ ref, name, hostName, simulated }) => ({ ref, name, host: hostName, simulated })),
      filter: order.filter ?? {},
      note: order.note ?? "",
    }),
    ...{ lines: body.lines, left: body.left, skipped: log.buffer.skipped },
    first: body.first === null ? null : timeText(body.first),
    last: body.last === null ? null : timeText(body.last),
    audit: await notary.newest(),
    ...(await bodyFacts(body.pieces)),
  };
  const header = notary.sign(JSON.parse(JSON.stringify(statement)) as EvidenceStatement);
  if (header === null) throw new Failure("KEYCHAIN_UNAVAILABLE", { reason: "the key of the audit log can't be had" });
  return canonical(header);
}

/** For a file's name: letters, digits, `.`, `_` and `-` alone. */
function nameOf(log: SharedLog): string {
  const [head, more] = log.heads();
  if (head === undefined) return "log";
  const { ref } = head;
  const called = ref.kind === "container" ? ref.containerId.slice(0, 12) : (head.name.split("/").at(-1) ?? "");
  const clean = called
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^[.-]+/, "")
    .slice(0, 60);
  return ["log", clean === "" ? ref.kind : clean, ...(more === undefined ? [] : ["and-more"])].join("-");
}
