/** What the console's own log says beside bugs: where the hosts' links stand, and what was done. */
import type { AuditRowView } from "../contract/audit.ts";
import type { LogLevel } from "../contract/logs.ts";
import type { HostSession } from "./hosts/index.ts";

/** Tells each change of a host's link once. */
export interface HostNews {
  /** To be called whenever something about the host may have changed. */
  look(session: Pick<HostSession, "record" | "link">): void;
}

const levels: Readonly<Record<string, LogLevel>> = { degraded: "warn", reconnecting: "warn", offline: "warn" };

export function createHostNews(tell: (text: string, level: LogLevel) => void): HostNews {
  const told = new Map<string, string>();
  return {
    look({ record, link }) {
      const state = link.state();
      const why = "reason" in state ? ` (${state.reason.code})` : "";
      const text = `host ${record.host.name}: ${state.phase}${why}`;
      if (told.get(record.id) === text || (state.phase === "idle" && !told.has(record.id))) return;
      told.set(record.id, text);
      tell(text, levels[state.phase] ?? "info");
    },
  };
}

/** `container.stop llama@orion: success (210 ms)` */
export function auditLine(row: AuditRowView): string {
  const code = row.errorCode === null ? "" : ` ${row.errorCode}`;
  const target = row.target === "" ? "" : ` ${row.target}`;
  return `${row.action}${target}: ${row.outcome}${code} (${row.durationMs} ms)`;
}
