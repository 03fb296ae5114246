import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createDetectEngine, rules } from "../../../../../electron/core/logs/detect/engine.ts";
import { familyRules } from "../../../../../electron/core/logs/detect/families.ts";
import { cleanCorpus, cleanLines, plantedCorpus } from "../../../../helpers/detectCorpus.ts";
import { everything, screened, screenOf, standard } from "./setup.ts";

const keywords = rules.flatMap((rule) => rule.keywords);
const pieces = [
  ...keywords,
  ...keywords.map((keyword) => keyword.toUpperCase()),
  ..."=:/@.-_ \"'\\[]{}<>+%\n",
  "-----BEGIN PRIVATE KEY-----",
  "-----END PRIVATE KEY-----",
  "eyJhbGciOiJIUzI1NiJ9",
  "AKIA",
  "+7 (916) 123-45-67",
  "4111 1111 1111 1111",
  "DE89 3704 0044 0532 0130 00",
  "ИНН",
  "снилс",
  "[secret:TOKEN]",
  "[detected:jwt]",
];
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(...pieces),
      fc.stringMatching(/^[A-Za-z0-9_-]{1,70}$/),
      fc.stringMatching(/^[0-9 ().-]{1,24}$/),
      fc.string({ unit: "binary", maxLength: 12 }),
    ),
    { maxLength: 14 },
  )
  .map((parts) => parts.join(""));

describe("whatever a line holds", () => {
  test("nothing is thrown, and what was looked at once holds no find", { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(hostile, (line) => {
        const once = screened(line, everything);
        const again = screenOf(everything);
        expect(again.line("stdout", once)).toBe(once);
        expect(again.detected.size).toBe(0);
      }),
      { numRuns: 2_000, examples: [["://-----BEGIN PRIVATE KEY-----@"], ["https://[secret:USER]:hunter2hunter2@x"]] },
    );
  });

  test("finds are in order, apart, and inside the line", () => {
    const engine = createDetectEngine();
    fc.assert(
      fc.property(hostile, (line) => {
        const { hits } = engine.find(line, everything, null);
        let reached = 0;
        for (const { start, end } of hits) {
          expect(start).toBeGreaterThanOrEqual(reached);
          expect(end).toBeGreaterThan(start);
          reached = end;
        }
        expect(reached).toBeLessThanOrEqual(line.length);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("the places that need a closer look", () => {
  const engine = createDetectEngine();
  const lookedAt = (text: string, before: string): readonly number[] =>
    engine.places(Buffer.from(`${before}${text}\n`, "latin1"), before.length, before.length + text.length);

  test("are in each line that has a find, wherever it lies", { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(hostile, fc.stringMatching(/^[ -~]{0,9}$/), (raw, before) => {
        const line = raw.replace(/[^\t -~]/g, "");
        const places = [...lookedAt(line, before)];
        if (engine.find(line, standard, null).hits.length > 0) expect(places.length).toBeGreaterThan(0);
        expect(
          places.every(
            (at, n) => at >= before.length && at < before.length + line.length && at > (places[n - 1] ?? -1),
          ),
        ).toBe(true);
      }),
      { numRuns: 5_000 },
    );
  });

  test("are where each keyword is, in any case, at any offset, and nowhere in clean words", () => {
    for (const keyword of keywords) {
      for (const before of ["", "x", "xy", "xyz", "xyzx", "xyzxy", "xyzxyz", "xyzxyzx"]) {
        for (const text of [keyword, keyword.toUpperCase()]) {
          expect([keyword, before, lookedAt(`${before}${text}`, "").length > 0]).toEqual([keyword, before, true]);
        }
      }
    }
    expect(lookedAt("the quick brown fox jumps over a lazy dog, tokens=512 monkeys keyboard", "")).toEqual([]);
  });
});

describe("cost", () => {
  const SIZE = 1 << 20;
  const engine = createDetectEngine();
  /** Time of this process alone, milliseconds: others on the machine do not count. */
  const timeOf = (line: string) => {
    const began = process.cpuUsage();
    engine.find(line, everything, null);
    return process.cpuUsage(began).user / 1_000;
  };
  const bestOf = (line: string, runs: number) => Math.min(...Array.from({ length: runs }, () => timeOf(line)));
  const filled = (part: string, size: number) => part.repeat(Math.ceil(size / part.length)).slice(0, size);
  const quiet = filled("abcdefghij ", SIZE);

  /** The first keyword of each rule again and again, with what the rule reads on; families share their one. */
  const attacks = rules.flatMap((rule) => {
    const word = rule.keywords[0] as string;
    return familyRules.includes(rule) ? [`${word}aB3`] : [word, `${word}=`, `${word}: `];
  });
  const others = [
    "a@",
    "a.a@a.",
    "1 ",
    "11-11 ",
    "+7",
    "4111 ",
    "DE8",
    "DE89 3704 ",
    "eyJ.",
    "eyJhbGciOiJIUzI1NiJ9.",
    "eyJhbGciOiJIUzI1NiJ9-",
    "-----BEGIN PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----\\n",
    "http://a:",
    "://a:b@",
    "curl -u a",
    "curl -u a:b",
    "inn 1 ",
  ];

  test("a megabyte of anything costs at most a hundred times a quiet one", { timeout: 120_000 }, () => {
    bestOf(quiet, 2);
    const base = bestOf(quiet, 3);
    const slow = [...new Set([...attacks, ...others])]
      .map((part) => ({ part, line: filled(part, SIZE) }))
      .filter(({ line }) => timeOf(line) / base > 100 && bestOf(line, 3) / base > 100)
      .map(({ part }) => part);
    expect(slow).toEqual([]);
  });

  test("eight times the line takes about eight times as long", { timeout: 60_000 }, () => {
    const curved = ["key=", "sk-ant-", "eyJ-", "1 ", "a@", "-----BEGIN PRIVATE KEY-----", "token: ", "http://a:"]
      .map((part) => {
        const [short, long] = [filled(part, SIZE / 4), filled(part, SIZE * 2)];
        bestOf(short, 3);
        return { part, ratio: bestOf(long, 2) / Math.max(1, bestOf(short, 3)) };
      })
      .filter(({ ratio }) => ratio > 24);
    expect(curved).toEqual([]);
  });
});

describe("corpora", () => {
  test("clean logs of every kind: nothing is taken for a token, and next to nothing for a value", {
    timeout: 60_000,
  }, () => {
    const screen = screenOf(standard);
    const lines = cleanCorpus(60_000, 42);
    const changed = lines.filter((line) => screen.line("stdout", line) !== line);
    const { assignment = 0, ...providers } = Object.fromEntries(screen.detected);
    expect(providers).toEqual({});
    expect(assignment).toBeLessThan(lines.length / 10_000);
    expect(changed.length).toBe(assignment);
    expect(Object.keys(cleanLines).length).toBeGreaterThan(12);
  });

  test("planted secrets: every one is gone, and named rightly", () => {
    const planted = plantedCorpus(40, 99);
    const screen = screenOf(standard);
    const missed = planted.filter(({ line, secret, kind }) => {
      const shown = screen.line("stdout", line);
      return shown.includes(secret) || (kind !== "assignment" && !shown.includes(`[detected:${kind}]`));
    });
    expect(missed.filter(({ kind }) => kind !== "assignment")).toEqual([]);
    // A random value may look like a word now and then.
    expect(missed.length).toBeLessThan(planted.length / 200);
    expect(planted.length).toBeGreaterThan(2_000);
  });
});
