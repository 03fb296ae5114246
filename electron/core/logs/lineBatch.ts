/** A finished line of a container: masked, decoded, harmless. */
export interface TextLine {
  stream: "stdout" | "stderr";
  /** The engine's stamp of its first piece, milliseconds since the epoch. */
  at: number | null;
  /** Nanoseconds of that millisecond. */
  ns: number;
  text: string;
}

const FIRST = 64;

/**
 * Finished lines as one read of a log brought them. Most lines are printable ASCII and tabs: of these ("plain") nothing is
 * made but where they stand, for a string of each is what a busy log would cost most. It is good until the next one is
 * asked for, which is made in the same memory. Going through it as lines is for those who read little.
 */
export class LineBatch implements Iterable<TextLine> {
  /** Lines in it; all lists are as long or longer. */
  count = 0;
  /** The text of each line; of a plain one, the bytes that it stands in, a line feed behind it. */
  readonly bodies: (string | Buffer)[] = [];
  /** Where each plain line stands in its bytes, without the line feed. */
  starts = new Int32Array(FIRST);
  ends = new Int32Array(FIRST);
  /** 0 for standard output, 1 for standard error. */
  streams = new Uint8Array(FIRST);
  /** Milliseconds since the epoch; NaN where there is no stamp. */
  ats = new Float64Array(FIRST);
  /** Nanoseconds of that millisecond. */
  nss = new Int32Array(FIRST);

  clear(): void {
    this.bodies.length = 0;
    this.count = 0;
  }

  addText(text: string, stream: 0 | 1, at: number, ns: number): void {
    this.#add(text, stream, at, ns);
  }

  addPlain(bytes: Buffer, start: number, end: number, stream: 0 | 1, at: number, ns: number): void {
    const i = this.#add(bytes, stream, at, ns);
    this.starts[i] = start;
    this.ends[i] = end;
  }

  text(i: number): string {
    const body = this.bodies[i] as string | Buffer;
    return typeof body === "string" ? body : body.toString("latin1", this.starts[i], this.ends[i]);
  }

  stream(i: number): TextLine["stream"] {
    return this.streams[i] === 0 ? "stdout" : "stderr";
  }

  line(i: number): TextLine {
    const at = this.ats[i] as number;
    return {
      stream: this.stream(i),
      at: Number.isNaN(at) ? null : at,
      ns: this.nss[i] as number,
      text: this.text(i),
    };
  }

  /** The end of the plain lines from `from` on, before `to`, that stand one behind the other, of one stream, with stamps. */
  stretch(from: number, to: number): number {
    const { bodies, streams, starts, ends, ats } = this;
    const body = bodies[from];
    if (typeof body === "string" || Number.isNaN(ats[from])) return from;
    const stream = streams[from];
    let i = from + 1;
    while (i < to && bodies[i] === body && streams[i] === stream && starts[i] === (ends[i - 1] as number) + 1) {
      if (Number.isNaN(ats[i])) break;
      i++;
    }
    return i;
  }

  *[Symbol.iterator](): Generator<TextLine> {
    for (let i = 0; i < this.count; i++) yield this.line(i);
  }

  #add(body: string | Buffer, stream: 0 | 1, at: number, ns: number): number {
    if (this.count === this.streams.length) this.#widen();
    const i = this.count++;
    this.bodies.push(body);
    this.streams[i] = stream;
    this.ats[i] = at;
    this.nss[i] = ns;
    return i;
  }

  #widen(): void {
    const { starts, ends, streams, ats, nss } = this;
    const size = streams.length * 4;
    this.starts = new Int32Array(size);
    this.ends = new Int32Array(size);
    this.streams = new Uint8Array(size);
    this.ats = new Float64Array(size);
    this.nss = new Int32Array(size);
    this.starts.set(starts);
    this.ends.set(ends);
    this.streams.set(streams);
    this.ats.set(ats);
    this.nss.set(nss);
  }
}
