/** `name = value`, where the name says secret and the value looks random. */
import { isDigest, isNumeric, isPlace, isPlaceholder, isUuid, isWords } from "./allow.ts";
import { classAt, classesIn, DASH, DIGIT, DOT, entropyOf, isHex, LETTER, LOWER, UPPER, WORD } from "./chars.ts";
import { afterSign } from "./contexts.ts";
import type { Line, Rule } from "./types.ts";

const MIN_VALUE = 10;
/** Longer ones are data. */
const MAX_VALUE = 1024;
/** The same as gitleaks' generic rule takes (bits a character). */
const MIN_ENTROPY = 3.5;
/** Hexadecimal digits have four bits at most, and a value of 32 of them rarely 3.5. */
const MIN_HEX_ENTROPY = 3;

type Noun = "password" | "token" | "key";

const nouns: readonly [Noun, readonly string[]][] = [
  ["password", ["password", "passwd", "passphrase", "pwd", "passw"]],
  ["token", ["token", "secret", "credential", "credentials", "apikey", "api_key", "api-key"]],
  ["key", ["key"]],
];

/** What a token or a key is of when it is no secret: places in lists, vocabularies of models, caches, tables. */
const harmless = new Set(
  (
    "next page continuation cursor max min num eos bos pad unk sep cls mask stop special prompt completion sync resume " +
    "start end first last new input output image total draft per cancellation public cache primary foreign partition " +
    "sort routing object s3 redis index idempotency group dict json lookup hash row column message event topic block " +
    "prefix shard bucket storage_object metric label translation i18n"
  ).split(" "),
);

/** Keys that open something. */
const opening =
  /(?:api|access|secret|private|auth|encryption|signing|master|license|shared|account|session|service|deploy|admin|app|client|hmac|aes|ssh|subscription)[_.-]?key$/i;

export const assignmentRules: readonly Rule[] = nouns.map(([noun, keywords]) => ({
  layer: "assignments",
  keywords,
  // Most places end here.
  ending: true,
  scan: (line, start, end) => scanAssignment(noun, line, start, end),
}));

function scanAssignment(noun: Noun, line: Line, start: number, end: number): void {
  const { text } = line;
  const at = afterSign(text, end) ?? flagValue(text, start, end);
  if (at === null) return;
  const name = nameBefore(text, end);
  if (name === null || !saysSecret(noun, name)) return;
  const to = line.runs.value(at);
  if (to === null || to - at < MIN_VALUE || to - at > MAX_VALUE) return;
  if (looksRandom(noun, name, text.slice(at, to), text[to])) line.add(at, to, "assignment");
}

/** `--token VALUE`: on a command line a blank is a sign. */
function flagValue(text: string, start: number, end: number): number | null {
  if (text[end] !== " ") return null;
  const word = text.slice(Math.max(0, start - 32), start);
  return /--[\w-]*$/.test(word) ? end + 1 : null;
}

/** The identifier that ends at `end`, or `null` when it belongs to something masked (`[secret:TOKEN]`). */
function nameBefore(text: string, end: number): string | null {
  let from = end;
  while (from > end - 48 && (classAt(text, from - 1) & (WORD | DOT | DASH)) !== 0) from--;
  const before = text[from - 1];
  return before === "[" || before === "]" ? null : text.slice(from, end);
}

function saysSecret(noun: Noun, name: string): boolean {
  if (noun === "password") return true;
  const words = name
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .split(/[_.-]/);
  return !harmless.has(words.at(-2) ?? "");
}

function looksRandom(noun: Noun, name: string, value: string, next: string | undefined): boolean {
  // A call or an index: code, not a value.
  if (next === "(" || next === "[") return false;
  if (isPlaceholder(value) || isNumeric(value) || isUuid(value) || isDigest(value) || isPlace(value)) return false;
  if (isWords(value, noun !== "password")) return false;
  const seen = classesIn(value);
  if ((seen & DIGIT) === 0 && ((seen & LOWER) === 0 || (seen & UPPER) === 0)) return false;
  if (noun === "key" && !keyOpens(name, value, seen)) return false;
  if (isHex(value)) return value.length >= 32 && entropyOf(value) >= MIN_HEX_ENTROPY;
  return entropyOf(value) >= MIN_ENTROPY;
}

/** A key is more often one of a table than one of a door. */
function keyOpens(name: string, value: string, seen: number): boolean {
  if (opening.test(name) || /^[A-Z0-9_]{2,}_KEY$/.test(name)) return true;
  const every = LETTER | DIGIT;
  return value.length >= 24 && value.length <= 128 && (seen & every) === every && !/[./:]/.test(value) && !isHex(value);
}
