/** The ways in which programs write a text into their output. Each is a pure function; none knows about masking. */

const HEX_LOWER = "0123456789abcdef";
const HEX_UPPER = "0123456789ABCDEF";
const BASE64 = Buffer.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", "latin1");

export function hex(value: Uint8Array, upper: boolean): Uint8Array {
  const digits = upper ? HEX_UPPER : HEX_LOWER;
  const out = new Uint8Array(value.length * 2);
  for (let i = 0; i < value.length; i++) {
    const byte = value[i] as number;
    out[2 * i] = digits.charCodeAt(byte >>> 4);
    out[2 * i + 1] = digits.charCodeAt(byte & 15);
  }
  return out;
}

/** Base64 digits of a value that stands `shift` bytes after a multiple of three. */
export interface Base64Core {
  /** The digits that the value alone decides. */
  digits: Uint8Array;
  /** The digit before them holds some bits of the value too. */
  partialHead: boolean;
  /** The digit after them holds some bits of the value too; up to so many `=` may follow it. */
  partialTail: 0 | 1 | 2;
}

/** RFC 4648. `shift` is the number of foreign bytes before the value, modulo three. */
export function base64Core(value: Uint8Array, shift: 0 | 1 | 2): Base64Core {
  const firstBit = shift * 8;
  const lastBit = firstBit + value.length * 8;
  const from = Math.ceil(firstBit / 6);
  const to = Math.floor(lastBit / 6);
  const digits = new Uint8Array(Math.max(0, to - from));
  for (let d = from; d < to; d++) {
    const bit = d * 6 - firstBit;
    const at = bit >>> 3;
    const pair = ((value[at] as number) << 8) | (value[at + 1] ?? 0);
    digits[d - from] = BASE64[(pair >>> (10 - (bit & 7))) & 63] as number;
  }
  const rest = (shift + value.length) % 3;
  return { digits, partialHead: shift !== 0, partialTail: rest === 0 ? 0 : rest === 1 ? 2 : 1 };
}

/** The URL-safe alphabet of RFC 4648 §5. */
export function urlSafe(digits: Uint8Array): Uint8Array {
  return digits.map((d) => (d === 0x2b ? 0x2d : d === 0x2f ? 0x5f : d));
}

/** RFC 3986 percent-encoding of every byte but letters, digits, `-._` and `keep` (`~` is encoded by some). */
export function percent(value: Uint8Array, keep: string, upper: boolean, plusForSpace: boolean): string {
  const digits = upper ? HEX_UPPER : HEX_LOWER;
  let out = "";
  for (const byte of value) {
    const char = String.fromCharCode(byte);
    if (/[A-Za-z0-9._-]/.test(char) || keep.includes(char)) out += char;
    else if (plusForSpace && byte === 0x20) out += "+";
    else out += `%${digits[byte >>> 4]}${digits[byte & 15]}`;
  }
  return out;
}

function unicodeEscape(text: string, pick: RegExp, upper: boolean): string {
  return text.replace(pick, (char) => {
    const code = char.charCodeAt(0).toString(16).padStart(4, "0");
    return `\\u${upper ? code.toUpperCase() : code}`;
  });
}

const json = (text: string): string => JSON.stringify(text).slice(1, -1);

/**
 * The strings that JSON writers make of one text: JavaScript and Go's own; PHP (`\/`); Python (ASCII only); Go and Ruby
 * for HTML (`\u003c`); Gson (`=` and `'` too); .NET (quotes, plus, back-quote, upper case); and a JSON text inside another.
 */
export function jsonForms(text: string): string[] {
  const plain = json(text);
  const slashed = plain.replaceAll("/", "\\/");
  const nonAscii = /[\u007f-\uffff]/g;
  const dotNet = plain.replaceAll('\\"', "\\u0022");
  return [
    plain,
    slashed,
    unicodeEscape(plain, nonAscii, false),
    unicodeEscape(plain, nonAscii, true),
    unicodeEscape(slashed, nonAscii, false),
    unicodeEscape(plain, /[<>&\u2028\u2029]/g, false),
    unicodeEscape(plain, /[<>&='\u2028\u2029]/g, false),
    unicodeEscape(dotNet, /[<>&+'`\u007f-\uffff]/g, true),
    json(plain),
    json(slashed),
  ];
}

/** YAML single-quoted, POSIX single-quoted (two customs), double-quoted, back-slashed, and Python's `repr`. */
export function quotedForms(text: string): string[] {
  return [
    text.replaceAll("'", "''"),
    text.replaceAll("'", "'\\''"),
    text.replaceAll("'", `'"'"'`),
    text.replace(/[\\"$`]/g, "\\$&"),
    text.replace(/[^A-Za-z0-9_./:=@%+,\-\u0080-\uffff]/g, "\\$&"),
    text.replaceAll("\\", "\\\\"),
    text.replace(/[\\']/g, "\\$&"),
  ];
}

/** Entity forms of HTML and XML writers: names, decimal and hexadecimal numbers. */
export function htmlForms(text: string): string[] {
  const base = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const quotes: [string, string][] = [
    ["&quot;", "'"],
    ["&quot;", "&#39;"],
    ["&quot;", "&#x27;"],
    ["&quot;", "&#039;"],
    ["&quot;", "&apos;"],
    ["&#34;", "&#39;"],
  ];
  const numeric = text.replace(/[&<>"'`=/]/g, (char) => `&#${char.charCodeAt(0)};`);
  return [base, ...quotes.map(([double, single]) => base.replaceAll('"', double).replaceAll("'", single)), numeric];
}
