import { ALNUM, classAt, classesIn, DASH, DIGIT, DOT, isHex, isMonotonous, LOWER, UPPER } from "./chars.ts";

/** Parts of values that people write where a secret would stand. */
const stopWords =
  /example|placeholder|changeme|change_me|change-me|dummy|redacted|undefined|your[_-]|sample|xxxxx|\*\*\*|12345678|abcdefgh|<\/|\.\.\./i;

/** What stands for a value without being one: `${VAR}`, `{{x}}`, `%(x)s`, `<token>`, `[secret:NAME]`, `****`. */
export function isReference(value: string): boolean {
  return value === "" || "$%{<[*@".includes(value[0] as string) || isMonotonous(value, 2);
}

/** A reference, or a text that is there to be replaced. */
export function isPlaceholder(value: string): boolean {
  return isReference(value) || stopWords.test(value.slice(0, 256));
}

/** The body of an issued token that was typed by hand: `xxxx…`, `…EXAMPLE`. */
export function isSampleBody(body: string): boolean {
  return isMonotonous(body, 6) || /EXAMPLE|x{5}|\.\.\./i.test(body.slice(0, 256));
}

/** RFC 9562: a UUID names something; it is no secret by itself. */
export function isUuid(value: string): boolean {
  return (
    value.length === 36 &&
    [8, 13, 18, 23].every((at) => value[at] === "-") &&
    [
      [0, 8],
      [9, 13],
      [14, 18],
      [19, 23],
      [24, 36],
    ].every(([from, to]) => isHex(value, from, to))
  );
}

/** `sha256:…` and its like. */
export function isDigest(value: string): boolean {
  return /^(?:sha\d{1,3}|md5|blake\w{1,3})[:-]/i.test(value);
}

/** Numbers, dates, addresses, versions: no letters but those of hexadecimal times and `T`, `Z`, `v`. */
export function isNumeric(value: string): boolean {
  return /^[v+-]?[\d.:,+\-/_TZ]{1,64}$/.test(value);
}

/** An absolute or relative file, or a URL. */
export function isPlace(value: string): boolean {
  return /^(?:\.{0,2}\/|~\/|[a-z][a-z0-9+.-]{0,15}:\/\/|[A-Za-z]:\\)/.test(value);
}

/**
 * Made of words, as names of models, modules, regions and files are: between `-_./:` and the like, letters of one case (or
 * capitalised). `digits`: a part may hold a few digits too (`us-east-1a`, `ada-002`).
 */
export function isWords(value: string, digits: boolean): boolean {
  if ((classesIn(value) & ~(ALNUM | DASH | DOT | 8 | 64 | 128 | 256)) !== 0) return false;
  return value
    .slice(0, 256)
    .split(/[^A-Za-z0-9]+/)
    .every((part) => isWord(part, digits));
}

function isWord(part: string, digits: boolean): boolean {
  let changes = 0;
  let count = 0;
  let inside = 0;
  for (let i = 0; i < part.length; i++) {
    const kind = classAt(part, i);
    if (i > 0 && (kind & DIGIT) !== (classAt(part, i - 1) & DIGIT)) changes++;
    if ((kind & DIGIT) !== 0) count++;
    // `aB`: a hump. Names in code have some, and each begins a word of its own.
    if (i > 0 && (kind & UPPER) !== 0 && (classAt(part, i - 1) & LOWER) !== 0) inside++;
  }
  if (count > 0 && (!digits || count > 4 || changes > 2 || inside > 0 || part.length > 20)) return false;
  return inside * 6 <= part.length;
}
