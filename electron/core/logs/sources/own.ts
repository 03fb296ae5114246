import type { LogLevel } from "../../../contract/logs.ts";
import type { Clock } from "../../ports.ts";
import { plainText } from "../plain.ts";
import { startReading } from "./reading.ts";
import type { StartSource } from "./types.ts";

const HELD = 2_000;

interface OwnLine {
  at: number;
  level: LogLevel;
  text: string;
}

/** The console's own log: what it says of itself, the newest 2,000 lines. */
export interface OwnLog {
  /** `text` may have several lines; it is masked by whoever calls. */
  write(level: LogLevel, text: string): void;
  source: StartSource;
}

export function createOwnLog(clock: Pick<Clock, "now">): OwnLog {
  let lines: OwnLine[] = [];
  const listeners = new Set<(line: OwnLine) => void>();
  return {
    write(level, text) {
      const line = { at: clock.now(), level, text };
      lines.push(line);
      if (lines.length > 2 * HELD) lines = lines.slice(-HELD);
      for (const listener of [...listeners]) listener(line);
    },
    source: (deps) =>
      startReading(deps, async (reading) => {
        const add = ({ at, level, text }: OwnLine) => {
          const [first = "", ...more] = text.trimEnd().split("\n");
          deps.append({ at, stream: "stdout", level, text: plainText(first) });
          for (const part of more) deps.append({ at, stream: "stdout", level, text: plainText(part), part: true });
        };
        for (const line of lines.slice(Math.max(0, lines.length - deps.tail))) add(line);
        reading.become("live");
        const live = (line: OwnLine) => {
          add(line);
          deps.changed();
        };
        listeners.add(live);
        await new Promise<void>((resolve) => {
          if (reading.signal.aborted) resolve();
          else reading.signal.addEventListener("abort", () => resolve(), { once: true });
        });
        listeners.delete(live);
      }),
  };
}
