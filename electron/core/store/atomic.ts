import { mkdir, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { Failure, reasonOf } from "../failure.ts";
import type { Clock, Random } from "../ports.ts";

export interface AtomicDeps {
  clock: Pick<Clock, "after">;
  random: Pick<Random, "bytes">;
  /** For tests; default this machine's. */
  platform?: NodeJS.Platform;
  /** For tests; default `rename` of node:fs. */
  renameFile?: (from: string, to: string) => Promise<void>;
}

/** A virus scanner or an indexer holds a fresh file for some hundred milliseconds on Windows; then renaming works. */
const RENAME_TRIES = 10;
const RENAME_WAIT_MS = 50;
const HELD_BY_ANOTHER = new Set(["EPERM", "EACCES", "EBUSY"]);

/**
 * Replaces `file` (mode 0600) by `bytes`, so that a crash or a full disk at any moment leaves either the old or the new
 * content. On disk when it resolves. Rejects with `STORE_UNWRITABLE` {file, reason}; the old content is then untouched.
 */
export async function writeFileAtomic(file: string, bytes: Uint8Array | string, deps: AtomicDeps): Promise<void> {
  const folder = dirname(file);
  const temporary = join(folder, `.${basename(file)}.${deps.random.bytes(6).toString("hex")}.tmp`);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const handle = await open(temporary, "wx", 0o600);
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await renameHeld(temporary, file, deps);
    await syncFolder(folder, deps.platform);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw unwritable(file, error);
  }
}

/** The failure of a file that could not be written, by its name alone: a full path says too much in a log. */
export function unwritable(file: string, cause: unknown): Failure {
  return new Failure(
    "STORE_UNWRITABLE",
    { file: basename(file), reason: errorCode(cause) ?? reasonOf(cause) },
    { cause },
  );
}

export function errorCode(error: unknown): string | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : undefined;
}

async function renameHeld(from: string, to: string, deps: AtomicDeps): Promise<void> {
  const renameFile = deps.renameFile ?? rename;
  const tries = (deps.platform ?? process.platform) === "win32" ? RENAME_TRIES : 1;
  for (let attempt = 1; ; attempt++) {
    try {
      return await renameFile(from, to);
    } catch (error) {
      if (attempt >= tries || !HELD_BY_ANOTHER.has(errorCode(error) ?? "")) throw error;
      await new Promise<void>((resolve) => deps.clock.after(RENAME_WAIT_MS, resolve));
    }
  }
}

/** A rename lasts through a power cut only once the folder is on disk too. Windows cannot open a folder for this. */
export async function syncFolder(folder: string, platform: NodeJS.Platform = process.platform): Promise<void> {
  if (platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
