import type { LogSource, SourceLine, StartSource } from "../../../../../electron/core/logs/index.ts";
import { createMasker } from "../../../../../electron/core/logs/index.ts";
import { systemClock, systemRandom } from "../../../../../electron/core/node.ts";

export const token = "hf_AbCdEf0123456789xyzXYZ";

export interface Read {
  lines: SourceLine[];
  texts(): string[];
  source: LogSource;
  bugs: unknown[];
}

/** Starts a source on real time with one secret registered, and keeps what it brings. */
export function readFrom(start: StartSource, tail = 100): Read {
  const masker = createMasker();
  masker.register("HF_TOKEN", Buffer.from(token));
  const lines: SourceLine[] = [];
  const bugs: unknown[] = [];
  const source = start({
    tail,
    append: (line) => void lines.push(line),
    take(batch, from, to) {
      for (const { at, stream, text } of [...batch].slice(from, to)) lines.push({ at, stream, text });
    },
    begun: () => lines.length > 0,
    masker,
    clock: systemClock(),
    random: systemRandom(),
    changed: () => {},
    report: (error) => void bugs.push(error),
  });
  return { lines, texts: () => lines.map((line) => line.text), source, bugs };
}
