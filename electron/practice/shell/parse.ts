/**
 * The part of the POSIX shell grammar (IEEE Std 1003.1, Shell Command Language, sections 2.2 to 2.10) that remote
 * commands use: quoting, parameters, command substitution, redirections, pipelines and lists. No loops, no functions.
 */

export type Part =
  | { kind: "text"; text: string; quoted: boolean }
  | { kind: "parameter"; name: string; fallback: Word | null; quoted: boolean }
  | { kind: "command"; list: Step[]; quoted: boolean };
export type Word = Part[];

export interface Redirect {
  fd: 0 | 1 | 2;
  mode: "read" | "write" | "append" | "duplicate";
  target: Word;
}

export interface SimpleCommand {
  kind: "simple";
  assignments: { name: string; value: Word }[];
  words: Word[];
  redirects: Redirect[];
}
export interface GroupCommand {
  kind: "group";
  list: Step[];
  redirects: Redirect[];
}
export interface IfCommand {
  kind: "if";
  branches: { test: Step[]; body: Step[] }[];
  otherwise: Step[] | null;
  redirects: Redirect[];
}
export type Command = SimpleCommand | GroupCommand | IfCommand;

/** One pipeline of a list; `join` says under which condition it runs after the one before it. */
export interface Step {
  join: ";" | "&&" | "||";
  negated: boolean;
  pipeline: Command[];
}

/** Text that is not in the grammar above. The message is the one that dash prints after `sh: 1: `. */
export class ShellSyntaxError extends Error {
  override readonly name = "ShellSyntaxError";
}

const maxLength = 65_536;
const maxDepth = 12;
const assignment = /^[A-Za-z_][A-Za-z0-9_]*$/;
const special = new Set([";", "&", "|", "<", ">", "(", ")", "\n", " ", "\t"]);
const reserved = new Set(["then", "else", "elif", "fi", "}", "do", "done"]);

interface Cursor {
  text: string;
  at: number;
  depth: number;
}

/** Parses a whole script. Throws `ShellSyntaxError`. */
export function parseScript(text: string): Step[] {
  if (text.length > maxLength) throw new ShellSyntaxError("Syntax error: Argument list too long");
  const cursor: Cursor = { text, at: 0, depth: 0 };
  const list = parseList(cursor, () => false);
  if (cursor.at < text.length) throw unexpected(cursor.text[cursor.at] ?? "end of file");
  return list;
}

function unexpected(what: string): ShellSyntaxError {
  return new ShellSyntaxError(`Syntax error: ${what === "end of file" ? what : `"${what}"`} unexpected`);
}

function skipBlanks(cursor: Cursor, lines: boolean): void {
  for (;;) {
    const here = cursor.text[cursor.at];
    if (here === " " || here === "\t" || (lines && here === "\n")) cursor.at += 1;
    else if (here === "\\" && cursor.text[cursor.at + 1] === "\n") cursor.at += 2;
    else if (here === "#") while (cursor.at < cursor.text.length && cursor.text[cursor.at] !== "\n") cursor.at += 1;
    else return;
  }
}

function looking(cursor: Cursor, text: string): boolean {
  return cursor.text.startsWith(text, cursor.at);
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
    steps.push(parsePipeline(cursor, join));
    skipBlanks(cursor, false);
    if (looking(cursor, "&&") || looking(cursor, "||")) {
      join = looking(cursor, "&&") ? "&&" : "||";
      cursor.at += 2;
    } else if (looking(cursor, "&")) {
      throw new ShellSyntaxError("Syntax error: background jobs are not part of the simulation");
    } else {
      join = ";";
      if (looking(cursor, ";") || looking(cursor, "\n")) cursor.at += 1;
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
    if (!looking(cursor, "|") || looking(cursor, "||")) return { join, negated, pipeline };
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
  if (["while", "until", "for", "case"].includes(word) || reserved.has(word)) throw unexpected(word);
  return parseSimple(cursor);
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

function parseWord(cursor: Cursor): Word {
  const parts: Word = [];
  for (;;) {
    const here = cursor.text[cursor.at];
    if (here === undefined || special.has(here)) return parts;
    if (here === "'") parts.push({ kind: "text", text: singleQuoted(cursor), quoted: true });
    else if (here === '"') parts.push(...doubleQuoted(cursor));
    else if (here === "$") parts.push(dollar(cursor, false));
    else if (here === "`") parts.push(backquoted(cursor, false));
    else if (here === "\\") {
      const next = cursor.text[cursor.at + 1];
      cursor.at += 2;
      if (next !== undefined && next !== "\n") parts.push({ kind: "text", text: next, quoted: true });
    } else parts.push({ kind: "text", text: plain(cursor), quoted: false });
  }
}

function plain(cursor: Cursor): string {
  const start = cursor.at;
  for (;;) {
    const here = cursor.text[cursor.at];
    if (here === undefined || special.has(here) || "'\"$`\\".includes(here)) return cursor.text.slice(start, cursor.at);
    cursor.at += 1;
  }
}

function singleQuoted(cursor: Cursor): string {
  const end = cursor.text.indexOf("'", cursor.at + 1);
  if (end < 0) throw new ShellSyntaxError("Syntax error: Unterminated quoted string");
  const text = cursor.text.slice(cursor.at + 1, end);
  cursor.at = end + 1;
  return text;
}

function doubleQuoted(cursor: Cursor): Word {
  const parts: Word = [{ kind: "text", text: "", quoted: true }];
  cursor.at += 1;
  let text = "";
  const flush = () => {
    if (text !== "") parts.push({ kind: "text", text, quoted: true });
    text = "";
  };
  for (;;) {
    const here = cursor.text[cursor.at];
    if (here === undefined) throw new ShellSyntaxError("Syntax error: Unterminated quoted string");
    if (here === '"') {
      cursor.at += 1;
      flush();
      return parts;
    }
    if (here === "\\") {
      const next = cursor.text[cursor.at + 1] ?? "";
      cursor.at += 2;
      if (next !== "\n") text += '$`"\\'.includes(next) ? next : `\\${next}`;
    } else if (here === "$" || here === "`") {
      flush();
      parts.push(here === "$" ? dollar(cursor, true) : backquoted(cursor, true));
    } else {
      text += here;
      cursor.at += 1;
    }
  }
}

function dollar(cursor: Cursor, quoted: boolean): Part {
  const rest = cursor.text.slice(cursor.at + 1);
  if (rest.startsWith("((")) throw new ShellSyntaxError("Syntax error: arithmetic is not part of the simulation");
  if (rest.startsWith("(")) {
    cursor.at += 2;
    const list = parseList(cursor, () => false);
    if (!looking(cursor, ")")) throw unexpected("end of file");
    cursor.at += 1;
    return { kind: "command", list, quoted };
  }
  if (rest.startsWith("{")) return braced(cursor, quoted);
  const name = /^(?:[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!])/.exec(rest)?.[0];
  cursor.at += 1 + (name?.length ?? 0);
  return name === undefined
    ? { kind: "text", text: "$", quoted: true }
    : { kind: "parameter", name, fallback: null, quoted };
}

function braced(cursor: Cursor, quoted: boolean): Part {
  const match = /^\$\{([A-Za-z_][A-Za-z0-9_]*|[0-9@*#?]+)(:-|-|\})/.exec(cursor.text.slice(cursor.at, cursor.at + 256));
  if (match === null) throw new ShellSyntaxError("Bad substitution");
  const [whole, name = "", operator] = match;
  cursor.at += whole.length;
  if (operator === "}") return { kind: "parameter", name, fallback: null, quoted };
  const fallback: Word = [];
  while (!looking(cursor, "}")) {
    const here = cursor.text[cursor.at];
    if (here === undefined) throw new ShellSyntaxError("Syntax error: Missing '}'");
    if (here === "$") fallback.push(dollar(cursor, quoted));
    else if (here === "'") fallback.push({ kind: "text", text: singleQuoted(cursor), quoted: true });
    else if (here === '"') fallback.push(...doubleQuoted(cursor));
    else {
      fallback.push({ kind: "text", text: here, quoted });
      cursor.at += 1;
    }
  }
  cursor.at += 1;
  return { kind: "parameter", name, fallback, quoted };
}

function backquoted(cursor: Cursor, quoted: boolean): Part {
  const end = cursor.text.indexOf("`", cursor.at + 1);
  if (end < 0) throw new ShellSyntaxError("Syntax error: Unterminated quoted string");
  const inner: Cursor = { text: cursor.text.slice(cursor.at + 1, end), at: 0, depth: cursor.depth };
  const list = parseList(inner, () => false);
  if (inner.at < inner.text.length) throw unexpected(inner.text[inner.at] ?? ")");
  cursor.at = end + 1;
  return { kind: "command", list, quoted };
}
