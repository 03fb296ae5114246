import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * A mark of the content of files and folders: the same when nothing was changed, whatever the clock says.
 *
 * @param {string} root
 * @param {readonly string[]} paths relative to `root`; one that is not there counts as empty
 */
export async function fingerprint(root, paths) {
  const files = (await Promise.all(paths.map((path) => filesOf(root, path)))).flat().sort();
  const hash = createHash("sha256").update(process.version);
  const bodies = await Promise.all(files.map((file) => readFile(join(root, file))));
  for (const [index, file] of files.entries()) hash.update(`\0${file}\0`).update(bodies[index] ?? "");
  return hash.digest("hex");
}

async function filesOf(root, path) {
  try {
    const entries = await readdir(join(root, path), { withFileTypes: true });
    const inside = entries.filter((entry) => entry.name !== "node_modules");
    return (await Promise.all(inside.map((entry) => filesOf(root, join(path, entry.name))))).flat();
  } catch (error) {
    if (error.code === "ENOTDIR") return [path];
    if (error.code === "ENOENT") return [];
    throw error;
  }
}
