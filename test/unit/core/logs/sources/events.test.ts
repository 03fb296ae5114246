import { describe, expect, it } from "vitest";
import type { EngineEvent } from "../../../../../electron/core/docker/index.ts";
import { Failure } from "../../../../../electron/core/failure.ts";
import { eventsSource } from "../../../../../electron/core/logs/sources/events.ts";
import { createOwnLog } from "../../../../../electron/core/logs/sources/own.ts";
import { until } from "../../../../helpers/until.ts";
import { readFrom, token } from "./lab.ts";

const id = "4f0c9a1be2d3".padEnd(64, "0");
const event = (at: number, action: string, attributes: Record<string, string> = {}): EngineEvent => ({
  type: "container",
  action,
  id,
  at,
  attributes,
});

describe("the events of an engine", () => {
  it("are lines; after a lost link each comes once, and none is missed", async () => {
    const rounds = [
      [event(1_000, "start", { name: "llama" }), event(2_000, "die", { name: "llama", exitCode: "137", note: token })],
      [event(2_000, "die", { name: "llama", exitCode: "137", note: token }), event(3_000, "oom")],
    ];
    const asked: (number | undefined)[] = [];
    const read = readFrom(
      eventsSource({
        engineOf: async () => ({
          async *events({ since, signal } = {}) {
            asked.push(since);
            yield* rounds[asked.length - 1] ?? [];
            if (asked.length < 2) throw new Failure("ENGINE_UNAVAILABLE", {}, { retryable: true });
            await new Promise((resolve) => signal?.addEventListener("abort", resolve, { once: true }));
          },
        }),
      }),
    );
    await until(() => read.texts().some((text) => text.includes("oom")));
    expect(read.lines.filter(({ stream }) => stream !== "note")).toEqual([
      { at: 1_000, stream: "stdout", level: "info", text: "container start llama (4f0c9a1be2d3)" },
      {
        at: 2_000,
        stream: "stdout",
        level: "warn",
        text: "container die llama (4f0c9a1be2d3) exitCode=137 note=[secret:HF_TOKEN]",
      },
      { at: 3_000, stream: "stdout", level: "error", text: "container oom 4f0c9a1be2d3" },
    ]);
    expect(asked[1]).toBe(2_000);
    read.source.stop();
    await read.source.done;
    expect(read.bugs).toEqual([]);
  });
});

it("an engine that has forgotten the last event may have forgotten more: said", async () => {
  let asked = 0;
  const read = readFrom(
    eventsSource({
      engineOf: async () => ({
        async *events({ signal } = {}) {
          asked++;
          yield event(asked * 5_000, "start");
          if (asked < 2) throw new Failure("ENGINE_UNAVAILABLE", {}, { retryable: true });
          await new Promise((resolve) => signal?.addEventListener("abort", resolve, { once: true }));
        },
      }),
    }),
  );
  await until(() => read.lines.filter(({ stream }) => stream === "stdout").length === 2);
  expect(read.texts()).toContain("--- connected again; lines in between are lost ---");
  read.source.stop();
  await read.source.done;
});

describe("the console's own log", () => {
  it("gives its past and what comes, and keeps the newest", async () => {
    let now = 0;
    const own = createOwnLog({ now: () => now++ });
    for (let i = 0; i < 5_000; i++) own.write("info", `line ${i}`);
    const read = readFrom(own.source, 2);
    own.write("error", "bug\n  at here");
    await until(() => read.lines.length === 4);
    expect(read.lines.map(({ at, level, text, part }) => [at, level, text, part ?? false])).toEqual([
      [4_998, "info", "line 4998", false],
      [4_999, "info", "line 4999", false],
      [5_000, "error", "bug", false],
      [5_000, "error", "  at here", true],
    ]);
    read.source.stop();
    await read.source.done;
    own.write("info", "nobody listens");
    expect(read.lines.length).toBe(4);
    const all = readFrom(own.source, 100_000);
    await until(() => all.source.state === "live");
    expect([all.lines.length >= 2_000, all.lines.length <= 4_000]).toEqual([true, true]);
    all.source.stop();
  });
});
