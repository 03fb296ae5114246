import { Failure } from "../failure.ts";
import type { LogFrame } from "./types.ts";

/** Takes the engine's log stream apart, however the network has cut it. */
export interface FrameReader {
  /** All frames that are complete with this chunk. Their bytes may be views of `chunk`. Throws `ENGINE_ERROR` on nonsense. */
  push(chunk: Uint8Array): LogFrame[];
  /** What is left when the stream ends in the middle: shown rather than lost. */
  end(): LogFrame[];
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
/** Larger frames are passed on in pieces: what a header promises is not memory that we give. */
const maxHeld = 1024 * 1024;

/**
 * Docker Engine API, "Stream format": `[type, 0, 0, 0, length (uint32, big endian)]` and then the payload. One pass over
 * each chunk; a payload that lies in one chunk is not copied. (docker-modem's own demuxer is quadratic in the buffer and
 * recursive in the frames: 20,000 small frames in one buffer overflow its stack.)
 */
function createMultiplexReader(timestamps: boolean): FrameReader {
  const header = Buffer.alloc(headerBytes);
  let headerFill = 0;
  let stream: LogFrame["stream"] = "stdout";
  let left = 0;
  let held: Buffer | null = null;
  let fill = 0;
  // Of a frame that is passed on in pieces, the first alone has the stamp; the others get it, too.
  let stamp: string | null | undefined;

  function emit(bytes: Buffer, out: LogFrame[]): void {
    if (stamp !== undefined) {
      out.push({ stream, timestamp: stamp, bytes });
      return;
    }
    const cut = timestamps ? takeStamp(bytes) : null;
    stamp = cut?.timestamp ?? null;
    out.push({ stream, timestamp: stamp, bytes: cut?.rest ?? bytes });
  }

  function flushHeld(out: LogFrame[]): void {
    if (held === null) return;
    emit(held.subarray(0, fill), out);
    held = null;
    fill = 0;
  }

  /** Takes what `chunk` has of the payload from `at`; returns where it stopped. */
  function payload(chunk: Buffer, at: number, out: LogFrame[]): number {
    const size = Math.min(left, chunk.length - at);
    if (held === null && size === left) {
      emit(chunk.subarray(at, at + size), out);
    } else {
      held ??= Buffer.allocUnsafe(Math.min(left, maxHeld));
      const part = Math.min(size, held.length - fill);
      chunk.copy(held, fill, at, at + part);
      fill += part;
      left -= part;
      if (fill === held.length) flushHeld(out);
      return at + part;
    }
    left -= size;
    return at + size;
  }

  function begin(bytes: Buffer, at: number): void {
    stream = streamOf(bytes, at);
    left = bytes.readUInt32BE(at + 4);
    stamp = undefined;
  }

  return {
    push(bytes) {
      const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const out: LogFrame[] = [];
      let at = 0;
      while (at < chunk.length) {
        if (left > 0) {
          at = payload(chunk, at, out);
          continue;
        }
        if (headerFill === 0 && chunk.length - at >= headerBytes) {
          begin(chunk, at);
          at += headerBytes;
          continue;
        }
        const size = Math.min(headerBytes - headerFill, chunk.length - at);
        chunk.copy(header, headerFill, at, at + size);
        headerFill += size;
        at += size;
        if (headerFill < headerBytes) break;
        headerFill = 0;
        begin(header, 0);
      }
      return out;
    },
    end() {
      const out: LogFrame[] = [];
      flushHeld(out);
      return out;
    },
  };
}

/** 0 (stdin) is never sent but counts as output; 3 carries the engine's own errors. */
function streamOf(bytes: Buffer, at: number): LogFrame["stream"] {
  const type = bytes.readUInt8(at);
  if (type > 3 || bytes.readUIntBE(at + 1, 3) !== 0) {
    throw new Failure("ENGINE_ERROR", { status: 200, message: "the log stream is out of step" });
  }
  return type < 2 ? "stdout" : "stderr";
}

const longestStamp = 40;
const stampForm = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

function takeStamp(bytes: Buffer): { timestamp: string; rest: Buffer } | null {
  const space = bytes.indexOf(0x20);
  if (space < 0 || space >= longestStamp) return null;
  const timestamp = bytes.toString("latin1", 0, space);
  return stampForm.test(timestamp) ? { timestamp, rest: bytes.subarray(space + 1) } : null;
}

/** The engine stores lines in pieces of this size, and stamps each piece (moby, daemon/logger/copier.go). */
const pieceBytes = 16 * 1024;

/** A terminal's output: no frames, so stamps have to be found where lines and their pieces begin. */
function createRawReader(timestamps: boolean): FrameReader {
  if (!timestamps) {
    return {
      push: (chunk) => (chunk.length === 0 ? [] : [{ stream: "stdout", timestamp: null, bytes: chunk }]),
      end: () => [],
    };
  }
  let pending: Buffer = Buffer.alloc(0);
  // Where a stamp may come next: at the start of a line, at the start of a further piece of it, or not here.
  let look: "line" | "piece" | "no" = "line";
  let inPiece = 0;
  let stamp: string | null = null;

  function undecided(data: Buffer, at: number): boolean {
    return data.length - at < longestStamp && data.indexOf(0x20, at) < 0 && data.indexOf(0x0a, at) < 0;
  }

  /** Takes off the stamp at `at`, if there is one; returns where the text begins. */
  function skipStamp(data: Buffer, at: number): number {
    const cut = takeStamp(data.subarray(at));
    const further = look === "piece";
    look = "no";
    inPiece = 0;
    // A further piece repeats the stamp of its line: another one there is the program's own text.
    if (cut !== null && (!further || cut.timestamp === stamp)) {
      stamp = cut.timestamp;
      return data.length - cut.rest.length;
    }
    if (!further) stamp = null;
    return at;
  }

  function take(chunk: Buffer, last: boolean): LogFrame[] {
    const out: LogFrame[] = [];
    const data = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    pending = Buffer.alloc(0);
    let at = 0;
    while (at < data.length) {
      if (look !== "no") {
        if (!last && undecided(data, at)) {
          pending = Buffer.from(data.subarray(at));
          break;
        }
        at = skipStamp(data, at);
        continue;
      }
      const newline = data.indexOf(0x0a, at);
      const end = Math.min(newline < 0 ? data.length : newline + 1, at + pieceBytes - inPiece);
      out.push({ stream: "stdout", timestamp: stamp, bytes: data.subarray(at, end) });
      inPiece += end - at;
      if (newline >= 0 && end === newline + 1) look = "line";
      else if (inPiece === pieceBytes) look = "piece";
      at = end;
    }
    return out;
  }

  return {
    push: (chunk) => take(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength), false),
    end: () => take(Buffer.alloc(0), true),
  };
}
