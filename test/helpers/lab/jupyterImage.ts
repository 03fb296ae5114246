import { execFile, spawn } from "node:child_process";
import { chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { which } from "./process.ts";

const run = promisify(execFile);

export const jupyterImage = "lab/jupyter:1";

/** Large, and needed by no server and no kernel. */
const left = [
  "pip",
  "apt",
  "apt_pkg*",
  "aptsources",
  "setuptools",
  "lxml",
  "coverage",
  "pkg_resources",
  "gi",
  "py",
  "html5lib",
  "bs4",
  "oauthlib",
];

/** Gathers Debian's Python and Jupyter of this machine below `$1`, and the libraries that their parts ask for. */
const gather = [
  "set -e",
  'mkdir -p "$1/usr/bin" "$1/usr/lib/python3" "$1/usr/lib64" "$1/usr/share" "$1/etc" "$1/tmp" "$1/run" "$1/proc" "$1/sys" "$1/dev"; chmod 1777 "$1/tmp"',
  'for each in bin lib lib64; do ln -s "usr/$each" "$1/$each"; done',
  'cp "$2" "$1/usr/bin/busybox"',
  'for name in $("$2" --list); do [ -e "$1/usr/bin/$name" ] || ln -s busybox "$1/usr/bin/$name"; done',
  "python=$(readlink /usr/bin/python3)",
  'cp "/usr/bin/$python" "$1/usr/bin/$python" && ln -sf "$python" "$1/usr/bin/python3"',
  'cp /usr/bin/jupyter* "$1/usr/bin/"',
  'cp -a "/usr/lib/$python" "$1/usr/lib/$python"',
  `tar -C /usr/lib/python3 ${left.map((name) => `--exclude=dist-packages/${name}`).join(" ")} -c dist-packages | tar -C "$1/usr/lib/python3" -x`,
  'cp -a /usr/share/jupyter "$1/usr/share/jupyter"',
  'find "$1/usr/lib/$python" "$1/usr/lib/python3" "$1/usr/bin/$python" \\( -name "*.so" -o -name "*.so.*" -o -name "$python" \\) -type f \\',
  "  -exec ldd {} + 2>/dev/null | sed -n -e 's/.*=> \\(\\/[^ ]*\\) (0x.*/\\1/p' -e 's/^\\s*\\(\\/[^ ]*ld-linux[^ ]*\\) (0x.*/\\1/p' \\",
  "  | sort -u | while read -r file; do",
  '  mkdir -p "$1/usr$(dirname "$file" | sed "s,^/usr,,")"; cp -L "$file" "$1/usr$(echo "$file" | sed "s,^/usr,,")"; done',
].join("\n");

/**
 * An image with this machine's own Jupyter, made without a registry: some 200 MB, in some 15 s. Its user is 1000:100,
 * whose work folder is `/home/jovyan/work`, as in the images of jupyter/docker-stacks.
 *
 * @returns its tag
 */
export async function buildJupyterImage(socket: string): Promise<string> {
  const root = mkdtempSync(join(tmpdir(), "gatehouse-jupyter-image-"));
  try {
    await run("sh", ["-c", gather, "sh", root, which("busybox") ?? ""], { maxBuffer: 2 ** 24 });
    writeFileSync(join(root, "etc/passwd"), "root:x:0:0::/root:/bin/sh\njovyan:x:1000:100::/home/jovyan:/bin/sh\n");
    writeFileSync(join(root, "etc/group"), "root:x:0:\nusers:x:100:\n");
    for (const path of ["root", "home", "home/jovyan", "home/jovyan/work"]) mkdirSync(join(root, path));
    for (const path of ["home/jovyan", "home/jovyan/work"]) chownSync(join(root, path), 1000, 100);
    await importRoot(socket, root);
    return jupyterImage;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

const config = [
  "ENV PATH=/usr/bin",
  "ENV HOME=/home/jovyan",
  "USER 1000:100",
  "WORKDIR /home/jovyan",
  "EXPOSE 8888",
  'CMD ["jupyter-server", "--no-browser", "--ip=0.0.0.0"]',
];

function importRoot(socket: string, root: string): Promise<void> {
  const changes = config.flatMap((line) => ["--change", line]);
  return new Promise((resolve, reject) => {
    const tar = spawn("tar", ["-C", root, "--numeric-owner", "-c", "."], { stdio: ["ignore", "pipe", "inherit"] });
    const docker = spawn("docker", ["-H", `unix://${socket}`, "import", ...changes, "-", jupyterImage], {
      stdio: [tar.stdout, "ignore", "pipe"],
    });
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
