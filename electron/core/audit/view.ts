/** Rows as the contract shows them, and which of them a reader asked for. */
import type { AuditRowView } from "../../contract/audit.ts";
import type { ChainedRow } from "./record.ts";
import type { AuditInput } from "./types.ts";

export interface AuditFilter {
  /** Found in action, target, path, actor or error code, whatever the case. */
  text?: string | undefined;
  action?: string | undefined;
  target?: string | undefined;
  /** Any of these; an empty list means any at all. */
  outcome?: readonly AuditInput["outcome"][] | undefined;
}

export function viewOf(row: ChainedRow): AuditRowView {
  return {
    seq: row.seq,
    requestId: row.request_id,
    at: Date.parse(row.timestamp),
    actor: row.actor,
    action: row.action,
    target: row.target,
    method: row.method,
    path: row.path,
    query: row.query,
    outcome: row.outcome,
    errorCode: row.error_code ?? null,
    severity: row.severity,
    durationMs: row.duration_ms,
    clientIp: row.client_ip,
    hash: row.hash,
  };
}

export function matches(row: ChainedRow, filter: AuditFilter): boolean {
  const { text, action, target, outcome } = filter;
  if (action !== undefined && row.action !== action) return false;
  if (target !== undefined && row.target !== target) return false;
  if (outcome !== undefined && outcome.length > 0 && !outcome.includes(row.outcome)) return false;
  if (text === undefined || text === "") return true;
  const wanted = text.toLowerCase();
  const fields = [row.action, row.target, row.path, row.actor, row.error_code ?? ""];
  return fields.some((field) => field.toLowerCase().includes(wanted));
}
