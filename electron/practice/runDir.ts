import { mkdtempSync, readdirSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";

/** `f_type` of tmpfs, from statfs(2). */
const tmpfs = 0x01021994;
const memory = "/dev/shm";

/**
 * A fresh private folder for what the containers of one run hold: in memory where the system has such a place, since
 * it stands for their tmpfs, else in `dir`. Folders of runs that were killed are removed first.
 */
export function openRunDir(dir: string, base: string = inMemory() ? memory : dir): string {
  const prefix = "gatehouse-practice-";
  for (const each of new Set([dir, base])) sweep(each, prefix);
  try {
    return mkdtempSync(join(base, `${prefix}${process.pid}-`));
  } catch {
    return mkdtempSync(join(dir, `${prefix}${process.pid}-`));
  }
}

function inMemory(): boolean {
  try {
    return statfsSync(memory).type === tmpfs;
  } catch {
    return false;
  }
}

function sweep(base: string, prefix: string): void {
  for (const name of readdirSync(base)) {
    const match = /^(\d+)-/.exec(name.startsWith(prefix) ? name.slice(prefix.length) : "");
    if (match === null || isAlive(Number(match[1]))) continue;
    try {
      rmSync(join(base, name), { recursive: true, force: true });
    } catch {
      // Another user's: not ours to remove.
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
