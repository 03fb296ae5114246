import { afterEach, expect, test } from "vitest";
import { createLogRoom, createMasker, type LogRoom } from "../../../../electron/core/logs/index.ts";
import { fakeClock } from "../../../helpers/ports.ts";
import { fakeSources } from "./fakeSource.ts";

const id = "a".repeat(64);
const late = "registered-only-later-7f3a91";
const pem = ["first-line-of-the-value-81c2", "second-line-of-the-value-93d4"];

const opened: LogRoom[] = [];
afterEach(async () => {
  for (const room of opened.splice(0)) await room.dispose();
});

/** Texts of a window over lines that were read before `value` was registered. */
async function shown(texts: readonly string[], value: string): Promise<string[]> {
  const clock = fakeClock();
  const { sources, of } = fakeSources();
  const masker = createMasker();
  const random = { bytes: (n: number) => Buffer.alloc(n), id: () => "view" };
  const room = createLogRoom({ sources, masker, clock, random });
  opened.push(room);
  const { bufferId } = await room.open({ sources: [{ kind: "container", hostId: "h", containerId: id }] });
  of(id).become("live");
  of(id).say(...texts.map((text) => ({ text })));
  const window = async () => (await room.window(bufferId, { from: 0, count: 100 })).lines.map(({ text }) => text);
  expect(await window()).toEqual(texts);
  masker.register("LATE", Buffer.from(value));
  return await window();
}

test.each<[string, string[], string, string[]]>([
  ["no line", ["one", "two"], late, ["one", "two"]],
  ["the first", [`${late} one`, "two"], late, ["[secret:LATE] one", "two"]],
  ["one in the middle", ["one", `key=${late}.`, "three"], late, ["one", "key=[secret:LATE].", "three"]],
  ["the last, named", ["one", `LATE=${late}`], late, ["one", "LATE=********"]],
  ["all", [late, late], late, ["[secret:LATE]", "[secret:LATE]"]],
  ["none, though two make it", ["registered-only", "-later-7f3a91"], late, ["registered-only", "-later-7f3a91"]],
  ["none, though its name is above", ["LATE=", late, "x"], late, ["LATE=", "[secret:LATE]", "x"]],
  ["none, though short ones make it", ["a7f3-x", "b91c-y", "z"], "a7f3-x\nb91c-y", ["a7f3-x", "b91c-y", "z"]],
  ["lines that one value is made of", ["a", ...pem, "b"], pem.join("\n"), ["a", "[secret:LATE]", "[secret:LATE]", "b"]],
])("what was registered after its line was read is masked in a window: %s", async (_, texts, value, wanted) => {
  expect(await shown(texts, value)).toEqual(wanted);
});
