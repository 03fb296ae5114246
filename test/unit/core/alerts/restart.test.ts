import { describe, expect, it } from "vitest";
import { alertBookFile, type WatchedContainer } from "../../../../electron/core/alerts/index.ts";
import { Failure } from "../../../../electron/core/failure.ts";
import { alertScene, emptyFiles, idOf, ruleOf, watched } from "../../../helpers/alertScene.ts";
import { fakeClock } from "../../../helpers/ports.ts";

const minute = 60_000;

/** A console whose rule reads one log; `again` starts it anew after some time in which nothing ran. */
async function begun(rule = ruleOf(), containers: WatchedContainer[] = [watched("llama")]) {
  const files = emptyFiles();
  const clock = fakeClock();
  const first = alertScene(containers, { files, clock });
  await first.alerts.saveRule(rule);
  await clock.advance(10);
  const again = async (awayMs: number, how: "closed" | "crashed" = "closed") => {
    if (how === "closed") await first.alerts.dispose();
    const { book } = files;
    clock.jump(awayMs);
    const next = alertScene(containers, { files: { ...files, book }, clock });
    next.alerts.containersChanged();
    return next;
  };
  return { ...first, again };
}

describe("alerts over a restart", () => {
  it("are there again, as they were, with the time that nobody watched", async () => {
    const { say, clock, alerts, again } = await begun();
    say("llama", "OOM");
    await clock.advance(1_000);
    const before = alerts.list().alerts;
    const closedAt = clock.now();
    const next = await again(10 * minute);
    const { alerts: after, gaps } = next.alerts.list();
    expect(after).toEqual([{ ...before[0], unwatched: { from: closedAt, to: null } }]);
    expect(gaps).toEqual([{ from: closedAt, to: closedAt + 10 * minute, why: "closed" }]);
    // Its log is read again a second later; whether it holds is known when the rule has looked back once.
    await clock.advance(5_000);
    const [read] = next.alerts.list().alerts;
    expect(read).toMatchObject({ state: "firing", unwatched: { from: closedAt, to: expect.any(Number) } });
    expect((read?.unwatched?.to ?? 0) - closedAt - 10 * minute).toBeLessThan(3_000);
    await clock.advance(30_000);
    expect(next.alerts.list().alerts[0]?.state).toBe("firing");
    await clock.advance(30_000);
    expect(next.alerts.list().alerts.map(({ id, state }) => [id, state])).toEqual([[before[0]?.id, "over"]]);
  });

  it("go on as the same one where it holds again", async () => {
    const { say, clock, alerts, again } = await begun();
    say("llama", "OOM");
    await clock.advance(1_000);
    const [before] = alerts.list().alerts;
    const next = await again(20_000);
    await clock.advance(1_100);
    next.say("llama", "OOM of meanwhile", clock.now() - 15_000);
    await clock.advance(1_000);
    expect(next.alerts.list().alerts).toMatchObject([
      { id: before?.id, state: "firing", since: before?.since, sample: "OOM of meanwhile" },
    ]);
  });

  it("stay noted", async () => {
    const { say, clock, alerts, again } = await begun();
    say("llama", "OOM");
    await clock.advance(1_000);
    alerts.acknowledge();
    const next = await again(minute);
    expect(next.alerts.list().alerts).toMatchObject([{ state: "seen", noted: true }]);
  });

  it("that were over and never noted can still be noted", async () => {
    const { say, clock, again } = await begun();
    say("llama", "OOM");
    await clock.advance(2 * minute);
    const next = await again(minute);
    expect(next.alerts.list().alerts).toMatchObject([{ state: "over", noted: false, unwatched: null }]);
    expect(next.alerts.acknowledge()).toEqual({ count: 1 });
    expect(next.alerts.list().alerts).toMatchObject([{ state: "over", noted: true }]);
  });

  it("are there after a crash too, which is known to the minute", async () => {
    const { say, clock, again } = await begun();
    say("llama", "OOM");
    await clock.advance(1_000 + 10 * minute);
    const crashedAt = clock.now();
    const next = await again(minute, "crashed");
    const { alerts, gaps } = next.alerts.list();
    expect(alerts).toMatchObject([{ state: "over", sample: "OOM" }]);
    expect(gaps).toMatchObject([{ to: crashedAt + minute, why: "closed" }]);
    expect(crashedAt - (gaps[0]?.from ?? 0)).toBeLessThanOrEqual(minute);
  });

  it("a silence does not fire for the time when nobody watched", async () => {
    const silence = ruleOf({ condition: { kind: "silence", seconds: 30 } });
    const { again, clock } = await begun(silence);
    const next = await again(10 * minute);
    await clock.advance(29_000);
    expect(next.alerts.list().alerts).toEqual([]);
    await clock.advance(4_000);
    expect(next.alerts.list().alerts).toMatchObject([{ kind: "silence", state: "firing", unwatched: null }]);
  });

  it("a silence of before ends with the first new line, and not with an old one", async () => {
    const silence = ruleOf({ condition: { kind: "silence", seconds: 30 } });
    const { again, clock, alerts } = await begun(silence);
    await clock.advance(40_000);
    expect(alerts.list().alerts).toMatchObject([{ state: "firing" }]);
    const next = await again(10 * minute);
    await clock.advance(2_100);
    next.say("llama", "of yesterday", clock.now() - 5 * minute);
    await clock.advance(2_000);
    expect(next.alerts.list().alerts).toMatchObject([{ state: "firing" }]);
    next.say("llama", "of now", clock.now());
    await clock.advance(1_000);
    expect(next.alerts.list().alerts).toMatchObject([{ state: "over" }]);
  });

  it.each([
    ["its host does not answer yet", ["h"], "firing"],
    ["its host is not there any more", [], "over"],
  ] as const)("of a container that is not there: %s", async (_, away, state) => {
    const containers = [watched("llama")];
    const { say, clock, again } = await begun(ruleOf(), containers);
    say("llama", "OOM");
    await clock.advance(1_000);
    containers.splice(0);
    const next = await again(minute);
    next.told.away = [...away];
    await clock.advance(30_000);
    expect(next.alerts.list().alerts[0]).toMatchObject({ state: "firing", unwatched: { to: null } });
    await clock.advance(40_000);
    expect(next.alerts.list().alerts[0]?.state).toBe(state);
  });

  it("of a log that can't be read are not over", async () => {
    const { say, clock, again } = await begun();
    say("llama", "OOM");
    await clock.advance(1_000);
    const next = await again(minute);
    next.told.refuse = new Failure("LIMIT_REACHED");
    next.alerts.containersChanged();
    await clock.advance(2_000);
    next.alerts.containersChanged();
    await clock.advance(2 * minute);
    expect(next.alerts.list().alerts[0]).toMatchObject({ state: "firing", unwatched: { to: null } });
  });

  it("a secret that is not seen again is over after a while", async () => {
    const files = emptyFiles();
    const clock = fakeClock();
    const first = alertScene([watched("llama")], { files, clock });
    first.alerts.secretSeen({ kind: "container", hostId: "h", containerId: idOf("llama") }, "HF_TOKEN", "x");
    await clock.advance(10);
    await first.alerts.dispose();
    clock.jump(60 * minute);
    const next = alertScene([watched("llama")], { files, clock });
    expect(next.alerts.list().alerts).toMatchObject([{ kind: "secret", state: "firing" }]);
    await clock.advance(11 * minute);
    expect(next.alerts.list().alerts).toMatchObject([{ kind: "secret", state: "over" }]);
  });

  it("no gap is told where no rule was on", async () => {
    const { again } = await begun(ruleOf({ enabled: false }));
    expect((await again(minute)).alerts.list().gaps).toEqual([]);
  });
});

describe("a computer that slept", () => {
  it("is a gap, and no silence", async () => {
    const { alerts, clock } = await begun(ruleOf({ condition: { kind: "silence", seconds: 30 } }));
    await clock.advance(5_000);
    const slept = clock.now();
    clock.jump(8 * 60 * minute);
    await clock.advance(2_000);
    expect(alerts.list().alerts).toEqual([]);
    expect(alerts.list().gaps).toMatchObject([{ why: "asleep" }]);
    expect(Math.abs((alerts.list().gaps[0]?.from ?? 0) - slept)).toBeLessThan(2_000);
    await clock.advance(31_000);
    expect(alerts.list().alerts).toMatchObject([{ state: "firing" }]);
  });

  it("a clock that is set back is none", async () => {
    const { alerts, clock } = await begun();
    await clock.advance(5_000);
    clock.jump(-60 * minute);
    await clock.advance(5_000);
    expect(alerts.list().gaps).toEqual([]);
  });
});

describe("what is written", () => {
  it("comes in rests, however often alerts change, and fits the file's shape", async () => {
    const { say, clock, files } = await begun(
      ruleOf({ condition: { kind: "pattern", text: "OOM", count: 1, seconds: 1 } }),
    );
    await clock.advance(10_000);
    const before = files.writes;
    for (let i = 0; i < 60; i++) {
      say("llama", "OOM");
      await clock.advance(1_500);
    }
    expect(files.writes - before).toBeGreaterThan(10);
    expect(files.writes - before).toBeLessThanOrEqual(47);
    expect(alertBookFile.parse(files.book)).toEqual(files.book);
  });

  it("is less often where nothing happens than once a minute", async () => {
    const { clock, files } = await begun();
    await clock.advance(10_000);
    const before = files.writes;
    await clock.advance(10 * minute);
    expect(files.writes - before).toBeLessThanOrEqual(10);
    expect(files.writes - before).toBeGreaterThanOrEqual(9);
  });

  it("fails aloud once, goes on in memory, and is tried again", async () => {
    const { say, alerts, clock, files, told } = await begun();
    files.refuse = new Failure("STORE_UNWRITABLE", { file: "alert-book.json", reason: "ENOSPC" });
    for (let i = 0; i < 3; i++) {
      say("llama", "OOM");
      await clock.advance(70_000);
    }
    expect(alerts.list().unkept).toEqual({
      code: "STORE_UNWRITABLE",
      details: { file: "alert-book.json", reason: "ENOSPC" },
    });
    expect([told.bugs.length, alerts.list().alerts.length]).toEqual([1, 3]);
    files.refuse = null;
    await clock.advance(70_000);
    expect(alerts.list().unkept).toBeNull();
    expect(files.book.alerts.length).toBe(3);
  });
});
