import { expect, test } from "vitest";
import { createRowCache, missingIn } from "../../../../../../renderer/features/logs/feed/rowCache.ts";
import { logLineOf } from "../../../../../helpers/logRows.ts";

const cacheOf = (...rows: number[]) => {
  const cache = createRowCache();
  cache.put(rows.map((row) => logLineOf(row)));
  return cache;
};

test.each([
  ["nothing is there", [], 5, 8, { from: 5, count: 3 }],
  ["all is there", [5, 6, 7], 5, 8, null],
  ["the end is missing", [5, 6], 5, 8, { from: 7, count: 1 }],
  ["the beginning is missing", [7], 5, 8, { from: 5, count: 2 }],
  ["a hole", [5, 7], 5, 8, { from: 6, count: 1 }],
  ["nothing is wanted", [], 5, 5, null],
])("%s", (_name, rows, from, to, range) => {
  expect(missingIn(cacheOf(...rows), from, to)).toEqual(range);
});

test("no run is longer than a call may be", () => {
  expect(missingIn(cacheOf(), 0, 2500)).toEqual({ from: 0, count: 1000 });
});

test("forgets what is far from the view, once there is too much", () => {
  const cache = createRowCache(100);
  cache.put(Array.from({ length: 300 }, (_, row) => logLineOf(row)));
  cache.trim(250);
  expect([cache.size() <= 100, cache.get(250)?.row, cache.get(0)]).toEqual([true, 250, undefined]);
});
