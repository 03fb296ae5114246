/**
 * Expressions are run by two engines. RE2's takes any of them in linear time. The built-in one is many times faster, but
 * goes back and forth; so it is given only what cannot make it do so: runs of characters of bounded length with few ways
 * to be read. Where the whole expression is such a run, it alone decides. Elsewhere it looks for a run that every match
 * must hold, and RE2 judges the lines where it stands.
 *
 * All this is about lines of ASCII, without a line feed in them; other lines are RE2's.
 */
export interface Shortcut {
  /** What a line must hold to fit. */
  must: RegExp;
  /** It is also enough. */
  exact: boolean;
}

/** A set of ASCII characters, as a row of 128 truths. */
type Chars = readonly boolean[];

type Node =
  | { kind: "chars"; set: Chars }
  | { kind: "edge"; source: string }
  | { kind: "all"; parts: Node[] }
  | { kind: "any"; parts: Node[] }
  | { kind: "repeat"; part: Node; min: number; max: number };

/** Null where the expression has no such run, or is written in a way that is not read here. */
export function shortcutOf(pattern: string): Shortcut | null {
  const flags = /^\(\?([is]{1,2})\)/.exec(pattern);
  const fold = flags?.[1]?.includes("i") === true;
  const node = new Reader(pattern.slice(flags?.[0].length ?? 0), fold).whole();
  if (node === null) return null;
  const whole = runOf(node);
  // A run of one character or so stands in every line: looking for it only costs.
  const run = whole ?? bestRun(node);
  if (run === null || (whole === null && run.worth < LEAST_WORTH)) return null;
  return { must: new RegExp(run.source, fold ? "gim" : "gm"), exact: whole !== null };
}

/** A run that may stand anywhere. */
interface Run {
  source: string;
  /** Ways in which it can be read at one place, and its longest length: together the most that looking there costs. */
  ways: number;
  length: number;
  /** How rare it is likely to be: a letter counts as one. */
  worth: number;
}

const MAX_WAYS = 100;
const MAX_LENGTH = 128;
const MAX_COST = 2_000;
const LEAST_WORTH = 2;
const empty: Run = { source: "", ways: 1, length: 0, worth: 0 };

/** The run that is just this node; null when it is no run. */
function runOf(node: Node): Run | null {
  switch (node.kind) {
    case "chars":
      return { source: sourceOf(node.set), ways: 1, length: 1, worth: worthOf(node.set) };
    case "edge":
      return { source: node.source, ways: 1, length: 0, worth: 0.2 };
    case "all":
      return node.parts.map(runOf).reduce(joined, empty);
    case "any":
      return either(node.parts.map(runOf));
    case "repeat":
      return repeated(node);
  }
}

function joined(a: Run | null, b: Run | null): Run | null {
  if (a === null || b === null) return null;
  return bounded({
    source: a.source + b.source,
    ways: a.ways * b.ways,
    length: a.length + b.length,
    worth: a.worth + b.worth,
  });
}

function either(runs: readonly (Run | null)[]): Run | null {
  if (runs.some((run) => run === null)) return null;
  const all = runs as readonly Run[];
  return bounded({
    source: `(?:${all.map(({ source }) => source).join("|")})`,
    ways: all.reduce((sum, { ways }) => sum + ways, 0),
    length: Math.max(...all.map(({ length }) => length)),
    worth: Math.min(...all.map(({ worth }) => worth)),
  });
}

function repeated({ part, min, max }: Node & { kind: "repeat" }): Run | null {
  const run = max === Number.POSITIVE_INFINITY ? null : runOf(part);
  if (run === null) return null;
  let ways = 0;
  for (let times = min; times <= max && ways <= MAX_WAYS; times++) ways += run.ways ** times;
  return bounded({
    source: `${part.kind === "chars" ? run.source : `(?:${run.source})`}{${min === max ? min : `${min},${max}`}}`,
    ways,
    length: run.length * max,
    worth: run.worth * min,
  });
}

function bounded(run: Run): Run | null {
  return run.ways <= MAX_WAYS && run.length <= MAX_LENGTH && run.ways * run.length <= MAX_COST ? run : null;
}

/** The rarest run that every match holds. */
function bestRun(node: Node): Run | null {
  const whole = runOf(node);
  if (whole !== null) return whole;
  switch (node.kind) {
    case "any":
      return either(node.parts.map(bestRun));
    case "repeat":
      return node.min > 0 ? bestRun(node.part) : null;
    case "all":
      return bestOfSequence(node.parts);
    default:
      return null;
  }
}

function bestOfSequence(parts: readonly Node[]): Run | null {
  let best: Run | null = null;
  let current: Run = empty;
  const consider = (run: Run | null): void => {
    if (run !== null && run.worth > (best?.worth ?? 0)) best = run;
  };
  for (const part of parts) {
    const longer = joined(current, runOf(part));
    if (longer !== null) {
      current = longer;
      continue;
    }
    // The first time that this is repeated stands right behind, and what comes next stands right behind the last time.
    const once = part.kind === "repeat" && part.min > 0 ? runOf(part.part) : runOf(part);
    consider(joined(current, once) ?? current);
    consider(bestRun(part));
    current = once ?? empty;
  }
  consider(current);
  return best;
}

function worthOf(set: Chars): number {
  const size = set.filter(Boolean).length;
  if (size <= 2) return 1;
  return size <= 16 ? 0.5 : size <= 40 ? 0.3 : 0.05;
}

function sourceOf(set: Chars): string {
  const hex = (code: number): string => `\\x${code.toString(16).padStart(2, "0")}`;
  const ranges: [number, number][] = [];
  for (let code = 0; code < 128; code++) {
    if (set[code] !== true) continue;
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === code - 1) last[1] = code;
    else ranges.push([code, code]);
  }
  const only = ranges[0];
  if (ranges.length === 1 && only !== undefined && only[0] === only[1]) return hex(only[0]);
  return `[${ranges.map(([from, to]) => (from === to ? hex(from) : `${hex(from)}-${hex(to)}`)).join("")}]`;
}

const LINE_FEED = 10;
const setOf = (has: (code: number) => boolean): Chars =>
  Array.from({ length: 128 }, (_, code) => code !== LINE_FEED && has(code));
const other = (set: Chars): Chars => setOf((code) => set[code] !== true);
const digit = setOf((code) => code >= 48 && code <= 57);
const word = setOf((code) => /\w/.test(String.fromCharCode(code)));
/** RE2's, which has no vertical tab. */
const space = setOf((code) => code === 9 || code === 12 || code === 13 || code === 32);
const anything = setOf(() => true);
const classes: Readonly<Record<string, Chars>> = {
  d: digit,
  D: other(digit),
  w: word,
  W: other(word),
  s: space,
  S: other(space),
};
const controls: Readonly<Record<string, number>> = { a: 7, t: 9, f: 12, r: 13, v: 11 };

/** Reads what is common in RE2's syntax; throws `UNREAD` at the rest. */
class Reader {
  readonly #text: string;
  readonly #fold: boolean;
  #at = 0;

  constructor(text: string, fold: boolean) {
    this.#text = text;
    this.#fold = fold;
  }

  whole(): Node | null {
    try {
      const node = this.#choice(0);
      return this.#at === this.#text.length ? node : null;
    } catch (error) {
      if (error === UNREAD) return null;
      throw error;
    }
  }

  #choice(depth: number): Node {
    if (depth > 50) throw UNREAD;
    const parts = [this.#sequence(depth)];
    while (this.#take("|")) parts.push(this.#sequence(depth));
    return parts.length === 1 ? (parts[0] as Node) : { kind: "any", parts };
  }

  #sequence(depth: number): Node {
    const parts: Node[] = [];
    while (this.#at < this.#text.length && !this.#sees("|") && !this.#sees(")")) {
      parts.push(this.#repeats(this.#one(depth)));
    }
    return { kind: "all", parts };
  }

  #repeats(part: Node): Node {
    const match = /^(?:[*+?]|\{(\d{1,4})(?:(,)(\d{0,4}))?\})\??/.exec(this.#text.slice(this.#at, this.#at + 16));
    if (match === null) return part;
    this.#at += match[0].length;
    // Twice in a row is refused by RE2, or means something else.
    if (/^[*+?]/.test(this.#text.slice(this.#at))) throw UNREAD;
    const [, from, comma, to] = match;
    if (from === undefined) return { kind: "repeat", part, ...simple(match[0][0] as string) };
    const min = Number(from);
    const max = comma === undefined ? min : to === "" ? Number.POSITIVE_INFINITY : Number(to);
    return { kind: "repeat", part, min, max };
  }

  #one(depth: number): Node {
    const char = this.#next();
    switch (char) {
      case "(":
        return this.#group(depth);
      case "[":
        return { kind: "chars", set: this.#class() };
      case ".":
        return { kind: "chars", set: anything };
      case "^":
      case "$":
        return { kind: "edge", source: char };
      case "\\":
        return this.#escaped();
      case "*":
      case "+":
      case "?":
        throw UNREAD;
      default:
        return this.#literal(char);
    }
  }

  #group(depth: number): Node {
    const opening = /^\?(?::|P?<\w{1,64}>)/.exec(this.#text.slice(this.#at, this.#at + 72));
    if (opening === null && this.#sees("?")) throw UNREAD;
    this.#at += opening?.[0].length ?? 0;
    const node = this.#choice(depth + 1);
    if (!this.#take(")")) throw UNREAD;
    return node;
  }

  #escaped(): Node {
    const char = this.#next();
    const set = Object.hasOwn(classes, char) ? classes[char] : undefined;
    if (set !== undefined) return { kind: "chars", set };
    if (char === "b" || char === "B") return { kind: "edge", source: `\\${char}` };
    if (char === "A") return { kind: "edge", source: "^" };
    if (char === "z") return { kind: "edge", source: "$" };
    return this.#literal(this.#escapedChar(char));
  }

  /** One character by its escape, for places where only that may stand. */
  #escapedChar(char: string): string {
    if (Object.hasOwn(controls, char)) return String.fromCharCode(controls[char] as number);
    if (char === "x") {
      const hex = /^(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]{1,6})\})/.exec(this.#text.slice(this.#at, this.#at + 8));
      if (hex === null) throw UNREAD;
      this.#at += hex[0].length;
      return String.fromCodePoint(Math.min(0x10ffff, Number.parseInt(hex[1] ?? hex[2] ?? "", 16)));
    }
    // Letters and digits that are not known here mean something, or nothing.
    if (/[A-Za-z0-9]/.test(char) || char.charCodeAt(0) > 127) throw UNREAD;
    return char;
  }

  #literal(char: string): Node {
    const code = char.charCodeAt(0);
    if (code === LINE_FEED) throw UNREAD;
    // What is not ASCII fits no line of ASCII, unless it is another case of it (the sign of the kelvin).
    if (this.#fold && code > 127) throw UNREAD;
    return { kind: "chars", set: this.#folded((other) => other === code) };
  }

  #class(): Chars {
    const negated = this.#take("^");
    const wanted = new Set<number>();
    for (let first = true; first || !this.#sees("]"); first = false) {
      const set = this.#classPart(wanted);
      for (let code = 0; set !== null && code < 128; code++) if (set[code] === true) wanted.add(code);
    }
    this.#next();
    const set = this.#folded((code) => wanted.has(code));
    return negated ? other(set) : set;
  }

  /** A set, or null after a character or a range was added. */
  #classPart(wanted: Set<number>): Chars | null {
    const char = this.#next();
    if (char === "[" && this.#sees(":")) throw UNREAD;
    if (char === "\\" && Object.hasOwn(classes, this.#text[this.#at] ?? "")) return classes[this.#next()] ?? null;
    const from = this.#classChar(char);
    let to = from;
    if (this.#sees("-") && this.#text[this.#at + 1] !== "]") {
      this.#next();
      to = this.#classChar(this.#next());
    }
    if (to < from || (this.#fold && to > 127)) throw UNREAD;
    for (let code = from; code <= Math.min(to, 127); code++) wanted.add(code);
    return null;
  }

  #classChar(char: string): number {
    return (char === "\\" ? this.#escapedChar(this.#next()) : char).charCodeAt(0);
  }

  #folded(has: (code: number) => boolean): Chars {
    if (!this.#fold) return setOf(has);
    return setOf((code) => {
      const char = String.fromCharCode(code);
      return has(code) || has(char.toLowerCase().charCodeAt(0)) || has(char.toUpperCase().charCodeAt(0));
    });
  }

  #next(): string {
    const char = this.#text[this.#at++];
    if (char === undefined) throw UNREAD;
    return char;
  }

  #sees(char: string): boolean {
    return this.#text[this.#at] === char;
  }

  #take(char: string): boolean {
    if (!this.#sees(char)) return false;
    this.#at++;
    return true;
  }
}

const UNREAD = new Error("not read here");

function simple(sign: string): { min: number; max: number } {
  if (sign === "?") return { min: 0, max: 1 };
  return { min: sign === "+" ? 1 : 0, max: Number.POSITIVE_INFINITY };
}
