import { ORPCError } from "@orpc/client";
import { expect, test } from "vitest";
import { followStream } from "../../../../renderer/client/stream.ts";

async function* items<T>(...values: T[]): AsyncGenerator<T> {
  yield* values;
}

const typed = (code: string) => new ORPCError(code, { data: { retryable: false, details: {} } });

test("opens the stream again after an end and after a cut, and says so", async () => {
  const stop = new AbortController();
  const seen: unknown[] = [];
  const waits: number[] = [];
  let opened = 0;
  await followStream<number>({
    signal: stop.signal,
    open: async () => {
      opened += 1;
      if (opened === 1) return items(1, 2);
      if (opened === 2) throw typed("HOST_OFFLINE");
      return items(3);
    },
    onItem: (item) => seen.push(item),
    onCut: (error) => seen.push(error instanceof ORPCError ? error.code : error),
    wait: async (ms) => {
      waits.push(ms);
      if (waits.length === 3) stop.abort();
    },
  });
  expect(seen).toEqual([1, 2, null, "HOST_OFFLINE", 3, null]);
  // An item shows that it works: waiting begins anew.
  expect(waits).toEqual([500, 1000, 500]);
});

test("does not ask again for what is gone for good", async () => {
  let opened = 0;
  const cuts: unknown[] = [];
  await followStream<number>({
    signal: new AbortController().signal,
    open: async () => {
      opened += 1;
      throw typed("NOT_FOUND");
    },
    onItem: () => {},
    onCut: (error) => cuts.push(error),
  });
  expect({ opened, cuts: cuts.length }).toEqual({ opened: 1, cuts: 1 });
});

test("hands on nothing after it was told to stop", async () => {
  const stop = new AbortController();
  const seen: number[] = [];
  await followStream<number>({
    signal: stop.signal,
    open: async () => items(1, 2, 3),
    onItem: (item) => {
      seen.push(item);
      stop.abort();
    },
  });
  expect(seen).toEqual([1]);
});
