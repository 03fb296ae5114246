import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { buildInferenceServer } from "../../../scripts/lib/inferenceBundle.mjs";

const run = promisify(execFile);
const projectFile = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

export const inferenceImage = "gatehouse/inference-server:lab";

/** What the Dockerfile's last stage says; a test compares the two. */
export const imageConfig = [
  "ENV AUTH_TOKEN_FILE=/run/secrets/auth_token",
  "ENV MODEL_DIR=/models",
  "WORKDIR /app",
  "USER 10001:10001",
  "EXPOSE 8000",
  'HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ["/usr/local/bin/node", "/app/inference-server.mjs", "health"]',
  'ENTRYPOINT ["/usr/local/bin/node", "/app/inference-server.mjs"]',
] as const;

const SOURCE_LABEL = "org.gatehouse.lab.source";

/**
 * Makes the image of the reference server without a registry: the same root file system as the Dockerfile's, imported
 * into the engine behind `dockerSocket`. Takes some 5 s; an image of the same source is used again.
 *
 * @returns the tag, {@link inferenceImage}
 */
export async function buildInferenceImage(dockerSocket: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "gatehouse-image-"));
  const docker = ["-H", `unix://${dockerSocket}`];
  try {
    const bundle = join(folder, "inference-server.mjs");
    const root = join(folder, "root");
    await buildInferenceServer(bundle);
    const gather = projectFile("assets/inference-server/rootfs.mjs");
    const source = await digestOf([bundle, gather, fileURLToPath(import.meta.url)]);
    if ((await labelOf(docker)) === source) return inferenceImage;
    const from = [
      "--bundle",
      bundle,
      "--models",
      projectFile("assets/models"),
      "--modules",
      projectFile("node_modules"),
    ];
    await run(process.execPath, [gather, root, ...from]);
    const changes = [...imageConfig, `LABEL ${SOURCE_LABEL}=${source}`].flatMap((line) => ["--change", line]);
    await importTar(root, [...docker, "import", ...changes, "-", inferenceImage]);
    return inferenceImage;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function digestOf(files: readonly string[]): Promise<string> {
  const hash = createHash("sha256").update(process.version);
  for (const file of files) hash.update(await readFile(file));
  return hash.digest("hex");
}

async function labelOf(docker: readonly string[]): Promise<string | null> {
  const format = `{{ index .Config.Labels "${SOURCE_LABEL}" }}`;
  const inspect = run("docker", [...docker, "image", "inspect", "--format", format, inferenceImage]);
  return inspect.then(
    ({ stdout }) => stdout.trim(),
    () => null,
  );
}

/** `tar | docker import`; owned by root, so that the server cannot change itself. */
function importTar(root: string, importArgs: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const tar = spawn("tar", ["-C", root, "--owner=0", "--group=0", "--numeric-owner", "-c", "."], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const docker = spawn("docker", importArgs, { stdio: [tar.stdout, "ignore", "pipe"] });
    let said = "";
    docker.stderr.on("data", (chunk) => {
      said += String(chunk);
    });
    tar.once("error", reject);
    docker.once("error", reject);
    docker.once("close", (code) => (code === 0 ? resolve() : reject(new Error(`docker import: ${said.trim()}`))));
    tar.stdout.destroy();
  });
}
