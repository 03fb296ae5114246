import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { AUDIT_KEY, pemOf } from "../../../electron/core/audit/index.ts";
import { runProgram } from "../../helpers/keyringSession.ts";
import { finishedLog, linesIn, withAll, writeLines } from "../core/audit/setup.ts";

const script = new URL("../../../scripts/audit-verify.ts", import.meta.url);
const verify = (...args: string[]) => runProgram(script, args, { PATH: process.env.PATH ?? "" });

async function withKeyFile() {
  const log = await finishedLog();
  const keyFile = join(log.ports.paths.data, "key");
  writeFileSync(keyFile, log.keys.values.get(AUDIT_KEY)!.toString("hex"));
  const publicKey = join(log.ports.paths.data, "key.pem");
  writeFileSync(publicKey, pemOf(withAll(log).publicKey!));
  const all = [log.dir, "--key-file", keyFile, "--public-key", publicKey];
  return { ...log, keyFile, all };
}

describe("audit:verify", () => {
  it("calls a whole log whole, and says what it could not check", async () => {
    const { all } = await withKeyFile();
    const { code, stdout, stderr } = await verify(...all);
    expect({
      code,
      stderr,
      lines: stdout
        .replace(/read in \d+ ms/, "read in N ms")
        .trimEnd()
        .split("\n"),
    }).toEqual({
      code: 0,
      stderr: "",
      lines: [
        "WHOLE: every row is as it was written, and none is missing.",
        "rows 11, files 1, checkpoints 1",
        "from 2026-03-01T12:00:00.000Z to 2026-03-01T12:00:00.090Z, read in N ms",
        "Not checked, or to be known:",
        "  The head kept apart from the log was not at hand: rows cut off since the last checkpoint would not show.",
      ],
    });
  });

  it("names what is wrong, with its place, and ends with 1", async () => {
    const log = await withKeyFile();
    writeLines(log.segment, linesIn(log.segment).with(3, linesIn(log.segment)[3]!.replace("gpu-1", "gpu-2")));
    const { code, stdout } = await verify(log.segment);
    expect({ code, lines: stdout.split("\n").filter((line) => /altered/i.test(line)) }).toEqual({
      code: 1,
      lines: ["ALTERED: a row is not what it was.", "  altered  audit-2026-03.jsonl:4  its fields do not fit its hash"],
    });
  });

  it("prints the report as JSON", async () => {
    const { all } = await withKeyFile();
    const { stdout } = await verify(...all, "--json");
    expect(JSON.parse(stdout)).toMatchObject({ verdict: "whole", records: 11, damage: [] });
  });

  it("must refuse: no path, two paths, an option that it does not know, a key that is none", async () => {
    const { dir, segment } = await withKeyFile();
    const wrong = [
      [],
      [dir, dir],
      [dir, "--what"],
      [dir, "--key-file", segment],
      [dir, "--public-key", segment],
      [dir, "--key-file", "/nowhere"],
    ];
    const codes = await Promise.all(wrong.map((args) => verify(...args).then(({ code, stdout }) => [code, stdout])));
    expect(codes).toEqual(wrong.map(() => [2, ""]));
  });

  it("tells a path that is not there", async () => {
    const { code, stdout } = await verify("/nowhere/audit");
    expect([code, stdout.split("\n")[0]]).toEqual([1, "UNREADABLE: the log cannot be read."]);
  });
});
