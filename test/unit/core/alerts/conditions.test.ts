import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createWatch } from "../../../../electron/core/alerts/conditions.ts";
import type { SeenLine } from "../../../../electron/core/alerts/index.ts";
import { inScope } from "../../../../electron/core/alerts/scope.ts";

const line = (text: string, at: number | null = null, stream: SeenLine["stream"] = "stdout"): SeenLine => ({
  at,
  stream,
  level: null,
  text,
});
const oom = (seen: SeenLine) => seen.text.includes("OOM");
const start = 1_000_000;

describe("a pattern", () => {
  it("holds from the count on, until its window is past", () => {
    const watch = createWatch({ kind: "pattern", count: 3, seconds: 10 }, oom, start);
    watch.line(line("OOM one"), start);
    watch.line(line("fine"), start + 1_000);
    watch.line(line("OOM two"), start + 2_000);
    expect(watch.look(start + 2_000, true)).toBeNull();
    watch.line(line("OOM three"), start + 9_000);
    expect(watch.look(start + 9_000, true)).toEqual({ count: 3, sample: "OOM three" });
    expect(watch.look(start + 10_500, true)).toBeNull();
    expect(watch.look(start + 20_000, true)).toBeNull();
  });

  it("counts by the lines' own times, so that a log that catches up is no burst", () => {
    const watch = createWatch({ kind: "pattern", count: 2, seconds: 10 }, oom, start);
    watch.line(line("OOM", start - 60_000), start);
    watch.line(line("OOM", start - 30_000), start);
    expect(watch.look(start, true)).toBeNull();
  });

  it("a clock that runs ahead does not hold it for ever", () => {
    const watch = createWatch({ kind: "pattern", count: 1, seconds: 10 }, oom, start);
    watch.line(line("OOM", start + 3_600_000), start);
    expect(watch.look(start + 1_000, true)).toEqual({ count: 1, sample: "OOM" });
    expect(watch.look(start + 10_000, true)).toBeNull();
  });

  it("says what counting all hits in the window says", () => {
    const gaps = fc.array(fc.nat(3_000), { maxLength: 60 });
    fc.assert(
      fc.property(gaps, fc.integer({ min: 1, max: 6 }), (steps, count) => {
        const watch = createWatch({ kind: "pattern", count, seconds: 5 }, oom, 0);
        const hits: number[] = [];
        let now = 10_000;
        for (const step of steps) {
          now += step;
          watch.line(line("OOM"), now);
          hits.push(now);
          const there = hits.filter((at) => at > now - 5_000).length;
          expect(watch.look(now, true) !== null).toBe(there >= count);
        }
      }),
    );
  });
});

describe("a rate", () => {
  it("holds while more lines a second come than allowed, over all its seconds", () => {
    const watch = createWatch({ kind: "rate", above: 10, seconds: 3 }, () => true, start);
    for (let i = 0; i < 31; i++) watch.line(line("x"), start + i * 90);
    expect(watch.look(start + 2_800, true)).toEqual({ count: 10, sample: null });
    expect(watch.look(start + 6_000, true)).toBeNull();
  });

  it("exactly as many as allowed are allowed, and notes and old lines don't count", () => {
    const watch = createWatch({ kind: "rate", above: 10, seconds: 1 }, () => true, start);
    for (let i = 0; i < 10; i++) watch.line(line("x", start), start);
    for (let i = 0; i < 10; i++) watch.line(line("gap", null, "note"), start);
    for (let i = 0; i < 10; i++) watch.line(line("old", start - 5_000), start);
    expect(watch.look(start, true)).toBeNull();
    watch.line(line("x", start), start);
    expect(watch.look(start, true)).toEqual({ count: 11, sample: null });
  });

  it("begins anew when the clock was set back", () => {
    const watch = createWatch({ kind: "rate", above: 1, seconds: 2 }, () => true, start);
    for (let i = 0; i < 10; i++) watch.line(line("x"), start);
    expect(watch.look(start - 3_600_000, true)).toBeNull();
    for (let i = 0; i < 4; i++) watch.line(line("x"), start - 3_600_000);
    expect(watch.look(start - 3_600_000, true)).toEqual({ count: 2, sample: null });
  });
});

describe("silence", () => {
  it("holds when nothing came for so long, and ends with a line", () => {
    const watch = createWatch({ kind: "silence", seconds: 30 }, () => true, start);
    expect(watch.look(start + 29_000, true)).toBeNull();
    expect(watch.look(start + 31_000, true)).toEqual({ count: 31, sample: null });
    watch.line(line("lost", null, "note"), start + 32_000);
    expect(watch.look(start + 33_000, true)).toEqual({ count: 33, sample: null });
    watch.line(line("x"), start + 34_000);
    expect(watch.look(start + 34_000, true)).toBeNull();
  });

  it("what could not be heard is not silence", () => {
    const watch = createWatch({ kind: "silence", seconds: 30 }, () => true, start);
    expect(watch.look(start + 60_000, false)).toBeNull();
    expect(watch.look(start + 80_000, true)).toBeNull();
    expect(watch.look(start + 90_000, true)).toEqual({ count: 30, sample: null });
  });
});

describe("what a rule is about", () => {
  const container = {
    hostId: "h",
    hostName: "orion",
    containerId: "c",
    name: "llama-70b-prod",
    environment: "production",
    simulated: false,
    running: true,
    secrets: [],
  };
  it.each([
    ["everything", {}, true],
    ["its environment", { environment: "production" }, true],
    ["another environment", { environment: "staging" }, false],
    ["its host", { hostId: "h" }, true],
    ["another host", { hostId: "other" }, false],
    ["its name", { container: "llama-70b-prod" }, true],
    ["a part of its name", { container: "llama" }, false],
    ["a beginning", { container: "llama*" }, true],
    ["an end", { container: "*prod" }, true],
    ["pieces in order", { container: "l*70*prod" }, true],
    ["pieces in another order", { container: "*prod*70*" }, false],
    ["pieces that overlap", { container: "llama-70b*b-prod" }, false],
    ["a dot is a dot", { container: "llama.70b-prod" }, false],
    ["a star alone", { container: "*" }, true],
  ])("%s", (_, scope, expected) => {
    expect(inScope(scope, container)).toBe(expected);
  });
  it("nothing that does not run", () => {
    expect(inScope({}, { ...container, running: false })).toBe(false);
  });
  it("a name of many stars takes no time to speak of", () => {
    expect(inScope({ container: `${"*a".repeat(64)}` }, { ...container, name: "a".repeat(63) })).toBe(false);
  });
});
