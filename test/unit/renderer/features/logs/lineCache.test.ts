import { expect, test } from "vitest";
import type { LogLine } from "../../../../../electron/contract/index.ts";
import { createLineCache, rangesOf } from "../../../../../renderer/features/logs/lineCache.ts";
import { createPuller } from "../../../../../renderer/features/logs/useLogBuffer.ts";
import { until } from "../../../../helpers/until.ts";

const line = (row: number): LogLine => ({
  ...{
    index: row + 7,
    row,
    source: 0,
    at: null,
    stream: "stdout",
    level: null,
    text: `row ${row}`,
    folded: 0,
    part: false,
  },
});

test.each([
  ["nothing", [], []],
  ["one", [5], [{ from: 5, count: 1 }]],
  ["neighbours together", [5, 6, 7], [{ from: 5, count: 3 }]],
  ["near ones together", [5, 90], [{ from: 5, count: 86 }]],
  [
    "far ones apart",
    [5, 500],
    [
      { from: 5, count: 1 },
      { from: 500, count: 1 },
    ],
  ],
])("ranges of %s", (_name, indices, ranges) => {
  expect(rangesOf(indices)).toEqual(ranges);
});

test("no range is longer than a call may be", () => {
  const ranges = rangesOf(Array.from({ length: 2500 }, (_, index) => index));
  expect(ranges.map((range) => range.count)).toEqual([1000, 1000, 500]);
});

test("forgets what is far from the view, once there is too much", () => {
  const cache = createLineCache(100);
  cache.put(Array.from({ length: 300 }, (_, index) => line(index)));
  cache.trim(250);
  expect({ size: cache.size() <= 100, near: cache.get(250)?.row, far: cache.get(0) }).toEqual({
    size: true,
    near: 250,
    far: undefined,
  });
});

test("asks for what is missing, once, and for the newest wish after that", async () => {
  const cache = createLineCache();
  const asked: [number, number][] = [];
  let release: (() => void) | null = null;
  const pull = createPuller(
    cache,
    async (from, count) => {
      asked.push([from, count]);
      if (asked.length === 1) await new Promise<void>((resolve) => (release = resolve));
      return { lines: Array.from({ length: count }, (_, at) => line(from + at)) };
    },
    () => {},
  );
  pull([1, 2, 3]);
  pull([1, 2, 3, 4]);
  pull([1000, 1001]);
  await until(() => release !== null);
  release!();
  await until(() => cache.get(1001) !== undefined);
  expect(asked).toEqual([
    [1, 3],
    [1000, 2],
  ]);
});

test("does not ask for ever for a line that fell out of the ring", async () => {
  const asked: number[] = [];
  const pull = createPuller(
    createLineCache(),
    async (from) => {
      asked.push(from);
      return { lines: [] };
    },
    () => {},
  );
  pull([7]);
  await until(() => asked.length === 1);
  await new Promise((resolve) => setImmediate(resolve));
  expect(asked).toEqual([7]);
});
