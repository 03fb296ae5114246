/**
 * Many lines on their way through a door. A line is nine fields, and whatever carries an answer looks at each field of
 * each line; so lines travel as columns: one text for a field of all of them, and beside these their own texts.
 */
import type { LogLine } from "./logs.ts";

/** Lines in one window at most. */
export const windowLimit = 2_000;

export interface LogColumns {
  /** A letter for each line: its stream, its level, and whether it belongs to the line above. */
  kinds: string;
  /**
   * Columns of numbers hold steps: from 0 to the first, from each to the next, in decimal and with commas between them;
   * `*COUNT` repeats one, and `n` stands for no number: `1200,1*999` are the numbers from 1,200 to 2,199.
   */
  index: string;
  row: string;
  source: string;
  at: string;
  folded: string;
  texts: string[];
}

type Column = keyof LogColumns;
type Kind = Pick<LogLine, "stream" | "level" | "part">;

/** Numbers are from 0 to `most`; a line may have none. */
interface Range {
  most: number;
  none: boolean;
}

const whole: Range = { most: Number.MAX_SAFE_INTEGER, none: false };
const sources: Range = { most: 31, none: false };
const times: Range = { most: Number.MAX_SAFE_INTEGER, none: true };

const streams = ["stdout", "stderr", "note"] as const;
const levels = [null, "debug", "info", "warn", "error"] as const;
/** By letter, from `0` on: none that JSON would have to escape. */
const kindTable: readonly Kind[] = streams.flatMap((stream) =>
  levels.flatMap((level) => [false, true].map((part) => ({ stream, level, part }))),
);
const FIRST_KIND = 0x30;

function kindOf({ stream, level, part }: Kind): string {
  const [row, place] = [streams.indexOf(stream), levels.indexOf(level)];
  if (row < 0 || place < 0) return " ";
  return String.fromCharCode(FIRST_KIND + 2 * (row * levels.length + place) + (part ? 1 : 0));
}

/** Lines that are none (a time with a fraction) make columns that `columnFault` finds fault with. */
export function packLines(lines: readonly LogLine[]): LogColumns {
  const [index, row, source, at, folded] = [new Steps(), new Steps(), new Steps(), new Steps(), new Steps()];
  const texts: string[] = [];
  let kinds = "";
  for (const line of lines) {
    kinds += kindOf(line);
    index.add(line.index);
    row.add(line.row);
    source.add(line.source);
    at.add(line.at);
    folded.add(line.folded);
    texts.push(line.text);
  }
  const numbers = { index: index.end(), row: row.end(), source: source.end(), at: at.end(), folded: folded.end() };
  return { kinds, ...numbers, texts };
}

/** The lines again; throws for columns that `columnFault` finds fault with. */
export function unpackLines({ kinds, texts, ...columns }: LogColumns): LogLine[] {
  const index = new Numbers("index", columns.index, whole);
  const row = new Numbers("row", columns.row, whole);
  const source = new Numbers("source", columns.source, sources);
  const at = new Numbers("at", columns.at, times);
  const folded = new Numbers("folded", columns.folded, whole);
  if (kinds.length !== texts.length) throw new ColumnFault("kinds", `${kinds.length} of ${texts.length} lines`);
  const lines: LogLine[] = [];
  for (let i = 0; i < texts.length; i++) {
    const kind = kindTable[kinds.charCodeAt(i) - FIRST_KIND];
    if (kind === undefined) throw new ColumnFault("kinds", `line ${i} is of no kind`);
    lines.push({
      index: index.next(),
      row: row.next(),
      source: source.next(),
      at: at.nextOrNone(),
      stream: kind.stream,
      level: kind.level,
      text: texts[i] as string,
      folded: folded.next(),
      part: kind.part,
    });
  }
  for (const numbers of [index, row, source, at, folded]) numbers.end();
  return lines;
}

/** Why columns are no lines; null when they are. */
export function columnFault(columns: LogColumns): { column: Column; reason: string } | null {
  try {
    unpackLines(columns);
    return null;
  } catch (error) {
    if (error instanceof ColumnFault) return { column: error.column, reason: error.reason };
    throw error;
  }
}

class ColumnFault extends Error {
  readonly column: Column;
  readonly reason: string;

  constructor(column: Column, reason: string) {
    super(`${column}: ${reason}`);
    this.column = column;
    this.reason = reason;
  }
}

/** Writes a column of numbers. */
class Steps {
  #text = "";
  #last = 0;
  /** The step that was seen last, and how often on end. */
  #step: number | null = null;
  #times = 0;

  add(value: number | null): void {
    const step = value === null ? null : value - this.#last;
    if (value !== null) this.#last = value;
    if (step !== this.#step) this.#write();
    this.#step = step;
    this.#times++;
  }

  end(): string {
    this.#write();
    return this.#text;
  }

  #write(): void {
    if (this.#times === 0) return;
    if (this.#text !== "") this.#text += ",";
    this.#text += this.#step === null ? "n" : this.#step;
    if (this.#times > 1) this.#text += `*${this.#times}`;
    this.#times = 0;
  }
}

const [COMMA, MINUS, ZERO, NINE, NONE, REPEAT] = [0x2c, 0x2d, 0x30, 0x39, 0x6e, 0x2a];

/** Reads a column of numbers. */
class Numbers {
  readonly #column: Column;
  readonly #text: string;
  readonly #range: Range;
  #at = 0;
  #last = 0;
  /** The step that was read last, and how often it is still to be made. */
  #step: number | null = 0;
  #left = 0;

  constructor(column: Column, text: string, range: Range) {
    this.#column = column;
    this.#text = text;
    this.#range = range;
  }

  next(): number {
    return this.nextOrNone() as number;
  }

  /** Null only where the column's range has it. */
  nextOrNone(): number | null {
    if (this.#left === 0) this.#read();
    this.#left--;
    if (this.#step === null) return null;
    const next = this.#last + this.#step;
    if (next < 0 || next > this.#range.most) throw new ColumnFault(this.#column, `not from 0 to ${this.#range.most}`);
    this.#last = next;
    return next;
  }

  end(): void {
    if (this.#left > 0 || this.#at < this.#text.length)
      throw new ColumnFault(this.#column, "more than there are lines");
  }

  #read(): void {
    const text = this.#text;
    if (this.#at > 0) {
      if (text.charCodeAt(this.#at) !== COMMA) throw this.#unreadable();
      this.#at++;
    }
    if (this.#range.none && text.charCodeAt(this.#at) === NONE) {
      this.#at++;
      this.#step = null;
    } else if (text.charCodeAt(this.#at) === MINUS) {
      this.#at++;
      this.#step = -this.#digits();
    } else this.#step = this.#digits();
    this.#left = 1;
    if (text.charCodeAt(this.#at) !== REPEAT) return;
    this.#at++;
    this.#left = this.#digits();
    if (this.#left === 0) throw new ColumnFault(this.#column, "repeated 0 times");
  }

  #digits(): number {
    const from = this.#at;
    let value = 0;
    for (let code = this.#text.charCodeAt(from); code >= ZERO && code <= NINE; code = this.#text.charCodeAt(this.#at)) {
      // In brackets: the sum with the letter itself may be beyond what a number holds exactly.
      value = 10 * value + (code - ZERO);
      this.#at++;
    }
    if (this.#at === from) throw this.#unreadable();
    return value;
  }

  #unreadable(): ColumnFault {
    const gone = this.#at >= this.#text.length;
    return new ColumnFault(this.#column, gone ? "less than there are lines" : `not a number at ${this.#at}`);
  }
}
