import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { piecesOf, regexFinder, textFinder } from "../../../../../../renderer/features/logs/line/pieces.ts";

describe("pieces of a line", () => {
  test.each([
    ["plain text", "all is well", "", [{ kind: "text", text: "all is well" }]],
    [
      "eight stars",
      "HF_TOKEN=******** set",
      "",
      [
        { kind: "text", text: "HF_TOKEN=" },
        { kind: "mask", text: "********" },
        { kind: "text", text: " set" },
      ],
    ],
    ["a named mask", "[secret:HF_TOKEN]", "", [{ kind: "mask", text: "[secret:HF_TOKEN]" }]],
    ["seven stars are text", "*******", "", [{ kind: "text", text: "*******" }]],
    [
      "what was looked for, in any case",
      "Error: error",
      "error",
      [
        { kind: "hit", text: "Error" },
        { kind: "text", text: ": " },
        { kind: "hit", text: "error" },
      ],
    ],
    ["nothing is marked inside a mask", "[secret:TOKEN]", "token", [{ kind: "mask", text: "[secret:TOKEN]" }]],
    ["a letter whose lower case is longer", "İ error", "error", [{ kind: "text", text: "İ error" }]],
  ])("%s", (_name, line, words, pieces) => {
    expect(piecesOf(line, textFinder(words))).toEqual(pieces);
  });

  test("together are the line, whatever it holds", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.string({ maxLength: 4 }), (line, words) => {
        const pieces = piecesOf(line, textFinder(words));
        expect(pieces.map((piece) => piece.text).join("")).toBe(line);
      }),
    );
  });
});

describe("an expression", () => {
  test.each([
    [
      "finds what it fits",
      "req-[0-9]+",
      "a req-12 b req-7",
      [
        [2, 8],
        [11, 16],
      ],
    ],
    ["an empty fit marks nothing", "x*", "abc", []],
  ])("%s", async (_name, expression, text, found) => {
    expect((await regexFinder(expression))?.(text)).toEqual(found);
  });

  test.each([
    ["a look behind", "(?<=a)b"],
    ["a back reference", "(a)\\1"],
    ["an open bracket", "["],
  ])("must be refused: %s", async (_name, expression) => {
    expect(await regexFinder(expression)).toBeNull();
  });

  test("one that makes a backtracking engine run for ever is done at once", async () => {
    const find = await regexFinder("(a+)+$");
    const began = performance.now();
    expect(find?.(`${"a".repeat(2_000)}b`)).toEqual([]);
    expect(performance.now() - began).toBeLessThan(2_000);
  });

  test("a pattern that fits everywhere has a bounded number of marks", async () => {
    expect((await regexFinder("a"))?.("a".repeat(5_000))).toHaveLength(200);
  });
});
