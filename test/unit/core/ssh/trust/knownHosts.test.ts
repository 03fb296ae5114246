import { createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { blobType, parseKnownHosts, speaksOf, wild } from "../../../../../electron/core/ssh/trust/knownHosts.ts";

const blob = (type: string, fill = 7) => {
  const name = Buffer.from(type);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(name.length);
  return Buffer.concat([length, name, Buffer.from([0, 0, 0, 32]), Buffer.alloc(32, fill)]);
};
const key = blob("ssh-ed25519").toString("base64");
const hashed = (name: string) => {
  const salt = Buffer.alloc(20, 3);
  return `|1|${salt.toString("base64")}|${createHmac("sha1", salt).update(name).digest("base64")}`;
};

describe("which hosts a line speaks of", () => {
  it.each<[string, string, string, number, boolean]>([
    ["a plain name", "gpu1", "gpu1", 22, true],
    ["upper case is the same name", "GPU1", "gpu1", 22, true],
    ["a name in a list", "other,gpu1,10.0.0.1", "10.0.0.1", 22, true],
    ["another name", "gpu1", "gpu10", 22, false],
    ["a star", "*.example.org", "gpu1.example.org", 22, true],
    ["a question mark is one character", "gpu?", "gpu1", 22, true],
    ["a question mark is not two", "gpu?", "gpu12", 22, false],
    ["a negated pattern excludes", "*.example.org,!bad.example.org", "bad.example.org", 22, false],
    ["a negated pattern excludes wherever it stands", "!bad.example.org,*.example.org", "bad.example.org", 22, false],
    ["a negated pattern leaves the others", "*.example.org,!bad.example.org", "good.example.org", 22, true],
    ["a negated pattern alone matches nobody", "!bad", "good", 22, false],
    ["another port needs brackets", "[gpu1]:2222", "gpu1", 2222, true],
    ["a bare name is not for another port", "gpu1", "gpu1", 2222, false],
    ["brackets are not for port 22", "[gpu1]:2222", "gpu1", 22, false],
    ["IPv6", "fd00::2", "fd00::2", 22, true],
    ["IPv6 at another port", "[fd00::2]:2222", "fd00::2", 2222, true],
    ["a hash of the name", hashed("gpu1"), "gpu1", 22, true],
    ["a hash of another name", hashed("gpu1"), "gpu2", 22, false],
    ["a hash with a port", hashed("[gpu1]:2222"), "gpu1", 2222, true],
  ])("%s", (_name, names, address, port, expected) => {
    const { entries, unreadable } = parseKnownHosts(`${names} ssh-ed25519 ${key}`, "f");
    expect(unreadable).toEqual([]);
    expect(entries.map((entry) => speaksOf(entry, address, port))).toEqual([expected]);
  });
});

describe("lines", () => {
  it("gives type, key, marker and place", () => {
    const text = `# comment\n\n@revoked * ssh-ed25519 ${key}\r\n@cert-authority\t*.org\tssh-ed25519\t${key} CA of org\n`;
    const { entries } = parseKnownHosts(text, "/home/x/known_hosts");
    expect(entries.map(({ marker, type, source }) => ({ marker, type, source }))).toEqual([
      { marker: "revoked", type: "ssh-ed25519", source: "/home/x/known_hosts:3" },
      { marker: "cert-authority", type: "ssh-ed25519", source: "/home/x/known_hosts:4" },
    ]);
    expect(entries[0]?.key).toEqual(blob("ssh-ed25519"));
  });

  it.each([
    ["too few words", "gpu1 ssh-ed25519"],
    ["an unknown marker", `@trusted gpu1 ssh-ed25519 ${key}`],
    ["a key that is no base64", "gpu1 ssh-ed25519 !!!!"],
    ["a key of another type than it says", `gpu1 ssh-rsa ${key}`],
    ["a hash in another form", `|2|AAAA|AAAA ssh-ed25519 ${key}`],
    ["a hash with a missing part", `|1|AAAA ssh-ed25519 ${key}`],
    ["a hash of the wrong length", `|1|AAAA|AAAA ssh-ed25519 ${key}`],
    ["no name", `, ssh-ed25519 ${key}`],
    ["a line without end", `gpu1 ssh-ed25519 ${key} ${"x".repeat(20_000)}`],
  ])("leaves out %s and reads on", (_name, line) => {
    const { entries, unreadable } = parseKnownHosts(`${line}\ngpu2 ssh-ed25519 ${key}`, "f");
    expect(unreadable).toEqual([1]);
    expect(entries.map((entry) => speaksOf(entry, "gpu2", 22))).toEqual([true]);
  });

  it("never throws, and accounts for every line", () => {
    const piece = fc.constantFrom("@revoked ", "|1|", "ssh-ed25519 ", key, "*", "!", ",", " ", "\n", "[a]:1", "#", "=");
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(fc.oneof(piece, fc.string())).map((all) => all.join("")),
    );
    fc.assert(
      fc.property(text, fc.string(), fc.nat(70_000), (hostile, address, port) => {
        const { entries, unreadable } = parseKnownHosts(hostile, "f");
        const lines = hostile.split("\n").filter((line) => line.trim() !== "" && line.trim()[0] !== "#");
        expect(entries.length + unreadable.length).toBe(lines.length);
        for (const entry of entries) speaksOf(entry, address, port);
      }),
    );
  });
});

describe("wild", () => {
  it("agrees with the plain definition", () => {
    const slow = (pattern: string, name: string): boolean => {
      if (pattern === "") return name === "";
      if (pattern[0] === "*") return slow(pattern.slice(1), name) || (name !== "" && slow(pattern, name.slice(1)));
      return name !== "" && (pattern[0] === "?" || pattern[0] === name[0]) && slow(pattern.slice(1), name.slice(1));
    };
    const letters = (more: string[]) => fc.string({ unit: fc.constantFrom("a", "b", ...more), maxLength: 8 });
    fc.assert(
      fc.property(letters(["*", "?"]), letters([]), (p, n) => {
        expect(wild(p, n)).toBe(slow(p, n));
      }),
      { numRuns: 2000 },
    );
  });

  it("is not stopped by a pattern made to stop it", () => {
    const start = performance.now();
    expect(wild(`${"*a".repeat(200)}b`, "a".repeat(5_000))).toBe(false);
    expect(performance.now() - start).toBeLessThan(1_000);
  });
});

describe("blobType", () => {
  it.each<[string, Buffer, string | null]>([
    ["a key", blob("ssh-ed25519"), "ssh-ed25519"],
    ["nothing", Buffer.alloc(0), null],
    ["a length beyond the end", Buffer.from([0, 0, 0, 60, 1, 2]), null],
    ["a huge length", Buffer.from([255, 255, 255, 255, 1, 2]), null],
  ])("%s", (_name, bytes, type) => {
    expect(blobType(bytes)).toBe(type);
  });
});
