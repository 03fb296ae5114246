import { describe, expect, it } from "vitest";
import { isFailure } from "../../../../electron/core/failure.ts";
import { createChannelBudget, createConnectGate } from "../../../../electron/core/ssh/limits.ts";
import { fakeClock } from "../../../helpers/ports.ts";

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

describe("the gate of new connections", () => {
  it("lets four pass in any second, in order", async () => {
    const clock = fakeClock();
    const gate = createConnectGate(clock);
    const passed: [number, number][] = [];
    for (let i = 0; i < 10; i += 1) void gate.pass().then(() => passed.push([i, clock.mono()]));
    await settle();
    expect(passed.map(([i]) => i)).toEqual([0, 1, 2, 3]);
    await clock.advance(999);
    expect(passed).toHaveLength(4);
    await clock.advance(1);
    expect(passed).toHaveLength(8);
    await clock.advance(1000);
    expect(passed.map(([i]) => i)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(clock.pending).toBe(0);
  });

  it("does not hold up the others when one is cancelled", async () => {
    const clock = fakeClock();
    const gate = createConnectGate(clock, 1);
    await gate.pass();
    const abort = new AbortController();
    const cancelled = gate.pass({ signal: abort.signal }).catch((error: unknown) => error);
    let passed = false;
    void gate.pass().then(() => {
      passed = true;
    });
    abort.abort();
    expect(isFailure(await cancelled, "CANCELLED")).toBe(true);
    await clock.advance(1000);
    expect(passed).toBe(true);
    expect(clock.pending).toBe(0);
  });
});

describe("the budget of channels", () => {
  it("gives eight places and serves who came first", async () => {
    const budget = createChannelBudget();
    const slots = await Promise.all(Array.from({ length: 8 }, () => budget.take()));
    const order: number[] = [];
    for (let i = 0; i < 3; i += 1) void budget.take().then(() => order.push(i));
    await settle();
    expect({ order: [...order], used: budget.used, waiting: budget.waiting }).toEqual({
      order: [],
      used: 8,
      waiting: 3,
    });
    slots[3]?.();
    slots[3]?.();
    await settle();
    expect({ order: [...order], used: budget.used, waiting: budget.waiting }).toEqual({
      order: [0],
      used: 8,
      waiting: 2,
    });
    slots[0]?.();
    slots[1]?.();
    await settle();
    expect(order).toEqual([0, 1, 2]);
  });

  it("shows who waits, in the order in which they are served", async () => {
    const budget = createChannelBudget(1, 0);
    const slot = await budget.take({ who: { what: "first", since: 0 } });
    const waiting = ["second", "third"].map((what, since) => budget.take({ who: { what, since } }));
    expect(budget.queue()).toEqual([
      { what: "second", since: 0 },
      { what: "third", since: 1 },
    ]);
    slot();
    (await waiting[0])?.();
    await waiting[1];
    expect(budget.queue()).toEqual([]);
  });

  it("tells each its own place, and again when it changes", async () => {
    const budget = createChannelBudget();
    const slots = await Promise.all(Array.from({ length: 8 }, () => budget.take({ onPlace: () => expect.fail() })));
    const told: Record<string, number[]> = { first: [], second: [], third: [] };
    const leave = new AbortController();
    const waiting = ["first", "second", "third"].map((who) =>
      budget
        .take({ onPlace: (place) => told[who]?.push(place), ...(who === "second" ? { signal: leave.signal } : {}) })
        .catch(() => null),
    );
    expect(told).toEqual({ first: [1], second: [2], third: [3] });
    leave.abort();
    expect(told).toEqual({ first: [1], second: [2, 0], third: [3, 2] });
    slots[0]?.();
    slots[1]?.();
    await Promise.all(waiting);
    expect(told).toEqual({ first: [1, 0], second: [2, 0], third: [3, 2, 1, 0] });
  });

  it("keeps two places from programs that go on", async () => {
    const budget = createChannelBudget();
    const long = await Promise.all(Array.from({ length: 6 }, () => budget.take({ long: true })));
    let seventh = false;
    void budget.take({ long: true }).then(() => {
      seventh = true;
    });
    const short = await Promise.all([budget.take(), budget.take()]);
    expect(seventh).toBe(false);
    short[0]?.();
    await settle();
    expect(seventh).toBe(false);
    long[0]?.();
    await settle();
    expect(seventh).toBe(true);
  });

  it("takes a cancelled one out of the queue", async () => {
    const budget = createChannelBudget(1, 0);
    const slot = await budget.take();
    const abort = new AbortController();
    const cancelled = budget.take({ signal: abort.signal }).catch((error: unknown) => error);
    const next = budget.take();
    abort.abort();
    expect(isFailure(await cancelled, "CANCELLED")).toBe(true);
    slot();
    (await next)();
    expect({ used: budget.used, waiting: budget.waiting }).toEqual({ used: 0, waiting: 0 });
    await expect(budget.take({ signal: abort.signal })).rejects.toSatisfy((error) => isFailure(error, "CANCELLED"));
  });

  it("refuses a queue without end", async () => {
    const budget = createChannelBudget(1, 0, 2);
    await budget.take();
    void budget.take();
    void budget.take();
    await expect(budget.take()).rejects.toSatisfy((error) => isFailure(error, "LIMIT_REACHED"));
  });
});
