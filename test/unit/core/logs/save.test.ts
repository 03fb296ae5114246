import { createHash } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import type { LogFilter, SavePiece } from "../../../../electron/contract/logs.ts";
import {
  createGuard,
  createLogRoom,
  createScreener,
  type LogRoom,
  type LogRoomDeps,
  verifyEvidence,
} from "../../../../electron/core/logs/index.ts";
import { fakeClock } from "../../../helpers/ports.ts";
import { savedFile } from "../../../helpers/savedFile.ts";
import { until } from "../../../helpers/until.ts";
import { setup } from "../audit/setup.ts";
import { fakeSources } from "./fakeSource.ts";

const a = "a".repeat(64);
const b = "b".repeat(64);
const late = "registered-only-later-7f3a91";
const refs = (...ids: string[]) => ids.map((containerId) => ({ kind: "container" as const, hostId: "h", containerId }));

const opened: LogRoom[] = [];
afterEach(async () => {
  for (const room of opened.splice(0)) await room.dispose();
});

async function scene(over: Partial<LogRoomDeps> = {}) {
  const clock = fakeClock();
  const { sources, of } = fakeSources();
  let ids = 0;
  const screener = createScreener({ settings: () => ({ providers: false, assignments: false, pii: false }), clock });
  const masker = createGuard(screener);
  const room = createLogRoom({
    sources,
    nameOf: () => ({ name: "llm", hostName: "orion", simulated: true }),
    masker,
    clock,
    random: { bytes: (n) => Buffer.alloc(n), id: () => `id-${ids++}` },
    ...over,
  });
  opened.push(room);
  const { bufferId } = await room.open({ sources: refs(a) });
  of(a).become("live");
  return { room, clock, of, masker, bufferId, at: clock.now() };
}

describe("a saved log", () => {
  it("is text, or JSON lines, of the rows under a filter", async () => {
    const { room, of, bufferId, at } = await scene();
    of(a).say({ at, text: "INFO: one" }, { at: at + 1.5, text: "ERROR: two", stream: "stderr" }, { text: "three" });
    const [whole, jsonl, errors] = await Promise.all([
      savedFile(room.save(bufferId, { format: "text" })),
      savedFile(room.save(bufferId, { format: "jsonl" })),
      savedFile(room.save(bufferId, { format: "text", filter: { levels: ["error"] } })),
    ]);
    expect({ whole, errors: errors.text, jsonl: jsonl.text.split("\n").slice(0, 2) }).toEqual({
      whole: {
        fileName: "log-aaaaaaaaaaaa-2026-03-01T120000.txt",
        lines: 3,
        left: 0,
        text: "2026-03-01T12:00:00.000Z stdout INFO: one\n2026-03-01T12:00:00.001Z stderr ERROR: two\n- stdout three\n",
      },
      errors: "2026-03-01T12:00:00.001Z stderr ERROR: two\n",
      jsonl: [
        '{"time":"2026-03-01T12:00:00.000Z","source":0,"stream":"stdout","level":"info","text":"INFO: one"}',
        '{"time":"2026-03-01T12:00:00.001Z","source":0,"stream":"stderr","level":"error","text":"ERROR: two"}',
      ],
    });
    expect(jsonl.fileName).toBe("log-aaaaaaaaaaaa-2026-03-01T120000.jsonl");
  });

  it("an expression that cannot be run is refused", async () => {
    const { room, bufferId } = await scene();
    const filter: LogFilter = { regex: "(" };
    await expect(savedFile(room.save(bufferId, { format: "text", filter }))).rejects.toMatchObject({
      code: "BAD_INPUT",
      details: { field: "regex" },
    });
  });

  it("of nothing is empty", async () => {
    const { room, bufferId } = await scene();
    expect(await savedFile(room.save(bufferId, { format: "jsonl" }))).toMatchObject({ text: "", left: 0 });
  });

  it("holds no secret that was registered after its lines were read, and neither does what is shown of it", async () => {
    const audit = await setup().open();
    const { room, of, masker, bufferId, at } = await scene({
      notary: {
        actor: () => ({ user: `ann ${late}`, door: "test" }),
        appVersion: "1",
        ready: () => true,
        newest: () => audit.newest(),
        sign: (statement) => audit.sign("evidence v1", statement),
      },
    });
    const json = `{"request_id":"req-1","token":"${late}"}`;
    of(a).say({ at, text: `key=${late}` }, { at, text: json }, { at, text: `request_id=req-1 ${late}` });
    await room.mark(bufferId, 0, "here");
    expect((await room.window(bufferId, { from: 0, count: 1 })).lines[0]!.text).toContain(late);
    masker.register("LATE", Buffer.from(late));
    const note = `seen ${late}`;
    const seen = [
      await savedFile(room.save(bufferId, { format: "text" })),
      await savedFile(room.save(bufferId, { format: "jsonl" })),
      await savedFile(room.save(bufferId, { format: "evidence", note, filter: { text: "re" } })),
      await room.window(bufferId, { from: 0, count: 10 }),
      await room.line(bufferId, 1),
      room.head(bufferId).marks,
    ].map((each) => JSON.stringify(each));
    expect(seen.filter((text) => text.includes(late))).toEqual([]);
    expect(seen.filter((text) => !/\*{8}|\[secret:LATE\]/.test(text))).toEqual([]);
    // What is searched for still finds the old line: its text is held as it was read.
    expect(verifyEvidence(Buffer.from((await savedFile(room.save(bufferId, { format: "evidence" }))).text)).whole).toBe(
      true,
    );
  });
});

describe("a long log on its way into a file", () => {
  const words = "x".repeat(90);
  async function long(lines: number, over: Partial<LogRoomDeps> = {}) {
    const made = await scene(over);
    made.of(a).say(...Array.from({ length: lines }, (_, i) => ({ at: made.at + i, text: `${i} ${words}` })));
    return made;
  }

  it("comes in pieces that say how far it is", async () => {
    const { room, bufferId } = await long(20_000);
    const pieces: SavePiece[] = [];
    for await (const piece of room.save(bufferId, { format: "text" })) pieces.push(piece);
    const rows = pieces.filter((piece) => piece.kind === "rows");
    expect(pieces.at(-1)).toMatchObject({ kind: "end", head: "", lines: 20_000, left: 0 });
    expect([rows[0], rows.at(-1)?.done, new Set(rows.map(({ total }) => total))]).toEqual([
      { kind: "rows", text: "", done: 0, total: 20_000 },
      20_000,
      new Set([20_000]),
    ]);
    expect(rows.length).toBeGreaterThan(8);
    expect(Math.max(...rows.map(({ text }) => text.length))).toBeLessThan(300_000);
    for (const { text, done } of rows.slice(1, -1))
      expect(text.trimEnd().split("\n").at(-1)).toContain(` ${done - 1} `);
    const whole = rows.map(({ text }) => text).join("");
    expect(whole.split("\n").map((line) => line.split(" ")[2])).toEqual([
      ...Array.from({ length: 20_000 }, (_, i) => String(i)),
      undefined,
    ]);
  });

  it("lets others have their turn", async () => {
    let now = 0;
    const { room, bufferId } = await long(3_000, { clock: { ...fakeClock(), mono: () => (now += 1) } });
    let turns = 0;
    let saving = true;
    const count = (): void => {
      turns++;
      if (saving) setImmediate(count);
    };
    setImmediate(count);
    await savedFile(room.save(bufferId, { format: "text" }));
    saving = false;
    // The clock goes on by a millisecond with each line, and a turn is due after five.
    expect(turns).toBeGreaterThan(400);
  });

  it.each([
    ["its caller lets go", (stop: AbortController) => stop.abort()],
    ["the log is closed", (_: AbortController, room: LogRoom, id: string) => room.close(id)],
  ])("ends when %s", async (_name, end) => {
    const { room, bufferId } = await long(20_000);
    const stop = new AbortController();
    let seen = 0;
    const save = async () => {
      for await (const { kind } of room.save(bufferId, { format: "text" }, stop.signal)) {
        if (kind === "end") throw new Error("it came to its end");
        if (++seen === 2) end(stop, room, bufferId);
      }
    };
    await expect(save()).rejects.toMatchObject({ code: "CANCELLED" });
    expect(seen).toBeLessThan(5);
  });

  it("counts what falls out of the log meanwhile, and leaves what comes", async () => {
    const { room, of, bufferId } = await long(4_000, { limits: { maxLines: 4_000 } });
    const pieces = room.save(bufferId, { format: "jsonl" });
    await pieces.next();
    of(a).say(...Array.from({ length: 3_500 }, (_, i) => ({ text: `new ${i}` })));
    const { text, lines, left } = await savedFile(pieces);
    expect(lines + left).toBe(4_000);
    expect(left).toBeGreaterThan(3_000);
    expect([text.includes("new"), text.split("\n").length - 1]).toEqual([false, lines]);
  });

  it("is not idle while it is saved", async () => {
    const { room, clock, bufferId } = await long(5_000, { limits: { idleMs: 1_000 } });
    const pieces = room.save(bufferId, { format: "text" });
    await pieces.next();
    await clock.advance(5_000);
    expect((await savedFile(pieces)).lines).toBe(5_000);
  });
});

describe("evidence", () => {
  async function evidence() {
    const test = setup();
    const audit = await test.open();
    const made = await scene({
      notary: {
        actor: () => ({ user: "anna", door: "desktop" }),
        appVersion: "0.1.0",
        ready: () => true,
        newest: () => audit.newest(),
        sign: (statement) => audit.sign("evidence v1", statement),
      },
    });
    return { ...made, audit, keys: test.keys };
  }

  it("says whose lines it holds, who saved them, and what the audit log said last", async () => {
    const { room, of, bufferId, at, audit } = await evidence();
    of(a).say({ at, text: "ERROR: one" }, { text: "two" }, { at: at + 5, text: "ERROR: three" });
    const filter: LogFilter = { levels: ["error"] };
    const { fileName, text } = await savedFile(
      room.save(bufferId, {
        format: "evidence",
        filter,
        note: "the night of the fault",
      }),
    );
    const report = verifyEvidence(Buffer.from(text), audit.publicKey() ?? "");
    const { hash, seq, log_id } = await audit.newest();
    expect(fileName).toBe("log-aaaaaaaaaaaa-2026-03-01T120000.evidence.jsonl");
    expect(report).toEqual({
      whole: true,
      faults: [],
      key: expect.stringMatching(/^SHA256:[A-Za-z0-9+/]{43}$/),
      keyUnchecked: false,
      header: {
        v: 1,
        kind: "gatehouse-evidence",
        time: "2026-03-01T12:00:00.000Z",
        actor: { user: "anna", door: "desktop" },
        app_version: "0.1.0",
        sources: [{ ref: refs(a)[0], name: "llm", host: "orion", simulated: true }],
        simulated: "all",
        filter,
        note: "the night of the fault",
        lines: 2,
        left: 0,
        skipped: 0,
        first: "2026-03-01T12:00:00.000Z",
        last: "2026-03-01T12:00:00.005Z",
        audit: { log_id, seq, hash },
        body_bytes: Buffer.byteLength(text.slice(text.indexOf("\n") + 1)),
        body_sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
        public_key: audit.publicKey(),
        signature: expect.any(String),
      },
    });
  });

  it("of several sources names the place of each line", async () => {
    const { room, clock, of, at } = await evidence();
    const { bufferId } = await room.open({ sources: refs(a, b) });
    of(b).become("live");
    of(a).say({ at, text: "a" });
    of(b).say({ at: at + 1, text: "b" });
    for (let i = 0; i < 20; i++) await clock.advance(50);
    await until(() => room.head(bufferId).next === 2);
    expect((await savedFile(room.save(bufferId, { format: "text" }))).text).toMatch(
      /^\S+ llm stdout a\n\S+ llm stdout b\n$/,
    );
    const { text, fileName } = await savedFile(room.save(bufferId, { format: "evidence" }));
    const [header, ...lines] = text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect([header?.sources, lines.map(({ source, text: of }) => [source, of]), fileName]).toMatchObject([
      [{ ref: { containerId: a } }, { ref: { containerId: b } }],
      [
        [0, "a"],
        [1, "b"],
      ],
      "log-aaaaaaaaaaaa-and-more-2026-03-01T120001.evidence.jsonl",
    ]);
  });

  const keyless = (ready: boolean): Partial<LogRoomDeps> => ({
    notary: {
      actor: () => ({ user: "anna", door: "test" }),
      appVersion: "1",
      ready: () => ready,
      newest: async () => ({ log_id: "x", seq: 1, hash: "00" }),
      sign: () => null,
    },
  });
  it.each([
    ["without a notary", {}, 0],
    ["while there is no key, before a line is read", keyless(false), 0],
    ["when the key is gone at its end", keyless(true), 2],
  ])("must be refused: %s", async (_, over, given) => {
    const { room, bufferId } = await scene(over);
    const seen: string[] = [];
    const save = async () => {
      for await (const { kind } of room.save(bufferId, { format: "evidence" })) seen.push(kind);
    };
    await expect(save()).rejects.toMatchObject({ code: "KEYCHAIN_UNAVAILABLE" });
    expect(seen).toEqual(Array(given).fill("rows"));
  });

  const tampering: [name: string, change: (text: string) => string, faults: string[]][] = [
    ["a letter of a line", (text) => text.replace("three", "there"), ["body-changed"]],
    ["a line taken out", (text) => text.replace(/\n[^\n]*one[^\n]*/, ""), ["body-changed"]],
    ["a line added at the end", (text) => `${text}{"text":"more"}\n`, ["body-changed"]],
    ["a line feed added at the end", (text) => `${text}\n`, ["body-changed"]],
    ["the last line feed taken off", (text) => text.slice(0, -1), ["body-changed"]],
    [
      "lines in another order",
      (text) =>
        [...text.trimEnd().split("\n").slice(0, 1), ...text.trimEnd().split("\n").slice(1).reverse(), ""].join("\n"),
      ["body-changed"],
    ],
    ["who saved it", (text) => text.replace('"anna"', '"otto"'), ["header-changed"]],
    ["its note", (text) => text.replace("a note", "a lie"), ["header-changed"]],
    ["its filter", (text) => text.replace('"filter":{}', '"filter":{"text":"x"}'), ["header-changed"]],
    ["its source", (text) => text.replace("orion", "vega"), ["header-changed"]],
    ["its time", (text) => text.replace('"time":"2026-03-01', '"time":"2026-02-01'), ["header-changed"]],
    ["the row of the audit log", (text) => text.replace(/"seq":\d+/, '"seq":999'), ["header-changed"]],
    ["how many did not fit", (text) => text.replace('"left":0', '"left":9'), ["header-changed"]],
    ["a line, and the sum of the lines in the header", resummed, ["header-changed"]],
    ["the signature", (text) => text.replace(/"signature":"../, '"signature":"00'), ["header-changed"]],
    ["a blank in the header", (text) => text.replace('{"actor"', '{ "actor"'), ["not-evidence"]],
    ["a field more in the header", (text) => text.replace('"v":1}', '"v":1,"x":1}'), ["not-evidence"]],
    ["a header that is cut", (text) => text.slice(40), ["not-evidence"]],
    ["all but the lines taken away", (text) => text.slice(text.indexOf("\n") + 1), ["not-evidence"]],
    ["nothing left", () => "", ["not-evidence"]],
  ];
  it.each(tampering)("must be refused: %s", async (_, change, faults) => {
    const { room, of, bufferId, at, audit } = await evidence();
    of(a).say({ at, text: "one" }, { at, text: "two" }, { at, text: "three" });
    const { text } = await savedFile(room.save(bufferId, { format: "evidence", note: "a note" }));
    const changed = change(text);
    expect(changed).not.toBe(text);
    const report = verifyEvidence(Buffer.from(changed), audit.publicKey() ?? "");
    expect([report.whole, report.faults.map(({ fault }) => fault)]).toEqual([false, faults]);
  });

  it("must be refused: signed anew with another key", async () => {
    const first = await evidence();
    const { room, of, bufferId, at } = await evidence();
    of(a).say({ at, text: "one" });
    const { text } = await savedFile(room.save(bufferId, { format: "evidence" }));
    const report = verifyEvidence(Buffer.from(text), first.audit.publicKey() ?? "");
    expect([report.whole, report.faults.map(({ fault }) => fault)]).toEqual([false, ["other-key"]]);
    // Without the key to compare it with, that is said.
    expect(verifyEvidence(Buffer.from(text))).toMatchObject({ whole: true, keyUnchecked: true });
  });

  it("must be refused: a checkpoint of the audit log in place of the signature", async () => {
    const { room, of, bufferId, at, audit } = await evidence();
    of(a).say({ at, text: "one" });
    const { text } = await savedFile(room.save(bufferId, { format: "evidence" }));
    const { signature: _, public_key: __, ...statement } = JSON.parse(text.slice(0, text.indexOf("\n")));
    const other = audit.sign("audit v1 checkpoint", statement as object);
    const forged = text.replace(/"signature":"[0-9a-f]+"/, `"signature":"${other?.signature}"`);
    const report = verifyEvidence(Buffer.from(forged), audit.publicKey() ?? "");
    expect(report.faults.map(({ fault }) => fault)).toEqual(["header-changed"]);
  });

  it("whatever bytes the file has, the answer is a report", () => {
    for (const bytes of [[0], [0xff, 0x0a], [0x7b, 0x7d, 0x0a], [0x0a], [0x5b, 0x5d, 0x0a, 0x00]]) {
      expect(verifyEvidence(Uint8Array.from(bytes))).toMatchObject({ whole: false, header: null });
    }
  });
});

/** As somebody would who knows how the sum is made, and has no key. */
function resummed(text: string): string {
  const changed = text.replace("three", "there");
  const body = Buffer.from(changed.slice(changed.indexOf("\n") + 1));
  const sum = createHash("sha256").update(body).digest("hex");
  return changed.replace(/"body_sha256":"[0-9a-f]+"/, `"body_sha256":"${sum}"`);
}
