/** Runs a TypeScript file: `node scripts/run.mjs FILE [ARGUMENTS]`. */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { bundleScript } from "./lib/bundleScript.mjs";

const [file, ...args] = process.argv.slice(2);
if (file === undefined) {
  console.error("Which file? node scripts/run.mjs FILE [ARGUMENTS]");
  process.exit(2);
}
const source = resolve(file);
const bundle = await bundleScript(source);
process.argv = [process.argv[0], source, ...args];
await import(pathToFileURL(bundle).href);
