import { escaped, hasWildcard, matches } from "./patterns.ts";
import { ShellSyntaxError, type Step, type Strip, type Word } from "./syntax.ts";

/** What a word's parameters and substitutions are taken from. */
export interface Scope {
  variables: ReadonlyMap<string, string>;
  /** `$0`, `$1`, … */
  args: readonly string[];
  status: number;
  /** `$$`, and `$!`: the last job in the background. */
  pid: number;
  lastJob: number | null;
  /** Names of files that a pattern stands for, in order. */
  glob(pattern: string): string[];
  /** Runs a command substitution and returns its output. */
  substitute(list: readonly Step[]): Promise<string>;
}

/** A field under construction. `pattern` is its text with everything escaped that stands for itself. */
interface Open {
  text: string;
  pattern: string;
}

/** A word as fields: what is outside of quotes is split at blanks, empty ones vanish, patterns become file names. */
export async function expand(scope: Scope, word: Word): Promise<string[]> {
  const fields: Open[] = [];
  let open: Open | null = null;
  const add = (text: string, literal: boolean) => {
    const before: Open = open ?? { text: "", pattern: "" };
    open = { text: before.text + text, pattern: before.pattern + (literal ? escaped(text) : text) };
  };
  const cut = () => {
    if (open !== null) fields.push(open);
    open = null;
  };
  for (const part of word) {
    if (part.kind === "parameter" && (part.name === "@" || part.name === "*")) {
      for (const [index, each] of scope.args.slice(1).entries()) {
        if (index > 0) cut();
        add(each, true);
      }
      continue;
    }
    const value: string | null = await expandPart(scope, part);
    if (part.quoted || part.kind === "text") {
      add(value ?? "", part.quoted);
      continue;
    }
    for (const [index, piece] of (value ?? "").split(/[ \t\n]+/).entries()) {
      if (index > 0) cut();
      if (piece !== "") add(piece, false);
    }
  }
  cut();
  return fields.flatMap(({ text, pattern }) => {
    const found = hasWildcard(pattern) ? scope.glob(pattern) : [];
    return found.length > 0 ? found : [text];
  });
}

/** The same without splitting, as the value of an assignment is taken. */
export async function expandQuoted(scope: Scope, word: Word): Promise<string> {
  let text = "";
  for (const part of word) text += (await expandPart(scope, part)) ?? "";
  return text;
}

/** As a pattern to match with: quoted parts stand for themselves. */
export async function expandPattern(scope: Scope, word: Word): Promise<string> {
  let pattern = "";
  for (const part of word) {
    const value = (await expandPart(scope, part)) ?? "";
    pattern += part.quoted ? escaped(value) : value;
  }
  return pattern;
}

async function expandPart(scope: Scope, part: Word[number]): Promise<string | null> {
  if (part.kind === "text") return part.text;
  if (part.kind === "command") {
    return (await scope.substitute(part.list)).replace(/\n+$/, "");
  }
  if (part.kind === "arithmetic") {
    return compute(await expandQuoted(scope, part.text), (name) => scope.variables.get(name) ?? "0");
  }
  const value = parameter(scope, part.name);
  if (part.strip !== null) return stripped(value ?? "", part.strip, await expandPattern(scope, part.strip.pattern));
  if (part.fallback !== null && (value === null || value === "")) return expandQuoted(scope, part.fallback);
  return value;
}

function stripped(value: string, { from, longest }: Strip, pattern: string): string {
  const lengths = Array.from({ length: value.length + 1 }, (_, length) => (longest ? value.length - length : length));
  for (const length of lengths) {
    const piece = from === "start" ? value.slice(0, length) : value.slice(value.length - length);
    if (!matches(pattern, piece)) continue;
    return from === "start" ? value.slice(length) : value.slice(0, value.length - length);
  }
  return value;
}

/** Sums and differences of whole numbers: what counting in a loop needs. */
function compute(text: string, named: (name: string) => string): string {
  const terms = text.replaceAll(/\s/g, "").match(/[+-]?(?:\d+|[A-Za-z_][A-Za-z0-9_]*)/g) ?? [];
  if (terms.join("") !== text.replaceAll(/\s/g, "")) throw new ShellSyntaxError("arithmetic expression: not simulated");
  const sum = terms.reduce((total, term) => {
    const bare = term.replace(/^[+-]/, "");
    const value = Number(/^\d/.test(bare) ? bare : named(bare));
    return total + (term.startsWith("-") ? -value : value);
  }, 0);
  return String(Number.isSafeInteger(sum) ? sum : 0);
}

function parameter(scope: Scope, name: string): string | null {
  if (/^[0-9]+$/.test(name)) return scope.args[Number(name)] ?? null;
  if (name === "?") return String(scope.status);
  if (name === "#") return String(Math.max(scope.args.length - 1, 0));
  if (name === "$") return String(scope.pid);
  if (name === "!") return scope.lastJob === null ? null : String(scope.lastJob);
  if (name === "@" || name === "*") return scope.args.slice(1).join(" ");
  return scope.variables.get(name) ?? null;
}
