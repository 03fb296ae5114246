export type Piece = { kind: "text" | "mask" | "hit"; text: string };

/** Where in a text something is: pairs of beginning and end, ascending, none empty. */
export type Finder = (text: string) => readonly (readonly [number, number])[];

const masks = /(\*{8}|\[secret:[^\]\n]{1,160}\])/g;

/** Cuts a line into plain text, what the masker put in place of secrets, and what is looked for. */
export function piecesOf(line: string, find: Finder | null): Piece[] {
  const pieces: Piece[] = [];
  line.split(masks).forEach((part, index) => {
    if (part === "") return;
    if (index % 2 === 1) pieces.push({ kind: "mask", text: part });
    else pieces.push(...hitsIn(part, find));
  });
  return pieces;
}

function hitsIn(text: string, find: Finder | null): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const [start, end] of find?.(text) ?? []) {
    if (start > from) pieces.push({ kind: "text", text: text.slice(from, start) });
    pieces.push({ kind: "hit", text: text.slice(start, end) });
    from = end;
  }
  if (from < text.length) pieces.push({ kind: "text", text: text.slice(from) });
  return pieces;
}

/** Finds a text, whatever its case; null for an empty one. */
export function textFinder(wanted: string): Finder | null {
  const words = wanted.trim().toLowerCase();
  if (words === "") return null;
  return (text) => {
    const lower = text.toLowerCase();
    // Some letters change their length in lower case: then places would not fit, and nothing is marked.
    if (lower.length !== text.length) return [];
    const found: [number, number][] = [];
    for (let at = lower.indexOf(words); at >= 0; at = lower.indexOf(words, at + words.length))
      found.push([at, at + words.length]);
    return found;
  };
}

/** Marks of one line at most: a pattern that fits everywhere says nothing by the thousandth mark. */
const mostMarks = 200;

/**
 * Finds what an expression fits, by the same engine as the core: the browser's own would run some expressions for ever.
 * The engine is loaded when it is first needed. Null for an expression that is none; the core says why.
 */
export async function regexFinder(expression: string): Promise<Finder | null> {
  const { RE2JS } = await import("re2js");
  try {
    const pattern = RE2JS.compile(expression);
    return (text) => {
      const found: [number, number][] = [];
      const matcher = pattern.matcher(text);
      while (found.length < mostMarks && matcher.find()) {
        if (matcher.end() > matcher.start()) found.push([matcher.start(), matcher.end()]);
      }
      return found;
    };
  } catch {
    return null;
  }
}
