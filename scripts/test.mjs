/**
 * Builds, sees to the real parts, runs the tests (arguments go to Vitest), and names every test that was skipped with
 * its reason. The last line counts. Under `CI=true` or `GATEHOUSE_NO_SKIP=1` a skipped real part is a failure.
 */
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildAll, root } from "./lib/build.mjs";
import { ensureParts } from "./lib/parts.mjs";
import { summarize } from "./lib/testReport.mjs";

const noSkip = process.env.CI === "true" || process.env.GATEHOUSE_NO_SKIP === "1";

try {
  await buildAll({ log: console.log });
} catch (error) {
  console.error(`The build failed: ${error.message}`);
  console.log("0 passed, 1 failed");
  process.exit(1);
}
await ensureParts(console.log);

const folder = await mkdtemp(join(tmpdir(), "gatehouse-tests-"));
const file = join(folder, "report.json");
const code = await runVitest(process.argv.slice(2), file);
const report = await readFile(file, "utf8").then(JSON.parse, () => null);
await rm(folder, { recursive: true, force: true });

const { lines, passed, failed, skipped } = summarize(report, { noSkip });
for (const line of lines) console.log(line);
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exit(code === 0 && failed === 0 && passed > 0 ? 0 : 1);

/** @returns {Promise<number | null>} */
function runVitest(more, reportFile) {
  const reporter = join(root, "scripts", "lib", "reporter.mjs");
  const args = ["run", ...more, "--reporter=default", `--reporter=${reporter}`];
  return new Promise((resolve) => {
    const child = spawn(join(root, "node_modules", ".bin", "vitest"), args, {
      cwd: root,
      env: { ...process.env, GATEHOUSE_TEST_REPORT: reportFile },
      stdio: ["ignore", "inherit", "inherit"],
    });
    for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => child.kill(signal));
    child.once("error", () => resolve(1));
    child.once("close", resolve);
  });
}
