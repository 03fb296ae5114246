import { describe, expect, it } from "vitest";
import { createKeepAlive } from "../../../../electron/core/ssh/keepAlive.ts";
import { fakeClock } from "../../../helpers/ports.ts";

function setUp() {
  const clock = fakeClock();
  const wire = { bytes: 0, answers: true, pings: 0 };
  const missed: number[] = [];
  let dead = 0;
  const keepAlive = createKeepAlive({
    clock,
    intervalMs: 10_000,
    limit: 3,
    probeMs: 4_000,
    bytesRead: () => wire.bytes,
    async ping() {
      wire.pings += 1;
      if (wire.answers) wire.bytes += 20;
    },
    onMissed: (count) => missed.push(count),
    onDead: () => {
      dead += 1;
    },
  });
  return { clock, wire, missed, keepAlive, deaths: () => dead };
}

describe("keep-alive", () => {
  it("asks every ten seconds and says nothing while answers come", async () => {
    const { clock, wire, missed, deaths } = setUp();
    await clock.advance(60_000);
    expect({ pings: wire.pings, missed, deaths: deaths() }).toEqual({ pings: 7, missed: [], deaths: 0 });
  });

  it("counts misses, and is dead at the third", async () => {
    const { clock, wire, missed, deaths } = setUp();
    await clock.advance(10_000);
    wire.answers = false;
    await clock.advance(39_999);
    expect({ missed, deaths: deaths() }).toEqual({ missed: [1, 2], deaths: 0 });
    await clock.advance(1);
    expect({ missed, deaths: deaths(), pending: clock.pending }).toEqual({ missed: [1, 2, 3], deaths: 1, pending: 0 });
  });

  it("comes back to zero when anything arrives", async () => {
    const { clock, wire, missed, deaths } = setUp();
    wire.answers = false;
    await clock.advance(21_000);
    wire.bytes += 1;
    await clock.advance(10_000);
    expect(missed).toEqual([1, 0]);
    expect(deaths()).toBe(0);
  });

  it("does not take a busy connection for dead although the answer is stuck behind the data", async () => {
    const { clock, wire, missed } = setUp();
    wire.answers = false;
    for (let i = 0; i < 60; i += 1) {
      wire.bytes += 1000;
      await clock.advance(1000);
    }
    expect(missed).toEqual([]);
  });

  it("looks at once after a wake-up", async () => {
    const { clock, wire, keepAlive, deaths } = setUp();
    keepAlive.probe();
    await clock.advance(4_000);
    expect(deaths()).toBe(0);
    wire.answers = false;
    keepAlive.probe();
    await clock.advance(3_999);
    expect(deaths()).toBe(0);
    await clock.advance(1);
    expect({ deaths: deaths(), pending: clock.pending }).toEqual({ deaths: 1, pending: 0 });
  });

  it("leaves no timer when stopped", () => {
    const { clock, keepAlive } = setUp();
    keepAlive.probe();
    keepAlive.stop();
    expect(clock.pending).toBe(0);
  });
});
