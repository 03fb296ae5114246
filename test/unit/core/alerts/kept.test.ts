import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Alert } from "../../../../electron/contract/alerts.ts";
import { keyOf } from "../../../../electron/core/alerts/book.ts";
import { alertBookFile, emptyAlertBook, maxAlertBookBytes } from "../../../../electron/core/alerts/index.ts";
import { restored, toKeep, withGap } from "../../../../electron/core/alerts/kept.ts";
import { openStore } from "../../../../electron/core/store/index.ts";
import { idOf } from "../../../helpers/alertScene.ts";
import { fakeClock, tempFolder, testPorts } from "../../../helpers/ports.ts";

const clock = fakeClock();
const now = clock.now();

const alert = (more: Partial<Alert> = {}): Alert => ({
  id: "a",
  kind: "pattern",
  severity: "danger",
  rule: { id: "r", name: "out of memory" },
  source: { kind: "container", hostId: "h", containerId: idOf("llama") },
  sourceName: "llama",
  hostName: "orion",
  environment: "production",
  simulated: false,
  state: "firing",
  noted: false,
  since: now - 60_000,
  lastAt: now - 1_000,
  count: 3,
  sample: "CUDA OOM",
  secret: null,
  unwatched: null,
  ...more,
});

const secret = { kind: "secret", rule: null, secret: { name: "HF_TOKEN", environment: "production" } } as const;
const file = (alerts: unknown[], more: object = {}) => ({ ...emptyAlertBook, alerts, ...more });
const on = () => true;
const plain = { text: (words: string) => words };

async function opened(content: string | Buffer) {
  const folder = tempFolder();
  const at = join(folder.path, "alert-book.json");
  writeFileSync(at, content);
  const { ports } = testPorts();
  const store = () =>
    openStore({
      ...{ file: at, version: 1, schema: alertBookFile, initial: emptyAlertBook, maxBytes: maxAlertBookBytes },
      ...{ clock, random: ports.random },
    });
  return { at, folder: folder.path, store: await store(), open: store };
}

const whole = JSON.stringify({ version: 1, data: file([alert()]) });

describe("a book that can't be used is set aside with a reason, and the program starts without alerts", () => {
  it.each<[string, string | Buffer, RegExp]>([
    ["cut in the middle", whole.slice(0, whole.length / 2), /not JSON/],
    ["empty", "", /not JSON/],
    ["zeros, as after a power cut", Buffer.alloc(4096), /not JSON/],
    ["not text", Buffer.from([0xff, 0xfe, 0x00, 0x80]), /not text/],
    ["of a newer program", JSON.stringify({ version: 9, data: {} }), /version 9/],
    ["alerts that are no list", JSON.stringify({ version: 1, data: file("x" as never) }), /at alerts/],
    [
      "more alerts than there can be",
      JSON.stringify({ version: 1, data: file(Array(501).fill(alert())) }),
      /at alerts/,
    ],
    ["a line without end", JSON.stringify({ version: 1, data: file([alert({ sample: "x".repeat(501) })]) }), /sample/],
    [
      "a name without end",
      JSON.stringify({ version: 1, data: file([alert({ sourceName: "x".repeat(201) })]) }),
      /Name/,
    ],
    ["a container's id that is a path", whole.replace(idOf("llama"), "../../etc/pass"), /containerId/],
    ["a time that is none", whole.replace(`"since":${now - 60_000}`, '"since":1e999'), /since|not JSON/],
    ["a kind that is none", whole.replace('"kind":"pattern"', '"kind":"__proto__"'), /kind/],
    [
      "too many gaps",
      JSON.stringify({ version: 1, data: file([], { gaps: Array(11).fill({ from: 1, to: 2, why: "closed" }) }) }),
      /gaps/,
    ],
  ])("%s", async (_, content, reason) => {
    const { store, folder, open } = await opened(content);
    expect(store.get()).toEqual(emptyAlertBook);
    expect(store.problem?.reason).toMatch(reason);
    expect(readFileSync(store.problem?.setAside ?? "")).toEqual(Buffer.from(content));
    await store.set(file([alert()]) as never);
    expect((await open()).get().alerts).toEqual([alert()]);
    expect(readdirSync(folder).length).toBe(2);
  });

  it("huge: it is not even read", async () => {
    const { at, open } = await opened(whole);
    truncateSync(at, 3 * 1024 ** 3);
    const before = process.memoryUsage().rss;
    const store = await open();
    expect(store.problem?.reason).toBe(`The file is larger than ${maxAlertBookBytes} bytes.`);
    expect(statSync(store.problem?.setAside ?? "").size).toBe(3 * 1024 ** 3);
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 ** 2);
  });

  it("lets no file of any bytes stop the start", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: whole.length }),
        fc.uint8Array({ maxLength: 8 }),
        async (at, bytes) => {
          const text = Buffer.from(whole);
          const content = Buffer.concat([text.subarray(0, at), bytes, text.subarray(at + bytes.length)]);
          const { store } = await opened(content);
          expect(restored(store.get(), now, on).alerts.length).toBeLessThanOrEqual(1);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe("a book that the shape lets through, but that we did not write", () => {
  const shown = (alerts: Alert[], more: object = {}) => restored(file(alerts, more) as never, now, on);
  it.each<[string, Alert[], unknown[]]>([
    ["the same one twice", [alert(), alert()], [{ id: "a", state: "firing" }]],
    [
      "two open ones about the same thing",
      [alert(), alert({ id: "b" })],
      [
        { id: "a", state: "firing" },
        { id: "b", state: "over" },
      ],
    ],
    ["times to come", [alert({ since: now + 1e9, lastAt: now + 1e10 })], [{ since: now, lastAt: now }]],
    ["an end before its beginning", [alert({ lastAt: 5 })], [{ since: now - 60_000, lastAt: now - 60_000 }]],
    ["noted and firing", [alert({ noted: true })], [{ state: "seen" }]],
    ["seen by nobody", [alert({ state: "seen" })], [{ state: "firing" }]],
    ["of no rule", [alert({ rule: null })], []],
    ["a secret without a name", [alert({ ...secret, secret: null })], []],
    ["a secret of a rule", [alert({ ...secret, rule: { id: "r", name: "r" } })], []],
    ["about something that no rule reads", [alert({ source: { kind: "console" } })], []],
    ["words that are markup", [alert({ sample: "<img src=x onerror=1>" })], [{ sample: "<img src=x onerror=1>" }]],
  ])("%s", (_, alerts, expected) => {
    const { alerts: got, dropped } = shown(alerts);
    expect(got).toMatchObject(expected);
    expect([got.length, dropped]).toEqual([expected.length, alerts.length - expected.length]);
  });

  it("alerts of a rule that is gone or off are over", () => {
    const { alerts } = restored(file([alert(), alert({ ...secret, id: "b" })]) as never, now, () => false);
    expect(alerts).toMatchObject([{ state: "over" }, { state: "firing" }]);
  });

  it("a second time without a watch begins where the first did", () => {
    const before = alert({ unwatched: { from: now - 50_000, to: null } });
    expect(shown([before], { watchedUntil: now - 10_000 }).alerts[0]?.unwatched).toEqual({
      from: now - 50_000,
      to: null,
    });
    const read = alert({ unwatched: { from: now - 50_000, to: now - 40_000 } });
    expect(shown([read], { watchedUntil: now - 10_000 }).alerts[0]?.unwatched).toEqual({
      from: now - 10_000,
      to: null,
    });
  });
});

describe("what is written", () => {
  const canary = "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";
  const mask = { text: (words: string) => words.replaceAll(canary, "[secret:CANARY]") };

  it("is masked, every word of it, before it is cut", async () => {
    const words = `a ${canary} b`;
    const edges = Array.from({ length: canary.length + 4 }, (_, i) =>
      alert({ id: `e${i}`, state: "over", sample: `${"x".repeat(498 - i)} ${canary}` }),
    );
    const all = [
      alert({ rule: { id: "r", name: words }, sourceName: words, hostName: words, sample: words }),
      ...edges,
    ];
    const { alerts } = toKeep(all, mask, now);
    const { store, at } = await opened(JSON.stringify({ version: 1, data: emptyAlertBook }));
    await store.set(file(alerts) as never);
    const written = readFileSync(at, "utf8");
    for (let size = 8; size <= canary.length; size += 4) expect(written).not.toContain(canary.slice(0, size));
    expect(written).toContain("a [secret:CANARY] b");
    expect(statSync(at).mode & 0o777).toBe(0o600);
  });

  it("leaves no half of a value that is registered later", () => {
    const unknown = toKeep([alert({ sample: `${"word ".repeat(97)}${canary}` })], plain, now).alerts[0]?.sample ?? "";
    expect([unknown.length <= 500, unknown.includes("hf_")]).toEqual([true, false]);
    expect(unknown.endsWith("word…")).toBe(true);
  });

  it("is bounded: what is over goes first, the oldest first, and is counted", () => {
    const many = Array.from({ length: 500 }, (_, i) =>
      alert({
        id: `a${i}`,
        rule: { id: `r${i}`, name: "ы".repeat(200) },
        state: i % 2 === 0 ? "firing" : "over",
        sample: "ы".repeat(500),
      }),
    );
    const { alerts, dropped } = toKeep(many, plain, now);
    expect(Buffer.byteLength(JSON.stringify(alerts))).toBeLessThan(600 * 1024);
    expect(alerts.length + dropped).toBe(500);
    expect(dropped).toBeGreaterThan(50);
    expect(alerts.filter(({ state }) => state === "firing").length).toBe(250);
    const over = alerts.filter(({ state }) => state === "over").map(({ id }) => Number(id.slice(1)));
    expect(over).toEqual(Array.from(over, (_, i) => 2 * i + 1));
    expect(alertBookFile.safeParse(file(alerts)).success).toBe(true);
  });

  it("what was over a month ago goes, what is open stays", () => {
    const old = { since: 0, lastAt: now - 31 * 24 * 3_600_000 };
    const { alerts, dropped } = toKeep([alert(old), alert({ ...old, id: "b", state: "over" })], plain, now);
    expect([alerts.map(({ id }) => id), dropped]).toEqual([["a"], 1]);
  });

  it("has the newest ten gaps, none of them a blink", () => {
    let gaps = withGap([], { from: 0, to: 500, why: "closed" });
    expect(gaps).toEqual([]);
    for (let i = 0; i < 12; i++) gaps = withGap(gaps, { from: i * 10_000, to: i * 10_000 + 5_000, why: "closed" });
    expect([gaps.length, gaps[0]?.from, gaps[9]?.from]).toEqual([10, 110_000, 20_000]);
  });
});

it("two alerts have one key when they are about the same rule or secret, and the same container", () => {
  expect(keyOf(alert())).toBe(`r h ${idOf("llama")}`);
  expect(keyOf(alert(secret))).toBe(`secret HF_TOKEN h ${idOf("llama")}`);
});
