import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  accessOf,
  createTracebackReader,
  leavesOf,
  levelOf,
  requestIdOf,
  speaksOf,
  stampIn,
} from "../../../../../electron/core/logs/parse/index.ts";

const now = Date.UTC(2026, 10, 22, 10);

/** All that is done with one line. */
function readAll(line: string): void {
  const level = levelOf(line);
  const reader = createTracebackReader();
  reader.isPart("ERROR: x", "error");
  reader.isPart(line, level);
  reader.isPart("Traceback (most recent call last):", "error");
  reader.isPart(line, level);
  reader.isPart("panic: x", "error");
  reader.isPart(line, level);
  stampIn(line, now);
  accessOf(line);
  leavesOf(line, 500);
  const id = requestIdOf(line) ?? "a-a-a";
  speaksOf(line, id);
}

/** What the formats are made of: near misses of all of them. */
const pieces = fc.constantFrom(
  ...['{"', '":', "[", "]", "}", '"GET /', ' HTTP/1.1" 200', ' - "', "10.0.0.1:5", "request_id=", "chatcmpl-", " -- "],
  ...[
    "Traceback (most recent call last):",
    "  File ",
    " | ",
    "    at f(",
    "goroutine 1 [",
    "java.lang.X",
    "Caused by: ",
  ],
  ...["2026-11-22T10:00:00", "Nov 22 10:00:00", "[22/Nov/2026:10:00:00 +0000]", "INFO 11-22 ", "(a pid=1) ", "level="],
  ...["a", " ", "0", ".", "\t", "\\", "\u0000", "ё", "\ud800", "💥"],
);
const line = fc
  .array(fc.oneof(pieces, fc.string({ unit: "binary", maxLength: 8 })), { maxLength: 60 })
  .map((all) => all.join(""));

describe("reading a line", () => {
  it("never throws", () => {
    fc.assert(
      fc.property(line, (text) => {
        readAll(text);
      }),
      { numRuns: 3_000 },
    );
  });

  it("takes time in proportion to its length, whatever it repeats", () => {
    const units = fc.array(fc.oneof(pieces, fc.string({ maxLength: 3 })), { minLength: 1, maxLength: 4 });
    const slow: string[] = [];
    fc.assert(
      fc.property(units, (unit) => {
        const text = unit.join("") || "x";
        const whole = text.repeat(Math.ceil(1_000_000 / text.length));
        // The quickest of three: a pause of the machine is not the line's.
        const took = Math.min(...[0, 1, 2].map(() => timed(whole)));
        if (took > 60) slow.push(`${text}: ${took.toFixed(0)} ms`);
      }),
      { numRuns: 40 },
    );
    expect(slow).toEqual([]);
  });

  it.each([
    ["braces", '{"a":'],
    ["brackets", "["],
    ["digits", "1"],
    ["dots of a name", "a."],
    ["stamps", "2026-11-22 "],
    ["peers", "10.0.0.1:5 - "],
    ["ids", "request_id="],
    ["blanks", " "],
    ["tabs", "\t"],
    ["frames", " at x"],
    ["bars", " | "],
    ["words", "ERROR "],
  ])("1 MB of %s is read in no time", (_, unit) => {
    expect(Math.min(...[0, 1, 2].map(() => timed(unit.repeat(1_000_000 / unit.length))))).toBeLessThan(60);
  });
});

function timed(text: string): number {
  const began = performance.now();
  readAll(text);
  return performance.now() - began;
}

describe("lines of a report, told by their bytes", () => {
  it("are told as by their texts", () => {
    const piece = fc.oneof(
      fc.constantFrom(
        ...[
          "Traceback (most recent call last):",
          '  File "/a.py", line 1, in f',
          "ValueError: no",
          "panic: x",
          "\tat x(",
          "",
        ],
        ...[
          "ERROR it broke",
          "INFO 11-22 10:00:00 [core.py:700] Traceback (most recent call last):",
          "INFO:     10.0.0.7 - x",
        ],
        ...["goroutine 1 [running]:", "Caused by: java.io.IOException", "I 1", "W1", "D 9"],
      ),
      fc.stringMatching(/^[ -~\t]{0,20}$/),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (lines) => {
        const byText = createTracebackReader();
        const byBytes = createTracebackReader();
        for (const line of lines) {
          const level = levelOf(line);
          const bytes = Buffer.from(`x${line}y`);
          const part = !byBytes.passes(bytes, 1, 1 + line.length, level) && byBytes.isPart(line, level);
          expect(part).toBe(byText.isPart(line, level));
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
