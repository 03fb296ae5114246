import type { Step, Word } from "./syntax.ts";

/** What a word's parameters and substitutions are taken from. */
export interface Scope {
  variables: ReadonlyMap<string, string>;
  /** `$0`, `$1`, … */
  args: readonly string[];
  status: number;
  /** Runs a command substitution and returns its output. */
  substitute(list: readonly Step[]): Promise<string>;
}

/** A word as fields: parameters outside of quotes are split at blanks, empty ones vanish. */
export async function expand(scope: Scope, word: Word): Promise<string[]> {
  const fields: string[] = [];
  let open: string | null = null;
  for (const part of word) {
    if (part.kind === "parameter" && (part.name === "@" || part.name === "*")) {
      const [first, ...more] = scope.args.slice(1);
      if (first === undefined) continue;
      fields.push((open ?? "") + first, ...more);
      open = fields.pop() ?? null;
      continue;
    }
    const value: string | null = await expandPart(scope, part);
    if (part.quoted || part.kind === "text") {
      open = (open ?? "") + (value ?? "");
      continue;
    }
    const pieces: string[] = (value ?? "").split(/[ \t\n]+/);
    for (const [index, piece] of pieces.entries()) {
      if (index > 0 && open !== null) {
        fields.push(open);
        open = null;
      }
      if (piece !== "") open = (open ?? "") + piece;
    }
  }
  if (open !== null) fields.push(open);
  return fields;
}

/** The same without splitting, as the value of an assignment is taken. */
export async function expandQuoted(scope: Scope, word: Word): Promise<string> {
  let text = "";
  for (const part of word) text += (await expandPart(scope, part)) ?? "";
  return text;
}

async function expandPart(scope: Scope, part: Word[number]): Promise<string | null> {
  if (part.kind === "text") return part.text;
  if (part.kind === "command") {
    return (await scope.substitute(part.list)).replace(/\n+$/, "");
  }
  const value = parameter(scope, part.name);
  if (part.fallback !== null && (value === null || value === "")) return expandQuoted(scope, part.fallback);
  return value;
}

function parameter(scope: Scope, name: string): string | null {
  if (/^[0-9]+$/.test(name)) return scope.args[Number(name)] ?? null;
  if (name === "?") return String(scope.status);
  if (name === "#") return String(Math.max(scope.args.length - 1, 0));
  if (name === "$" || name === "!") return "4242";
  if (name === "@" || name === "*") return scope.args.slice(1).join(" ");
  return scope.variables.get(name) ?? null;
}
