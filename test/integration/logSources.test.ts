/** Files and the journal of a host over OpenSSH's server, cut and rotated, and over a journal that journald's own tools wrote. */
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { appendFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { fileSource } from "../../electron/core/logs/sources/file.ts";
import { journalSource } from "../../electron/core/logs/sources/journal.ts";
import { logOffers } from "../../electron/core/logs/sources/offers.ts";
import type { HostLink } from "../../electron/core/ssh/index.ts";
import { type LabSshd, mustSkip, startSshd } from "../helpers/lab/index.ts";
import { type TestLink, testLink } from "../helpers/lab/link.ts";
import { until } from "../helpers/until.ts";
import { type Read, readFrom, token } from "../unit/core/logs/sources/lab.ts";

const skip = mustSkip("files and journals over sshd", "sshd");

describe.skipIf(skip)("a host's logs over sshd", () => {
  let sshd: LabSshd;
  let link: TestLink;
  let folder: string;
  const reads: Read[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "gatehouse-sources-"));
    sshd = await startSshd();
    link = testLink({ port: sshd.port, user: sshd.user, auth: { kind: "key", path: sshd.userKey.file } });
    await link.link.ready();
  });
  afterEach(async () => {
    for (const { source, bugs } of reads.splice(0)) {
      source.stop();
      await source.done;
      expect(bugs).toEqual([]);
    }
  });
  afterAll(async () => {
    await link?.link.dispose();
    await sshd?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  function follow(path: string, tail = 100): Read {
    const read = readFrom(fileSource({ link: async () => link.link, path }), tail);
    reads.push(read);
    return read;
  }
  const plain = (read: Read) => read.texts().filter((text) => !text.startsWith("---"));

  test("a file goes on over a cut connection and a rotation, without loss and without a line twice", async () => {
    const path = join(folder, "app log.log");
    writeFileSync(path, "line 0\n");
    const read = follow(path);
    await until(() => read.lines.length === 1);
    const wanted = ["line 0"];
    for (let i = 1; i <= 40; i++) {
      wanted.push(`line ${i} HF_TOKEN=********`);
      await appendFile(path, `line ${i} HF_TOKEN=${token}\n`);
      if (i === 12) sshd.cutConnections();
      if (i === 20) {
        renameSync(path, `${path}.1`);
        writeFileSync(path, "");
      }
      if (i === 30) sshd.cutConnections();
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
    await until(() => plain(read).includes(wanted.at(-1) ?? ""), { timeoutMs: 20_000 });
    expect(plain(read)).toEqual(wanted);
    expect(read.texts().join("\n")).not.toContain(token);
  }, 40_000);

  test("stopping ends what runs on the host", async () => {
    const path = join(folder, "short.log");
    writeFileSync(path, "one\n");
    const running = () =>
      spawnSync("pgrep", ["-f", `gatehouse-follow ${path}`])
        .stdout.toString()
        .trim() !== "";
    const read = follow(path);
    await until(() => read.lines.length === 1);
    expect(running()).toBe(true);
    read.source.stop();
    await until(() => !running(), { timeoutMs: 10_000 });
  }, 20_000);

  test("what may be read is offered", async () => {
    const { files } = await logOffers(link.link);
    for (const { path, bytes, changed } of files)
      expect([path.startsWith("/"), bytes >= 0, changed > 0]).toEqual([true, true, true]);
  });

  const remote = "/lib/systemd/systemd-journal-remote";
  const noJournal = !existsSync(remote) || spawnSync("journalctl", ["--version"]).status !== 0;

  describe("its journal", () => {
    test("is read, followed, and gone on with behind the last record", async (context) => {
      if (noJournal) context.skip("allowed: no journalctl or systemd-journal-remote here");
      const journal = join(folder, "journal");
      const bin = join(folder, "bin");
      mkdirSync(journal);
      mkdirSync(bin);
      let written = 0;
      const write = (message: string, unit: string) => {
        written++;
        const at = 1_795_341_600_000_000 + written * 1_000_000;
        const bytes = Buffer.from(message);
        const size = Buffer.alloc(8);
        size.writeBigUInt64LE(BigInt(bytes.length));
        const head = `__REALTIME_TIMESTAMP=${at}\n__MONOTONIC_TIMESTAMP=${written * 1_000_000}\n_BOOT_ID=${"1".padStart(32, "0")}\nPRIORITY=3\n_SYSTEMD_UNIT=${unit}\nSYSLOG_IDENTIFIER=vllm\n_PID=7\n`;
        const file = join(folder, "export");
        writeFileSync(file, Buffer.concat([Buffer.from(`${head}MESSAGE\n`), size, bytes, Buffer.from("\n\n")]));
        execFileSync(remote, ["--output", join(journal, "lab.journal"), file], { stdio: "ignore" });
      };
      // The real program, on a journal of our own.
      writeFileSync(join(bin, "journalctl"), `#!/bin/sh\nexec /usr/bin/journalctl --directory '${journal}' "$@"\n`);
      chmodSync(join(bin, "journalctl"), 0o755);
      write(`before ${token}`, "vllm.service");
      write("of another unit", "cron.service");
      const shown: Pick<HostLink, "exec" | "spawn"> = {
        exec: (argv, options) => link.link.exec(["env", `PATH=${bin}:/usr/bin:/bin`, ...argv], options),
        spawn: (argv, options) => link.link.spawn(["env", `PATH=${bin}:/usr/bin:/bin`, ...argv], options),
      };
      const read = readFrom(journalSource({ link: async () => shown, unit: "vllm.service" }), 50);
      reads.push(read);
      await until(() => read.lines.length === 1, { timeoutMs: 10_000 });
      expect(read.lines[0]).toEqual({
        at: 1_795_341_601_000,
        stream: "stdout",
        level: "error",
        text: "vllm[7]: before [secret:HF_TOKEN]",
      });
      sshd.cutConnections();
      await until(() => read.source.state === "reconnecting", { timeoutMs: 10_000 });
      write("while it was away", "vllm.service");
      write(`two\nlines ${token}`, "vllm.service");
      await until(() => plain(read).length === 4, { timeoutMs: 20_000 });
      expect(plain(read).slice(1)).toEqual(["vllm[7]: while it was away", "vllm[7]: two", "lines [secret:HF_TOKEN]"]);
    }, 40_000);
  });
});
