import { describe, expect, it } from "vitest";
import { leavesOf } from "../../../../../electron/core/logs/parse/index.ts";

describe("the leaves of a line", () => {
  it.each([
    [
      "of each kind, in order",
      '{"b":"x","a":{"n":1.5,"t":true,"z":null,"l":[1,{"k":"v"}]}}',
      [
        { path: "b", value: "x", kind: "text" },
        { path: "a.n", value: "1.5", kind: "number" },
        { path: "a.t", value: "true", kind: "truth" },
        { path: "a.z", value: "null", kind: "null" },
        { path: "a.l.0", value: "1", kind: "number" },
        { path: "a.l.1.k", value: "v", kind: "text" },
      ],
    ],
    ["behind a prefix", 'INFO 10:00 {"a":1}', [{ path: "a", value: "1", kind: "number" }]],
    ["of nothing", "{}", []],
    ["with a name that is a prototype", '{"__proto__":1}', [{ path: "__proto__", value: "1", kind: "number" }]],
    ["no JSON", "plain text", null],
    ["half of JSON", '{"a":', null],
    ["a bare number", "17", null],
  ])("%s", (_, line, leaves) => expect(leavesOf(line, 500)).toEqual(leaves));

  it("are bounded in number and depth", () => {
    expect(leavesOf(JSON.stringify(Array.from({ length: 1_000 }, (_, i) => i)), 500)).toHaveLength(500);
    const deep = `${'{"a":'.repeat(100)}1${"}".repeat(100)}`;
    expect(leavesOf(deep, 500)).toEqual([{ path: Array(64).fill("a").join("."), value: "…", kind: "text" }]);
  });
});
