import { describe, expect, test } from "vitest";
import { bucketAt, heightOf, pathsOf, rowsIn, shareOf } from "../../../../../renderer/features/logs/density.ts";

const bucket = (at: number, lines: number, warn = 0, error = 0, rows = lines) => ({ at, lines, warn, error, rows });
const density = {
  from: 0,
  to: 30,
  stepMs: 10,
  buckets: [bucket(0, 100, 0, 1, 4), bucket(10, 0), bucket(20, 25, 4, 0, 0)],
};

describe("heights", () => {
  test.each([
    ["nothing is nothing", 0, 100, 0],
    ["the most is all", 100, 100, 1],
    ["by the root", 25, 100, 0.5],
    ["one beside a burst can be seen", 1, 1_000_000, 0.08],
  ])("%s", (_name, count, most, height) => {
    expect(heightOf(count, most)).toBe(height);
  });
});

test("one path for each layer", () => {
  expect(pathsOf(density)).toEqual({
    lines: "M0 1V0.000H1V1ZM2 1V0.500H3V1Z",
    rows: "M0 1V0.800H1V1Z",
    warn: "M2 1V0.800H3V1Z",
    error: "M0 1V0.900H1V1Z",
  });
});

test("a place on the bar is a bucket, and a time is a place", () => {
  expect([
    bucketAt(density, 0)?.at,
    bucketAt(density, 0.5)?.at,
    bucketAt(density, 1)?.at,
    bucketAt(density, -3)?.at,
  ]).toEqual([0, 1, 2, 0]);
  expect([shareOf(density, 15), shareOf(density, -5), shareOf(density, 99)]).toEqual([0.5, 0, 1]);
  expect(shareOf({ from: 5, to: 5 }, 5)).toBe(1);
  expect(bucketAt({ ...density, buckets: [] }, 0.5)).toBeNull();
});

test("hits are the sum over the bar", () => {
  expect(rowsIn(density)).toBe(4);
});
