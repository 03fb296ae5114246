/**
 * `npm run evidence:verify -- FILE`: checks saved log lines without the console. Exit status: 0 nothing is wrong, 1 the file
 * is not as it was signed, 2 it could not be checked, 3 signed with another key, 4 the audit log does not bear it out.
 */
import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { type AuditReport, type RowAnswer, rowIn, verifyAudit } from "../electron/core/audit/index.ts";
import { createEvidenceCheck, type EvidenceReport, plainText } from "../electron/core/logs/index.ts";
import { keyInFile, keyInKeychain } from "./lib/givenKey.ts";

const usage = `npm run evidence:verify -- FILE [options]

  --key FILE          it has to be signed with this key: PEM, as the console's audit page saves it
  --fingerprint TEXT  or with the key of this fingerprint: SHA256:…, as the audit page shows it
  --keychain          or with the key in this system's keychain
  --audit PATH        the audit log, its folder or one of its files: has to have the row that the file names
  --json              prints the report as JSON

Exit status: 0 nothing is wrong, 1 not as it was signed, 2 could not be checked, 3 another key, 4 the audit log differs`;

const FINGERPRINT = /^SHA256:[A-Za-z0-9+/]{43}$/;

/** What the audit log says of the row that a file names, and whether that log is whole itself. */
type Chain = RowAnswer & { log: AuditReport };

interface Options {
  key?: string | undefined;
  fingerprint?: string | undefined;
  keychain?: boolean | undefined;
}

async function wantedKey({ key, fingerprint, keychain }: Options): Promise<string | undefined> {
  if ([key, fingerprint, keychain].filter((each) => each !== undefined).length > 1)
    throw new Error("one of --key, --fingerprint and --keychain, not several");
  if (key !== undefined) return keyInFile(resolve(key));
  if (fingerprint !== undefined) {
    if (!FINGERPRINT.test(fingerprint)) throw new Error("a fingerprint is SHA256: and 43 letters, digits, + or /");
    return fingerprint;
  }
  if (keychain === undefined) return undefined;
  const own = await keyInKeychain();
  if (own === null) throw new Error("the system's keychain has no key that evidence is signed with");
  return own;
}

async function checked(path: string, key: string | undefined): Promise<EvidenceReport> {
  const check = createEvidenceCheck(key);
  for await (const chunk of createReadStream(path)) if (!check.take(chunk)) break;
  return check.end();
}

async function chainOf({ header }: EvidenceReport, path: string | undefined): Promise<Chain | null> {
  if (header === null || path === undefined) return null;
  const answer = await rowIn(resolve(path), header.audit);
  return { ...answer, log: await verifyAudit({ path: resolve(path), publicKey: header.public_key }) };
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      key: { type: "string" },
      fingerprint: { type: "string" },
      keychain: { type: "boolean" },
      audit: { type: "string" },
      json: { type: "boolean" },
    },
  });
  const [path, ...more] = positionals;
  if (path === undefined || more.length > 0) {
    console.error(usage);
    return 2;
  }
  const report = await checked(resolve(path), await wantedKey(values));
  const chain = await chainOf(report, values.audit);
  if (values.json) console.log(JSON.stringify({ ...report, audit: chain }, null, 2));
  else for (const line of [...verdicts(report, chain), ...contents(report)]) print(line);
  return statusOf(report, chain);
}

/** What others wrote into a file must not move the cursor, and must not look like a verdict. */
function print(line: string): void {
  console.log(plainText(line.replaceAll("\r", "\u240d")));
}

function statusOf({ faults }: EvidenceReport, chain: Chain | null): number {
  if (faults.some(({ fault }) => fault !== "other-key")) return 1;
  if (faults.length > 0) return 3;
  return chain !== null && (chain.row !== "found" || chain.log.verdict !== "whole") ? 4 : 0;
}

/** One line for each thing that was to be checked, whatever came of it. */
function verdicts({ faults, header, key, keyUnchecked }: EvidenceReport, chain: Chain | null): string[] {
  const noteOf = (fault: string) => faults.find((each) => each.fault === fault)?.note;
  if (header === null) return [`NOT EVIDENCE: ${noteOf("not-evidence")}.`];
  const [signature, lines, other] = [noteOf("header-changed"), noteOf("body-changed"), noteOf("other-key")];
  return [
    signature === undefined ? "SIGNATURE GOOD: the header is as it was signed." : `SIGNATURE BAD: ${signature}.`,
    lines === undefined ? `LINES GOOD: all ${header.lines} are as they were signed.` : `LINES CHANGED: ${lines}.`,
    keyUnchecked
      ? `KEY NOT CHECKED: ${key}. Compare it with the one on the console's audit page (--key, --fingerprint).`
      : other === undefined
        ? `KEY MATCHES: ${key}.`
        : `KEY DOES NOT MATCH: ${other}.`,
    ...(chain === null ? ["AUDIT ROW NOT CHECKED: give the audit log with --audit."] : chainLines(chain)),
    ...simulatedLines(header),
  ];
}

const rowWords = {
  found: "AUDIT ROW FOUND",
  absent: "AUDIT ROW ABSENT",
  differs: "AUDIT ROW DIFFERS",
  unreadable: "AUDIT LOG UNREADABLE",
};

function chainLines({ row, note, time, action, log }: Chain): string[] {
  const when = time === null ? "" : ` (${action}, ${time})`;
  const first = `${rowWords[row]}: ${note}${when}.`;
  if (row === "unreadable") return [first];
  if (log.verdict === "whole")
    return [first, `AUDIT LOG WHOLE: ${log.records} rows, ${log.checkpoints} checkpoints with the same key.`];
  const [worst] = log.damage;
  const where = worst === undefined ? "" : `, ${worst.file}:${worst.line} ${worst.note}`;
  return [first, `AUDIT LOG NOT WHOLE: ${log.verdict}${where}; npm run audit:verify tells all of it.`];
}

type Header = NonNullable<EvidenceReport["header"]>;

function simulatedLines({ simulated }: Header): string[] {
  if (simulated === "none") return [];
  return [`SIMULATED: ${simulated} of the sources are practice, not real hosts.`];
}

const MOST_SOURCES = 20;

function contents({ header }: EvidenceReport): string[] {
  if (header === null) return [];
  const { actor, sources, audit } = header;
  const names = sources
    .slice(0, MOST_SOURCES)
    .map(({ name, host, simulated }) => `${host}/${name}${simulated ? " (simulated)" : ""}`);
  if (sources.length > MOST_SOURCES) names.push(`and ${sources.length - MOST_SOURCES} more`);
  return [
    `saved ${header.time} by ${actor.user} (${actor.door}), version ${header.app_version}`,
    `sources ${names.join(", ")}`,
    `lines ${header.lines} (older left out ${header.left}, lost before ${header.skipped})`,
    `from ${header.first ?? "-"} to ${header.last ?? "-"}`,
    ...(Object.keys(header.filter).length > 0 ? [`filter ${JSON.stringify(header.filter)}`] : []),
    ...(header.note === "" ? [] : [`note ${header.note}`]),
    `newest row of the audit log ${audit.log_id} then: ${audit.seq} ${audit.hash}`,
  ];
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
