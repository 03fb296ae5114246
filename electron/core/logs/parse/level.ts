import type { LogLevel } from "../../../contract/logs.ts";

const words = new Map<string, LogLevel>();
for (const word of ["trace", "debug", "verbose", "fine", "d", "10", "20"]) words.set(word, "debug");
for (const word of ["info", "information", "notice", "log", "i", "30"]) words.set(word, "info");
for (const word of ["warn", "warning", "w", "40"]) words.set(word, "warn");
for (const word of ["error", "err", "critical", "crit", "fatal", "alert", "emerg", "emergency"])
  words.set(word, "error");
for (const word of ["panic", "severe", "e", "f", "50", "60"]) words.set(word, "error");

/** A level is looked for at the head of a line: further on it is somebody's text. */
const HEAD = 160;
const HEAD_OF_JSON = 4096;
const inJson = /"(?:level|levelname|severity|log\.level|lvl)"\s*:\s*(?:"([A-Za-z]{1,12})"|(\d{2}))/;
const levelWords = [
  ...["TRACE", "DEBUG", "INFO", "NOTICE", "WARN", "WARNING", "ERROR", "ERR"],
  ...["CRITICAL", "CRIT", "FATAL", "ALERT", "EMERG", "PANIC", "SEVERE"],
];
const upperWord = new RegExp(`\\b(${levelWords.join("|")})\\b(?![A-Za-z_-])`);
const bracketed = /\[\s*(trace|debug|info|notice|warn|warning|error|err|crit|critical|fatal|alert|emerg)\s*\]/i;
const assigned = /\b(?:level|lvl|severity)=["']?([A-Za-z]{1,12})\b/;
/** glog and klog: `W1122 10:00:00.000000`. */
const glog = /^([DIWEF])\d{4} \d\d:\d\d:\d\d/;
/** The last line of a Python traceback: `pkg.mod.SomeError: text`. */
const exception = /^(?:[A-Za-z_][\w.]*\.)?[A-Z]\w*(?:Error|Exception|Interrupt|Exit)(?::|$)/;

const none: readonly Uint8Array[] = [];
const wordsByLetter: Uint8Array[][] = Array.from({ length: 128 }, () => []);
for (const word of levelWords) wordsByLetter[word.charCodeAt(0)]?.push(Buffer.from(word));

const OPENING_BRACE = 0x7b;
/** Classes of bytes. `AFTER`: what must not follow a level. */
const BEFORE = 1;
const DIGIT = 2;
const LETTER = 4;
const WORD = 8;
const AFTER = 16;
const classes = new Uint8Array(256);
const mark = (chars: string, bits: number): void => {
  for (const byte of Buffer.from(chars)) classes[byte] = (classes[byte] as number) | bits;
};
mark("0123456789", BEFORE | DIGIT | WORD | AFTER);
mark("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_", LETTER | WORD | AFTER);
mark(" \t:.,+-/[]()|", BEFORE);
mark("-", AFTER);

/** A level that is the first word, behind a time and brackets at most. `T` and `Z` are parts of a time. */
const leading = new RegExp(
  `^(?:[\\d \\t:.,+\\-/[\\]()|]|(?<=\\d)[TZ](?![A-Za-z_]))*\\b(${levelWords.join("|")})\\b(?![A-Za-z_-])`,
);

/**
 * The level that a line says it has: a word in upper case that is the first word there is, JSON (`level`, `levelname`, `severity`; words or pino's numbers), uvicorn and Python
 * (`INFO:name:`), `[WARN]`, log4j, nginx, logfmt, glog, the start and the end of a Python traceback. `null` when it says
 * none.
 */
export function levelOf(line: string): LogLevel | null {
  const head = line.length > HEAD ? line.slice(0, HEAD) : line;
  const first = leading.exec(head)?.[1];
  if (first !== undefined) return ofUpperWord(first.charCodeAt(0));
  if (head.startsWith("{")) {
    const match = inJson.exec(line.length > HEAD_OF_JSON ? line.slice(0, HEAD_OF_JSON) : line);
    if (match !== null) return words.get((match[1] ?? match[2] ?? "").toLowerCase()) ?? null;
  }
  if (head.startsWith("Traceback (most recent call last)")) return "error";
  const match = hasAssigned(head) ? assigned.exec(head) : null;
  if (match !== null) return words.get((match[1] ?? "").toLowerCase()) ?? null;
  const at = head.search(upperWord);
  if (at >= 0) return ofUpperWord(head.charCodeAt(at));
  const rarer = bracketed.exec(head) ?? glog.exec(head);
  if (rarer !== null) return words.get((rarer[1] ?? "").toLowerCase()) ?? null;
  return exception.test(head) ? "error" : null;
}

/**
 * The same of a line of printable ASCII and tabs that stands in `bytes[start, end)`. Of most lines no text is made: their
 * first word tells.
 */
export function levelIn(bytes: Buffer, start: number, end: number): LogLevel | null {
  const limit = Math.min(end, start + HEAD);
  let at = start;
  while (at < limit && isBefore(bytes, at, start, limit)) at++;
  const begins = at === start || ((classes[bytes[at - 1] as number] as number) & WORD) === 0;
  const word = begins ? wordAt(bytes, at, limit) : 0;
  if (word !== 0) return ofUpperWord(word);
  const isJson = bytes[start] === OPENING_BRACE;
  return levelOf(bytes.toString("latin1", start, isJson ? Math.min(end, start + HEAD_OF_JSON) : limit));
}

/** As `leading` has it. */
function isBefore(bytes: Buffer, at: number, start: number, limit: number): boolean {
  const byte = bytes[at] as number;
  if (((classes[byte] as number) & BEFORE) !== 0) return true;
  if ((byte !== 0x54 && byte !== 0x5a) || at === start || ((classes[bytes[at - 1] as number] as number) & DIGIT) === 0)
    return false;
  return at + 1 === limit || ((classes[bytes[at + 1] as number] as number) & LETTER) === 0;
}

/** The first letter of the level that stands at `at`; 0 when none does. */
function wordAt(bytes: Buffer, at: number, limit: number): number {
  if (at >= limit) return 0;
  const first = bytes[at] as number;
  for (const word of wordsByLetter[first] ?? none) {
    const end = at + word.length;
    if (end > limit || (end < limit && ((classes[bytes[end] as number] as number) & AFTER) !== 0)) continue;
    let i = 1;
    while (i < word.length && bytes[at + i] === word[i]) i++;
    if (i === word.length) return first;
  }
  return 0;
}

/** One of the signs of equality stands where `assigned` would have it: most lines have none, and are spared a search. */
function hasAssigned(head: string): boolean {
  for (let at = head.indexOf("=", 3); at >= 0; at = head.indexOf("=", at + 1)) {
    const before = head.charCodeAt(at - 1);
    if (before === 0x6c || before === 0x79) return true;
  }
  return false;
}

/** By its first letter, which no two levels share. */
function ofUpperWord(letter: number): LogLevel {
  if (letter === 0x54 || letter === 0x44) return "debug";
  if (letter === 0x49 || letter === 0x4e) return "info";
  return letter === 0x57 ? "warn" : "error";
}
