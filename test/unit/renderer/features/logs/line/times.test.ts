import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clockOf, otherDay, stampOf, zoneOf } from "../../../../../../renderer/features/logs/line/times.ts";

const at = Date.UTC(2026, 10, 22, 22, 5, 9, 42);

describe.each([
  ["Europe/Moscow", "2026-11-23 01:05:09.042", "UTC+3"],
  ["Asia/Kolkata", "2026-11-23 03:35:09.042", "UTC+5:30"],
  ["America/St_Johns", "2026-11-22 18:35:09.042", "UTC−3:30"],
  ["UTC", "2026-11-22 22:05:09.042", "UTC"],
])("in %s", (zone, local, name) => {
  const before = process.env.TZ;
  beforeAll(() => {
    process.env.TZ = zone;
  });
  afterAll(() => {
    if (before === undefined) delete process.env.TZ;
    else process.env.TZ = before;
  });

  test("a time is written in both zones", () => {
    expect([stampOf(at, false), stampOf(at, true), zoneOf(at)]).toEqual([local, "2026-11-22 22:05:09.042", name]);
  });

  test("the day is written where it is wanted", () => {
    expect(clockOf(at, false, true)).toEqual({ time: local.slice(5, 19), fraction: ".042" });
    expect(clockOf(at, true, false)).toEqual({ time: "22:05:09", fraction: ".042" });
  });
});

test("another day is one of the zone that is shown", () => {
  const next = Date.UTC(2026, 10, 23, 0, 30);
  expect([otherDay(at, next, true), otherDay(at, at + 1000, true)]).toEqual([true, false]);
});

test.each([
  ["beyond what a date can be", 9e15],
  ["no number", Number.NaN],
])("a time %s is empty", (_name, time) => {
  expect([clockOf(time, true, true), stampOf(time, false)]).toEqual([{ time: "", fraction: "" }, ""]);
});
