import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { judgeRow, tableOf } from "../../../scripts/lib/benchTable.mjs";
import { fingerprint } from "../../../scripts/lib/fingerprint.mjs";
import { summarize } from "../../../scripts/lib/testReport.mjs";
import { tempFolder } from "../../helpers/ports.ts";

describe("the count of a test run", () => {
  const one = (state: string, note: string | null = null, tries = 1) => ({
    file: "a.test.ts",
    name: "x",
    state,
    note,
    tries,
  });
  const report = (...tests: ReturnType<typeof one>[]) => ({ tests, broken: [], stray: 0 });
  const allowed = "allowed: no Electron";

  test.each<[string, Parameters<typeof summarize>, unknown]>([
    [
      "all passed",
      [report(one("passed"), one("passed")), { noSkip: true }],
      { lines: [], passed: 2, failed: 0, skipped: 0 },
    ],
    [
      "one passed at the second try, which is told",
      [report(one("passed"), one("passed", null, 2)), { noSkip: true }],
      { lines: ["passed only when tried again: a.test.ts: x"], passed: 2, failed: 0, skipped: 0 },
    ],
    [
      "one failed",
      [report(one("passed"), one("failed")), { noSkip: false }],
      { lines: [], passed: 1, failed: 1, skipped: 0 },
    ],
    [
      "skipped, with a reason",
      [report(one("skipped", "no docker"), one("skipped", "no docker"), one("skipped")), { noSkip: false }],
      {
        lines: ["skipped 2 in a.test.ts: no docker", "skipped 1 in a.test.ts: no reason given"],
        passed: 0,
        failed: 0,
        skipped: 3,
      },
    ],
    [
      "must be refused: a skip where nothing may be skipped",
      [report(one("passed"), one("skipped", "no docker"), one("skipped", allowed)), { noSkip: true }],
      {
        lines: [
          "skipped 1 in a.test.ts: no docker",
          `skipped 1 in a.test.ts: ${allowed}`,
          "1 skipped tests count as failed: here nothing may be skipped",
        ],
        passed: 1,
        failed: 1,
        skipped: 1,
      },
    ],
    [
      "must be refused: a file that could not be run, and errors outside of tests",
      [{ tests: [one("passed")], broken: ["b.test.ts"], stray: 2 }, { noSkip: false }],
      { lines: ["could not run b.test.ts", "2 errors outside of any test"], passed: 1, failed: 3, skipped: 0 },
    ],
    [
      "must be refused: no report",
      [null, { noSkip: false }],
      { lines: ["The tests left no report."], passed: 0, failed: 1, skipped: 0 },
    ],
  ])("%s", (_, args, expected) => {
    expect(summarize(...args)).toEqual(expected);
  });
});

describe("a figure of a bench", () => {
  const row = { name: "x", ours: 10, peer: 20, unit: "ms", higherIsBetter: false, goal: 1 };
  test.each<[string, Parameters<typeof judgeRow>[0], { ratio: number | null; ok: boolean }]>([
    ["time: less is better", row, { ratio: 2, ok: true }],
    ["throughput: more is better", { ...row, higherIsBetter: true }, { ratio: 0.5, ok: false }],
    ["just at the goal", { ...row, goal: 2 }, { ratio: 2, ok: true }],
    ["a goal that is missed", { ...row, goal: 2.1 }, { ratio: 2, ok: false }],
    ["without a goal", { ...row, higherIsBetter: true, goal: null }, { ratio: 0.5, ok: true }],
    ["must be refused: a goal without a peer", { ...row, peer: null }, { ratio: null, ok: false }],
    ["a figure that is only shown", { ...row, peer: null, goal: null }, { ratio: null, ok: true }],
  ])("%s", (_, given, expected) => {
    expect(judgeRow(given)).toMatchObject(expected);
  });

  test("stands in a table", () => {
    expect(tableOf([judgeRow({ ...row, peerName: "limit", spread: "9–11" })])).toBe(
      [
        "   figure  ours  peer  unit  ratio  goal  peer is  spread",
        "✓  x       10    20    ms    2      ≥ 1   limit    9–11",
      ].join("\n"),
    );
  });
});

test("a fingerprint tells a change of content, name or number of files, and nothing else", async () => {
  const { path } = tempFolder();
  const write = (name: string, text: string) => writeFileSync(join(path, name), text);
  const mark = () => fingerprint(path, ["."]);
  write("a", "1");
  const first = await mark();
  write("a", "1");
  expect(await mark()).toBe(first);
  const marks = new Set([first]);
  for (const [name, text] of [
    ["a", "2"],
    ["b", ""],
    ["b", "1"],
  ] as const) {
    write(name, text);
    marks.add(await mark());
  }
  expect(marks.size).toBe(4);
  expect(await fingerprint(path, ["missing"])).toBe(await fingerprint(path, []));
});
