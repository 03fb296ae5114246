/** `npm run audit:verify -- FILE_OR_FOLDER`: checks an audit log without the console. Exit status: 0 whole, 1 not, 2 usage. */
import { readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parseArgs } from "node:util";
import { AUDIT_KEY, headName, readHead, type VerifyOptions, verifyAudit } from "../electron/core/audit/index.ts";
import { inKeychain, keyInFile, keyInKeychain } from "./lib/givenKey.ts";

const usage = `npm run audit:verify -- FILE_OR_FOLDER [options]

  --keychain          takes the log's keys and its newest row from the system's keychain
  --key-file FILE     takes the key of the rows from a file (32 bytes, or 64 hexadecimal digits)
  --public-key FILE   checkpoints have to be signed with this key: PEM, as the console's audit page saves it
  --json              prints the report as JSON`;

const verdicts: Record<string, string> = {
  whole: "WHOLE: every row is as it was written, and none is missing.",
  altered: "ALTERED: a row is not what it was.",
  gap: "GAP: rows are missing.",
  torn: "TORN: the last line was not finished, as after a crash; the console repairs this at its next start.",
  truncated: "TRUNCATED: rows at the end are missing that were there before.",
  restamped: "RE-STAMPED: the hashes fit, but somebody without the console's key made them fit.",
  "unknown-key": "UNKNOWN KEY: rows are sealed with a key that is not at hand, so they prove nothing.",
  unreadable: "UNREADABLE: the log cannot be read.",
};

function keyFrom(file: string): Buffer {
  const bytes = readFileSync(file);
  const text = bytes.toString("latin1").trim();
  const key = /^[0-9a-f]{64}$/i.test(text) ? Buffer.from(text, "hex") : bytes;
  if (key.length !== 32) throw new Error(`${file} holds no key: 32 bytes, or 64 hexadecimal digits`);
  return key;
}

/** What the console itself would check with. */
async function fromKeychain(path: string): Promise<Partial<VerifyOptions>> {
  const folder = statSync(path).isDirectory() ? path : dirname(path);
  const key = await inKeychain(AUDIT_KEY);
  if (key === null) throw new Error("the system's keychain has no key of an audit log");
  const publicKey = await keyInKeychain();
  const head = readHead(await inKeychain(headName(folder)));
  return { keys: [key], ...(publicKey === null ? {} : { publicKey }), head };
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      keychain: { type: "boolean" },
      "key-file": { type: "string" },
      "public-key": { type: "string" },
      json: { type: "boolean" },
    },
  });
  const [path, ...more] = positionals;
  if (path === undefined || more.length > 0) {
    console.error(usage);
    return 2;
  }
  const report = await verifyAudit({
    path: resolve(path),
    ...(values.keychain ? await fromKeychain(resolve(path)) : {}),
    ...(values["key-file"] === undefined ? {} : { keys: [keyFrom(values["key-file"])] }),
    ...(values["public-key"] === undefined ? {} : { publicKey: keyInFile(values["public-key"]) }),
  });
  if (values.json) console.log(JSON.stringify(report, null, 2));
  else print(report);
  return report.verdict === "whole" ? 0 : 1;
}

function print(report: Awaited<ReturnType<typeof verifyAudit>>): void {
  const day = (at: number | null) => (at === null ? "-" : new Date(at).toISOString());
  console.log(verdicts[report.verdict]);
  console.log(`rows ${report.records}, files ${report.segments}, checkpoints ${report.checkpoints}`);
  console.log(`from ${day(report.firstAt)} to ${day(report.lastAt)}, read in ${report.durationMs} ms`);
  for (const { kind, file, line, note } of report.damage) console.log(`  ${kind}  ${file}:${line}  ${note}`);
  if (report.unchecked.length > 0) console.log("Not checked, or to be known:");
  for (const { text } of report.unchecked) console.log(`  ${text}`);
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
