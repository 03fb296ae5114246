import { ORPCError } from "@orpc/client";
import { expect, test } from "vitest";
import { ConnectionError } from "../../../../renderer/client/index.ts";
import { toProblem } from "../../../../renderer/client/problem.ts";

test.each([
  [
    "a typed error",
    new ORPCError("DISK_FULL", { data: { retryable: false, details: { host: "orion", freeBytes: 12 } } }),
    { code: "DISK_FULL", details: { host: "orion", freeBytes: 12 } },
  ],
  ["a typed error without data", new ORPCError("INTERNAL"), { code: "INTERNAL", details: {} }],
  [
    "details that are no plain values are left out",
    new ORPCError("BAD_INPUT", { data: { details: { field: "name", inner: { value: "x" }, none: null } } }),
    { code: "BAD_INPUT", details: { field: "name" } },
  ],
  ["no way to the core", new ConnectionError("lost"), { code: "CONNECTION_LOST", details: {} }],
  ["the door said no", new ConnectionError("refused"), { code: "CONNECTION_REFUSED", details: {} }],
  ["a defect of ours", new TypeError("x is not a function"), { code: "INTERNAL", details: {} }],
  ["something that is no error", "text", { code: "INTERNAL", details: {} }],
])("%s", (_name, error, problem) => {
  expect(toProblem(error)).toEqual(problem);
});
