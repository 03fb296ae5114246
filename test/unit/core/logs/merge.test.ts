import { afterEach, describe, expect, it } from "vitest";
import { logHead } from "../../../../electron/contract/logs.ts";
import { Failure } from "../../../../electron/core/failure.ts";
import { createLogRoom, createMasker, type LogRoom, type LogRoomLimits } from "../../../../electron/core/logs/index.ts";
import { fakeClock } from "../../../helpers/ports.ts";
import { until } from "../../../helpers/until.ts";
import { fakeSources } from "./fakeSource.ts";

const a = "a".repeat(64);
const b = "b".repeat(64);
const c = "c".repeat(64);
const refs = (...ids: string[]) => ids.map((containerId) => ({ kind: "container" as const, hostId: "h", containerId }));

const opened: LogRoom[] = [];
afterEach(async () => {
  for (const room of opened.splice(0)) await room.dispose();
});

function scene(limits: Partial<LogRoomLimits> = {}) {
  const clock = fakeClock();
  const { sources, of, started } = fakeSources();
  let ids = 0;
  const bugs: unknown[] = [];
  const room = createLogRoom({
    sources,
    nameOf: (ref) =>
      ref.kind === "container" && ref.hostId === "gone"
        ? null
        : { name: ref.kind === "container" ? ref.containerId.slice(0, 1) : "", hostName: "orion", simulated: false },
    masker: createMasker(),
    clock,
    random: { bytes: (n) => Buffer.alloc(n), id: () => `id-${ids++}` },
    report: (error) => void bugs.push(error),
    limits,
  });
  opened.push(room);
  /** Lines as `place:text`. */
  const lines = async (bufferId: string) =>
    (await room.window(bufferId, { from: 0, count: 2_000 })).lines.map(({ source, text }) => `${source}:${text}`);
  const now = () => clock.now();
  /** In small steps: what was read is merged in a turn of its own. */
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= 25) await clock.advance(Math.min(25, left));
  };
  return { room, clock, of, started, lines, now, pass, bugs };
}

describe("several logs as one", () => {
  it("stand in the order of their times, each line with its source", async () => {
    const { room, of, lines, now, pass } = scene();
    const { bufferId } = await room.open({ sources: refs(a, b) });
    for (const id of [a, b]) of(id).become("live");
    const t = now();
    of(a).say({ at: t + 1, text: "a1" }, { at: t + 4, text: "a4" });
    of(b).say({ at: t + 2.5, text: "b2" }, { at: t + 3, text: "b3" }, { at: t + 5, text: "b5" });
    await pass(400);
    expect(await lines(bufferId)).toEqual(["0:a1", "1:b2", "1:b3", "0:a4", "1:b5"]);
  });

  it("a line waits a moment for an earlier one of another log, and no longer", async () => {
    const { room, of, lines, now, pass } = scene();
    const { bufferId } = await room.open({ sources: refs(a, b) });
    for (const id of [a, b]) of(id).become("live");
    await pass(1_000);
    const t = now();
    of(a).say({ at: t, text: "later" });
    await pass(100);
    expect(await lines(bufferId)).toEqual([]);
    of(b).say({ at: t - 50, text: "earlier" });
    await pass(400);
    of(b).say({ at: t - 40, text: "far too late" });
    await pass(400);
    expect(await lines(bufferId)).toEqual(["1:earlier", "0:later", "1:far too late"]);
  });

  it("the past of one that is slow is waited for, and a log that says nothing is not", async () => {
    const { room, of, lines, now, pass } = scene();
    const { bufferId } = await room.open({ sources: refs(a, b, c) });
    const t = now() - 3_600_000;
    of(a).become("live");
    of(c).become("live");
    of(a).say({ at: t + 2, text: "a2" }, { at: t + 4, text: "a4" });
    await pass(1_000);
    expect(await lines(bufferId)).toEqual([]);
    of(b).become("live");
    of(b).say({ at: t + 1, text: "b1" });
    await pass(200);
    of(b).say({ at: t + 3, text: "b3" });
    await pass(1_000);
    expect(await lines(bufferId)).toEqual(["1:b1", "0:a2", "1:b3", "0:a4"]);
  });

  it("one that cannot be reached, fails, ends or is removed does not stop the others, and says so in the head", async () => {
    const { room, of, lines, now, pass } = scene();
    const { bufferId } = await room.open({ sources: refs(a, b, c) });
    of(a).become("live");
    of(b).become("connecting", new Failure("HOST_OFFLINE", { host: "h" }));
    of(c).become("failed", new Failure("LOG_DRIVER_UNREADABLE", { driver: "none" }));
    of(a).say({ at: now(), text: "one" });
    await pass(100);
    expect(await lines(bufferId)).toEqual(["0:one"]);
    const head = room.head(bufferId);
    expect(logHead.parse(head)).toEqual(head);
    expect(head).toMatchObject({
      state: "failed",
      problem: { code: "LOG_DRIVER_UNREADABLE", details: { driver: "none" } },
      sources: [
        { name: "a", state: "live", problem: null, lines: 1 },
        { name: "b", state: "connecting", problem: { code: "HOST_OFFLINE" }, lines: 0 },
        { name: "c", state: "failed", problem: { code: "LOG_DRIVER_UNREADABLE" }, lines: 0 },
      ],
      masked: [{ name: "HF_TOKEN", count: 3 }],
    });
    of(b).become("removed");
    of(c).become("ended");
    of(a).say({ at: now(), text: "two" });
    await pass(50);
    expect([await lines(bufferId), room.head(bufferId).state]).toEqual([["0:one", "0:two"], "live"]);
  });

  it("a clock that jumps changes the order of no log", async () => {
    const { room, of, lines, now, pass } = scene();
    const { bufferId } = await room.open({ sources: refs(a, b) });
    for (const id of [a, b]) of(id).become("live");
    const t = now();
    of(a).say({ at: t, text: "1" }, { at: t + 86_400_000, text: "2" }, { at: t + 1, text: "3" }, { at: 0, text: "4" });
    of(b).say({ at: t + 2, text: "x" }, { at: null, text: "y" });
    await pass(1_000);
    const read = await lines(bufferId);
    expect(read.filter((line) => line.startsWith("0:"))).toEqual(["0:1", "0:2", "0:3", "0:4"]);
    expect(read.filter((line) => line.startsWith("1:"))).toEqual(["1:x", "1:y"]);
  });

  it("a report is not torn apart, and folds into its own line", async () => {
    const { room, of, lines, now, pass } = scene();
    const { bufferId } = await room.open({ sources: refs(a, b) });
    for (const id of [a, b]) of(id).become("live");
    const t = now();
    of(a).say(
      { at: t, text: "Traceback (most recent call last):" },
      { at: t + 2, text: '  File "a.py", line 1, in f' },
      { at: t + 4, text: "ValueError: x" },
      { at: t + 6, text: "next" },
    );
    of(b).say({ at: t + 1, text: "b1" }, { at: t + 3, text: "b3" }, { at: t + 5, text: "b5" });
    await pass(1_000);
    expect(await lines(bufferId)).toEqual([
      "0:Traceback (most recent call last):",
      '0:  File "a.py", line 1, in f',
      "0:ValueError: x",
      "1:b1",
      "1:b3",
      "1:b5",
      "0:next",
    ]);
    const folded = await room.window(bufferId, { filter: { fold: true }, from: 0, count: 10 });
    expect(folded.lines.map(({ text, folded: parts }) => [text.slice(0, 9), parts])).toEqual([
      ["Traceback", 2],
      ["b1", 0],
      ["b3", 0],
      ["b5", 0],
      ["next", 0],
    ]);
  });

  it("joins what the sources say of one request", async () => {
    const { room, of, now, pass } = scene();
    const { bufferId } = await room.open({ sources: refs(a, b) });
    for (const id of [a, b]) of(id).become("live");
    const t = now();
    of(a).say({
      at: t,
      text: '{"request_id":"req-77","method":"POST","path":"/infer","status":200,"duration_ms":9.5}',
    });
    of(b).say({ at: t + 1, text: "worker: request_id=req-77 loaded" }, { at: t + 2, text: "request_id=req-778 other" });
    await pass(1_000);
    const index = (await room.window(bufferId, { filter: { sources: [1] }, from: 0, count: 1 })).lines[0]!.index;
    const detail = await room.line(bufferId, index);
    expect(detail.access).toEqual({
      ...{ requestId: "req-77", method: "POST", path: "/infer", status: 200, durationMs: 9.5, client: null },
    });
    expect(detail.related.map(({ source }) => source)).toEqual([0]);
    const rows = await room.window(bufferId, { filter: { requestId: "req-77" }, from: 0, count: 10 });
    expect(rows.lines.map(({ source }) => source)).toEqual([0, 1]);
  });

  it("begins with so many lines of each that is being read already", async () => {
    const { room, of, lines, now, pass } = scene();
    const single = await room.open({ sources: refs(a) });
    of(a).become("live");
    of(a).say(...Array.from({ length: 100 }, (_, i) => ({ at: now() - 100 + i, text: `${i}` })));
    const { bufferId } = await room.open({ sources: refs(a, b), tail: 3 });
    of(b).become("live");
    await pass(1_000);
    expect([await lines(bufferId), room.head(single.bufferId).next]).toEqual([["0:97", "0:98", "0:99"], 100]);
  });

  it("are read once, however many look at them, and let go when nobody does", async () => {
    const { room, clock, of, started } = scene();
    const both = await room.open({ sources: refs(a, b) });
    const again = await room.open({ sources: refs(a, b, a) });
    const single = await room.open({ sources: refs(a) });
    expect(started).toEqual([a, b]);
    room.close(both.bufferId);
    room.close(again.bufferId);
    // The merged log goes after a minute, its parts a minute later.
    for (let i = 0; i < 4; i++) {
      await clock.advance(40_000);
      room.head(single.bufferId);
    }
    expect([of(a).stopped, of(b).stopped]).toEqual([false, true]);
    room.close(single.bufferId);
    await clock.advance(61_000);
    expect([of(a).stopped, clock.pending]).toEqual([true, 0]);
  });

  it("one that failed is read anew when they are opened again", async () => {
    const { room, of, started } = scene();
    await room.open({ sources: refs(a, b) });
    of(b).become("failed", new Failure("HOST_KEY_CHANGED"));
    await room.open({ sources: refs(a, b) });
    expect(started).toEqual([a, b, b]);
  });

  it("what came too fast to be merged is counted as skipped", async () => {
    const { room, of, now, pass } = scene({ maxLines: 10 });
    const { bufferId } = await room.open({ sources: refs(a, b) });
    for (const id of [a, b]) of(id).become("live");
    of(a).say(...Array.from({ length: 1_000 }, (_, i) => ({ at: now(), text: `${i}` })));
    await pass(1_000);
    await until(() => room.head(bufferId).next === 10);
    expect(room.head(bufferId)).toMatchObject({ first: 0, next: 10, skipped: 990 });
  });

  const refused: [name: string, ids: string[], limits: Partial<LogRoomLimits>, code: string][] = [
    ["more sources than may be read", [a, b, c], { maxSources: 2 }, "LIMIT_REACHED"],
    ["more merged logs than there may be", [a, b], { maxMerged: 0 }, "LIMIT_REACHED"],
  ];
  it.each(refused)("%s are refused, and nothing is left behind", async (_, ids, limits, code) => {
    const { room, clock } = scene(limits);
    await expect(room.open({ sources: refs(...ids) })).rejects.toMatchObject({ code });
    await clock.advance(61_000);
    expect(clock.pending).toBe(0);
  });

  it("a host that nobody knows, and a kind that cannot be read, are refused", async () => {
    const { room } = scene();
    const gone = [...refs(a), { kind: "container" as const, hostId: "gone", containerId: b }];
    await expect(room.open({ sources: gone })).rejects.toMatchObject({
      code: "HOST_UNKNOWN",
      details: { host: "gone" },
    });
    await expect(room.open({ sources: [{ kind: "console" }] })).rejects.toMatchObject({
      code: "BAD_INPUT",
      details: { field: "sources" },
    });
  });

  it("32 logs at a few thousand lines a second keep the order of each", async () => {
    const { room, of, now, bugs, pass } = scene();
    const ids = Array.from({ length: 32 }, (_, i) => i.toString(16).padStart(64, "0"));
    const { bufferId } = await room.open({ sources: refs(...ids) });
    for (const id of ids) of(id).become("live");
    for (let step = 0; step < 20; step++) {
      for (const id of ids) {
        of(id).say(...Array.from({ length: 10 }, (_, i) => ({ at: now() + i, text: `${step * 10 + i}` })));
      }
      await pass(50);
    }
    await pass(1_000);
    await until(() => room.head(bufferId).next === 6_400);
    const seen = new Map<number, number>();
    for (let from = 0; from < 6_400; from += 2_000) {
      for (const { source, text } of (await room.window(bufferId, { from, count: 2_000 })).lines) {
        expect(Number(text)).toBe(seen.get(source) ?? 0);
        seen.set(source, Number(text) + 1);
      }
    }
    expect(bugs).toEqual([]);
  });
});
