import { describe, expect, it } from "vitest";
import { type AlertRule, alertRule } from "../../../../../electron/contract/index.ts";
import { complaintsOf, emptyRuleForm, ruleFormOf, toRule } from "../../../../../renderer/features/alerts/ruleForm.ts";

const rules: AlertRule[] = [
  {
    id: "a",
    quiet: true,
    name: "memory",
    enabled: true,
    severity: "danger",
    scope: { environment: "production", hostId: "h", container: "llama-*" },
    condition: { kind: "pattern", text: "OOM", regex: "a|b", level: "error", count: 3, seconds: 60 },
  },
  {
    id: "b",
    quiet: false,
    name: "flood",
    enabled: false,
    severity: "warn",
    scope: {},
    condition: { kind: "rate", above: 50, seconds: 5 },
  },
  {
    id: "c",
    quiet: false,
    name: "quiet",
    enabled: true,
    severity: "warn",
    scope: {},
    condition: { kind: "silence", seconds: 600 },
  },
];

describe("the form of a rule", () => {
  it.each(rules.map((rule) => [rule.name, rule] as const))("gives back what it was made from: %s", (_, rule) => {
    expect(complaintsOf(ruleFormOf(rule))).toEqual({});
    expect(toRule(ruleFormOf(rule), rule.id)).toEqual(rule);
    expect(alertRule.safeParse(toRule(ruleFormOf(rule), rule.id)).success).toBe(true);
  });

  const good = { ...emptyRuleForm(), name: "x", text: "OOM" };
  it.each([
    ["no name", { name: "  " }, { name: { id: "form.required" } }],
    ["a pattern that says nothing", { text: "" }, { text: { id: "ruleForm.saysNothing" } }],
    ["a level is enough", { text: "", level: "error" as const }, {}],
    ["no lines", { count: "0" }, { count: { id: "ruleForm.range", min: 1, max: 100_000 } }],
    ["a word for a number", { seconds: "soon" }, { seconds: { id: "ruleForm.range", min: 1, max: 86_400 } }],
    ["a fraction", { seconds: "1.5" }, { seconds: { id: "ruleForm.range", min: 1, max: 86_400 } }],
    [
      "too short a silence",
      { kind: "silence" as const, seconds: "4" },
      { seconds: { id: "ruleForm.range", min: 5, max: 86_400 } },
    ],
    [
      "too long a rate",
      { kind: "rate" as const, seconds: "3601" },
      { seconds: { id: "ruleForm.range", min: 1, max: 3_600 } },
    ],
    ["what the kind does not ask for", { kind: "silence" as const, count: "", text: "" }, {}],
  ])("%s", (_, change, complaints) => {
    expect(complaintsOf({ ...good, ...change })).toEqual(complaints);
  });
});
