import { randomBytes } from "node:crypto";
import { formsOf } from "./traces.ts";

export interface Canary {
  name: string;
  value: string;
}

const token = (bytes: number) => randomBytes(bytes).toString("base64url");

/** Ten random secrets of the kinds that people have: tokens, passwords with every quote, a URL, several lines, a PEM. */
export function makeCanaries(): Canary[] {
  const body = Array.from({ length: 4 }, () => randomBytes(48).toString("base64"));
  const pem = ["-----BEGIN PRIVATE KEY-----", ...body, "-----END PRIVATE KEY-----"].join("\n");
  return [
    { name: "PLAIN_TOKEN", value: token(24) },
    { name: "HEX_TOKEN", value: randomBytes(20).toString("hex") },
    { name: "BASE64_KEY", value: `${randomBytes(31).toString("base64")}` },
    { name: "QUOTED", value: `${token(6)}'"&<${token(6)}>\`$\\/${token(3)}` },
    { name: "BLANKS", value: `${token(6)} ${token(6)} + ${token(6)}` },
    { name: "WIDE", value: `${token(6)}éß漢${token(6)}` },
    { name: "URL", value: `postgres://u:${token(12)}@db/x?a=${token(6)}&b=1` },
    { name: "SHORT", value: token(8) },
    { name: "LINES", value: [token(18), token(18), token(18)].join("\n") },
    { name: "PEM_KEY", value: pem },
  ];
}

const htmlNames: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const lowerPercent = (text: string) => text.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());

/**
 * What of a canary must not be seen: the forms of its whole, and each of its lines that tells something. Made without
 * the product's own encoders.
 */
export function canaryForms({ name, value }: Canary): Map<string, string> {
  const forms = new Map<string, string>();
  const add = (kind: string, text: string) => forms.set(`${name} ${kind}`, text);
  for (const [kind, text] of formsOf(value)) add(kind, text);
  add("percent, lower case", lowerPercent(encodeURIComponent(value)));
  add(
    "html",
    value.replace(/[&<>"']/g, (char) => htmlNames[char] ?? char),
  );
  add("quoted for a shell", value.replaceAll("'", `'\\''`));
  add("json with slashes", JSON.stringify(value).slice(1, -1).replaceAll("/", "\\/"));
  if (!value.includes("\n")) return forms;
  for (const [at, line] of value.split("\n").entries()) if (!line.startsWith("-----")) add(`line ${at}`, line);
  return forms;
}

/** The lines of a log that gives the canaries away in every way there is. None holds a line feed. */
export function canaryLines(canaries: readonly Canary[]): string[] {
  const lines: string[] = [];
  for (const canary of canaries) {
    const { name, value } = canary;
    for (const [kind, form] of printedForms(canary)) {
      lines.push(`INFO ${kind}: [${form}] end`, `${form}`, `{"level":"info","msg":${JSON.stringify(form)}}`);
      if (/^[\x21-\x7e]+$/.test(form)) lines.push(coloured(form));
    }
    // The engine cuts at 16 KiB: the value lies across the first cut, and again across the second.
    const [first = ""] = value.split("\n").filter((line) => !line.startsWith("-----"));
    const wide = 16_384 - Math.floor(Buffer.byteLength(first) / 2) - 20;
    const long = `${name} ${".".repeat(wide - name.length)}${first}${".".repeat(16_384 - Buffer.byteLength(first))}${first}`;
    lines.push(long.padEnd(40_000, "."));
  }
  return lines;
}

function printedForms(canary: Canary): [kind: string, form: string][] {
  const { name, value } = canary;
  const forms: [string, string][] = [];
  for (const [kind, form] of canaryForms(canary)) {
    // Of base64 the forms hold the middle alone; a program prints the whole.
    if (!form.includes("\n") && !kind.includes("base64")) forms.push([kind, form]);
  }
  for (const offset of [0, 1, 2]) {
    const whole = Buffer.concat([Buffer.alloc(offset, "x"), Buffer.from(value), Buffer.from("yy")]);
    forms.push([`${name} base64 at ${offset}`, whole.toString("base64")]);
    forms.push([`${name} base64url at ${offset}`, whole.toString("base64url")]);
  }
  return forms;
}

/** With codes for colours inside, as a highlighter prints it. */
function coloured(form: string): string {
  const [a, b] = [Math.floor(form.length / 3), Math.floor((2 * form.length) / 3)];
  return `\u001b[32m${form.slice(0, a)}\u001b[1;31m${form.slice(a, b)}\u001b[0m${form.slice(b)}\u001b[0m`;
}

export interface CanaryScan {
  /** The names of the forms in `bytes`. */
  look(bytes: Buffer): string[];
}

/**
 * Looks for many forms at once at some hundred MB/s, by a table of their first three bytes. A form is found as it is and
 * inside a JSON text.
 */
export function createScan(forms: ReadonlyMap<string, string>): CanaryScan {
  const starts = new Uint8Array(1 << 24);
  const byStart = new Map<number, { name: string; bytes: Buffer }[]>();
  for (const [name, form] of forms) {
    for (const text of new Set([form, JSON.stringify(form).slice(1, -1)])) {
      const bytes = Buffer.from(text);
      if (bytes.length < 6) throw new Error(`too short to be looked for: ${name}`);
      const start = bytes.readUIntBE(0, 3);
      starts[start] = 1;
      byStart.set(start, [...(byStart.get(start) ?? []), { name, bytes }]);
    }
  }
  return {
    look(bytes) {
      const found = new Set<string>();
      let last = 0;
      for (let at = 0; at < bytes.length; at++) {
        last = ((last << 8) | (bytes[at] as number)) & 0xffffff;
        if (at < 2 || starts[last] === 0) continue;
        for (const form of byStart.get(last) ?? []) {
          const from = at - 2;
          if (bytes.subarray(from, from + form.bytes.length).equals(form.bytes)) found.add(form.name);
        }
      }
      return [...found];
    },
  };
}
