import { randomBytes } from "node:crypto";
import { link, mkdir, readFile, rm, rmdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { z } from "zod";

const NAME = "instance.lock";
const TURN_MS = 20;
/** Together a second: far longer than clearing takes. */
const TURNS = 50;
const ABANDONED_MS = 5_000;

const holderSchema = z.object({ pid: z.number().int().positive(), started: z.string() });
type Holder = z.infer<typeof holderSchema>;

export type Claim =
  | { held: true; release(): Promise<void> }
  /** Someone else has the folder; `pid` is theirs. */
  | { held: false; pid: number };

/**
 * Claims a data folder for this process, so that two programs never write one audit chain. The claim is a file with the
 * holder's process id; one whose process is gone is taken over.
 */
export async function claimFolder(folder: string): Promise<Claim> {
  const path = join(folder, NAME);
  const mine: Holder = { pid: process.pid, started: await startMark(process.pid) };
  const draft = join(folder, `${NAME}.${randomBytes(8).toString("hex")}`);
  await writeFile(draft, JSON.stringify(mine), { mode: 0o600 });
  try {
    // Each turn either wins, meets a live holder, or sees to it that a stale claim goes.
    for (let turn = 0; turn < TURNS; turn++) {
      if (await linked(draft, path)) return { held: true, release: () => release(path, mine) };
      const holder = await readHolder(path);
      if (holder !== null && (await isAlive(holder))) return { held: false, pid: holder.pid };
      await clearStale(path);
    }
    throw new Error(`cannot claim ${folder}: others keep claiming it`);
  } finally {
    await rm(draft, { force: true });
  }
}

/** A hard link appears whole or not at all, and fails where the name is taken: an atomic "create if absent" with content. */
async function linked(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

async function readHolder(path: string): Promise<Holder | null> {
  try {
    return holderSchema.parse(JSON.parse(await readFile(path, "utf8")));
  } catch {
    return null;
  }
}

/**
 * Removes a claim whose holder is gone. Only one process at a time does that, and it looks again first: otherwise one
 * that had looked earlier would remove the claim which a faster one has just made.
 */
async function clearStale(path: string): Promise<void> {
  const guard = `${path}.clearing`;
  try {
    await mkdir(guard);
  } catch {
    // Somebody is at it. One who died in the middle of it is not waited for.
    const { mtimeMs } = await stat(guard).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > ABANDONED_MS) await rmdir(guard).catch(() => {});
    await setTimeout(TURN_MS);
    return;
  }
  try {
    const holder = await readHolder(path);
    if (holder === null || !(await isAlive(holder))) await rm(path, { force: true });
  } finally {
    await rmdir(guard).catch(() => {});
  }
}

async function release(path: string, mine: Holder): Promise<void> {
  const holder = await readHolder(path);
  if (holder?.pid === mine.pid && holder.started === mine.started) await rm(path, { force: true });
}

async function isAlive(holder: Holder): Promise<boolean> {
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    // EPERM: it is there, but another user's.
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  // Process ids are used again; the start time tells a newcomer from the holder, where the system shows it.
  return holder.started === "" || holder.started === (await startMark(holder.pid));
}

/** Start time of a process in clock ticks since boot (Linux, proc(5) field 22); empty elsewhere. */
async function startMark(pid: number): Promise<string> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, "utf8");
    // The name in brackets may hold blanks and brackets; the fields start behind the last one.
    return text.slice(text.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}
