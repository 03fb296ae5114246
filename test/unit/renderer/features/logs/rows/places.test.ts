import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createPlaces, jumpOf, segmentOf } from "../../../../../../renderer/features/logs/rows/places.ts";

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
  const all = { first: 0, next: 5000, fits: 30, cap: 100_000, anchor: 0, follow: false };
  const long = { ...all, next: 500_000 };
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
    ["what fell out and is still read", null, { ...all, first: 100, anchor: 50 }, { base: 50, end: 5000 }],
    ["a log that is too long, followed", null, { ...long, follow: true }, { base: 400_000, end: 500_000 }],
    ["a log that is too long, in its middle", null, { ...long, anchor: 249_985 }, { base: 200_000, end: 300_000 }],
    ["near its beginning", null, { ...long, anchor: 5_000 }, { base: 0, end: 100_000 }],
    ["near its end", null, { ...long, anchor: 495_000 }, { base: 400_000, end: 500_000 }],
    [
      "it stays while one reads on",
      { base: 200_000, end: 300_000 },
      { ...long, anchor: 210_000 },
      { base: 200_000, end: 300_000 },
    ],
    [
      "it goes along before its beginning is reached",
      { base: 200_000, end: 300_000 },
      { ...long, anchor: 200_400 },
      { base: 160_330, end: 260_330 },
    ],
    [
      "and before its end",
      { base: 200_000, end: 300_000 },
      { ...long, anchor: 299_500 },
      { base: 239_614, end: 339_614 },
    ],
    ["a jump to the oldest", { base: 200_000, end: 300_000 }, { ...long, anchor: 0 }, { base: 0, end: 100_000 }],
  ])("%s", (_name, before, now, expected) => {
    expect(segmentOf(before, now)).toEqual(expected);
  });

  const logs = fc
    .record({
      first: fc.integer({ min: 0, max: 1_000_000 }),
      rows: fc.integer({ min: 400_001, max: 10_000_000 }),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    .map(({ first, rows, share }) => ({ first, next: first + rows, fits: 40, cap: 400_000, share }));

  test("holds the row, has room around it, and the thumb stands where the row stands in the whole", () => {
    fc.assert(
      fc.property(logs, ({ share, ...whole }) => {
        const { first, next, fits, cap } = whole;
        const anchor = first + Math.round(share * (next - first - fits));
        const now = { ...whole, anchor, follow: false };
        const part = segmentOf(null, now);
        expect([part.end - part.base, part.base >= first, part.end <= next]).toEqual([cap, true, true]);
        // Else each move would lay it anew.
        expect(segmentOf(part, now)).toEqual(part);
        expect((anchor - part.base) / (cap - fits)).toBeCloseTo(share, 1);
      }),
    );
  });

  test("a pull at the bar lands where the thumb is, and leaves the thumb there", () => {
    fc.assert(
      fc.property(logs, ({ share, ...whole }) => {
        const { first, next, fits, cap } = whole;
        const above = Math.round(share * (cap - fits));
        const { row, base, end } = jumpOf(share, above, whole);
        expect(Math.abs(row - base - above)).toBeLessThanOrEqual(1);
        expect((row - first) / (next - first - fits)).toBeCloseTo(share, 4);
        expect([base >= first, end <= next, end - base]).toEqual([true, true, cap]);
      }),
    );
    const whole = { first: 100, next: 3_000_100, fits: 40, cap: 400_000 };
    expect([jumpOf(0, 0, whole), jumpOf(1, 399_960, whole), jumpOf(2, 399_960, whole)]).toEqual([
      { row: 100, base: 100, end: 400_100 },
      { row: 3_000_060, base: 2_600_100, end: 3_000_100 },
      { row: 3_000_060, base: 2_600_100, end: 3_000_100 },
    ]);
  });
});
