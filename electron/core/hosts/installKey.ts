import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import ssh2 from "ssh2";
import type { InstalledKey } from "../../contract/hosts.ts";
import { Failure } from "../failure.ts";
import type { Clock, Random } from "../ports.ts";
import { fingerprintOf, type HostLink } from "../ssh/index.ts";

export interface InstallKeyDeps {
  hostId: string;
  hostName: string;
  link: HostLink;
  clock: Clock;
  random: Pick<Random, "bytes">;
  home: string;
  /** A link of its own that may use this key and nothing else. */
  linkWith(keyFile: string): Promise<HostLink>;
  /** Makes the host use it from now on; `null` when the old way stays. */
  use: ((keyFile: string) => Promise<void>) | null;
  signal?: AbortSignal | undefined;
}

/**
 * Adds or removes exactly one line of `authorized_keys`, read from standard input. A new file takes the old one's place in
 * one step, with its mode; a file that is a link stays one. Nothing else of it is touched.
 */
const script = `set -eu
umask 077
read -r line
dir=$HOME/.ssh
mkdir -p "$dir"
file=$dir/authorized_keys
[ -e "$file" ] || : > "$file"
file=$(readlink -f "$file")
new=$(mktemp "$file.XXXXXX")
trap 'rm -f "$new"' EXIT
cp -p "$file" "$new"
if [ "$1" = add ]; then
  grep -qxF -e "$line" "$file" || { [ -z "$(tail -c 1 "$new")" ] || echo >> "$new"; printf '%s\\n' "$line" >> "$new"; }
else
  { grep -vxF -e "$line" "$file" || [ $? = 1 ]; } > "$new"
fi
mv -f "$new" "$file"
trap - EXIT`;

/** Makes a key, installs it and proves it. What was done is undone when a later step fails. */
export async function installKey(deps: InstallKeyDeps): Promise<InstalledKey> {
  const { clock, signal } = deps;
  const steps: InstalledKey["steps"] = [];
  const step = async <T>(kind: InstalledKey["steps"][number]["kind"], work: () => Promise<T>): Promise<T> => {
    if (signal?.aborted) throw new Failure("CANCELLED");
    const from = clock.mono();
    const result = await work();
    steps.push({ kind, ms: Math.round(clock.mono() - from) });
    return result;
  };
  const key = await step("make", () => makeKey(deps));
  const undo: (() => Promise<unknown>)[] = [() => removeFiles(key.path)];
  try {
    undo.push(() => edit(deps.link, "remove", key.publicKey));
    await step("install", () => edit(deps.link, "add", key.publicKey, signal));
    await step("prove", () => prove(deps, key.path));
    const { use } = deps;
    if (use) await step("use", () => use(key.path));
    return { ...key, used: use !== null, steps };
  } catch (error) {
    for (const back of undo.reverse()) await back().catch(() => {});
    throw error;
  }
}

async function makeKey({ hostName, home, random }: InstallKeyDeps) {
  const folder = join(home, ".ssh");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const plain = hostName.replaceAll(/[^A-Za-z0-9_-]+/g, "-").slice(0, 40);
  const path = join(folder, `gatehouse_${plain}_${random.bytes(3).toString("hex")}`);
  const pair = ssh2.utils.generateKeyPairSync("ed25519", { comment: `gatehouse ${plain}` });
  await writeFile(path, pair.private, { mode: 0o600, flag: "wx" });
  await chmod(path, 0o600);
  await writeFile(`${path}.pub`, `${pair.public.trim()}\n`, { mode: 0o644, flag: "wx" });
  const publicKey = pair.public.trim();
  return { path, publicKey, fingerprint: fingerprintOf(Buffer.from(publicKey.split(" ")[1] ?? "", "base64")) };
}

async function removeFiles(path: string): Promise<void> {
  await Promise.all([path, `${path}.pub`].map((file) => rm(file, { force: true })));
}

async function edit(link: HostLink, act: "add" | "remove", line: string, signal?: AbortSignal): Promise<void> {
  const ran = await link.exec(["sh", "-c", script, "sh", act], { stdin: `${line}\n`, signal });
  if (ran.code === 0) return;
  const reason = ran.stderr.toString("utf8").trim().slice(0, 300);
  throw new Failure("COMMAND_FAILED", { command: "authorized_keys", reason });
}

async function prove({ linkWith, signal }: InstallKeyDeps, path: string): Promise<void> {
  const fresh = await linkWith(path);
  try {
    await fresh.ready({ signal });
  } finally {
    await fresh.dispose();
  }
}
