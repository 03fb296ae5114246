import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { KernelError, runCell, type Value } from "../../../../electron/practice/jupyter/evaluate.ts";

function run(code: string, names = new Map<string, Value>()) {
  let printed = "";
  const print = (text: string) => {
    printed += text;
  };
  try {
    return { shown: runCell(code, names, print), printed };
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    return { error: error.kind, printed };
  }
}

describe("a simulated kernel computes", () => {
  test.each<[code: string, shown: string | null, printed?: string]>([
    ["1+1", "2"],
    ["2 + 3 * 4 - 5", "9"],
    ["(2 + 3) * -4", "-20"],
    ["7 / 2", "3.5"],
    ["4 / 2", "2.0"],
    ["-7 // 2", "-4"],
    ["-7 % 3", "2"],
    ["7.5 // 2", "3.0"],
    ["2 ** 100", "1267650600228229401496703205376"],
    ["-2 ** 2", "-4"],
    ["2 ** -1", "0.5"],
    ["2 ** 3 ** 2", "512"],
    ["1e3 + .5", "1000.5"],
    ["x = 6\nx * 7", "42"],
    ["x = 1; x", "1"],
    ["x = 1", null],
    ["print(1 + 1)", null, "2\n"],
    ["# nothing", null],
    ["", null],
  ])("%j", (code, shown, printed = "") => {
    expect(run(code)).toEqual({ shown, printed });
  });

  test.each<[code: string, error: string]>([
    ["1 / 0", "ZeroDivisionError"],
    ["1 // 0", "ZeroDivisionError"],
    ["y", "NameError"],
    ["import os", "SyntaxError"],
    ["__import__('os')", "SyntaxError"],
    ["process.exit()", "NameError"],
    ["constructor", "NameError"],
    ["1 +", "SyntaxError"],
    ["(1", "SyntaxError"],
    ["9 ** 9 ** 9", "OverflowError"],
    ["10 ** 399 * 10", "OverflowError"],
    [`${"(".repeat(100)}1${")".repeat(100)}`, "RecursionError"],
    [`${"-".repeat(100)}1`, "RecursionError"],
    ["1".repeat(5_000), "MemoryError"],
    ["1\n".repeat(300), "MemoryError"],
  ])("%s is refused", (code, error) => {
    expect(run(code)).toEqual({ error, printed: "" });
  });

  test("names stay from cell to cell", () => {
    const names = new Map<string, Value>();
    run("a = 2", names);
    expect(run("a ** 10", names)).toEqual({ shown: "1024", printed: "" });
  });

  test("whatever it is given, it answers or refuses, at once", () => {
    const piece = fc.constantFrom(
      "1",
      "0",
      "x",
      "+",
      "-",
      "*",
      "**",
      "/",
      "//",
      "%",
      "(",
      ")",
      "=",
      "\n",
      "9999",
      ".5",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ maxLength: 200 }),
          fc.array(piece).map((all) => all.join("")),
        ),
        (code) => {
          const began = performance.now();
          run(code);
          expect(performance.now() - began).toBeLessThan(1_000);
        },
      ),
    );
  });
});
