/** `npm run evidence:verify -- FILE`: checks saved log lines without the console. Exit status: 0 whole, 1 not, 2 usage. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { AUDIT_SIGNING_KEY, publicKeyOf, readSigningKey } from "../electron/core/audit/index.ts";
import { keytarKeyring } from "../electron/core/keychain/index.ts";
import { type EvidenceReport, verifyEvidence } from "../electron/core/logs/index.ts";
import { systemClock, systemRandom } from "../electron/core/node.ts";

const usage = `npm run evidence:verify -- FILE [options]

  --public-key HEX    it has to be signed with this key (the audit log's checkpoints.jsonl begins with it)
  --keychain          it has to be signed with the key in this system's keychain
  --json              prints the report as JSON`;

const faults: Record<string, string> = {
  "not-evidence": "NOT EVIDENCE",
  "header-changed": "HEADER CHANGED",
  "body-changed": "LINES CHANGED",
  "other-key": "ANOTHER KEY",
};

async function keyInKeychain(): Promise<string> {
  const keyring = keytarKeyring({ clock: systemClock(), random: systemRandom() });
  const text = await keyring.get("gatehouse", AUDIT_SIGNING_KEY);
  const key = text === null ? null : readSigningKey(Buffer.from(text, "base64"));
  if (key === null) throw new Error("the system's keychain has no key that evidence is signed with");
  return publicKeyOf(key);
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { "public-key": { type: "string" }, keychain: { type: "boolean" }, json: { type: "boolean" } },
  });
  const [path, ...more] = positionals;
  if (path === undefined || more.length > 0) {
    console.error(usage);
    return 2;
  }
  const key = values.keychain ? await keyInKeychain() : values["public-key"];
  const report = verifyEvidence(readFileSync(resolve(path)), key);
  if (values.json) console.log(JSON.stringify(report, null, 2));
  else print(report);
  return report.whole ? 0 : 1;
}

function print({ whole, faults: found, header, key, keyUnchecked }: EvidenceReport): void {
  if (whole) console.log("WHOLE: header and lines are as they were signed.");
  for (const { fault, note } of found) console.log(`${faults[fault]}: ${note}.`);
  if (header === null) return;
  const { actor, sources, audit } = header;
  const names = sources.map(({ name, host, simulated }) => `${host}/${name}${simulated ? " (simulated)" : ""}`);
  console.log(`saved ${header.time} by ${actor.user} (${actor.door}), version ${header.app_version}`);
  console.log(`sources ${names.join(", ")}`);
  console.log(`lines ${header.lines} (older left out ${header.left}, lost before ${header.skipped})`);
  console.log(`from ${header.first ?? "-"} to ${header.last ?? "-"}`);
  if (Object.keys(header.filter).length > 0) console.log(`filter ${JSON.stringify(header.filter)}`);
  if (header.note !== "") console.log(`note ${header.note}`);
  console.log(`newest row of the audit log ${audit.log_id} then: ${audit.seq} ${audit.hash}`);
  console.log(`key ${key}: ${header.public_key}`);
  if (keyUnchecked)
    console.log("Not checked: whose key it is. Compare it with the one in the audit log's checkpoints.jsonl.");
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
