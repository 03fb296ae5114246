import { expect, test } from "vitest";
import { merged } from "../../../../../renderer/features/logs/useStored.ts";

const initial = { time: "local", wrap: false };

test.each([
  ["what fits is taken", { time: "utc", wrap: true }, { time: "utc", wrap: true }],
  ["what is missing is as at first", { wrap: true }, { time: "local", wrap: true }],
  ["what is of another kind is not taken", { time: 3, wrap: "yes" }, initial],
  ["what nobody knows is left out", { colour: "red" }, initial],
  ["a list", [1], initial],
  ["nothing", null, initial],
])("%s", (_name, stored, expected) => {
  expect(merged<object>(initial, stored)).toEqual(expected);
});
