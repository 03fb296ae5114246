import { readSeconds } from "../engine/events.ts";
import { EngineError, type EngineRequest, type Outlet } from "../engine/http.ts";
import { flag } from "../engine/router.ts";
import { wordingOf } from "../engine/wording.ts";

/** A line, or a piece of one: the engine cuts at 16 KiB, and only the last piece ends in a line feed. */
export interface LogPiece {
  stream: 1 | 2;
  /** Nanoseconds since the epoch; the pieces of a line share it. */
  at: bigint;
  bytes: Buffer;
}

export interface LogRing {
  append(stream: 1 | 2, chunk: Uint8Array): void;
  /** Takes what has no line feed yet as it is: the program has ended. */
  flush(): void;
  /** Number of the oldest piece that is kept, and of the one to come. */
  first(): number;
  next(): number;
  at(index: number): LogPiece | undefined;
  onAppend(listener: () => void): () => void;
}

const pieceBytes = 16_384;
const maxPieces = 10_000;

/** The log of one container: the last 10,000 pieces. */
export function createLogRing(nowNs: () => bigint): LogRing {
  const pieces: LogPiece[] = [];
  let dropped = 0;
  const open: Record<1 | 2, { bytes: Buffer; at: bigint | null }> = {
    1: { bytes: Buffer.alloc(0), at: null },
    2: { bytes: Buffer.alloc(0), at: null },
  };
  const listeners = new Set<() => void>();

  function push(stream: 1 | 2, bytes: Buffer, at: bigint): void {
    pieces.push({ stream, at, bytes });
    // Cut in larger steps: shifting an array of 10,000 at every line would cost more than the line.
    if (pieces.length > maxPieces + 500) dropped += pieces.splice(0, pieces.length - maxPieces).length;
  }

  function append(stream: 1 | 2, chunk: Uint8Array): void {
    const state = open[stream];
    let rest = Buffer.concat([state.bytes, chunk]);
    let { at } = state;
    for (;;) {
      const feed = rest.indexOf(10);
      if (feed < 0 && rest.length < pieceBytes) break;
      const size = feed >= 0 && feed < pieceBytes ? feed + 1 : pieceBytes;
      at ??= nowNs();
      push(stream, Buffer.from(rest.subarray(0, size)), at);
      rest = rest.subarray(size);
      if (feed >= 0 && feed < pieceBytes) at = null;
    }
    open[stream] = { bytes: rest, at: rest.length > 0 ? (at ?? nowNs()) : at };
    for (const listener of listeners) listener();
  }

  return {
    append,
    flush() {
      for (const stream of [1, 2] as const) {
        const { bytes, at } = open[stream];
        if (bytes.length > 0) push(stream, bytes, at ?? nowNs());
        open[stream] = { bytes: Buffer.alloc(0), at: null };
      }
      for (const listener of listeners) listener();
    },
    first: () => dropped + Math.max(0, pieces.length - maxPieces),
    next: () => dropped + pieces.length,
    at: (index) => pieces[index - dropped],
    onAppend(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** An eight-byte header (stream, three zeros, big-endian length) before the payload (Docker Engine API, attach). */
export function frame(stream: 0 | 1 | 2, payload: Uint8Array): Buffer {
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(payload.length, 4);
  return Buffer.concat([header, payload]);
}

/** RFC 3339 in UTC with nine digits, as the engine prints it. */
export function rfc3339(at: bigint): string {
  const whole = new Date(Number(at / 1_000_000n)).toISOString().slice(0, 19);
  return `${whole}.${String(at % 1_000_000_000n).padStart(9, "0")}Z`;
}

export interface LogQuery {
  follow: boolean;
  streams: ReadonlySet<1 | 2>;
  since: bigint | null;
  until: bigint | null;
  timestamps: boolean;
  tail: number | null;
}

export function readLogQuery(request: Pick<EngineRequest, "query" | "api">): LogQuery {
  const { query } = request;
  const streams = new Set<1 | 2>();
  if (flag(query, "stdout")) streams.add(1);
  if (flag(query, "stderr")) streams.add(2);
  if (streams.size === 0) throw new EngineError(400, "Bad parameters: you must choose at least one stream");
  for (const name of ["since", "until"]) {
    const text = query.get(name);
    if (text !== null && text !== "" && readSeconds(text) === null) {
      const { status, message } = wordingOf(request.api).badSince(name, text);
      throw new EngineError(status, message);
    }
  }
  const tail = query.get("tail");
  const none = (value: bigint | null) => (value === 0n ? null : value);
  return {
    follow: flag(query, "follow"),
    streams,
    since: none(readSeconds(query.get("since"))),
    until: none(readSeconds(query.get("until"))),
    timestamps: flag(query, "timestamps"),
    tail: tail !== null && /^\d+$/.test(tail) ? Number(tail) : null,
  };
}

export interface LogSource {
  ring: LogRing;
  tty: boolean;
  running(): boolean;
  /** Resolves when the program has ended. */
  ended: Promise<unknown>;
}

/** Writes what the query asks for, and with `follow` what comes, until the program ends or the client leaves. */
export async function streamLogs(source: LogSource, query: LogQuery, outlet: Outlet): Promise<void> {
  const { ring } = source;
  let index = startIndex(ring, query);
  let wake = () => {};
  let over = !query.follow || !source.running();
  const stop = ring.onAppend(() => wake());
  const end = () => {
    over = true;
    wake();
  };
  outlet.signal.addEventListener("abort", end);
  void source.ended.then(end, end);
  for (;;) {
    const last = ring.next();
    index = Math.max(index, ring.first());
    const batch: Buffer[] = [];
    for (let size = 0; index < last && size < 65_536; index += 1) {
      const piece = ring.at(index);
      if (piece === undefined || !isWanted(piece, query)) continue;
      const bytes = encode(piece, query.timestamps, source.tty);
      size += bytes.length;
      batch.push(bytes);
    }
    if (batch.length > 0) await outlet.write(Buffer.concat(batch));
    if (outlet.signal.aborted) break;
    if (index < ring.next()) continue;
    if (over) break;
    await new Promise<void>((resolve) => (wake = resolve));
  }
  stop();
  outlet.signal.removeEventListener("abort", end);
  outlet.end();
}

function isWanted(piece: LogPiece, query: LogQuery): boolean {
  if (!query.streams.has(piece.stream)) return false;
  if (query.since !== null && piece.at < query.since) return false;
  return query.until === null || piece.at <= query.until;
}

/** `tail` counts pieces, not lines, as the engine's json-file reader does. */
function startIndex(ring: LogRing, query: LogQuery): number {
  if (query.tail === null) return ring.first();
  let left = query.tail;
  let index = ring.next();
  while (left > 0 && index > ring.first()) {
    index -= 1;
    const piece = ring.at(index);
    if (piece !== undefined && isWanted(piece, query)) left -= 1;
  }
  return index;
}

function encode(piece: LogPiece, timestamps: boolean, tty: boolean): Buffer {
  const payload = timestamps ? Buffer.concat([Buffer.from(`${rfc3339(piece.at)} `), piece.bytes]) : piece.bytes;
  return tty ? payload : frame(piece.stream, payload);
}
