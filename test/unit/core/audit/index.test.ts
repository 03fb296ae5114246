import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { AUDIT_KEY, headName, openAudit, readHead, verifyAudit } from "../../../../electron/core/audit/index.ts";
import { Failure } from "../../../../electron/core/failure.ts";
import { until } from "../../../helpers/until.ts";
import { filesOf, finishedLog, high, linesIn, low, rowsIn, setup, withAll, writeLines } from "./setup.ts";

const actionsIn = (file: string) => rowsIn(file).map((row) => row.action);

describe("record", () => {
  it("writes the whole row, in the fields of an access log", async () => {
    const { open, dir } = setup();
    const audit = await open();
    const row = await audit.record({ ...high, requestId: "0195-request" });
    const [genesis, written] = rowsIn(join(dir, "audit-2026-03.jsonl"));
    const hex = expect.stringMatching(/^[0-9a-f]{64}$/);
    expect(written).toEqual({
      v: 1,
      log_id: genesis.log_id,
      seq: 2,
      request_id: "0195-request",
      timestamp: "2026-03-01T12:00:00.000Z",
      method: "DOCKER",
      path: "POST /containers/create",
      query: { name: "llm", gpus: 2 },
      status: 200,
      duration_ms: 12,
      client_ip: "203.0.113.xxx",
      user_agent: "vitest",
      actor: "tester",
      door: "test",
      session_id: genesis.session_id,
      action: "container.launch",
      target: "container:gpu-1/llm",
      outcome: "success",
      severity: "high",
      mono_ms: 0,
      app_version: "0.0.1",
      prev_hash: genesis.hash,
      hash: hex,
      mac: hex,
      key_id: genesis.key_id,
    });
    expect({ action: genesis.action, prev: genesis.prev_hash, query: genesis.query }).toEqual({
      action: "log.genesis",
      prev: "0".repeat(64),
      query: { log_id: genesis.log_id },
    });
    expect(row).toMatchObject({ seq: 2, requestId: "0195-request", hash: written.hash, errorCode: null });
    expect([statSync(dir).mode & 0o777, statSync(join(dir, "audit-2026-03.jsonl")).mode & 0o777]).toEqual([
      0o700, 0o600,
    ]);
  });

  it("has a high row on disk when it resolves, and a low one within 200 ms", async () => {
    const { open, dir, clock } = setup();
    const audit = await open();
    const file = join(dir, "audit-2026-03.jsonl");
    await audit.record(low);
    const atOnce = actionsIn(file).length;
    await clock.advance(200);
    await until(() => actionsIn(file).length === 2);
    await audit.record(low);
    await audit.record(high);
    expect({ atOnce, actions: actionsIn(file) }).toEqual({
      atOnce: 1,
      actions: ["log.genesis", "host.connect", "host.connect", "container.launch"],
    });
  });

  it("keeps the order of rows that come all at once", async () => {
    const { open, dir, clock, keys } = setup();
    const audit = await open();
    await Promise.all(Array.from({ length: 250 }, (_, n) => audit.record({ ...(n % 7 ? low : high), query: { n } })));
    await audit.dispose();
    const rows = rowsIn(join(dir, "audit-2026-03.jsonl"));
    expect(rows.slice(1, -1).map((row) => row.query.n)).toEqual(Array.from({ length: 250 }, (_, n) => n));
    expect({ verdict: (await verifyAudit(withAll({ dir, keys }))).verdict, timers: clock.pending }).toEqual({
      verdict: "whole",
      timers: 0,
    });
  });

  it("masks every text", async () => {
    const mask = {
      text: (text: string) => text.replaceAll("hunter2", "********"),
      bytes: (b: Uint8Array) => b,
      data: <T>(v: T) => v,
    };
    const { open, dir, actor } = setup({ mask });
    Object.assign(actor, { user: "hunter2", userAgent: "hunter2" });
    const audit = await open();
    const all = {
      action: "a.hunter2",
      method: "hunter2",
      path: "/hunter2",
      target: "t:hunter2",
      query: { hunter2: "hunter2" },
    };
    await audit.record({ ...high, ...all, errorCode: "hunter2" });
    expect(readFileSync(join(dir, "audit-2026-03.jsonl"), "utf8")).not.toContain("hunter2");
  });

  it("keeps a line within 8 KiB, and says what it cut", async () => {
    const { open, dir, actor, keys } = setup();
    const long = '\u{1f4a3}"\\'.repeat(3_000);
    Object.assign(actor, { user: long, userAgent: long });
    const audit = await open();
    const query = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`${n}${long}`, long]));
    await audit.record({ ...high, action: long, path: long, target: long, query });
    const file = join(dir, "audit-2026-03.jsonl");
    const line = linesIn(file)[1]!;
    expect(Buffer.byteLength(line)).toBeLessThan(8_192);
    expect(JSON.parse(line).cut).toEqual(["action", "actor", "path", "query", "target", "user_agent"]);
    await audit.dispose();
    expect((await verifyAudit(withAll({ dir, keys }))).verdict).toBe("whole");
  });

  it("opens a segment a month, and never goes back when the clock does", async () => {
    const { open, dir, clock, keys } = setup();
    const audit = await open();
    clock.jump(31 * 86_400_000);
    await audit.record(high);
    clock.jump(-40 * 86_400_000);
    await audit.record(high);
    await audit.dispose();
    expect({ files: filesOf(dir), april: actionsIn(join(dir, "audit-2026-04.jsonl")) }).toEqual({
      files: ["audit-2026-03.jsonl", "audit-2026-04.jsonl", "checkpoints.jsonl"],
      april: ["container.launch", "container.launch", "log.closed"],
    });
    expect(await verifyAudit(withAll({ dir, keys }))).toMatchObject({ verdict: "whole", segments: 2, checkpoints: 2 });
  });

  it("signs a checkpoint each hundred rows, and keeps the head apart after each high one", async () => {
    const { open, dir, keys } = setup();
    const audit = await open();
    for (let n = 0; n < 99; n++) await audit.record(low);
    await audit.record(high);
    const head = await until(() => readHead(keys.values.get(headName(dir)) ?? null));
    const [key, checkpoint] = rowsIn(join(dir, "checkpoints.jsonl"));
    expect({
      kinds: [key.kind, checkpoint.kind],
      seq: checkpoint.seq,
      head: head.seq,
      same: head.hash === checkpoint.hash,
    }).toEqual({
      kinds: ["key", "checkpoint"],
      seq: 101,
      head: 101,
      same: true,
    });
    await audit.record(high);
    await until(() => readHead(keys.values.get(headName(dir)) ?? null)?.seq === 102);
    expect(rowsIn(join(dir, "checkpoints.jsonl"))).toHaveLength(2);
  });
});

describe("run", () => {
  const action = { ...high, outcome: undefined, durationMs: undefined } as never;

  it("writes the intent, does it, and writes the outcome with its duration", async () => {
    const { open, dir, clock } = setup();
    const audit = await open();
    const file = join(dir, "audit-2026-03.jsonl");
    let during: string[] = [];
    const result = await audit.run(action, async () => {
      during = rowsIn(file).map((row) => row.outcome);
      await clock.advance(1_500);
      return 7;
    });
    const rows = rowsIn(file).slice(1);
    expect({
      result,
      during,
      rows: rows.map(({ outcome, status, duration_ms }) => ({ outcome, status, duration_ms })),
      oneRequest: new Set(rows.map((row) => row.request_id)).size,
    }).toEqual({
      result: 7,
      during: ["success", "intent"],
      rows: [
        { outcome: "intent", status: 202, duration_ms: 0 },
        { outcome: "success", status: 200, duration_ms: 1_500 },
      ],
      oneRequest: 1,
    });
  });

  const abort = new DOMException("stop", "AbortError");
  const endings: { error: unknown; outcome: string; code: string; status: number }[] = [
    { error: new Failure("IMAGE_NOT_FOUND"), outcome: "failure", code: "IMAGE_NOT_FOUND", status: 404 },
    { error: new Failure("ENGINE_UNAVAILABLE"), outcome: "failure", code: "ENGINE_UNAVAILABLE", status: 503 },
    { error: new Failure("POLICY_DENIED"), outcome: "denied", code: "POLICY_DENIED", status: 403 },
    { error: new Failure("HOST_KEY_CHANGED"), outcome: "denied", code: "HOST_KEY_CHANGED", status: 403 },
    { error: new Failure("CANCELLED"), outcome: "cancelled", code: "CANCELLED", status: 499 },
    { error: new Failure("PROMPT_DISMISSED"), outcome: "cancelled", code: "PROMPT_DISMISSED", status: 499 },
    { error: abort, outcome: "cancelled", code: "CANCELLED", status: 499 },
    { error: new TypeError("a bug"), outcome: "failure", code: "INTERNAL", status: 500 },
    { error: "a text", outcome: "failure", code: "INTERNAL", status: 500 },
  ];
  it.each(endings)("records $outcome $code and rejects with the same", async ({ error, outcome, code, status }) => {
    const { open, dir } = setup();
    const audit = await open();
    await expect(audit.run(action, () => Promise.reject(error))).rejects.toBe(error);
    expect(rowsIn(join(dir, "audit-2026-03.jsonl")).at(-1)).toMatchObject({ outcome, error_code: code, status });
  });

  it("writes no intent for low severity", async () => {
    const { open, dir } = setup();
    const audit = await open();
    await audit.run({ ...low, outcome: undefined } as never, () => 1);
    await audit.dispose();
    expect(actionsIn(join(dir, "audit-2026-03.jsonl"))).toEqual(["log.genesis", "host.connect", "log.closed"]);
  });
});

describe("a log that can't be written", () => {
  /** The month's segment becomes a folder: the one way that stops the superuser too. */
  function block({ dir, clock }: Pick<ReturnType<typeof setup>, "dir" | "clock">) {
    clock.jump(31 * 86_400_000);
    const next = join(dir, "audit-2026-04.jsonl");
    mkdirSync(next);
    return () => rmSync(next, { recursive: true });
  }

  it("refuses what is of high severity, without doing it", async () => {
    const test = setup();
    const audit = await test.open();
    const free = block(test);
    let done = false;
    const attempt = audit.run({ ...high, outcome: undefined } as never, () => {
      done = true;
    });
    await expect(attempt).rejects.toMatchObject({
      code: "AUDIT_UNWRITABLE",
      retryable: true,
      details: { reason: "the log cannot be written (EISDIR)" },
    });
    const problem = audit.problem();
    free();
    await audit.resume();
    expect({ done, problem, after: audit.problem() }).toEqual({
      done: false,
      problem: { reason: "the log cannot be written (EISDIR)", waiting: 2, skipped: 0 },
      after: null,
    });
    expect(
      rowsIn(join(test.dir, "audit-2026-04.jsonl")).map(({ outcome, error_code }) => [outcome, error_code]),
    ).toEqual([
      ["intent", undefined],
      ["failure", "AUDIT_UNWRITABLE"],
    ]);
  });

  it("lets low rows wait, a thousand of them, and tells how many it had to skip", async () => {
    const test = setup();
    const audit = await test.open();
    const free = block(test);
    const kept = await Promise.all(Array.from({ length: 1_005 }, () => audit.record(low)));
    await expect(audit.record(high)).rejects.toMatchObject({ code: "AUDIT_UNWRITABLE" });
    const problem = audit.problem();
    free();
    await audit.resume();
    await audit.dispose();
    const rows = rowsIn(join(test.dir, "audit-2026-04.jsonl"));
    const told = rows.find((row) => row.action === "log.skipped");
    expect({ kept: kept.filter((row) => row !== null).length, problem, rows: rows.length, told: told?.query }).toEqual({
      kept: 1_000,
      problem: { reason: "the log cannot be written (EISDIR)", waiting: 1_000, skipped: 6 },
      rows: 1_002,
      told: { rows: 6 },
    });
    expect((await verifyAudit(withAll(test))).verdict).toBe("whole");
  });

  it("tries again by itself", async () => {
    const test = setup();
    const audit = await test.open();
    const free = block(test);
    await audit.record(low);
    await test.clock.advance(200);
    await until(() => audit.problem());
    free();
    await test.clock.advance(5_000);
    await until(() => audit.problem() === null);
    expect(actionsIn(join(test.dir, "audit-2026-04.jsonl"))).toEqual(["host.connect"]);
  });

  const meddling: { name: string; meddle: (file: string) => void }[] = [
    { name: "a row added", meddle: (file) => appendFileSync(file, "{}\n") },
    { name: "a row cut off", meddle: (file) => truncateSync(file, 100) },
    {
      name: "the file exchanged",
      meddle: (file) => {
        renameSync(file, `${file}.old`);
        writeFileSync(file, readFileSync(`${file}.old`));
      },
    },
    { name: "the file removed", meddle: (file) => rmSync(file) },
  ];
  it.each(meddling)("fails closed when another program meddles while it runs: $name", async ({ meddle }) => {
    const { open, dir } = setup();
    const audit = await open();
    await audit.record(high);
    meddle(join(dir, "audit-2026-03.jsonl"));
    await expect(audit.record(high)).rejects.toMatchObject({
      details: { reason: "another program changed the log while the console runs" },
    });
  });

  it("refuses to open where the folder can't be made", async () => {
    const { options, ports } = setup();
    writeFileSync(join(ports.paths.data, "file"), "");
    await expect(openAudit({ ...options, dir: join(ports.paths.data, "file", "audit") })).rejects.toMatchObject({
      code: "AUDIT_UNWRITABLE",
    });
  });
});

describe("without a key", () => {
  it("refuses what is of high severity, lets the rest wait, and writes all once the key is there", async () => {
    const { open, dir, keys } = setup();
    keys.locked = true;
    const audit = await open();
    await audit.record(low);
    await expect(audit.record(high)).rejects.toMatchObject({ details: { reason: "the keychain is locked" } });
    const before = { files: filesOf(dir), problem: audit.problem() };
    keys.locked = false;
    await audit.resume();
    expect({ before, rows: actionsIn(join(dir, "audit-2026-03.jsonl")), after: audit.problem() }).toEqual({
      before: { files: [], problem: { reason: "the keychain is locked", waiting: 3, skipped: 0 } },
      rows: ["log.genesis", "host.connect", "container.launch"],
      after: null,
    });
  });

  it("writes a log that never had a key without a seal, says so, and seals it once there is a key", async () => {
    const { open, dir, keys } = setup();
    keys.absent = true;
    const audit = await open();
    await audit.record(high);
    const before = { problem: audit.problem(), verdict: (await audit.verify()).verdict };
    keys.absent = false;
    await audit.resume();
    const { verdict, unchecked } = await audit.verify();
    expect({ before, after: { problem: audit.problem(), verdict, unchecked } }).toEqual({
      before: {
        problem: {
          reason: "there is no keychain for the log's key: rows are written without a seal until there is",
          waiting: 0,
          skipped: 0,
        },
        verdict: "unknown-key",
      },
      after: {
        problem: null,
        verdict: "whole",
        unchecked: [
          {
            kind: "vouched",
            details: { from: 1, to: 2, by: 3 },
            text: "Rows 1 to 2 were written while no key could be had; row 3 vouches for them.",
          },
        ],
      },
    });
    expect(actionsIn(join(dir, "audit-2026-03.jsonl"))).toEqual(["log.genesis", "container.launch", "log.sealed"]);
    // Without the key nobody can know whether the third vouches: that is said, and is no damage.
    const bare = await verifyAudit({ path: dir });
    expect([bare.verdict, bare.unchecked.find(({ kind }) => kind === "no-key")?.details]).toEqual([
      "whole",
      { rows: 3 },
    ]);
  });

  it("must refuse to go on without a seal in a log that has had one", async () => {
    const log = await finishedLog(2);
    log.keys.absent = true;
    const audit = await log.open();
    await expect(audit.record(high)).rejects.toMatchObject({
      code: "AUDIT_UNWRITABLE",
      details: { reason: "there is no keychain for the log's key" },
    });
    expect(rowsIn(log.segment)).toHaveLength(4);
  });

  it("does not stand in the way to the key", async () => {
    const { open, dir, keys } = setup();
    keys.locked = true;
    const audit = await open();
    const unlock = { ...high, action: "keychain.unlock", outcome: undefined } as never;
    await audit.run(unlock, () => {
      keys.locked = false;
    });
    expect(rowsIn(join(dir, "audit-2026-03.jsonl")).map(({ action, outcome }) => `${action} ${outcome}`)).toEqual([
      "log.genesis success",
      "keychain.unlock intent",
      "keychain.unlock success",
    ]);
  });

  it("writes what waited at the end all the same, and the next start vouches for it", async () => {
    const { open, dir, keys } = setup();
    keys.locked = true;
    const first = await open();
    await first.record(low);
    await first.dispose();
    keys.locked = false;
    const second = await open();
    await second.record(high);
    await second.dispose();
    const report = await verifyAudit(withAll({ dir, keys }));
    expect({ verdict: report.verdict, unchecked: report.unchecked.map(({ text }) => text) }).toEqual({
      verdict: "whole",
      unchecked: ["Rows 1 to 3 were written while no key could be had; row 4 vouches for them."],
    });
  });

  it("goes on under a new key when the old one is gone, and says so", async () => {
    const log = await finishedLog(2);
    log.keys.values.delete(AUDIT_KEY);
    const audit = await log.open();
    const report = await audit.verify();
    await audit.dispose();
    expect({ verdict: report.verdict, actions: actionsIn(log.segment).slice(-3) }).toEqual({
      verdict: "unknown-key",
      actions: ["log.opened", "log.rekeyed", "log.closed"],
    });
  });

  it("puts its keys where the person's choice of a keychain led", async () => {
    const { open, keys } = setup();
    const audit = await open();
    const key = keys.values.get(AUDIT_KEY);
    keys.values.clear();
    await audit.resume();
    expect(keys.values.get(AUDIT_KEY)).toEqual(key);
  });
});

describe("the next start", () => {
  it("goes on where the last one ended", async () => {
    const log = await finishedLog(2);
    const audit = await log.open();
    await audit.record(high);
    await audit.dispose();
    expect(actionsIn(log.segment)).toEqual([
      "log.genesis",
      "host.connect",
      "host.connect",
      "log.closed",
      "log.opened",
      "container.launch",
      "log.closed",
    ]);
    expect(rowsIn(log.checkpoints).map((line) => line.kind)).toEqual(["key", "checkpoint", "checkpoint"]);
    expect(await verifyAudit(withAll(log))).toMatchObject({
      verdict: "whole",
      checkpoints: 2,
      damage: [],
      unchecked: [],
    });
  });

  const torn = [
    { name: "half a line", tail: '{"action":"host.conn', ended: false },
    { name: "zeros, as after a power cut", tail: "\0".repeat(5_000), ended: false },
    { name: "a line that is no JSON", tail: '{"action":"host.conn\n', ended: true },
    { name: "more than a chunk without an end", tail: "x".repeat(200_000), ended: false },
  ];
  it.each(torn)("cuts out what a crash tore, keeps it, and says so: $name", async ({ tail }) => {
    const log = await finishedLog(2);
    appendFileSync(log.segment, tail);
    const audit = await log.open();
    await audit.dispose();
    const set = filesOf(log.dir).find((name) => name.includes(".torn-"))!;
    const row = rowsIn(log.segment).find((each) => each.action === "log.recovered");
    const report = await verifyAudit(withAll(log));
    expect({
      kept: readFileSync(join(log.dir, set), "utf8"),
      query: row.query,
      verdict: report.verdict,
      told: report.unchecked.map(({ text }) => text),
    }).toEqual({
      kept: tail,
      query: {
        file: "audit-2026-03.jsonl",
        bytes: tail.length,
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
        set_aside: set,
      },
      verdict: "whole",
      told: [`Row ${row.seq}: a crash tore audit-2026-03.jsonl; ${tail.length} bytes lie in ${set}.`],
    });
  });

  it("mends the checkpoints' file too", async () => {
    const log = await finishedLog(2);
    appendFileSync(log.checkpoints, '{"count');
    const audit = await log.open();
    await audit.dispose();
    expect((await verifyAudit(withAll(log))).verdict).toBe("whole");
  });

  type Log = Awaited<ReturnType<typeof finishedLog>>;
  const tampered: { name: string; tamper: (log: Log) => void; verdict: string; row: string }[] = [
    {
      name: "rows cut off",
      tamper: ({ segment }) => writeLines(segment, linesIn(segment).slice(0, -4)),
      verdict: "truncated",
      row: "log.truncated",
    },
    {
      name: "rows and checkpoints cut off",
      tamper: ({ segment, checkpoints }) => {
        writeLines(segment, linesIn(segment).slice(0, -4));
        rmSync(checkpoints);
      },
      verdict: "truncated",
      row: "log.truncated",
    },
    {
      name: "everything removed",
      tamper: ({ dir }) => rmSync(dir, { recursive: true }),
      verdict: "truncated",
      row: "log.truncated",
    },
    {
      name: "rows cut off, and the head's entry too",
      tamper: ({ segment, keys, dir }) => {
        writeLines(segment, linesIn(segment).slice(0, -4));
        keys.values.delete(headName(dir));
      },
      verdict: "truncated",
      row: "log.truncated",
    },
    {
      name: "another console's log put in its place",
      tamper: ({ segment, dir, keys }) => {
        const lines = linesIn(segment).map((line) => line.replace(/"log_id":"[^"]*"/, '"log_id":"other"'));
        writeLines(segment, lines);
        expect(keys.values.has(headName(dir))).toBe(true);
      },
      verdict: "altered",
      row: "log.truncated",
    },
  ];
  it.each(tampered)("does not launder what was done while it was closed: $name", async ({ tamper, verdict, row }) => {
    const log = await finishedLog();
    tamper(log);
    for (let start = 1; start <= 2; start++) {
      const audit = await log.open();
      await audit.record(high);
      await audit.dispose();
    }
    expect(actionsIn(log.segment)).toContain(row);
    expect((await verifyAudit(withAll(log))).verdict).toBe(verdict);
  });
});

describe("page", () => {
  async function withRows() {
    const test = setup();
    const audit = await test.open();
    for (let n = 2; n <= 30; n++) {
      await audit.record({
        ...(n % 10 === 0 ? high : low),
        target: `host:gpu-${n}`,
        outcome: n % 2 ? "success" : "failure",
      });
      await test.clock.advance(1);
    }
    return { ...test, audit };
  }
  const seqs = (page: { rows: { seq: number }[] }) => page.rows.map((row) => row.seq);

  it("gives the newest first, also those that are not written yet, and goes on before a row", async () => {
    const { audit } = await withRows();
    const first = await audit.page({ limit: 4 });
    const second = await audit.page({ limit: 4, before: 27 });
    const last = await audit.page({ limit: 4, before: 4 });
    expect([first, second, last].map((page) => ({ seqs: seqs(page), total: page.total, more: page.more }))).toEqual([
      { seqs: [30, 29, 28, 27], total: 30, more: true },
      { seqs: [26, 25, 24, 23], total: 30, more: true },
      { seqs: [3, 2, 1], total: 30, more: false },
    ]);
    expect(first.newest).toBe(Date.UTC(2026, 2, 1, 12, 0, 0, 28));
  });

  it("shows rows that wait for a disk that is full", async () => {
    const { audit, dir, clock } = await withRows();
    clock.jump(31 * 86_400_000);
    mkdirSync(join(dir, "audit-2026-04.jsonl"));
    await audit.record({ ...low, target: "host:waiting" });
    const page = await audit.page({ limit: 2 });
    rmSync(join(dir, "audit-2026-04.jsonl"), { recursive: true });
    expect(page.rows.map((row) => row.target)).toEqual(["host:waiting", "host:gpu-30"]);
  });

  const filters = [
    { name: "text in any case", filter: { text: "GPU-2" }, seqs: [29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 2] },
    { name: "action", filter: { action: "container.launch" }, seqs: [30, 20, 10] },
    { name: "target", filter: { target: "host:gpu-7" }, seqs: [7] },
    { name: "outcomes", filter: { outcome: ["failure" as const], text: "gpu-1" }, seqs: [18, 16, 14, 12, 10] },
    { name: "no outcome chosen", filter: { outcome: [], target: "host:gpu-7" }, seqs: [7] },
    { name: "nothing", filter: { text: "nowhere" }, seqs: [] },
  ];
  it.each(filters)("filters by $name", async ({ filter, seqs: wanted }) => {
    const { audit } = await withRows();
    expect(seqs(await audit.page({ limit: 100, filter }))).toEqual(wanted);
  });

  it("stops when it is cancelled", async () => {
    const { audit } = await withRows();
    await expect(audit.page({ limit: 5, signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
  });
});

describe("onAppend", () => {
  it("tells each row as it gets its place, until one does not listen any more", async () => {
    const audit = await setup().open();
    const seen: string[] = [];
    const stop = audit.onAppend((row) => seen.push(row.action));
    await audit.record(low);
    await audit.record(high);
    stop();
    await audit.record(low);
    expect(seen).toEqual(["host.connect", "container.launch"]);
  });
});

describe("dispose", () => {
  it("leaves no timer, takes no row any more, and may be called twice", async () => {
    const { open, clock, dir } = setup();
    const audit = await open();
    await audit.record(low);
    await audit.dispose();
    const before = readFileSync(join(dir, "audit-2026-03.jsonl"));
    expect(await audit.record(low)).toBeNull();
    await expect(audit.record(high)).rejects.toMatchObject({ code: "AUDIT_UNWRITABLE" });
    await audit.dispose();
    expect({ timers: clock.pending, file: readFileSync(join(dir, "audit-2026-03.jsonl")) }).toEqual({
      timers: 0,
      file: before,
    });
  });
});
