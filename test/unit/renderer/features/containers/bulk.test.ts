import { expect, test } from "vitest";
import { fitFor, forEach } from "../../../../../renderer/features/containers/bulk.ts";
import { containers } from "../../../../helpers/fakeData/index.ts";

const named = (state: string) => ({ ...containers()[0]!, state, name: state });
const rows = ["running", "exited", "paused", "created", "restarting", "dead"].map(named);

test.each([
  ["start", ["exited", "created", "dead"]],
  ["stop", ["running", "paused", "restarting"]],
  ["restart", ["running", "paused", "restarting"]],
] as const)("%s fits", (verb, fitting) => {
  expect(fitFor(verb, rows).map((row) => row.name)).toEqual(fitting);
});

test("goes on to the end, a few at a time, and tells what failed", async () => {
  let now = 0;
  let most = 0;
  const done: number[] = [];
  const failures = await forEach(
    [1, 2, 3, 4, 5, 6],
    async (row) => {
      now += 1;
      most = Math.max(most, now);
      await new Promise((resolve) => setImmediate(resolve));
      now -= 1;
      if (row % 3 === 0) throw new Error(`no ${row}`);
      done.push(row);
    },
    (row, error) => ({ row, why: (error as Error).message }),
    2,
  );
  expect({ most, done, failures }).toEqual({
    most: 2,
    done: [1, 2, 4, 5],
    failures: [
      { row: 3, why: "no 3" },
      { row: 6, why: "no 6" },
    ],
  });
});
