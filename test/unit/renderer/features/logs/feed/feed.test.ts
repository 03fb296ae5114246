import { describe, expect, test } from "vitest";
import { createLogFeed } from "../../../../../../renderer/features/logs/feed/feed.ts";
import { logHeadOf, logLineOf } from "../../../../../helpers/logRows.ts";

/** A feed over a log of any length, with a clock that stands still until it is moved. */
function setUp(held = { first: 0, next: 1_000_000 }) {
  const asked: [number, number][] = [];
  const waiting: (() => void)[] = [];
  let timers: { at: number; run: () => void }[] = [];
  let now = 0;
  let hold = false;
  const feed = createLogFeed({
    now: () => now,
    after(ms, run) {
      const timer = { at: now + ms, run };
      timers.push(timer);
      return () => {
        timers = timers.filter((one) => one !== timer);
      };
    },
    async window(from, count) {
      asked.push([from, count]);
      if (hold) await new Promise<void>((resolve) => waiting.push(resolve));
      const start = Math.max(from, held.first);
      const lines = Array.from({ length: Math.max(0, from + count - start) }, (_, at) => logLineOf(start + at));
      return { ...held, lines };
    },
  });
  return {
    feed,
    asked,
    timers: () => timers.length,
    hold(value: boolean) {
      hold = value;
      if (!value) for (const go of waiting.splice(0)) go();
    },
    async settle(ms = 0) {
      now += ms;
      for (const timer of timers.filter((one) => one.at <= now)) {
        timers = timers.filter((one) => one !== timer);
        timer.run();
      }
      for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    },
  };
}

describe("while the end is followed", () => {
  test("a head goes on view together with its lines", async () => {
    const { feed, hold, settle, asked } = setUp();
    feed.look({ from: 0, count: 50, follow: true });
    hold(true);
    feed.take(logHeadOf(1000));
    await settle();
    expect([feed.head(), asked]).toEqual([null, [[950, 50]]]);
    hold(false);
    await settle();
    expect([feed.head()?.next, feed.row(999)?.text, feed.row(950)?.row]).toEqual([1000, "line 999", 950]);
  });

  test("heads that come faster than one can read are passed over, and only new rows are asked for", async () => {
    const { feed, settle, asked } = setUp();
    feed.look({ from: 0, count: 50, follow: true });
    feed.take(logHeadOf(1000));
    await settle();
    for (let next = 1001; next <= 1010; next += 1) feed.take(logHeadOf(next));
    await settle(40);
    expect(feed.head()?.next).toBe(1000);
    await settle(60);
    expect([feed.head()?.next, asked]).toEqual([
      1010,
      [
        [950, 50],
        [1000, 10],
      ],
    ]);
  });

  test("a burst between two views is not pulled", async () => {
    const { feed, settle, asked } = setUp();
    feed.look({ from: 0, count: 50, follow: true });
    feed.take(logHeadOf(1000));
    await settle();
    feed.take(logHeadOf(500_000));
    await settle(100);
    expect(asked.at(-1)).toEqual([499_950, 50]);
  });
});

describe("while one reads", () => {
  test("only what is looked at is pulled, once", async () => {
    const { feed, settle, asked } = setUp();
    feed.look({ from: 100, count: 60, follow: false });
    feed.take(logHeadOf(1000));
    await settle();
    feed.look({ from: 110, count: 60, follow: false });
    await settle();
    feed.look({ from: 100, count: 60, follow: false });
    await settle();
    expect(asked).toEqual([
      [100, 60],
      [160, 10],
    ]);
  });

  test("the newest wish counts after what is under way", async () => {
    const { feed, hold, settle, asked } = setUp();
    feed.look({ from: 0, count: 10, follow: false });
    hold(true);
    feed.take(logHeadOf(10_000));
    await settle();
    feed.look({ from: 3000, count: 10, follow: false });
    feed.look({ from: 5000, count: 10, follow: false });
    hold(false);
    await settle();
    expect(asked).toEqual([
      [0, 10],
      [5000, 10],
    ]);
  });

  test("what fell out stays as long as it is looked at, and is not asked for again", async () => {
    const held = { first: 0, next: 1000 };
    const { feed, settle, asked } = setUp(held);
    feed.look({ from: 10, count: 20, follow: false });
    feed.take(logHeadOf(1000));
    await settle();
    held.first = 500;
    feed.take(logHeadOf(1500, 500));
    await settle(100);
    expect([feed.row(10)?.text, feed.head()?.first, asked]).toEqual(["line 10", 500, [[10, 20]]]);
  });

  test("does not ask for ever for rows that do not come", async () => {
    const held = { first: 0, next: 1000 };
    const { feed, settle, asked } = setUp(held);
    feed.take(logHeadOf(0));
    await settle();
    held.first = 0;
    const empty = createLogFeed({
      now: () => 0,
      after: () => () => {},
      window: async (from, count) => {
        asked.push([from, count]);
        return { first: 0, next: 1000, lines: [] };
      },
    });
    empty.look({ from: 7, count: 1, follow: false });
    empty.take(logHeadOf(1000));
    for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
    expect(asked).toEqual([[7, 1]]);
  });
});

test("nothing is pulled while nobody sees the page, and what came meanwhile is shown after that", async () => {
  const { feed, settle, asked } = setUp();
  feed.pause(true);
  feed.take(logHeadOf(1000));
  await settle(1000);
  expect([feed.head(), asked]).toEqual([null, []]);
  feed.pause(false);
  await settle();
  expect(feed.head()?.next).toBe(1000);
});

test("a pull that fails is tried again, and not at once", async () => {
  let fails = true;
  const waits: number[] = [];
  let again = () => {};
  const feed = createLogFeed({
    now: () => 0,
    after(ms, run) {
      waits.push(ms);
      again = run;
      return () => {};
    },
    window: async (from, count) => {
      if (fails) throw new Error("cut");
      return { first: 0, next: 10, lines: Array.from({ length: count }, (_, at) => logLineOf(from + at)) };
    },
  });
  const settle = async () => {
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  };
  feed.take(logHeadOf(10));
  await settle();
  expect([feed.head(), waits]).toEqual([null, [500]]);
  fails = false;
  again();
  await settle();
  expect(feed.head()?.next).toBe(10);
});

test("after its end nothing is shown and no timer is left", async () => {
  const { feed, settle, timers } = setUp();
  feed.take(logHeadOf(10));
  await settle();
  feed.take(logHeadOf(20));
  expect(timers()).toBe(1);
  feed.stop();
  feed.take(logHeadOf(30));
  await settle(1000);
  expect([timers(), feed.head()?.next]).toEqual([0, 10]);
});
