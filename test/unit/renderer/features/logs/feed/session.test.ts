import { describe, expect, test } from "vitest";
import type { LogFilter, LogHead, Problem } from "../../../../../../electron/contract/index.ts";
import { createLogSession, type Landing } from "../../../../../../renderer/features/logs/feed/session.ts";
import { logHeadOf, logLineOf } from "../../../../../helpers/logRows.ts";

type Watch = {
  filter: LogFilter | undefined;
  head: (head: LogHead) => void;
  cut: (problem: Problem | null) => void;
  signal: AbortSignal;
};

function setUp(landing: Landing | null = null) {
  const watches: Watch[] = [];
  let now = 0;
  const session = createLogSession({
    now: () => (now += 1000),
    after: () => () => {},
    window: async (_filter, from, count) => ({
      first: 0,
      next: 1000,
      lines: Array.from({ length: count }, (_, at) => logLineOf(from + at)),
    }),
    locate: async () => landing,
    watch: (filter, on, signal) => void watches.push({ filter, ...on, signal }),
  });
  const settle = async () => {
    for (let turn = 0; turn < 60; turn += 1) await Promise.resolve();
  };
  const watch = (at: number): Watch => {
    const one = watches[at];
    if (!one) throw new Error(`there is no watch ${at}`);
    return one;
  };
  return { session, watch, settle };
}

const errors: LogFilter = { levels: ["error"] };

describe("another filter", () => {
  test("the rows before stay on view until the first under the new one are there", async () => {
    const { session, watch, settle } = setUp();
    session.setFilter(undefined, null);
    watch(0).head(logHeadOf(100));
    await settle();
    const before = session.state().feed;
    session.setFilter(errors, null);
    await settle();
    expect([session.state().feed, watch(0).signal.aborted]).toEqual([before, false]);
    watch(1).head(logHeadOf(5));
    await settle();
    expect([session.state().feed === before, session.state().filter, watch(0).signal.aborted]).toEqual([
      false,
      errors,
      true,
    ]);
  });

  test("the line that was looked at tells where to stand, and its rows are there", async () => {
    const landing = { row: 40, index: 400, exact: true };
    const { session, watch, settle } = setUp(landing);
    session.setFilter(errors, 400);
    watch(0).head(logHeadOf(100));
    await settle();
    const { feed, landing: found } = session.state();
    expect([found, feed?.row(40)?.row]).toEqual([landing, 40]);
  });

  test("one that is refused changes nothing but says why", async () => {
    const { session, watch, settle } = setUp();
    session.setFilter(undefined, null);
    watch(0).head(logHeadOf(100));
    await settle();
    const before = session.state().feed;
    session.setFilter({ regex: "(" }, null);
    const problem = { code: "BAD_INPUT", details: { field: "regex", reason: "missing )" } };
    watch(1).cut(problem);
    await settle();
    expect([session.state().feed, session.state().refused, watch(1).signal.aborted]).toEqual([before, problem, true]);
    session.setFilter(errors, null);
    watch(2).head(logHeadOf(3));
    await settle();
    expect(session.state().refused).toBeNull();
  });

  test("one that is overtaken by the next is never shown", async () => {
    const { session, watch, settle } = setUp();
    session.setFilter({ text: "a" }, null);
    session.setFilter({ text: "ab" }, null);
    watch(0).head(logHeadOf(10));
    watch(1).head(logHeadOf(5));
    await settle();
    expect([session.state().filter, watch(0).signal.aborted]).toEqual([{ text: "ab" }, true]);
  });
});

test("a cut is told, and forgotten when heads come again", async () => {
  const { session, watch, settle } = setUp();
  session.setFilter(undefined, null);
  watch(0).head(logHeadOf(10));
  await settle();
  watch(0).cut({ code: "CONNECTION_LOST", details: {} });
  expect(session.state().problem?.code).toBe("CONNECTION_LOST");
  watch(0).head(logHeadOf(11));
  expect(session.state().problem).toBeNull();
});

test("the end of it ends what is under way", async () => {
  const { session, watch, settle } = setUp();
  session.setFilter(undefined, null);
  watch(0).head(logHeadOf(10));
  await settle();
  session.setFilter(errors, null);
  session.stop();
  expect([watch(0).signal.aborted, watch(1).signal.aborted]).toEqual([true, true]);
});
