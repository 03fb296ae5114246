/**
 * The part of the POSIX shell grammar (IEEE Std 1003.1, Shell Command Language, sections 2.2 to 2.10) that remote
 * commands use: quoting, parameters, substitutions, patterns, redirections, pipelines, lists, loops and jobs in the
 * background. No functions, no here-documents.
 */

export type Part =
  | { kind: "text"; text: string; quoted: boolean }
  | { kind: "parameter"; name: string; fallback: Word | null; strip: Strip | null; quoted: boolean }
  | { kind: "arithmetic"; text: Word; quoted: boolean }
  | { kind: "command"; list: Step[]; quoted: boolean };
export type Word = Part[];

/** `${name#pattern}` and its three sisters. */
export interface Strip {
  from: "start" | "end";
  longest: boolean;
  pattern: Word;
}

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
/** `for NAME in WORDS`; without words it goes over the arguments. */
export interface ForCommand {
  kind: "for";
  name: string;
  words: Word[] | null;
  body: Step[];
  redirects: Redirect[];
}
export interface WhileCommand {
  kind: "while";
  /** `until`: runs while the test fails. */
  until: boolean;
  test: Step[];
  body: Step[];
  redirects: Redirect[];
}
export interface CaseCommand {
  kind: "case";
  word: Word;
  branches: { patterns: Word[]; body: Step[] }[];
  redirects: Redirect[];
}
export type Command = SimpleCommand | GroupCommand | IfCommand | ForCommand | WhileCommand | CaseCommand;

/** One pipeline of a list; `join` says under which condition it runs after the one before it. */
export interface Step {
  join: ";" | "&&" | "||";
  negated: boolean;
  pipeline: Command[];
  /** `&`: nobody waits for it. */
  background: boolean;
}

/** Text that is not in the grammar above. The message is the one that dash prints after `sh: 1: `. */
export class ShellSyntaxError extends Error {
  override readonly name = "ShellSyntaxError";
}

/** Where the reading stands. `list` reads a list of commands: the words hold substitutions, the lists hold words. */
export interface Cursor {
  text: string;
  at: number;
  depth: number;
  list(cursor: Cursor): Step[];
}

export function unexpected(what: string): ShellSyntaxError {
  return new ShellSyntaxError(`Syntax error: ${what === "end of file" ? what : `"${what}"`} unexpected`);
}

export function skipBlanks(cursor: Cursor, lines: boolean): void {
  for (;;) {
    const here = cursor.text[cursor.at];
    if (here === " " || here === "\t" || (lines && here === "\n")) cursor.at += 1;
    else if (here === "\\" && cursor.text[cursor.at + 1] === "\n") cursor.at += 2;
    else if (here === "#") while (cursor.at < cursor.text.length && cursor.text[cursor.at] !== "\n") cursor.at += 1;
    else return;
  }
}

export function looking(cursor: Cursor, text: string): boolean {
  return cursor.text.startsWith(text, cursor.at);
}
