export interface LogFrame {
  stream: "stdout" | "stderr";
  /** The engine's stamp, milliseconds since the epoch; `null` when it gave none. */
  at: number | null;
  /** Nanoseconds of that millisecond. */
  ns: number;
  bytes: Uint8Array;
}

const FIRST = 32;
const EMPTY = Buffer.alloc(0);

/**
 * Frames of a log as one read of it brought them, their payloads one behind another: a busy log has a hundred thousand
 * lines a second, and an object, a string or a view for each is what reading it would cost most. It is good until the next
 * one is asked for, which is made in the same memory. Going through it as frames is for those who read little: each has
 * bytes of its own.
 */
export class LogBatch implements Iterable<LogFrame> {
  /** The payloads without headers and stamps, and without gaps. */
  bytes: Buffer = EMPTY;
  /** Frames in it; all lists are as long or longer. */
  count = 0;
  /** Where each frame ends in `bytes`. */
  ends = new Int32Array(FIRST);
  /** 0 for standard output, 1 for standard error. */
  streams = new Uint8Array(FIRST);
  /** Milliseconds since the epoch; NaN where there is no stamp. */
  ats = new Float64Array(FIRST);
  /** Nanoseconds of that millisecond. */
  nss = new Int32Array(FIRST);

  add(end: number, stream: 0 | 1, at: number, ns: number): void {
    if (this.count === this.ends.length) this.#widen();
    const i = this.count++;
    this.ends[i] = end;
    this.streams[i] = stream;
    this.ats[i] = at;
    this.nss[i] = ns;
  }

  clear(): void {
    this.bytes = EMPTY;
    this.count = 0;
  }

  *[Symbol.iterator](): Generator<LogFrame> {
    let from = 0;
    for (let i = 0; i < this.count; i++) {
      const end = this.ends[i] as number;
      const at = this.ats[i] as number;
      yield {
        stream: this.streams[i] === 0 ? "stdout" : "stderr",
        at: Number.isNaN(at) ? null : at,
        ns: this.nss[i] as number,
        bytes: Buffer.from(this.bytes.subarray(from, end)),
      };
      from = end;
    }
  }

  #widen(): void {
    const { ends, streams, ats, nss } = this;
    const size = ends.length * 4;
    this.ends = new Int32Array(size);
    this.streams = new Uint8Array(size);
    this.ats = new Float64Array(size);
    this.nss = new Int32Array(size);
    this.ends.set(ends);
    this.streams.set(streams);
    this.ats.set(ats);
    this.nss.set(nss);
  }
}

/** A batch of frames that are there already. */
export function batchOf(frames: readonly LogFrame[]): LogBatch {
  const batch = new LogBatch();
  batch.bytes = Buffer.concat(frames.map((frame) => frame.bytes));
  let end = 0;
  for (const { stream, at, ns, bytes } of frames) {
    end += bytes.length;
    batch.add(end, stream === "stdout" ? 0 : 1, at ?? Number.NaN, ns);
  }
  return batch;
}
