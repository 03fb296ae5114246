import type { LogLevel } from "../../../contract/logs.ts";

const words = new Map<string, LogLevel>([
  ...["trace", "debug", "verbose", "fine", "d", "10", "20"].map((word): [string, LogLevel] => [word, "debug"]),
  ...["info", "information", "notice", "log", "i", "30"].map((word): [string, LogLevel] => [word, "info"]),
  ...["warn", "warning", "w", "40"].map((word): [string, LogLevel] => [word, "warn"]),
  ...[
    "error",
    "err",
    "critical",
    "crit",
    "fatal",
    "alert",
    "emerg",
    "emergency",
    "panic",
    "severe",
    "e",
    "f",
    "50",
  ].map((word): [string, LogLevel] => [word, "error"]),
  ["60", "error"],
]);

/** A level is looked for at the head of a line: further on it is somebody's text. */
const HEAD = 160;
const inJson = /"(?:level|levelname|severity|log\.level|lvl)"\s*:\s*(?:"([A-Za-z]{1,12})"|(\d{2}))/;
const upperWord =
  /\b(TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|ERR|CRITICAL|CRIT|FATAL|ALERT|EMERG|PANIC|SEVERE)\b(?![A-Za-z_-])/;
const bracketed = /\[\s*(trace|debug|info|notice|warn|warning|error|err|crit|critical|fatal|alert|emerg)\s*\]/i;
const assigned = /\b(?:level|lvl|severity)=["']?([A-Za-z]{1,12})\b/;
/** glog and klog: `W1122 10:00:00.000000`. */
const glog = /^([DIWEF])\d{4} \d\d:\d\d:\d\d/;
/** The last line of a Python traceback: `pkg.mod.SomeError: text`. */
const exception = /^(?:[A-Za-z_][\w.]*\.)?[A-Z]\w*(?:Error|Exception|Interrupt|Exit)(?::|$)/;

/**
 * The level that a line says it has: JSON (`level`, `levelname`, `severity`; words or pino's numbers), uvicorn and Python
 * (`INFO:name:`), `[WARN]`, log4j, nginx, logfmt, glog, the start and the end of a Python traceback. `null` when it says
 * none.
 */
export function levelOf(line: string): LogLevel | null {
  const head = line.length > HEAD ? line.slice(0, HEAD) : line;
  if (head.startsWith("{")) {
    const match = inJson.exec(line.length > 4096 ? line.slice(0, 4096) : line);
    if (match !== null) return words.get((match[1] ?? match[2] ?? "").toLowerCase()) ?? null;
  }
  if (head.startsWith("Traceback (most recent call last)")) return "error";
  const match = assigned.exec(head) ?? upperWord.exec(head) ?? bracketed.exec(head) ?? glog.exec(head);
  if (match !== null) return words.get((match[1] ?? "").toLowerCase()) ?? null;
  return exception.test(head) ? "error" : null;
}
