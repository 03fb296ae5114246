import { createHash, generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { fingerprint, pemOf, publicKeyIn } from "../../../../electron/core/audit/index.ts";
import { keyMark } from "../../../../electron/core/audit/publicKey.ts";

/** RFC 8410, section 10.1: an Ed25519 public key, and its DER. */
const pem = `-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PUBLIC KEY-----
`;
const hex = "302a300506032b657003210019bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1";
const der = Buffer.from(hex, "hex");

describe("the public key of the log", () => {
  it("is told by the SHA-256 of its DER, as the usual tools make it", () => {
    const sum = createHash("sha256").update(der);
    const base64 = sum.copy().digest("base64").slice(0, 43);
    expect({ print: fingerprint(hex), mark: keyMark(hex) }).toEqual({
      print: `SHA256:${base64}`,
      mark: sum.digest("hex").slice(0, 16),
    });
  });

  it("is written as PEM", () => expect(pemOf(hex)).toBe(pem));

  it.each([
    ["PEM", Buffer.from(pem)],
    ["PEM with CRLF and blanks around it", Buffer.from(`\r\n ${pem.replaceAll("\n", "\r\n")} `)],
    ["hex", Buffer.from(`${hex}\n`)],
    ["hex in capitals", Buffer.from(hex.toUpperCase())],
    ["DER", der],
  ])("is read from %s", (_, given) => expect(publicKeyIn(given)).toBe(hex));

  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey.export({ format: "pem", type: "spki" });
  const secret = generateKeyPairSync("ed25519").privateKey.export({ format: "pem", type: "pkcs8" });
  it.each<[string, Buffer]>([
    ["nothing", Buffer.alloc(0)],
    ["NUL bytes", Buffer.alloc(44)],
    ["a key of another kind", Buffer.from(rsa)],
    ["a private key", Buffer.from(secret)],
    ["PEM that is cut", Buffer.from(pem.slice(0, 60))],
    ["hex that is cut", Buffer.from(hex.slice(0, -2))],
    ["a megabyte", Buffer.from(pem.repeat(10_000))],
  ])("must be refused: %s", (_, given) => expect(publicKeyIn(given)).toBeNull());
});
