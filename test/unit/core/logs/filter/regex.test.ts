import fc from "fast-check";
import { RE2JS } from "re2js";
import { describe, expect, it } from "vitest";
import { compileFilter } from "../../../../../electron/core/logs/filter/index.ts";
import { shortcutOf } from "../../../../../electron/core/logs/filter/pattern.ts";
import { compileExpression } from "../../../../../electron/core/logs/filter/regex.ts";

describe("expressions", () => {
  const refused: [string, string, string][] = [
    ["looking ahead", "a(?=b)", "(?="],
    ["looking ahead for what is not there", "a(?!b)", "(?!"],
    ["looking behind", "(?<=a)b", "(?<="],
    ["going back to a group", "(a)\\1", "\\1"],
    ["an atomic group", "(?>a+)b", "(?>"],
    ["a possessive repeat", "a++b", "++"],
    ["too many repeats", "a{1001}", "{1001}"],
    ["repeats of repeats", "((a{30}){30}){30}", "{30}"],
    ["too large", "(?:[ab]{1,30}c?){30}", "too large"],
    ["not closed", "(a", "missing closing )"],
    ["a class not closed", "[a", "missing closing ]"],
  ];
  it.each(refused)("must be refused: %s", (_, regex, reason) => {
    const details = { field: "regex", reason: expect.stringContaining(reason) };
    expect(() => compileFilter({ regex })).toThrow(expect.objectContaining({ code: "BAD_INPUT", details }));
  });

  const hostile: [string, string, string, boolean][] = [
    ["a repeat of repeats", "(a+)+$", `${"a".repeat(100_000)}!`, false],
    ["the same where it fits", "(a+)+$", "a".repeat(100_000), true],
    ["two repeats of the same", "(x+x+)+y", "x".repeat(100_000), false],
    ["choices that are the same", "(a|a)*[bc]$", "a".repeat(100_000), false],
    ["many greedy parts", "(.*)(.*)(.*)(.*)(.*)[x-z]", "a".repeat(100_000), false],
    ["optional parts in a row", "(?:a?){30}a{30}[bc]", "a".repeat(100_000), false],
    ["more states than can be kept", "(a|b)*a(a|b){12}[x-z]", "abbaab".repeat(17_000), false],
  ];
  it.each(hostile)("run in linear time: %s", (_, pattern, line, fits) => {
    const { must, exact, test } = compileExpression(pattern);
    const took = (text: string): number => {
      const began = performance.now();
      expect(test(text)).toBe(fits);
      if (must !== null) {
        must.lastIndex = 0;
        expect(must.test(text) || !fits).toBe(true);
      }
      return performance.now() - began;
    };
    expect(exact).toBe(false);
    took(line);
    // Going back and forth would take hours; what is linear stays far below a second even on a busy machine.
    expect(took(line)).toBeLessThan(2_000);
  });

  const shortcuts: [string, string, string | null, boolean][] = [
    ["a literal", "error: \\d\\d", "all of it", true],
    ["a choice", "(?i)error|timeout", "all of it", true],
    ["a run between repeats", "\\d+\\.\\d tokens/s.*", "a part", false],
    ["nothing but repeats", "\\w+\\s*", null, false],
    ["what is optional", "(?:abc)*", null, false],
    ["bounded, but in too many ways", "(?:a?){30}b", null, false],
    ["syntax that is left to RE2", "\\p{Greek}error", null, false],
    ["another case beyond ASCII", "(?i)\u212aelvin", null, false],
  ];
  it.each(shortcuts)("have a shortcut where that can't go back and forth: %s", (_, pattern, what, exact) => {
    const shortcut = shortcutOf(pattern);
    expect([shortcut === null ? null : shortcut.exact ? "all of it" : "a part", shortcut?.exact ?? false]).toEqual([
      what,
      exact,
    ]);
  });

  const atom = fc.constantFrom(
    "a",
    "b",
    "c",
    "ab",
    ".",
    "\\d",
    "\\w",
    "\\s",
    "\\S",
    "[a-c]",
    "[^ab]",
    "[^\\d]",
    "\\b",
    "\\B",
    "^",
    "$",
    "\\x61",
    "\\.",
    "1",
    " ",
    "[]a]",
    "[a\\-c-]",
    "\\x{62}",
    "-",
    "\\A",
    "\\z",
    "é",
  );
  const repeat = fc.constantFrom("", "", "", "*", "+", "?", "+?", "{2}", "{1,2}", "{0,3}", "{2,}");
  const { pattern } = fc.letrec<{ pattern: string; sequence: string; one: string }>((tie) => ({
    pattern: fc.array(tie("sequence"), { minLength: 1, maxLength: 3 }).map((some) => some.join("|")),
    sequence: fc.array(tie("one"), { maxLength: 5 }).map((some) => some.join("")),
    one: fc
      .tuple(
        fc.oneof(
          { maxDepth: 3, withCrossShrink: true },
          atom,
          tie("pattern").map((inner) => `(?:${inner})`),
        ),
        repeat,
      )
      .map(([part, times]) => (/^(?:\\[bBAz]|[$^])$/.test(part) ? part : `${part}${times}`)),
  }));
  const line = fc.array(fc.constantFrom("a", "b", "c", "A", "1", " ", ".", "-", "]", "ab", "\t"), { maxLength: 12 });

  it("say the same as RE2 alone on lines of ASCII, whatever the expression", () => {
    let exact = 0;
    let parts = 0;
    fc.assert(
      fc.property(pattern, fc.boolean(), fc.array(line, { minLength: 1, maxLength: 8 }), (body, fold, texts) => {
        const source = fold ? `(?i)${body}` : body;
        const program = RE2JS.compile(source);
        const shortcut = shortcutOf(source);
        if (shortcut === null) return;
        if (shortcut.exact) exact++;
        else parts++;
        for (const text of texts.map((some) => some.join(""))) {
          shortcut.must.lastIndex = 0;
          // Behind the last line feed no line stands.
          const found = shortcut.must.test(`${text}\n`) && shortcut.must.lastIndex <= text.length;
          const fits = program.matcher(text).find();
          if (shortcut.exact) expect([source, text, found]).toEqual([source, text, fits]);
          else if (fits) expect([source, text, found]).toEqual([source, text, true]);
        }
      }),
      { numRuns: 3_000 },
    );
    expect([exact > 300, parts > 50]).toEqual([true, true]);
  });
});
