import { kindOf, type LogBuffer } from "./buffer/index.ts";
import type { LogScreen } from "./detect/index.ts";
import type { LineBatch } from "./lineBatch.ts";
import { createTracebackReader, levelIn, levelOf, stampIn, type TracebackReader } from "./parse/index.ts";
import type { SourceLine } from "./sources/index.ts";

/**
 * From a source's line to one that is held: looked through by the detectors, then read for what it says of itself. The
 * lines of a merged log come from logs that did this already.
 */
export interface Taker {
  line(line: SourceLine): void;
  /** Those from `from` to `to` of a batch. */
  lines(batch: LineBatch, from: number, to: number): void;
}

export function createTaker(buffer: LogBuffer, screen: LogScreen | null, now: () => number): Taker {
  return new Taking(buffer, screen, now);
}

class Taking implements Taker {
  readonly #buffer: LogBuffer;
  readonly #screen: LogScreen | null;
  readonly #now: () => number;
  readonly #tracebacks = { stdout: createTracebackReader(), stderr: createTracebackReader() };
  /** Stream and source of the line above. */
  #above = "";
  #kinds = new Uint16Array(64);

  constructor(buffer: LogBuffer, screen: LogScreen | null, now: () => number) {
    this.#buffer = buffer;
    this.#screen = screen;
    this.#now = now;
  }

  line(line: SourceLine): void {
    const { stream, source = 0 } = line;
    const text = (this.#screen === null ? line.text : this.#screen.line(stream, line.text)).toWellFormed();
    const level = line.level === undefined ? levelOf(text) : line.level;
    const at = line.at ?? (stream === "note" ? null : stampIn(text, this.#now()));
    const part = line.part ?? (stream !== "note" && this.#tracebacks[stream].isPart(text, level));
    const follows = this.#follows(stream, source);
    this.#buffer.append({ at, stream, text, level, source, part: part && follows });
  }

  lines(batch: LineBatch, from: number, to: number): void {
    for (let i = from; i < to; ) {
      const end = batch.stretch(i, to);
      if (end > i) i = this.#plain(batch, i, end);
      else this.#single(batch, i++);
    }
  }

  #single(batch: LineBatch, i: number): void {
    const { stream, at, text } = batch.line(i);
    this.line({ stream, at, text });
  }

  /**
   * Lines of one stream that stand one behind the other: no text is made of those that need no closer look. Returns the
   * first that is still to be taken.
   */
  #plain(batch: LineBatch, from: number, to: number): number {
    const bytes = batch.bodies[from] as Buffer;
    const { starts, ends } = batch;
    const stream = batch.stream(from);
    const begin = starts[from] as number;
    const places = this.#screen === null ? [] : this.#screen.places(stream, bytes, begin, ends[to - 1] as number);
    if (places === null) {
      for (let i = from; i < to; i++) this.#single(batch, i);
      return to;
    }
    if (this.#kinds.length < to) this.#kinds = new Uint16Array(to * 2);
    const kinds = this.#kinds;
    const traceback = this.#tracebacks[stream];
    let place = 0;
    let begun = from;
    for (let i = from; i < to; i++) {
      const start = starts[i] as number;
      const end = ends[i] as number;
      if (place < places.length && (places[place] as number) < end) {
        while (place < places.length && (places[place] as number) < end) place++;
        this.#buffer.appendPlain(batch, kinds, begun, i);
        this.#single(batch, i);
        begun = i + 1;
        // A key has begun: what follows is part of it.
        if (this.#screen?.isOpen(stream)) return begun;
      } else {
        kinds[i] = this.#kindOf(traceback, bytes, start, end, stream);
      }
    }
    this.#buffer.appendPlain(batch, kinds, begun, to);
    return to;
  }

  #kindOf(reader: TracebackReader, bytes: Buffer, start: number, end: number, stream: "stdout" | "stderr"): number {
    const level = levelIn(bytes, start, end);
    const part = !reader.passes(bytes, start, end, level) && reader.isPart(bytes.toString("latin1", start, end), level);
    const follows = this.#follows(stream, 0);
    return kindOf(level, stream, 0, part && follows);
  }

  #follows(stream: SourceLine["stream"], source: number): boolean {
    const origin = source === 0 ? stream : `${stream}${source}`;
    const follows = origin === this.#above;
    this.#above = origin;
    return follows;
  }
}
