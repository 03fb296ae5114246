/**
 * Gathers the root file system of the image: Node's binary, what it and ONNX Runtime link to, the server, the models.
 * No shell, no package manager, no setuid program. Used by the Dockerfile's build stage and where no registry is at hand.
 *
 *     node rootfs.mjs FOLDER --bundle FILE --models FOLDER [--modules FOLDER]
 *
 * `--modules` is a `node_modules` with `onnxruntime-node`; without it the image serves chat only. Linux with glibc.
 */
import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

/** Numeric, so that `runAsNonRoot` checks can read it. */
const UID = 10001;

/**
 * @param {string} root an empty folder
 * @param {{ bundle: string; models: string; modules?: string | undefined }} from
 */
export function gatherRootfs(root, from) {
  // No /run: the engine would copy its owner and mode into a tmpfs that is mounted there, and lock our user out.
  for (const folder of ["usr/local/bin", "app", "models", "etc", "proc", "sys", "dev", "tmp"]) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  chmodSync(join(root, "tmp"), 0o1777);
  writeFileSync(join(root, "etc/passwd"), `inference:x:${UID}:${UID}:inference server:/app:/nonexistent\n`);
  writeFileSync(join(root, "etc/group"), `inference:x:${UID}:\n`);
  writeFileSync(join(root, "etc/nsswitch.conf"), "hosts: files dns\n");

  const binaries = [join(root, "usr/local/bin/node")];
  copyFileSync(process.execPath, join(root, "usr/local/bin/node"));
  chmodSync(join(root, "usr/local/bin/node"), 0o755);
  copyFileSync(from.bundle, join(root, "app/inference-server.mjs"));
  for (const name of readdirSync(from.models)) copyFileSync(join(from.models, name), join(root, "models", name));
  if (from.modules !== undefined) binaries.push(...copyRuntime(root, from.modules));

  for (const library of new Set(binaries.flatMap(linkedLibraries))) {
    if (library.startsWith(`${root}/`)) continue;
    mkdirSync(join(root, dirname(library)), { recursive: true });
    copyFileSync(library, join(root, library));
    chmodSync(join(root, library), 0o755);
  }
  for (const binary of binaries) strip(binary);
}

/** The JavaScript of both packages and the native files of this platform alone: 45 MB of 288. */
function copyRuntime(root, modules) {
  const native = join("bin/napi-v6", process.platform, process.arch);
  const copies = [
    ["onnxruntime-node", ["package.json", "dist", native]],
    ["onnxruntime-common", ["package.json", "dist/cjs"]],
  ];
  for (const [name, paths] of copies) {
    for (const path of paths) {
      const target = join(root, "app/node_modules", name, path);
      mkdirSync(dirname(target), { recursive: true });
      cpSync(join(modules, name, path), target, { recursive: true, filter: (file) => !/\.(map|d\.ts)$/.test(file) });
    }
  }
  const folder = join(root, "app/node_modules/onnxruntime-node", native);
  return readdirSync(folder).map((name) => join(folder, name));
}

/** Absolute paths of what the loader would map, itself included. */
function linkedLibraries(binary) {
  const lines = execFileSync("ldd", [binary], { encoding: "utf8" }).split("\n");
  const missing = lines.find((line) => line.includes("not found"));
  if (missing !== undefined) throw new Error(`${binary} needs ${missing.trim()}`);
  return lines.flatMap((line) => line.match(/(?:=>\s+)?(\/\S+)\s+\(0x/)?.[1] ?? []);
}

/** Debug information is a seventh of Node's binary. Where there is no `strip` the image is larger, not worse. */
function strip(binary) {
  if (!["/usr/bin/strip", "/usr/local/bin/strip"].some((path) => existsSync(path))) return;
  execFileSync("strip", ["--strip-unneeded", binary]);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { bundle: { type: "string" }, models: { type: "string" }, modules: { type: "string" } },
  });
  const [root] = positionals;
  if (root === undefined || values.bundle === undefined || values.models === undefined) {
    process.stderr.write("usage: node rootfs.mjs FOLDER --bundle FILE --models FOLDER [--modules FOLDER]\n");
    process.exit(2);
  }
  gatherRootfs(resolve(root), { bundle: values.bundle, models: values.models, modules: values.modules });
}
