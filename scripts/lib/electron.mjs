import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./build.mjs";

/**
 * Where the Electron program is, or why there is none. Looks, and never fetches: `require("electron")` would start a
 * download of a hundred megabytes from a site that many networks block.
 *
 * @returns {{ path: string } | { missing: string }}
 */
export function findElectron() {
  const folder = join(root, "node_modules", "electron");
  if (!existsSync(folder)) return { missing: "the electron package is not installed" };
  let name;
  try {
    name = readFileSync(join(folder, "path.txt"), "utf8").trim();
  } catch {
    return { missing: "the Electron runtime is not installed (npx install-electron fetches it)" };
  }
  const path = join(process.env.ELECTRON_OVERRIDE_DIST_PATH ?? join(folder, "dist"), name);
  return existsSync(path) ? { path } : { missing: "the Electron runtime is not where path.txt says" };
}
