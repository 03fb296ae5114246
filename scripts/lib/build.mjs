import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { fingerprint } from "./fingerprint.mjs";

export const root = fileURLToPath(new URL("../..", import.meta.url));
export const dist = join(root, "dist");

const STAMPS = join(dist, ".stamps.json");

/**
 * What is built, from what, into what. `inputs` and `outputs` are relative to the project and to `dist/`; a stage is run
 * when the content of its inputs is not that of its last run, or an output is gone.
 */
const stages = [
  {
    name: "programs",
    inputs: ["electron", "scripts/lib/build.mjs", "package.json", "package-lock.json"],
    outputs: ["main.mjs", "preload.cjs", "core.mjs", "serve.mjs"],
    run: buildPrograms,
  },
  {
    name: "model server",
    inputs: ["assets/inference-server/src", "scripts/lib/inferenceBundle.mjs", "package-lock.json"],
    outputs: ["inference-server.mjs"],
    run: async (folder) =>
      (await import("./inferenceBundle.mjs")).buildInferenceServer(join(folder, "inference-server.mjs")),
  },
  {
    name: "assets",
    inputs: ["assets"],
    outputs: ["assets"],
    // Source of the model server is in the way: what runs is its bundle.
    run: (folder) =>
      cp(join(root, "assets"), join(folder, "assets"), {
        recursive: true,
        filter: (path) => !/inference-server[\\/](?:src|node_modules|tsconfig\.json|package-lock\.json)/.test(path),
      }),
  },
  {
    name: "page",
    inputs: ["renderer", "electron/contract", "vite.config.ts", "scripts/lib/build.mjs", "package-lock.json"],
    outputs: ["renderer"],
    run: buildPage,
  },
];

/**
 * @param {{ force?: boolean, log?: (line: string) => void }} options
 * @returns {Promise<string[]>} names of the stages that were run
 */
export async function buildAll({ force = false, log = () => undefined } = {}) {
  const stamps = await readStamps();
  const marks = await Promise.all(stages.map((stage) => fingerprint(root, stage.inputs)));
  const built = [];
  for (const [index, stage] of stages.entries()) {
    if (!force && stamps[stage.name] === marks[index] && (await areThere(stage.outputs))) continue;
    const start = performance.now();
    const folder = join(dist, `.building-${process.pid}`);
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    try {
      await stage.run(folder);
      for (const output of stage.outputs) await replace(join(folder, output), join(dist, output));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
    built.push(stage.name);
    stamps[stage.name] = marks[index];
    await writeFile(`${STAMPS}.${process.pid}`, JSON.stringify(stamps));
    await rename(`${STAMPS}.${process.pid}`, STAMPS);
    log(`built ${stage.name} in ${((performance.now() - start) / 1000).toFixed(1)} s`);
  }
  return built;
}

async function buildPrograms(folder) {
  const { build } = await import("esbuild");
  const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  const common = {
    bundle: true,
    platform: "node",
    target: "node20.19",
    packages: "external",
    legalComments: "none",
    sourcemap: "linked",
    sourcesContent: false,
    logLevel: "warning",
    define: { GATEHOUSE_VERSION: JSON.stringify(version) },
  };
  const entries = Object.fromEntries(
    ["main", "core", "serve"].map((name) => [name, join(root, `electron/${name}.ts`)]),
  );
  await Promise.all([
    build({ ...common, entryPoints: entries, outdir: folder, outExtension: { ".js": ".mjs" }, format: "esm" }),
    // A sandboxed preload script is CommonJS and may require nothing but Electron's few modules.
    build({
      ...common,
      entryPoints: [join(root, "electron/preload.ts")],
      outfile: join(folder, "preload.cjs"),
      format: "cjs",
      packages: "bundle",
      external: ["electron"],
      sourcemap: false,
    }),
  ]);
}

async function buildPage(folder) {
  const { build } = await import("vite");
  // A test runner that builds has an environment of its own; what is built is what is shipped.
  const { NODE_ENV } = process.env;
  process.env.NODE_ENV = "production";
  try {
    await build({
      configFile: join(root, "vite.config.ts"),
      mode: "production",
      logLevel: "warn",
      build: { outDir: join(folder, "renderer"), emptyOutDir: true },
    });
  } finally {
    if (NODE_ENV === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = NODE_ENV;
  }
  await compressFolder(join(folder, "renderer"));
}

/** Below this a compressed file saves less than it costs. */
const COMPRESS_FROM_BYTES = 1024;

async function compressFolder(folder) {
  const names = (await readdir(folder, { recursive: true })).filter((name) => /\.(?:js|css|html|svg|json)$/.test(name));
  await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      const body = await readFile(path);
      if (body.length < COMPRESS_FROM_BYTES) return;
      // Level 9 takes a third of the time of 11 and loses some 2 %.
      const params = { [constants.BROTLI_PARAM_QUALITY]: 9 };
      await writeFile(`${path}.br`, await promisify(brotliCompress)(body, { params }));
      await writeFile(`${path}.gz`, await promisify(gzip)(body, { level: 9 }));
    }),
  );
}

/** A rename is whole or not at all; who runs from the old file goes on with it. */
async function replace(from, to) {
  const old = join(dirname(from), ".old");
  await rename(to, old).catch(() => undefined);
  await rename(from, to);
  await rename(`${from}.map`, `${to}.map`).catch(() => undefined);
  await rm(old, { recursive: true, force: true });
}

async function readStamps() {
  try {
    return JSON.parse(await readFile(STAMPS, "utf8"));
  } catch {
    return {};
  }
}

async function areThere(outputs) {
  const names = new Set(await readdir(dist).catch(() => []));
  return outputs.every((output) => names.has(output));
}
