import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { rowIn, type WantedRow } from "../../../../electron/core/audit/index.ts";
import { canonical, expectedHash } from "../../../../electron/core/audit/record.ts";
import { finishedLog, linesIn, rowsIn, writeLines } from "./setup.ts";

type Log = Awaited<ReturnType<typeof finishedLog>>;
const edit = (file: string, change: (lines: string[]) => string[]) => writeLines(file, change(linesIn(file)));
const other = "f".repeat(64);

interface Row {
  name: string;
  damage?: (log: Log) => void;
  wanted?: (row: WantedRow) => WantedRow;
  /** The state, and what the sentence has to hold. */
  answer: [string, string | RegExp];
}

const table: Row[] = [
  { name: "nothing changed", answer: ["found", "row 4 stands in the audit log with this hash"] },
  {
    name: "rows behind it gone",
    damage: ({ segment }) => edit(segment, (lines) => lines.slice(0, 4)),
    answer: ["found", /^row 4 /],
  },
  {
    name: "another hash",
    wanted: (row) => ({ ...row, hash: other }),
    answer: ["differs", /^row 4: its hash is [0-9a-f]{64}, not f{64}$/],
  },
  {
    name: "another log",
    wanted: (row) => ({ ...row, log_id: "elsewhere" }),
    answer: ["differs", /^row 4: it belongs to the log \S+, not to elsewhere$/],
  },
  {
    name: "a field of the row changed",
    damage: ({ segment }) => edit(segment, (lines) => lines.with(3, lines[3]!.replace("gpu-1", "gpu-2"))),
    answer: ["differs", "row 4: its fields do not fit its hash"],
  },
  {
    name: "a field of the row changed, and its hash with it",
    damage: ({ segment }) =>
      edit(segment, (lines) => {
        const row = { ...JSON.parse(lines[3]!), target: "host:other" };
        return lines.with(3, canonical({ ...row, hash: expectedHash(row) }));
      }),
    answer: ["differs", /^row 4: its hash is/],
  },
  {
    name: "litter in its place",
    damage: ({ segment }) => edit(segment, (lines) => lines.with(3, "\0 no row")),
    answer: ["differs", "row 4: the line where it should stand is not as it was written"],
  },
  {
    name: "the row taken out",
    damage: ({ segment }) => edit(segment, (lines) => lines.toSpliced(3, 1)),
    answer: ["absent", "row 4 is not there: the log has rows 1 to 11"],
  },
  {
    name: "the log cut before it",
    damage: ({ segment }) => edit(segment, (lines) => lines.slice(0, 2)),
    answer: ["absent", "row 4 is not there: the log has rows 1 to 2"],
  },
  {
    name: "an empty file",
    damage: ({ segment }) => writeFileSync(segment, ""),
    answer: ["absent", "row 4 is not there: the log has no row"],
  },
  {
    name: "no log at all",
    damage: ({ dir }) => rmSync(dir, { recursive: true }),
    answer: ["unreadable", "it cannot be read (ENOENT)"],
  },
];

describe("rowIn", () => {
  it.each(table)("with $name", async ({ damage, wanted = (row) => row, answer: [state, note] }) => {
    const log = await finishedLog();
    const { log_id, seq, hash } = rowsIn(log.segment)[3];
    damage?.(log);
    const answer = await rowIn(log.dir, wanted({ log_id, seq, hash }));
    const found = state === "found";
    expect(answer).toEqual({
      row: state,
      note: typeof note === "string" ? note : expect.stringMatching(note),
      time: found ? "2026-03-01T12:00:00.020Z" : null,
      action: found ? "container.launch" : null,
    });
  });

  it("of one file says that there are others", async () => {
    const log = await finishedLog();
    const { log_id, hash } = rowsIn(log.segment)[3];
    writeFileSync(join(log.dir, "audit-2026-04.jsonl"), "");
    const { row, note } = await rowIn(log.segment, { log_id, hash, seq: 99 });
    expect([row, note]).toEqual([
      "absent",
      "row 99 is not there: the log has rows 1 to 11; other files of the log were not looked at",
    ]);
  });

  it("of another row with the same number looks on for the right one", async () => {
    const log = await finishedLog();
    const row = rowsIn(log.segment)[3];
    const forged = { ...row, target: "host:other" };
    edit(log.segment, (lines) => lines.toSpliced(3, 0, canonical({ ...forged, hash: expectedHash(forged) })));
    expect((await rowIn(log.dir, row)).row).toBe("found");
  });
});
