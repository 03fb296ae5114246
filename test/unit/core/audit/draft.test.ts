import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anonymised, draftOf } from "../../../../electron/core/audit/draft.ts";
import { canonical } from "../../../../electron/core/audit/record.ts";
import { high } from "./setup.ts";

describe("anonymised", () => {
  const table: [address: string, shown: string][] = [
    ["203.0.113.77", "203.0.113.xxx"],
    ["127.0.0.1", "127.0.0.1"],
    ["::1", "::1"],
    ["localhost", "localhost"],
    ["local", "local"],
    ["::ffff:203.0.113.77", "203.0.113.xxx"],
    ["::FFFF:127.0.0.1", "127.0.0.1"],
    ["2001:db8::8a2e:370:7334", "2001:db8::8a2e:370:xxx"],
    ["fe80::1%eth0", "fe80::xxx"],
    ["127.evil.example", "unknown"],
    ["127.0.0.1.example", "unknown"],
    ["gpu-host.internal", "unknown"],
    ["", "unknown"],
  ];
  it.each(table)("%j is shown as %j", (address, shown) => {
    expect(anonymised(address)).toBe(shown);
  });
});

describe("draftOf", () => {
  const context = {
    actor: { user: "tester", door: "test" as const, address: "local", userAgent: "" },
    mask: { text: (text: string) => text, bytes: (bytes: Uint8Array) => bytes, data: <T>(value: T) => value },
    requestId: "r",
    sessionId: "s",
    now: 0,
    mono: 0.4,
    appVersion: "1",
  };

  it("makes one line of any text, without control or direction characters or half surrogates", () => {
    const draft = draftOf({ ...high, path: "a\r\nb\u001b[31m\u202ec\ud800d\u2028e\u0085f" }, context);
    expect(draft.path).toBe("a b [31m c\ufffdd e f");
  });

  it("cuts the user agent at 120 code points, not inside one", () => {
    const actor = { ...context.actor, userAgent: "\u{1f4a3}".repeat(121) };
    expect(draftOf(high, { ...context, actor })).toMatchObject({
      user_agent: "\u{1f4a3}".repeat(120),
      cut: ["user_agent"],
    });
  });

  it("keeps whole numbers and writes fractions as text", () => {
    const query = { whole: 3, fraction: 0.1, huge: 2 ** 60, not: Number.NaN, yes: true };
    expect(draftOf({ ...high, query }, context).query).toEqual({
      whole: 3,
      fraction: "0.1",
      huge: "1152921504606847000",
      not: "NaN",
      yes: true,
    });
  });

  it("fits into a line, whatever it is given", () => {
    const text = fc.string({ unit: "binary", maxLength: 3_000 });
    fc.assert(
      fc.property(text, text, fc.dictionary(text, text, { maxKeys: 60 }), (path, target, query) => {
        const draft = draftOf({ ...high, path, target, query }, context);
        expect(Buffer.byteLength(canonical(draft))).toBeLessThanOrEqual(8_192 - 450);
      }),
      { numRuns: 50 },
    );
  });

  it("writes a key named __proto__ as any other", () => {
    const query = JSON.parse('{"__proto__":"x"}');
    expect(canonical(draftOf({ ...high, query }, context).query)).toBe('{"__proto__":"x"}');
  });
});

describe("canonical", () => {
  it("orders keys by code units and prints no blanks", () => {
    expect(canonical({ b: [1, { d: null, c: "\u20ac\n" }], a: undefined, "\u{1f600}": 1, "\ufb33": 2 })).toBe(
      '{"b":[1,{"c":"\u20ac\\n","d":null}],"\u{1f600}":1,"\ufb33":2}',
    );
  });
});
