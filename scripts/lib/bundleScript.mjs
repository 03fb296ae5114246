import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** A file goes on thinking that it lies where it was written, although it runs from `dist/`. */
const keepPlace = {
  name: "keep-place",
  setup(build) {
    build.onLoad({ filter: /\.(?:ts|tsx|mjs)$/ }, async ({ path }) => {
      if (path.includes("node_modules")) return undefined;
      const text = await readFile(path, "utf8");
      const place = { url: pathToFileURL(path).href, dirname: dirname(path), filename: path };
      const contents = text.replace(/(?<!["'`/])\bimport\.meta\.(url|dirname|filename)\b/g, (_, name) =>
        JSON.stringify(place[name]),
      );
      return { contents, loader: path.endsWith(".mjs") ? "js" : path.endsWith("x") ? "tsx" : "ts" };
    });
  },
};

/**
 * Bundles a TypeScript file into one that plain Node runs; packages stay outside.
 *
 * @param {string} source absolute path
 * @returns {Promise<string>} absolute path of the bundle, below `dist/.run`
 */
export async function bundleScript(source) {
  const mark = createHash("sha256").update(source).digest("hex").slice(0, 8);
  const outfile = join(root, "dist", ".run", `${basename(source).replace(/\.\w+$/, "")}-${mark}.mjs`);
  await build({
    entryPoints: [source],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20.19",
    format: "esm",
    packages: "external",
    jsx: "automatic",
    sourcemap: "inline",
    logLevel: "warning",
    plugins: [keepPlace],
  });
  return outfile;
}
