import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { readKeyHead } from "../../../../electron/core/hosts/identities.ts";
import { createIdentities } from "../../../../electron/core/hosts/index.ts";
import { systemClock } from "../../../../electron/core/node.ts";
import { tempFolder } from "../../../helpers/ports.ts";

const folder = tempFolder();
afterAll(folder.cleanup);

function keygen(name: string, ...args: string[]): string {
  const path = join(folder.path, name);
  execFileSync("ssh-keygen", ["-q", "-f", path, "-C", "test", ...args]);
  return path;
}

describe("readKeyHead", () => {
  test.each([
    ["ed25519, no passphrase", ["-t", "ed25519", "-N", ""], { type: "ssh-ed25519", encrypted: false }],
    ["ed25519, passphrase", ["-t", "ed25519", "-N", "correct horse"], { type: "ssh-ed25519", encrypted: true }],
    [
      "RSA in the old format",
      ["-t", "rsa", "-b", "2048", "-m", "PEM", "-N", ""],
      { type: "ssh-rsa", encrypted: false },
    ],
    [
      "RSA in the old format, passphrase",
      ["-t", "rsa", "-b", "2048", "-m", "PEM", "-N", "correct horse"],
      { type: "ssh-rsa", encrypted: true },
    ],
    ["ECDSA", ["-t", "ecdsa", "-N", ""], { type: "ecdsa-sha2-nistp256", encrypted: false }],
  ])("%s", (name, args, expected) => {
    expect(readKeyHead(readFileSync(keygen(name.replaceAll(/\W+/g, "-"), ...args), "latin1").slice(0, 512))).toEqual(
      expected,
    );
  });
  test.each([
    ["a public key", "ssh-ed25519 AAAA test"],
    ["a certificate request", "-----BEGIN CERTIFICATE REQUEST-----"],
    ["nothing", ""],
  ])("%s is no private key", (_name, text) => {
    expect(readKeyHead(text)).toBeNull();
  });
});

test("lists key files with what OpenSSH would object to, and says why there is no agent", async () => {
  const home = join(folder.path, "home");
  mkdirSync(join(home, ".ssh"), { recursive: true });
  const good = keygen("home/.ssh/id_ed25519", "-t", "ed25519", "-N", "");
  const open = keygen("home/.ssh/id_open", "-t", "ed25519", "-N", "");
  chmodSync(open, 0o644);
  writeFileSync(join(home, ".ssh", "config"), "Host *\n");
  const list = await createIdentities({ home, env: {}, clock: systemClock() })();
  expect(list).toEqual({
    keys: [
      { path: good, type: "ssh-ed25519", encrypted: false, problem: null },
      { path: open, type: "ssh-ed25519", encrypted: false, problem: expect.stringContaining("chmod 600") },
    ],
    agent: { available: false, reason: expect.any(String), keys: [] },
  });
});
