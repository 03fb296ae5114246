import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createPlaces, segmentOf } from "../../../../../../renderer/features/logs/rows/places.ts";

describe("where rows stand", () => {
  test("equal rows are a multiplication", () => {
    const places = createPlaces(20);
    expect([places.offsetOf(105, 100), places.rowAt(99, 100), places.rowAt(100, 100)]).toEqual([100, 104, 105]);
  });

  test("is what adding up all heights says, whatever was seen", () => {
    const heights = fc.array(fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 5, max: 400 })));
    fc.assert(
      fc.property(heights, fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 80 }), (seen, base, row) => {
        const places = createPlaces(20);
        const known = new Map<number, number>();
        for (const [at, height] of seen) {
          places.set(at, height);
          known.set(at, height);
        }
        let sum = 0;
        for (let at = base; at < base + row; at += 1) sum += known.get(at) ?? 20;
        expect(places.offsetOf(base + row, base)).toBe(sum);
        expect(places.rowAt(sum, base)).toBe(base + row);
        expect(places.rowAt(sum + (known.get(base + row) ?? 20) - 1, base)).toBe(base + row);
      }),
    );
  });

  test("says whether something moved", () => {
    const places = createPlaces(20);
    expect([places.set(1, 20), places.set(1, 40), places.set(1, 40.2), places.set(1, 20), places.set(1, 20)]).toEqual([
      false,
      true,
      false,
      true,
      false,
    ]);
  });

  test("remembers no more than a bounded number of rows, those near the newest", () => {
    const places = createPlaces(20);
    for (let row = 0; row < 10_000; row += 1) places.set(row, 21);
    expect(places.offsetOf(10_000, 9_000) - 20_000).toBe(1000);
    expect(places.offsetOf(10_000, 0) - 200_000).toBeLessThanOrEqual(4000);
  });
});

describe("the part that the scroll bar spans", () => {
  const all = { first: 0, next: 5000, anchor: 0, follow: false, cap: 100_000 };
  test.each([
    ["a log that fits, read", null, all, { base: 0, end: 5000 }],
    ["a log that fits, followed", null, { ...all, follow: true }, { base: 0, end: 5000 }],
    [
      "what falls out while one follows is gone",
      { base: 0, end: 5 },
      { ...all, first: 100, follow: true },
      { base: 100, end: 5000 },
    ],
    [
      "what falls out while one reads moves nothing",
      { base: 0, end: 5000 },
      { ...all, first: 100, next: 5100, anchor: 3000 },
      { base: 0, end: 5100 },
    ],
    [
      "a log that is too long, followed",
      null,
      { ...all, next: 500_000, follow: true },
      { base: 400_000, end: 500_000 },
    ],
    [
      "a log that is too long, around what is read",
      null,
      { ...all, next: 500_000, anchor: 250_000 },
      { base: 200_000, end: 300_000 },
    ],
    [
      "it goes along before its beginning is reached",
      { base: 200_000, end: 300_000 },
      { ...all, next: 500_000, anchor: 201_000 },
      { base: 151_000, end: 251_000 },
    ],
    [
      "and before its end",
      { base: 200_000, end: 300_000 },
      { ...all, next: 500_000, anchor: 299_000 },
      { base: 249_000, end: 349_000 },
    ],
    [
      "its end is the log's end",
      { base: 200_000, end: 300_000 },
      { ...all, next: 310_000, anchor: 299_500 },
      { base: 210_000, end: 310_000 },
    ],
    [
      "a jump to the oldest",
      { base: 200_000, end: 300_000 },
      { ...all, next: 500_000, anchor: 0 },
      { base: 0, end: 100_000 },
    ],
  ])("%s", (_name, before, now, expected) => {
    expect(segmentOf(before, now)).toEqual(expected);
  });
});
