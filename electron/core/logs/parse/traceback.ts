import type { LogLevel } from "../../../contract/logs.ts";

/** A report that goes on for longer is no report. */
const MAX_PARTS = 5_000;
/** Only so much of a line is looked at. */
const HEAD = 400;

/**
 * What stands before each line of a report when a logger breaks it up: vLLM's `ERROR 11-22 10:00:00 [core.py:700] `, and
 * Ray's and vLLM's `(EngineCore pid=7) `.
 */
const prefixes =
  /^(?:\([A-Za-z_][^()]{0,80}\) ?)?(?:(?:DEBUG|INFO|WARNING|ERROR|CRITICAL) \d\d-\d\d \d\d:\d\d:\d\d (?:\[[^\]]{1,80}\]|\S{1,60}\]) ?)?/;

const pythonStart =
  /^(?:[ |+]{0,40}|Exception Group )?Traceback \(most recent call last\):$|^ {0,40}\+ Exception Group Traceback \(most recent call last\):$/;
const pythonChain =
  /^(?:[ |]{0,40})(?:During handling of the above exception, another exception occurred:|The above exception was the direct cause of the following exception:)$/;
/** `pkg.mod.SomeError: text`; a logger's level begins a line of its own. */
const pythonException =
  /^(?!(?:DEBUG|INFO|WARN|WARNING|ERROR|CRITICAL|FATAL)\b)(?:[A-Za-z_]\w{0,80}(?:\.\w{1,80}){1,20}|[A-Z_]\w{0,120})(?:: |:$|$)/;
const frame = /^\s{1,40}at \S[^(:<]{0,300}[(:<]/;
const javaException = /^(?:[a-z_][\w$]{0,60}\.){1,20}[A-Z][\w$]{0,100}(?:Exception|Error|Throwable|Failure)\b/;
const javaMore = /^(?:\s{0,8}(?:Caused by|Suppressed): |\s{1,8}\.\.\. \d{1,6} (?:more|common frames omitted))/;
const goStart = /^(?:panic: |fatal error: |goroutine \d{1,10} \[)/;
const goOn =
  /^(?:\t|goroutine \d{1,10} \[|panic: |\[signal |created by |runtime stack:|\.\.\.|exit status \d|[a-z][a-z0-9]{1,7} {1,8}0x[0-9a-f]+$)/;
type State =
  | { kind: "none" }
  /** Between the head of a Python traceback and its last line. */
  | { kind: "python" }
  /** Behind the last line: another may be chained to it. */
  | { kind: "python-after"; blank: boolean }
  | { kind: "stack" }
  /** The fields of an error, printed behind its stack. */
  | { kind: "node-fields" }
  | { kind: "go" };

export interface TracebackReader {
  /** True when the line belongs to the one above it. `level` is what the line says of itself. */
  isPart(line: string, level: LogLevel | null): boolean;
  /**
   * The same for a line of printable ASCII and tabs in `bytes[start, end)`: true when it is certainly no part, and is done
   * with; false when `isPart` has to be asked.
   */
  passes(bytes: Uint8Array, start: number, end: number, level: LogLevel | null): boolean;
}

/**
 * Tells the lines of error reports from lines of their own: Python (chained exceptions and exception groups too), Node,
 * Java, Go. For one stream of one source. A report that follows a line of level error or warn belongs to it. Linear in
 * each line.
 */
export function createTracebackReader(): TracebackReader {
  let state: State = { kind: "none" };
  let parts = 0;
  /** The line above said that something went wrong: a report may belong to it. */
  let alarmed = false;
  let above = false;

  function passed(level: LogLevel | null): void {
    parts = 0;
    above = true;
    alarmed = level === "error" || level === "warn";
  }

  return {
    passes(bytes, start, end, level) {
      if (state.kind !== "none" || alarmed || mayBegin((at) => bytes[start + at] as number, end - start)) return false;
      passed(level);
      return true;
    },
    isPart(whole, level) {
      if (state.kind === "none" && !alarmed && !mayBegin((at) => whole.charCodeAt(at), whole.length)) {
        passed(level);
        return false;
      }
      const head = whole.length > HEAD ? whole.slice(0, HEAD) : whole;
      const line = head.replace(prefixes, "");
      const found = next(state, line, alarmed);
      parts = found.part ? parts + 1 : 0;
      state = parts > MAX_PARTS ? { kind: "none" } : found.state;
      const part = found.part && above && parts <= MAX_PARTS;
      alarmed = !part && (level === "error" || level === "warn");
      above = true;
      return part;
    },
  };
}

/** What the lines that begin a report begin with, and those with a prefix before one. */
const beginnings = new Set(" \t|+ETpfg(".split("").map((char) => char.charCodeAt(0)));
const levels = new Set("DIWC".split("").map((char) => char.charCodeAt(0)));

/** False for most lines there are, which are spared the expressions. */
function mayBegin(code: (at: number) => number, length: number): boolean {
  const first = length === 0 ? Number.NaN : code(0);
  if (beginnings.has(first) || first > 0x7e || first < 0x20) return true;
  // `INFO 11-22 10:00:00 [core.py:700] Traceback …`, but not `INFO:     127.0.0.1 …`.
  if (!levels.has(first)) return false;
  let blank = 1;
  while (blank < length && blank < 9 && code(blank) !== 0x20) blank++;
  return blank + 1 < length && blank < 9 && isDigit(code(blank + 1));
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

interface Found {
  part: boolean;
  state: State;
}

function next(state: State, line: string, alarmed: boolean): Found {
  return going(state, line) ?? begun(line, alarmed);
}

/** What the line is to the report that is being read; null when it is not of it. */
function going(state: State, line: string): Found | null {
  const part = (kind: State): Found => ({ part: true, state: kind });
  switch (state.kind) {
    case "none":
      return null;
    case "python":
      if (line === "" || /^[ \t|+]/.test(line) || pythonStart.test(line)) return part(state);
      return pythonException.test(line) ? part({ kind: "python-after", blank: false }) : null;
    case "python-after":
      if (pythonChain.test(line)) return part({ kind: "python" });
      if (line === "" && !state.blank) return part({ kind: "python-after", blank: true });
      return /^\s/.test(line) && !state.blank ? part(state) : null;
    case "stack":
      if (frame.test(line)) return part(line.endsWith("{") ? { kind: "node-fields" } : state);
      if (javaMore.test(line) || /^\s{1,8}\[cause\]: /.test(line)) return part(state);
      return null;
    case "node-fields":
      if (/^\s{0,8}\}/.test(line)) return part({ kind: "stack" });
      return /^\s/.test(line) || line === "" ? part(state) : null;
    case "go":
      return line === "" || goOn.test(line) || isGoCall(line) ? part(state) : null;
  }
}

/** `main.(*server).serve(0xc000012345)`; a long one is cut before its end. */
function isGoCall(line: string): boolean {
  const brace = line.indexOf("(");
  return brace > 0 && !line.slice(0, brace).includes(" ") && (line.endsWith(")") || line.length === HEAD);
}

/** A report that begins with this line. Its first line stands for itself, unless the line above raised the alarm. */
function begun(line: string, alarmed: boolean): Found {
  if (line.includes("Traceback (most recent") && pythonStart.test(line))
    return { part: alarmed, state: { kind: "python" } };
  if (frame.test(line)) return { part: true, state: line.endsWith("{") ? { kind: "node-fields" } : { kind: "stack" } };
  if (goStart.test(line)) return { part: false, state: { kind: "go" } };
  if (alarmed && (javaException.test(line) || javaMore.test(line))) return { part: true, state: { kind: "stack" } };
  return { part: false, state: { kind: "none" } };
}
