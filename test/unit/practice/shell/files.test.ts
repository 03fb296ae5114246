import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createFiles, createStore, FileError, isWithin } from "../../../../electron/practice/shell/files.ts";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "gatehouse-files-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function open(uid = 10_001, store = createStore()) {
  return createFiles({
    seeds: { "/etc/shadow": { type: "file", mode: 0o640, content: () => "secret" } },
    now: () => 0,
    owner: { uid, gid: uid },
    store,
    refuses: () => null,
    disk: { prefix: "/run/secrets", dir, owner: { uid: 10_001, gid: 10_001 } },
  });
}

describe("the window onto the disk", () => {
  test("what is written in it is a private file of the folder", () => {
    const files = open();
    files.write("/run/secrets/key", Buffer.from("v"), 0o400, false);
    expect(readFileSync(join(dir, "key"), "utf8")).toBe("v");
    expect(statSync(join(dir, "key")).mode & 0o777).toBe(0o400);
    expect(files.stat("/run/secrets/key")).toMatchObject({ type: "file", mode: 0o400, uid: 10_001, size: 1 });
    files.rename("/run/secrets/key", "/run/secrets/other");
    expect(files.list("/run/secrets")).toEqual(["other"]);
    files.remove("/run/secrets/other");
    expect(files.list("/run/secrets")).toEqual([]);
  });

  test.each(["/run/secrets/../../etc/passwd", "/run/secrets/../secretsx/a", "/run/secrets/x/../../../tmp/a"])(
    "must be refused as a way out: %s",
    (path) => {
      const outside = join(tmpdir(), `gatehouse-files-outside-${process.pid}`);
      writeFileSync(outside, "before");
      const files = open();
      try {
        files.write(path, Buffer.from("after"), 0o600, false);
      } catch (error) {
        expect(error).toBeInstanceOf(FileError);
      }
      expect(readFileSync(outside, "utf8")).toBe("before");
      expect(() => statSync(join(dir, "..", "etc", "passwd"))).toThrow();
      rmSync(outside);
    },
  );

  test("the owner is whoever wrote it, also to others who look", () => {
    const store = createStore();
    open(0, store).write("/run/secrets/root", Buffer.from("x"), 0o400, false);
    const other = open(10_001, store);
    expect(other.stat("/run/secrets/root")).toMatchObject({ uid: 0 });
    expect(() => other.read("/run/secrets/root")).toThrow(new FileError("EACCES"));
  });
});

test.each<[string, () => unknown, FileError["code"]]>([
  ["a file that is not there", () => open().read("/nope"), "ENOENT"],
  ["another user's", () => open().read("/etc/shadow"), "EACCES"],
  ["a folder", () => open().read("/etc"), "EISDIR"],
  ["a file as a folder", () => open().list("/etc/shadow"), "ENOTDIR"],
  ["too large", () => open().write("/big", Buffer.alloc(1_048_577), 0o600, false), "ENOSPC"],
  ["a folder twice", () => open().makeDirectory("/etc", 0o755), "EEXIST"],
  ["a folder with something in it", () => open().remove("/etc"), "ENOTEMPTY"],
])("must be refused: %s", (_name, act, code) => {
  expect(act).toThrow(expect.objectContaining({ code }));
});

test.each([
  ["/run/secrets", "/run/secrets", true],
  ["/run/secrets/a", "/run/secrets", true],
  ["/run/secretsx", "/run/secrets", false],
  ["/run", "/run/secrets", false],
  ["/run/..hidden", "/run", true],
  ["/anything", "/", true],
])("%s within %s: %s", (a, b, expected) => {
  expect(isWithin(a, b)).toBe(expected);
});
