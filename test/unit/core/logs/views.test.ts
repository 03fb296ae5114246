/** What a view keeps beside its lines: rows under its filter, marks, and whether the log stays. */
import { afterEach, describe, expect, it } from "vitest";
import type { LogHead } from "../../../../electron/contract/logs.ts";
import { createLogRoom, createMasker, type LogRoom, type LogRoomLimits } from "../../../../electron/core/logs/index.ts";
import { fakeClock, tempFolder } from "../../../helpers/ports.ts";
import { until } from "../../../helpers/until.ts";
import { fakeSources } from "./fakeSource.ts";

const a = "a".repeat(64);
const one = { sources: [{ kind: "container" as const, hostId: "h", containerId: a }] };

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

type Scene = { folder?: string; limits?: Partial<LogRoomLimits>; everyLookTakesTime?: boolean };

function scene({ folder, limits = {}, everyLookTakesTime = false }: Scene = {}) {
  const clock = fakeClock();
  let looks = 0;
  const { sources, of } = fakeSources();
  let ids = 0;
  const room: LogRoom = createLogRoom({
    sources,
    nameOf: () => ({ name: "llm", hostName: "orion", simulated: false }),
    masker: createMasker(),
    clock: everyLookTakesTime ? { ...clock, mono: () => ++looks } : clock,
    random: { bytes: (n) => Buffer.alloc(n, ids++), id: () => `id-${ids++}` },
    limits,
    ...(folder === undefined ? {} : { folder }),
  });
  closers.push(() => room.dispose());
  return { room, clock, of };
}

async function open({ room, of }: Pick<ReturnType<typeof scene>, "room" | "of">) {
  const { bufferId } = await room.open(one);
  of(a).become("live");
  return bufferId;
}

describe("watching under a filter", () => {
  it("tells the last rows too when nothing comes any more", async () => {
    const { room, clock, of } = scene({ everyLookTakesTime: true });
    const bufferId = await open({ room, of });
    of(a).say(...Array.from({ length: 100_000 }, (_, i) => ({ text: `line ${i}` })));
    const filter = { text: "7" };
    const heads = room.watch(bufferId, filter);
    const next = async () => {
      const head = heads.next();
      let value: LogHead | undefined;
      head.then((result) => {
        value = result.value as LogHead;
      });
      await until(async () => {
        await clock.advance(50);
        return value;
      });
      return value as LogHead | undefined;
    };
    expect((await next())?.rows.searchedTo).toBeLessThan(100_000);
    // The search comes to its end before anybody asks again.
    await until(() => room.head(bufferId, filter).rows.searchedTo === 100_000);
    expect((await next())?.rows.searchedTo).toBe(100_000);
    await heads.return(undefined);
  });

  it("tells the rows as they are found, and goes on as lines come", async () => {
    const { room, clock, of } = scene();
    const bufferId = await open({ room, of });
    of(a).say(...Array.from({ length: 10_000 }, (_, i) => ({ text: i % 10 === 0 ? "ERROR: x" : "INFO: y" })));
    const control = new AbortController();
    const heads: LogHead[] = [];
    const watching = (async () => {
      for await (const head of room.watch(bufferId, { levels: ["error"] }, control.signal)) heads.push(head);
    })();
    const found = async (next: number) => {
      await until(async () => {
        await clock.advance(50);
        return heads.at(-1)?.rows.next === next;
      });
    };
    await found(1_000);
    of(a).say({ text: "ERROR: one more" }, { text: "INFO: nothing" });
    await found(1_001);
    expect(heads.at(-1)?.rows).toEqual({ first: 0, next: 1_001, searchedTo: 10_002 });
    control.abort();
    await watching;
  });

  it("an expression that cannot be run ends the watch with its reason", async () => {
    const { room, of } = scene();
    const bufferId = await open({ room, of });
    await expect(room.watch(bufferId, { regex: "(" }).next()).rejects.toMatchObject({
      code: "BAD_INPUT",
      details: { field: "regex" },
    });
  });
});

describe("bookmarks", () => {
  it("keep the text of a line that falls out, and can be named anew", async () => {
    const { room, of } = scene({ limits: { maxLines: 10 } });
    const bufferId = await open({ room, of });
    of(a).say({ at: 1_000, text: "worth keeping" });
    await room.mark(bufferId, 0, "first");
    of(a).say(...Array.from({ length: 5_000 }, (_, i) => ({ text: `${i}` })));
    await until(() => room.head(bufferId).first > 0);
    await room.mark(bufferId, 0, "still there");
    expect(room.head(bufferId).marks).toEqual([{ index: 0, at: 1_000, note: "still there", text: "worth keeping" }]);
    room.unmark(bufferId, 0);
    room.unmark(bufferId, 0);
    expect(room.head(bufferId).marks).toEqual([]);
    await expect(room.mark(bufferId, 0, "gone")).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("are shared by those who look at a log, and limited", async () => {
    const { room, of } = scene({ limits: { maxMarks: 2 } });
    const first = await open({ room, of });
    const second = (await room.open(one)).bufferId;
    of(a).say({ text: "0" }, { text: "1" }, { text: "2" });
    await room.mark(first, 0, "");
    await room.mark(second, 1, "");
    await expect(room.mark(second, 2, "")).rejects.toMatchObject({ code: "LIMIT_REACHED", details: { limit: 2 } });
    await room.mark(first, 1, "the same again");
    expect(room.head(first).marks.map(({ note }) => note)).toEqual(["", "the same again"]);
  });
});

describe("one line", () => {
  it("tells its fields, its request, what belongs to it, and how to find it again", async () => {
    const { room, of } = scene();
    const bufferId = await open({ room, of });
    of(a).say(
      { at: 1, text: '{"level":"info","request_id":"req-1","ms":2}' },
      { at: 2, text: 'INFO:     10.0.0.1:5 - "GET /x HTTP/1.1" 500 request_id=req-1' },
      { at: 3, text: "Traceback (most recent call last):" },
      { at: 3, text: '  File "a.py", line 1, in f' },
      { at: 3, text: "ValueError: x" },
    );
    const [json, head, missing] = await Promise.all([
      room.line(bufferId, 0),
      room.line(bufferId, 2),
      room.line(bufferId, 99).catch((error: unknown) => error),
    ]);
    expect({
      fields: json.fields,
      access: json.access,
      related: json.related.map(({ index }) => index),
      parts: head.parts.map(({ index }) => index),
      none: [head.fields, head.access, head.related],
      missing,
    }).toEqual({
      fields: [
        { path: "level", value: "info", kind: "text" },
        { path: "request_id", value: "req-1", kind: "text" },
        { path: "ms", value: "2", kind: "number" },
      ],
      access: { requestId: "req-1", method: "GET", path: "/x", status: 500, durationMs: null, client: "10.0.0.1" },
      related: [1],
      parts: [3, 4],
      none: [null, null, []],
      missing: expect.objectContaining({ code: "NOT_FOUND" }),
    });
    const again = await room.locate(bufferId, undefined, {
      by: "time",
      at: 3,
      digest: (await room.line(bufferId, 4)).digest,
    });
    expect(again).toEqual({ row: 4, index: 4, exact: true });
  });
});

describe("a pinned log", () => {
  it("is kept when nobody looks at it, can be opened, and goes when it is dropped", async () => {
    const folder = tempFolder();
    closers.push(folder.cleanup);
    const { room, clock, of } = scene({ folder: folder.path });
    const bufferId = await open({ room, of });
    of(a).say({ at: 1_000, text: "one" }, { at: 2_000, text: "two" });
    await room.pin(bufferId, true);
    of(a).say({ at: 3_000, text: "three" });
    expect(room.head(bufferId).held.pinned).toBe(true);
    room.close(bufferId);
    await clock.advance(61_000);
    const [kept] = await until(async () => {
      const all = await room.kept();
      return all.length === 1 && all;
    });
    expect(kept).toMatchObject({
      sources: [{ name: "llm", simulated: false }],
      from: 1_000,
      to: 3_000,
      lines: 3,
      bytes: expect.any(Number),
    });
    const again = await room.open({ sources: [{ kind: "kept", id: kept?.id ?? "" }] });
    await until(() => room.head(again.bufferId).state === "ended");
    const { lines } = await room.window(again.bufferId, { from: 0, count: 10 });
    expect(lines.map(({ text }) => text)).toEqual(["one", "two", "three"]);
    await room.dropKept(kept?.id ?? "");
    expect(await room.kept()).toEqual([]);
  });

  it("is refused where there is no folder", async () => {
    const { room, of } = scene();
    const bufferId = await open({ room, of });
    await expect(room.pin(bufferId, true)).rejects.toMatchObject({ code: "STORE_UNWRITABLE" });
    await expect(room.dropKept("x")).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(await room.kept()).toEqual([]);
  });
});
