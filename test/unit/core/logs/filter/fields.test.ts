import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FieldFilter } from "../../../../../electron/contract/logs.ts";
import { fieldFits, fieldMust } from "../../../../../electron/core/logs/filter/fields.ts";

const field = (path: string, op: FieldFilter["op"], value = ""): FieldFilter => ({ path, op, value });
const line = '{"a":{"b":[{"c":"Deep"}]},"log.level":"warn","status":500,"ms":"12.5","ok":true,"none":null,"":1}';

describe("fields", () => {
  const rows: [string, FieldFilter, boolean][] = [
    ["a leaf through a list", field("a.b.0.c", "is", "Deep"), true],
    ["letter by letter", field("a.b.0.c", "is", "deep"), false],
    ["a part, whatever its case", field("a.b.0.c", "has", "EE"), true],
    ["a key that holds dots", field("log.level", "is", "warn"), true],
    ["a number", field("status", "is", "500"), true],
    ["a number written otherwise", field("status", "is", "5e2"), true],
    ["above", field("status", "above", "499.5"), true],
    ["not above itself", field("status", "above", "500"), false],
    ["below, as text", field("ms", "below", "13"), true],
    ["below what is no number", field("ms", "below", "x"), false],
    ["truth is no number", field("ok", "above", "0"), false],
    ["truth", field("ok", "is", "true"), true],
    ["null", field("none", "is", "null"), true],
    ["an object is there", field("a.b", "exists"), true],
    ["an object is no leaf", field("a", "has", "b"), false],
    ["nothing is there", field("a.x", "exists"), false],
    ["beyond the list", field("a.b.1.c", "exists"), false],
    ["not", field("status", "not", "500"), false],
    ["not, where another value is", field("status", "not", "200"), true],
    ["not, where nothing is", field("other", "not", "200"), true],
    ["nothing inherited", field("constructor", "exists"), false],
  ];
  it.each(rows)("%s", (_, filter, fits) => {
    expect([fieldFits(line, filter), fieldFits(`gateway: ${line}`, filter)]).toEqual([fits, fits]);
  });

  it("a line that isn't JSON has none", () => {
    expect(["exists", "is", "not"].map((op) => fieldFits("status=500", field("status", op as "is", "500")))).toEqual([
      false,
      false,
      true,
    ]);
  });

  it("a path of dots is not tried in every way there is", () => {
    const deep = (depth: number): unknown => {
      const inner = depth === 0 ? 1 : deep(depth - 1);
      return { a: inner, "a.a": inner, "a.a.a": inner };
    };
    const hostile = JSON.stringify(deep(7));
    const began = performance.now();
    expect(fieldFits(hostile, field(Array(99).fill("a").join("."), "exists"))).toBe(false);
    expect(performance.now() - began).toBeLessThan(1_000);
  });

  it("what a line must hold is in every line that fits", () => {
    const key = fc.constantFrom("status", "a b", "st/x", "x-y", "k$", "0", "@t");
    const value = fc.oneof(
      fc.constantFrom("abc", "a b", "5", "true", "é", 'q"', "a\\b", ""),
      fc.double({ noNaN: true }),
      fc.boolean(),
    );
    const spelled = (text: string, how: number): string =>
      [...JSON.stringify(text).slice(1, -1)]
        .map((char, i) => {
          const plain = /[A-Za-z0-9]/.test(char) && !JSON.stringify(text).includes("\\");
          return (how >>> (i % 8)) % 2 === 1 && plain ? `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}` : char;
        })
        .join("");
    const op = fc.constantFrom("is", "not", "has", "above", "below", "exists");
    fc.assert(
      fc.property(
        key,
        value,
        op,
        fc.nat(255),
        fc.nat(255),
        fc.constantFrom("", " ", "\t "),
        (path, leaf, how, k, v, gap) => {
          const written = typeof leaf === "string" ? `"${spelled(leaf, v)}"` : JSON.stringify(leaf);
          const text = `{"${spelled(path, k)}"${gap}:${gap}${written}}`;
          const filter = field(path, how, how === "above" ? "-1e300" : how === "below" ? "1e300" : String(leaf));
          const must = fieldMust(filter);
          if (fieldFits(text, filter) && must !== null)
            expect([text, must.source, must.test(text)]).toEqual([text, must.source, true]);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
