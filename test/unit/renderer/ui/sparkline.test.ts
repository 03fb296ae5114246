import { expect, test } from "vitest";
import { sparkPoints } from "../../../../renderer/ui/Sparkline.tsx";

test.each([
  ["nothing", [], []],
  ["the newest is at the right edge", [100], ["100.00,2.00"]],
  ["older ones to its left", [0, 50], ["98.31,32.00", "100.00,17.00"]],
  ["what is above the scale stays inside", [250], ["100.00,2.00"]],
  ["a hole is left out", [null, 0], ["100.00,32.00"]],
])("%s", (_name, values, points) => {
  expect(sparkPoints(values, 100, 100, 32)).toEqual(points);
});

test("shows no more than fits", () => {
  expect(
    sparkPoints(
      Array.from({ length: 500 }, () => 1),
      100,
      100,
      32,
    ),
  ).toHaveLength(60);
});
