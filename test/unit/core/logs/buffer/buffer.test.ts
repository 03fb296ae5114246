import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createLogBuffer, type NewLine } from "../../../../../electron/core/logs/buffer/index.ts";
import { allOf, anyLine, newLine } from "./setup.ts";

const texts = (lines: { text: string }[]) => lines.map(({ text }) => text);

describe("a buffer in memory", () => {
  it("gives back what it was given, with ever growing indices", async () => {
    const buffer = createLogBuffer({ maxLines: 1000, maxBytes: 1e6 });
    const given: NewLine[] = [
      newLine("a", { at: 5.25, level: "warn", stream: "stderr", source: 31, part: true }),
      newLine("строка 日本 🚀", { stream: "note", level: "error" }),
      newLine(""),
    ];
    for (const line of given) buffer.append(line);
    expect(await buffer.lines(0, 10)).toEqual(given.map((line, index) => ({ ...line, index })));
    expect(await buffer.line(1)).toEqual({ ...given[1], index: 1 });
    expect([await buffer.line(3), await buffer.line(-1)]).toEqual([null, null]);
    expect([buffer.first, buffer.next, buffer.skipped, buffer.levels]).toEqual([
      0,
      3,
      0,
      { none: 1, debug: 0, info: 0, warn: 1, error: 1 },
    ]);
  });

  const ranges: [string, number, number, number[]][] = [
    ["before the first", 0, 2, [7, 8]],
    ["in the middle", 8, 1, [8]],
    ["past the end", 9, 5, [9]],
    ["beyond", 50, 5, []],
  ];
  it.each(ranges)("lines %s", async (_, from, count, indices) => {
    const buffer = createLogBuffer({ maxLines: 3, maxBytes: 1e6 });
    for (let i = 0; i < 10; i++) buffer.append(newLine(`l${i}`));
    expect((await buffer.lines(from, count)).map(({ index }) => index)).toEqual(indices);
  });

  it("holds to its lines, and is never emptier than seven eighths of them", async () => {
    const buffer = createLogBuffer({ maxLines: 800, maxBytes: 1e9 });
    for (let i = 0; i < 5000; i++) {
      buffer.append(newLine(`${i}`, { level: i % 2 === 0 ? "info" : null }));
      expect(buffer.next - buffer.first).toBeLessThanOrEqual(800);
      expect(buffer.next - buffer.first).toBeGreaterThanOrEqual(Math.min(i + 1, 700));
    }
    const held = await allOf(buffer);
    expect(texts(held)).toEqual(Array.from({ length: held.length }, (_, i) => `${buffer.first + i}`));
    expect(buffer.levels).toEqual({ none: held.length / 2, debug: 0, info: held.length / 2, warn: 0, error: 0 });
    expect(buffer.skipped).toBe(buffer.first);
  });

  it("holds to its bytes, but always keeps the newest line", async () => {
    const buffer = createLogBuffer({ maxLines: 1e6, maxBytes: 1024 * 1024 });
    for (let i = 0; i < 50_000; i++) buffer.append(newLine("x".repeat(100)));
    expect(buffer.memoryBytes).toBeLessThanOrEqual(1.3 * 1024 * 1024);
    buffer.append(newLine("y".repeat(5_000_000)));
    expect((await buffer.lines(buffer.next - 1, 9)).map(({ text }) => text.length)).toEqual([5_000_000]);
    buffer.append(newLine("z"));
    expect(texts(await buffer.lines(buffer.next - 1, 9))).toEqual(["z"]);
  });

  it("a window of huge lines ends early rather than growing without bound", async () => {
    const buffer = createLogBuffer({ maxLines: 1000, maxBytes: 1e9 });
    for (let i = 0; i < 20; i++) buffer.append(newLine("x".repeat(1_000_000)));
    expect((await buffer.lines(0, 20)).length).toBe(5);
  });

  it("counts lines that were never taken", () => {
    const buffer = createLogBuffer({ maxLines: 8, maxBytes: 1e9 });
    for (let i = 0; i < 9; i++) buffer.append(newLine("x"));
    buffer.skip(40);
    expect(buffer.skipped).toBe(buffer.first + 40);
  });

  it("is what a plain list would be, whatever the lines", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyLine, { maxLength: 400 }), fc.integer({ min: 1, max: 500 }), async (lines, most) => {
        const buffer = createLogBuffer({ maxLines: most, maxBytes: 1e9 });
        for (const line of lines) buffer.append(line);
        const all = lines.map((line, index) => ({ ...line, index }));
        expect(await allOf(buffer)).toEqual(all.slice(buffer.first));
        expect(buffer.next - buffer.first).toBeLessThanOrEqual(most);
      }),
      { numRuns: 60 },
    );
  });

  it("can't be pinned without a store, and holds nothing once disposed", async () => {
    const buffer = createLogBuffer({ maxLines: 8, maxBytes: 1e9 });
    buffer.append(newLine("x"));
    await expect(buffer.pin({ sources: [] })).rejects.toMatchObject({ code: "STORE_UNWRITABLE" });
    await buffer.dispose();
    await buffer.dispose();
    buffer.append(newLine("y"));
    expect([await buffer.lines(0, 9), buffer.first, buffer.next]).toEqual([[], 1, 1]);
  });
});
