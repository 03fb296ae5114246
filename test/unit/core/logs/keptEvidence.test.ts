/** A kept log tells as evidence what it was read from, also when the console that read it is long gone. */
import { afterEach, describe, expect, it } from "vitest";
import type { KeptSource, LogSourceRef } from "../../../../electron/contract/index.ts";
import { createLogBuffer, createLogStore } from "../../../../electron/core/logs/buffer/index.ts";
import { createGuard, createLogRoom, createScreener, verifyEvidence } from "../../../../electron/core/logs/index.ts";
import { systemRandom } from "../../../../electron/core/node.ts";
import { fakeClock, tempFolder } from "../../../helpers/ports.ts";
import { savedFile } from "../../../helpers/savedFile.ts";
import { until } from "../../../helpers/until.ts";
import { setup } from "../audit/setup.ts";
import { fakeSources } from "./fakeSource.ts";

const live = "a".repeat(64);
const practice = { name: "llm", simulated: true };
const real = { name: "web", simulated: false };
const unknown = { name: "old", simulated: null };

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Keeps a log with a line of each of its sources, and ends; its id. */
async function keep(folder: string, sources: KeptSource[]): Promise<string> {
  const store = createLogStore({ folder, maxBytes: 1e8, clock: fakeClock(), random: systemRandom() });
  const before = new Set((await store.kept()).map(({ id }) => id));
  const buffer = createLogBuffer({ maxLines: 1_000, maxBytes: 1e6, store });
  await buffer.pin({ sources });
  for (const [source, { name }] of sources.entries()) {
    buffer.append({ at: 1_000 + source, stream: "stdout", level: null, text: `line of ${name}`, source, part: false });
  }
  await buffer.dispose();
  await store.dispose();
  const made = (await store.kept()).find(({ id }) => !before.has(id));
  return made?.id ?? "";
}

/** A console that starts over the folder; the container beside the kept logs is of a practice host. */
async function opened(logs: KeptSource[][], beside: boolean) {
  const { path: folder, cleanup } = tempFolder();
  closers.push(cleanup);
  const ids: string[] = [];
  for (const sources of logs) ids.push(await keep(folder, sources));
  const test = setup();
  const audit = await test.open();
  const clock = fakeClock();
  const { sources, of } = fakeSources();
  const screener = createScreener({ settings: () => ({ providers: false, assignments: false, pii: false }), clock });
  const room = createLogRoom({
    ...{ sources, folder, clock, random: systemRandom(), masker: createGuard(screener) },
    nameOf: (ref) => ({ name: ref.kind === "kept" ? "" : "chat", hostName: "", simulated: ref.kind !== "kept" }),
    notary: {
      actor: () => ({ user: "anna", door: "desktop" }),
      appVersion: "0.1.0",
      ready: () => true,
      newest: () => audit.newest(),
      sign: (statement) => audit.sign("evidence v1", statement),
    },
  });
  closers.push(() => room.dispose());
  const refs: LogSourceRef[] = ids.map((id) => ({ kind: "kept", id }));
  if (beside) refs.push({ kind: "container", hostId: "h", containerId: live });
  const { bufferId } = await room.open({ sources: refs });
  if (beside) of(live).become("live");
  const lines = logs.flat().length;
  await until(async () => {
    await clock.advance(500);
    return room.head(bufferId).next === lines;
  });
  return { room, bufferId, ids, key: audit.publicKey() ?? "" };
}

describe("evidence of a kept log", () => {
  const told: [what: string, logs: KeptSource[][], beside: boolean, places: KeptSource[], word: string][] = [
    ["practice", [[practice]], false, [practice], "all"],
    ["a real host", [[real]], false, [real], "none"],
    ["several of practice", [[practice, practice]], false, [practice, practice], "all"],
    ["both", [[practice, real]], false, [practice, real], "some"],
    ["a real host, and practice beside it", [[real]], true, [real, { name: "chat", simulated: true }], "some"],
    [
      "both, and practice beside it",
      [[real, practice]],
      true,
      [
        { name: "web, llm", simulated: true },
        { name: "chat", simulated: true },
      ],
      "some",
    ],
    ["two kept logs", [[practice], [real, real]], false, [practice, { name: "web, web", simulated: false }], "some"],
  ];
  it.each(told)("says what it is of: %s", async (_, logs, beside, places, word) => {
    const { room, bufferId, key } = await opened(logs, beside);
    const { text } = await savedFile(room.save(bufferId, { format: "evidence" }));
    const { whole, header } = verifyEvidence(Buffer.from(text), key);
    expect({
      ...{ whole, simulated: header?.simulated },
      sources: header?.sources.map(({ name, simulated }) => ({ name, simulated })),
    }).toEqual({ whole: true, simulated: word, sources: places });
  });

  const refused: [what: string, logs: KeptSource[][], beside: boolean][] = [
    ["not known", [[unknown]], false],
    ["not known of one of its sources", [[real, unknown]], false],
    ["not known of one among others", [[real], [real, unknown]], true],
  ];
  it.each(refused)("must be refused, before a line is read: %s", async (_, logs, beside) => {
    const { room, bufferId } = await opened(logs, beside);
    expect(() => room.save(bufferId, { format: "evidence" })).toThrow(
      expect.objectContaining({ code: "LOG_ORIGIN_UNKNOWN", details: { name: "old" } }),
    );
    expect((await savedFile(room.save(bufferId, { format: "jsonl" }))).text).toContain("line of old");
  });
});

describe("the head of a kept log", () => {
  it.each([
    ["practice", [practice], { name: "llm", simulated: true }],
    ["both", [real, practice], { name: "web, llm", simulated: true }],
    ["a real host", [real], real],
  ])("says what it is of: %s", async (_, sources, head) => {
    const { room, bufferId, ids } = await opened([sources], false);
    expect(room.head(bufferId).sources).toMatchObject([head]);
    // It is known as long as somebody looks at it.
    for (const id of ids) await room.dropKept(id);
    expect(room.head(bufferId).sources).toMatchObject([head]);
  });

  it("its rows as text name the source of each, as they did before it was kept", async () => {
    const { room, bufferId } = await opened([[practice, real]], false);
    const { text } = await savedFile(room.save(bufferId, { format: "text" }));
    expect(text.match(/Z \S+ stdout .*/g)).toEqual(["Z llm stdout line of llm", "Z web stdout line of web"]);
  });

  it("kept once more it is still what it was", async () => {
    const { room, bufferId, ids } = await opened([[practice, real]], false);
    await room.pin(bufferId, true);
    await room.dispose();
    const again = (await room.kept()).filter(({ id }) => !ids.includes(id));
    expect(again).toMatchObject([{ sources: [practice, real], lines: 2 }]);
  });
});
