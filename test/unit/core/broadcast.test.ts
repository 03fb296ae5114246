import { expect, test } from "vitest";
import { createBroadcast } from "../../../electron/core/broadcast.ts";

test("a follower gets the first value, then what is sent", async () => {
  const broadcast = createBroadcast<number>();
  const follower = broadcast.follow(() => 1);
  expect(await follower.next()).toEqual({ done: false, value: 1 });
  const next = follower.next();
  broadcast.send(2);
  expect(await next).toEqual({ done: false, value: 2 });
});

test("a slow follower misses what is superseded and nothing else", async () => {
  const broadcast = createBroadcast<{ topic: string; n: number }>((value) => value.topic);
  const follower = broadcast.follow(() => ({ topic: "first", n: 0 }));
  await follower.next();
  for (const value of [
    { topic: "a", n: 1 },
    { topic: "b", n: 1 },
    { topic: "a", n: 2 },
  ])
    broadcast.send(value);
  expect([(await follower.next()).value, (await follower.next()).value]).toEqual([
    { topic: "a", n: 2 },
    { topic: "b", n: 1 },
  ]);
});

test("the first value is read when the following begins, so nothing between is lost", async () => {
  let state = 1;
  const broadcast = createBroadcast<number>();
  const follower = broadcast.follow(() => state);
  state = 2;
  broadcast.send(2);
  expect((await follower.next()).value).toBe(2);
});

test.each([
  [
    "an abort",
    (broadcast: ReturnType<typeof createBroadcast<number>>, abort: AbortController) => void [broadcast, abort.abort()],
  ],
  ["the end", (broadcast: ReturnType<typeof createBroadcast<number>>) => broadcast.end()],
])("%s ends a waiting follower", async (_name, stop) => {
  const abort = new AbortController();
  const broadcast = createBroadcast<number>();
  const follower = broadcast.follow(() => 1, abort.signal);
  await follower.next();
  const next = follower.next();
  stop(broadcast, abort);
  expect(await next).toEqual({ done: true, value: undefined });
});
