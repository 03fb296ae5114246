import { Failure, isFailure } from "../failure.ts";
import type { LogRoom } from "../logs/index.ts";
import type { LogTap, OpenTap } from "./types.ts";

const COUNT = 2_000;
/** Whoever opens the log later finds so many lines of its past. Rules judge them by their times. */
const TAIL = 5_000;

type Room = Pick<LogRoom, "open" | "watch" | "window" | "close">;

/** Rules read logs as a person does, by a view of the log room. */
export function tapsOf(room: Room, report: (error: unknown) => void): OpenTap {
  return (source, onLine) => {
    const control = new AbortController();
    let state: ReturnType<LogTap["state"]> = "connecting";
    let problem: Failure | null = null;

    async function read(): Promise<void> {
      const { bufferId } = await room.open({ sources: [source], tail: TAIL });
      try {
        let from: number | null = null;
        for await (const head of room.watch(bufferId, undefined, control.signal)) {
          state = head.state;
          // What somebody else has read before is over.
          from ??= head.next;
          while (from < head.next && !control.signal.aborted) {
            const { lines } = await room.window(bufferId, { from, count: COUNT });
            for (const line of lines) onLine(line);
            from = (lines.at(-1)?.index ?? head.next - 1) + 1;
          }
        }
      } finally {
        room.close(bufferId);
      }
    }

    read().catch((error: unknown) => {
      if (control.signal.aborted) return;
      state = "failed";
      problem = isFailure(error) ? error : new Failure("INTERNAL");
      if (!isFailure(error)) report(error);
    });
    return { state: () => state, problem: () => problem, close: () => control.abort() };
  };
}
