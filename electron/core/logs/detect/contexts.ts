/** Secrets that have no shape of their own, and are known by what stands before them. */
import { isPlaceholder, isReference, isSampleBody } from "./allow.ts";
import {
  BASE64,
  classAt,
  classesIn,
  DASH,
  DIGIT,
  isHex,
  LETTER,
  LOWER,
  startsHere,
  TOKEN,
  TOKEN68,
  UPPER,
  WORD,
} from "./chars.ts";
import type { DetectorKind, Line, Rule } from "./types.ts";

const rule = (keywords: readonly string[], scan: Rule["scan"]): Rule => ({ layer: "providers", keywords, scan });

export const contextRules: readonly Rule[] = [
  rule(["eyj"], scanJwt),
  rule(["token="], scanJupyter),
  rule(["://"], scanUrl),
  rule(["authorization"], scanAuthorization),
  rule(["bearer "], scanBearer),
  rule(
    [
      "x-api-key",
      "x-auth-token",
      "x-vault-token",
      "private-token",
      "x-goog-api-key",
      "ocp-apim-subscription-key",
      "x-amz-security-token",
      "x-consul-token",
    ],
    (line, _start, end) => valueAfter(line, end, TOKEN68, 8, "api-key", (value) => hasDigit(value) || isMixed(value)),
  ),
  rule([" -u ", "--user ", "--user="], scanCurl),
  rule(["auth"], scanDockerAuth),
  rule(["_authtoken"], (line, _start, end) => valueAfter(line, end, TOKEN68, 16, "npm", hasDigit)),
  rule(["secret_access_key", "secretaccesskey", "secret-access-key"], (line, _start, end) =>
    valueAfter(line, end, BASE64, 40, "aws", (value) => value.length === 40 && hasDigit(value)),
  ),
  rule(["session_token", "sessiontoken", "security-token"], (line, _start, end) =>
    valueAfter(line, end, BASE64, 100, "aws", isMixed),
  ),
  rule(["x-amz-signature="], scanSignature),
  rule(["accountkey=", "sharedaccesskey="], (line, _start, end) =>
    valueAfter(line, end - 1, BASE64, 40, "azure", isMixed),
  ),
  rule(["hooks.slack.com/"], scanSlackHook),
  rule([":aa"], scanTelegram),
];

const hasDigit = (value: string) => (classesIn(value) & DIGIT) !== 0;
const isMixed = (value: string) => {
  const seen = classesIn(value);
  return (seen & UPPER) !== 0 && (seen & LOWER) !== 0;
};

/**
 * Over what may stand between a name and its value: quotes (escaped ones too), a bracket, blanks, one sign. `null` when no
 * `=` or `:` is among it. At most a dozen characters.
 */
export function afterSign(text: string, from: number): number | null {
  let signed = false;
  for (let at = from; at < from + 12; at++) {
    const char = text[at];
    if (char === "=" || char === ":" || (char === ">" && signed)) signed = true;
    else if (char === undefined || !" \"'`\\]".includes(char)) return signed ? at : null;
  }
  return null;
}

/** Replaces a run of `set` behind a sign, if it has at least `min` characters and `check` agrees. */
function valueAfter(
  line: Line,
  from: number,
  set: number,
  min: number,
  kind: DetectorKind,
  check: (value: string) => boolean,
): void {
  const at = afterSign(line.text, from);
  if (at === null) return;
  const to = line.runs.judged(set, at);
  if (to === null) return;
  const value = line.text.slice(at, Math.min(to, at + 1025));
  if (value.length < min || isReference(value) || isSampleBody(value) || !check(value)) return;
  line.add(at, to, kind);
}

/** RFC 7519: two or four dots, and a header that is JSON with an algorithm. */
function scanJwt(line: Line, start: number): void {
  const { text, runs } = line;
  if (!text.startsWith("eyJ", start)) return;
  const before = classAt(text, start - 1);
  if ((before & DASH) !== 0 || !startsHere(text, start)) return;
  const header = runs.end(TOKEN, start);
  if (header - start < 12 || header - start > 4096 || text[header] !== ".") return;
  let to = runs.end(TOKEN, header + 1);
  if (to - header < 8 || text[to] !== ".") return;
  for (let parts = 2; parts < 5 && text[to] === "."; parts++) to = runs.end(TOKEN, to + 1);
  const decoded = Buffer.from(text.slice(start, header), "base64url").toString("latin1");
  if (/^\{\s*"/.test(decoded) && /"(?:alg|enc)"\s*:/.test(decoded)) line.add(start, to, "jwt");
}

/** Jupyter's own token: 48 hexadecimal digits. */
function scanJupyter(line: Line, _start: number, end: number): void {
  const to = line.runs.end(WORD, end);
  if (to - end === 48 && isHex(line.text, end, to)) line.add(end, to, "jupyter");
}

function standsFor(text: string, colon: number): boolean {
  return text.endsWith("[detected", colon) || text.endsWith("[secret", colon);
}

/** RFC 3986 section 3.2.1: `user:password@`. The last `@` before the path ends it: passwords hold some, unescaped. */
function scanUrl(line: Line, _start: number, end: number): void {
  const { text } = line;
  let colon = -1;
  let sign = -1;
  for (let at = end; at < end + 1024 && at < text.length; at++) {
    const char = text[at] as string;
    if (" \t\"'<>/?#\\`".includes(char)) break;
    // The colon of a name that stands for something already is none between a user and a password.
    if (char === ":" && colon < 0 && !standsFor(text, at)) colon = at;
    if (char === "@") sign = at;
  }
  if (colon < 0 || sign < colon + 2) return;
  const password = text.slice(colon + 1, sign);
  if (isReference(password) || /^(?:password|pass|pwd|secret|x+)$/i.test(password)) return;
  line.add(colon + 1, sign, "url-password");
}

const schemes = /^(?:basic|bearer|token|apikey|api-key|negotiate|digest|bot|oauth|ghapikey|splunk|sso-key)$/i;

/** `Authorization: SCHEME CREDENTIALS`, in a header, a dump of headers or JSON. */
function scanAuthorization(line: Line, _start: number, end: number): void {
  const { text, runs } = line;
  let at = afterSign(text, end);
  if (at === null) return;
  const word = runs.end(TOKEN, at);
  if (word - at <= 12 && text[word] === " " && schemes.test(text.slice(at, word))) {
    at = word;
    while (text[at] === " " && at < word + 4) at++;
    const to = runs.judged(TOKEN68, at);
    const value = to === null ? "" : text.slice(at, Math.min(to, at + 512));
    if (
      to !== null &&
      value.length >= 6 &&
      !isPlaceholder(value) &&
      (hasDigit(value) || isMixed(value) || value.length >= 20)
    ) {
      line.add(at, to, "authorization");
    }
    return;
  }
  valueAfter(line, end, TOKEN68, 16, "authorization", (value) => hasDigit(value) && (classesIn(value) & LETTER) !== 0);
}

/** `Bearer TOKEN` anywhere: RFC 6750. */
function scanBearer(line: Line, start: number, end: number): void {
  if (!startsHere(line.text, start)) return;
  const to = line.runs.judged(TOKEN68, end);
  if (to === null) return;
  const value = line.text.slice(end, Math.min(to, end + 512));
  if (value.length < 20 || isPlaceholder(value) || isSampleBody(value)) return;
  if (hasDigit(value) && (classesIn(value) & LETTER) !== 0) line.add(end, to, "authorization");
}

const BLANK_OR_QUOTE = " \t\"'";

/** `curl … -u user:password`; the program must have been named before. */
function scanCurl(line: Line, start: number, end: number): void {
  const { text } = line;
  // The nearest name counts, and only near ones: that bounds the look back.
  if (!text.slice(Math.max(0, start - 400), start).includes("curl")) return;
  let at = end;
  if (text[at] === '"' || text[at] === "'") at++;
  let colon = -1;
  let to = at;
  while (to < text.length && to < at + 512 && !BLANK_OR_QUOTE.includes(text[to] as string)) {
    if (text[to] === ":" && colon < 0) colon = to;
    to++;
  }
  if (colon < 0 || to - colon < 3 || isReference(text.slice(colon + 1, to))) return;
  line.add(colon + 1, to, "curl");
}

/** `"auth": "BASE64 of user:password"` of Docker's configuration. */
function scanDockerAuth(line: Line, _start: number, end: number): void {
  const { text } = line;
  if (text[end] !== '"' && !(text[end] === "\\" && text[end + 1] === '"')) return;
  valueAfter(line, end, BASE64, 8, "docker", (value) => {
    if (value.length > 1024 || value.length % 4 !== 0) return false;
    const decoded = Buffer.from(value, "base64").toString("latin1");
    return /^[\x21-\x7e]+:[\x20-\x7e]+$/.test(decoded);
  });
}

/** The signature of a presigned URL of AWS. */
function scanSignature(line: Line, _start: number, end: number): void {
  const to = line.runs.end(WORD, end);
  if (to - end === 64 && isHex(line.text, end, to)) line.add(end, to, "aws");
}

/** The address of a webhook is all that is needed to use it. */
function scanSlackHook(line: Line, _start: number, end: number): void {
  const { text } = line;
  if (!/^(?:services|workflows|triggers)\//.test(text.slice(end, end + 10))) return;
  const from = text.indexOf("/", end) + 1;
  const to = line.runs.end(TOKEN | 64, from);
  if (to - from >= 24 && hasDigit(text.slice(from, Math.min(to, from + 256)))) line.add(from, to, "slack");
}

/** A bot's token: its number, a colon, 35 characters of which the first two are `AA`. */
function scanTelegram(line: Line, start: number, end: number): void {
  const { text } = line;
  if (!text.startsWith(":AA", start)) return;
  let from = start;
  while (from > start - 11 && (classAt(text, from - 1) & DIGIT) !== 0) from--;
  const to = line.runs.end(TOKEN, end);
  if (start - from < 8 || start - from > 10 || to - end !== 33) return;
  line.add(from, to, "telegram");
}
