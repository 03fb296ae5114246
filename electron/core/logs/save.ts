import { setImmediate } from "node:timers/promises";
import type { LogFilter, LogLine } from "../../contract/logs.ts";
import { Failure } from "../failure.ts";
import type { Clock } from "../ports.ts";
import type { Masker } from "./masking/index.ts";
import type { SharedLog } from "./shared.ts";

export interface SaveOrder {
  format: "text" | "jsonl" | "evidence";
  filter?: LogFilter | undefined;
  note?: string | undefined;
}

export interface SaveDeps {
  masker: Pick<Masker, "text">;
  clock: Clock;
  signal?: AbortSignal | undefined;
}

const MAX_CHARS = 64 * 1024 * 1024;
const STEP = 2_000;

/** Rows as text, newest first to be taken and oldest first to be read; masked again with what is registered by now. */
export async function saved(
  log: SharedLog,
  { format, filter }: SaveOrder,
  { masker, clock, signal }: SaveDeps,
): Promise<{ fileName: string; text: string; left: number }> {
  await log.rows.advance(filter, signal);
  const { first, next } = log.rows.head(filter);
  const parts: string[] = [];
  let chars = 0;
  let from = next;
  while (from > first && chars < MAX_CHARS) {
    if (signal?.aborted) throw new Failure("CANCELLED");
    const start = Math.max(first, from - STEP);
    const lines = await rowsBetween(log, filter, start, from);
    const texts = lines.map((line) => `${printed(format, { ...line, text: masker.text(line.text) })}\n`);
    parts.push(texts.join(""));
    chars += parts.at(-1)?.length ?? 0;
    from = start;
    await setImmediate();
  }
  const stamp = new Date(clock.now()).toISOString().slice(0, 19).replaceAll(":", "");
  const extension = format === "text" ? "txt" : format;
  return { fileName: `${nameOf(log)}-${stamp}.${extension}`, text: parts.reverse().join(""), left: from - first };
}

async function rowsBetween(
  log: SharedLog,
  filter: LogFilter | undefined,
  start: number,
  end: number,
): Promise<LogLine[]> {
  const lines: LogLine[] = [];
  for (let from = start; from < end; ) {
    const { lines: more } = await log.rows.window(filter, from, end - from);
    if (more.length === 0) break;
    lines.push(...more);
    from = (more.at(-1)?.row ?? from) + 1;
  }
  return lines;
}

function printed(format: SaveOrder["format"], { at, stream, level, text, source }: LogLine): string {
  const time = at === null ? null : new Date(at).toISOString();
  if (format === "text") return `${time ?? "-"} ${stream} ${text}`;
  return JSON.stringify({ time, source, stream, level, text });
}

function nameOf({ refs }: SharedLog): string {
  const [ref] = refs;
  return ref?.kind === "container" && refs.length === 1 ? `log-${ref.containerId.slice(0, 12)}` : "log";
}
