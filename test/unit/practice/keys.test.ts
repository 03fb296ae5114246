import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import ssh2 from "ssh2";
import { afterEach, beforeEach, expect, test } from "vitest";
import { keepKey } from "../../../electron/practice/keys.ts";
import { tempFolder } from "../../helpers/ports.ts";

let folder = tempFolder();
beforeEach(() => {
  folder = tempFolder();
});
afterEach(() => folder.cleanup());

test("each of sixty fresh keys can be read, and signs what its public half verifies", () => {
  for (let n = 0; n < 60; n += 1) {
    const kept = keepKey(folder.path, `k${n}`);
    const key = ssh2.utils.parseKey(kept.private);
    const shown = ssh2.utils.parseKey(kept.public);
    if (key instanceof Error || shown instanceof Error) throw new Error(`key ${n}`);
    expect(shown.verify(Buffer.from("x"), key.sign(Buffer.from("x")) as Buffer)).toBe(true);
  }
});

test("a key is made once, private, and made anew where its file is no key", () => {
  const first = keepKey(folder.path, "host");
  expect(statSync(first.path).mode & 0o777).toBe(0o600);
  expect(keepKey(folder.path, "host")).toEqual(first);
  writeFileSync(join(folder.path, "host"), "rubbish");
  const second = keepKey(folder.path, "host");
  expect(second.fingerprint).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/);
  expect(second.fingerprint).not.toBe(first.fingerprint);
  expect(readFileSync(second.path, "utf8")).toBe(second.private);
});
