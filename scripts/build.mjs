/** Builds what is out of date into `dist/`; `--force` builds everything. */
import { buildAll } from "./lib/build.mjs";

await buildAll({ force: process.argv.includes("--force"), log: console.log });
