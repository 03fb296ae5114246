/** How a log is taken up again: what a crash tore is repaired, where it stands is found, what is missing is noticed. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../failure.ts";
import type { Clock, Random } from "../ports.ts";
import { writeReason } from "./appender.ts";
import { parseCheckpoint } from "./checkpoint.ts";
import type { AuditKeys } from "./keys.ts";
import { linesBackward } from "./lines.ts";
import { keyMark } from "./publicKey.ts";
import { NO_HASH, NO_KEY } from "./record.ts";
import { CHECKPOINTS_FILE, hashAt, newestRecord, type Recovery, recoverTail, segmentNames } from "./segments.ts";
import type { WriterStart } from "./writer.ts";

export interface Found extends WriterStart {
  recoveries: Recovery[];
  /** Key of the newest row. */
  keyId: string | null;
  /** The highest checkpoint, whoever signed it. */
  checkpointSeq: number;
}

/** Repairs what a crash tore, and finds out where the log stands. */
export async function prepare({ dir, clock, random }: { dir: string; clock: Clock; random: Random }): Promise<Found> {
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const segment = (await segmentNames(dir)).at(-1) ?? "";
    const recoveries: Recovery[] = [];
    for (const name of segment === "" ? [CHECKPOINTS_FILE] : [segment, CHECKPOINTS_FILE]) {
      const recovery = await recoverTail(join(dir, name), { clock, random, now: clock.now() });
      if (recovery !== null) recoveries.push(recovery);
    }
    const newest = await newestRecord(dir);
    const checkpoints = await checkpointFacts(join(dir, CHECKPOINTS_FILE));
    return {
      logId: newest?.log_id ?? random.id(),
      seq: newest?.seq ?? 0,
      hash: newest?.hash ?? NO_HASH,
      segment,
      keyId: newest?.key_id ?? null,
      rowsSinceCheckpoint: Math.max(0, (newest?.seq ?? 0) - checkpoints.seq),
      checkpointKeys: checkpoints.keys,
      checkpointSeq: checkpoints.seq,
      recoveries,
    };
  } catch (error) {
    throw new Failure("AUDIT_UNWRITABLE", { reason: writeReason(error) }, { cause: error });
  }
}

async function checkpointFacts(file: string): Promise<{ seq: number; keys: Set<string> }> {
  const facts = { seq: 0, keys: new Set<string>() };
  try {
    for await (const line of linesBackward(file)) {
      const parsed = parseCheckpoint(line);
      if (parsed?.kind === "checkpoint") facts.seq = Math.max(facts.seq, parsed.seq);
      else if (parsed?.kind === "key") facts.keys.add(keyMark(parsed.public_key));
    }
  } catch {
    // No checkpoints yet, or none that can be read: `verify` tells.
  }
  return facts;
}

export type Suspicion = { action: string; query: Record<string, string | number> };

/** What the keys' store knows and the log does not: rows that were there, a newest row that is another now. */
export async function suspicions(dir: string, found: Found, keys: AuditKeys): Promise<Suspicion[]> {
  const list: Suspicion[] = [];
  const { head } = keys;
  const lostTo = (seq: number, witness: string, logId: string) => ({
    action: "log.truncated",
    query: { last_seq: found.seq, expected_seq: seq, expected_log: logId, witness },
  });
  if (head !== null && found.seq > 0 && head.log_id !== found.logId)
    list.push(lostTo(head.seq, "another log's head", head.log_id));
  else if (head !== null && head.seq > found.seq) list.push(lostTo(head.seq, "head", head.log_id));
  else if (found.checkpointSeq > found.seq) list.push(lostTo(found.checkpointSeq, "checkpoint", found.logId));
  else if (head !== null && (await hashAt(dir, head.seq)) !== head.hash) {
    list.push({ action: "log.altered", query: { seq: head.seq, expected_hash: head.hash } });
  }
  if (found.keyId !== null && found.keyId !== NO_KEY && found.keyId !== keys.keyId) {
    list.push({ action: "log.rekeyed", query: { old_key: found.keyId, new_key: keys.keyId } });
  }
  return list;
}
