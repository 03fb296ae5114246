import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { levelIn, levelOf } from "../../../../../electron/core/logs/parse/index.ts";

describe("levelOf", () => {
  const rows: [string, string, ReturnType<typeof levelOf>][] = [
    ["JSON level", '{"ts":1,"level":"warning","msg":"ERROR inside"}', "warn"],
    ["JSON levelname", '{"levelname": "INFO", "message": "x"}', "info"],
    ["JSON severity", '{"severity":"CRITICAL"}', "error"],
    ["pino's numbers", '{"level":50,"time":1}', "error"],
    ["JSON without a level", '{"msg":"fine"}', null],
    ["uvicorn", 'INFO:     10.0.0.1:5 - "GET / HTTP/1.1" 200 OK', "info"],
    ["Python logging", "ERROR:api_wrapper: it broke", "error"],
    ["vLLM", "WARNING 11-22 10:00:00 config.py:12] slow", "warn"],
    ["brackets", "[WARN] disk is filling", "warn"],
    ["log4j", "2026-11-22 10:00:00,123 DEBUG [main] c.e.App - x", "debug"],
    ["nginx", "2026/11/22 10:00:00 [crit] 31#31: *1 open() failed", "error"],
    ["logfmt", 'time="2026-11-22T10:00:00Z" level=info msg="ERR"', "info"],
    ["glog", "E1122 10:00:00.000000   1 file.go:1] x", "error"],
    ["traceback starts", "Traceback (most recent call last):", "error"],
    ["traceback ends", "torch.cuda.OutOfMemoryError: CUDA out of memory.", "error"],
    ["Java", "Exception in thread", null],
    ["a word of somebody's text far on", `${"x ".repeat(100)}ERROR`, null],
    ["part of a word", "INFORMATION about TERRORS", null],
    ["a variable's name", "LOG_LEVEL=ERROR_ONLY", null],
    ["nothing", "", null],
    ["the first word before a field of somebody's text", "INFO GET /x?level=debug", "info"],
    ["the first word behind a time", "2026-11-22T10:00:00.123Z WARN level=info", "warn"],
    ["a time that runs into a word", "2026-11-22T10:00:00ZERROR", null],
  ];
  it.each(rows)("%s", (_, line, level) => {
    expect(levelOf(line)).toBe(level);
    const bytes = Buffer.from(`above ERROR\n${line}\nERROR below`);
    expect(levelIn(bytes, 12, 12 + line.length)).toBe(level);
  });

  it("says the same of bytes as of text", () => {
    const words = [
      "INFO",
      "ERROR",
      "ERR",
      "WARNING",
      "Traceback (most recent call last)",
      "TRACER",
      "T",
      "Z",
      "1T",
      "9Z",
    ];
    const part = fc.oneof(
      fc.constantFrom(...words, "level=", "lvl=warn", "[", "] ", ": ", "-", " ", "{", '"level":"error"', "2026-11-22"),
      fc.stringMatching(/^[ -~\t]{0,30}$/),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 9 }), (parts) => {
        const line = parts.join("");
        expect(levelIn(Buffer.from(`${line}ERROR`), 0, line.length)).toBe(levelOf(line));
      }),
      { numRuns: 2_000 },
    );
  });

  it("takes no long time over hostile lines", () => {
    const began = performance.now();
    for (const part of ["[", "level=", '"level"', "E1", "a.", " "]) levelOf(`${part.repeat(200_000)}{`);
    levelOf(`{${'"level" '.repeat(100_000)}`);
    expect(performance.now() - began).toBeLessThan(500);
  });
});
