import { createTanstackQueryUtils } from "@orpc/tanstack-query";
import { QueryClient, type QueryKey } from "@tanstack/react-query";
import { expect, test, vi } from "vitest";
import { appChange } from "../../../../electron/contract/index.ts";
import { createInvalidator, keysOf } from "../../../../renderer/client/invalidate.ts";
import { createFakeLink } from "../../../helpers/fakeClient.ts";

const api = createTanstackQueryUtils(createFakeLink().client);

test.each(appChange.shape.topic.options)("%s makes at least one query old", (topic) => {
  expect(keysOf(api, topic)).not.toEqual([]);
});

test("gathers changes, and fetches each query once", () => {
  vi.useFakeTimers();
  try {
    const queries = new QueryClient();
    const asked: QueryKey[] = [];
    vi.spyOn(queries, "invalidateQueries").mockImplementation(async (filter) => {
      if (filter?.queryKey) asked.push(filter.queryKey);
    });
    const invalidator = createInvalidator(queries, api);
    invalidator.touch("containers");
    invalidator.touch("containers");
    invalidator.touch("launches");
    expect(asked).toEqual([]);
    vi.advanceTimersByTime(200);
    const expected = [...keysOf(api, "containers"), ...keysOf(api, "launches")];
    expect(asked).toEqual(expected);
    invalidator.touch("audit");
    invalidator.dispose();
    vi.advanceTimersByTime(200);
    expect(asked).toEqual(expected);
  } finally {
    vi.useRealTimers();
  }
});
