/**
 * The record of every action: append-only, chained, sealed with a key from the keychain, with signed checkpoints and the
 * newest row's place kept apart. It shows tampering by others and after the fact; who controls the user's own session
 * has the key too, and no local log can change that.
 */
import type { AuditReport, AuditRowView } from "../../contract/audit.ts";
import { Failure, isFailure } from "../failure.ts";
import type { MaskGuard } from "../logs/types.ts";
import type { Actor, Clock, Disposable, Random } from "../ports.ts";
import { type Purpose, signed } from "./checkpoint.ts";
import { draftOf, outcomeOf } from "./draft.ts";
import { type AuditHead, type AuditKeyStore, type AuditKeys, headName, keepKeys, loadKeys } from "./keys.ts";
import { type AuditDraft, type ChainedRow, NO_KEY } from "./record.ts";
import { recordsBackward } from "./segments.ts";
import { type Found, prepare, suspicions } from "./start.ts";
import type { AuditInput } from "./types.ts";
import { verifyAudit } from "./verify.ts";
import { type AuditFilter, matches, viewOf } from "./view.ts";
import { type AuditProblem, createWriter, type Writer } from "./writer.ts";

export type { AuditReport, AuditRowView as AuditRow } from "../../contract/audit.ts";
export { type Purpose, publicKeyOf, readSigningKey, signatureFits } from "./checkpoint.ts";
export { anonymised } from "./draft.ts";
export { AUDIT_KEY, AUDIT_SIGNING_KEY, type AuditHead, type AuditKeyStore, headName, readHead } from "./keys.ts";
export type { VerifyOptions } from "./look.ts";
export { fingerprint, pemOf, publicKeyIn } from "./publicKey.ts";
export { canonical } from "./record.ts";
export { type RowAnswer, rowIn, type WantedRow } from "./rowIn.ts";
export type { AuditInput } from "./types.ts";
export { verifyAudit } from "./verify.ts";
export type { AuditFilter } from "./view.ts";
export type { AuditProblem } from "./writer.ts";

export interface AuditOptions {
  /** Folder of the log, made (0700) when missing. */
  dir: string;
  /**
   * The console's own keys. While it rejects, rows wait and high-severity actions are refused; but a log that never had
   * a key is written unsealed while it rejects with `KEYCHAIN_UNAVAILABLE`.
   */
  keys: AuditKeyStore;
  clock: Clock;
  random: Random;
  /** Who acts right now. */
  actor: () => Actor;
  mask: MaskGuard;
  appVersion: string;
}

export interface PageOptions {
  /** Only rows before this one. */
  before?: number | undefined;
  /** 1 to 500. */
  limit: number;
  filter?: AuditFilter | undefined;
  signal?: AbortSignal | undefined;
}

export interface AuditPage {
  /** Newest first. */
  rows: AuditRowView[];
  /** Rows in the whole log. */
  total: number;
  /** There are older ones that match. */
  more: boolean;
  /** When the newest row of the log was written, milliseconds since the epoch. */
  newest: number | null;
}

export interface Audit extends Disposable {
  /**
   * `high`: on disk when it resolves, else `AUDIT_UNWRITABLE` {reason} (the row still waits and is written when it can
   * be). `low`: has its place at once, is on disk some 200 ms later; null when too many wait already (a later row says
   * how many were left out).
   */
  record(input: AuditInput): Promise<AuditRowView | null>;
  /**
   * Runs an action with its record: for high severity the intent is on disk before `action` starts, or it does not start
   * (`AUDIT_UNWRITABLE`); then the outcome, whatever it is. Rejects with what `action` rejected with. An outcome that
   * can't be written takes nothing back: it waits, and `problem` says so.
   */
  run<T>(input: Omit<AuditInput, "outcome" | "durationMs" | "errorCode">, action: () => Promise<T> | T): Promise<T>;
  page(options: PageOptions): Promise<AuditPage>;
  verify(options?: { signal?: AbortSignal }): Promise<AuditReport>;
  onAppend(listener: (row: AuditRowView) => void): () => void;
  /** What keeps rows from the disk right now, or null. */
  problem(): AuditProblem | null;
  /** Tries again at once: to be called when the keychain's state changes. Never rejects. */
  resume(): Promise<void>;
  /** Hex of the key that checkpoints are signed with, for comparing it elsewhere; null while there is none. */
  publicKey(): string | null;
  /** Signs what another room states, with the key of the checkpoints; null while there is none. */
  sign<T extends object>(purpose: Purpose, statement: T): (T & { public_key: string; signature: string }) | null;
  /** The newest row, on disk unless it can't be written. */
  newest(): Promise<AuditHead>;
  dispose(): Promise<void>;
}

/** Without a key there is no sealed intent, and these are the way to the key: they go on, and their rows wait. */
const WAYS_TO_THE_KEY: ReadonlySet<string> = new Set([
  "keychain.unlock",
  "keychain.use-vault",
  "keychain.use-session",
  "keychain.use-system",
]);
const MAX_PAGE = 500;

/** Rejects with `AUDIT_UNWRITABLE` {reason} when the folder can't be made or its files can't be read and repaired. */
export async function openAudit(options: AuditOptions): Promise<Audit> {
  const { dir, clock, random } = options;
  const sessionId = random.id();
  const listeners = new Set<(row: AuditRowView) => void>();
  const draft = (input: AuditInput): AuditDraft =>
    draftOf(input, {
      actor: options.actor(),
      mask: options.mask,
      requestId: input.requestId ?? random.id(),
      sessionId,
      now: clock.now(),
      mono: clock.mono(),
      appVersion: options.appVersion,
    });
  const ownDraft = (action: string, query: NonNullable<AuditInput["query"]>, severity: "low" | "high" = "low") =>
    draft({
      action,
      severity,
      method: "LOG",
      path: action,
      query,
      target: "log:audit",
      outcome: "success",
      durationMs: 0,
    });

  const found = await prepare(options);
  const writer: Writer = await createWriter(
    {
      dir,
      clock,
      ownDraft,
      onRow: (row) => {
        for (const listener of listeners) listener(viewOf(row));
      },
      attach: async () => {
        const keys = await keysFor(options, found);
        if (keys === null) return null;
        for (const { action, query } of await suspicions(dir, found, keys))
          writer.add(ownDraft(action, query, "high"), "always");
        return keys;
      },
      keepHead: (head) => options.keys.put(headName(dir), Buffer.from(JSON.stringify(head))),
    },
    found,
  );
  writer.add(found.seq === 0 ? ownDraft("log.genesis", { log_id: found.logId }) : ownDraft("log.opened", {}));
  for (const { file, bytes, sha256, setAside } of found.recoveries) {
    writer.add(ownDraft("log.recovered", { file, bytes, sha256, set_aside: setAside }, "high"));
  }
  await writer.flush().catch(() => undefined);
  return auditOf(options, writer, draft, listeners, () => void writer.add(ownDraft("log.closed", {})));
}

/**
 * A log that never had a key goes on without one while nobody has chosen where keys are kept; its rows are unsealed, and
 * the first sealed one vouches for them. A log that has had a key waits for it: else taking the key away would be a way
 * to write without a seal.
 */
async function keysFor({ keys, random, dir }: AuditOptions, found: Found): Promise<AuditKeys | null> {
  try {
    return await loadKeys(keys, random, dir);
  } catch (error) {
    const neverSealed = found.keyId === null || found.keyId === NO_KEY;
    if (neverSealed && isFailure(error, "KEYCHAIN_UNAVAILABLE")) return null;
    throw error;
  }
}

function auditOf(
  options: AuditOptions,
  writer: Writer,
  draft: (input: AuditInput) => AuditDraft,
  listeners: Set<(row: AuditRowView) => void>,
  sayGoodbye: () => void,
): Audit {
  const { dir, clock, random } = options;

  async function record(input: AuditInput): Promise<AuditRowView | null> {
    const high = input.severity === "high";
    let row = writer.add(draft(input));
    if (row === null && high) {
      await writer.flush();
      row = writer.add(draft(input));
      if (row === null) throw new Failure("AUDIT_UNWRITABLE", { reason: "too many rows wait to be written" });
    }
    if (high) await writer.flush();
    return row === null ? null : viewOf(row);
  }

  async function run<T>(input: Parameters<Audit["run"]>[0], action: () => Promise<T> | T): Promise<T> {
    const requestId = input.requestId ?? random.id();
    const start = clock.mono();
    const finish = async (outcome: AuditInput["outcome"], errorCode?: string) => {
      const durationMs = Math.round(clock.mono() - start);
      await record({ ...input, requestId, outcome, errorCode, durationMs }).catch(() => undefined);
    };
    if (input.severity === "high") {
      try {
        await record({ ...input, requestId, outcome: "intent", durationMs: 0 });
      } catch (error) {
        if (!(WAYS_TO_THE_KEY.has(input.action) && isForWantOfKey(error))) {
          await finish("failure", "AUDIT_UNWRITABLE");
          throw error;
        }
      }
    }
    try {
      const result = await action();
      await finish("success");
      return result;
    } catch (error) {
      const { outcome, errorCode } = outcomeOf(error);
      await finish(outcome, errorCode);
      throw error;
    }
  }

  async function page({
    before = Number.POSITIVE_INFINITY,
    limit,
    filter = {},
    signal,
  }: PageOptions): Promise<AuditPage> {
    await writer.flush().catch(() => undefined);
    const wanted = Math.min(Math.max(1, Math.trunc(limit)), MAX_PAGE);
    const rows: ChainedRow[] = [];
    let newest: number | null = null;
    for await (const row of newestFirst(dir, writer, signal)) {
      newest ??= Date.parse(row.timestamp);
      if (row.seq >= before || !matches(row, filter)) continue;
      if (rows.push(row) > wanted) break;
    }
    return { rows: rows.slice(0, wanted).map(viewOf), total: writer.end().seq, more: rows.length > wanted, newest };
  }

  return {
    record,
    run,
    page,
    async verify({ signal } = {}) {
      await writer.flush().catch(() => undefined);
      await writer.sign();
      const keys = writer.keys();
      const common = { path: dir, mono: () => clock.mono(), ...(signal ? { signal } : {}) };
      if (keys === null) return verifyAudit(common);
      const end = writer.written();
      const head: AuditHead = { log_id: end.logId, seq: end.seq, hash: end.hash };
      return verifyAudit({ ...common, keys: [keys.key], publicKey: keys.publicKey, head });
    },
    onAppend(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    problem: () => writer.problem(),
    async resume() {
      const keys = writer.keys();
      if (keys !== null) await keepKeys(options.keys, keys).catch(() => undefined);
      await writer.flush().catch(() => undefined);
    },
    publicKey: () => writer.keys()?.publicKey ?? null,
    sign(purpose, statement) {
      const keys = writer.keys();
      return keys === null ? null : signed(keys.signing, { ...statement, public_key: keys.publicKey }, purpose);
    },
    async newest() {
      await writer.flush().catch(() => undefined);
      const { logId, seq, hash } = writer.end();
      return { log_id: logId, seq, hash };
    },
    async dispose() {
      sayGoodbye();
      await writer.close();
      listeners.clear();
    },
  };
}

function isForWantOfKey(error: unknown): boolean {
  if (!isFailure(error, "AUDIT_UNWRITABLE")) return false;
  return isFailure(error.cause, "KEYCHAIN_LOCKED") || isFailure(error.cause, "KEYCHAIN_UNAVAILABLE");
}

async function* newestFirst(dir: string, writer: Writer, signal: AbortSignal | undefined): AsyncGenerator<ChainedRow> {
  let next = Number.POSITIVE_INFINITY;
  for (const row of [...writer.waiting()].reverse()) {
    next = row.seq;
    yield row;
  }
  for await (const row of recordsBackward(dir, { signal, unreadable: "pass over" })) if (row.seq < next) yield row;
}
