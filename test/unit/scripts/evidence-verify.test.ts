import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { canonical } from "../../../electron/core/audit/index.ts";
import { bodyFacts, type EvidenceStatement } from "../../../electron/core/logs/evidence.ts";
import { runProgram } from "../../helpers/keyringSession.ts";
import { setup } from "../core/audit/setup.ts";

const script = new URL("../../../scripts/evidence-verify.ts", import.meta.url);
const verify = (...args: string[]) => runProgram(script, args, { PATH: process.env.PATH ?? "" });

async function savedEvidence() {
  const test = setup();
  const audit = await test.open();
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
    ...{ filter: { levels: ["error"] }, note: "", lines: 1, left: 0, skipped: 3, first: null, last: null },
    audit: await audit.newest(),
    ...(await bodyFacts([body])),
  };
  const text = `${canonical(audit.sign("evidence v1", statement))}\n${body}`;
  const file = join(test.ports.paths.data, "saved.evidence.jsonl");
  writeFileSync(file, text);
  return { file, text, key: audit.publicKey() ?? "" };
}

describe("evidence:verify", () => {
  it("calls a whole file whole, and says what it holds", async () => {
    const { file, key } = await savedEvidence();
    const { code, stdout, stderr } = await verify(file, "--public-key", key);
    const lines = stdout.trimEnd().split("\n");
    expect({ code, stderr, lines: [...lines.slice(0, 6), lines.at(-1)] }).toEqual({
      code: 0,
      stderr: "",
      lines: [
        "WHOLE: header and lines are as they were signed.",
        "saved 2026-03-01T12:00:00.000Z by anna (desktop), version 0.1.0",
        "sources orion/llm (simulated)",
        "lines 1 (older left out 0, lost before 3)",
        "from - to -",
        'filter {"levels":["error"]}',
        expect.stringMatching(/^key [0-9a-f]{16}: [0-9a-f]+$/),
      ],
    });
  });

  it("says when nobody told it whose key it has to be", async () => {
    const { file } = await savedEvidence();
    const { code, stdout } = await verify(file);
    expect([code, stdout.includes("Not checked: whose key it is.")]).toEqual([0, true]);
  });

  it.each([
    ["LINES CHANGED: ", (text: string) => text.replace("one", "two")],
    ["HEADER CHANGED: ", (text: string) => text.replace("anna", "otto")],
    ["NOT EVIDENCE: ", (text: string) => text.slice(1)],
  ])("names what is wrong, and ends with 1: %s", async (named, change) => {
    const { file, text, key } = await savedEvidence();
    writeFileSync(file, change(text));
    const { code, stdout } = await verify(file, "--public-key", key);
    expect([code, stdout.startsWith(named)]).toEqual([1, true]);
  });

  it("names another key, and prints the report as JSON", async () => {
    const { file } = await savedEvidence();
    const other = await savedEvidence();
    const { code, stdout } = await verify(file, "--public-key", other.key, "--json");
    expect([code, JSON.parse(stdout)]).toMatchObject([1, { whole: false, faults: [{ fault: "other-key" }] }]);
  });

  it("must refuse: no file, two files, an option that it does not know, a file that is not there", async () => {
    const { file } = await savedEvidence();
    const calls = [[], [file, file], ["--what", file], [`${file}.none`]];
    const codes = await Promise.all(calls.map(async (args) => (await verify(...args)).code));
    expect(codes).toEqual([2, 2, 2, 2]);
  });
});
