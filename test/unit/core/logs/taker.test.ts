import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { batchOf } from "../../../../electron/core/docker/index.ts";
import { createLogBuffer } from "../../../../electron/core/logs/buffer/index.ts";
import { createMasker, createScreener } from "../../../../electron/core/logs/index.ts";
import { createLineAssembler } from "../../../../electron/core/logs/lines.ts";
import { createTaker } from "../../../../electron/core/logs/taker.ts";
import { linesOf, type Story } from "../../../helpers/logStories.ts";

const secret = "hf_AbCdEf0123456789xyzXYZ";
const stories: readonly Story[] = ["gateway", "model", "ray", "trainer", "plain"];
const odd = [
  "",
  "\tat main.go:12",
  "password=Xk2#mP9$vLq7!wRt",
  "https://user:S3cr3tPassw0rd@host/path",
  "-----BEGIN PRIVATE KEY-----",
  "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj",
  "-----END PRIVATE KEY-----",
  "модель готова",
  "goroutine 1 [running]:",
  "ERROR failed",
  "Traceback (most recent call last):",
  '  File "/app/server.py", line 212, in generate',
  "ValueError: no",
  "\u001b[31mred\u001b[0m",
  "x".repeat(9_000),
];

interface Said {
  stream: "stdout" | "stderr";
  text: string;
  at: number | null;
}

const line: fc.Arbitrary<Said> = fc.record({
  stream: fc.constantFrom<Said["stream"]>("stdout", "stdout", "stdout", "stderr"),
  text: fc.oneof(
    { weight: 6, arbitrary: fc.nat(4_000).map((n) => linesOf(stories[n % 5] as Story, n).join("\n")) },
    { weight: 1, arbitrary: fc.constantFrom(...odd) },
    { weight: 1, arbitrary: fc.constantFrom("use ", "TOKEN=").map((before) => `${before}${secret} now`) },
  ),
  at: fc.oneof({ weight: 9, arbitrary: fc.nat(1e6) }, { weight: 1, arbitrary: fc.constant(null) }),
});

/** What is held of a log that came in `pieces`: lines at once, or each as a text. */
async function held(
  pieces: readonly Said[][],
  how: "batches" | "texts",
  limits: { maxLines: number; maxBytes: number },
) {
  const masker = createMasker();
  masker.register("HF_TOKEN", Buffer.from(secret));
  const screener = createScreener({
    settings: () => ({ providers: true, assignments: true, pii: false }),
    clock: { mono: () => 0 },
    charsPerSecond: 1e12,
  });
  const buffer = createLogBuffer(limits);
  const screen = screener.log();
  const taker = createTaker(buffer, screen, () => Date.UTC(2026, 10, 22));
  const assembler = createLineAssembler(
    () => masker.stream(),
    () => 0,
  );
  for (const piece of pieces) {
    const frames = piece.map(({ stream, text, at }) => ({ stream, at, ns: 5, bytes: Buffer.from(`${text}\n`) }));
    const batch = assembler.push(batchOf(frames));
    if (how === "batches") taker.lines(batch, 0, batch.count);
    else for (const each of batch) taker.line(each);
  }
  const lines = await buffer.lines(0, 100_000);
  return { first: buffer.first, next: buffer.next, levels: buffer.levels, lines, found: [...screen.detected] };
}

describe("lines that are taken as bytes", () => {
  it("are held as they would be as texts, whatever they say and however they come", { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(line, { maxLength: 60 }), { maxLength: 6 }),
        fc.constantFrom(
          { maxLines: 100_000, maxBytes: 1e8 },
          { maxLines: 40, maxBytes: 1e8 },
          { maxLines: 1e5, maxBytes: 30_000 },
        ),
        async (pieces, limits) => {
          expect(await held(pieces, "batches", limits)).toEqual(await held(pieces, "texts", limits));
        },
      ),
      { numRuns: 120 },
    );
  });

  it("are told apart where a detector has to look, and nowhere else", async () => {
    const pieces = [
      [...stories, "plain" as const].map((story, n) => ({
        stream: "stdout" as const,
        text: linesOf(story, n + 200).join("\n"),
        at: n,
      })),
    ];
    pieces[0]?.push({ stream: "stdout", text: "password=Xk2#mP9$vLq7!wRt", at: 9 });
    const { lines, found } = await held(pieces, "batches", { maxLines: 100, maxBytes: 1e6 });
    expect(lines.at(-1)?.text).toBe("password=[detected:assignment]");
    expect(found).toEqual([["assignment", 1]]);
  });

  it("fill blocks of any size without a hole", async () => {
    const text = (n: number) => `INFO line ${n} ${"y".repeat(n % 7 === 0 ? 70_000 : 50)}`;
    const pieces = Array.from({ length: 40 }, (_, piece) =>
      Array.from({ length: 25 }, (_, n) => ({ stream: "stdout" as const, text: text(piece * 25 + n), at: n })),
    );
    const { first, next, levels, lines } = await held(pieces, "batches", { maxLines: 1e5, maxBytes: 1e9 });
    expect({ first, next, levels }).toEqual({
      first: 0,
      next: 1_000,
      levels: { none: 0, debug: 0, info: 1_000, warn: 0, error: 0 },
    });
    expect(lines.every((each, n) => each.text === text(n) && each.index === n)).toBe(true);
  });
});
