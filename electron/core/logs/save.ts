import { createHash } from "node:crypto";
import type { LogFilter, LogLine, SavePiece } from "../../contract/logs.ts";
import { type AuditHead, canonical } from "../audit/index.ts";
import { Failure } from "../failure.ts";
import type { Clock } from "../ports.ts";
import { type EvidenceHeader, type EvidenceStatement, howSimulated } from "./evidence.ts";
import { createSlices, type Slices } from "./filter/index.ts";
import { type KeptOnes, originsOf, placesOf } from "./origins.ts";
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
  /** False while the key can't be had. */
  ready(): boolean;
  /** The newest row of the audit log. */
  newest(): Promise<AuditHead>;
  /** Null while the key can't be had. */
  sign(statement: EvidenceStatement): EvidenceHeader | null;
}

export interface SaveDeps {
  masker: Pick<MaskGuard, "text" | "data">;
  notary?: Notary;
  kept: KeptOnes;
  clock: Clock;
  signal?: AbortSignal | undefined;
}

/** What is known of the rows once all of them were given. */
interface Body {
  lines: number;
  left: number;
  first: number | null;
  last: number | null;
  bytes: number;
  hash: ReturnType<typeof createHash>;
}

/** Who saves, and who signs for it. */
interface Witness {
  notary: Notary;
  actor: { user: string; door: string };
}

/** Rows asked for at once. */
const STEP = 1_000;
/** A piece is about this long; a line of a mebibyte stands whole in its own. */
const PIECE_CHARS = 256 * 1024;
const extensions = { text: "txt", jsonl: "jsonl", evidence: "evidence.jsonl" } as const;

/**
 * Rows as a file, from the oldest to the newest that there are at the beginning, piece by piece: nothing but one piece is
 * held. They are masked again: what was registered after a line was read must not leave in it. The header of evidence
 * comes last, since it speaks of all of them. `CANCELLED`, `KEYCHAIN_UNAVAILABLE` when evidence can't be signed,
 * `LOG_ORIGIN_UNKNOWN` {name} when it can't be said whether its lines are of a practice host.
 *
 * Whose call it is, is asked at once and not when the first piece is.
 */
export function saved(log: SharedLog, order: SaveOrder, deps: SaveDeps): AsyncGenerator<SavePiece> {
  return pieces(log, order, deps, order.format === "evidence" ? witnessOf(log, deps) : null);
}

function witnessOf(log: SharedLog, { notary, kept, masker }: SaveDeps): Witness {
  if (notary === undefined) throw new Failure("KEYCHAIN_UNAVAILABLE", { reason: "nobody can sign" });
  if (!notary.ready()) throw unsigned();
  for (const head of log.heads()) {
    const unknown = originsOf(head, kept).find(({ simulated }) => simulated === null);
    if (unknown !== undefined) throw new Failure("LOG_ORIGIN_UNKNOWN", { name: masker.text(unknown.name) });
  }
  return { notary, actor: notary.actor() };
}

function unsigned(): Failure {
  return new Failure("KEYCHAIN_UNAVAILABLE", { reason: "the key of the audit log can't be had" });
}

async function* pieces(
  log: SharedLog,
  order: SaveOrder,
  deps: SaveDeps,
  witness: Witness | null,
): AsyncGenerator<SavePiece> {
  const body: Body = { lines: 0, left: 0, first: null, last: null, bytes: 0, hash: createHash("sha256") };
  yield* rowsOf(log, order, deps, body);
  const stamp = new Date(deps.clock.now()).toISOString().slice(0, 19).replaceAll(":", "");
  const fileName = `${nameOf(log)}-${stamp}.${extensions[order.format]}`;
  const head = witness === null ? "" : `${await headerOf(log, order, body, deps, witness)}\n`;
  yield { kind: "end", fileName, head, lines: body.lines, left: body.left };
}

async function* rowsOf(
  log: SharedLog,
  { format, filter }: SaveOrder,
  { clock, masker, kept, signal }: SaveDeps,
  body: Body,
): AsyncGenerator<SavePiece> {
  const slices = createSlices(clock, signal);
  await log.rows.advance(filter, signal);
  const { first, next } = log.rows.head(filter);
  const total = next - first;
  const places = placesOf(log.heads(), kept);
  const names = places.length > 1 ? places.map(({ name }) => masker.text(name)) : [];
  let text = "";
  const piece = (done: number): SavePiece => {
    body.hash.update(text, "utf8");
    body.bytes += Buffer.byteLength(text, "utf8");
    const full = { kind: "rows" as const, text, done, total };
    text = "";
    return full;
  };
  yield piece(0);
  for await (const line of linesOf(log, filter, first, next, slices)) {
    text += `${printed(format, { ...line, text: masker.text(line.text) }, names)}\n`;
    body.lines++;
    body.first ??= line.at;
    body.last = line.at ?? body.last;
    if (text.length < PIECE_CHARS) continue;
    yield piece(line.row + 1 - first);
    if (signal?.aborted) throw new Failure("CANCELLED");
  }
  yield piece(total);
  body.left = total - body.lines;
}

/** Rows `from` to `to` as far as they are still held when their turn comes. */
async function* linesOf(
  log: SharedLog,
  filter: LogFilter | undefined,
  from: number,
  to: number,
  slices: Slices,
): AsyncGenerator<LogLine> {
  for (let row = from; row < to; ) {
    const count = Math.min(STEP, to - row);
    const { first, lines } = await log.rows.window(filter, row, count);
    for (const line of lines) {
      if (line.row >= to) return;
      yield line;
      const turn = slices.rest();
      if (turn !== null) await turn;
    }
    // None: they have fallen out meanwhile.
    row = lines.length > 0 ? (lines.at(-1)?.row ?? row) + 1 : Math.max(row, first) + count;
  }
}

/** `names` are those of several sources, in their places. */
function printed(
  format: SaveOrder["format"],
  { at, stream, level, text, source }: LogLine,
  names: readonly string[],
): string {
  const time = at === null ? null : timeText(at);
  if (format === "text") return [time ?? "-", ...(names[source] ? [names[source]] : []), stream, text].join(" ");
  return JSON.stringify({ time, source, stream, level, text });
}

/** The last moment that ISO 8601 writes with four digits of a year. */
const LAST = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

function timeText(at: number): string {
  return new Date(Math.min(Math.max(at, 0), LAST)).toISOString();
}

async function headerOf(
  log: SharedLog,
  order: SaveOrder,
  body: Body,
  { masker, kept, clock }: SaveDeps,
  { notary, actor }: Witness,
): Promise<string> {
  const statement: EvidenceStatement = {
    v: 1,
    kind: "gatehouse-evidence",
    time: timeText(clock.now()),
    app_version: notary.appVersion,
    // What people typed, and names, may hold a secret as well.
    ...masker.data({
      actor,
      sources: placesOf(log.heads(), kept).map(({ ref, name, hostName, simulated }) => {
        // Null: a kept log that is partly practice.
        return { ref, name, host: hostName, simulated: simulated !== false };
      }),
      filter: order.filter ?? {},
      note: order.note ?? "",
    }),
    simulated: howSimulated(log.heads().flatMap((head) => originsOf(head, kept))),
    ...{ lines: body.lines, left: body.left, skipped: log.buffer.skipped },
    first: body.first === null ? null : timeText(body.first),
    last: body.last === null ? null : timeText(body.last),
    audit: await notary.newest(),
    ...{ body_bytes: body.bytes, body_sha256: body.hash.digest("hex") },
  };
  const header = notary.sign(JSON.parse(JSON.stringify(statement)) as EvidenceStatement);
  if (header === null) throw unsigned();
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
