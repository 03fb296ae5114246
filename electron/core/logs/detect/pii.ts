/** Personal data. Numbers count by their check digits, and by a word before them where these prove too little. */

import { ALNUM, classAt, classesIn, DASH, DIGIT, DOT, LETTER, UNDER, UPPER, WORD } from "./chars.ts";
import { iban, inn, luhn, snils } from "./checks.ts";
import type { Line } from "./types.ts";

/** One pass; what a place costs is bounded, and a place is a run of digits, an `@` or two capitals. */
export function scanPii(line: Line): void {
  const { text } = line;
  for (let at = 0; at < text.length; at++) {
    const kind = classAt(text, at);
    if ((kind & DIGIT) !== 0) at = scanNumber(line, at) - 1;
    else if (kind === 0) {
      if (text.charCodeAt(at) === 0x40) scanEmail(line, at);
    } else if ((kind & UPPER) !== 0 && (classAt(text, at + 1) & UPPER) !== 0 && (classAt(text, at + 2) & DIGIT) !== 0) {
      scanIban(line, at);
    }
  }
}

/** Last labels of names that look like an address and are none: units, files, names without a domain of the world. */
const noDomains = new Set(
  "service socket slice scope mount timer target device path local lan internal localhost py js ts so sh conf json".split(
    " ",
  ),
);

/** RFC 5321, as people have them: no quotes, no addresses in brackets. */
function scanEmail(line: Line, sign: number): void {
  const { text } = line;
  let from = sign;
  while (from > sign - 64 && ((classAt(text, from - 1) & (WORD | DASH | DOT)) !== 0 || text[from - 1] === "+")) from--;
  let to = sign + 1;
  while (to <= sign + 254 && (classAt(text, to) & (ALNUM | DASH | DOT)) !== 0) to++;
  while (to > sign && (classAt(text, to - 1) & (DOT | DASH)) !== 0) to--;
  const domain = text.slice(sign + 1, to);
  const dot = domain.lastIndexOf(".");
  if (from === sign || dot < 1) return;
  const label = domain.slice(dot + 1).toLowerCase();
  if (label.length < 2 || label.length > 24 || (classesIn(label) & ~LETTER) !== 0 || noDomains.has(label)) return;
  // `git@host.example:team/project` is where a repository lies.
  if (text.slice(from, sign) === "git" || text.slice(from - 2, from) === "//") return;
  line.add(from, to, "email");
}

const IBAN_LENGTHS = new Map(
  (
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 EE20 EG29 ES24 FI18 FO18 " +
    "FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 " +
    "LY25 MC27 MD24 ME22 MK19 MR27 MT31 MU30 NL18 NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SE24 SI19 SK24 " +
    "SM27 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20"
  )
    .split(" ")
    .map((entry): [string, number] => [entry.slice(0, 2), Number(entry.slice(2))]),
);

function scanIban(line: Line, start: number): void {
  const { text } = line;
  const length = IBAN_LENGTHS.get(text.slice(start, start + 2));
  if (length === undefined || (classAt(text, start - 1) & WORD) !== 0) return;
  let code = "";
  let at = start;
  while (code.length < length && at < start + 48) {
    if ((classAt(text, at) & (DIGIT | UPPER)) !== 0) code += text[at];
    else if (text[at] !== " " || code.length % 4 !== 0) return;
    at++;
  }
  if (code.length === length && (classAt(text, at) & WORD) === 0 && iban(code)) line.add(start, at, "iban");
}

/** A number as people write it: groups of digits with a blank, a dash or brackets between. */
interface Numeral {
  groups: string[];
  /** One past each group. */
  ends: number[];
  digits: string;
}

const MAX_SPAN = 40;
const MAX_GROUPS = 7;
/** Of the shortest number that is looked for. */
const MIN_DIGITS = 10;

/** Where to go on: behind what was found, else behind the run of digits. */
function scanNumber(line: Line, start: number): number {
  const { text } = line;
  const run = line.runs.end(DIGIT, start);
  const before = text[start - 1];
  const plus = before === "+";
  // Part of a word, a fraction, a UUID or a date.
  if (!plus && ((classAt(text, start - 1) & (WORD | DOT | DASH)) !== 0 || before === "/")) return run;
  // Nearly all numbers of a log end here.
  if (run - start > 20 || (run - start < MIN_DIGITS && separated(text, run) === run)) return run;
  const numeral = numeralAt(text, start, run);
  if (numeral.digits.length < MIN_DIGITS) return run;
  const end = card(line, start, numeral) ?? phone(line, start, numeral, plus) ?? russian(line, start, numeral);
  return end ?? run;
}

function numeralAt(text: string, start: number, run: number): Numeral {
  const numeral: Numeral = { groups: [text.slice(start, run)], ends: [run], digits: "" };
  let at = run;
  while (at < start + MAX_SPAN && numeral.groups.length < MAX_GROUPS) {
    const next = separated(text, at);
    if (next === at || (classAt(text, next) & DIGIT) === 0) break;
    let to = next;
    while (to < start + MAX_SPAN && (classAt(text, to) & DIGIT) !== 0) to++;
    // A group that goes on past the span is no part of a written number.
    if ((classAt(text, to) & DIGIT) !== 0) break;
    numeral.groups.push(text.slice(next, to));
    numeral.ends.push(to);
    at = to;
  }
  numeral.digits = numeral.groups.join("");
  return numeral;
}

function separated(text: string, at: number): number {
  const char = text[at];
  if (char === undefined || !" -()\u00a0".includes(char)) return at;
  const next = text[at + 1];
  return (char === " " && next === "(") || (char === ")" && (next === " " || next === "-")) ? at + 2 : at + 1;
}

/** Nothing follows that would make the number a part of something. */
function closes(text: string, end: number): boolean {
  const next = classAt(text, end);
  if ((next & (ALNUM | UNDER)) !== 0) return false;
  return (next & (DASH | DOT)) === 0 && text[end] !== ":" ? true : (classAt(text, end + 1) & ALNUM) === 0;
}

/** The groups up to which there are `length` digits, as the place behind them; `null` when no group ends there. */
function endAfter({ groups, ends }: Numeral, length: number): number | null {
  let sum = 0;
  for (const [i, group] of groups.entries()) {
    sum += group.length;
    if (sum >= length) return sum === length ? (ends[i] as number) : null;
  }
  return null;
}

/** Beginnings of card numbers by network and their lengths (ISO/IEC 7812; MIR is 2200 to 2204). */
const networks: readonly [RegExp, readonly number[]][] = [
  [/^4/, [16, 19, 13]],
  [/^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, [16]],
  [/^220[0-4]/, [16, 17, 18, 19]],
  [/^3[47]/, [15]],
  [/^(?:6011|65|64[4-9])/, [16]],
  [/^62/, [16, 19]],
  [/^35(?:2[89]|[3-8])/, [16]],
  [/^3(?:0[0-5]|[68])/, [14]],
];

function card(line: Line, start: number, numeral: Numeral): number | null {
  const { digits, groups } = numeral;
  if (digits.length < 13 || (groups.length > 1 && (groups[0] as string).length !== 4)) return null;
  for (const [beginning, lengths] of networks) {
    if (!beginning.test(digits)) continue;
    for (const length of lengths) {
      const end = endAfter(numeral, length);
      const number = digits.slice(0, length);
      if (end === null || !closes(line.text, end) || !luhn(number) || new Set(number).size < 2) continue;
      line.add(start, end, "card");
      return end;
    }
  }
  return null;
}

/** E.164 with its plus, or a Russian number as it is dialled (8 or 7, code, seven digits). */
function phone(line: Line, start: number, numeral: Numeral, plus: boolean): number | null {
  const { text } = line;
  const { digits, groups } = numeral;
  const from = plus ? start - 1 : start;
  if (plus && (classAt(text, from - 1) & WORD) !== 0) return null;
  const lengths = plus ? (digits[0] === "7" ? [11] : [12, 11, 13, 10]) : /^[78][3489]/.test(digits) ? [11] : [];
  for (const length of lengths) {
    const end = endAfter(numeral, length);
    if (end === null || !closes(text, end)) continue;
    // Without a plus: in groups as it is spoken, or a mobile number in one run.
    const spoken = groups.length >= 3 && groups[0]?.length === 1 && groups[1]?.length === 3;
    if (!plus && !spoken && !(groups[0]?.length === 11 && digits[1] === "9")) continue;
    line.add(from, end, "phone");
    return end;
  }
  return null;
}

const NEAR = 32;

/** Numbers of Russian papers: in a shape of their own, or behind the word for them. */
function russian(line: Line, start: number, numeral: Numeral): number | null {
  const { text } = line;
  const { digits, groups } = numeral;
  const shape = groups.map((group) => group.length).join(" ");
  const near = text.slice(Math.max(0, start - NEAR), start).toLowerCase();
  const found = (length: number, kind: "snils" | "inn" | "ru-passport", proven: boolean): number | null => {
    const end = endAfter(numeral, length);
    if (!proven || end === null || !closes(text, end)) return null;
    line.add(start, end, kind);
    return end;
  };
  const isSnils = /^3 3 3 2(?: |$)/.test(shape) || /снилс|snils/.test(near);
  const isInn = /(?:^|[^a-zа-яё])(?:инн|inn)(?:[^a-zа-яё]|$)/.test(near);
  const isPassport = /паспорт|passport|серия/.test(near) && /^(?:2 2 6|4 6|10)(?: |$)/.test(shape);
  return (
    (isSnils ? found(11, "snils", snils(digits.slice(0, 11))) : null) ??
    (isInn ? found(12, "inn", inn(digits.slice(0, 12))) : null) ??
    (isInn ? found(10, "inn", inn(digits.slice(0, 10))) : null) ??
    (isPassport ? found(10, "ru-passport", true) : null)
  );
}
