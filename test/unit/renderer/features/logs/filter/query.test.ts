import { describe, expect, test } from "vitest";
import {
  cleared,
  emptyQuery,
  filterOf,
  hitsOf,
  isNarrowed,
  type Query,
  toggled,
  withField,
} from "../../../../../../renderer/features/logs/filter/query.ts";

const query = (change: Partial<Query>): Query => ({ ...emptyQuery, fold: false, ...change });
const status = { path: "status", op: "is", value: "500" } as const;

describe("what the core filters by", () => {
  test.each<[string, Partial<Query>, ReturnType<typeof filterOf>]>([
    ["nothing", {}, undefined],
    ["folding alone", { fold: true }, { fold: true }],
    ["words, without the blanks around them", { text: "  gone " }, { text: "gone" }],
    ["blanks alone are nothing", { text: "  " }, undefined],
    ["an expression as it is", { text: " a+ ", regex: true }, { regex: " a+ " }],
    ["words that are only looked for hide nothing", { text: "gone", mode: "find" }, undefined],
    ["levels", { levels: ["error"] }, { levels: ["error"] }],
    [
      "all together",
      { text: "x", levels: ["warn"], sources: [1], fields: [status], requestId: "req-1", fold: true },
      { text: "x", levels: ["warn"], sources: [1], fields: [status], requestId: "req-1", fold: true },
    ],
    ["no more than the contract takes", { text: "x".repeat(500) }, { text: "x".repeat(200) }],
  ])("%s", (_name, change, filter) => {
    expect(filterOf(query(change))).toEqual(filter);
  });

  test("what is found is the filter with the words", () => {
    expect(hitsOf(query({ text: "gone", mode: "find", levels: ["error"] }))).toEqual({
      text: "gone",
      levels: ["error"],
    });
  });
});

test.each<[string, Partial<Query>, boolean]>([
  ["nothing", {}, false],
  ["folding alone", { fold: true }, false],
  ["words that are looked for", { text: "x", mode: "find" }, false],
  ["words", { text: "x" }, true],
  ["a request", { requestId: "req-1" }, true],
])("lines are hidden by %s: %s", (_name, change, narrowed) => {
  expect(isNarrowed(query(change))).toBe(narrowed);
});

test("clearing keeps how one looks, and takes all that hides lines", () => {
  const before = query({ text: "x", regex: true, mode: "find", fold: true, levels: ["error"], requestId: "req-1" });
  expect(cleared(before)).toEqual({ ...emptyQuery, regex: true, mode: "find", fold: true });
});

test("a field's condition takes the place of the one like it", () => {
  const before = query({ fields: [status, { ...status, op: "not" }] });
  expect(withField(before, { ...status, value: "404" }).fields).toEqual([
    { ...status, op: "not" },
    { ...status, value: "404" },
  ]);
});

test("no more conditions than the contract takes: the oldest goes", () => {
  const fields = Array.from({ length: 8 }, (_, at) => ({ ...status, path: `f${at}` }));
  const after = withField(query({ fields }), status).fields;
  expect([after.length, after[0]?.path, after.at(-1)?.path]).toEqual([8, "f1", "status"]);
});

test("toggling adds and takes away", () => {
  expect([toggled([1], 2), toggled([1, 2], 1)]).toEqual([[1, 2], [2]]);
});
