import fc from "fast-check";
import { expect, test } from "vitest";
import { accessOf, piecesOf } from "../../../../../renderer/features/logs/pieces.ts";

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
])("%s", (_name, line, query, pieces) => {
  expect(piecesOf(line, query)).toEqual(pieces);
});

test("the pieces together are the line, whatever it holds", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.string({ maxLength: 4 }), (line, query) => {
      expect(
        piecesOf(line, query)
          .map((piece) => piece.text)
          .join(""),
      ).toBe(line);
    }),
  );
});

test.each([
  ["an access line", '{"method":"GET","path":"/ready","status":200,"client_ip":"127.0.0.xxx"}', "GET /ready 200"],
  ["JSON of another kind", '{"level":"info","method":"GET"}', null],
  ["a status that is text", '{"method":"GET","path":"/","status":"200"}', null],
  ["cut JSON", '{"method":"GET","path":"/ready"', null],
  ["a list", '["method"]', null],
  ["plain text", "GET /ready 200", null],
])("%s in short", (_name, text, expected) => {
  expect(accessOf(text)).toBe(expected);
});
