/**
 * Runs the benches: `npm run bench [-- NAME…] [--json]`. A table of figures beside their peers; with `--json` the last
 * line is one array. Exit status 1 where a goal is missed, or a peer for a goal is absent.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { judgeRow, tableOf } from "./lib/benchTable.mjs";
import { buildAll, root } from "./lib/build.mjs";
import { bundleScript } from "./lib/bundleScript.mjs";

const known = [
  "start",
  "transport",
  "masking",
  "detect",
  "logs",
  "filter",
  "view",
  "tunnels",
  "secrets",
  "rotation",
  "inference",
  "fleet",
];
const args = process.argv.slice(2);
const asJson = args.includes("--json");
const wanted = args.filter((arg) => arg !== "--json");
const fileOf = (name) => join(root, "test", "bench", `${name}.ts`);
const there = known.filter((name) => existsSync(fileOf(name)));

const unknown = wanted.filter((name) => !there.includes(name));
if (unknown.length > 0) {
  console.error(`No bench called ${unknown.join(", ")}. There are: ${there.join(", ")}.`);
  process.exit(2);
}

await buildAll({ log: console.error });
const judged = [];
for (const name of wanted.length > 0 ? wanted : there) {
  const { bench } = await import(pathToFileURL(await bundleScript(fileOf(name))).href);
  const rows = (await bench()).map(judgeRow);
  console.log(`\n${name}\n${tableOf(rows)}`);
  judged.push(...rows);
}
const missed = judged.filter((row) => !row.ok);
for (const row of missed) console.log(`missed: ${row.name}${row.ratio === null ? ` (no peer: ${row.peerName})` : ""}`);
if (asJson) {
  console.log(
    JSON.stringify(
      judged.map(({ name, ours, peer, unit, ratio, goal, ok }) => ({ name, ours, peer, unit, ratio, goal, ok })),
    ),
  );
}
process.exit(missed.length > 0 ? 1 : 0);
