import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { Failure } from "../../../../../electron/core/failure.ts";
import {
  createLogBuffer,
  type LogBuffer,
  type LogStore,
  type NewLine,
  type Spill,
} from "../../../../../electron/core/logs/buffer/index.ts";
import { keptSource } from "../../../../../electron/core/logs/sources/kept.ts";
import { until } from "../../../../helpers/until.ts";
import { allOf, anyLine, newLine, storeIn } from "./setup.ts";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

function place(maxBytes?: number) {
  const made = storeIn(maxBytes);
  closers.push(made.cleanup, () => made.store.dispose());
  return made;
}

function bufferIn(store: LogStore, maxLines = 2_000): LogBuffer {
  const buffer = createLogBuffer({ maxLines, maxBytes: 1e9, store });
  closers.push(() => buffer.dispose());
  return buffer;
}

/** Gives `count` lines no faster than the disk takes them. */
async function feed(buffer: LogBuffer, count: number, line = (i: number): NewLine => newLine(`line ${i}`)) {
  for (let i = 0; i < count; i++) {
    buffer.append(line(buffer.next));
    if (i % 200 === 199) await calm(buffer);
  }
  await calm(buffer);
}
const calm = (buffer: LogBuffer) => until(() => buffer.problem !== null || buffer.memoryBytes < 52_500, { everyMs: 1 });
const filesIn = (folder: string) => readdirSync(folder, { recursive: true }).map(String).sort();
const numbered = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `line ${from + i}`);
const textsOf = async (buffer: LogBuffer) => (await allOf(buffer)).map(({ text }) => text);

describe("a buffer that spills", () => {
  it("holds what fell out of memory on disk, masked as it came, for nobody else's eyes", async () => {
    const { store, folder } = place();
    const buffer = bufferIn(store);
    await feed(buffer, 20_000);
    expect([buffer.first, buffer.next, buffer.skipped, buffer.problem]).toEqual([0, 20_000, 0, null]);
    expect(await textsOf(buffer)).toEqual(numbered(0, 20_000));
    expect(buffer.diskBytes).toBeGreaterThan(300_000);
    expect(store.bytes).toBe(buffer.diskBytes);
    expect(buffer.levels.none).toBe(20_000);
    const modes = [folder, ...filesIn(folder).map((name) => join(folder, name))].map((path) => statSync(path));
    expect(modes.map((stat) => (stat.mode & 0o777).toString(8) + (stat.isDirectory() ? " folder" : ""))).toEqual([
      "700 folder",
      "700 folder",
      "600",
    ]);
    await buffer.dispose();
    expect(filesIn(folder)).toEqual([]);
    expect(store.bytes).toBe(0);
  });

  it("gives up the oldest file when the room is used up", async () => {
    const { store } = place(400_000);
    const buffer = bufferIn(store);
    await feed(buffer, 40_000);
    expect(store.bytes).toBeLessThanOrEqual(400_000);
    expect(store.bytes).toBeGreaterThan(300_000);
    expect([buffer.first > 10_000, buffer.first < 30_000, buffer.problem]).toEqual([true, true, null]);
    expect(await textsOf(buffer)).toEqual(numbered(buffer.first, 40_000));
    expect(buffer.levels.none).toBe(40_000 - buffer.first);
    expect(buffer.skipped).toBe(buffer.first);
  });

  it("the largest log gives way to another one", async () => {
    const { store } = place(400_000);
    const [large, small] = [bufferIn(store), bufferIn(store)];
    await feed(large, 20_000);
    const before = large.first;
    await feed(small, 6_000);
    expect([large.first > before, small.first, small.problem]).toEqual([true, 0, null]);
    expect(await textsOf(small)).toEqual(numbered(0, 6_000));
  });

  it("holds a run of lines without a hole, whatever they are and however fast they come", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyLine, { minLength: 1, maxLength: 600 }),
        fc.integer({ min: 5, max: 200 }),
        async (lines, run) => {
          const { store, cleanup } = storeIn(20_000);
          const buffer = createLogBuffer({ maxLines: 40, maxBytes: 1e9, store });
          try {
            for (const [i, line] of lines.entries()) {
              buffer.append(line);
              if (i % run === 0) await setImmediate();
            }
            const all = lines.map((line, index) => ({ ...line, index }));
            const [first, held] = [buffer.first, await allOf(buffer)];
            expect(held).toEqual(all.slice(buffer.first));
            expect(buffer.first).toBeGreaterThanOrEqual(first);
            const { none, debug, info, warn, error } = buffer.levels;
            expect(none + debug + info + warn + error).toBe(buffer.next - buffer.first);
          } finally {
            await buffer.dispose();
            await store.dispose();
            cleanup();
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it("lines that come faster than any disk are dropped, and counted", async () => {
    const { store } = place();
    const buffer = bufferIn(store);
    for (let i = 0; i < 30_000; i++) buffer.append(newLine(`line ${i}`));
    expect(buffer.next - buffer.first).toBeLessThanOrEqual(4_500);
    expect(buffer.skipped).toBe(buffer.first);
    await calm(buffer);
    expect(await textsOf(buffer)).toEqual(numbered(buffer.first, 30_000));
  });

  it("heals when somebody removed the folder", async () => {
    const { store, folder } = place(400_000);
    const buffer = bufferIn(store);
    await feed(buffer, 5_000);
    rmSync(folder, { recursive: true });
    await feed(buffer, 20_000);
    expect(buffer.problem).toBeNull();
    expect(await textsOf(buffer)).toEqual(numbered(buffer.first, 25_000));
    expect(buffer.next - buffer.first).toBeGreaterThan(10_000);
  });

  it("goes on in memory where the folder can't be made, and says so", async () => {
    const { store, folder } = place();
    writeFileSync(folder, "in the way");
    const buffer = bufferIn(store);
    await feed(buffer, 9_000);
    expect(buffer.problem).toEqual({ code: "STORE_UNWRITABLE", details: { file: "logs", reason: expect.any(String) } });
    expect(buffer.next - buffer.first).toBeGreaterThanOrEqual(1_750);
    expect(await textsOf(buffer)).toEqual(numbered(buffer.first, 9_000));
    await expect(buffer.pin({ sources: [{ name: "x", simulated: false }] })).rejects.toMatchObject({
      code: "STORE_UNWRITABLE",
    });
    expect(buffer.pinned).toBe(false);
  });

  it("goes on in memory when the disk is full, says so, and tries again later", async () => {
    const { store } = place();
    let full = false;
    const filling: LogStore = {
      ...store,
      spill(gone): Spill {
        const spill = store.spill(gone);
        return {
          ...spill,
          get bytes() {
            return spill.bytes;
          },
          write: (records) =>
            full
              ? Promise.reject(new Failure("STORE_UNWRITABLE", { file: "logs", reason: "ENOSPC" }))
              : spill.write(records),
        };
      },
    };
    const buffer = bufferIn(filling);
    await feed(buffer, 5_000);
    full = true;
    await feed(buffer, 3_000);
    expect(buffer.problem).toEqual({ code: "STORE_UNWRITABLE", details: { file: "logs", reason: "ENOSPC" } });
    expect(buffer.first).toBeGreaterThan(5_000);
    expect(await textsOf(buffer)).toEqual(numbered(buffer.first, 8_000));
    full = false;
    await feed(buffer, 20_000);
    await until(() => buffer.problem === null);
    await feed(buffer, 10_000);
    expect([buffer.problem, buffer.next - buffer.first > 10_000]).toEqual([null, true]);
    expect(await textsOf(buffer)).toEqual(numbered(buffer.first, 38_000));
  });

  it("what can't be read any more is lost, with what is older", async () => {
    const { store, folder } = place();
    const buffer = bufferIn(store);
    await feed(buffer, 10_000);
    const file = join(folder, filesIn(folder).find((name) => name.endsWith(".seg"))!);
    const bytes = readFileSync(file);
    bytes.fill(0x58, 20_000, 20_100);
    writeFileSync(file, bytes);
    const held = await allOf(buffer).catch(() => null);
    expect(buffer.first).toBeGreaterThan(0);
    expect(held?.every(({ index, text }) => text === `line ${index}`) ?? true).toBe(true);
    expect(await textsOf(buffer)).toEqual(numbered(buffer.first, 10_000));
  });
});

describe("kept logs", () => {
  const about = {
    sources: [
      { name: "web", simulated: true },
      { name: "worker", simulated: false },
    ],
  };
  const line = (i: number): NewLine =>
    newLine(`line ${i}`, { at: 1_000 + i / 4, source: i % 2, level: i % 3 === 0 ? "warn" : null, part: i % 5 === 0 });

  it("outlive the console, are listed, read again and dropped", async () => {
    const { store, folder, make } = place();
    const buffer = bufferIn(store);
    await feed(buffer, 3_000, line);
    await buffer.pin(about);
    await feed(buffer, 3_000, line);
    expect([buffer.pinned, await store.kept()]).toEqual([true, []]);
    await buffer.dispose();
    await store.dispose();
    const later = make();
    const [log] = await later.kept();
    expect([log, later.bytes]).toEqual([
      { id: expect.any(String), ...about, from: 1_000, to: 2_499.75, lines: 6_000, bytes: later.bytes },
      expect.any(Number),
    ]);
    const lines: NewLine[] = [];
    let changed = 0;
    const source = keptSource(
      later,
      log!.id,
    )({
      tail: 0,
      append: (given: unknown) => void lines.push(given as NewLine),
      begun: () => lines.length > 0,
      masker: { stream: () => expect.fail("they are masked") },
      changed: () => void changed++,
      report: expect.fail,
    } as unknown as Parameters<ReturnType<typeof keptSource>>[0]);
    await source.done;
    expect([source.state, source.problem, changed > 1]).toEqual(["ended", null, true]);
    expect(lines).toEqual(Array.from({ length: 6_000 }, (_, i) => line(i)));
    await later.drop(log!.id);
    expect([await later.kept(), later.bytes, filesIn(folder)]).toEqual([[], 0, []]);
    await expect(later.read(log!.id)).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(later.drop(log!.id)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("a crash leaves what was pinned, and nothing else", async () => {
    const { store, folder, make } = place();
    const [pinned, other] = [bufferIn(store), bufferIn(store)];
    await pinned.pin(about);
    await feed(pinned, 5_000, line);
    await feed(other, 5_000, line);
    const before = filesIn(folder).length;
    const later = make();
    const [log, ...more] = await later.kept();
    expect([log?.sources, log!.lines > 4_000, more, filesIn(folder).length < before]).toEqual([
      about.sources,
      true,
      [],
      true,
    ]);
    // A torn end is passed over.
    const file = join(folder, filesIn(folder).find((name) => name.endsWith(".seg"))!);
    writeFileSync(file, readFileSync(file).subarray(0, -7));
    const read = [];
    for await (const run of (await later.read(log!.id)).runs()) read.push(...run);
    expect(read).toEqual(Array.from({ length: read.length }, (_, i) => ({ ...line(i), index: i })));
    expect(read.length).toBeLessThan(log!.lines);
    expect(read.length).toBeGreaterThan(3_000);
  });

  it("what was let go again is removed", async () => {
    const { store, folder } = place();
    const buffer = bufferIn(store);
    await buffer.pin(about);
    await feed(buffer, 3_000);
    await buffer.unpin();
    expect(buffer.pinned).toBe(false);
    await buffer.dispose();
    expect([await store.kept(), filesIn(folder)]).toEqual([[], []]);
  });

  it("are never given up for others", async () => {
    const { store, make } = place(200_000);
    const pinned = bufferIn(store);
    await pinned.pin(about);
    await feed(pinned, 4_000);
    await pinned.dispose();
    const buffer = bufferIn(store);
    await feed(buffer, 30_000);
    expect((await make().kept())[0]?.lines).toBe(4_000);
  });

  it.each(["..", "../x", "", "a/b", "."])("must be refused: the id %j", async (id) => {
    const { store } = place();
    await expect(store.read(id)).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(store.drop(id)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});
