/** The walk over the rows: numbers, links, authentication codes, and what the witnesses say of them. */

import type { FileLine } from "./lines.ts";
import type { DamageKind, Place, VerifyOptions } from "./look.ts";
import { type AuditRecord, expectedHash, keyIdOf, macOf, NO_HASH, NO_KEY, parseLine } from "./record.ts";
import { type Remark, remarks } from "./remarks.ts";
import { CHECKPOINTS_FILE } from "./segments.ts";
import type { Witnesses } from "./witnesses.ts";

export interface ChainCheck {
  line(file: string, line: FileLine, lastSegment: boolean): void;
  end(): { records: number; firstAt: number | null; lastAt: number | null };
}

export interface ChainContext {
  options: VerifyOptions;
  place: Place;
  witnesses: Witnesses;
  tell: (kind: DamageKind, file: string, line: number, seq: number | null, note: string) => void;
  unchecked: Remark[];
}

interface Where {
  file: string;
  line: number;
}

/** Rows that a `log.truncated` row speaks of: they were there once, and witnesses may still know them. */
interface Lost {
  from: number;
  to: number;
}

export function createChainCheck(context: ChainContext): ChainCheck {
  const { options, place, tell, unchecked } = context;
  const keys = new Map((options.keys ?? []).map((key) => [keyIdOf(key), key]));
  const macs = createMacCheck(keys, context);
  /** Hashes of the rows that a witness names. */
  const named = new Map<number, string | null>(context.witnesses.checkpoints.map(({ seq }) => [seq, null]));
  if (options.head) named.set(options.head.seq, null);
  const lost: Lost[] = [];
  let before: (Where & { seq: number; hash: string | null }) | null = null;
  let logId: string | null = null;
  let records = 0;
  let firstAt: number | null = null;
  let lastAt: number | null = null;

  function checkPlace(record: AuditRecord, where: Where): void {
    if (before === null) {
      checkFirst(record, where);
      return;
    }
    const next = before.seq + 1;
    if (record.seq > next) {
      const missing = record.seq - 1 === next ? `row ${next} is` : `rows ${next} to ${record.seq - 1} are`;
      tell("gap", where.file, where.line, next, `${missing} missing`);
    } else if (record.seq < next) {
      tell("altered", where.file, where.line, record.seq, `row ${record.seq} stands behind row ${before.seq}`);
    } else if (before.hash !== null && record.prev_hash !== before.hash) {
      macs.dropPending();
      tell(
        "altered",
        before.file,
        before.line,
        before.seq,
        `it is not the row that row ${record.seq} was written after`,
      );
    }
  }

  function checkFirst(record: AuditRecord, where: Where): void {
    if (record.seq === 1) {
      if (record.prev_hash !== NO_HASH)
        tell("altered", where.file, where.line, 1, "the first row points to a row before it");
    } else if (place.fromStart) {
      tell("gap", where.file, where.line, 1, `the rows before row ${record.seq} are missing`);
    } else {
      unchecked.push(remarks.otherFiles(record.seq));
    }
  }

  function take(record: AuditRecord, where: Where): void {
    records++;
    firstAt ??= Date.parse(record.timestamp);
    lastAt = Date.parse(record.timestamp);
    checkPlace(record, where);
    if (logId !== null && record.log_id !== logId)
      tell("altered", where.file, where.line, record.seq, "it belongs to another log");
    logId ??= record.log_id;
    const intact = expectedHash(record) === record.hash;
    if (!intact) tell("altered", where.file, where.line, record.seq, "its fields do not fit its hash");
    macs.row(record, where, intact);
    if (named.has(record.seq)) named.set(record.seq, record.hash);
    note(record, where);
    before = { ...where, seq: record.seq, hash: record.hash };
  }

  /** What the log itself has to tell: losses that the console found at a start stay on record for good. */
  function note(record: AuditRecord, where: Where): void {
    if (record.action === "log.truncated") {
      const from = Number(record.query.last_seq) + 1;
      const to = Number(record.query.expected_seq);
      lost.push({ from, to });
      if (record.query.expected_log !== record.log_id) {
        tell(
          "truncated",
          where.file,
          where.line,
          record.seq,
          `the console found another log gone at its start, of ${to} rows`,
        );
        return;
      }
      tell(
        "truncated",
        where.file,
        where.line,
        record.seq,
        `the console found rows ${from} to ${to} missing at its start`,
      );
    } else if (record.action === "log.altered") {
      tell("altered", where.file, where.line, record.seq, "the console found the newest row exchanged at its start");
    } else if (record.action === "log.recovered") {
      const { file, bytes, set_aside: aside } = record.query;
      unchecked.push(remarks.recovered(record.seq, String(file), String(bytes), String(aside)));
    } else if (record.action === "log.skipped") {
      unchecked.push(remarks.skipped(record.seq, String(record.query.rows)));
    }
  }

  function checkWitness(file: string, line: number, seq: number, hash: string, who: string): void {
    const found = named.get(seq);
    if (found === hash || lost.some(({ from, to }) => seq >= from && seq <= to)) return;
    const lastSeq = before?.seq ?? 0;
    if (seq > lastSeq) {
      if (place.toEnd)
        tell("truncated", file, line, seq, `the log ends at row ${lastSeq}, but ${who} knows row ${seq}`);
    } else if (typeof found === "string") {
      tell("restamped", file, line, seq, `row ${seq} or one before it is not what ${who} saw`);
    }
  }

  return {
    line(file, { bytes, line, ended }, lastSegment) {
      const where = { file, line };
      const seq = before === null ? null : before.seq + 1;
      if (!ended && lastSegment) return tell("torn", file, line, seq, `${bytes.length} bytes without an end`);
      const record = parseLine(bytes);
      if (record !== null && ended) return take(record, where);
      tell(
        "altered",
        file,
        line,
        seq,
        ended ? "the line is not as it was written" : "the segment's last line has no end",
      );
      // The next row's number says whether this line stood for one row.
      before = { ...where, seq: seq ?? 1, hash: null };
    },
    end() {
      macs.end();
      for (const each of context.witnesses.checkpoints) {
        if (logId !== null && each.log_id !== logId) {
          tell("altered", CHECKPOINTS_FILE, each.line, each.seq, "the checkpoint belongs to another log");
        } else {
          checkWitness(CHECKPOINTS_FILE, each.line, each.seq, each.hash, "a signed checkpoint");
        }
      }
      const { head } = options;
      if (head && logId !== null && head.log_id !== logId) {
        tell("truncated", place.segments[0] ?? "", 1, null, "another log was here: the head kept apart belongs to it");
      } else if (head) {
        checkWitness(place.segments.at(-1) ?? "", 0, head.seq, head.hash, "the head kept apart");
      } else {
        unchecked.push(remarks.noHead());
      }
      return { records, firstAt, lastAt };
    },
  };
}

/** Authentication codes. A row whose link breaks as well was simply altered, so each verdict waits for the next row. */
function createMacCheck(
  keys: ReadonlyMap<string, Uint8Array>,
  { tell, unchecked }: Pick<ChainContext, "tell" | "unchecked">,
) {
  let pending: (Where & { seq: number }) | null = null;
  let restamped: (Where & { seq: number; count: number }) | null = null;
  let bare: (Where & { from: number; to: number }) | null = null;
  const strangers = new Map<string, Where & { seq: number; count: number }>();
  let unproven = 0;

  const settle = () => {
    if (pending !== null) {
      if (restamped === null) restamped = { ...pending, count: 1 };
      else restamped.count++;
    }
    pending = null;
  };
  const vouch = () => {
    if (bare !== null) unchecked.push(remarks.vouched(bare.from, bare.to));
    bare = null;
  };

  return {
    dropPending() {
      pending = null;
    },
    row(record: AuditRecord, where: Where, intact: boolean): void {
      settle();
      const { seq, key_id: id } = record;
      if (id === NO_KEY) {
        if (record.mac !== NO_HASH) tell("altered", where.file, where.line, seq, "a row without a key has a code");
        bare = { ...where, from: bare?.from ?? seq, to: seq };
        return;
      }
      const key = keys.get(id);
      if (key === undefined) {
        unproven++;
        // Whoever has no key can't know whether this row vouches: that is not checked, and nothing wrong.
        if (keys.size === 0 && bare !== null) {
          unproven += bare.to - bare.from + 1;
          bare = null;
        }
        const known = strangers.get(id);
        strangers.set(id, known ? { ...known, count: known.count + 1 } : { ...where, seq, count: 1 });
        return;
      }
      if (macOf(key, record.hash) === record.mac) vouch();
      else if (intact) pending = { ...where, seq };
    },
    end(): void {
      settle();
      if (restamped !== null) {
        const { file, line, seq, count } = restamped;
        tell(
          "restamped",
          file,
          line,
          seq,
          `the hashes fit, but ${count} rows from here on were not sealed with the console's key`,
        );
      }
      if (keys.size === 0) {
        if (unproven > 0) unchecked.push(remarks.noKey(unproven));
      } else {
        for (const [id, { file, line, seq, count }] of strangers) {
          tell(
            "unknown-key",
            file,
            line,
            seq,
            `${count} rows from here on are sealed with the key ${id}, which is not at hand`,
          );
        }
      }
      if (bare !== null) {
        const { file, line, from, to } = bare;
        tell(
          "unknown-key",
          file,
          line,
          from,
          `rows ${from} to ${to} were written while no key could be had, and no later row vouches for them`,
        );
      }
    },
  };
}
