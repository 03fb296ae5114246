import { appendFileSync, mkdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { verifyAudit } from "../../../../electron/core/audit/index.ts";
import { canonical, expectedHash, macOf, sealed } from "../../../../electron/core/audit/record.ts";
import { finishedLog, linesIn, rowsIn, withAll, writeLines } from "./setup.ts";

type Log = Awaited<ReturnType<typeof finishedLog>>;

/** Hashes from row index `from` on made to fit again, as someone without the key can do. */
function restamp(
  rows: ReturnType<typeof rowsIn>,
  from: number,
  change: (row: ReturnType<typeof rowsIn>[number]) => void,
) {
  change(rows[from]);
  for (let n = from; n < rows.length; n++) {
    if (n > 0) rows[n].prev_hash = rows[n - 1].hash;
    rows[n].hash = expectedHash(rows[n]);
  }
  return rows.map(canonical);
}

const edit = (file: string, change: (lines: string[]) => string[]) => writeLines(file, change(linesIn(file)));

interface Row {
  name: string;
  damage: (log: Log) => void;
  /** Verdict and the first finding, with all keys and the head at hand. */
  full: [verdict: string, note?: string];
  /** The same for someone who has the files alone. */
  bare: [verdict: string, note?: string];
}

const table: Row[] = [
  { name: "nothing", damage: () => undefined, full: ["whole"], bare: ["whole"] },
  {
    name: "a field changed in row 4",
    damage: ({ segment }) => edit(segment, (lines) => lines.with(3, lines[3]!.replace("gpu-1", "gpu-2"))),
    full: ["altered", "#4 its fields do not fit its hash"],
    bare: ["altered", "#4 its fields do not fit its hash"],
  },
  {
    name: "a field of row 4 changed, with its hash",
    damage: ({ segment }) =>
      edit(segment, (lines) => {
        const row = { ...JSON.parse(lines[3]!), target: "host:other" };
        return lines.with(3, canonical({ ...row, hash: expectedHash(row) }));
      }),
    full: ["altered", "#4 it is not the row that row 5 was written after"],
    bare: ["altered", "#4 it is not the row that row 5 was written after"],
  },
  {
    name: "row 4 re-stamped with all that follow",
    damage: ({ segment }) =>
      writeLines(
        segment,
        restamp(rowsIn(segment), 3, (row) => (row.target = "host:other")),
      ),
    full: ["restamped", "#4 the hashes fit, but 8 rows from here on were not sealed with the console's key"],
    bare: ["restamped", "#11 row 11 or one before it is not what a signed checkpoint saw"],
  },
  {
    name: "row 4 re-stamped, and the checkpoints taken away",
    damage: ({ segment, checkpoints }) => {
      writeLines(
        segment,
        restamp(rowsIn(segment), 3, (row) => (row.target = "host:other")),
      );
      rmSync(checkpoints);
    },
    full: ["restamped", "#4 the hashes fit, but 8 rows from here on were not sealed with the console's key"],
    bare: ["whole"],
  },
  {
    name: "row 4 re-stamped and sealed with a key of one's own",
    damage: ({ segment }) => {
      const key = Buffer.alloc(32, 7);
      const lines = restamp(rowsIn(segment), 3, (row) => (row.target = "host:other"));
      writeLines(
        segment,
        lines.map((line, n) => (n < 3 ? line : canonical(sealed(strip(JSON.parse(line)), key)))),
      );
    },
    full: ["restamped"],
    bare: ["restamped"],
  },
  {
    name: "row 4 re-stamped as if there had been no key",
    damage: ({ segment, checkpoints }) => {
      const lines = restamp(rowsIn(segment), 3, (row) => (row.target = "host:other"));
      writeLines(
        segment,
        lines.map((line, n) => (n < 3 ? line : canonical(sealed(strip(JSON.parse(line)), null)))),
      );
      rmSync(checkpoints);
    },
    full: ["restamped", "#11 row 11 or one before it is not what the head kept apart saw"],
    bare: ["unknown-key"],
  },
  {
    name: "the code of row 4 changed",
    damage: ({ segment }) => edit(segment, (lines) => lines.with(3, lines[3]!.replace(/"mac":"./, '"mac":"g'))),
    full: ["altered", "#4 the line is not as it was written"],
    bare: ["altered", "#4 the line is not as it was written"],
  },
  {
    name: "the code of row 4 taken from another key",
    damage: ({ segment }) =>
      edit(segment, (lines) => {
        const row = JSON.parse(lines[3]!);
        return lines.with(3, canonical({ ...row, mac: macOf(Buffer.alloc(32), row.hash) }));
      }),
    full: ["restamped", "#4 the hashes fit, but 1 rows from here on were not sealed with the console's key"],
    bare: ["whole"],
  },
  {
    name: "row 4 taken out",
    damage: ({ segment }) => edit(segment, (lines) => lines.toSpliced(3, 1)),
    full: ["gap", "#4 row 4 is missing"],
    bare: ["gap", "#4 row 4 is missing"],
  },
  {
    name: "rows 1 to 3 taken out",
    damage: ({ segment }) => edit(segment, (lines) => lines.slice(3)),
    full: ["gap", "#1 the rows before row 4 are missing"],
    bare: ["gap", "#1 the rows before row 4 are missing"],
  },
  {
    name: "rows 4 and 5 changed places",
    damage: ({ segment }) => edit(segment, (lines) => lines.toSpliced(3, 2, lines[4]!, lines[3]!)),
    full: ["altered", "#4 row 4 stands behind row 5"],
    bare: ["altered", "#4 row 4 stands behind row 5"],
  },
  {
    name: "row 4 twice",
    damage: ({ segment }) => edit(segment, (lines) => lines.toSpliced(3, 0, lines[3]!)),
    full: ["altered", "#4 row 4 stands behind row 4"],
    bare: ["altered", "#4 row 4 stands behind row 4"],
  },
  {
    name: "an empty line",
    damage: ({ segment }) => edit(segment, (lines) => lines.toSpliced(3, 0, "")),
    full: ["altered", "#4 the line is not as it was written"],
    bare: ["altered", "#4 the line is not as it was written"],
  },
  {
    name: "row 4 written in another form of the same JSON",
    damage: ({ segment }) => edit(segment, (lines) => lines.with(3, lines[3]!.replace('{"action"', '{ "action"'))),
    full: ["altered", "#4 the line is not as it was written"],
    bare: ["altered", "#4 the line is not as it was written"],
  },
  {
    name: "the first row points to a row before it",
    damage: ({ segment }) =>
      writeLines(
        segment,
        restamp(rowsIn(segment), 0, (row) => (row.prev_hash = "1".repeat(64))),
      ),
    full: ["altered", "#1 the first row points to a row before it"],
    bare: ["altered", "#1 the first row points to a row before it"],
  },
  {
    name: "the last row torn",
    damage: ({ segment }) => truncateSync(segment, readFileSync(segment).length - 20),
    full: ["truncated", "#11 the log ends at row 10, but a signed checkpoint knows row 11"],
    bare: ["truncated", "#11 the log ends at row 10, but a signed checkpoint knows row 11"],
  },
  {
    name: "a torn line behind the last row",
    damage: ({ segment }) => appendFileSync(segment, '{"action":"host.conn'),
    full: ["torn", "#12 20 bytes without an end"],
    bare: ["torn", "#12 20 bytes without an end"],
  },
  {
    name: "the last three rows cut off",
    damage: ({ segment }) => edit(segment, (lines) => lines.slice(0, -3)),
    full: ["truncated", "#11 the log ends at row 8, but a signed checkpoint knows row 11"],
    bare: ["truncated", "#11 the log ends at row 8, but a signed checkpoint knows row 11"],
  },
  {
    name: "the last three rows cut off, and the checkpoints too",
    damage: ({ segment, checkpoints }) => {
      edit(segment, (lines) => lines.slice(0, -3));
      rmSync(checkpoints);
    },
    full: ["truncated", "#11 the log ends at row 8, but the head kept apart knows row 11"],
    bare: ["whole"],
  },
  {
    name: "the whole segment emptied",
    damage: ({ segment }) => truncateSync(segment, 0),
    full: ["truncated", "#11 the log ends at row 0, but a signed checkpoint knows row 11"],
    bare: ["truncated", "#11 the log ends at row 0, but a signed checkpoint knows row 11"],
  },
  {
    name: "the segment gone",
    damage: ({ segment }) => rmSync(segment),
    full: ["unreadable", "there is no log in this folder"],
    bare: ["unreadable", "there is no log in this folder"],
  },
  {
    name: "the segment replaced by a folder",
    damage: ({ segment }) => {
      rmSync(segment);
      mkdirSync(segment);
    },
    full: ["unreadable", "it cannot be read (EISDIR)"],
    bare: ["unreadable", "it cannot be read (EISDIR)"],
  },
  {
    name: "a checkpoint changed",
    damage: ({ checkpoints }) => edit(checkpoints, (lines) => lines.with(1, lines[1]!.replace('"seq":11', '"seq":10'))),
    full: ["altered", "#10 the checkpoint's signature does not fit"],
    bare: ["altered", "#10 the checkpoint's signature does not fit"],
  },
  {
    name: "the checkpoints' key taken out",
    damage: ({ checkpoints }) => edit(checkpoints, (lines) => lines.slice(1)),
    full: ["altered", "#11 no key above it in the file has this mark"],
    bare: ["altered", "#11 no key above it in the file has this mark"],
  },
  {
    name: "the checkpoints torn",
    damage: ({ checkpoints }) => truncateSync(checkpoints, readFileSync(checkpoints).length - 1),
    full: ["torn", "the last line has no end"],
    bare: ["torn", "the last line has no end"],
  },
  {
    name: "a file that is no text at all",
    damage: ({ segment }) => writeFileSync(segment, Buffer.alloc(3_000, 0xff)),
    full: ["truncated"],
    bare: ["truncated"],
  },
];

// biome-ignore lint/suspicious/noExplicitAny: a row as it lay in the file
function strip({ mac: _mac, key_id: _id, ...row }: any) {
  return row;
}

function said(report: Awaited<ReturnType<typeof verifyAudit>>): [string, string?] {
  const worst = report.damage.find((each) => each.kind === report.verdict);
  return worst === undefined
    ? [report.verdict]
    : [report.verdict, `${worst.seq === null ? "" : `#${worst.seq} `}${worst.note}`];
}

describe("verifyAudit", () => {
  it.each(table)("with everything at hand: $name", async ({ damage, full }) => {
    const log = await finishedLog();
    const options = withAll(log);
    damage(log);
    const found = said(await verifyAudit(options));
    expect(found.slice(0, full.length)).toEqual(full);
  });

  it.each(table)("with the files alone: $name", async ({ damage, bare }) => {
    const log = await finishedLog();
    damage(log);
    const found = said(await verifyAudit({ path: log.dir }));
    expect(found.slice(0, bare.length)).toEqual(bare);
  });

  it("tells how much it saw, and nothing that it could not check", async () => {
    const log = await finishedLog();
    const report = await verifyAudit({ ...withAll(log), mono: () => 5 });
    expect(report).toEqual({
      verdict: "whole",
      records: 11,
      segments: 1,
      checkpoints: 1,
      firstAt: Date.UTC(2026, 2, 1, 12),
      lastAt: Date.UTC(2026, 2, 1, 12, 0, 0, 90),
      damage: [],
      unchecked: [],
      durationMs: 0,
    });
  });

  it("tells what it could not check without keys", async () => {
    const report = await verifyAudit({ path: (await finishedLog()).dir });
    expect(report.unchecked.map(({ text }) => text.replace(/key SHA256:\S{43}/, "key ID"))).toEqual([
      "The checkpoints' key ID was taken from their own file: compare it with the console's.",
      "The authentication codes of 11 rows: the key was not at hand.",
      "The head kept apart from the log was not at hand: rows cut off since the last checkpoint would not show.",
    ]);
  });

  it("says so when the rows are sealed with a key that is not at hand", async () => {
    const log = await finishedLog();
    const found = said(await verifyAudit({ ...withAll(log), keys: [Buffer.alloc(32, 1)] }));
    expect(found).toEqual([
      "unknown-key",
      expect.stringMatching(/^#1 11 rows from here on are sealed with the key [0-9a-f]{16}, which is not at hand$/),
    ]);
  });

  it("says so when the checkpoints are signed with another key than the one given", async () => {
    const log = await finishedLog();
    const found = said(await verifyAudit({ ...withAll(log), publicKey: "302a" }));
    expect(found[0]).toBe("unknown-key");
  });

  it("finds the log of another console under its own head", async () => {
    const [mine, other] = [await finishedLog(), await finishedLog()];
    const found = said(await verifyAudit({ ...withAll(other), head: withAll(mine).head! }));
    expect(found).toEqual(["truncated", "another log was here: the head kept apart belongs to it"]);
  });

  it("checks one segment, and says what it left out", async () => {
    const log = await finishedLog();
    edit(log.segment, (lines) => lines.slice(3));
    const report = await verifyAudit({ ...withAll(log), path: log.segment });
    expect({ verdict: report.verdict, unchecked: report.unchecked.map(({ text }) => text) }).toEqual({
      verdict: "whole",
      unchecked: ["The rows before row 4 are in other files, which were not looked at."],
    });
  });

  it("finds a segment that is missing in the middle", async () => {
    const log = await finishedLog();
    const lines = linesIn(log.segment);
    for (const [month, part] of [
      ["03", lines.slice(0, 4)],
      ["04", lines.slice(4, 8)],
      ["05", lines.slice(8)],
    ] as const) {
      writeLines(join(log.dir, `audit-2026-${month}.jsonl`), part);
    }
    const whole = said(await verifyAudit(withAll(log)));
    rmSync(join(log.dir, "audit-2026-04.jsonl"));
    expect({ whole, found: said(await verifyAudit(withAll(log))) }).toEqual({
      whole: ["whole"],
      found: ["gap", "#5 rows 5 to 8 are missing"],
    });
  });

  it("does not hang on a path that is not there", async () => {
    const log = await finishedLog(1);
    renameSync(log.dir, `${log.dir}-moved`);
    expect(said(await verifyAudit({ path: log.dir }))).toEqual(["unreadable", "it cannot be read (ENOENT)"]);
  });

  it("never calls a log whole of which any one byte was changed", async () => {
    const log = await finishedLog(5);
    const options = withAll(log);
    const files = [log.segment, log.checkpoints].map((path) => ({ path, bytes: readFileSync(path) }));
    const total = files.reduce((sum, file) => sum + file.bytes.length, 0);
    await fc.assert(
      fc.asyncProperty(fc.nat(total - 1), fc.integer({ min: 1, max: 255 }), async (place, mask) => {
        const inFirst = place < files[0]!.bytes.length;
        const file = files[inFirst ? 0 : 1]!;
        const changed = Buffer.from(file.bytes);
        changed[inFirst ? place : place - files[0]!.bytes.length]! ^= mask;
        writeFileSync(file.path, changed);
        const { verdict } = await verifyAudit(options);
        writeFileSync(file.path, file.bytes);
        expect(verdict).not.toBe("whole");
      }),
      { numRuns: 400 },
    );
    expect((await verifyAudit(options)).verdict).toBe("whole");
  });

  it("never calls a log whole that was cut at any byte", async () => {
    const log = await finishedLog(3);
    const bytes = readFileSync(log.segment);
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), async (length) => {
        writeFileSync(log.segment, bytes.subarray(0, length));
        expect((await verifyAudit(withAll(log))).verdict).not.toBe("whole");
      }),
      { numRuns: 100 },
    );
  });
});
