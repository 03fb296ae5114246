import { Failure } from "../failure.ts";
import { LogBatch } from "./batch.ts";
import { createStampScanner, LONGEST_STAMP } from "./stamps.ts";

/** Takes the engine's log stream apart, however the network has cut it. */
export interface FrameReader {
  /**
   * What `chunk` brings, also of frames that go on after it. The chunk is taken over: payloads are moved together in its
   * own memory. The batch is the same at each call. Throws `ENGINE_ERROR` on nonsense.
   */
  push(chunk: Buffer): LogBatch;
  /** What is left when the stream ends in the middle: shown rather than lost. */
  end(): LogBatch;
}

export interface FrameOptions {
  /** Containers with a terminal send raw bytes without headers. */
  tty: boolean;
  /** Each frame begins with a time stamp that is to be taken off. */
  timestamps: boolean;
}

export function createFrameReader(options: FrameOptions): FrameReader {
  return options.tty ? createRawReader(options.timestamps) : createMultiplexReader(options.timestamps);
}

const headerBytes = 8;
const EMPTY = Buffer.alloc(0);

/**
 * Docker Engine API, "Stream format": `[type, 0, 0, 0, length (uint32, big endian)]` and then the payload. One pass over
 * each chunk; of a frame that is cut nothing is held but what may be its stamp. (docker-modem's own demuxer is quadratic
 * in the buffer and recursive in the frames: 20,000 small frames in one buffer overflow its stack.)
 */
function createMultiplexReader(timestamps: boolean): FrameReader {
  const reader = new MultiplexReader(timestamps);
  return { push: (chunk) => reader.read(chunk, false), end: () => reader.read(EMPTY, true) };
}

/** A class, for numbers in a closure are made anew each time they change. */
class MultiplexReader {
  readonly #timestamps: boolean;
  readonly #batch = new LogBatch();
  readonly #stamp = createStampScanner();
  /** A header or a stamp that is not whole yet. */
  #begun: Buffer = EMPTY;
  #stream: 0 | 1 = 0;
  /** Of the frame's payload. */
  #left = 0;
  /** The stamp of the frame may come next. */
  #due = false;
  #at = Number.NaN;
  #ns = 0;

  constructor(timestamps: boolean) {
    this.#timestamps = timestamps;
  }

  read(chunk: Buffer, last: boolean): LogBatch {
    const batch = this.#batch;
    batch.clear();
    let put = 0;
    let bytes = chunk;
    let from = this.#begun.length === 0 ? 0 : this.#goOn(chunk, last);
    if (from < 0) {
      bytes = Buffer.concat([this.#begun, chunk]);
      from = 0;
    }
    this.#begun = EMPTY;
    while (from < bytes.length) {
      if (this.#left === 0) {
        if (bytes.length - from < headerBytes) break;
        this.#begin(bytes, from);
        from += headerBytes;
        continue;
      }
      if (this.#due) {
        const next = this.#skipStamp(bytes, from, last);
        if (next < 0) break;
        from = next;
      }
      const to = Math.min(bytes.length, from + this.#left);
      if (to === from) continue;
      if (put < from) bytes.copyWithin(put, from, to);
      put += to - from;
      this.#left -= to - from;
      from = to;
      batch.add(put, this.#stream, this.#at, this.#ns);
    }
    // At the end, a header that was cut off is dropped: it says nothing.
    if (from < bytes.length && !last) this.#begun = Buffer.from(bytes.subarray(from));
    batch.bytes = bytes.subarray(0, put);
    return batch;
  }

  /**
   * Where `chunk` goes on behind the header or the stamp that was begun before it; -1 when both have to be read as one.
   * (Joining them each time would copy the whole log once more.)
   */
  #goOn(chunk: Buffer, last: boolean): number {
    const begun = this.#begun.length;
    const both = Buffer.concat([this.#begun, chunk.subarray(0, Math.max(headerBytes, LONGEST_STAMP))]);
    if (this.#left === 0) {
      if (both.length < headerBytes) return -1;
      this.#begin(both, 0);
      return headerBytes - begun;
    }
    const next = this.#due ? this.#skipStamp(both, 0, last) : 0;
    return next > 0 ? next - begun : -1;
  }

  #begin(bytes: Buffer, from: number): void {
    // 0 (stdin) is never sent but counts as output; 3 carries the engine's own errors.
    const type = bytes[from] as number;
    if (type > 3 || bytes[from + 1] !== 0 || bytes[from + 2] !== 0 || bytes[from + 3] !== 0) {
      throw new Failure("ENGINE_ERROR", { status: 200, message: "the log stream is out of step" });
    }
    this.#stream = type < 2 ? 0 : 1;
    this.#left = bytes.readUInt32BE(from + 4);
    this.#due = this.#timestamps;
    this.#at = Number.NaN;
    this.#ns = 0;
  }

  /** Where the payload goes on behind its stamp; -1 when that is not there yet. */
  #skipStamp(bytes: Buffer, from: number, last: boolean): number {
    const whole = this.#left <= bytes.length - from;
    const size = this.#stamp.scan(bytes, from, whole ? from + this.#left : bytes.length);
    if (size < 0 && !whole && !last) return -1;
    this.#due = false;
    if (size <= 0) return from;
    this.#at = this.#stamp.at;
    this.#ns = this.#stamp.ns;
    this.#left -= size;
    return from + size;
  }
}

/** The engine stores lines in pieces of this size, and stamps each piece (moby, daemon/logger/copier.go). */
const pieceBytes = 16 * 1024;

/** A terminal's output: no frames, so stamps have to be found where lines and their pieces begin. */
function createRawReader(timestamps: boolean): FrameReader {
  const batch = new LogBatch();
  if (!timestamps) {
    const whole = (chunk: Buffer): LogBatch => {
      batch.clear();
      batch.bytes = chunk;
      if (chunk.length > 0) batch.add(chunk.length, 0, Number.NaN, 0);
      return batch;
    };
    return { push: whole, end: () => whole(EMPTY) };
  }
  const stamp = createStampScanner();
  let begun: Buffer = EMPTY;
  // Where a stamp may come next: at the start of a line, at the start of a further piece of it, or not here.
  let look: "line" | "piece" | "no" = "line";
  let inPiece = 0;
  let at = Number.NaN;
  let ns = 0;

  /** Where the text goes on behind a stamp, if there is one; -1 when that can't be told yet. */
  function skipStamp(bytes: Buffer, from: number, last: boolean): number {
    const size = stamp.scan(bytes, from, bytes.length);
    if (size < 0 && !last) return -1;
    const further = look === "piece";
    look = "no";
    inPiece = 0;
    // A further piece repeats the stamp of its line: another one there is the program's own text.
    if (size > 0 && (!further || (stamp.at === at && stamp.ns === ns))) {
      ({ at, ns } = stamp);
      return from + size;
    }
    if (!further) at = Number.NaN;
    return from;
  }

  function read(chunk: Buffer, last: boolean): LogBatch {
    const bytes = begun.length === 0 ? chunk : Buffer.concat([begun, chunk]);
    begun = EMPTY;
    batch.clear();
    let put = 0;
    let from = 0;
    while (from < bytes.length) {
      if (look !== "no") {
        const next = skipStamp(bytes, from, last);
        if (next < 0) break;
        from = next;
        continue;
      }
      const newline = bytes.indexOf(0x0a, from);
      const to = Math.min(newline < 0 ? bytes.length : newline + 1, from + pieceBytes - inPiece);
      if (put < from) bytes.copyWithin(put, from, to);
      put += to - from;
      inPiece += to - from;
      batch.add(put, 0, at, ns);
      if (newline >= 0 && to === newline + 1) look = "line";
      else if (inPiece === pieceBytes) look = "piece";
      from = to;
    }
    if (from < bytes.length) begun = Buffer.from(bytes.subarray(from));
    batch.bytes = bytes.subarray(0, put);
    return batch;
  }

  return { push: (chunk) => read(chunk, false), end: () => read(EMPTY, true) };
}
