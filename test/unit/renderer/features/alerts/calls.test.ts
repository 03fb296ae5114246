import { describe, expect, it } from "vitest";
import type { Alert } from "../../../../../electron/contract/index.ts";
import { en } from "../../../../../renderer/app/i18n/en.ts";
import { createText } from "../../../../../renderer/app/i18n/index.tsx";
import { ru } from "../../../../../renderer/app/i18n/ru.ts";
import { createCalls } from "../../../../../renderer/features/alerts/calls.ts";
import { callText, gapText, unwatchedOf } from "../../../../../renderer/features/alerts/words.ts";

const alert = (id: string, rule: string | null = "r", more: Partial<Alert> = {}): Alert => ({
  id,
  kind: rule === null ? "secret" : "pattern",
  severity: "danger",
  rule: rule === null ? null : { id: rule, name: `rule ${rule}` },
  source: { kind: "container", hostId: "h", containerId: "0123456789ab" },
  sourceName: "llama",
  hostName: "orion",
  environment: "production",
  simulated: false,
  state: "firing",
  noted: false,
  since: 0,
  lastAt: 0,
  count: 1,
  sample: "the line of a log",
  secret: rule === null ? { name: "HF_TOKEN", environment: "production" } : null,
  unwatched: null,
  ...more,
});

const loud = () => false;
const ids = (alerts: readonly Alert[]) => alerts.map(({ id }) => id);

describe("when a person is called", () => {
  it("what was there at first calls nobody; what begins does, once", () => {
    const calls = createCalls();
    expect(calls.look([alert("a")], loud, 0)).toEqual([]);
    expect(ids(calls.look([alert("b"), alert("a")], loud, 1_000))).toEqual(["b"]);
    expect(calls.due(1_000)).toEqual({ alerts: [], waitMs: 1_500 });
    expect(calls.look([alert("b", "r", { count: 2 }), alert("a")], loud, 2_000)).toEqual([]);
    expect(ids(calls.due(2_500).alerts)).toEqual(["b"]);
    expect(calls.due(90_000)).toEqual({ alerts: [], waitMs: null });
  });

  it("several at once are one call, whatever their rules", () => {
    const calls = createCalls();
    calls.look([], loud, 0);
    calls.look([alert("a", "r1"), alert("b", "r2")], loud, 0);
    calls.look([alert("c", null), alert("a", "r1"), alert("b", "r2")], loud, 200);
    expect(ids(calls.due(1_700).alerts)).toEqual(["a", "b", "c"]);
  });

  it("a rule calls once a minute, and what came meanwhile is one call", () => {
    const calls = createCalls();
    const list: Alert[] = [];
    const begins = (id: string, rule: string, now: number) => {
      list.unshift(alert(id, rule));
      calls.look(list, loud, now);
    };
    calls.look([], loud, 0);
    begins("a", "r", 0);
    expect(ids(calls.due(2_000).alerts)).toEqual(["a"]);
    begins("b", "r", 10_000);
    begins("c", "r", 20_000);
    begins("x", "other", 20_000);
    const { alerts, waitMs } = calls.due(22_000);
    expect([ids(alerts), waitMs]).toEqual([["x"], 40_000]);
    expect(ids(calls.due(61_999).alerts)).toEqual([]);
    expect(ids(calls.due(62_000).alerts)).toEqual(["b", "c"]);
  });

  it.each<[string, Alert[]]>([
    ["whoever took note elsewhere", [alert("a", "r", { noted: true, state: "seen" })]],
    ["what fell out of the list", []],
  ])("must not call: %s", (_, then) => {
    const calls = createCalls();
    calls.look([], loud, 0);
    calls.look([alert("a")], loud, 0);
    calls.look(then, loud, 500);
    expect(calls.due(10_000)).toEqual({ alerts: [], waitMs: null });
  });

  it("must not call: a rule that is quiet", () => {
    const calls = createCalls();
    calls.look([], loud, 0);
    expect(ids(calls.look([alert("a", "r"), alert("b", "q")], ({ rule }) => rule?.id === "q", 0))).toEqual(["a"]);
    expect(ids(calls.due(10_000).alerts)).toEqual(["a"]);
  });
});

describe("what a person is called with", () => {
  const english = createText("en", en);
  const russian = createText("ru", ru);
  const placed = (words: string) => (words.endsWith(": ") ? `${words}llama on orion, production` : words);
  it.each<[string, Alert[], { title: string; body: string }]>([
    ["one", [alert("a")], { title: "rule r", body: "llama on orion, production" }],
    [
      "a simulated one",
      [alert("a", "r", { simulated: true })],
      { title: "rule r", body: "llama on orion, production (simulated)" },
    ],
    [
      "a secret",
      [alert("a", null)],
      { title: "HF_TOKEN showed up where it was not given", body: "llama on orion, production" },
    ],
    [
      "many",
      ["1", "2", "3", "4", "5"].map((id) => alert(id, id)),
      {
        title: "5 alerts",
        body: ["rule 1: ", "rule 2: ", "rule 3: ", "and 2 more"].map(placed).join("\n"),
      },
    ],
  ])("%s: never a word of a log", (_, alerts, expected) => {
    expect(callText(english, alerts)).toEqual(expected);
    expect(JSON.stringify(callText(russian, alerts))).not.toMatch(/line of a log|showed/);
  });

  it("times without a watch are told as what they are", () => {
    const from = Date.UTC(2026, 2, 1, 12);
    const at = (to: number | null) => unwatchedOf(english, alert("a", "r", { unwatched: { from, to } }));
    expect(unwatchedOf(english, alert("a"))).toBeNull();
    expect(at(null)).toMatch(/^not watched since .*2026/);
    expect(at(from + 3_600_000)).toMatch(/^not watched .*2026/);
    expect(gapText(english, { from, to: from + 1_000, why: "closed" })).toMatch(/the console was closed\.$/);
    expect(gapText(russian, { from, to: from + 1_000, why: "asleep" })).toMatch(/компьютер спал/);
  });
});
