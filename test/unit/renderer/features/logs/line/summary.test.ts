import { expect, test } from "vitest";
import {
  cutForList,
  shownChars,
  statusTone,
  summaryOf,
} from "../../../../../../renderer/features/logs/line/summary.ts";

test.each([
  ["an access line", '{"method":"GET","path":"/ready","status":200}', { text: "GET /ready 200", status: 200 }],
  [
    "with how long it took",
    '{"method":"POST","path":"/x","status":500,"duration_ms":12.5}',
    { text: "POST /x 500 12.5ms", status: 500 },
  ],
  ["a message", '{"level":"info","msg":"ready to serve"}', { text: "ready to serve", status: null }],
  ["an empty message", '{"msg":" "}', null],
  ["a status that is text", '{"method":"GET","path":"/","status":"200"}', null],
  ["cut JSON", '{"method":"GET","path":"/ready"', null],
  ["a list", '["method"]', null],
  ["plain text", "GET /ready 200", null],
  ["more than is worth looking into", `{"msg":"${"x".repeat(5_000)}"}`, null],
])("%s in short", (_name, text, expected) => {
  expect(summaryOf(text)).toEqual(expected);
});

test.each([
  [null, null],
  [200, null],
  [399, null],
  [404, "warn"],
  [500, "danger"],
])("status %s reads as %s", (status, tone) => {
  expect(statusTone(status)).toBe(tone);
});

test.each([
  ["a short line stays whole", "abc", { text: "abc", left: 0 }],
  ["a long one says what is left", "x".repeat(shownChars + 10), { text: "x".repeat(shownChars), left: 10 }],
  [
    "a letter of two places is not cut in the middle",
    `${"x".repeat(shownChars - 1)}😀y`,
    { text: "x".repeat(shownChars - 1), left: 3 },
  ],
])("%s", (_name, text, cut) => {
  expect(cutForList(text)).toEqual(cut);
});
