import { z } from "zod";
import type { LogLevel } from "../../../contract/logs.ts";
import { Failure } from "../../failure.ts";
import type { HostLink } from "../../ssh/types.ts";
import { plainText } from "../plain.ts";
import { type Reading, startReading } from "./reading.ts";
import type { SourceDeps, StartSource } from "./types.ts";

/** A record as `journalctl -o json` prints it: text, or an array of bytes where it is not plain UTF-8. */
const field = z.union([z.string(), z.array(z.number()), z.null()]);
const record = z.object({
  __CURSOR: z.string(),
  __REALTIME_TIMESTAMP: z.string(),
  MESSAGE: field.optional(),
  PRIORITY: z.string().optional(),
  SYSLOG_IDENTIFIER: field.optional(),
  _PID: z.string().optional(),
});
const fields = "MESSAGE,PRIORITY,SYSLOG_IDENTIFIER,_PID";
/** syslog's severities, 0 to 7 (RFC 5424). */
const levels: readonly LogLevel[] = ["error", "error", "error", "error", "warn", "info", "info", "debug"];
/** A record beyond it is left out, and said so. */
const MAX_RECORD = 8 * 1024 * 1024;
const LINE_FEED = 0x0a;
const TOO_LONG = "[a message that was too long]";

export interface JournalSource {
  link(): Promise<Pick<HostLink, "spawn" | "exec">>;
  unit?: string | undefined;
}

/**
 * The journal of a host, or of one unit. After a lost link it goes on behind the last record by its cursor, so that none
 * is lost or comes twice. Fails with `JOURNAL_UNREADABLE` {reason} where there is none or this user may not read it.
 */
export function journalSource(journal: JournalSource): StartSource {
  return (deps) => startReading(deps, (reading) => new JournalReader({ ...deps, ...journal }, reading).run());
}

class JournalReader {
  readonly #deps: SourceDeps & JournalSource;
  readonly #reading: Reading;
  #cursor: string | null = null;
  #returning = false;

  constructor(deps: SourceDeps & JournalSource, reading: Reading) {
    this.#deps = deps;
    this.#reading = reading;
  }

  run(): Promise<void> {
    return this.#reading.persist(
      () => this.#readOnce(),
      () => {
        this.#returning = this.#cursor !== null;
      },
    );
  }

  async #readOnce(): Promise<void> {
    const { tail, unit } = this.#deps;
    const { signal } = this.#reading;
    const link = await this.#deps.link();
    await mustBeReadable(link, signal);
    const which = unit === undefined ? [] : ["--unit", unit];
    const from = this.#cursor === null ? ["--lines", String(tail)] : ["--after-cursor", this.#cursor];
    const program = await link.spawn(
      ["journalctl", "--quiet", "--no-pager", "--output", "json", `--output-fields=${fields}`, ...which, ...from, "-f"],
      { signal },
    );
    this.#reading.flowing();
    try {
      for await (const line of wholeLines(program.stdout)) this.#take(line);
    } finally {
      await program.dispose();
    }
    throw new Failure("CHANNEL_FAILED", { kind: "session", to: "journalctl", reason: "it ended" }, { retryable: true });
  }

  #take(line: Buffer | null): void {
    const found = record.safeParse(parsed(line));
    if (!found.success) {
      this.#reading.note({ id: "unreadable" }, "warn");
      return;
    }
    const entry = found.data;
    this.#cursor = entry.__CURSOR;
    if (this.#returning) {
      this.#returning = false;
      this.#reading.note({ id: "back" }, "info");
    }
    const at = Number(entry.__REALTIME_TIMESTAMP) / 1000;
    const level = levels[Number(entry.PRIORITY ?? 6)] ?? "info";
    const who = this.#masked(entry.SYSLOG_IDENTIFIER ?? "").trim();
    const head = who === "" ? "" : `${who}${entry._PID === undefined ? "" : `[${entry._PID}]`}: `;
    // What does not fit into a record is given as null.
    const message = entry.MESSAGE === null ? TOO_LONG : this.#masked(entry.MESSAGE ?? "");
    const [first = "", ...more] = message.trimEnd().split("\n");
    this.#deps.append({ at, stream: "stdout", level, text: plainText(head + first) });
    for (const text of more) this.#deps.append({ at, stream: "stdout", level, text: plainText(text), part: true });
    this.#deps.changed();
  }

  /** Each text is masked as a whole: what it is a part of has been taken apart already. */
  #masked(value: z.infer<typeof field>): string {
    const bytes = Buffer.from(value ?? "");
    const mask = this.#reading.mask("journal");
    return Buffer.concat([mask.push(bytes), mask.end()]).toString("utf8");
  }
}

/** Fails with `JOURNAL_UNREADABLE`. `journalctl` says only on its standard error that it shows nothing of what there is. */
export async function mustBeReadable(link: Pick<HostLink, "exec">, signal: AbortSignal | undefined): Promise<void> {
  const { code, stderr } = await link.exec(["journalctl", "--no-pager", "--lines", "1", "--output", "cat"], {
    signal,
    maxBytes: 64 * 1024,
  });
  const said = stderr.toString("utf8");
  if (code === 127) throw new Failure("JOURNAL_UNREADABLE", { reason: "missing" });
  if (/insufficient permissions|not seeing messages|No journal files were opened/i.test(said)) {
    throw new Failure("JOURNAL_UNREADABLE", { reason: "denied" });
  }
  if (/No journal files were found/i.test(said)) throw new Failure("JOURNAL_UNREADABLE", { reason: "empty" });
  if (code !== 0) throw new Failure("JOURNAL_UNREADABLE", { reason: "failed" });
}

/** Lines without their feed; null for one that is too long. */
async function* wholeLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer | null> {
  let parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    let from = 0;
    for (let feed = chunk.indexOf(LINE_FEED); feed >= 0; feed = chunk.indexOf(LINE_FEED, from)) {
      parts.push(chunk.subarray(from, feed));
      size += feed - from;
      yield size > MAX_RECORD ? null : Buffer.concat(parts);
      parts = [];
      size = 0;
      from = feed + 1;
    }
    size += chunk.length - from;
    if (size <= MAX_RECORD) parts.push(chunk.subarray(from));
    else parts = [];
  }
}

function parsed(line: Buffer | null): unknown {
  try {
    return line === null ? null : JSON.parse(line.toString("utf8"));
  } catch {
    return null;
  }
}
