import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, mkdir, open, realpath, rename, rm, statfs } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve } from "node:path";
import type { Readable } from "node:stream";
import type { Environment } from "./settings.ts";

const LARGEST = 64 * 1024;
const DEFAULT_DIR = "/run/secrets";
/** `f_type` of tmpfs and ramfs, from statfs(2). */
const IN_MEMORY: ReadonlySet<number> = new Set([0x01021994, 0x858458f6]);
const NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;

/** A refusal; the text is fixed, and `exitCode` 2 says "used wrongly", 1 "could not be done". */
export class WriteSecretError extends Error {
  override readonly name = "WriteSecretError";
  readonly exitCode: 1 | 2;

  constructor(message: string, exitCode: 1 | 2) {
    super(message);
    this.exitCode = exitCode;
  }
}

/**
 * Writes what comes on standard input to `path`: mode 0400, whole or not at all (a sibling file renamed into place),
 * below `/run/secrets`, or `SECRETS_DIR` where that is set. This is how a value gets into a container that has no
 * shell: neither an argument list nor an environment ever holds it.
 */
export async function writeSecret(path: string | undefined, input: Readable, env: Environment): Promise<void> {
  process.umask(0o077);
  const target = await checkedTarget(path, env.SECRETS_DIR || DEFAULT_DIR);
  if (!env.SECRETS_DIR) await refuseDisk(dirname(target));
  const value = await readAll(input);
  try {
    await replaceFile(target, value);
  } catch (error) {
    throw new WriteSecretError(`the file could not be written: ${codeOf(error)}`, 1);
  } finally {
    value.fill(0);
  }
}

/** Judged twice: as written, and again after links are followed, so that no link leads out. */
async function checkedTarget(path: string | undefined, base: string): Promise<string> {
  const usage = "usage: write-secret PATH, with the value on standard input";
  if (path === undefined || path === "" || path.includes("\0")) throw new WriteSecretError(usage, 2);
  const root = resolve(base);
  const target = resolve(path);
  if (!isInside(root, target) || !NAME.test(basename(target))) {
    throw new WriteSecretError("the path is not a plain name below the secrets folder", 2);
  }
  try {
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    const parent = await realpath(dirname(target));
    const realRoot = await realpath(root);
    if (parent !== realRoot && !isInside(realRoot, parent))
      throw new WriteSecretError("the path leads out of the secrets folder", 2);
    return join(parent, basename(target));
  } catch (error) {
    if (error instanceof WriteSecretError) throw error;
    throw new WriteSecretError(`the secrets folder cannot be used: ${codeOf(error)}`, 1);
  }
}

/** In a container that was started without a tmpfs the file would lie in a layer on the host's disk. */
async function refuseDisk(folder: string): Promise<void> {
  const { type } = await statfs(folder);
  if (!IN_MEMORY.has(type)) throw new WriteSecretError("the secrets folder is not in memory: mount a tmpfs there", 1);
}

function isInside(root: string, path: string): boolean {
  const rest = relative(root, path);
  return rest !== "" && !isAbsolute(rest) && !rest.split(/[\\/]/).includes("..");
}

async function readAll(input: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of input) {
    size += chunk.length;
    if (size > LARGEST) throw new WriteSecretError("the value is larger than 64 KiB", 1);
    chunks.push(chunk);
  }
  if (size === 0) throw new WriteSecretError("the value is empty", 1);
  return Buffer.concat(chunks, size);
}

async function replaceFile(target: string, value: Buffer): Promise<void> {
  const temporary = `${target}.${randomBytes(6).toString("hex")}.tmp`;
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  let handle: FileHandle | undefined;
  try {
    handle = await open(temporary, flags, 0o400);
    await handle.writeFile(value);
    await handle.sync();
    await handle.close();
    handle = undefined;
    await rename(temporary, target);
  } catch (error) {
    await handle?.close();
    await rm(temporary, { force: true });
    throw error;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "unknown";
}
