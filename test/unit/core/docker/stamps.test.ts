import { describe, expect, it } from "vitest";
import { createStampScanner, type Moment, momentToNs, parseStamp } from "../../../../electron/core/docker/index.ts";

const at = Date.UTC(2026, 10, 22, 10, 0, 5);

describe("time stamps of the engine", () => {
  const rows: [string, string, Moment | null][] = [
    ["nanoseconds", "2026-11-22T10:00:05.123456789Z", { at: at + 123, ns: 456_789 }],
    ["fewer digits", "2026-11-22T10:00:05.5Z", { at: at + 500, ns: 0 }],
    ["none", "2026-11-22T10:00:05Z", { at, ns: 0 }],
    ["an offset", "2026-11-22T12:00:05.000000001+02:00", { at, ns: 1 }],
    ["an offset, as long as one without", "2026-11-22T12:00:05.0001+02:00", { at, ns: 100_000 }],
    ["no stamp", "yesterday", null],
    ["no date", "2026-99-22T10:00:05.123456789Z", null],
    ["no digits", "2026-11-22T10:00:05.12345678xZ", null],
    ["ten digits", "2026-11-22T10:00:05.1234567890Z", null],
    ["no such second", "2026-11-22T10:00:65.123456789Z", null],
  ];

  it.each(rows)("%s", (_, stamp, moment) => {
    expect(parseStamp(stamp)).toEqual(moment);
    const line = Buffer.from(`xx${stamp} text that goes on for a while, and on`);
    for (const before of ["2026-11-22T10:00:01.000000000Z", "2025-01-01T00:00:00.000000000Z"]) {
      const scanner = createStampScanner();
      expect(scanner.scan(Buffer.from(`${before} `), 0, 31)).toBe(31);
      const size = scanner.scan(line, 2, line.length);
      expect([size, size > 0 ? { at: scanner.at, ns: scanner.ns } : null]).toEqual([
        moment === null ? 0 : stamp.length + 1,
        moment,
      ]);
    }
  });

  it("tells what is no stamp from what may still become one", () => {
    const text = Buffer.from("2026-11-22T10:00:05.123456789Z ");
    const scanner = createStampScanner();
    for (let to = 0; to < text.length; to++) expect([to, scanner.scan(text, 0, to)]).toEqual([to, -1]);
    expect(scanner.scan(Buffer.from("short\n"), 0, 6)).toBe(0);
    expect(scanner.scan(Buffer.from("x".repeat(36)), 0, 36)).toBe(0);
  });

  it("the kept minute is not taken for another", () => {
    const scanner = createStampScanner();
    const read = (stamp: string) => (scanner.scan(Buffer.from(`${stamp} `), 0, 31) === 31 ? scanner.at : null);
    expect(
      ["2026-11-22T10:00:59.999000000Z", "2026-11-22T10:01:00.001000000Z", "2026-11-22T10:00:59.999000000Z"].map(read),
    ).toEqual([
      Date.UTC(2026, 10, 22, 10, 0, 59, 999),
      Date.UTC(2026, 10, 22, 10, 1, 0, 1),
      Date.UTC(2026, 10, 22, 10, 0, 59, 999),
    ]);
    expect(read("2026-11-22T10:00:xx.999000000Z")).toBeNull();
  });

  it("is the engine's nanoseconds again", () => {
    expect(momentToNs({ at: at + 123, ns: 456_789 })).toBe(BigInt(at) * 1_000_000n + 123_456_789n);
  });
});
