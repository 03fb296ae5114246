import { expect, test } from "vitest";
import { sortRows } from "../../../../renderer/ui/sort.ts";

test.each([
  ["texts with numbers as a person counts", ["host-10", "host-2", "Host-1"], false, ["Host-1", "host-2", "host-10"]],
  ["downwards", ["a", "c", "b"], true, ["c", "b", "a"]],
  ["numbers", [10, 9, 100], false, [9, 10, 100]],
  ["what is not known is last upwards", [null, 2, 1], false, [1, 2, null]],
  ["what is not known is last downwards too", [null, 2, 1], true, [2, 1, null]],
])("%s", (_name, rows, down, sorted) => {
  expect(sortRows(rows as (string | number | null)[], (row) => row, down)).toEqual(sorted);
});

test("leaves the rows that it was given as they are", () => {
  const rows = [2, 1];
  sortRows(rows, (row) => row, false);
  expect(rows).toEqual([2, 1]);
});
