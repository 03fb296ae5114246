/** The files of a log: one segment a month, the checkpoints beside them, and what a crash left behind. */
import { createHash } from "node:crypto";
import { open, readdir, truncate } from "node:fs/promises";
import { basename, join } from "node:path";
import { type AtomicDeps, errorCode, writeFileAtomic } from "../store/index.ts";
import { linesBackward } from "./lines.ts";
import { type AuditRecord, parseLine } from "./record.ts";

export const CHECKPOINTS_FILE = "checkpoints.jsonl";
const SEGMENT = /^audit-\d{4}-\d{2}\.jsonl$/;

export function segmentName(timestamp: string): string {
  return `audit-${timestamp.slice(0, 7)}.jsonl`;
}

/** Names of the segments, oldest first. A folder that is not there has none. */
export async function segmentNames(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => SEGMENT.test(name)).sort();
  } catch (error) {
    if (errorCode(error) === "ENOENT") return [];
    throw error;
  }
}

/**
 * Rows from the newest to the oldest; lines that are no rows are passed over (`verify` tells of them). A segment that
 * can't be read rejects, or is passed over too.
 */
export async function* recordsBackward(
  folder: string,
  options: { signal?: AbortSignal | undefined; unreadable?: "reject" | "pass over" } = {},
): AsyncGenerator<AuditRecord> {
  const { signal, unreadable = "reject" } = options;
  for (const name of (await segmentNames(folder)).reverse()) {
    try {
      for await (const line of linesBackward(join(folder, name), signal)) {
        const record = parseLine(line);
        if (record !== null) yield record;
      }
    } catch (error) {
      signal?.throwIfAborted();
      if (unreadable === "reject") throw error;
    }
  }
}

export async function newestRecord(folder: string): Promise<AuditRecord | null> {
  for await (const record of recordsBackward(folder)) return record;
  return null;
}

/** The hash of row `seq`, or null when it is not there. */
export async function hashAt(folder: string, seq: number): Promise<string | null> {
  for await (const record of recordsBackward(folder)) {
    if (record.seq === seq) return record.hash;
    if (record.seq < seq) return null;
  }
  return null;
}

export interface Recovery {
  /** Name of the file that was repaired. */
  file: string;
  /** Bytes that were cut out, their SHA-256, and the name of the file that holds them now. */
  bytes: number;
  sha256: string;
  setAside: string;
}

/**
 * Cuts out what a crash tore: bytes behind the last line break, or a last line that is no JSON. They are kept in a file
 * beside it. A line that is JSON stays, whatever it says: a wrong row is evidence, not litter. Null when all is well.
 */
export async function recoverTail(file: string, deps: AtomicDeps & { now: number }): Promise<Recovery | null> {
  const torn = await tornPart(file);
  if (torn === null) return null;
  const stamp = new Date(deps.now).toISOString().replace(/[-:.]/g, "");
  const setAside = `${file}.torn-${stamp}`;
  // Kept first, cut second: a crash between the two leaves both, and the next start does it again.
  await writeFileAtomic(setAside, torn.bytes, deps);
  await truncate(file, torn.from);
  return {
    file: basename(file),
    bytes: torn.bytes.length,
    sha256: createHash("sha256").update(torn.bytes).digest("hex"),
    setAside: basename(setAside),
  };
}

const CHUNK_BYTES = 65_536;
const LF = 0x0a;

async function tornPart(file: string): Promise<{ from: number; bytes: Buffer } | null> {
  let handle: Awaited<ReturnType<typeof open>>;
  try {
    handle = await open(file, "r");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return null;
    throw error;
  }
  try {
    const { size } = await handle.stat();
    const breakBefore = async (position: number): Promise<number> => {
      for (let end = position; end > 0; ) {
        const start = Math.max(0, end - CHUNK_BYTES);
        const chunk = Buffer.alloc(end - start);
        await handle.read(chunk, 0, chunk.length, start);
        const at = chunk.lastIndexOf(LF);
        if (at !== -1) return start + at + 1;
        end = start;
      }
      return 0;
    };
    const bytesFrom = async (from: number): Promise<Buffer> => {
      const bytes = Buffer.alloc(size - from);
      await handle.read(bytes, 0, bytes.length, from);
      return bytes;
    };
    const ended = await breakBefore(size);
    if (ended < size) return { from: ended, bytes: await bytesFrom(ended) };
    if (size === 0) return null;
    const from = await breakBefore(size - 1);
    const bytes = await bytesFrom(from);
    return isJson(bytes) ? null : { from, bytes };
  } finally {
    await handle.close();
  }
}

function isJson(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString("utf8"));
    return true;
  } catch {
    return false;
  }
}
