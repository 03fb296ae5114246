import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LogFilter } from "../../../../../electron/contract/logs.ts";
import { createLogBuffer, type LogBuffer } from "../../../../../electron/core/logs/buffer/index.ts";
import { createRows, type Density } from "../../../../../electron/core/logs/filter/index.ts";
import { RowList } from "../../../../../electron/core/logs/filter/rowList.ts";
import { until } from "../../../../helpers/until.ts";
import { newLine, storeIn } from "../buffer/setup.ts";

const clock = { mono: () => performance.now() };

function filled(count: number, more: (i: number) => Parameters<typeof newLine>[1] = () => ({})): LogBuffer {
  const buffer = createLogBuffer({ maxLines: 1e6, maxBytes: 1e9 });
  for (let i = 0; i < count; i++) buffer.append(newLine(`line ${i}`, more(i)));
  return buffer;
}

describe("searching", () => {
  it("gives others a turn at least every few milliseconds, and can be cancelled there", async () => {
    let now = 0;
    const rows = createRows(filled(60_000), { clock: { mono: () => (now += 1) } });
    let turns = 0;
    let searching = true;
    const count = (): void => {
      turns++;
      if (searching) setImmediate(count);
    };
    setImmediate(count);
    await rows.advance({ text: "7" });
    searching = false;
    expect(turns).toBeGreaterThan(5);
    const control = new AbortController();
    const other = rows.advance({ text: "8" }, control.signal);
    control.abort();
    await expect(other).rejects.toMatchObject({ code: "CANCELLED" });
    await expect(rows.advance({ text: "9" }, control.signal)).rejects.toMatchObject({ code: "CANCELLED" });
    const { searchedTo } = rows.head({ text: "8" });
    expect(searchedTo).toBeLessThan(60_000);
    await rows.advance({ text: "8" });
    const eights = Array.from({ length: 60_000 }, (_, i) => `${i}`).filter((text) => text.includes("8")).length;
    expect(rows.head({ text: "8" })).toEqual({ first: 0, next: eights, searchedTo: 60_000 });
  });

  describe("a filter of levels over blocks on disk", () => {
    const errors = [30_000, 30_001, 90_000];
    const levelled: [name: string, filter: LogFilter, rows: number, reads: "few" | "all"][] = [
      ["reads those alone that hold one", { levels: ["error"] }, 3, "few"],
      ["with words as well", { levels: ["error"], text: "line 3" }, 2, "few"],
      ["of which there is none", { levels: ["warn"] }, 0, "few"],
      ["of which all blocks hold some", { levels: ["info"] }, 99_997, "all"],
      ["with folding, where one line of a group answers for others", { levels: ["error"], fold: true }, 3, "all"],
      ["no levels", { text: "line 3" }, 11_111, "all"],
    ];
    it.each(levelled)("%s", async (_name, filter, expected, wanted) => {
      const { store, cleanup } = storeIn();
      const buffer = createLogBuffer({ maxLines: 8_000, maxBytes: 1e9, store });
      for (let i = 0; i < 100_000; i++) {
        buffer.append(newLine(`line ${i}`, { level: errors.includes(i) ? "error" : "info" }));
        // What comes faster than the disk takes it would fall out.
        if (i % 4_000 === 0) await until(() => buffer.memoryBytes < 250_000);
      }
      await until(() => buffer.memoryBytes < 250_000);
      expect([buffer.problem, buffer.first]).toEqual([null, 0]);
      let reads = 0;
      const blocks: LogBuffer["blocks"] = {
        at: (index) => {
          const block = buffer.blocks.at(index);
          if (block instanceof Promise) reads++;
          return block;
        },
        summaries: () => buffer.blocks.summaries(),
      };
      const own = new Proxy(buffer, { get: (of, key) => (key === "blocks" ? blocks : Reflect.get(of, key, of)) });
      const rows = createRows(own, { clock });
      await rows.advance(filter);
      expect(rows.head(filter)).toEqual({ first: 0, next: expected, searchedTo: 100_000 });
      const onDisk = (100_000 - 8_000) / (buffer.blocks.summaries()[0]?.count ?? 1);
      if (wanted === "few") expect(reads).toBeLessThan(onDisk / 4);
      else expect(reads).toBeGreaterThan(onDisk * 0.9);
      await buffer.dispose();
      await store.dispose();
      cleanup();
    });
  });

  it("two at once see each line once", async () => {
    let now = 0;
    const rows = createRows(filled(30_000), { clock: { mono: () => (now += 4) } });
    const filter: LogFilter = { text: "line" };
    await Promise.all([rows.advance(filter), rows.advance(filter), rows.window(filter, 0, 10)]);
    expect(rows.head(filter)).toEqual({ first: 0, next: 30_000, searchedTo: 30_000 });
  });

  it("shows rows as soon as there are enough", async () => {
    const rows = createRows(filled(30_000), { clock });
    const { lines, next } = await rows.window({ text: "line" }, 0, 5);
    expect([lines.length, next < 30_000, rows.head({ text: "line" }).searchedTo < 30_000]).toEqual([5, true, true]);
  });

  it("goes on where it was when lines come", async () => {
    const buffer = filled(10, (i) => ({ level: i % 2 === 0 ? "error" : null }));
    const rows = createRows(buffer, { clock });
    const filter: LogFilter = { levels: ["error"] };
    expect(rows.head(filter)).toEqual({ first: 0, next: 0, searchedTo: 0 });
    await rows.advance(filter);
    buffer.append(newLine("one more", { level: "error" }));
    expect(rows.head(filter)).toEqual({ first: 0, next: 5, searchedTo: 10 });
    const { lines } = await rows.window(filter, 5, 10);
    expect(lines).toEqual([{ ...newLine("one more", { level: "error" }), index: 10, row: 5, folded: 0 }]);
  });

  it("an index that was not used for long is made anew", async () => {
    const rows = createRows(filled(100), { clock });
    await rows.advance({ text: "1" });
    for (let i = 0; i < 16; i++) await rows.advance({ text: `other ${i}` });
    expect(rows.head({ text: "1" }).searchedTo).toBe(0);
    expect(rows.head({ text: "other 15" }).searchedTo).toBe(100);
  });

  it("without a filter every line is a row", async () => {
    const rows = createRows(filled(5), { clock });
    for (const filter of [undefined, {}, { text: "" }, { levels: [], fold: false }]) {
      expect(rows.head(filter)).toEqual({ first: 0, next: 5, searchedTo: 5 });
      expect((await rows.window(filter, 3, 9)).lines.map(({ row, index }) => [row, index])).toEqual([
        [3, 3],
        [4, 4],
      ]);
    }
  });

  it("tells the lines that belong to a line, and how many they are", async () => {
    const rows = createRows(
      filled(6_000, (i) => ({ part: i > 1 && i < 5_500 })),
      { clock },
    );
    expect((await rows.window({ fold: true }, 0, 2)).lines.map(({ index, folded }) => [index, folded])).toEqual([
      [0, 0],
      [1, 5_498],
    ]);
    const parts = await rows.parts(1, 2_000);
    expect([parts.length, parts[0]?.index, parts.at(-1)?.row]).toEqual([2_000, 2, 2_001]);
    expect(await rows.parts(0, 9)).toEqual([]);
    expect(await rows.parts(99_999, 9)).toEqual([]);
    expect(await rows.locate({ fold: true }, { by: "index", index: 4_000 })).toEqual({ row: 1, index: 1, exact: true });
  });

  it("finds lines of one request, oldest first", async () => {
    const buffer = createLogBuffer({ maxLines: 1e6, maxBytes: 1e9 });
    for (const text of ["start req-1", "start req-12", '{"id":"req-1"}', "end req-1"]) buffer.append(newLine(text));
    const speaksOf = (text: string, id: string) => text.split(/[ "]/).includes(id);
    const found = await createRows(buffer, { clock, speaksOf }).find({ requestId: "req-1" }, 2);
    expect(found.map(({ index, row }) => [index, row])).toEqual([
      [0, 0],
      [2, 2],
    ]);
  });

  it("times are told as whole milliseconds", async () => {
    const buffer = filled(2, (i) => ({ at: i === 0 ? 12.75 : -5 }));
    const rows = createRows(buffer, { clock });
    expect([(await rows.line(0))?.at, (await rows.line(1))?.at, await rows.line(2)]).toEqual([12, 0, null]);
    expect(await rows.locate(undefined, { by: "time", at: 12 })).toEqual({ row: 0, index: 0, exact: true });
  });

  it("an empty log has no place", async () => {
    const rows = createRows(filled(0), { clock });
    expect([
      await rows.locate(undefined, { by: "index", index: 4 }),
      await rows.locate({ text: "x" }, { by: "time", at: 4 }),
      await rows.locate({ text: "x" }, { by: "find", row: 0, find: { text: "y" }, backwards: true }),
      await rows.density(undefined, { buckets: 10 }),
    ]).toEqual([null, null, null, null]);
  });

  it("without any time the newest row is the place of a time", async () => {
    expect(await createRows(filled(3), { clock }).locate(undefined, { by: "time", at: 4 })).toEqual({
      row: 2,
      index: 2,
      exact: false,
    });
  });
});

describe("density", () => {
  const line = fc.record({
    at: fc.option(fc.oneof(fc.integer({ min: 5_000, max: 6_000 }), fc.integer({ min: 0, max: 10_000_000 }))),
    level: fc.constantFrom(null, "warn", "error"),
    text: fc.constantFrom("a", "b"),
  });
  const ends = fc.option(fc.integer({ min: 0, max: 20_000 }), { nil: undefined });

  it("counts what a look at every line would count, in memory and on disk, whatever the clock did", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { maxLength: 120 }),
        ends,
        ends,
        fc.integer({ min: 1, max: 400 }),
        async (lines, from, to, most) => {
          const { store, cleanup } = storeIn();
          const buffer = createLogBuffer({ maxLines: 60, maxBytes: 1e9, store });
          try {
            for (const { text, ...more } of lines) buffer.append(newLine(text, more));
            const filter: LogFilter = { text: "A" };
            const density = await createRows(buffer, { clock }).density(filter, { from, to, buckets: most });
            const held = lines.slice(buffer.first).map((one) => ({ ...one, row: one.text === "a" }));
            const times = held.flatMap(({ at }) => (at === null ? [] : [at]));
            if (times.length === 0) {
              expect(density).toBeNull();
              return;
            }
            expect(density).toEqual(
              naive(held, { from: from ?? Math.min(...times), to: to ?? Math.max(...times) }, density),
            );
            expect(density?.buckets.length).toBeLessThanOrEqual(most);
          } finally {
            await buffer.dispose();
            await store.dispose();
            cleanup();
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});

type Line = { at: number | null; level: string | null; row: boolean };

function naive(lines: readonly Line[], { from, to }: { from: number; to: number }, like: Density | null): Density {
  const last = Math.max(from, to);
  const stepMs = like?.stepMs ?? 1;
  const count = Math.ceil((last - from + 1) / stepMs);
  const buckets = Array.from({ length: count }, (_, i) => {
    const at = from + i * stepMs;
    const here = lines.filter((line) => line.at !== null && line.at >= at && line.at < at + stepMs && line.at <= last);
    const of = (fits: (line: Line) => boolean) => here.filter(fits).length;
    return {
      at,
      lines: here.length,
      warn: of((l) => l.level === "warn"),
      error: of((l) => l.level === "error"),
      rows: of((l) => l.row),
    };
  });
  return { from, to: last, stepMs, buckets };
}

describe("a list of rows", () => {
  it("is what a plain list would be", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            gaps: fc.array(fc.constantFrom(1, 1, 2, 5_000_000_000), { maxLength: 40 }),
            drop: fc.nat(60),
            many: fc.boolean(),
          }),
          { maxLength: 8 },
        ),
        (steps) => {
          const list = new RowList();
          const plain: number[] = [];
          let first = 0;
          let index = 0;
          for (const { gaps, drop, many } of steps) {
            for (const gap of many ? Array.from({ length: 5_000 }, (_, i) => gaps[i % gaps.length] ?? 1) : gaps) {
              index += gap;
              plain.push(index);
              list.push(index);
            }
            first = Math.min(plain.length, first + drop);
            const oldest = plain[first] ?? index + 1;
            list.dropBefore(oldest);
            expect([list.first, list.next]).toEqual([first, plain.length]);
            for (const row of [first - 1, first, first + 1, plain.length - 1, plain.length]) {
              expect(list.at(row)).toBe(row >= first ? (plain[row] ?? -1) : -1);
            }
            for (const wanted of [0, oldest, oldest + 1, index, index + 1, plain[(first + plain.length) >> 1] ?? 0]) {
              const row = plain.findIndex((one) => one >= wanted);
              expect(list.from(wanted)).toBe(Math.max(first, row < 0 ? plain.length : row));
            }
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});
