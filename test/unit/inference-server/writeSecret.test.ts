import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { bundleInferenceServer, runInferenceCommand, type ServerBundle } from "../../helpers/inferenceServer.ts";

let bundle: ServerBundle;
let top = "";
let secrets = "";
beforeAll(async () => {
  bundle = await bundleInferenceServer();
  top = await mkdtemp(join(tmpdir(), "gatehouse-secrets-"));
});
beforeEach(async () => {
  secrets = await mkdtemp(join(top, "s-"));
});
afterAll(() => rm(top, { recursive: true, force: true }));

const write = (path: string[], input: string | Uint8Array, env: Record<string, string> = { SECRETS_DIR: secrets }) =>
  runInferenceCommand(bundle, ["write-secret", ...path], { env, input });

const ok = { code: 0, stdout: "", stderr: "" };

describe("write-secret", () => {
  test.each([
    ["text", "value-1"],
    ["with its newline", "value-1\n"],
    ["bytes", Uint8Array.from({ length: 256 }, (_, index) => index)],
    ["64 KiB", new Uint8Array(64 * 1024).fill(65)],
  ])("writes %s as it came, mode 0400, and leaves nothing beside it", async (_, input) => {
    const path = join(secrets, "hf_token");
    expect(await write([path], input)).toEqual(ok);
    expect(await readFile(path)).toEqual(Buffer.from(input));
    expect((await stat(path)).mode & 0o777).toBe(0o400);
    expect(await readdir(secrets)).toEqual(["hf_token"]);
  });

  test("replaces what is there, whole", async () => {
    const path = join(secrets, "key");
    expect(await write([path], "first")).toEqual(ok);
    expect(await write([path], "second")).toEqual(ok);
    expect(await readFile(path, "utf8")).toBe("second");
  });

  test("makes a missing folder, mode 0700", async () => {
    const path = join(secrets, "deep", "er", "key");
    expect(await write([path], "v-1")).toEqual(ok);
    expect((await stat(join(secrets, "deep"))).mode & 0o777).toBe(0o700);
  });
});

describe("write-secret refuses", () => {
  const outside = "inference-server: the path is not a plain name below the secrets folder\n";
  const usage = "inference-server: usage: write-secret PATH, with the value on standard input\n";
  test.each([
    ["no path", () => [], usage],
    ["an empty path", () => [""], usage],
    ["the folder itself", () => [secrets], outside],
    ["a path above", () => [join(secrets, "..", "key")], outside],
    ["a path that only begins alike", () => [`${secrets}-evil/key`], outside],
    ["/etc", () => ["/etc/gatehouse-test"], outside],
    ["a hidden name", () => [join(secrets, ".key")], outside],
    ["a name with a line break", () => [join(secrets, "a\nb")], outside],
    [
      "two paths",
      () => [join(secrets, "a"), join(secrets, "b")],
      "inference-server: usage: inference-server.mjs [serve | health | write-secret PATH]\n",
    ],
  ])("%s", async (_, path, stderr) => {
    expect(await write(path(), "secret-value")).toEqual({ code: 2, stdout: "", stderr });
    expect(await readdir(secrets)).toEqual([]);
  });

  test("a path outside /run/secrets where SECRETS_DIR is not set", async () => {
    expect(await write([join(secrets, "key")], "v-1", {})).toEqual({ code: 2, stdout: "", stderr: outside });
  });

  test("a link that leads out of the folder", async () => {
    const target = await mkdtemp(join(top, "out-"));
    await symlink(target, join(secrets, "link"));
    const stderr = "inference-server: the path leads out of the secrets folder\n";
    expect(await write([join(secrets, "link", "key")], "v-1")).toEqual({ code: 2, stdout: "", stderr });
    expect(await readdir(target)).toEqual([]);
  });

  test("to write through a link in place of the file: the link is replaced", async () => {
    const target = join(top, "victim");
    await writeFile(target, "untouched");
    await symlink(target, join(secrets, "key"));
    expect(await write([join(secrets, "key")], "v-1")).toEqual(ok);
    expect([await readFile(target, "utf8"), await readFile(join(secrets, "key"), "utf8")]).toEqual([
      "untouched",
      "v-1",
    ]);
  });

  test.each([
    ["nothing on standard input", "", "inference-server: the value is empty\n"],
    ["more than 64 KiB", new Uint8Array(64 * 1024 + 1).fill(65), "inference-server: the value is larger than 64 KiB\n"],
  ])("%s", async (_, input, stderr) => {
    await writeFile(join(secrets, "key"), "old");
    expect(await write([join(secrets, "key")], input)).toEqual({ code: 1, stdout: "", stderr });
    expect(await readFile(join(secrets, "key"), "utf8")).toBe("old");
    expect(await readdir(secrets)).toEqual(["key"]);
  });

  test("a folder in place of the file, leaving nothing behind", async () => {
    await mkdir(join(secrets, "key"));
    const { code, stderr } = await write([join(secrets, "key")], "v-1");
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/^inference-server: the file could not be written: E[A-Z]+\n$/),
    });
    expect(await readdir(secrets)).toEqual(["key"]);
    await chmod(secrets, 0o700);
  });
});
