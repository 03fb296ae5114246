import { appendFile, mkdir, mkdtemp, rename, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Failure } from "../../../../../electron/core/failure.ts";
import { fileSource } from "../../../../../electron/core/logs/sources/file.ts";
import { systemClock } from "../../../../../electron/core/node.ts";
import { createLocalLink, type HostLink } from "../../../../../electron/core/ssh/index.ts";
import { until } from "../../../../helpers/until.ts";
import { type Read, readFrom, token } from "./lab.ts";

let folder: string;
let path: string;
let link: HostLink;
let reads: Read[] = [];
/** Ends the program that follows, as a lost connection does. */
let cut: () => void = () => {};
let offline = false;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "gatehouse-file-"));
  path = join(folder, "it's a $(log).log");
  link = createLocalLink({ hostId: "h", env: process.env, clock: systemClock() });
  offline = false;
});
afterEach(async () => {
  for (const { source } of reads) source.stop();
  for (const { source, bugs } of reads) {
    await source.done;
    expect(bugs).toEqual([]);
  }
  reads = [];
  await link.dispose();
  await rm(folder, { recursive: true, force: true });
});

function follow(tail?: number): Read {
  const breakable: Pick<HostLink, "spawn"> = {
    async spawn(argv, options) {
      if (offline) throw new Failure("HOST_OFFLINE", { reason: "test" }, { retryable: true });
      const program = await link.spawn(argv, options);
      cut = () => void program.dispose();
      return program;
    },
  };
  const read = readFrom(fileSource({ link: async () => breakable, path }), tail);
  reads.push(read);
  return read;
}

const has = (read: Read, text: string) => until(() => read.texts().includes(text), { what: text });

describe("a file on a host", () => {
  it("begins with its last lines and goes on, masked", async () => {
    await writeFile(path, "one\ntwo\nthree\n");
    const read = follow(2);
    await has(read, "three");
    await appendFile(path, `HF_TOKEN=${token}\nfo`);
    await appendFile(path, "ur\n");
    await has(read, "four");
    expect(read.texts()).toEqual(["two", "three", "HF_TOKEN=********", "four"]);
    expect([...read.source.masked]).toEqual([["HF_TOKEN", 1]]);
    expect(read.source.state).toBe("live");
  });

  it("of a huge file reads the end alone, and no line that it has not whole", async () => {
    await writeFile(path, Array.from({ length: 20_000 }, (_, i) => `line ${i} ${"x".repeat(100)}\n`).join(""));
    const read = follow(3);
    await until(() => read.lines.length === 3);
    expect(read.texts().map((text) => text.slice(0, 10))).toEqual(["line 19997", "line 19998", "line 19999"]);
  });

  it("a rotation loses nothing: the rest of the old file comes first", async () => {
    await writeFile(path, "one\n");
    const read = follow();
    await has(read, "one");
    await appendFile(path, "two\n");
    await rename(path, `${path}.1`);
    await writeFile(path, "three\n");
    await has(read, "three");
    expect(read.texts()).toEqual(["one", "two", "--- the file was rotated: another one has its name now ---", "three"]);
  });

  it("a lost link goes on at the same byte, though the file was rotated meanwhile", async () => {
    await writeFile(path, "one\ntw");
    const read = follow();
    await has(read, "one");
    offline = true;
    cut();
    await until(() => read.source.state === "reconnecting");
    await appendFile(path, "o\nthree\n");
    await rename(path, `${path}.1`);
    await writeFile(path, "four\n");
    offline = false;
    await has(read, "four");
    expect(read.texts().filter((text) => !text.startsWith("---"))).toEqual(["one", "two", "three", "four"]);
    expect(read.texts()).toContain("--- connected again, nothing lost ---");
  });

  it("says so when what came between is gone", async () => {
    await writeFile(path, "one\n");
    const read = follow();
    await has(read, "one");
    offline = true;
    cut();
    await until(() => read.source.state === "reconnecting");
    await rm(path);
    // It often gets the number of the one before, and is as long.
    await writeFile(path, "two\n");
    offline = false;
    await has(read, "two");
    expect(read.texts()).toContain("--- connected again; lines in between are lost ---");
  });

  it("one that is cut short begins anew", async () => {
    await writeFile(path, "one\n");
    const read = follow();
    await has(read, "one");
    await truncate(path, 0);
    await until(() => read.texts().some((text) => text.includes("cut short")));
    await appendFile(path, "two\n");
    await has(read, "two");
    expect(read.texts().filter((text) => !text.startsWith("---"))).toEqual(["one", "two"]);
  });

  it("one that is not there yet is waited for", async () => {
    const read = follow();
    await has(read, "--- the file is not there; waiting for it ---");
    await writeFile(path, "one\n");
    await has(read, "one");
    expect(read.source.state).toBe("live");
  });

  it("a folder is refused", async () => {
    await mkdir(path);
    const read = follow();
    await read.source.done;
    expect([read.source.state, read.source.problem]).toEqual([
      "failed",
      { code: "LOG_FILE_UNREADABLE", details: { path, reason: "directory" } },
    ]);
  });

  it("stopping leaves no process behind", async () => {
    await writeFile(path, "one\n");
    const read = follow();
    await has(read, "one");
    read.source.stop();
    await read.source.done;
    await until(async () => {
      const { stdout } = await link.exec(["pgrep", "-f", `gatehouse-follow ${folder}`]);
      return stdout.length === 0;
    });
  });

  it("binary, escapes and a line of megabytes are text", async () => {
    await writeFile(
      path,
      Buffer.concat([Buffer.from("a\0b\u001b]0;title\u0007c\xff\n", "latin1"), Buffer.alloc(3e6, "x")]),
    );
    const read = follow(10_000);
    await appendFile(path, "\nend\n");
    await has(read, "end");
    expect(read.texts().map((text) => text.slice(0, 20))).toEqual(["a␀b␛]0;title␇c\ufffd", "x".repeat(20), "end"]);
    expect(read.texts()[1]?.endsWith(" […]")).toBe(true);
  });
});
