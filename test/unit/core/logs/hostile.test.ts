/** What a log may bring that nobody wished for, through the whole room: each is shown as text, and the next line is whole. */
import { afterEach, describe, expect, it } from "vitest";
import { logHead, logLine } from "../../../../electron/contract/logs.ts";
import { Failure } from "../../../../electron/core/failure.ts";
import { createLogRoom, createMasker, type LogRoom } from "../../../../electron/core/logs/index.ts";
import type { LogEngine } from "../../../../electron/core/logs/sources/container.ts";
import { fakeClock } from "../../../helpers/ports.ts";
import { savedFile } from "../../../helpers/savedFile.ts";
import { until } from "../../../helpers/until.ts";
import { containersOf, type FakeLine, fakeLogEngine } from "./fakeLogEngine.ts";

const id = "c".repeat(64);
const one = { sources: [{ kind: "container" as const, hostId: "h", containerId: id }] };
const out = (ms: number, text: string): FakeLine => ({ stream: "stdout", ns: BigInt(ms) * 1_000_000n, text });

const opened: LogRoom[] = [];
afterEach(async () => {
  for (const room of opened.splice(0)) await room.dispose();
});

function scene(engineOf?: () => Promise<LogEngine>) {
  const fake = fakeLogEngine();
  const clock = fakeClock();
  let ids = 0;
  const room = createLogRoom({
    sources: containersOf(engineOf ?? (async () => fake.engine)),
    masker: createMasker(),
    clock,
    random: { bytes: (n) => Buffer.alloc(n), id: () => `id-${ids++}` },
  });
  opened.push(room);
  return { room, fake, clock };
}

const rows: [name: string, text: string, shown: string | RegExp][] = [
  [
    "binary",
    String.fromCharCode(...Array.from({ length: 32 }, (_, i) => i).filter((i) => i !== 10 && i !== 13)),
    /^[^\u0000-\u0008\u000b-\u001f]+$/,
  ],
  ["NUL bytes", "a\u0000\u0000b", "a␀␀b"],
  ["a cursor that moves and a title", "\u001b[2J\u001b[1;1H\u001b]0;root@host\u0007x", "␛[2J␛[1;1H␛]0;root@host␇x"],
  ["a turn of the direction of writing", "evil\u202etxt.exe", "evil<U+202E>txt.exe"],
  [
    "HTML and script",
    '<img src=x onerror="alert(1)"><script>1</script>',
    '<img src=x onerror="alert(1)"><script>1</script>',
  ],
  ["JSON that is nested too deeply", `${"[".repeat(50_000)}`, /^\[+$/],
  ["a progress bar", "10%\r20%\r30%", "30%"],
  ["a line of 2 MB", "x".repeat(2_000_000), /^x{1048576} \[…\]$/],
  ["a line that is a level alone", "ERROR", "ERROR"],
  ["an empty line", "", ""],
];

describe("a line of", () => {
  it.each(rows)("%s is text, and the next one is whole", async (_, text, shown) => {
    const { room, fake } = scene();
    fake.write(out(1, text), out(2, "INFO: after"));
    const { bufferId } = await room.open(one);
    await until(() => room.head(bufferId).next === 2);
    const { lines } = await room.window(bufferId, { from: 0, count: 10 });
    expect(lines[0]?.text).toEqual(typeof shown === "string" ? shown : expect.stringMatching(shown));
    expect(lines[1]).toMatchObject({ text: "INFO: after", level: "info" });
    for (const line of lines) expect(logLine.safeParse(line).success).toBe(true);
    const detail = await room.line(bufferId, 0);
    expect([detail.line, detail.related]).toEqual([lines[0], []]);
    expect((await savedFile(room.save(bufferId, { format: "text" }))).text.split("\n")).toHaveLength(3);
  });

  it("bytes that are no UTF-8 is text", async () => {
    const frame = { stream: "stdout" as const, at: null, ns: 0, bytes: Buffer.from([0xff, 0xfe, 0x41, 0xc3, 0x0a]) };
    const { batchOf } = await import("../../../../electron/core/docker/index.ts");
    const engine: LogEngine = {
      inspect: fakeLogEngine().engine.inspect,
      async *logs(_, options) {
        yield batchOf([frame]);
        await new Promise<void>((resolve) => options.signal?.addEventListener("abort", () => resolve()));
      },
    };
    const { room } = scene(async () => engine);
    const { bufferId } = await room.open(one);
    await until(() => room.head(bufferId).next === 1);
    expect((await room.window(bufferId, { from: 0, count: 1 })).lines[0]?.text).toBe("\ufffd\ufffdA\ufffd");
  });
});

describe("a log", () => {
  it("whose clock jumps keeps its order, and its heads and answers stay whole", async () => {
    const { room, fake } = scene();
    const day = 86_400_000;
    fake.write(out(5 * day, "one"), out(1, "two"), out(400 * day, "three"), out(2, "four"));
    const { bufferId } = await room.open(one);
    await until(() => room.head(bufferId).next === 4);
    const { lines } = await room.window(bufferId, { from: 0, count: 10 });
    expect(lines.map(({ text }) => text)).toEqual(["one", "two", "three", "four"]);
    expect(logHead.safeParse(room.head(bufferId)).success).toBe(true);
    const density = await room.density(bufferId, { buckets: 10 });
    expect(density?.buckets.reduce((sum, { lines: of }) => sum + of, 0)).toBe(4);
    const target = { by: "time" as const, at: lines[1]?.at ?? 0 };
    expect(await room.locate(bufferId, undefined, target)).toEqual({ row: 1, index: 1, exact: true });
  });

  it.each(["none", "syslog"])("of the driver %s says that it cannot be read", async (driver) => {
    const engine: LogEngine = {
      inspect: fakeLogEngine().engine.inspect,
      // biome-ignore lint/correctness/useYield: it never comes to a line
      async *logs() {
        throw new Failure("LOG_DRIVER_UNREADABLE", { id, driver });
      },
    };
    const { room } = scene(async () => engine);
    const { bufferId } = await room.open(one);
    await until(() => room.head(bufferId).state === "failed");
    expect(room.head(bufferId).sources).toMatchObject([
      { state: "failed", problem: { code: "LOG_DRIVER_UNREADABLE", details: { driver } } },
    ]);
  });

  it("whose container is removed while it is read says so, and what was read stays", async () => {
    const { room, fake } = scene();
    fake.write(out(1, "last words"));
    const { bufferId } = await room.open(one);
    await until(() => room.head(bufferId).next === 1);
    fake.remove();
    await until(() => room.head(bufferId).state === "removed");
    const { lines } = await room.window(bufferId, { from: 0, count: 10 });
    expect(lines.map(({ text }) => text)).toEqual(["last words", "--- the container was removed ---"]);
  });

  it.each([
    ["nested repetitions", "(a+)+$"],
    ["alternatives that overlap", "(a|aa)+$"],
    ["a back reference", "(a)\\1"],
    ["a look ahead", "(?=a)b"],
    ["too large a repetition", "(a{1000}){1000}"],
    ["no expression", "("],
  ])("an expression of %s is run in linear time, or refused", async (_, regex) => {
    const { room, fake } = scene();
    fake.write(out(1, `${"a".repeat(50_000)}!`), out(2, "b"));
    const { bufferId } = await room.open(one);
    await until(() => room.head(bufferId).next === 2);
    const began = performance.now();
    const answer = await room
      .window(bufferId, { filter: { regex }, from: 0, count: 10 })
      .catch((error: unknown) => error);
    if (answer instanceof Error) {
      expect(answer).toMatchObject({ code: "BAD_INPUT", details: { field: "regex", reason: expect.any(String) } });
    }
    expect(performance.now() - began).toBeLessThan(2_000);
  });
});
