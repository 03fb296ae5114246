/** Private keys in their armour (RFC 7468), which run over many lines of a log. */
import { BASE64, classAt, classesIn } from "./chars.ts";
import type { Line, Rule } from "./types.ts";

const END = "-----END";
/** Lines of a block that never ends; a key of 16,384 bits has some 200. */
const MAX_LINES = 400;
/** Lines in a row that belong to somebody else before the block is given up. */
const MAX_STRANGE = 6;
const MIN_BODY = 40;

/** What a stream remembers between its lines: the block that is open, if one is. */
export interface PemBlock {
  /** Where the armour began in its line: what stood before it is before each line of the body. */
  column: number;
  lines: number;
  strange: number;
}

export const pemRule: Rule = {
  layer: "providers",
  keywords: ["private key-----", "private key block-----"],
  scan: (line, _start, end) => scanBegin(line, end),
};

function scanBegin(line: Line, end: number): void {
  const { text } = line;
  const before = text.slice(Math.max(0, end - 64), end);
  const begin = before.lastIndexOf("-----BEGIN ");
  if (begin < 0 || !/^-----BEGIN [A-Z0-9 ]+-----$/.test(before.slice(begin))) return;
  const start = end - before.length + begin;
  const close = line.nextEnd(end);
  if (close >= 0) {
    const dashes = text.slice(close + 5, close + 64).indexOf("-----");
    line.add(start, dashes < 0 ? text.length : close + 10 + dashes, "private-key");
    return;
  }
  // In one line with escaped line feeds, and cut; or the first line of many.
  let to = line.runs.end(BASE64, end);
  while (to < text.length && isEscape(text, to)) to = line.runs.end(BASE64, to + 1);
  line.add(start, to, "private-key");
  if (text.slice(to, to + 64).trim() === "") line.open(start);
}

const isEscape = (text: string, at: number) =>
  text[at] === " " || (text[at] === "\\" && (text[at + 1] === "n" || text[at + 1] === "r"));

/** Replaces what the next line of an open block holds of it. `null` when the block is over. */
export function scanPemLine(line: Line, block: PemBlock): PemBlock | null {
  const { text } = line;
  const end = text.indexOf(END);
  const to = end < 0 ? text.length : end;
  const found = bodyRuns(line, to) || ownLine(line, block.column, to);
  if (end >= 0) return null;
  const strange = found || isHeader(text, block.column) ? 0 : block.strange + 1;
  const lines = block.lines + 1;
  return lines > MAX_LINES || strange > MAX_STRANGE ? null : { column: block.column, lines, strange };
}

function bodyRuns(line: Line, to: number): boolean {
  let found = false;
  for (let at = 0; at < to; at++) {
    if ((classAt(line.text, at) & BASE64) === 0) continue;
    const end = Math.min(line.runs.end(BASE64, at), to);
    if (end - at >= MIN_BODY) {
      line.add(at, end, "private-key");
      found = true;
    }
    at = end;
  }
  return found;
}

/** The last line of a body is short: it is told by standing alone where the body stands. */
function ownLine(line: Line, column: number, to: number): boolean {
  const part = line.text.slice(column, Math.min(to, column + 256));
  const body = part.trim();
  if (body === "" || (classesIn(body) & ~BASE64) !== 0) return false;
  const start = column + part.indexOf(body);
  line.add(start, start + body.length, "private-key");
  return true;
}

function isHeader(text: string, column: number): boolean {
  const rest = text.slice(column, column + 64).trim();
  return rest === "" || /^[A-Z][A-Za-z-]{2,30}: /.test(rest);
}
