import { createHash } from "node:crypto";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { newSigningKey, signed } from "../../../../electron/core/audit/checkpoint.ts";
import { canonical, fingerprint, publicKeyOf, readSigningKey } from "../../../../electron/core/audit/index.ts";
import { type EvidenceStatement, howSimulated } from "../../../../electron/core/logs/evidence.ts";
import { createEvidenceCheck, verifyEvidence } from "../../../../electron/core/logs/index.ts";

const key = readSigningKey(newSigningKey())!;
const publicKey = publicKeyOf(key);
const body = ["one", "two", "three"].map((text) => `${JSON.stringify({ time: null, text })}\n`).join("");

function statement(over: Partial<EvidenceStatement> = {}, lines = body): EvidenceStatement {
  return {
    ...{ v: 1, kind: "gatehouse-evidence", time: "2026-03-01T12:00:00.000Z", app_version: "0.1.0" },
    actor: { user: "anna", door: "desktop" },
    sources: [
      {
        ref: { kind: "container", hostId: "orion", containerId: "a".repeat(64) },
        ...{ name: "llm", host: "orion", simulated: true },
      },
    ],
    ...{ simulated: "all", filter: { text: "error" }, note: "a note", lines: 3, left: 0, skipped: 3 },
    ...{ first: "2026-03-01T11:00:00.000Z", last: "2026-03-01T11:59:59.999Z" },
    audit: { log_id: "log-1", seq: 12, hash: "ab".repeat(32) },
    body_bytes: Buffer.byteLength(lines),
    body_sha256: createHash("sha256").update(lines).digest("hex"),
    ...over,
  };
}

const headerOf = (over: object = {}, lines = body) =>
  canonical(signed(key, { ...statement({}, lines), ...over, public_key: publicKey }, "evidence v1"));
const fileOf = (over: object = {}) => `${headerOf(over)}\n${body}`;
const faultsOf = (file: string | Uint8Array, wanted?: string) =>
  verifyEvidence(typeof file === "string" ? Buffer.from(file) : file, wanted).faults;

/** Where each field's value stands in the header, and what a changed byte in it is called. */
function regionsOf(header: string): { field: string; from: number; to: number }[] {
  const fields = Object.entries(JSON.parse(header) as Record<string, unknown>);
  return fields.map(([field, value]) => {
    const written = `${JSON.stringify(field)}:${canonical(value)}`;
    const from = header.indexOf(written);
    return { field, from, to: from + written.length };
  });
}

describe("one byte of the file changed", () => {
  let file: Buffer;
  let headerEnd = 0;
  beforeAll(() => {
    file = Buffer.from(fileOf());
    headerEnd = file.indexOf(0x0a);
    expect(verifyEvidence(file, publicKey)).toMatchObject({ whole: true, faults: [] });
  });
  const flipped = (at: number, mask: number) => {
    const copy = Buffer.from(file);
    copy[at]! ^= mask;
    return faultsOf(copy, publicKey).map(({ fault }) => fault);
  };

  it("any byte of the header, whichever field it is in: refused as a header that is changed or is none", () => {
    const seen = new Map<string, Set<string>>();
    for (const { field, from, to } of regionsOf(file.subarray(0, headerEnd).toString())) {
      const found = new Set<string>();
      for (let at = from; at < to; at++) {
        const [first = "whole", ...more] = flipped(at, 0x01);
        found.add(first);
        // A changed sum or key is refused for that as well.
        for (const each of more) expect(["body-changed", "other-key"]).toContain(each);
      }
      seen.set(field, found);
    }
    const fixed = new Set(["kind", "simulated", "v"]);
    expect([...seen].map(([field, faults]) => [field, [...faults].sort()])).toEqual(
      [...seen.keys()].map((field) => [
        field,
        fixed.has(field) ? ["not-evidence"] : ["header-changed", "not-evidence"],
      ]),
    );
    expect(seen.size).toBe(Object.keys(statement()).length + 2);
  });

  it("any byte of the lines: refused as lines that are changed", () => {
    for (let at = headerEnd + 1; at < file.length; at++)
      expect([at, flipped(at, 0x01)]).toEqual([at, ["body-changed"]]);
  });

  it("the line feed behind the header, and every brace and comma of it: refused", () => {
    expect(flipped(headerEnd, 0x01)).toEqual(["not-evidence"]);
    for (let at = 0; at <= headerEnd; at++) expect(flipped(at, 0x80)).toEqual(["not-evidence"]);
  });

  it("a byte taken out or put in anywhere: refused", () => {
    fc.assert(
      fc.property(fc.nat(file.length - 1), fc.integer({ min: 0, max: 255 }), fc.boolean(), (at, byte, out) => {
        const changed = Buffer.concat([
          file.subarray(0, at),
          ...(out ? [] : [Buffer.from([byte])]),
          file.subarray(out ? at + 1 : at),
        ]);
        expect(verifyEvidence(changed, publicKey).whole).toBe(false);
      }),
    );
  });
});

describe("the key", () => {
  it("is compared by its hex or by its fingerprint", () => {
    const print = fingerprint(publicKey);
    const other = fingerprint(publicKeyOf(readSigningKey(newSigningKey())!));
    const note = `signed with the key ${print}, not with ${other}`;
    expect(
      [publicKey, publicKey.toUpperCase(), print, other, undefined].map((each) => faultsOf(fileOf(), each)),
    ).toEqual([[], [], [], [{ fault: "other-key", note }], []]);
    expect(verifyEvidence(Buffer.from(fileOf()))).toMatchObject({ key: print, keyUnchecked: true });
  });
});

describe("a file in pieces", () => {
  it("is judged as the whole file is, wherever it is cut", () => {
    const good = fileOf();
    const files = [good, good.replace("two", "too"), good.slice(3), ""].map((text) => Buffer.from(text));
    fc.assert(
      fc.property(fc.constantFrom(...files), fc.array(fc.nat(1_500), { maxLength: 8 }), (file, cuts) => {
        const check = createEvidenceCheck(publicKey);
        const memory = Buffer.alloc(2_000);
        const places = [...new Set([0, ...cuts.filter((at) => at < file.length), file.length])].sort((a, b) => a - b);
        for (const [n, from] of places.slice(0, -1).entries()) {
          // As a reader would that uses the same memory again.
          const part = memory.subarray(0, file.copy(memory, 0, from, places[n + 1]));
          if (!check.take(part)) break;
          memory.fill(0);
        }
        expect(check.end()).toEqual(verifyEvidence(file, publicKey));
      }),
    );
  });
});

describe("a hostile file", () => {
  const deep = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
  it.each<[string, string | Uint8Array, string | RegExp]>([
    ["nothing", "", "the file is empty"],
    ["a line without an end", headerOf(), "the file ends within its first line"],
    ["an empty first line", `\n${body}`, "the first line is no JSON"],
    ["NUL bytes", new Uint8Array(100), "the file ends within its first line"],
    ["NUL bytes before the header", `\0\0${fileOf()}`, "the first line is no JSON"],
    ["a byte order mark", `\ufeff${fileOf()}`, "the first line is no JSON"],
    ["bytes that are no text", Uint8Array.from([0xff, 0xfe, 0x0a]), "the first line is no UTF-8 text"],
    ["a first line of 2 MiB", "x".repeat(2 * 1024 * 1024), "the first line is longer than any header (1048576 bytes)"],
    ["100,000 arrays in one another", `${deep(100_000)}\n`, /^the first line is no (JSON|header of evidence)$/],
    [
      "a deep filter",
      `${headerOf({ filter: { text: JSON.parse(deep(1_000)) } })}\n`,
      "the first line is no header of evidence: filter.text is not what it has to be",
    ],
    ["JSON that is no object", "12\n", "the first line is no header of evidence"],
    ["null", "null\n", "the first line is no header of evidence"],
    ["no field at all", "{}\n", "the first line is no header of evidence: v is not what it has to be"],
    ["lines as a text", fileOf({ lines: "3" }), /: lines is not/],
    ["half a line", fileOf({ lines: 0.5 }), /: lines is not/],
    ["a source that is a number", fileOf({ sources: [1] }), /: sources\.0 is not/],
    ["sources as an object", fileOf({ sources: { length: 1 } }), /: sources is not/],
    ["a time of another form", fileOf({ time: "yesterday" }), /: time is not/],
    ["another version", fileOf({ v: 2 }), /: v is not/],
    ["a field that nobody knows", fileOf({ more: true }), /^the first line is no header of evidence/],
    ["__proto__ as a field", fileOf().replace('{"actor"', '{"__proto__":{"a":1},"actor"'), /^the first line is no/],
    ["a field twice", fileOf().replace('{"actor"', '{"v":1,"actor"'), /one form/],
    ["a blank in the header", fileOf().replace(":", ": "), /one form/],
  ])("must be refused with its reason: %s", (_, file, reason) => {
    const [fault, ...more] = faultsOf(file, publicKey);
    const note = typeof reason === "string" ? reason : expect.stringMatching(reason);
    expect([fault, more]).toEqual([{ fault: "not-evidence", note }, []]);
  });

  it("need not be read to its end when it is none", () => {
    const check = createEvidenceCheck();
    let taken = 0;
    while (check.take(Buffer.alloc(65_536, "x"))) taken++;
    expect([taken, check.end().faults[0]?.fault]).toEqual([16, "not-evidence"]);
  });

  it("with a key that is none is refused for its signature", () => {
    const made = fileOf().replace(publicKey, "00".repeat(44));
    expect(faultsOf(made)).toMatchObject([{ fault: "header-changed" }]);
  });
});

it.each([
  ["none", []],
  ["none", [false, false]],
  ["some", [true, false]],
  ["all", [true, true]],
] as const)("%s of the sources are simulated", (word, sources) => {
  expect(howSimulated(sources.map((simulated) => ({ simulated })))).toBe(word);
});
