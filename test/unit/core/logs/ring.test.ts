import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createLogBuffer, type NewLine } from "../../../../electron/core/logs/ring.ts";
import { createSearch } from "../../../../electron/core/logs/search.ts";

const line = (text: string, more: Partial<NewLine> = {}): NewLine => ({
  at: null,
  stream: "stdout",
  level: null,
  text,
  ...more,
});
const clock = { mono: () => performance.now() };

describe("the ring", () => {
  it("gives back what it was given, with ever growing indices", () => {
    const ring = createLogBuffer({ maxLines: 3, maxBytes: 1e6 });
    ring.append(line("a", { at: 5, level: "warn", stream: "stderr" }));
    ring.append(line("b", { stream: "note", level: "error" }));
    expect(ring.window({ from: 0, count: 10 })).toEqual({
      first: 0,
      next: 2,
      lines: [
        { index: 0, at: 5, stream: "stderr", level: "warn", text: "a" },
        { index: 1, at: null, stream: "note", level: "error", text: "b" },
      ],
    });
    ring.append(line("c"));
    ring.append(line("d"));
    expect(ring.window({ from: 0, count: 2 }).lines.map((l) => [l.index, l.text])).toEqual([
      [1, "b"],
      [2, "c"],
    ]);
  });

  const ranges: [string, number, number, number[]][] = [
    ["before the first", 0, 2, [7, 8]],
    ["in the middle", 8, 1, [8]],
    ["past the end", 9, 5, [9]],
    ["beyond", 50, 5, []],
  ];
  it.each(ranges)("window %s", (_, from, count, indices) => {
    const ring = createLogBuffer({ maxLines: 3, maxBytes: 1e6 });
    for (let i = 0; i < 10; i++) ring.append(line(`l${i}`));
    expect(ring.window({ from, count }).lines.map((l) => l.index)).toEqual(indices);
  });

  it("holds to its bytes, but always keeps the newest line", () => {
    const ring = createLogBuffer({ maxLines: 1000, maxBytes: 1000 });
    for (let i = 0; i < 50; i++) ring.append(line("x".repeat(100)));
    expect([ring.next, ring.bytes <= 1000, ring.next - ring.first]).toEqual([50, true, 6]);
    ring.append(line("y".repeat(5000)));
    expect(ring.window({ from: 0, count: 9 }).lines.map((l) => l.text.length)).toEqual([5000]);
  });

  it("a window of huge lines ends early rather than growing without bound", () => {
    const ring = createLogBuffer({ maxLines: 1000, maxBytes: 1e9 });
    for (let i = 0; i < 20; i++) ring.append(line("x".repeat(1_000_000)));
    expect(ring.window({ from: 0, count: 20 }).lines.length).toBe(5);
  });

  it("is what a plain list would be", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2000 }), fc.integer({ min: 0, max: 5000 }), (maxLines, total) => {
        const ring = createLogBuffer({ maxLines, maxBytes: 1e9 });
        for (let i = 0; i < total; i++) ring.append(line(`${i}`));
        const first = Math.max(0, total - maxLines);
        expect([ring.first, ring.next]).toEqual([first, total]);
        const texts = ring.window({ from: first, count: maxLines }).lines.map((l) => l.text);
        expect(texts).toEqual(Array.from({ length: total - first }, (_, i) => `${first + i}`));
      }),
      { numRuns: 30 },
    );
  });

  it("lets go of the lines that fell out", () => {
    const ring = createLogBuffer({ maxLines: 100, maxBytes: 1e9 });
    for (let i = 0; i < 200_000; i++) ring.append(line("x"));
    expect(ring.window({ from: 0, count: 1 }).lines[0]!.index).toBe(199_900);
  });
});

describe("search", () => {
  const fill = () => {
    const ring = createLogBuffer({ maxLines: 100, maxBytes: 1e6 });
    for (let i = 0; i < 150; i++) ring.append(line(`Line ${i}`, { level: i % 10 === 0 ? "error" : "info" }));
    return ring;
  };

  const rows: [string, Parameters<ReturnType<typeof createSearch>>[0], { indices: number[]; total: number }][] = [
    ["text whatever its case", { text: "LINE 6", from: 0, limit: 3 }, { indices: [60, 61, 62], total: 10 }],
    ["from an index on", { text: "line 6", from: 68, limit: 9 }, { indices: [68, 69], total: 10 }],
    ["levels", { levels: ["error", "warn"], from: 0, limit: 2 }, { indices: [50, 60], total: 10 }],
    ["both", { levels: ["error"], text: "12", from: 0, limit: 9 }, { indices: [120], total: 1 }],
    ["nothing asked is everything", { from: 148, limit: 9 }, { indices: [148, 149], total: 100 }],
    ["not there", { text: "(a+)+$", from: 0, limit: 9 }, { indices: [], total: 0 }],
  ];
  it.each(rows)("%s", async (_, query, expected) => {
    const ring = fill();
    expect(await createSearch(ring, clock)(query)).toEqual({ ...expected, searchedTo: 150 });
  });

  it("goes on from where it was, and forgets what fell out", async () => {
    const ring = fill();
    const search = createSearch(ring, clock);
    await search({ levels: ["error"], from: 0, limit: 1 });
    for (let i = 150; i < 200; i++) ring.append(line(`Line ${i}`, { level: i % 10 === 0 ? "error" : "info" }));
    expect(await search({ levels: ["error"], from: 0, limit: 2 })).toEqual({
      indices: [100, 110],
      searchedTo: 200,
      total: 10,
    });
  });

  it("two searches at once see each line once", async () => {
    const ring = createLogBuffer({ maxLines: 100_000, maxBytes: 1e9 });
    for (let i = 0; i < 60_000; i++) ring.append(line("same"));
    let now = 0;
    const search = createSearch(ring, { mono: () => (now += 4) });
    const query = { text: "same", from: 0, limit: 1 };
    const [a, b] = await Promise.all([search(query), search(query)]);
    expect([a.total, b.total]).toEqual([60_000, 60_000]);
  });

  it("lets the loop turn, and can be cancelled there", async () => {
    const ring = createLogBuffer({ maxLines: 100_000, maxBytes: 1e9 });
    for (let i = 0; i < 60_000; i++) ring.append(line("x"));
    let now = 0;
    const search = createSearch(ring, { mono: () => (now += 4) });
    const control = new AbortController();
    const searching = search({ text: "y", from: 0, limit: 1, signal: control.signal });
    control.abort();
    await expect(searching).rejects.toMatchObject({ code: "CANCELLED" });
    await expect(search({ from: 0, limit: 1, signal: control.signal })).rejects.toMatchObject({ code: "CANCELLED" });
  });

  it("says how far it came when its time is up", async () => {
    const ring = createLogBuffer({ maxLines: 100_000, maxBytes: 1e9 });
    for (let i = 0; i < 60_000; i++) ring.append(line("x"));
    let now = 0;
    const search = createSearch(ring, { mono: () => (now += 150) });
    const first = await search({ text: "x", from: 0, limit: 1 });
    expect(first.searchedTo).toBeLessThan(60_000);
    let result = first;
    while (result.searchedTo < 60_000) result = await search({ text: "x", from: 0, limit: 1 });
    expect(result.total).toBe(60_000);
  });
});
