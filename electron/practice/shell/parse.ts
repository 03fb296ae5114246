import {
  type CaseCommand,
  type Command,
  type Cursor,
  type ForCommand,
  type IfCommand,
  looking,
  type Redirect,
  ShellSyntaxError,
  type SimpleCommand,
  type Step,
  skipBlanks,
  unexpected,
  type WhileCommand,
  type Word,
} from "./syntax.ts";
import { parseWord } from "./words.ts";

const maxLength = 65_536;
const maxDepth = 12;
const assignment = /^[A-Za-z_][A-Za-z0-9_]*$/;
const reserved = new Set(["then", "else", "elif", "fi", "}", "do", "done", "esac"]);

/** Parses a whole script. Throws `ShellSyntaxError`. */
export function parseScript(text: string): Step[] {
  if (text.length > maxLength) throw new ShellSyntaxError("Syntax error: Argument list too long");
  const cursor: Cursor = { text, at: 0, depth: 0, list: (inner) => parseList(inner, () => false) };
  const list = cursor.list(cursor);
  if (cursor.at < text.length) throw unexpected(cursor.text[cursor.at] ?? "end of file");
  return list;
}

/** The plain word at the cursor, not consumed: for reserved words, which are never quoted. */
function peekWord(cursor: Cursor): string {
  const match = /^[A-Za-z{}!]+(?=$|[\s;&|()])/.exec(cursor.text.slice(cursor.at, cursor.at + 16));
  return match?.[0] ?? "";
}

function expectWord(cursor: Cursor, word: string): void {
  skipBlanks(cursor, true);
  if (peekWord(cursor) !== word) throw unexpected(cursor.text[cursor.at] ?? "end of file");
  cursor.at += word.length;
}

function parseList(cursor: Cursor, closes: (cursor: Cursor) => boolean): Step[] {
  cursor.depth += 1;
  if (cursor.depth > maxDepth) throw new ShellSyntaxError("Syntax error: nested too deeply");
  const steps: Step[] = [];
  let join: Step["join"] = ";";
  for (;;) {
    skipBlanks(cursor, true);
    if (cursor.at >= cursor.text.length || closes(cursor)) {
      if (join !== ";") throw unexpected("end of file");
      break;
    }
    if (looking(cursor, ")")) break;
    const step = parsePipeline(cursor, join);
    steps.push(step);
    skipBlanks(cursor, false);
    if (looking(cursor, "&&") || looking(cursor, "||")) {
      join = looking(cursor, "&&") ? "&&" : "||";
      cursor.at += 2;
    } else if (looking(cursor, "&")) {
      // The last of an and-or list alone would run on without the others; nobody needs more than one command there.
      if (step.join !== ";") throw new ShellSyntaxError("Syntax error: a list in the background is not simulated");
      step.background = true;
      join = ";";
      cursor.at += 1;
    } else {
      join = ";";
      if (looking(cursor, ";;")) {
        if (!closes(cursor)) throw unexpected(";;");
      } else if (looking(cursor, ";") || looking(cursor, "\n")) cursor.at += 1;
      else if (cursor.at < cursor.text.length && !closes(cursor) && !looking(cursor, ")")) {
        throw unexpected(cursor.text[cursor.at] ?? "end of file");
      }
    }
  }
  cursor.depth -= 1;
  return steps;
}

function parsePipeline(cursor: Cursor, join: Step["join"]): Step {
  const pipeline: Command[] = [];
  let negated = false;
  if (peekWord(cursor) === "!") {
    negated = true;
    cursor.at += 1;
    skipBlanks(cursor, false);
  }
  for (;;) {
    pipeline.push(parseCommand(cursor));
    skipBlanks(cursor, false);
    if (!looking(cursor, "|") || looking(cursor, "||")) return { join, negated, pipeline, background: false };
    cursor.at += 1;
    skipBlanks(cursor, true);
  }
}

function parseCommand(cursor: Cursor): Command {
  const word = peekWord(cursor);
  if (looking(cursor, "(")) {
    cursor.at += 1;
    const list = parseList(cursor, () => false);
    if (!looking(cursor, ")")) throw unexpected("end of file");
    cursor.at += 1;
    return { kind: "group", list, redirects: parseRedirects(cursor) };
  }
  if (word === "{") {
    cursor.at += 1;
    const list = parseList(cursor, (c) => peekWord(c) === "}");
    expectWord(cursor, "}");
    return { kind: "group", list, redirects: parseRedirects(cursor) };
  }
  if (word === "if") return parseIf(cursor);
  if (word === "for") return parseFor(cursor);
  if (word === "while" || word === "until") return parseWhile(cursor, word);
  if (word === "case") return parseCase(cursor);
  if (reserved.has(word)) throw unexpected(word);
  return parseSimple(cursor);
}

function parseBody(cursor: Cursor): Step[] {
  expectWord(cursor, "do");
  const body = parseList(cursor, (c) => peekWord(c) === "done");
  expectWord(cursor, "done");
  return body;
}

function parseFor(cursor: Cursor): ForCommand {
  cursor.at += 3;
  skipBlanks(cursor, false);
  const name = /^[A-Za-z_][A-Za-z0-9_]*/.exec(cursor.text.slice(cursor.at, cursor.at + 256))?.[0];
  if (name === undefined) throw new ShellSyntaxError("Syntax error: Bad for loop variable");
  cursor.at += name.length;
  skipBlanks(cursor, true);
  let words: Word[] | null = null;
  if (peekWord(cursor) === "in") {
    cursor.at += 2;
    words = [];
    for (skipBlanks(cursor, false); !looking(cursor, ";") && !looking(cursor, "\n"); skipBlanks(cursor, false)) {
      const word = parseWord(cursor);
      if (word.length === 0) throw unexpected(cursor.text[cursor.at] ?? "end of file");
      words.push(word);
    }
  }
  if (looking(cursor, ";")) cursor.at += 1;
  return { kind: "for", name, words, body: parseBody(cursor), redirects: parseRedirects(cursor) };
}

function parseWhile(cursor: Cursor, word: "while" | "until"): WhileCommand {
  cursor.at += word.length;
  const test = parseList(cursor, (c) => peekWord(c) === "do");
  const body = parseBody(cursor);
  return { kind: "while", until: word === "until", test, body, redirects: parseRedirects(cursor) };
}

function parseCase(cursor: Cursor): CaseCommand {
  cursor.at += 4;
  skipBlanks(cursor, false);
  const word = parseWord(cursor);
  expectWord(cursor, "in");
  const branches: CaseCommand["branches"] = [];
  for (skipBlanks(cursor, true); peekWord(cursor) !== "esac"; skipBlanks(cursor, true)) {
    if (looking(cursor, "(")) cursor.at += 1;
    const patterns: Word[] = [];
    for (;;) {
      skipBlanks(cursor, false);
      const pattern = parseWord(cursor);
      if (pattern.length === 0) throw unexpected(cursor.text[cursor.at] ?? "end of file");
      patterns.push(pattern);
      skipBlanks(cursor, false);
      if (!looking(cursor, "|")) break;
      cursor.at += 1;
    }
    if (!looking(cursor, ")")) throw unexpected(cursor.text[cursor.at] ?? "end of file");
    cursor.at += 1;
    branches.push({ patterns, body: parseList(cursor, (c) => looking(c, ";;") || peekWord(c) === "esac") });
    if (looking(cursor, ";;")) cursor.at += 2;
  }
  expectWord(cursor, "esac");
  return { kind: "case", word, branches, redirects: parseRedirects(cursor) };
}

function parseIf(cursor: Cursor): IfCommand {
  const branches: IfCommand["branches"] = [];
  let otherwise: Step[] | null = null;
  const ends = (c: Cursor) => ["elif", "else", "fi"].includes(peekWord(c));
  cursor.at += 2;
  for (;;) {
    const test = parseList(cursor, (c) => peekWord(c) === "then");
    expectWord(cursor, "then");
    branches.push({ test, body: parseList(cursor, ends) });
    skipBlanks(cursor, true);
    if (peekWord(cursor) !== "elif") break;
    cursor.at += 4;
  }
  if (peekWord(cursor) === "else") {
    cursor.at += 4;
    otherwise = parseList(cursor, (c) => peekWord(c) === "fi");
  }
  expectWord(cursor, "fi");
  return { kind: "if", branches, otherwise, redirects: parseRedirects(cursor) };
}

function parseRedirects(cursor: Cursor): Redirect[] {
  const redirects: Redirect[] = [];
  for (;;) {
    skipBlanks(cursor, false);
    const redirect = tryRedirect(cursor);
    if (redirect === null) return redirects;
    redirects.push(redirect);
  }
}

function tryRedirect(cursor: Cursor): Redirect | null {
  const match = /^([012]?)(<|>>|>\||>&|>)/.exec(cursor.text.slice(cursor.at, cursor.at + 4));
  if (match === null) return null;
  const [whole, digit, operator] = match;
  cursor.at += whole.length;
  if (operator === "<" && (looking(cursor, "<") || looking(cursor, "("))) {
    throw new ShellSyntaxError("Syntax error: here-documents are not part of the simulation");
  }
  skipBlanks(cursor, false);
  const target = parseWord(cursor);
  if (target.length === 0) throw unexpected(cursor.text[cursor.at] ?? "newline");
  const mode = operator === "<" ? "read" : operator === ">>" ? "append" : operator === ">&" ? "duplicate" : "write";
  const fd = digit === "" ? (mode === "read" ? 0 : 1) : digit === "0" ? 0 : digit === "2" ? 2 : 1;
  return { fd, mode, target };
}

function parseSimple(cursor: Cursor): SimpleCommand {
  const command: SimpleCommand = { kind: "simple", assignments: [], words: [], redirects: [] };
  for (;;) {
    skipBlanks(cursor, false);
    const redirect = tryRedirect(cursor);
    if (redirect !== null) {
      command.redirects.push(redirect);
      continue;
    }
    const start = cursor.at;
    const word = parseWord(cursor);
    if (cursor.at === start) break;
    const pair = command.words.length === 0 ? asAssignment(word) : null;
    if (pair === null) command.words.push(word);
    else command.assignments.push(pair);
  }
  if (command.words.length + command.assignments.length + command.redirects.length === 0) {
    throw unexpected(cursor.text[cursor.at] ?? "end of file");
  }
  return command;
}

function asAssignment(word: Word): { name: string; value: Word } | null {
  const first = word[0];
  if (first?.kind !== "text" || first.quoted) return null;
  const equals = first.text.indexOf("=");
  const name = first.text.slice(0, Math.max(equals, 0));
  if (equals < 0 || !assignment.test(name)) return null;
  return { name, value: [{ kind: "text", text: first.text.slice(equals + 1), quoted: true }, ...word.slice(1)] };
}
