import { describe, expect, test } from "vitest";
import { launchSpec } from "../../../../../electron/contract/index.ts";
import { rules } from "../../../../../electron/core/hardening/index.ts";
import {
  canRelax,
  dayFrom,
  freeName,
  parseAmount,
  putBack,
  specComplaints,
  specOf,
} from "../../../../../renderer/features/launch/draft.ts";
import { hosts, secrets, templates } from "../../../../helpers/fakeData/index.ts";

const host = hosts()[0]!;
const template = templates()[0]!;
const spec = specOf(template, host, "chat", secrets());

test("a template and a host make a spec that the contract takes", () => {
  expect(launchSpec.parse(spec)).toEqual(spec);
  expect(spec).toMatchObject({
    hostId: "orion",
    environment: "staging",
    gpus: [],
    secrets: [{ ref: { environment: "staging", name: "HF_TOKEN" }, delivery: "auto" }],
  });
});

test("a template that needs a GPU begins with a free one", () => {
  const wanting = templates().find((one) => one.gpu === "required")!;
  expect(specOf(wanting, host, "vllm", []).gpus).toEqual([host.gpus[1]!.uuid]);
});

test.each([
  ["nothing there", [], "chat"],
  ["taken", [{ name: "chat" }], "chat-2"],
  ["two taken", [{ name: "chat" }, { name: "chat-2" }], "chat-3"],
])("a free name: %s", (_name, rows, free) => {
  expect(freeName("chat", rows)).toBe(free);
});

describe("what would be refused before any rule", () => {
  test.each([
    ["in order", {}, {}],
    ["a name with a space", { name: "my chat" }, { name: "launch.badName" }],
    ["a name of one letter", { name: "c" }, { name: "launch.badName" }],
    ["an image with a space", { image: "a b" }, { image: "launch.badImage" }],
    ["an image in capitals", { image: "Gatehouse/x" }, { image: "launch.badImage" }],
    ["a user with a slash", { user: "a/b" }, { user: "launch.badUser" }],
  ])("%s", (_name, change, complaints) => {
    const changed = { ...spec, ...change };
    expect(specComplaints(changed)).toEqual(complaints);
    expect(launchSpec.safeParse(changed).success).toBe(Object.keys(complaints).length === 0);
  });
});

test("only rules that the policy lets be relaxed offer it", () => {
  const failing = rules.map((rule) => ({
    rule: rule.id,
    severity: rule.severity,
    status: "fail" as const,
    fields: [],
    sources: [],
    details: {},
    relaxation: null,
  }));
  const offered = failing.filter(canRelax).map((finding) => finding.rule);
  expect(offered).toEqual(rules.filter((rule) => rule.relaxable).map((rule) => rule.id));
});

test("takes the template's value back into the field that a rule complains of", () => {
  const finding = {
    rule: "read-only-root",
    severity: "high" as const,
    status: "fail" as const,
    fields: ["readOnlyRoot"],
    sources: [],
    details: {},
    relaxation: null,
  };
  expect(putBack({ ...spec, readOnlyRoot: false }, template, finding)).toEqual(spec);
  expect(putBack(spec, template, finding)).toBeNull();
  expect(putBack(spec, template, { ...finding, fields: ["secrets"] })).toBeNull();
});

test.each([
  ["empty is no limit", "", 1024, null],
  ["a whole number", "2", 1024, 2048],
  ["a comma", "1,5", 1024, 1536],
  ["no number", "lots", 1024, undefined],
  ["zero", "0", 1024, undefined],
  ["below zero", "-1", 1024, undefined],
])("an amount: %s", (_name, text, unit, value) => {
  expect(parseAmount(text, unit)).toBe(value);
});

test("days are those of the reader's calendar", () => {
  const noon = new Date(2026, 1, 27, 12).getTime();
  expect([dayFrom(noon, 0), dayFrom(noon, 2)]).toEqual(["2026-02-27", "2026-03-01"]);
});
