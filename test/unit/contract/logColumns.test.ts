import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  columnFault,
  type LogColumns,
  packLines,
  unpackLines,
  windowLimit,
} from "../../../electron/contract/logColumns.ts";
import { type LogLine, logColumns } from "../../../electron/contract/logs.ts";
import { logLineOf } from "../../helpers/logRows.ts";

const most = Number.MAX_SAFE_INTEGER;
const three = [logLineOf(7), logLineOf(8), logLineOf(9, { level: "warn", stream: "stderr" })];

const numbers = fc.oneof(fc.nat(3), fc.nat(), fc.maxSafeNat());
const anyLine: fc.Arbitrary<LogLine> = fc.record({
  index: numbers,
  row: numbers,
  source: fc.nat(31),
  at: fc.option(numbers),
  stream: fc.constantFrom("stdout", "stderr", "note"),
  level: fc.constantFrom(null, "debug", "info", "warn", "error"),
  text: fc.string({ unit: "binary" }),
  folded: numbers,
  part: fc.boolean(),
});

/** As a transport carries them. */
const carried = (lines: readonly LogLine[]): LogColumns =>
  logColumns.parse(JSON.parse(JSON.stringify(packLines(lines))) as unknown);

describe("lines as columns", () => {
  test("are the same lines behind a transport", () => {
    fc.assert(
      fc.property(fc.array(anyLine, { maxLength: 40 }), (lines) => {
        expect(unpackLines(carried(lines))).toEqual(lines);
      }),
    );
  });

  test("hold steps, and say once what repeats", () => {
    const lines = Array.from({ length: 1000 }, (_, at) => logLineOf(1200 + at, { at: at % 500 === 0 ? null : 50_000 }));
    expect({ ...packLines(lines), texts: [] }).toEqual({
      kinds: "0".repeat(1000),
      index: "1200,1*999",
      row: "1200,1*999",
      source: "0*1000",
      at: "n,50000,0*498,n,0*499",
      folded: "0*1000",
      texts: [],
    });
  });

  test.each<[string, LogLine[]]>([
    ["none", []],
    ["one without a time", [logLineOf(0, { at: null })]],
    ["the greatest numbers there are", [logLineOf(0), logLineOf(most, { at: most, folded: most }), logLineOf(0)]],
    ["as many as a window has", Array.from({ length: windowLimit }, (_, at) => logLineOf(at))],
    ["texts with line feeds, quotes and half a letter", [logLineOf(0, { text: 'a\n"b",\\\ud800' }), logLineOf(1)]],
  ])("%s", (_, lines) => {
    expect(unpackLines(carried(lines))).toEqual(lines);
  });
});

describe("must be refused", () => {
  test.each<[string, Partial<LogColumns>, string]>([
    ["a kind too few", { kinds: "00" }, "kinds: 2 of 3 lines"],
    ["a kind too many", { kinds: "0000" }, "kinds: 4 of 3 lines"],
    ["a letter that is no kind", { kinds: "0N0" }, "kinds: line 1 is of no kind"],
    ["a letter before the kinds", { kinds: "00/" }, "kinds: line 2 is of no kind"],
    ["numbers of fewer lines", { index: "7,1" }, "index: less than there are lines"],
    ["no numbers", { row: "" }, "row: less than there are lines"],
    ["numbers of more lines", { row: "7,1*3" }, "row: more than there are lines"],
    ["one more number", { row: "7,1*2,1" }, "row: more than there are lines"],
    ["a comma at the end", { row: "7,1*2," }, "row: more than there are lines"],
    ["a comma at the beginning", { row: ",7,1*2" }, "row: not a number at 0"],
    ["no line where one must be", { index: "n*3" }, "index: not a number at 0"],
    ["less than nothing", { folded: "0,-1,0" }, `folded: not from 0 to ${most}`],
    ["more than a number holds", { at: `${most},1,0` }, `at: not from 0 to ${most}`],
    ["a number without end", { at: "9".repeat(400) }, `at: not from 0 to ${most}`],
    ["a source beyond the last", { source: "0*2,32" }, "source: not from 0 to 31"],
    ["a fraction", { at: "1.5,1,1" }, "at: not a number at 1"],
    ["an exponent", { at: "1e3,1,1" }, "at: not a number at 1"],
    ["a word", { at: "NaN,1,1" }, "at: not a number at 0"],
    ["a step of nothing", { at: "-,1,1" }, "at: not a number at 1"],
    ["a number that is repeated never", { at: "1*0,1,1" }, "at: repeated 0 times"],
    ["one that is repeated without end", { at: `1*${"9".repeat(400)}` }, "at: more than there are lines"],
  ])("%s", (_, change, fault) => {
    const columns = { ...packLines(three), ...change };
    expect(() => unpackLines(columns)).toThrow(fault);
    const { error } = logColumns.safeParse(columns);
    expect(error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`)).toEqual([fault]);
  });

  test.each<[string, object, string]>([
    ["a text too few", { texts: ["a", "b"] }, "kinds"],
    ["a text that is none", { texts: ["a", 1, "b"] }, "texts.1"],
    ["numbers that are no text", { at: [1, 2, 3] }, "at"],
    ["an unknown column", { colour: "" }, ""],
    [
      "more lines than a window has",
      packLines(Array.from({ length: windowLimit + 1 }, (_, at) => logLineOf(at))),
      "texts",
    ],
  ])("%s", (_, change, path) => {
    const { error } = logColumns.safeParse({ ...packLines(three), ...change });
    expect(error?.issues.map((issue) => issue.path.join("."))).toEqual([path]);
  });

  test.each<[string, Partial<LogLine>, string]>([
    ["a time with a fraction", { at: 1.5 }, "at"],
    ["a time before 1970", { at: -1 }, "at"],
    ["a time that is no number", { at: Number.NaN }, "at"],
    ["an endless row", { row: Number.POSITIVE_INFINITY }, "row"],
    ["a great index", { index: 2 ** 60 }, "index"],
    ["a level that there is not", { level: "fatal" as "error" }, "kinds"],
    ["a stream that there is not", { stream: "stdin" as "stdout" }, "kinds"],
  ])("a line with %s", (_, change, column) => {
    expect(columnFault(packLines([logLineOf(0), logLineOf(1, change), logLineOf(2)]))).toMatchObject({ column });
  });

  test("columns of any letters are lines or have a fault, at once", () => {
    const letters = fc.string({ unit: fc.constantFrom(..."0123456789n*,-e. ") });
    fc.assert(
      fc.property(
        fc.record({ kinds: letters, index: letters, row: letters, source: letters, at: letters, folded: letters }),
        fc.array(fc.string(), { maxLength: 5 }),
        (columns, texts) => {
          const all = { ...columns, kinds: columns.kinds.slice(0, texts.length), texts };
          const fault = columnFault(all);
          if (fault === null) expect(unpackLines(all)).toHaveLength(texts.length);
          else expect(Object.keys(all)).toContain(fault.column);
        },
      ),
    );
  });
});
