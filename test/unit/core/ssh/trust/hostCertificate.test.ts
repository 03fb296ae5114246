import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readHostCertificate } from "../../../../../electron/core/ssh/trust/hostCertificate.ts";

const hasKeygen = (() => {
  try {
    execFileSync("ssh-keygen", ["-?"], { stdio: "ignore" });
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ENOENT";
  }
})();
if (!hasKeygen) console.warn("host certificates are not read in this run: there is no ssh-keygen");

describe.skipIf(!hasKeygen)("a host certificate", () => {
  let dir: string;
  const keygen = (...args: string[]) => execFileSync("ssh-keygen", ["-q", ...args]);
  const blobOf = (file: string) => Buffer.from(readFileSync(file, "utf8").split(" ")[1] ?? "", "base64");
  const make = (name: string, type: string) => {
    keygen("-t", type, "-N", "", "-f", join(dir, name));
    keygen("-s", join(dir, "ca"), "-h", "-I", "a host", "-n", "gpu1,gpu2", "-V", "-1d:+1d", join(dir, `${name}.pub`));
    return blobOf(join(dir, `${name}-cert.pub`));
  };
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), "gatehouse-cert-"));
    keygen("-t", "ed25519", "-N", "", "-f", join(dir, "ca"));
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it.each([
    ["ed25519", "ssh-ed25519"],
    ["ecdsa", "ecdsa-sha2-nistp256"],
    ["rsa", "ssh-rsa"],
  ])("names its key and who signed it: %s", (kind, type) => {
    const certificate = make(kind, kind);
    expect(readHostCertificate(certificate)).toEqual({
      type,
      key: blobOf(join(dir, `${kind}.pub`)),
      authority: blobOf(join(dir, "ca.pub")),
    });
  });

  it("is none: a bare key, half of one, anything else", () => {
    const certificate = make("cut", "ed25519");
    expect(readHostCertificate(blobOf(join(dir, "cut.pub")))).toBeNull();
    // The last field is the signature, which is not read.
    for (let end = 0; end < certificate.length - 100; end += 1) {
      expect(readHostCertificate(certificate.subarray(0, end))).toBeNull();
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => readHostCertificate(Buffer.from(bytes)) === null),
    );
  });
});
