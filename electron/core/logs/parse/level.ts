import type { LogLevel } from "../../../contract/logs.ts";

const words = new Map<string, LogLevel>();
for (const word of ["trace", "debug", "verbose", "fine", "d", "10", "20"]) words.set(word, "debug");
for (const word of ["info", "information", "notice", "log", "i", "30"]) words.set(word, "info");
for (const word of ["warn", "warning", "w", "40"]) words.set(word, "warn");
for (const word of ["error", "err", "critical", "crit", "fatal", "alert", "emerg", "emergency"])
  words.set(word, "error");
for (const word of ["panic", "severe", "e", "f", "50", "60"]) words.set(word, "error");

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
  const match = hasAssigned(head) ? assigned.exec(head) : null;
  if (match !== null) return words.get((match[1] ?? "").toLowerCase()) ?? null;
  const at = head.search(upperWord);
  if (at >= 0) return ofUpperWord(head.charCodeAt(at));
  const rarer = bracketed.exec(head) ?? glog.exec(head);
  if (rarer !== null) return words.get((rarer[1] ?? "").toLowerCase()) ?? null;
  return exception.test(head) ? "error" : null;
}

/** One of the signs of equality stands where `assigned` would have it: most lines have none, and are spared a search. */
function hasAssigned(head: string): boolean {
  for (let at = head.indexOf("=", 3); at >= 0; at = head.indexOf("=", at + 1)) {
    const before = head.charCodeAt(at - 1);
    if (before === 0x6c || before === 0x79) return true;
  }
  return false;
}

/** By its first letter, which no two levels share. */
function ofUpperWord(letter: number): LogLevel {
  if (letter === 0x54 || letter === 0x44) return "debug";
  if (letter === 0x49 || letter === 0x4e) return "info";
  return letter === 0x57 ? "warn" : "error";
}
