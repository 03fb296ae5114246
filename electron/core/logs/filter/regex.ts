import { RE2JS } from "re2js";
import { Failure, reasonOf } from "../../failure.ts";
import { shortcutOf } from "./pattern.ts";

/** RE2 may have to follow every state of a program at once: what a line costs is its length times this, at worst. */
const MAX_PROGRAM = 1_000;
/** Of a line so long that it would hold up everybody, only the beginning is looked at. */
const MAX_STEPS = 2_000_000;
const LEAST_LOOKED_AT = 8_192;

export interface Expression {
  /** What a line of ASCII must hold; null when every line has to be judged. */
  must: RegExp | null;
  /** What `must` says of a line of ASCII is enough. */
  exact: boolean;
  test(text: string): boolean;
}

/** RE2 syntax; `BAD_INPUT` {field: "regex", reason} for anything else, and for what is too large. */
export function compileExpression(pattern: string): Expression {
  const program = compiled(pattern);
  const size = program.programSize();
  if (size > MAX_PROGRAM) throw refused("the expression is too large");
  const shortcut = shortcutOf(pattern);
  const longest = Math.max(LEAST_LOOKED_AT, Math.floor(MAX_STEPS / size));
  return {
    must: shortcut?.must ?? null,
    exact: shortcut?.exact === true,
    test: (text) => program.test(text.length > longest ? text.slice(0, longest) : text),
  };
}

function compiled(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    throw refused(reasonOf(error).replace(/^error parsing regexp: /, ""));
  }
}

function refused(reason: string): Failure {
  return new Failure("BAD_INPUT", { field: "regex", reason });
}
