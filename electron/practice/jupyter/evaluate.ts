/**
 * What a simulated kernel computes: whole numbers and fractions, names, `+ - * / // % **`, brackets, `print(…)`. A reader
 * of its own: nothing that a page sends is ever run as a program.
 */

export type Value = bigint | number;

/** What the kernel says of a line that it cannot compute, with Python's name for it. */
export class KernelError extends Error {
  readonly kind: string;
  constructor(kind: string, message: string) {
    super(message);
    this.kind = kind;
  }
}

export interface Outcome {
  /** What `print` said. */
  printed: string;
  /** Value of the last line, as Python shows it; `null` where it has none. */
  shown: string | null;
}

const maxCode = 4_000;
const maxLines = 200;
const maxNames = 200;
const maxDepth = 40;
/** Numbers of more digits are refused, so that nothing takes long. */
const maxDigits = 400;

/** Runs a cell; names stay in `names`. Throws `KernelError`; what was printed before it is in `print`. */
export function runCell(code: string, names: Map<string, Value>, print: (text: string) => void): string | null {
  if (code.length > maxCode) throw new KernelError("MemoryError", "the simulated kernel takes 4,000 characters");
  const lines = code.split(/[\n;]/).map((line) => line.replace(/#.*$/, "").trim());
  if (lines.length > maxLines) throw new KernelError("MemoryError", "the simulated kernel takes 200 lines");
  let shown: string | null = null;
  for (const line of lines.filter((each) => each !== "")) {
    shown = null;
    const assigned = /^([A-Za-z_]\w{0,63})\s*=(?!=)\s*(.*)$/.exec(line);
    const printed = /^print\((.*)\)$/.exec(line);
    if (assigned !== null) {
      const [, name = "", rest = ""] = assigned;
      if (names.size >= maxNames && !names.has(name)) throw new KernelError("MemoryError", "too many names");
      names.set(name, compute(rest, names));
    } else if (printed !== null) print(`${show(compute(printed[1] ?? "", names))}\n`);
    else shown = show(compute(line, names));
  }
  return shown;
}

/** As Python prints it. */
export function show(value: Value): string {
  if (typeof value === "bigint") return String(value);
  return Number.isInteger(value) && Math.abs(value) < 1e16 ? `${value}.0` : String(value);
}

interface Reader {
  words: string[];
  at: number;
  depth: number;
  names: ReadonlyMap<string, Value>;
}

function compute(text: string, names: ReadonlyMap<string, Value>): Value {
  const words = text.match(/\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+|[A-Za-z_]\w*|\*\*|\/\/|[-+*/%()]|\S/g) ?? [];
  const reader: Reader = { words, at: 0, depth: 0, names };
  const value = sum(reader);
  if (reader.at < words.length) throw unknown(words[reader.at] ?? "");
  return value;
}

function unknown(word: string): KernelError {
  const what = word === "" ? "invalid syntax" : `'${word.slice(0, 20)}': this simulated kernel knows arithmetic alone`;
  return new KernelError("SyntaxError", what);
}

function sum(reader: Reader): Value {
  let left = product(reader);
  for (;;) {
    const sign = reader.words[reader.at];
    if (sign !== "+" && sign !== "-") return left;
    reader.at += 1;
    left = apply(sign, left, product(reader));
  }
}

function product(reader: Reader): Value {
  let left = signed(reader);
  for (;;) {
    const sign = reader.words[reader.at];
    if (sign !== "*" && sign !== "/" && sign !== "//" && sign !== "%") return left;
    reader.at += 1;
    left = apply(sign, left, signed(reader));
  }
}

function signed(reader: Reader): Value {
  const sign = reader.words[reader.at];
  if (sign !== "-" && sign !== "+") return power(reader);
  reader.at += 1;
  reader.depth += 1;
  if (reader.depth > maxDepth) throw new KernelError("RecursionError", "too deep");
  const value = signed(reader);
  reader.depth -= 1;
  return sign === "-" ? -value : value;
}

function power(reader: Reader): Value {
  const base = atom(reader);
  if (reader.words[reader.at] !== "**") return base;
  reader.at += 1;
  return apply("**", base, signed(reader));
}

function atom(reader: Reader): Value {
  const word = reader.words[reader.at] ?? "";
  reader.at += 1;
  if (/^\d+$/.test(word)) return bounded(word.length > maxDigits ? 10n ** BigInt(maxDigits) : BigInt(word));
  if (/^[\d.]/.test(word)) return Number(word);
  if (word === "(") {
    reader.depth += 1;
    if (reader.depth > maxDepth) throw new KernelError("RecursionError", "too deep");
    const value = sum(reader);
    if (reader.words[reader.at] !== ")") throw unknown("");
    reader.at += 1;
    reader.depth -= 1;
    return value;
  }
  if (!/^[A-Za-z_]/.test(word)) throw unknown(word);
  const value = reader.names.get(word);
  // A word after it would be a statement of the language, not a name that is missing.
  if (value === undefined && /^[A-Za-z_(]/.test(reader.words[reader.at] ?? "")) throw unknown(word);
  if (value === undefined) throw new KernelError("NameError", `name '${word.slice(0, 60)}' is not defined`);
  return value;
}

function bounded(value: bigint): bigint {
  const limit = 10n ** BigInt(maxDigits);
  if (value >= limit || value <= -limit) throw new KernelError("OverflowError", "too large for the simulated kernel");
  return value;
}

function apply(sign: string, a: Value, b: Value): Value {
  if ((sign === "/" || sign === "//" || sign === "%") && Number(b) === 0) {
    throw new KernelError("ZeroDivisionError", "division by zero");
  }
  if (sign === "/") return Number(a) / Number(b);
  if (typeof a === "bigint" && typeof b === "bigint") return wholly(sign, a, b);
  const [x, y] = [Number(a), Number(b)];
  if (sign === "+") return x + y;
  if (sign === "-") return x - y;
  if (sign === "*") return x * y;
  if (sign === "**") return x ** y;
  return sign === "//" ? Math.floor(x / y) : x - y * Math.floor(x / y);
}

/** Division of whole numbers goes down, as in Python, not towards zero. */
function wholly(sign: string, a: bigint, b: bigint): Value {
  if (sign === "+") return bounded(a + b);
  if (sign === "-") return bounded(a - b);
  if (sign === "*") return bounded(a * b);
  if (sign === "**") {
    if (b < 0n) return Number(a) ** Number(b);
    const digits = String(a < 0n ? -a : a).length;
    if (b > 10_000n || (digits > 1 || (a !== 0n && a !== 1n && a !== -1n) ? BigInt(digits) * b : 0n) > 4_000n) {
      throw new KernelError("OverflowError", "too large for the simulated kernel");
    }
    return bounded(a ** b);
  }
  const quotient = a / b - (a % b !== 0n && a < 0n !== b < 0n ? 1n : 0n);
  return sign === "//" ? quotient : a - b * quotient;
}
