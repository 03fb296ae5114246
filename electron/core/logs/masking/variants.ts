import { base64Core, hex, htmlForms, jsonForms, percent, quotedForms, urlSafe } from "./encoders.ts";
import { MIN_BYTES, trimmed, weaknessOf } from "./weak.ts";

/** One way in which a value may show up in a byte stream. */
export interface Variant {
  /** `raw`, `line`, `base64`, `base64url`, `hex`, `url`, `json`, `quoted`, `html`, `utf16`. */
  encoding: string;
  bytes: Uint8Array;
  /** A base64 digit right before belongs to the value in part, so it goes too. */
  head: boolean;
  /** Of what follows: 0 nothing, 1 one base64 digit and at most one `=`, 2 one digit and at most two `=`. */
  tail: 0 | 1 | 2;
}

/** Lines of one value that are looked for singly; a value with more is looked for as a whole only beyond them. */
const MAX_LINES = 4096;
const MIN_LINE = 8;
const LINE_FEED = 0x0a;

/**
 * All forms of `value`, no two alike, plainest first. White space around the value is dropped. Of a PEM only the body counts, since its armour is the same for everyone. Forms under six bytes
 * are left out unless `forced`.
 */
export function variantsOf(value: Uint8Array, forced = false): Variant[] {
  const whole = trimmed(value);
  const forms = new Forms(forced ? 1 : MIN_BYTES);
  if (whole.length === 0) return [];
  const text = isPlain(whole) ? null : decodeUtf8(whole);
  const core = text === null ? null : (pemBody(text) ?? text);
  if (core === null) forms.add("raw", whole);
  else if (/[\r\n]/.test(core)) addLines(forms, core);
  else forms.add("raw", Buffer.from(core));
  addBinary(forms, whole);
  // A file is encoded with its last line feed.
  if (whole.length < value.length) addBinary(forms, value);
  if (core !== null) {
    addPercent(forms, Buffer.from(core));
    addText(forms, core);
    addWide(forms, core);
  } else if (isPlain(whole)) addWide(forms, Buffer.from(whole).toString("latin1"));
  else addPercent(forms, whole);
  return forms.list;
}

class Forms {
  readonly list: Variant[] = [];
  readonly #min: number;
  readonly #seen = new Set<string>();

  constructor(min: number) {
    this.#min = min;
  }

  add(encoding: string, bytes: Uint8Array, head = false, tail: 0 | 1 | 2 = 0): void {
    if (bytes.length < this.#min) return;
    const key = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    this.list.push({ encoding, bytes, head, tail });
  }

  text(encoding: string, texts: readonly string[]): void {
    for (const text of texts) this.add(encoding, Buffer.from(text));
  }
}

function addBinary(forms: Forms, value: Uint8Array): void {
  for (const shift of [0, 1, 2] as const) {
    const { digits, partialHead, partialTail } = base64Core(value, shift);
    forms.add("base64", digits, partialHead, partialTail);
    forms.add("base64url", urlSafe(digits), partialHead, partialTail);
  }
  forms.add("hex", hex(value, false));
  forms.add("hex", hex(value, true));
}

function addPercent(forms: Forms, value: Uint8Array): void {
  // Strict, JavaScript's encodeURIComponent, Python's quote, and what URL parsers leave alone in a path or a query.
  for (const keep of ["~", "~!'()*", "~/", "~/!$&'()*+,;=:@", "~/?:@!$&'()*+,;=#", "*", ""]) {
    for (const upper of [true, false]) {
      forms.text("url", [percent(value, keep, upper, false), percent(value, keep, upper, true)]);
    }
  }
  // A URL inside a URL.
  for (const keep of ["~", "~!'()*"]) {
    forms.text("url", [percent(Buffer.from(percent(value, keep, true, false)), keep, true, false)]);
  }
}

function addText(forms: Forms, text: string): void {
  forms.text("json", jsonForms(text));
  forms.text("quoted", quotedForms(text));
  forms.text("html", htmlForms(text));
}

/** UTF-16 in both byte orders, line by line: what programs of Windows and of .NET print when nobody told them otherwise. */
function addWide(forms: Forms, core: string): void {
  const lines = core.split(/\r\n|\r|\n/);
  for (const line of lines.slice(0, MAX_LINES)) {
    const text = line.trim();
    if (lines.length > 1 && (text.length < MIN_LINE || weaknessOf(Buffer.from(text)) !== null)) continue;
    const little = Buffer.from(text, "utf16le");
    // A letter with the byte of a line feed in it (U+010A, U+0A05) would make this a form over lines, which hold others up.
    if (little.includes(LINE_FEED)) continue;
    forms.add("utf16", little);
    forms.add("utf16", Buffer.from(little).swap16());
  }
}

function addLines(forms: Forms, core: string): void {
  const lines = core.split(/\r\n|\r|\n/);
  forms.text("raw", [lines.join("\n"), lines.join("\r\n")]);
  forms.text("joined", [lines.map((line) => line.trim()).join("")]);
  for (const line of lines.slice(0, MAX_LINES)) {
    const bytes = Buffer.from(line.trim());
    if (bytes.length < MIN_LINE || weaknessOf(bytes) !== null) continue;
    forms.add("line", bytes);
    forms.text(
      "line",
      jsonForms(line.trim()).filter((form) => form !== line.trim()),
    );
  }
}

/** The lines between the armour of a PEM (RFC 7468), or `null` when `text` is none. */
function pemBody(text: string): string | null {
  const match = /^-----BEGIN [^\r\n]+-----\r?\n([\s\S]+?)\r?\n-----END [^\r\n]+-----$/.exec(text);
  return match?.[1] ?? null;
}

/** Letters, digits and `-._` only: no text form differs from the value, so none need be made as a string. */
function isPlain(value: Uint8Array): boolean {
  for (const b of value) {
    const plain =
      (b >= 0x30 && b <= 0x39) ||
      (b >= 0x41 && b <= 0x5a) ||
      (b >= 0x61 && b <= 0x7a) ||
      b === 0x2d ||
      b === 0x2e ||
      b === 0x5f;
    if (!plain) return false;
  }
  return true;
}

function decodeUtf8(value: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(value);
  } catch {
    return null;
  }
}
