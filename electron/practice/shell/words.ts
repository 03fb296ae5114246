import { type Cursor, looking, type Part, ShellSyntaxError, unexpected, type Word } from "./syntax.ts";

const special = new Set([";", "&", "|", "<", ">", "(", ")", "\n", " ", "\t"]);

/** The word at the cursor; empty when there is none. Quotes are taken off, substitutions are left to the evaluation. */
export function parseWord(cursor: Cursor): Word {
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
  if (rest.startsWith("((")) return arithmetic(cursor, quoted);
  if (rest.startsWith("(")) {
    cursor.at += 2;
    const list = cursor.list(cursor);
    if (!looking(cursor, ")")) throw unexpected("end of file");
    cursor.at += 1;
    return { kind: "command", list, quoted };
  }
  if (rest.startsWith("{")) return braced(cursor, quoted);
  const name = /^(?:[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!])/.exec(rest)?.[0];
  cursor.at += 1 + (name?.length ?? 0);
  return name === undefined
    ? { kind: "text", text: "$", quoted: true }
    : { kind: "parameter", name, fallback: null, strip: null, quoted };
}

/** `$((…))`: its parameters are put in first, then it is computed. */
function arithmetic(cursor: Cursor, quoted: boolean): Part {
  cursor.at += 3;
  const text: Word = [];
  for (let open = 0; ; ) {
    const here = cursor.text[cursor.at];
    if (here === undefined) throw new ShellSyntaxError("Syntax error: Missing '))'");
    if (here === "$") text.push(dollar(cursor, true));
    else {
      if (open === 0 && looking(cursor, "))")) break;
      open += here === "(" ? 1 : here === ")" ? -1 : 0;
      text.push({ kind: "text", text: here, quoted: true });
      cursor.at += 1;
    }
  }
  cursor.at += 2;
  return { kind: "arithmetic", text, quoted };
}

function braced(cursor: Cursor, quoted: boolean): Part {
  const opening = /^\$\{([A-Za-z_][A-Za-z0-9_]*|[0-9@*#?]+?)(:-|-|##?|%%?|\})/;
  const match = opening.exec(cursor.text.slice(cursor.at, cursor.at + 256));
  if (match === null) throw new ShellSyntaxError("Bad substitution");
  const [whole, name = "", operator = ""] = match;
  cursor.at += whole.length;
  const parameter = { kind: "parameter", name, fallback: null, strip: null, quoted } as const;
  if (operator === "}") return parameter;
  const strips = operator.startsWith("#") || operator.startsWith("%");
  // A pattern means what it says also where the whole is quoted.
  const word = bracedWord(cursor, quoted && !strips);
  if (!strips) return { ...parameter, fallback: word };
  const from = operator.startsWith("#") ? "start" : "end";
  return { ...parameter, strip: { from, longest: operator.length === 2, pattern: word } };
}

function bracedWord(cursor: Cursor, quoted: boolean): Word {
  const word: Word = [];
  while (!looking(cursor, "}")) {
    const here = cursor.text[cursor.at];
    if (here === undefined) throw new ShellSyntaxError("Syntax error: Missing '}'");
    if (here === "$") word.push(dollar(cursor, quoted));
    else if (here === "'") word.push({ kind: "text", text: singleQuoted(cursor), quoted: true });
    else if (here === '"') word.push(...doubleQuoted(cursor));
    else {
      word.push({ kind: "text", text: here, quoted });
      cursor.at += 1;
    }
  }
  cursor.at += 1;
  return word;
}

function backquoted(cursor: Cursor, quoted: boolean): Part {
  const end = cursor.text.indexOf("`", cursor.at + 1);
  if (end < 0) throw new ShellSyntaxError("Syntax error: Unterminated quoted string");
  const inner: Cursor = { text: cursor.text.slice(cursor.at + 1, end), at: 0, depth: cursor.depth, list: cursor.list };
  const list = inner.list(inner);
  if (inner.at < inner.text.length) throw unexpected(inner.text[inner.at] ?? ")");
  cursor.at = end + 1;
  return { kind: "command", list, quoted };
}
