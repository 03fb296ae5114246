import { FileError } from "./files.ts";
import { complain, print, readInput } from "./io.ts";
import type { Call, Program } from "./run.ts";

/** The programs that look for something in text and change it. */
export const textTools: [name: string, program: Program][] = [
  ["grep", grep],
  ["sed", sed],
  ["tr", tr],
  ["cut", cut],
];

const maxPattern = 500;

/** A POSIX expression, basic or extended (IEEE Std 1003.1, 9.3 and 9.4), as this runtime writes it. */
function expressionOf(text: string, extended: boolean, flags = ""): RegExp | null {
  if (text.length > maxPattern) return null;
  const swapped = extended
    ? text
    : text.replaceAll(/\\?[(){}|+?]|\\.|\[[^\]]*\]/g, (piece) => {
        if (/^\\[(){}|+?]$/.test(piece)) return piece.slice(1);
        return /^[(){}|+?]$/.test(piece) ? `\\${piece}` : piece;
      });
  try {
    return new RegExp(swapped, flags);
  } catch {
    return null;
  }
}

/** Letters of all options that come before the first other word, and the words after them. */
function split(argv: readonly string[]): { flags: string; rest: string[] } {
  const first = argv.findIndex((word, index) => index > 0 && !/^-[A-Za-z]+$/.test(word));
  const at = first < 0 ? argv.length : first;
  return { flags: argv.slice(1, at).join("").replaceAll("-", ""), rest: argv.slice(at) };
}

async function grep(call: Call): Promise<number> {
  const { flags, rest } = split(call.argv);
  const [pattern = "", ...names] = rest;
  const wanted = expressionOf(pattern, flags.includes("E"));
  if (wanted === null) return complain(call, "grep: Invalid regular expression", 2);
  let status = 1;
  for (const name of names.length === 0 ? ["-"] : names) {
    let data: Buffer;
    try {
      data = name === "-" ? await readInput(call) : call.files.read(name);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      await call.err(`grep: ${name}: ${error.message}\n`);
      continue;
    }
    const lines = linesOf(data).filter((line) => wanted.test(line) !== flags.includes("v"));
    if (lines.length === 0) continue;
    status = 0;
    if (flags.includes("q")) return 0;
    if (flags.includes("l")) await call.out(`${name}\n`);
    else for (const line of lines) await call.out(`${names.length > 1 ? `${name}:` : ""}${line}\n`);
  }
  return status;
}

/** `s/…/…/` with `g` and `p`, and `-n`. */
async function sed(call: Call): Promise<number> {
  const { flags, rest } = split(call.argv);
  const script = /^s(.)(.*?[^\\]|)\1(.*?)\1([gp]*)$/.exec(rest[0] ?? "");
  if (script === null) return complain(call, "sed: -e expression #1: not part of the simulation");
  const [, , pattern = "", replacement = "", how = ""] = script;
  const wanted = expressionOf(pattern, flags.includes("E"), how.includes("g") ? "g" : "");
  if (wanted === null) return complain(call, "sed: -e expression #1: Invalid regular expression");
  const put = replacement.replaceAll("$", "$$$$").replaceAll(/\\(\d)/g, "$$$1");
  const data = rest[1] === undefined ? await readInput(call) : call.files.read(rest[1]);
  for (const line of linesOf(data)) {
    const changed = line.replace(wanted, put);
    const hit = line.search(wanted) >= 0;
    if (!flags.includes("n")) await call.out(`${changed}\n`);
    if (hit && how.includes("p")) await call.out(`${changed}\n`);
  }
  return 0;
}

async function tr(call: Call): Promise<number> {
  const letter = (word = "") => (word === "\\0" ? "\0" : word === "\\n" ? "\n" : word);
  const [from, to] = [letter(call.argv[1]), letter(call.argv[2])];
  if (from.length !== 1 || to.length !== 1) return complain(call, "tr: sets are not part of the simulation");
  const data = await readInput(call);
  return print(call, data.toString("latin1").replaceAll(from, to));
}

async function cut(call: Call): Promise<number> {
  const range = /^-c(\d+)-(\d+)$/.exec(call.argv[1] ?? "");
  if (range === null) return complain(call, "cut: fields are not part of the simulation");
  const lines = linesOf(await readInput(call));
  return print(call, lines.map((line) => `${line.slice(Number(range[1]) - 1, Number(range[2]))}\n`).join(""));
}

function linesOf(data: Buffer): string[] {
  const text = data.toString("utf8");
  return text === "" ? [] : text.replace(/\n$/, "").split("\n");
}
