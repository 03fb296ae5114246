/**
 * A moment to the nanosecond as two numbers: one would not hold it exactly, and a bigint costs a line of a log more than
 * all that is done with it.
 */
export interface Moment {
  /** Milliseconds since the epoch; whole. */
  readonly at: number;
  /** Nanoseconds of that millisecond: 0 to 999,999. */
  readonly ns: number;
}

/** The engine's time stamps: RFC 3339 with up to nine digits of a second. */
const form = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/;
/** `2026-11-22T10:00:05.123456789Z` and a space: how Docker Engine always writes them. */
const FIXED = 31;
/** Bytes of one with an offset in place of the Z, and a space. */
export const LONGEST_STAMP = 36;
/** `2026-11-22T10:00:`. */
const MINUTE = 17;

/** `null` for what is no stamp. */
export function parseStamp(stamp: string): Moment | null {
  const match = form.exec(stamp);
  if (match === null) return null;
  const seconds = Date.parse(`${match[1]}${match[3]}`);
  if (Number.isNaN(seconds)) return null;
  const digits = (match[2] ?? "").padEnd(9, "0");
  return { at: seconds + Number(digits.slice(0, 3)), ns: Number(digits.slice(3)) };
}

export function momentToNs({ at, ns }: Moment): bigint {
  return BigInt(at) * 1_000_000n + BigInt(ns);
}

/** Reads stamps where they stand in a log: digit by digit, since this is done for each of its lines. */
export interface StampScanner extends Moment {
  /**
   * Bytes of the stamp and the space behind it that begin at `from`: the moment is then in `at` and `ns`. 0 when there is
   * no stamp, and -1 when `to` comes too early to tell.
   */
  scan(bytes: Buffer, from: number, to: number): number;
}

export function createStampScanner(): StampScanner {
  return new Scanner();
}

/** A class, for numbers in a closure are made anew each time they change. */
class Scanner implements StampScanner {
  at = Number.NaN;
  ns = 0;
  /** The minute of the last stamp, as bytes and in milliseconds. */
  readonly #minute = new Uint8Array(MINUTE);
  #base = Number.NaN;

  scan(bytes: Buffer, from: number, to: number): number {
    if (to - from >= FIXED && this.#scanFixed(bytes, from)) return FIXED;
    const limit = Math.min(to, from + LONGEST_STAMP);
    let space = from;
    while (space < limit && bytes[space] !== 0x20) {
      if ((bytes[space] as number) < 0x20) return 0;
      space++;
    }
    if (space === limit) return limit === to && to - from < LONGEST_STAMP ? -1 : 0;
    const text = bytes.toString("latin1", from, space);
    const moment = parseStamp(text);
    if (moment === null) return 0;
    this.at = moment.at;
    this.ns = moment.ns;
    if (space - from === FIXED - 1) {
      this.#minute.set(bytes.subarray(from, from + MINUTE));
      this.#base = Date.parse(`${text.slice(0, MINUTE)}00Z`);
    }
    return space + 1 - from;
  }

  #scanFixed(bytes: Buffer, from: number): boolean {
    const minute = this.#minute;
    // From the end: what differs is mostly there.
    for (let i = MINUTE - 1; i >= 0; i--) if (bytes[from + i] !== minute[i]) return false;
    if (bytes[from + 19] !== 0x2e || bytes[from + 29] !== 0x5a || bytes[from + 30] !== 0x20) return false;
    const seconds = digits(bytes, from + 17, from + 19);
    const millis = digits(bytes, from + 20, from + 23);
    const rest = digits(bytes, from + 23, from + 29);
    if (seconds < 0 || seconds > 59 || millis < 0 || rest < 0) return false;
    this.at = this.#base + seconds * 1_000 + millis;
    this.ns = rest;
    return true;
  }
}

/** Digits as a number; below zero for anything else. */
function digits(bytes: Uint8Array, from: number, to: number): number {
  let value = 0;
  for (let i = from; i < to; i++) {
    const digit = (bytes[i] as number) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}
