import type { LogFrame } from "./types.ts";

/**
 * Frames of a log as one read of it brought them, their payloads one behind another: a busy log has a hundred thousand
 * lines a second, and an object, a string or a view for each is what reading it would cost most. It is good until the next
 * one is asked for. Going through it as frames is for those who read little: each has bytes of its own.
 */
export class LogBatch implements Iterable<LogFrame> {
  /** The payloads without headers and stamps, and without gaps. */
  bytes: Buffer = EMPTY;
  /** Where each frame ends in `bytes`. */
  readonly ends: number[] = [];
  readonly streams: LogFrame["stream"][] = [];
  /** Milliseconds since the epoch; NaN where there is no stamp. */
  readonly ats: number[] = [];
  /** Nanoseconds of that millisecond. */
  readonly nss: number[] = [];

  get count(): number {
    return this.ends.length;
  }

  add(end: number, stream: LogFrame["stream"], at: number, ns: number): void {
    this.ends.push(end);
    this.streams.push(stream);
    this.ats.push(at);
    this.nss.push(ns);
  }

  *[Symbol.iterator](): Generator<LogFrame> {
    let from = 0;
    for (let i = 0; i < this.ends.length; i++) {
      const end = this.ends[i] as number;
      const at = this.ats[i] as number;
      yield {
        stream: this.streams[i] as LogFrame["stream"],
        at: Number.isNaN(at) ? null : at,
        ns: this.nss[i] as number,
        bytes: Buffer.from(this.bytes.subarray(from, end)),
      };
      from = end;
    }
  }
}

/** A batch of frames that are there already. */
export function batchOf(frames: readonly LogFrame[]): LogBatch {
  const batch = new LogBatch();
  batch.bytes = Buffer.concat(frames.map((frame) => frame.bytes));
  let end = 0;
  for (const { stream, at, ns, bytes } of frames) {
    end += bytes.length;
    batch.add(end, stream, at ?? Number.NaN, ns);
  }
  return batch;
}

const EMPTY = Buffer.alloc(0);
