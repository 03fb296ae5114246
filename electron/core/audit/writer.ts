/**
 * The one writer of a log. A row gets its place in the chain at once, in memory, and is never taken back: what cannot be
 * written now waits in its order and is written later, so that the log of a full disk still tells what was tried.
 */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { Failure, reasonOf } from "../failure.ts";
import type { Clock } from "../ports.ts";
import { createSerial } from "../serial.ts";
import { createAppender, writeReason } from "./appender.ts";
import { type Checkpoint, type CheckpointHeader, signed } from "./checkpoint.ts";
import type { AuditHead, AuditKeys } from "./keys.ts";
import { keyMark } from "./publicKey.ts";
import { type AuditDraft, type ChainedRow, canonical, hashOf, sealed } from "./record.ts";
import { CHECKPOINTS_FILE, segmentName } from "./segments.ts";

export interface WriterDeps {
  dir: string;
  clock: Clock;
  /** Called with each row as it gets its place. */
  onRow(row: ChainedRow): void;
  /** A draft of the log's own, for what the writer itself has to tell. */
  ownDraft(action: string, query: Record<string, string | number | boolean>): AuditDraft;
  /** Reads the keys; rejects while they have to be waited for, null when rows go unsealed meanwhile. */
  attach(): Promise<AuditKeys | null>;
  /** Keeps the newest row's place apart from the log. */
  keepHead(head: AuditHead): Promise<void>;
}

/** What is known of the log before anything is written to it. */
export interface WriterStart extends ChainEnd {
  rowsSinceCheckpoint: number;
  /** Marks of the keys whose headers the checkpoints' file has. */
  checkpointKeys: ReadonlySet<string>;
}

/** Where the chain stands. */
export interface ChainEnd {
  logId: string;
  seq: number;
  hash: string;
  /** Name of the newest segment; empty when there is none. */
  segment: string;
}

/** What keeps the log from being written as it should be. */
export interface AuditProblem {
  /** A few words: `the disk is full`, `the keychain is locked`. */
  reason: string;
  /** Rows that wait for better times. */
  waiting: number;
  /** Rows that found no room among those. */
  skipped: number;
}

export interface Writer {
  /** Gives the row its place; null when there is no room for it to wait (`always` takes no notice of that). */
  add(draft: AuditDraft, room?: "always"): ChainedRow | null;
  /** Writes what waits; on disk when it resolves. `AUDIT_UNWRITABLE` {reason}. */
  flush(): Promise<void>;
  /** Signs where the log stands now, as this run knows it, unless that was done; part of `close`. */
  sign(): Promise<void>;
  close(): Promise<void>;
  /** With the rows that wait. */
  end(): ChainEnd;
  /** On disk. */
  written(): ChainEnd;
  /** Rows that wait, oldest first. */
  waiting(): readonly ChainedRow[];
  keys(): AuditKeys | null;
  problem(): AuditProblem | null;
}

const BATCH_MS = 200;
const RETRY_MS = 5_000;
const MAX_WAITING = 1_000;
const CHECKPOINT_EVERY = 100;
const UNSEALED = "there is no keychain for the log's key: rows are written without a seal until there is";

export async function createWriter(deps: WriterDeps, start: WriterStart): Promise<Writer> {
  const serial = createSerial();
  const appender = createAppender(await sizesOf(deps.dir, start.segment));
  const queue: ChainedRow[] = [];
  const headers = new Set(start.checkpointKeys);
  let end: ChainEnd = start;
  let written: ChainEnd = start;
  let sinceCheckpoint = start.rowsSinceCheckpoint;
  let keys: AuditKeys | null = null;
  let unsynced = false;
  let unsealed = false;
  let closed = false;
  let cancelTimer: (() => void) | null = null;
  let trouble: string | null = null;
  let witnessTrouble: string | null = null;
  let skipped = 0;
  let keeping: Promise<void> | null = null;
  let headToKeep: AuditHead | null = null;

  function add(draft: AuditDraft, room?: "always"): ChainedRow | null {
    if (closed || (queue.length >= MAX_WAITING && room !== "always")) {
      skipped++;
      return null;
    }
    const row = chained(draft);
    queue.push(row);
    later(trouble === null ? BATCH_MS : RETRY_MS);
    deps.onRow(row);
    return row;
  }

  function chained(draft: AuditDraft): ChainedRow {
    const place = { log_id: end.logId, seq: end.seq + 1, prev_hash: end.hash };
    const row = { ...draft, ...place, hash: hashOf({ ...draft, ...place }) };
    const segment = laterSegment(end.segment, row);
    end = { logId: end.logId, seq: row.seq, hash: row.hash, segment };
    return row;
  }

  function later(ms: number): void {
    cancelTimer ??= deps.clock.after(ms, () => {
      cancelTimer = null;
      void flush().catch(() => undefined);
    });
  }

  const flush = () => serial(flushNow);

  async function flushNow(): Promise<void> {
    try {
      if (closed) throw new Error("the log is closed");
      await attach();
      await writeAll(keys);
      trouble = null;
    } catch (error) {
      trouble = error instanceof Failure ? failureReason(error) : writeReason(error);
      if (queue.length > 0) later(RETRY_MS);
      throw new Failure("AUDIT_UNWRITABLE", { reason: trouble }, { retryable: true, cause: error });
    }
    if (skipped === 0) return;
    const rows = skipped;
    skipped = 0;
    add(deps.ownDraft("log.skipped", { rows }), "always");
  }

  async function attach(): Promise<void> {
    if (keys !== null) return;
    keys = await deps.attach();
    if (keys !== null && unsealed) add(deps.ownDraft("log.sealed", {}), "always");
    unsealed = keys === null;
  }

  async function writeAll(sealing: AuditKeys | null): Promise<void> {
    const { high, newSegment } = await writeRows(sealing?.key ?? null);
    if (sealing === null) return;
    if (sinceCheckpoint >= CHECKPOINT_EVERY || newSegment) await checkpoint(sealing);
    else if (high) keepLater();
  }

  /** Every row that waits, each in one write call, then one fdatasync for all. */
  async function writeRows(key: Uint8Array | null): Promise<{ high: boolean; newSegment: boolean }> {
    const before = written.segment;
    let high = false;
    for (let row = queue[0]; row !== undefined; row = queue[0]) {
      const segment = laterSegment(written.segment, row);
      await appender.append(join(deps.dir, segment), `${canonical(sealed(row, key))}\n`);
      unsynced = true;
      queue.shift();
      written = { logId: row.log_id, seq: row.seq, hash: row.hash, segment };
      sinceCheckpoint++;
      high ||= row.severity === "high";
    }
    if (unsynced) await appender.sync();
    unsynced = false;
    return { high, newSegment: before !== "" && before !== written.segment };
  }

  /** A checkpoint that cannot be written is told, but takes no action back: the rows it speaks of are on disk. */
  async function checkpoint({ signing, publicKey }: AuditKeys): Promise<void> {
    if (written.seq === 0) return;
    const file = join(deps.dir, CHECKPOINTS_FILE);
    const common = { v: 1, log_id: written.logId } as const;
    const statement: Omit<Checkpoint, "signature"> = {
      ...common,
      kind: "checkpoint",
      seq: written.seq,
      hash: written.hash,
      count: written.seq,
      time: new Date(deps.clock.now()).toISOString(),
      key: keyMark(publicKey),
    };
    const header: Omit<CheckpointHeader, "signature"> = { ...common, kind: "key", public_key: publicKey };
    const lines = [...(headers.has(statement.key) ? [] : [header]), statement];
    const checkpoints = createAppender(new Map());
    try {
      for (const line of lines) await checkpoints.append(file, `${canonical(signed(signing, line))}\n`);
      await checkpoints.close();
      headers.add(statement.key);
      sinceCheckpoint = 0;
      witnessTrouble = null;
    } catch (error) {
      witnessTrouble = `no checkpoint could be written: ${writeReason(error)}`;
      await checkpoints.close().catch(() => undefined);
    }
    keepLater();
  }

  /** The newest head wins; an action does not wait for a keychain that is slow. */
  function keepLater(): void {
    headToKeep = { log_id: written.logId, seq: written.seq, hash: written.hash };
    keeping ??= keep().finally(() => {
      keeping = null;
    });
  }

  async function keep(): Promise<void> {
    while (headToKeep !== null) {
      const head = headToKeep;
      headToKeep = null;
      try {
        await deps.keepHead(head);
        witnessTrouble = null;
      } catch (error) {
        witnessTrouble = `the newest row's place could not be kept in the keychain (${error instanceof Failure ? error.code : reasonOf(error)})`;
      }
    }
  }

  /** Without a key the rows are still written, unproven: the next row that is sealed vouches for them. */
  async function close(): Promise<void> {
    if (closed) return;
    await serial(async () => {
      closed = true;
      cancelTimer?.();
      cancelTimer = null;
      try {
        keys ??= await deps.attach().catch(() => null);
        await writeRows(keys?.key ?? null);
        if (keys !== null && sinceCheckpoint > 0) await checkpoint(keys);
      } catch (error) {
        trouble = writeReason(error);
      }
      await appender.close().catch(() => undefined);
    });
    await keeping;
    keys?.key.fill(0);
  }

  return {
    add,
    flush,
    sign: () =>
      serial(async () => {
        if (!closed && keys !== null && sinceCheckpoint > 0) await checkpoint(keys);
      }),
    close,
    end: () => end,
    written: () => written,
    waiting: () => queue,
    keys: () => keys,
    problem() {
      const reason = trouble ?? witnessTrouble ?? (unsealed ? UNSEALED : null);
      return reason === null ? null : { reason, waiting: queue.length, skipped };
    },
  };
}

/** A clock that was set back must not lead back into a segment that is closed. */
function laterSegment(segment: string, row: ChainedRow): string {
  const own = segmentName(row.timestamp);
  return segment > own ? segment : own;
}

async function sizesOf(dir: string, segment: string): Promise<Map<string, number>> {
  if (segment === "") return new Map();
  const file = join(dir, segment);
  return new Map([[file, (await stat(file)).size]]);
}

function failureReason(failure: Failure): string {
  if (failure.code === "KEYCHAIN_LOCKED") return "the keychain is locked";
  if (failure.code === "KEYCHAIN_UNAVAILABLE") return "there is no keychain for the log's key";
  return failure.code;
}
