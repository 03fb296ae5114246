import { expect, it } from "vitest";
import { momentToNs } from "../../../../electron/core/docker/index.ts";
import type { TextLine } from "../../../../electron/core/logs/lineBatch.ts";
import { createResumption } from "../../../../electron/core/logs/resume.ts";

const origin = Date.UTC(2026, 10, 22, 10, 0, 10);
const line = (stream: TextLine["stream"], us: number): TextLine => ({
  stream,
  at: origin + Math.floor(us / 1_000),
  ns: (us % 1_000) * 1_000,
  text: "x",
});
const nsOf = ({ at, ns }: TextLine) => momentToNs({ at: at ?? 0, ns });

/** `us` of a line at `at` of a log of two streams, where standard error comes `lagUs` late. */
function twoStreams(count: number, lagUs: number): TextLine[] {
  const lines: TextLine[] = [];
  for (let at = 0; at < count; at++) {
    lines.push(line("stdout", at * 10 + lagUs), line("stderr", at * 10 + 5));
  }
  return lines;
}

it.each([
  ["a few lines in step", 10, 0],
  ["many lines in step", 30_000, 0],
  ["one stream 3 ms late", 30_000, 3_000],
  ["one stream 30 ms late", 30_000, 30_000],
])("goes on after a cut at any line, none lost and none twice: %s", (_name, count, lagUs) => {
  const log = twoStreams(count, lagUs);
  for (const cut of [1, 2, 7, log.length >> 1, log.length - 3]) {
    const resume = createResumption();
    const shown: TextLine[] = [];
    const read = (lines: readonly TextLine[]) => {
      for (const each of lines) {
        const key = [each.at ?? Number.NaN, each.ns, each.stream === "stdout" ? 0 : 1] as const;
        if (!resume.isNew(...key)) continue;
        resume.seen(...key);
        shown.push(each);
      }
    };
    read(log.slice(0, cut));
    const since = resume.restart() ?? 0n;
    read(log.filter((each) => nsOf(each) >= since));
    expect({ cut, shown: shown.length, same: shown.every((each, at) => each === log[at]) }).toEqual({
      cut,
      shown: log.length,
      same: true,
    });
    expect(resume.gap()).toBe(false);
  }
});
