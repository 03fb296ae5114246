import type { LogFrame } from "../docker/types.ts";
import type { MaskStream } from "./masking/index.ts";
import { plainText } from "./plain.ts";

/** A finished line of a container: masked, decoded, harmless. */
export interface TextLine {
  stream: "stdout" | "stderr";
  /** The engine's stamp of its first piece. */
  stamp: string | null;
  text: string;
}

/** Longest line that is kept; the rest of a longer one is dropped, and said so. */
export const MAX_LINE = 1024 * 1024;
const LINE_FEED = 0x0a;
const RETURN = 0x0d;
const ESCAPE = 0x1b;
const PROGRESS_MS = 1_000;

export interface LineAssembler {
  /** The lines that are finished with these frames, in the order in which they were. */
  push(frames: readonly LogFrame[]): TextLine[];
  /** What is left when the container has ended: lines without a line feed, and cut secrets masked. */
  end(): TextLine[];
  /** Forgets what is begun: the engine will send it again. */
  reset(): void;
}

/**
 * Frames to lines: each stream on its own, the engine's 16 KiB pieces joined, bytes masked before they are decoded.
 * Nothing unmasked is kept but what may still become a secret. A line that goes back to its start again and again (a
 * progress bar) is given once a second as it then stands. `mono` is milliseconds.
 */
export function createLineAssembler(mask: () => MaskStream, mono: () => number): LineAssembler {
  const make = () => ({
    stdout: new StreamLines("stdout", mask(), mono),
    stderr: new StreamLines("stderr", mask(), mono),
  });
  let streams = make();
  return {
    push(frames) {
      const lines: TextLine[] = [];
      for (let from = 0; from < frames.length; ) {
        let to = from;
        const stream = (frames[from] as LogFrame).stream;
        while (to < frames.length && (frames[to] as LogFrame).stream === stream) to++;
        streams[stream].push(frames, from, to, lines);
        from = to;
      }
      return lines;
    },
    end() {
      const lines: TextLine[] = [];
      streams.stdout.end(lines);
      streams.stderr.end(lines);
      return lines;
    },
    reset() {
      streams = make();
    },
  };
}

/** One stream. Input offsets count from its first byte; stamps are found again by them behind the masker. */
class StreamLines {
  readonly #stream: "stdout" | "stderr";
  readonly #mask: MaskStream;
  /** Where each stamped frame began in the input. */
  #starts: number[] = [];
  #stamps: (string | null)[] = [];
  #taken = 0;
  /** Input offset of the next output byte. */
  #reached = 0;
  /** Input offset at which the line being read began. */
  #lineStart = 0;
  /** The line being read, masked. */
  #parts: Uint8Array[] = [];
  #size = 0;
  /** The rest of a line that was too long is dropped. */
  #dropping = false;

  readonly #mono: () => number;
  /** When the line being read began, or was last given as a progress bar. */
  #began: number | null = null;

  constructor(stream: "stdout" | "stderr", mask: MaskStream, mono: () => number) {
    this.#stream = stream;
    this.#mask = mask;
    this.#mono = mono;
  }

  push(frames: readonly LogFrame[], from: number, to: number, lines: TextLine[]): void {
    for (let i = from; i < to; i++) {
      const frame = frames[i] as LogFrame;
      if (frame.bytes.length === 0) continue;
      if (this.#stamps.length === 0 || this.#stamps[this.#stamps.length - 1] !== frame.timestamp) {
        this.#starts.push(this.#taken);
        this.#stamps.push(frame.timestamp);
      }
      this.#taken += frame.bytes.length;
    }
    const edits: number[] = [];
    const out = this.#mask.push(joined(frames, from, to), edits);
    this.#split(out, edits, lines);
  }

  end(lines: TextLine[]): void {
    const edits: number[] = [];
    this.#split(this.#mask.end(edits), edits, lines);
    if (this.#size > 0 && !this.#dropping) this.#finish(EMPTY, lines);
  }

  #split(out: Uint8Array, edits: readonly number[], lines: TextLine[]): void {
    const bytes = Buffer.from(out.buffer, out.byteOffset, out.length);
    // What has to be added to an offset in the output to have the one in the input.
    let delta = this.#reached;
    let edit = 0;
    let from = 0;
    for (let feed = bytes.indexOf(LINE_FEED); feed >= 0; feed = bytes.indexOf(LINE_FEED, from)) {
      this.#finish(bytes.subarray(from, feed), lines);
      from = feed + 1;
      while (edit < edits.length && (edits[edit] as number) - delta + (edits[edit + 2] as number) <= from) {
        delta = shifted(delta, edits, edit);
        edit += 3;
      }
      this.#lineStart = from + delta;
    }
    for (; edit < edits.length; edit += 3) delta = shifted(delta, edits, edit);
    this.#reached = bytes.length + delta;
    this.#keep(bytes, from, delta, lines);
  }

  #keep(bytes: Buffer, start: number, delta: number, lines: TextLine[]): void {
    if (start >= bytes.length || this.#dropping) return;
    let from = start;
    this.#began ??= this.#mono();
    const back = bytes.lastIndexOf(RETURN, -2);
    if (back >= from && writesOver(bytes, back + 1)) {
      this.#progress(bytes.subarray(from, back), lines);
      from = back + 1;
      this.#lineStart = from + delta;
    }
    // A copy: the chunk behind it is the network's, and may be large.
    this.#parts.push(Uint8Array.prototype.slice.call(bytes, from));
    this.#size += bytes.length - from;
    if (this.#size > MAX_LINE) {
      this.#finish(EMPTY, lines);
      this.#dropping = true;
    }
  }

  /** What is begun, with `rest`, will be written over. */
  #progress(rest: Buffer, lines: TextLine[]): void {
    const now = this.#mono();
    if (now - (this.#began ?? now) >= PROGRESS_MS) {
      this.#finish(rest, lines);
      this.#began = now;
    }
    this.#parts = [];
    this.#size = 0;
  }

  #finish(rest: Buffer, lines: TextLine[]): void {
    this.#began = null;
    if (this.#dropping) {
      this.#dropping = false;
      return;
    }
    let bytes = rest;
    if (this.#parts.length > 0) {
      bytes = Buffer.concat([...this.#parts, rest]);
      this.#parts = [];
      this.#size = 0;
    }
    const tooLong = bytes.length > MAX_LINE;
    if (tooLong) bytes = bytes.subarray(0, MAX_LINE);
    const text = plainText(bytes.toString("utf8"));
    lines.push({ stream: this.#stream, stamp: this.#stampAt(this.#lineStart), text: tooLong ? `${text} […]` : text });
  }

  #stampAt(offset: number): string | null {
    let used = 0;
    while (used + 1 < this.#starts.length && (this.#starts[used + 1] as number) <= offset) used++;
    if (used > 0) {
      this.#starts.splice(0, used);
      this.#stamps.splice(0, used);
    }
    return this.#stamps[0] ?? null;
  }
}

const EMPTY = Buffer.alloc(0);

/** True when something is written after a return: not another one, and nothing that may turn out to be invisible. */
function writesOver(bytes: Buffer, from: number): boolean {
  let written = false;
  for (let i = from; i < bytes.length; i++) {
    if (bytes[i] === ESCAPE) return false;
    if (bytes[i] !== RETURN) written = true;
  }
  return written;
}

function shifted(delta: number, edits: readonly number[], at: number): number {
  return delta + (edits[at + 1] as number) - (edits[at] as number) - (edits[at + 2] as number);
}

function joined(frames: readonly LogFrame[], from: number, to: number): Uint8Array {
  if (to - from === 1) return (frames[from] as LogFrame).bytes;
  const parts: Uint8Array[] = [];
  for (let i = from; i < to; i++) parts.push((frames[i] as LogFrame).bytes);
  return Buffer.concat(parts);
}
