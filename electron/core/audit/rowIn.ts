/** Looks up the row of a log that something outside it names. Needs no running console, and trusts neither of the two. */
import { join } from "node:path";
import { errorCode } from "../store/index.ts";
import type { AuditHead } from "./keys.ts";
import { linesOf } from "./lines.ts";
import { type AuditRecord, expectedHash, parseLine } from "./record.ts";
import { segmentNames } from "./segments.ts";
import { placeOf } from "./verify.ts";

export type WantedRow = AuditHead;

export interface RowAnswer {
  /** `differs`: another row stands in that place. `unreadable`: the files can't be read, so nothing is known. */
  row: "found" | "absent" | "differs" | "unreadable";
  /** A sentence without its full stop. */
  note: string;
  /** Of the row that was found: RFC 3339, and what was done. */
  time: string | null;
  action: string | null;
}

/** `path` is the log's folder or one of its segments. Rejects only when `signal` ends it. */
export async function rowIn(path: string, wanted: WantedRow, signal?: AbortSignal): Promise<RowAnswer> {
  const place = await placeOf(path);
  if (typeof place === "string") return answer("unreadable", place);
  const search = createSearch(wanted);
  for (const name of place.segments) {
    try {
      for await (const { bytes, ended } of linesOf(join(place.folder, name), signal)) {
        search.take(ended ? parseLine(bytes) : null);
        if (search.found() !== null) break;
      }
    } catch (error) {
      signal?.throwIfAborted();
      return answer("unreadable", `${name} cannot be read (${errorCode(error) ?? "unknown"})`);
    }
  }
  return search.found() ?? search.missed(await isPart(place.folder, place.segments));
}

async function isPart(folder: string, segments: readonly string[]): Promise<boolean> {
  return (await segmentNames(folder)).some((name) => !segments.includes(name));
}

function createSearch(wanted: WantedRow) {
  let found: RowAnswer | null = null;
  let other: string | null = null;
  let first: number | null = null;
  let last = 0;

  function take(record: AuditRecord | null): void {
    if (record === null) {
      if (last + 1 === wanted.seq) other ??= "the line where it should stand is not as it was written";
      return;
    }
    first ??= record.seq;
    last = record.seq;
    if (record.seq !== wanted.seq) return;
    const difference = differenceOf(record, wanted);
    if (difference !== null) other = difference;
    else {
      const { timestamp, action } = record;
      found = answer("found", `row ${wanted.seq} stands in the audit log with this hash`, timestamp, action);
    }
  }

  return {
    take,
    found: () => found,
    missed(isPartOfLog: boolean): RowAnswer {
      if (other !== null) return answer("differs", `row ${wanted.seq}: ${other}`);
      const rows = first === null ? "no row" : `rows ${first} to ${last}`;
      const part = isPartOfLog ? "; other files of the log were not looked at" : "";
      return answer("absent", `row ${wanted.seq} is not there: the log has ${rows}${part}`);
    },
  };
}

function differenceOf(record: AuditRecord, { log_id: logId, hash }: WantedRow): string | null {
  if (record.log_id !== logId) return `it belongs to the log ${record.log_id}, not to ${logId}`;
  if (record.hash !== hash) return `its hash is ${record.hash}, not ${hash}`;
  return expectedHash(record) === hash ? null : "its fields do not fit its hash";
}

function answer(row: RowAnswer["row"], note: string, time: string | null = null, action: string | null = null) {
  return { row, note, time, action };
}
