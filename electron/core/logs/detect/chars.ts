/** Classes of ASCII characters as bits, so that a set of them is a number. Everything beyond ASCII is in none. */
export const DIGIT = 1;
export const LOWER = 2;
export const UPPER = 4;
export const UNDER = 8;
export const DASH = 16;
export const DOT = 32;
/** `+` and `/`. */
export const PLUS_SLASH = 64;
export const EQUALS = 128;

export const LETTER = LOWER | UPPER;
export const ALNUM = LETTER | DIGIT;
export const WORD = ALNUM | UNDER;
export const TOKEN = WORD | DASH;
export const BASE64 = ALNUM | PLUS_SLASH | EQUALS;
/** What a header's credentials are made of (RFC 9110 section 11.2, token68, without `~`). */
export const TOKEN68 = TOKEN | DOT | PLUS_SLASH | EQUALS;

const classes = makeClasses();

function makeClasses(): Uint8Array {
  const table = new Uint8Array(128);
  for (let code = 0x30; code <= 0x39; code++) table[code] = DIGIT;
  for (let code = 0x61; code <= 0x7a; code++) table[code] = LOWER;
  for (let code = 0x41; code <= 0x5a; code++) table[code] = UPPER;
  const single: [string, number][] = [
    ["_", UNDER],
    ["-", DASH],
    [".", DOT],
    ["+", PLUS_SLASH],
    ["/", PLUS_SLASH],
    ["=", EQUALS],
  ];
  for (const [char, bit] of single) table[char.charCodeAt(0)] = bit;
  return table;
}

/** Class of the character at `at`; 0 outside the text. */
export function classAt(text: string, at: number): number {
  const code = text.charCodeAt(at);
  // NaN is not below 128 either.
  return code < 128 ? (classes[code] as number) : 0;
}

/** Union of the classes in `text[from, to)`; bit 256 for a character in none. */
export function classesIn(text: string, from = 0, to = text.length): number {
  let seen = 0;
  for (let i = from; i < to; i++) seen |= classAt(text, i) || 256;
  return seen;
}

/** Where runs of a set end. Asked at ascending places, it walks each character once a set, however often it is asked. */
export class Runs {
  #text = "";
  readonly #from = new Int32Array(256);
  readonly #to = new Int32Array(256);
  readonly #looks = new Int32Array(256);
  readonly #used: number[] = [];

  #valueTo = 0;
  #valueLooks = 0;

  reset(text: string): void {
    this.#text = text;
    this.#valueTo = 0;
    for (const set of this.#used) this.#to[set] = 0;
    this.#used.length = 0;
  }

  /** One past the last character of `set` in the run that begins at `at`; `at` when there is none. */
  end(set: number, at: number): number {
    const known = this.#to[set] as number;
    if (at < known && at >= (this.#from[set] as number)) return known;
    const text = this.#text;
    let to = at;
    while ((classAt(text, to) & set) !== 0) to++;
    if (known === 0) this.#used.push(set);
    this.#from[set] = at;
    this.#to[set] = to;
    return to;
  }

  /**
   * The same, for whoever then judges what it holds, which costs its length: `null` when that run was asked about too often
   * (`key=key=key=…`).
   */
  judged(set: number, at: number): number | null {
    const known = at < (this.#to[set] as number) && at >= (this.#from[set] as number);
    const to = this.end(set, at);
    this.#looks[set] = known ? (this.#looks[set] as number) + 1 : 1;
    return (this.#looks[set] as number) > MAX_LOOKS ? null : to;
  }

  /** Where the value that begins at `at` ends: at a blank, a quote, what closes or parts a list, or beyond ASCII. */
  value(at: number): number | null {
    if (at < this.#valueTo) return this.#valueLooks++ < MAX_LOOKS ? this.#valueTo : null;
    const text = this.#text;
    let to = at;
    while (to < text.length && isValue(text.charCodeAt(to))) to++;
    this.#valueTo = to;
    this.#valueLooks = 1;
    return to;
  }
}

const MAX_LOOKS = 4;
const parting = new Set([..."\"'`,;)}]<>|&(\\[{"].map((char) => char.charCodeAt(0)));

function isValue(code: number): boolean {
  return code > 0x20 && code < 0x7f && !parting.has(code);
}

/**
 * True when a token may begin at `at`: no letter, digit or underscore right before it, but for the end of an escape
 * (`%3D`, `\n`, `\u003d`), which is none.
 */
export function startsHere(text: string, at: number): boolean {
  if ((classAt(text, at - 1) & WORD) === 0) return true;
  if (text[at - 2] === "\\") return /[nrtbfv]/.test(text[at - 1] as string);
  if (text[at - 3] === "%") return isHex(text, at - 2, at);
  return text[at - 6] === "\\" && text[at - 5] === "u" && isHex(text, at - 4, at);
}

export function isHex(text: string, from = 0, to = text.length): boolean {
  for (let i = from; i < to; i++) {
    const code = text.charCodeAt(i) | 0x20;
    if (!((code >= 0x30 && code <= 0x39) || (code >= 0x61 && code <= 0x66)) || i >= text.length) return false;
    if (code < 0x40 && (classAt(text, i) & DIGIT) === 0) return false;
  }
  return to > from;
}

/** Shannon entropy of the first 256 characters, bits a character. */
export function entropyOf(text: string): number {
  const length = Math.min(text.length, 256);
  const counts = new Map<number, number>();
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  let bits = 0;
  for (const count of counts.values()) bits -= (count / length) * Math.log2(count / length);
  return bits;
}

/** True when the first 256 characters are of fewer than `least` kinds; looks no further than it must. */
export function isMonotonous(text: string, least: number): boolean {
  const seen: number[] = [];
  for (let i = 0; i < text.length && i < 256 && seen.length < least; i++) {
    const code = text.charCodeAt(i);
    if (!seen.includes(code)) seen.push(code);
  }
  return seen.length < least;
}
