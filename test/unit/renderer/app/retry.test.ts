import { expect, test } from "vitest";
import { withRetry } from "../../../../renderer/app/retry.ts";

test.each([
  ["at once", 0, 1, "loaded"],
  ["after two failures", 2, 3, "loaded"],
  ["never: the last reason is told", 9, 4, "failure 4"],
])("%s", async (_name, failures, calls, end) => {
  let called = 0;
  const result = await withRetry(async () => {
    called += 1;
    if (called <= failures) throw new Error(`failure ${called}`);
    return "loaded";
  }, 0).catch((error: Error) => error.message);
  expect({ called, result }).toEqual({ called: calls, result: end });
});
