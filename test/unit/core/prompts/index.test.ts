import { expect, test } from "vitest";
import type { PromptAnswerInput } from "../../../../electron/contract/index.ts";
import { systemRandom } from "../../../../electron/core/node.ts";
import { createPromptDesk, promptLimitMs, type Question } from "../../../../electron/core/prompts/index.ts";
import { fakeClock } from "../../../helpers/ports.ts";

const passphrase: Question = {
  kind: "passphrase",
  hostId: "h1",
  hostName: "orion",
  path: "/home/me/.ssh/id",
  attempt: 1,
};
const hostKey: Question = {
  kind: "host-key",
  hostId: "h1",
  hostName: "orion",
  address: "orion:22",
  keyType: "ssh-ed25519",
  fingerprint: "SHA256:x",
  art: "",
};
const touch: Question = { kind: "touch", hostId: "h", hostName: "orion", text: "Confirm user presence" };
const questions: Question = {
  kind: "questions",
  hostId: "h1",
  hostName: "orion",
  title: "",
  instructions: "",
  questions: [{ text: "Code:", echo: true }],
};

function desk() {
  const clock = fakeClock();
  return { clock, desk: createPromptDesk({ clock, random: systemRandom() }) };
}

test.each<[string, Question, PromptAnswerInput, PromptAnswerInput | null]>([
  ["a passphrase", passphrase, { kind: "secret", value: "x" }, { kind: "secret", value: "x" }],
  ["a host key accepted", hostKey, { kind: "accept" }, { kind: "accept" }],
  ["questions", questions, { kind: "texts", values: ["123456"] }, { kind: "texts", values: ["123456"] }],
  ["dismissed", passphrase, { kind: "dismiss" }, null],
])("%s: the asker gets the answer and the desk is empty", async (_name, question, answer, result) => {
  const { clock, desk: prompts } = desk();
  const asked = prompts.ask(question);
  const [open] = prompts.open();
  expect(open).toMatchObject({ ...question, askedAt: clock.now(), expiresAt: clock.now() + promptLimitMs });
  prompts.answer(open?.id ?? "", answer);
  expect(await asked).toEqual(result);
  expect([prompts.open(), clock.pending]).toEqual([[], 0]);
});

test.each<[string, Question, PromptAnswerInput]>([
  ["a text for a host key", hostKey, { kind: "secret", value: "yes" }],
  ["an acceptance for a passphrase", passphrase, { kind: "accept" }],
  ["an answer to a notice", touch, { kind: "secret", value: "x" }],
  ["a yes to a notice", touch, { kind: "accept" }],
  ["too many texts", questions, { kind: "texts", values: ["1", "2"] }],
])("%s must be refused and the question stays", (_name, question, answer) => {
  const { desk: prompts } = desk();
  void prompts.ask(question);
  expect(() => prompts.answer(prompts.open()[0]?.id ?? "", answer)).toThrow(
    expect.objectContaining({ code: "BAD_INPUT" }),
  );
  expect(prompts.open()).toHaveLength(1);
});

test("an unknown id must be refused", () =>
  expect(() => desk().desk.answer("nope", { kind: "dismiss" })).toThrow(
    expect.objectContaining({ code: "NOT_FOUND" }),
  ));

test("nobody answers: it counts as dismissed after the limit", async () => {
  const { clock, desk: prompts } = desk();
  const asked = prompts.ask(passphrase);
  await clock.advance(promptLimitMs);
  expect(await asked).toBeNull();
});

test("the asker gives up: the question goes", async () => {
  const { desk: prompts } = desk();
  const abort = new AbortController();
  const asked = prompts.ask(passphrase, abort.signal);
  abort.abort();
  expect(await asked).toBeNull();
  expect(prompts.open()).toEqual([]);
});

test("one too many must be refused", () => {
  const { desk: prompts } = desk();
  for (let i = 0; i < 32; i++) void prompts.ask(passphrase);
  expect(() => prompts.ask(passphrase)).toThrow(expect.objectContaining({ code: "LIMIT_REACHED" }));
});

test("watchers see the open questions at first and after each change", async () => {
  const { desk: prompts } = desk();
  const watch = prompts.watch();
  expect((await watch.next()).value).toEqual([]);
  const asked = prompts.ask(passphrase);
  expect((await watch.next()).value).toMatchObject([{ kind: "passphrase" }]);
  prompts.dispose();
  expect(await asked).toBeNull();
});
