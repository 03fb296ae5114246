import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { HostLink } from "../../electron/core/ssh/index.ts";
import { type LabSshd, mustSkip, startSshd } from "../helpers/lab/index.ts";
import { testLink } from "../helpers/lab/link.ts";

const hosts = 100;

describe.skipIf(mustSkip("a hundred hosts", "sshd"))("a hundred hosts", () => {
  let sshd: LabSshd;
  beforeAll(async () => {
    sshd = await startSshd({ config: ["MaxStartups 200:30:300"] });
  });
  afterAll(async () => {
    await sshd?.stop();
  });

  it("are connected at once, each with a command that answers", async () => {
    const before = process.memoryUsage().rss;
    const started = performance.now();
    const auth = { kind: "key", path: sshd.userKey.file } as const;
    const links: HostLink[] = Array.from(
      { length: hosts },
      () => testLink({ port: sshd.port, user: sshd.user, auth }).link,
    );
    try {
      for (let at = 0; at < hosts; at += 20) await Promise.all(links.slice(at, at + 20).map((link) => link.ready()));
      const connectedMs = performance.now() - started;
      const answers: (number | null)[] = [];
      for (let at = 0; at < hosts; at += 10) {
        const some = links.slice(at, at + 10).map((link) => link.exec(["true"], { timeoutMs: 50_000 }));
        answers.push(...(await Promise.all(some)).map(({ code }) => code));
      }
      const each = Math.round((process.memoryUsage().rss - before) / hosts / 1024);
      process.stderr.write(`${hosts} hosts in ${Math.round(connectedMs)} ms, some ${each} KiB a connection\n`);
      expect({
        online: links.filter((link) => link.state().phase === "online").length,
        answers: new Set(answers),
      }).toEqual({
        online: hosts,
        answers: new Set([0]),
      });
      expect(each).toBeLessThan(3_000);
    } finally {
      await Promise.all(links.map((link) => link.dispose()));
    }
  }, 180_000);
});
