import { afterEach, describe, expect, it } from "vitest";
import type { LogHead } from "../../../../electron/contract/logs.ts";
import { logHead, logLine } from "../../../../electron/contract/logs.ts";
import { batchOf } from "../../../../electron/core/docker/index.ts";
import { Failure } from "../../../../electron/core/failure.ts";
import { createLogRoom, createMasker, type LogRoom, type LogRoomLimits } from "../../../../electron/core/logs/index.ts";
import type { LogEngine } from "../../../../electron/core/logs/sources/container.ts";
import { type FakeClock, fakeClock } from "../../../helpers/ports.ts";
import { savedFile } from "../../../helpers/savedFile.ts";
import { until } from "../../../helpers/until.ts";
import { containersOf, type FakeLine, fakeLogEngine, momentOf } from "./fakeLogEngine.ts";

const token = "hf_AbCdEf0123456789xyzXYZ";
const id = "c".repeat(64);
const out = (ms: number, text: string): FakeLine => ({ stream: "stdout", ns: BigInt(ms) * 1_000_000n, text });
const err = (ms: number, text: string): FakeLine => ({ ...out(ms, text), stream: "stderr" });

const plain = (index: number) => ({ index, row: index, source: 0, folded: 0, part: false });
const one = (containerId: string) => ({ sources: [{ kind: "container" as const, hostId: "h", containerId }] });

interface Scene {
  room: LogRoom;
  clock: FakeClock;
  fake: ReturnType<typeof fakeLogEngine>;
  texts(bufferId: string): Promise<string[]>;
}

const opened: LogRoom[] = [];
afterEach(async () => {
  for (const room of opened.splice(0)) await room.dispose();
});

function scene(limits: Partial<LogRoomLimits> = {}, engineOf?: () => Promise<LogEngine>): Scene {
  const clock = fakeClock();
  const fake = fakeLogEngine();
  const masker = createMasker();
  masker.register("HF_TOKEN", Buffer.from(token));
  let ids = 0;
  const room = createLogRoom({
    sources: containersOf(engineOf ?? (async () => fake.engine)),
    nameOf: () => ({ name: "llm", hostName: "orion", simulated: true }),
    masker,
    clock,
    random: { bytes: (n) => Buffer.alloc(n), id: () => `id-${ids++}` },
    limits,
  });
  opened.push(room);
  const texts = async (bufferId: string) =>
    (await room.window(bufferId, { from: 0, count: 2000 })).lines.map((line) => line.text);
  return { room, clock, fake, texts };
}

const reaches = (room: LogRoom, bufferId: string, state: LogHead["state"]) =>
  until(() => room.head(bufferId).state === state, { what: `state ${state}` });

describe("the log of a container", () => {
  it("begins with its tail, goes on live, masked, with levels and times", async () => {
    const { room, fake } = scene();
    fake.write(out(1, "old"), out(2, "INFO: recent"));
    const { bufferId } = await room.open({ ...one(id), tail: 1 });
    await until(() => room.head(bufferId).next === 1);
    fake.write(err(3, `ERROR HF_TOKEN=${token}`));
    await until(() => room.head(bufferId).next === 2);
    const { lines } = await room.window(bufferId, { from: 0, count: 10 });
    const start = Date.UTC(2026, 10, 22, 10);
    expect(lines).toEqual([
      { ...plain(0), at: start + 2, stream: "stdout", level: "info", text: "INFO: recent" },
      { ...plain(1), at: start + 3, stream: "stderr", level: "error", text: "ERROR HF_TOKEN=********" },
    ]);
    expect(room.head(bufferId)).toEqual({
      first: 0,
      next: 2,
      skipped: 0,
      state: "live",
      problem: null,
      masked: [{ name: "HF_TOKEN", count: 1 }],
      detected: [],
      unchecked: 0,
      sources: [
        {
          ref: { kind: "container", hostId: "h", containerId: id },
          ...{ name: "llm", hostName: "orion", simulated: true, state: "live", problem: null, lines: 2 },
        },
      ],
      rows: { first: 0, next: 2, searchedTo: 2 },
      levels: { none: 0, debug: 0, info: 1, warn: 0, error: 1 },
      held: { memory: expect.any(Number), disk: 0, pinned: false },
      marks: [],
    });
    expect([logHead.safeParse(room.head(bufferId)).success, logLine.safeParse(lines[0]).success]).toEqual([true, true]);
    expect(await savedFile(room.save(bufferId, { format: "text" }))).toEqual({
      fileName: "log-cccccccccccc-2026-03-01T120000.txt",
      lines: 2,
      left: 0,
      text: "2026-11-22T10:00:00.002Z stdout INFO: recent\n2026-11-22T10:00:00.003Z stderr ERROR HF_TOKEN=********\n",
    });
    const errors = await room.window(bufferId, { filter: { levels: ["error"] }, from: 0, count: 5 });
    expect(errors).toEqual({ first: 0, next: 1, lines: [{ ...lines[1], row: 0 }] });
  });

  it("is live though it says nothing", async () => {
    const { room } = scene();
    const { bufferId } = await room.open(one(id));
    await reaches(room, bufferId, "live");
    expect(room.head(bufferId).next).toBe(0);
  });

  it("goes on after a lost link without a gap and without a line twice", async () => {
    const { room, fake, clock, texts } = scene();
    fake.write(out(1000, "a"), out(1000, "b"));
    const { bufferId } = await room.open(one(id));
    await until(() => room.head(bufferId).next === 2);
    fake.cut();
    await reaches(room, bufferId, "reconnecting");
    expect(room.head(bufferId).problem).toEqual({ code: "HOST_OFFLINE", details: { host: "h" } });
    // Written in the meantime: one with the very stamp of the last, one of the other stream stamped before it.
    fake.write(out(1000, "c"), err(999, "late"), out(1001, "d"));
    await clock.advance(600);
    expect(room.head(bufferId).state).toBe("reconnecting");
    fake.mend();
    await clock.advance(2_000);
    await until(async () => (await texts(bufferId)).includes("d"));
    expect(await texts(bufferId)).toEqual([
      "a",
      "b",
      "--- connection lost (HOST_OFFLINE), trying again ---",
      "--- connected again, nothing lost ---",
      "c",
      "late",
      "d",
    ]);
    expect(room.head(bufferId)).toMatchObject({ state: "live", problem: null });
    expect(fake.calls[1]!.tail).toBe("all");
  });

  it("says so where lines are certainly lost", async () => {
    const { room, fake, clock, texts } = scene();
    fake.write(out(1000, "a"));
    const { bufferId } = await room.open(one(id));
    await until(() => room.head(bufferId).next === 1);
    fake.cut();
    await reaches(room, bufferId, "reconnecting");
    // The log was rotated away meanwhile.
    fake.log.length = 0;
    fake.write(out(5000, "much later"));
    fake.mend();
    await clock.advance(2_000);
    await until(async () => (await texts(bufferId)).includes("much later"));
    expect((await texts(bufferId)).slice(2)).toEqual([
      "--- connected again; lines in between are lost ---",
      "much later",
    ]);
  });

  it("asks again when the engine ends the log though the container goes on", async () => {
    const { room, fake, clock, texts } = scene();
    fake.write(out(1, "first"));
    const { bufferId } = await room.open(one(id));
    await until(() => room.head(bufferId).next === 1);
    fake.endStream(true);
    await reaches(room, bufferId, "reconnecting");
    fake.endStream(false);
    fake.write(out(2, "second"));
    await clock.advance(2_000);
    await until(async () => (await texts(bufferId)).includes("second"));
    expect((await texts(bufferId)).filter((text) => !text.startsWith("---"))).toEqual(["first", "second"]);
  });

  it("a line that was begun when the link broke comes once, whole, and masked", async () => {
    const frame = (ns: bigint, text: string) =>
      batchOf([{ stream: "stdout", ...momentOf(ns), bytes: Buffer.from(text) }]);
    let turn = 0;
    const engine: LogEngine = {
      inspect: fakeLogEngine().engine.inspect,
      async *logs(_, options) {
        yield frame(1n, "first\n");
        if (turn++ === 0) {
          yield frame(2n, `begun ${token.slice(0, 10)}`);
          throw new Failure("ENGINE_UNAVAILABLE", {}, { retryable: true });
        }
        yield frame(2n, `begun ${token}\n`);
        await new Promise<void>((resolve) => options.signal?.addEventListener("abort", () => resolve()));
      },
    };
    const { room, clock, texts } = scene({}, async () => engine);
    const { bufferId } = await room.open(one(id));
    await reaches(room, bufferId, "reconnecting");
    await clock.advance(2_000);
    await until(() => room.head(bufferId).state === "live" && room.head(bufferId).next === 4);
    expect((await texts(bufferId)).filter((text) => !text.startsWith("---"))).toEqual([
      "first",
      "begun [secret:HF_TOKEN]",
    ]);
  });

  it("tells how the container ended, and goes on when it is started again", async () => {
    const { room, fake, clock, texts } = scene();
    const { bufferId } = await room.open(one(id));
    await reaches(room, bufferId, "live");
    fake.write(out(1, "dying"));
    fake.exit(137, true);
    await reaches(room, bufferId, "ended");
    fake.startAgain();
    fake.write(out(9000, "alive"));
    await clock.advance(3_000);
    await until(async () => (await texts(bufferId)).includes("alive"));
    expect(await texts(bufferId)).toEqual([
      "dying",
      "--- the container is exited, exit code 137 (killed: out of memory) ---",
      "--- the container was started again ---",
      "alive",
    ]);
  });

  it("reads a container that has ended long ago", async () => {
    const { room, fake, texts } = scene();
    fake.write(out(1, "its last words"));
    fake.exit(0);
    const { bufferId } = await room.open(one(id));
    await reaches(room, bufferId, "ended");
    expect(await texts(bufferId)).toEqual(["its last words", "--- the container is exited, exit code 0 ---"]);
  });

  it("says when the container was removed", async () => {
    const { room, fake, texts } = scene();
    const { bufferId } = await room.open(one(id));
    await reaches(room, bufferId, "live");
    fake.remove();
    await reaches(room, bufferId, "removed");
    expect(await texts(bufferId)).toEqual(["--- the container was removed ---"]);
  });

  const failures: [string, () => never, LogHead["state"], string][] = [
    ["a driver that can't be read", () => fail("LOG_DRIVER_UNREADABLE"), "failed", "LOG_DRIVER_UNREADABLE"],
    ["a host key that changed", () => fail("HOST_KEY_CHANGED"), "failed", "HOST_KEY_CHANGED"],
    ["a host that is off", () => fail("HOST_OFFLINE"), "connecting", "HOST_OFFLINE"],
    [
      "a bug",
      () => {
        throw new TypeError("x is not a function");
      },
      "failed",
      "INTERNAL",
    ],
  ];
  it.each(failures)("%s is told", async (_, thrower, state, code) => {
    const { room } = scene({}, async () => thrower());
    const { bufferId } = await room.open(one(id));
    await until(() => room.head(bufferId).problem !== null);
    expect(room.head(bufferId)).toMatchObject({ state, problem: { code } });
  });

  it("a failed log is read anew when it is opened again", async () => {
    let calls = 0;
    const { room } = scene({}, async () => {
      calls++;
      return fail("HOST_KEY_CHANGED");
    });
    const first = await room.open(one(id));
    await reaches(room, first.bufferId, "failed");
    const second = await room.open(one(id));
    await reaches(room, second.bufferId, "failed");
    expect(calls).toBe(2);
  });

  it("a flood leaves the newest lines, and says how many are gone", async () => {
    const { room, fake } = scene({ maxLines: 1_000 });
    const { bufferId } = await room.open(one(id));
    await reaches(room, bufferId, "live");
    fake.write(...Array.from({ length: 20_000 }, (_, i) => out(i, `line ${i}`)));
    await until(() => room.head(bufferId).next === 20_000);
    expect(room.head(bufferId)).toMatchObject({ first: 19_000, next: 20_000, skipped: 19_000 });
  });
});

function fail(code: ConstructorParameters<typeof Failure>[0]): never {
  throw new Failure(code);
}

describe("views", () => {
  it("of one container share one reading of it", async () => {
    const { room, fake } = scene();
    const a = await room.open(one(id));
    const b = await room.open(one(id));
    await reaches(room, a.bufferId, "live");
    fake.write(out(1, "both"));
    await until(() => room.head(b.bufferId).next === 1);
    expect([a.bufferId === b.bufferId, fake.calls.length]).toEqual([false, 1]);
    room.close(a.bufferId);
    room.close(a.bufferId);
    expect(room.head(b.bufferId).next).toBe(1);
  });

  it("a log stays for a minute after its last view, then its reading ends", async () => {
    const { room, fake, clock } = scene();
    const a = await room.open(one(id));
    await reaches(room, a.bufferId, "live");
    room.close(a.bufferId);
    await clock.advance(50_000);
    const b = await room.open(one(id));
    await clock.advance(20_000);
    expect([room.head(b.bufferId).state, fake.calls.length]).toEqual(["live", 1]);
    room.close(b.bufferId);
    await clock.advance(60_000);
    const c = await room.open(one(id));
    await until(() => fake.calls.length === 2);
    expect(room.head(c.bufferId).next).toBe(0);
  });

  it("a view that nobody asks is closed after a minute; a watched one is not", async () => {
    const { room, clock } = scene();
    const left = await room.open(one(id));
    const watched = await room.open(one(id));
    const control = new AbortController();
    const heads = room.watch(watched.bufferId, undefined, control.signal);
    await heads.next();
    await clock.advance(70_000);
    expect(() => room.head(left.bufferId)).toThrow(expect.objectContaining({ code: "NOT_FOUND" }));
    expect(room.head(watched.bufferId).state).toBe("live");
    control.abort();
    await heads.return(undefined);
    await clock.advance(70_000);
    expect(() => room.head(watched.bufferId)).toThrow(expect.objectContaining({ code: "NOT_FOUND" }));
  });

  const closed: [string, (room: LogRoom) => unknown][] = [
    ["head", (room) => room.head("never")],
    ["window", (room) => room.window("never", { from: 0, count: 1 })],
    ["locate", (room) => room.locate("never", undefined, { by: "index", index: 0 })],
    ["density", (room) => room.density("never", { buckets: 1 })],
    ["line", (room) => room.line("never", 0)],
    ["mark", (room) => room.mark("never", 0, "")],
    ["unmark", (room) => room.unmark("never", 0)],
    ["pin", (room) => room.pin("never", true)],
    ["save", (room) => room.save("never", { format: "text" })],
    ["watch", (room) => room.watch("never").next()],
  ];
  it.each(closed)("%s of what is not open is refused", async (_, ask) => {
    const { room } = scene();
    await expect((async () => ask(room))()).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("no more containers than the limit; one that nobody views makes room", async () => {
    const { room } = scene({ maxSources: 2, maxViews: 2 });
    const first = await room.open(one("a".repeat(12)));
    await room.open(one("b".repeat(12)));
    await room.open(one("b".repeat(12)));
    const refused = expect.objectContaining({ code: "LIMIT_REACHED" });
    await expect(room.open(one("b".repeat(12)))).rejects.toEqual(refused);
    await expect(room.open(one("c".repeat(12)))).rejects.toEqual(refused);
    room.close(first.bufferId);
    await room.open(one("c".repeat(12)));
  });
});

describe("watching", () => {
  it("tells the head at first, then only when it moved, at most twenty times a second", async () => {
    const { room, fake, clock } = scene();
    const { bufferId } = await room.open(one(id));
    await reaches(room, bufferId, "live");
    const seen: number[] = [];
    const control = new AbortController();
    const watching = (async () => {
      for await (const head of room.watch(bufferId, undefined, control.signal)) seen.push(head.next);
    })();
    await clock.advance(1_000);
    expect(seen).toEqual([0]);
    for (let i = 0; i < 100; i++) {
      fake.write(out(i, `${i}`));
      await clock.advance(10);
    }
    await clock.advance(100);
    expect(seen.length).toBeGreaterThan(5);
    expect(seen.length).toBeLessThanOrEqual(22);
    expect(seen.at(-1)).toBe(100);
    control.abort();
    await watching;
  });

  it("ends when the view is closed, and when the room is", async () => {
    const { room, clock } = scene();
    const a = await room.open(one(id));
    const b = await room.open(one(id));
    const drain = async (bufferId: string) => {
      for await (const _ of room.watch(bufferId)) void _;
      return "ended";
    };
    const both = [drain(a.bufferId), drain(b.bufferId)];
    await clock.advance(100);
    room.close(a.bufferId);
    expect(await both[0]).toBe("ended");
    await room.dispose();
    expect(await both[1]).toBe("ended");
    expect(clock.pending).toBe(0);
  });
});
