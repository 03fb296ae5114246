import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { canonical, fingerprint, pemOf } from "../../../electron/core/audit/index.ts";
import type { EvidenceStatement } from "../../../electron/core/logs/evidence.ts";
import { runProgram } from "../../helpers/keyringSession.ts";
import { linesIn, low, setup, writeLines } from "../core/audit/setup.ts";

const script = new URL("../../../scripts/evidence-verify.ts", import.meta.url);
const verify = async (...args: string[]) => {
  const { code, stdout, stderr } = await runProgram(script, args, { PATH: process.env.PATH ?? "" });
  return { code, stderr, lines: stdout.trimEnd().split("\n") };
};

async function savedEvidence(over: Partial<EvidenceStatement> = {}) {
  const test = setup();
  const audit = await test.open();
  await audit.record(low);
  const body = '{"time":null,"source":0,"stream":"stdout","level":null,"text":"one"}\n';
  const statement: EvidenceStatement = {
    ...{ v: 1, kind: "gatehouse-evidence", time: "2026-03-01T12:00:00.000Z", app_version: "0.1.0" },
    actor: { user: "anna", door: "desktop" },
    sources: [
      {
        ref: { kind: "container", hostId: "orion", containerId: "a".repeat(64) },
        ...{ name: "llm", host: "orion", simulated: true },
      },
    ],
    ...{ simulated: "all", filter: { levels: ["error"] }, note: "", lines: 1, left: 0, skipped: 3 },
    ...{ first: "2026-03-01T11:00:00.000Z", last: "2026-03-01T11:30:00.000Z" },
    audit: await audit.newest(),
    body_bytes: Buffer.byteLength(body),
    body_sha256: createHash("sha256").update(body).digest("hex"),
    ...over,
  };
  await audit.record({ ...low, action: "log.save" });
  const text = `${canonical(audit.sign("evidence v1", statement))}\n${body}`;
  const key = audit.publicKey() ?? "";
  await audit.dispose();
  const path = (name: string) => join(test.ports.paths.data, name);
  const file = path("saved.evidence.jsonl");
  const pem = path("key.pem");
  writeFileSync(file, text);
  writeFileSync(pem, pemOf(key));
  return {
    ...{ file, text, pem, path, dir: test.dir },
    print: fingerprint(key),
    segment: join(test.dir, "audit-2026-03.jsonl"),
  };
}

describe("evidence:verify", () => {
  it("says of each thing that it is in order, and what the file holds", async () => {
    const { file, pem, dir, print } = await savedEvidence();
    expect(await verify(file, "--key", pem, "--audit", dir)).toEqual({
      code: 0,
      stderr: "",
      lines: [
        "SIGNATURE GOOD: the header is as it was signed.",
        "LINES GOOD: all 1 are as they were signed.",
        `KEY MATCHES: ${print}.`,
        "AUDIT ROW FOUND: row 2 stands in the audit log with this hash (host.connect, 2026-03-01T12:00:00.000Z).",
        "AUDIT LOG WHOLE: 4 rows, 1 checkpoints with the same key.",
        "SIMULATED: all of the sources are practice, not real hosts.",
        "saved 2026-03-01T12:00:00.000Z by anna (desktop), version 0.1.0",
        "sources orion/llm (simulated)",
        "lines 1 (older left out 0, lost before 3)",
        "from 2026-03-01T11:00:00.000Z to 2026-03-01T11:30:00.000Z",
        'filter {"levels":["error"]}',
        expect.stringMatching(/^newest row of the audit log \S+ then: 2 [0-9a-f]{64}$/),
      ],
    });
  });

  it("says what it was not given to check", async () => {
    const { file, print } = await savedEvidence();
    const { code, lines } = await verify(file);
    expect([code, ...lines.slice(2, 4)]).toEqual([
      0,
      `KEY NOT CHECKED: ${print}. Compare it with the one on the console's audit page (--key, --fingerprint).`,
      "AUDIT ROW NOT CHECKED: give the audit log with --audit.",
    ]);
  });

  const wrong: [string, number, string, (made: Awaited<ReturnType<typeof savedEvidence>>) => void][] = [
    ["a line", 1, "LINES CHANGED: ", ({ file, text }) => writeFileSync(file, text.replace("one", "two"))],
    ["the header", 1, "SIGNATURE BAD: ", ({ file, text }) => writeFileSync(file, text.replace("anna", "otto"))],
    ["its first byte", 1, "NOT EVIDENCE: ", ({ file, text }) => writeFileSync(file, text.slice(1))],
    ["what is a header", 1, "NOT EVIDENCE: ", ({ file }) => writeFileSync(file, Buffer.alloc(3_000_000))],
    [
      "the row",
      4,
      "AUDIT ROW DIFFERS: ",
      ({ segment }) => edit(segment, (all) => all.with(1, all[1]!.replace("gpu", "cpu"))),
    ],
    ["the end of the log", 4, "AUDIT ROW ABSENT: ", ({ segment }) => edit(segment, (all) => all.slice(0, 1))],
    ["a later row", 4, "AUDIT LOG NOT WHOLE: altered, ", ({ segment }) => edit(segment, (all) => all.with(2, "x"))],
    ["all of the log", 4, "AUDIT ROW ABSENT: ", ({ segment }) => writeFileSync(segment, "")],
  ];
  it.each(wrong)("names it when %s is changed, and ends with %i", async (_, status, named, change) => {
    const made = await savedEvidence();
    change(made);
    const { code, lines, stderr } = await verify(made.file, "--key", made.pem, "--audit", made.dir);
    expect([code, lines.filter((line) => line.startsWith(named)).length, stderr]).toEqual([status, 1, ""]);
  });

  it("names another key, by its file or its fingerprint, and ends with 3", async () => {
    const { file, print, dir } = await savedEvidence();
    const other = await savedEvidence();
    const told = `KEY DOES NOT MATCH: signed with the key ${print}, not with ${other.print}.`;
    for (const given of [
      ["--key", other.pem],
      ["--fingerprint", other.print],
    ]) {
      const { code, lines } = await verify(file, ...given, "--audit", dir);
      expect([code, lines[2]]).toEqual([3, told]);
    }
    expect((await verify(file, "--fingerprint", print)).lines[2]).toBe(`KEY MATCHES: ${print}.`);
  });

  it("looks for the row in another console's log in vain", async () => {
    const { file, pem } = await savedEvidence();
    const other = await savedEvidence();
    const { code, lines } = await verify(file, "--key", pem, "--audit", other.dir);
    expect([code, lines[3]?.split(":")[0], lines[4]?.split(":")[0]]).toEqual([
      4,
      "AUDIT ROW DIFFERS",
      "AUDIT LOG NOT WHOLE",
    ]);
  });

  it("prints the report as JSON", async () => {
    const { file, pem, dir } = await savedEvidence();
    const { code, lines } = await verify(file, "--key", pem, "--audit", dir, "--json");
    expect([code, JSON.parse(lines.join("\n"))]).toMatchObject([
      0,
      { whole: true, faults: [], keyUnchecked: false, audit: { row: "found", log: { verdict: "whole" } } },
    ]);
  });

  it("shows what would move the cursor, or look like a verdict, as text", async () => {
    const note = "x\rSIGNATURE GOOD: really\nKEY MATCHES: trust me\u001b[2J\u202e";
    const { file } = await savedEvidence({ note, simulated: "none" });
    const { lines } = await verify(file);
    expect(lines.at(-2)).toBe("note x\u240dSIGNATURE GOOD: really\u240aKEY MATCHES: trust me\u241b[2J<U+202E>");
  });

  it("must refuse what it can't work with: ends with 2 and one sentence, never a stack", async () => {
    const { file, pem, print, path } = await savedEvidence();
    const calls = [
      [],
      [file, file],
      ["--what", file],
      [`${file}.none`],
      [path("")],
      [file, "--key", file],
      [file, "--key", `${pem}.none`],
      [file, "--fingerprint", "SHA256:short"],
      [file, "--key", pem, "--fingerprint", print],
    ];
    const answers = await Promise.all(calls.map((args) => verify(...args)));
    expect(answers.map(({ code, lines, stderr }) => [code, lines, / at .*:\d+|^\s*$/.test(stderr)])).toEqual(
      calls.map(() => [2, [""], false]),
    );
  });

  it("of a log that can't be read says so", async () => {
    const { file, pem, path } = await savedEvidence();
    const { code, lines } = await verify(file, "--key", pem, "--audit", path("nowhere"));
    expect([code, lines[3]]).toEqual([4, "AUDIT LOG UNREADABLE: it cannot be read (ENOENT)."]);
  });
});

function edit(file: string, change: (lines: string[]) => string[]): void {
  writeLines(file, change(linesIn(file)));
}
