import type { LogSourceRef } from "../../contract/logs.ts";
import type { Clock } from "../ports.ts";
import type { SharedLog } from "./shared.ts";

/** Least time between two words about the same secret in the same log, milliseconds. */
const TOLD_MS = 1_000;
/** So many of the newest lines are looked at for one that shows it. */
const LOOKED_AT = 2_000;

/** Told that a secret was masked in a log, with a line that shows where, masked. */
export type OnSecret = (source: LogSourceRef, name: string, sample: string | null) => void;

/** Tells each secret that is masked in the log of one source, at most once a second. */
export function watchSecrets(
  log: Pick<SharedLog, "source" | "buffer" | "onMove">,
  ref: LogSourceRef,
  { tell, clock, report }: { tell: OnSecret; clock: Pick<Clock, "mono">; report: (error: unknown) => void },
): void {
  const told = new Map<string, { count: number; at: number }>();

  async function look(name: string): Promise<void> {
    const { buffer } = log;
    const lines = await buffer.lines(Math.max(buffer.first, buffer.next - LOOKED_AT), LOOKED_AT);
    const shows = (text: string) => text.includes(`[secret:${name}]`) || text.includes(`${name}=********`);
    tell(ref, name, lines.findLast(({ text }) => shows(text))?.text ?? null);
  }

  log.onMove(() => {
    for (const [name, count] of log.source.masked) {
      const last = told.get(name);
      if (last !== undefined && (last.count === count || clock.mono() - last.at < TOLD_MS)) continue;
      told.set(name, { count, at: clock.mono() });
      look(name).catch(report);
    }
  });
}
