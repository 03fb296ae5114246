import { afterEach, describe, expect, it } from "vitest";
import { Failure } from "../../../../../electron/core/failure.ts";
import { journalSource } from "../../../../../electron/core/logs/sources/journal.ts";
import type { HostLink } from "../../../../../electron/core/ssh/index.ts";
import { until } from "../../../../helpers/until.ts";
import { type Read, readFrom, token } from "./lab.ts";

interface Host {
  link: Pick<HostLink, "spawn" | "exec">;
  /** Arguments of each `journalctl -f`. */
  runs: string[][];
  say(...records: object[]): void;
  raw(text: string): void;
  breaks(): void;
}

function host(look: { code?: number; stderr?: string } = {}): Host {
  const runs: string[][] = [];
  let queue: Uint8Array[] = [];
  let wake: () => void = () => {};
  let broken = false;
  return {
    runs,
    say: (...records) => {
      queue.push(Buffer.from(records.map((record) => `${JSON.stringify(record)}\n`).join("")));
      wake();
    },
    raw: (text) => {
      queue.push(Buffer.from(text));
      wake();
    },
    breaks: () => {
      broken = true;
      wake();
    },
    link: {
      async exec() {
        const { code = 0, stderr = "" } = look;
        return { code, stdout: Buffer.alloc(0), stderr: Buffer.from(stderr), truncated: false };
      },
      async spawn(argv, options) {
        runs.push([...argv]);
        broken = false;
        const wait = () =>
          new Promise<void>((resolve) => {
            wake = resolve;
            options?.signal?.addEventListener("abort", () => resolve(), { once: true });
          });
        async function* stdout() {
          for (;;) {
            const chunks = queue;
            queue = [];
            yield* chunks;
            if (options?.signal?.aborted) return;
            if (broken) throw new Failure("HOST_OFFLINE", { reason: "test" }, { retryable: true });
            if (queue.length === 0) await wait();
          }
        }
        return { stdout: stdout(), exited: Promise.resolve(0), dispose: async () => {} };
      },
    },
  };
}

const reads: Read[] = [];
afterEach(async () => {
  for (const { source, bugs } of reads.splice(0)) {
    source.stop();
    await source.done;
    expect(bugs).toEqual([]);
  }
});

function follow(from: Host, unit?: string): Read {
  const read = readFrom(journalSource({ link: async () => from.link, unit }), 50);
  reads.push(read);
  return read;
}

const entry = (cursor: string, MESSAGE: unknown, more: object = {}) => ({
  __CURSOR: cursor,
  __REALTIME_TIMESTAMP: "1795341600123456",
  MESSAGE,
  ...more,
});

describe("the journal of a host", () => {
  it("gives records as lines: who, level by priority, masked", async () => {
    const from = host();
    const read = follow(from, "docker.service");
    from.say(
      entry("a", `pulled with ${token}`, { SYSLOG_IDENTIFIER: "dockerd", _PID: "42", PRIORITY: "3" }),
      entry("b", "plain"),
    );
    await until(() => read.lines.length === 2);
    expect(read.lines).toEqual([
      { at: 1795341600123.456, stream: "stdout", level: "error", text: "dockerd[42]: pulled with [secret:HF_TOKEN]" },
      { at: 1795341600123.456, stream: "stdout", level: "info", text: "plain" },
    ]);
    expect([...read.source.masked]).toEqual([["HF_TOKEN", 1]]);
    expect(from.runs[0]?.slice(-5)).toEqual(["--unit", "docker.service", "--lines", "50", "-f"]);
  });

  it("masks what is given as bytes, and over the ends of lines", async () => {
    const from = host();
    const read = follow(from);
    from.say(entry("a", [...Buffer.from(`\u001b[31m${token}\u0000 end`)]), entry("b", `one\n${token}\ntwo\n`));
    await until(() => read.lines.length === 4);
    expect(read.lines.map(({ text, part }) => [text, part ?? false])).toEqual([
      ["[secret:HF_TOKEN]␀ end", false],
      ["one", false],
      ["[secret:HF_TOKEN]", true],
      ["two", true],
    ]);
  });

  it("goes on behind the last record after a lost link", async () => {
    const from = host();
    const read = follow(from);
    from.say(entry("s=1;i=7", "one"));
    await until(() => read.lines.length === 1);
    from.breaks();
    await until(() => from.runs.length === 2);
    from.say(entry("s=1;i=8", "two"));
    await until(() => read.texts().includes("two"));
    expect(from.runs[1]?.slice(-3)).toEqual(["--after-cursor", "s=1;i=7", "-f"]);
    expect(read.texts()).toEqual([
      "one",
      "--- connection lost (HOST_OFFLINE), trying again ---",
      "--- connected again, nothing lost ---",
      "two",
    ]);
  });

  it("says which records it could not read, and goes on", async () => {
    const from = host();
    const read = follow(from);
    from.raw("no json\n");
    from.say({ MESSAGE: "without a cursor" }, entry("b", null), entry("c", "good"));
    await until(() => read.texts().includes("good"));
    expect(read.texts()).toEqual([
      "--- a record that can't be read ---",
      "--- a record that can't be read ---",
      "[a message that was too long]",
      "good",
    ]);
  });

  it.each([
    ["missing", { code: 127 }],
    ["denied", { stderr: "Hint: You are currently not seeing messages from other users and the system." }],
    ["denied", { code: 1, stderr: "No journal files were opened due to insufficient permissions." }],
    ["empty", { stderr: "No journal files were found." }],
    ["failed", { code: 1, stderr: "Failed to open files" }],
  ] as const)("is refused: %s", async (reason, look) => {
    const read = follow(host(look));
    await read.source.done;
    expect([read.source.state, read.source.problem]).toEqual([
      "failed",
      { code: "JOURNAL_UNREADABLE", details: { reason } },
    ]);
  });
});
