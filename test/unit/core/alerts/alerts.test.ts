import { describe, expect, it } from "vitest";
import { alert as alertShape } from "../../../../electron/contract/alerts.ts";
import { Failure } from "../../../../electron/core/failure.ts";
import { watched as container, idOf, ruleOf as rule, alertScene as scene } from "../../../helpers/alertScene.ts";

describe("alerts by rules", () => {
  it("read what is in scope, hold while the condition holds, and are over by themselves", async () => {
    const { alerts, clock, taps, say } = scene([container("llama"), container("qwen", { environment: "staging" })]);
    await alerts.saveRule(rule({ scope: { environment: "production" } }));
    await clock.advance(10);
    expect([...taps.keys()]).toEqual(["llama"]);
    say("llama", "CUDA OOM, tried to allocate");
    await clock.advance(1_000);
    const [first] = alerts.list().alerts;
    expect(first).toEqual({
      id: "id-1",
      kind: "pattern",
      severity: "danger",
      rule: { id: "id-0", name: "out of memory" },
      source: { kind: "container", hostId: "h", containerId: idOf("llama") },
      sourceName: "llama",
      hostName: "orion",
      environment: "production",
      simulated: true,
      state: "firing",
      noted: false,
      since: clock.now() - 10,
      lastAt: clock.now() - 10,
      count: 1,
      sample: "CUDA OOM, tried to allocate",
      secret: null,
      unwatched: null,
    });
    expect(alertShape.safeParse(first).success).toBe(true);
    await clock.advance(70_000);
    expect(alerts.list().alerts.map(({ state }) => state)).toEqual(["over"]);
    say("llama", "OOM again");
    await clock.advance(1_000);
    expect(alerts.list().alerts.map(({ state }) => state)).toEqual(["firing", "over"]);
  });

  it("what is noted stays noted until it is over", async () => {
    const { alerts, clock, say, told } = scene([container("llama")]);
    await alerts.saveRule(rule());
    await clock.advance(10);
    say("llama", "OOM");
    await clock.advance(1_000);
    const id = alerts.list().alerts[0]?.id ?? "";
    expect(alerts.acknowledge(id)).toEqual({ count: 1 });
    expect(told.waiting).toEqual([1, 0]);
    expect(alerts.acknowledge()).toEqual({ count: 0 });
    say("llama", "OOM");
    await clock.advance(1_000);
    expect(alerts.list().alerts.map(({ state, count }) => [state, count])).toEqual([["seen", 1]]);
    expect(() => alerts.acknowledge("nobody")).toThrow(expect.objectContaining({ code: "NOT_FOUND" }));
  });

  it("follow containers that come and go", async () => {
    const { alerts, clock, taps, containers } = scene([container("llama")]);
    await alerts.saveRule(rule());
    await clock.advance(10);
    containers.push(container("qwen"));
    alerts.containersChanged();
    alerts.containersChanged();
    await clock.advance(1_100);
    expect([...taps.keys()]).toEqual(["llama", "qwen"]);
    containers.splice(0, 1, container("llama", { running: false }));
    alerts.containersChanged();
    await clock.advance(1_100);
    expect([...taps.keys()]).toEqual(["qwen"]);
    expect(alerts.list().rules.map(({ reading }) => reading)).toEqual([1]);
  });

  it("tell of nothing when nothing has moved", async () => {
    const { alerts, clock, told } = scene([container("llama")]);
    await alerts.saveRule(rule());
    await clock.advance(1_100);
    const before = told.changes;
    for (let i = 0; i < 5; i++) {
      alerts.containersChanged();
      await clock.advance(1_100);
    }
    expect(told.changes).toBe(before);
  });

  it("keep what they read on a host that is away for a while", async () => {
    const { alerts, clock, say, taps, containers, told } = scene([container("llama")]);
    await alerts.saveRule(rule());
    await clock.advance(10);
    say("llama", "OOM");
    await clock.advance(1_000);
    containers.splice(0);
    told.away = ["h"];
    alerts.containersChanged();
    await clock.advance(1_100);
    expect([alerts.list().alerts[0]?.state, taps.size]).toEqual(["firing", 1]);
    told.away = [];
    alerts.containersChanged();
    await clock.advance(1_100);
    expect([alerts.list().alerts[0]?.state, taps.size]).toEqual(["over", 0]);
  });

  it("a rule that is switched off or removed reads nothing, and what it said is over", async () => {
    const { alerts, clock, taps, say } = scene([container("llama")]);
    const { id } = await alerts.saveRule(rule());
    await clock.advance(10);
    say("llama", "OOM");
    await clock.advance(1_000);
    await alerts.saveRule(rule({ id, enabled: false }));
    await clock.advance(10);
    expect([taps.size, alerts.list().alerts[0]?.state]).toEqual([0, "over"]);
    await alerts.removeRule(id);
    expect(alerts.list().rules).toEqual([]);
    await clock.advance(5_000);
    expect(clock.pending).toBe(0);
  });

  it("silence counts only while the log is being read", async () => {
    const { alerts, clock, taps } = scene([container("llama")]);
    await alerts.saveRule(rule({ condition: { kind: "silence", seconds: 30 } }));
    await clock.advance(10);
    const tap = taps.get("llama");
    if (tap) tap.state = "reconnecting";
    await clock.advance(60_000);
    expect(alerts.list().alerts).toEqual([]);
    if (tap) tap.state = "live";
    await clock.advance(35_000);
    expect(alerts.list().alerts.map(({ kind, state }) => [kind, state])).toEqual([["silence", "firing"]]);
  });

  it("a log that can't be read is said with the rule, and tried again with the next change", async () => {
    const { alerts, clock, told, taps } = scene([container("llama")]);
    told.refuse = new Failure("LIMIT_REACHED", { what: "logs", limit: 64 });
    await alerts.saveRule(rule());
    await clock.advance(10);
    expect(alerts.list().rules[0]?.problem).toEqual({ code: "LIMIT_REACHED", details: { what: "logs", limit: 64 } });
    told.refuse = null;
    alerts.containersChanged();
    await clock.advance(1_100);
    expect([alerts.list().rules[0]?.problem, taps.size]).toEqual([null, 1]);
  });

  it.each([
    ["a rule that is not there", rule({ id: "gone" }), "NOT_FOUND"],
    [
      "an expression that can't be run",
      rule({ condition: { kind: "pattern", regex: "(", count: 1, seconds: 1 } }),
      "BAD_INPUT",
    ],
    ["a pattern that says nothing", rule({ condition: { kind: "pattern", count: 1, seconds: 1 } }), "BAD_INPUT"],
  ])("refused: %s", async (_, bad, code) => {
    const { alerts, file } = scene([]);
    await expect(alerts.saveRule(bad)).rejects.toMatchObject({ code });
    expect(file()).toEqual({ rules: [] });
  });

  it("no more than a hundred rules", async () => {
    const { alerts } = scene([]);
    for (let i = 0; i < 100; i++) await alerts.saveRule(rule({ enabled: false }));
    await expect(alerts.saveRule(rule())).rejects.toMatchObject({ code: "LIMIT_REACHED" });
    await expect(alerts.removeRule("gone")).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});

describe("a secret where it was not given", () => {
  const seen = "HF_TOKEN";
  const source = { kind: "container", hostId: "h", containerId: idOf("llama") } as const;

  it("is an alert, once for a container, and over when it is no longer seen", async () => {
    const { alerts, clock } = scene([container("llama", { secrets: ["OTHER"] })]);
    alerts.secretSeen(source, seen, "HF_TOKEN=********");
    await clock.advance(10);
    alerts.secretSeen(source, seen, "again HF_TOKEN=********");
    await clock.advance(10);
    expect(alerts.list().alerts).toMatchObject([
      {
        kind: "secret",
        severity: "danger",
        rule: null,
        count: 2,
        secret: { name: seen, environment: "production" },
        sample: "again HF_TOKEN=********",
        state: "firing",
      },
    ]);
    await clock.advance(11 * 60_000);
    expect(alerts.list().alerts.map(({ state }) => state)).toEqual(["over"]);
    expect(clock.pending).toBe(0);
  });

  it("registered later leaves no old line as it was", async () => {
    const { alerts, clock } = scene([container("llama")]);
    alerts.secretSeen(source, seen, "HF_TOKEN=******** late-secret");
    await clock.advance(10);
    expect(alerts.list().alerts[0]?.sample).toBe("HF_TOKEN=******** [secret:LATE]");
  });

  it("is none where it was given, or where there is no such container", async () => {
    const { alerts, clock } = scene([container("llama", { secrets: ["HF_TOKEN"] })]);
    alerts.secretSeen(source, seen, null);
    alerts.secretSeen({ ...source, containerId: "f".repeat(12) }, seen, null);
    alerts.secretSeen({ kind: "console" }, seen, null);
    alerts.secretSeen(source, "TOKEN_OF_A_NOTEBOOK", null);
    await clock.advance(10);
    expect(alerts.list().alerts).toEqual([]);
  });

  it("there are never more than five hundred, and those that hold stay", async () => {
    const many = Array.from({ length: 502 }, (_, i) => container(`c${i}`));
    const { alerts, clock } = scene(many);
    for (const { containerId } of many) alerts.secretSeen({ ...source, containerId }, seen, null);
    await clock.advance(10);
    const list = alerts.list();
    expect([list.alerts.length, list.dropped]).toEqual([500, 2]);
  });
});
