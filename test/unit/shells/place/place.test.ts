import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  claimFolder,
  coreEnvironment,
  dataFolder,
  ensurePrivateFolder,
} from "../../../../electron/shells/place/index.ts";
import { tempFolder } from "../../../helpers/ports.ts";

describe("data folder", () => {
  const home = "/home/ada";
  test.each<[string, Parameters<typeof dataFolder>[0], string]>([
    ["Linux", { platform: "linux", env: {}, home }, "/home/ada/.local/share/gatehouse"],
    ["Linux, XDG", { platform: "linux", env: { XDG_DATA_HOME: "/data" }, home }, "/data/gatehouse"],
    [
      "Linux, relative XDG is ignored",
      { platform: "linux", env: { XDG_DATA_HOME: "data" }, home },
      "/home/ada/.local/share/gatehouse",
    ],
    ["macOS", { platform: "darwin", env: {}, home }, "/home/ada/Library/Application Support/Gatehouse"],
    ["Windows", { platform: "win32", env: { APPDATA: "/appdata" }, home }, "/appdata/Gatehouse"],
    ["Windows without APPDATA", { platform: "win32", env: {}, home }, "/home/ada/AppData/Roaming/Gatehouse"],
    ["told", { platform: "linux", env: { GATEHOUSE_DATA: "/x/y", XDG_DATA_HOME: "/data" }, home }, "/x/y"],
  ])("%s", (_, machine, expected) => {
    expect(dataFolder(machine)).toBe(expected);
  });

  test("is made for its owner alone, and narrowed when it was wider", async () => {
    const { path } = tempFolder();
    const made = join(path, "a", "b");
    const wide = join(path, "wide");
    mkdirSync(wide);
    chmodSync(wide, 0o755);
    await ensurePrivateFolder(made);
    await ensurePrivateFolder(wide);
    expect([made, wide].map((folder) => statSync(folder).mode & 0o777)).toEqual([0o700, 0o700]);
  });
});

test("the core's environment is a list of names, not whatever is there", () => {
  expect(
    coreEnvironment({ PATH: "/bin", AWS_SECRET_ACCESS_KEY: "x", SSH_AUTH_SOCK: "/s", NODE_OPTIONS: "--inspect" }),
  ).toEqual({
    PATH: "/bin",
    SSH_AUTH_SOCK: "/s",
  });
});

describe("one program a data folder", () => {
  const deadPid = () => spawnSync(process.execPath, ["--version"]).pid;

  test("the first has it, a second is told who, a release lets the next in", async () => {
    const { path } = tempFolder();
    const first = await claimFolder(path);
    expect(await claimFolder(path)).toEqual({ held: false, pid: process.pid });
    if (first.held) await first.release();
    expect((await claimFolder(path)).held).toBe(true);
    expect(readdirSync(path)).toEqual(["instance.lock"]);
    expect(statSync(join(path, "instance.lock")).mode & 0o777).toBe(0o600);
  });

  test.each<[string, () => string]>([
    ["a process that is gone", () => JSON.stringify({ pid: deadPid(), started: "" })],
    ["a process id that was used again", () => JSON.stringify({ pid: process.pid, started: "1" })],
    ["half a file", () => '{"pid": 1'],
    ["nothing", () => ""],
    ["a process id that cannot be", () => JSON.stringify({ pid: -1, started: "" })],
  ])("a stale claim is taken over: %s", async (_, content) => {
    const { path } = tempFolder();
    writeFileSync(join(path, "instance.lock"), content());
    expect((await claimFolder(path)).held).toBe(true);
    expect(JSON.parse(readFileSync(join(path, "instance.lock"), "utf8")).pid).toBe(process.pid);
  });

  test("of many that start at once over a stale claim, one has it", async () => {
    const { path } = tempFolder();
    writeFileSync(join(path, "instance.lock"), "");
    const claims = await Promise.all(Array.from({ length: 8 }, () => claimFolder(path)));
    expect(claims.filter((claim) => claim.held)).toHaveLength(1);
    expect(readdirSync(path)).toEqual(["instance.lock"]);
  });
});
