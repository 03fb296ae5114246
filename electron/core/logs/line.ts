import type { AccessRecord, LineDetail, LogLine } from "../../contract/logs.ts";
import { Failure } from "../failure.ts";
import { lineDigest, type Rows } from "./filter/index.ts";
import { accessOf, jsonOf, leavesOf, requestIdOf } from "./parse/index.ts";

const MAX_FIELDS = 500;
const MAX_RELATED = 200;
const MAX_PARTS = 2_000;

/**
 * All that is known of one line: what it is made of, the request it speaks of, and what else speaks of that request, in
 * all sources of the log. `NOT_FOUND` once it fell out.
 */
export async function detailOf(
  rows: Rows,
  index: number,
  masked: (line: LogLine) => LogLine,
  signal?: AbortSignal,
): Promise<LineDetail> {
  const held = await rows.line(index);
  if (held === null) throw new Failure("NOT_FOUND", { what: "line", id: String(index) });
  const line = masked(held);
  const own = accessOf(line.text);
  const requestId = own?.requestId ?? requestIdOf(line.text, jsonOf(line.text));
  const found = requestId === null ? [] : await rows.find({ requestId }, MAX_RELATED + 1, signal);
  const others = found.filter((other) => other.index !== index).slice(0, MAX_RELATED);
  const related = others.map(masked);
  return {
    line,
    fields: leavesOf(line.text, MAX_FIELDS),
    access: own ?? accessAmong(related, requestId),
    related,
    parts: (await rows.parts(index, MAX_PARTS)).map(masked),
    digest: lineDigest(held),
  };
}

/** The request's own record, when another line has it; its id alone when none has. */
function accessAmong(related: readonly LogLine[], requestId: string | null): AccessRecord | null {
  if (requestId === null) return null;
  for (const { text } of related) {
    const access = accessOf(text);
    if (access !== null) return { ...access, requestId };
  }
  return { requestId, method: null, path: null, status: null, durationMs: null, client: null };
}
