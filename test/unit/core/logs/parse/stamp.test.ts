import { describe, expect, it } from "vitest";
import { stampIn } from "../../../../../electron/core/logs/parse/index.ts";

const at = Date.UTC(2026, 10, 22, 10, 0, 5);
const now = at + 60_000;

const rows: [name: string, line: string, found: number | null][] = [
  ["RFC 3339", "2026-11-22T10:00:05.123456Z started", at + 123.456],
  ["with an offset", "[2026-11-22T13:00:05+03:00] started", at],
  ["Python logging", "2026-11-22 10:00:05,250 - root - INFO - x", at + 250],
  ["Go", "2026/11/22 10:00:05 listening", at],
  ["nginx access", '192.0.2.1 - - [22/Nov/2026:13:00:05 +0300] "GET / HTTP/1.1" 200 2', at],
  ["syslog", "Nov 22 10:00:05 orion sshd[1]: x", at],
  ["syslog, a day of one digit", "Nov  2 10:00:05 orion sshd[1]: x", at - 20 * 86_400_000],
  ["syslog, of last year", "Dec 31 23:59:59 orion sshd[1]: x", Date.UTC(2025, 11, 31, 23, 59, 59)],
  ["klog", "W1122 10:00:05.500000       1 file.go:1] x", at + 500],
  ["vLLM", "INFO 11-22 10:00:05 [core.py:70] x", at],
  ["vLLM, with the process in front", "(EngineCore pid=7) INFO 11-22 10:00:05 [core.py:70] x", at],
  ["seconds in JSON", `{"ts":${at / 1000}.5,"msg":"x"}`, at + 500],
  ["milliseconds in JSON", `{"level":30,"time":${at},"msg":"x"}`, at],
  ["nanoseconds in JSON", `{"time":"${BigInt(at) * 1_000_000n}"}`, at],
  ["text in JSON", '{"timestamp":"2026-11-22T10:00:05.5+00:00"}', at + 500],
  ["none", "started at ten", null],
  ["a month that is none", "2026-13-22T10:00:05Z", null],
  ["an hour that is none", "2026-11-22T25:00:05Z", null],
  ["a name that is no month", "Foo 22 10:00:05 x", null],
  ["before computers", "0001-01-01T00:00:00Z", null],
  ["far on in the line", `${"x".repeat(300)} 2026-11-22T10:00:05Z`, null],
];

describe("the time in a line", () => {
  it.each(rows)("%s", (_, line, found) => {
    const stamp = stampIn(line, now);
    if (found === null) expect(stamp).toBeNull();
    else expect(stamp).toBeCloseTo(found, 2);
  });
});
