import { describe, expect, it } from "vitest";
import { createStampReader, stampToNs } from "../../../../electron/core/logs/stamps.ts";

describe("time stamps of the engine", () => {
  const at = Date.UTC(2026, 10, 22, 10, 0, 5);
  const rows: [string, string, bigint | null][] = [
    ["nanoseconds", "2026-11-22T10:00:05.123456789Z", BigInt(at) * 1_000_000n + 123_456_789n],
    ["fewer digits", "2026-11-22T10:00:05.5Z", BigInt(at) * 1_000_000n + 500_000_000n],
    ["none", "2026-11-22T10:00:05Z", BigInt(at) * 1_000_000n],
    ["an offset", "2026-11-22T12:00:05.000000001+02:00", BigInt(at) * 1_000_000n + 1n],
    ["no stamp", "yesterday", null],
    ["no date", "2026-99-22T10:00:05Z", null],
  ];
  it.each(rows)("%s", (_, stamp, ns) => {
    const read = createStampReader();
    const ms = ns === null ? null : Number(ns / 1_000_000n);
    expect([stampToNs(stamp), read(stamp), read(stamp)]).toEqual([ns, ms, ms]);
  });

  it("the kept minute is not taken for another", () => {
    const read = createStampReader();
    expect(
      ["2026-11-22T10:00:59.999000000Z", "2026-11-22T10:01:00.001000000Z", "2026-11-22T10:00:59.999000000Z"].map(read),
    ).toEqual([
      Date.UTC(2026, 10, 22, 10, 0, 59, 999),
      Date.UTC(2026, 10, 22, 10, 1, 0, 1),
      Date.UTC(2026, 10, 22, 10, 0, 59, 999),
    ]);
    expect(read("2026-11-22T10:00:xx.999000000Z")).toBeNull();
  });
});
