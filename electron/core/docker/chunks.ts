import { Failure } from "../failure.ts";

export interface AnswerHead {
  status: number;
  /** Names in lower case; of a name that comes twice the last counts. */
  headers: ReadonlyMap<string, string>;
}

/** Takes one HTTP/1.1 answer apart, however the network has cut it. */
export interface AnswerReader {
  /** What is known of the answer once its head is complete; an interim one (1xx) is passed over. */
  readonly head: AnswerHead | null;
  /** The body is complete. An answer that ends with its connection is complete only with that. */
  readonly done: boolean;
  /**
   * The bytes of the body in `chunk`. The chunk is taken over: they are moved together in its own memory. Throws
   * `ENGINE_ERROR` on nonsense.
   */
  push(chunk: Buffer): Buffer;
  /** To be called when the connection has ended: whether the answer is whole. */
  end(): boolean;
}

const maxHeadBytes = 16 * 1024;
/** RFC 9112 §7.1.1: what follows the size may be ignored, and must be bounded. */
const maxSizeLine = 1024;
const CR = 0x0d;
const LF = 0x0a;
const EMPTY = Buffer.alloc(0);

/**
 * RFC 9112. The engine sends each line of a log as a chunk of its own, and Node's parser makes an event of each chunk:
 * that, not reading, is what a log costs a client. Here the chunks of one read come out as one piece.
 */
export function createAnswerReader(): AnswerReader {
  let phase: "head" | "size" | "payload" | "after" | "trailer" | "length" | "close" | "done" = "head";
  let head: AnswerHead | null = null;
  /** A line or head that has begun in an earlier chunk. */
  let begun: Buffer = EMPTY;
  let left = 0;
  let trailers = 0;

  /** The line at `at` without its end, and where the next begins; `null` keeps what has begun. */
  function line(chunk: Buffer, at: number): { text: string; next: number } | null {
    const feed = chunk.indexOf(LF, at);
    const end = feed < 0 ? chunk.length : feed;
    if (begun.length + end - at > maxSizeLine) throw nonsense("a line of the answer is too long");
    if (feed < 0) {
      begun = Buffer.concat([begun, chunk.subarray(at)]);
      return null;
    }
    const text = begun.toString("latin1") + chunk.toString("latin1", at, end);
    begun = EMPTY;
    return { text: text.endsWith("\r") ? text.slice(0, -1) : text, next: feed + 1 };
  }

  /** Where the body begins in `chunk`; its length while the head goes on. */
  function takeHead(chunk: Buffer, at: number): number {
    const known = begun.length;
    const all = known === 0 ? chunk.subarray(at) : Buffer.concat([begun, chunk.subarray(at)]);
    const end = all.indexOf("\r\n\r\n", Math.max(0, known - 3));
    if ((end < 0 ? all.length : end) > maxHeadBytes) throw nonsense("the head of the answer is too long");
    if (end < 0) {
      begun = Buffer.from(all);
      return chunk.length;
    }
    begun = EMPTY;
    const parsed = parseHead(all.toString("latin1", 0, end));
    const next = at + end + 4 - known;
    if (parsed.status >= 100 && parsed.status < 200) return next;
    head = parsed;
    [phase, left] = bodyOf(parsed);
    return next;
  }

  function takeSize(chunk: Buffer, at: number): number {
    // Read digit by digit: this is done for each line of a log.
    if (begun.length === 0) {
      let size = 0;
      let to = at;
      for (; to < chunk.length && to - at < 8; to++) {
        const digit = hexDigit(chunk[to] as number);
        if (digit < 0) break;
        size = size * 16 + digit;
      }
      if (to > at && chunk[to] === CR && chunk[to + 1] === LF) {
        left = size;
        phase = size === 0 ? "trailer" : "payload";
        return to + 2;
      }
    }
    const found = line(chunk, at);
    if (found === null) return chunk.length;
    const match = /^([0-9a-fA-F]{1,8})[ \t]*(?:;.*)?$/s.exec(found.text);
    if (match === null) throw nonsense("a chunk of the answer has no size");
    left = Number.parseInt(match[1] as string, 16);
    phase = left === 0 ? "trailer" : "payload";
    return found.next;
  }

  function takeTrailer(chunk: Buffer, at: number): number {
    const found = line(chunk, at);
    if (found === null) return chunk.length;
    if (found.text === "") phase = "done";
    else if (++trailers > 64) throw nonsense("too many trailers");
    return found.next;
  }

  function takeAfter(chunk: Buffer, at: number): number {
    const found = line(chunk, at);
    if (found === null) return chunk.length;
    if (found.text !== "") throw nonsense("a chunk of the answer is longer than it says");
    phase = "size";
    return found.next;
  }

  return {
    get head() {
      return head;
    },
    get done() {
      return phase === "done";
    },
    push(chunk) {
      let start = 0;
      let put = 0;
      let at = 0;
      while (at < chunk.length && phase !== "done") {
        if (phase === "head") at = takeHead(chunk, at);
        else if (phase === "close") return chunk.subarray(at);
        else if (phase === "size") at = takeSize(chunk, at);
        else if (phase === "trailer") at = takeTrailer(chunk, at);
        else if (phase === "after") {
          if (begun.length === 0 && chunk[at] === CR && chunk[at + 1] === LF) {
            phase = "size";
            at += 2;
          } else at = takeAfter(chunk, at);
        } else {
          const end = Math.min(chunk.length, at + left);
          left -= end - at;
          if (put === 0) start = at;
          else chunk.copyWithin(start + put, at, end);
          put += end - at;
          at = end;
          if (left === 0) phase = phase === "length" ? "done" : "after";
        }
      }
      return put === 0 ? EMPTY : chunk.subarray(start, start + put);
    },
    end() {
      if (phase === "close") phase = "done";
      return phase === "done";
    },
  };
}

function parseHead(text: string): AnswerHead {
  const [first = "", ...rest] = text.split("\r\n");
  const match = /^HTTP\/1\.[01] ([1-9]\d\d)(?: .*)?$/.exec(first);
  if (match === null) throw nonsense("this is no HTTP answer");
  const headers = new Map<string, string>();
  for (const each of rest) {
    const colon = each.indexOf(":");
    if (colon < 1) throw nonsense("a header of the answer has no name");
    headers.set(each.slice(0, colon).toLowerCase(), each.slice(colon + 1).trim());
  }
  return { status: Number(match[1]), headers };
}

/** RFC 9112 §6.3: how long the body is. */
function bodyOf({ status, headers }: AnswerHead): ["size" | "length" | "close" | "done", number] {
  if (status === 204 || status === 304) return ["done", 0];
  const coding = headers.get("transfer-encoding");
  if (coding !== undefined) {
    if (coding.toLowerCase() !== "chunked") throw nonsense("the answer is encoded in a way that nobody asked for");
    return ["size", 0];
  }
  const length = headers.get("content-length");
  if (length === undefined) return ["close", 0];
  if (!/^\d{1,15}$/.test(length)) throw nonsense("the length of the answer is no number");
  return length === "0" ? ["done", 0] : ["length", Number(length)];
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

function nonsense(message: string): Failure {
  return new Failure("ENGINE_ERROR", { status: 0, message });
}
