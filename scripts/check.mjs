/** Types, lint, the house rules and the catalogue, at once; silent where all is well. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { root } from "./lib/build.mjs";

const bin = (name) => join(root, "node_modules", ".bin", name);
const layers = ["electron/contract", "electron/core", "electron", "renderer", "assets/inference-server", "test"];
const catalogue = ["scripts/check-catalogue.ts", "scripts/catalogue.ts"].find((file) => existsSync(join(root, file)));

const checks = [
  ...layers.map((layer) => [`types of ${layer}`, bin("tsc"), ["-p", layer]]),
  ["lint", bin("biome"), ["check", "--error-on-warnings", "--max-diagnostics=50"]],
  ["house rules", bin("vitest"), ["run", "--project", "architecture", "--reporter=dot"]],
  ...(catalogue === undefined ? [] : [["catalogue", process.execPath, ["scripts/run.mjs", catalogue]]]),
];

let wrong = 0;
for (const [name, program, args] of checks) {
  const { code, text } = await run(program, args);
  if (code === 0) continue;
  wrong += 1;
  console.error(`\n${name}:\n${text.trimEnd()}`);
}
if (wrong > 0) {
  console.error(`\n${wrong} of ${checks.length} checks failed`);
  process.exit(1);
}
console.log(`${checks.length} checks passed`);

/** @returns {Promise<{ code: number | null, text: string }>} */
function run(program, args) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    let text = "";
    const take = (data) => {
      text += data;
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.once("error", (error) => resolve({ code: 1, text: String(error) }));
    child.once("close", (code) => resolve({ code, text }));
  });
}
