import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { batchOf, type LogFrame } from "../../../../electron/core/docker/index.ts";
import { createMasker } from "../../../../electron/core/logs/index.ts";
import type { TextLine } from "../../../../electron/core/logs/lineBatch.ts";
import { createLineAssembler, MAX_LINE } from "../../../../electron/core/logs/lines.ts";

const token = "hf_AbCdEf0123456789xyzXYZ";
const frame = (
  text: string | Uint8Array,
  stamp: string | null = null,
  stream: LogFrame["stream"] = "stdout",
): LogFrame => ({
  stream,
  at: stamp === null ? null : Number(stamp.slice(1)),
  ns: 7,
  bytes: typeof text === "string" ? Buffer.from(text) : text,
});

/** `t5` for the stamp of the millisecond 5. */
const named = ({ stream, at, ns, text }: TextLine) => ({
  stream,
  stamp: at === null || ns !== 7 ? null : `t${at}`,
  text,
});

function assembler(values: Record<string, string> = { HF_TOKEN: token }, mono = () => 0) {
  const masker = createMasker();
  for (const [name, value] of Object.entries(values)) masker.register(name, Buffer.from(value));
  const lines = createLineAssembler(() => masker.stream(), mono);
  return {
    push: (frames: readonly LogFrame[]) => [...lines.push(batchOf(frames))].map(named),
    end: () => [...lines.end()].map(named),
    reset: () => lines.reset(),
  };
}

type NamedLine = ReturnType<typeof named>;

const texts = (lines: readonly NamedLine[]) => lines.map((line) => line.text);

describe("frames to lines", () => {
  it("joins the engine's pieces of 16 KiB before masking, with the stamp of the first", () => {
    const before = "x".repeat(16_384 - 10);
    const lines = assembler();
    expect(lines.push([frame(`${before}${token.slice(0, 10)}`, "t1")])).toEqual([]);
    expect(lines.push([frame(`${token.slice(10)}\n`, "t1"), frame("next\n", "t2")])).toEqual([
      { stream: "stdout", stamp: "t1", text: `${before}[secret:HF_TOKEN]` },
      { stream: "stdout", stamp: "t2", text: "next" },
    ]);
  });

  it("keeps the streams apart, also in the middle of a value", () => {
    const lines = assembler();
    const out = lines.push([
      frame(`a ${token.slice(0, 9)}`, "t1", "stdout"),
      frame(`b ${token.slice(0, 9)}`, "t2", "stderr"),
      frame(`${token.slice(9)}\n`, "t3", "stdout"),
      frame("!\n", "t4", "stderr"),
    ]);
    expect(out).toEqual([
      { stream: "stdout", stamp: "t1", text: "a [secret:HF_TOKEN]" },
      { stream: "stderr", stamp: "t2", text: `b ${token.slice(0, 9)}!` },
    ]);
  });

  it("finds the stamps again behind replacements that changed the length and took lines away", () => {
    const key = `first-line-of-it\nsecond-line-of-it\nthird`;
    const lines = assembler({ HF_TOKEN: token, KEY: key });
    const out = lines.push([
      frame(`${token} ${token}\n`, "t1"),
      frame("first-line-of-it\n", "t2"),
      frame("second-line-of-it\n", "t3"),
      frame("third\n", "t4"),
      frame("after\n", "t5"),
    ]);
    expect(out.map(({ stamp, text }) => [stamp, text])).toEqual([
      ["t1", "[secret:HF_TOKEN] [secret:HF_TOKEN]"],
      ["t2", "[secret:KEY]"],
      ["t5", "after"],
    ]);
  });

  it("a line of 100 MB is cut, marked, and the next one is whole again", () => {
    const lines = assembler();
    const megabyte = Buffer.alloc(1_000_000, "y");
    const out: NamedLine[] = [];
    for (let i = 0; i < 100; i++) out.push(...lines.push([frame(megabyte, "t1")]));
    out.push(...lines.push([frame(`end\nnext\n`, "t2")]));
    expect(out.map((line) => [line.text.length, line.text.slice(-4)])).toEqual([
      [MAX_LINE + 4, " […]"],
      [4, "next"],
    ]);
  });

  it("ends with what has no line feed, a cut secret masked", () => {
    const lines = assembler();
    lines.push([frame("last words", "t1"), frame(`err ${token.slice(0, 12)}`, "t2", "stderr")]);
    expect(lines.end()).toEqual([
      { stream: "stdout", stamp: "t1", text: "last words" },
      { stream: "stderr", stamp: "t2", text: "err [secret:HF_TOKEN]" },
    ]);
    expect(lines.end()).toEqual([]);
  });

  it("gives a progress bar once a second, and its end", () => {
    let now = 0;
    const lines = assembler({}, () => now);
    const out: NamedLine[] = [];
    for (let i = 1; i <= 100; i++) {
      now = i * 50;
      out.push(...lines.push([frame(`\rLoading ${i}%`, `t${i}`)]));
    }
    out.push(...lines.push([frame("\r\ndone\r", "t200")]), ...lines.push([frame("\n", "t201")]));
    expect(out.map(({ stamp, text }) => [stamp, text])).toEqual([
      ["t20", "Loading 20%"],
      ["t40", "Loading 40%"],
      ["t60", "Loading 60%"],
      ["t80", "Loading 80%"],
      ["t100", "Loading 100%"],
      ["t200", "done"],
    ]);
  });

  it("an endless progress bar does not fill the memory, nor is its end lost", () => {
    const lines = assembler();
    for (let i = 0; i < 3_000; i++) lines.push([frame(`\r${"#".repeat(1_000)}`)]);
    expect(texts(lines.push([frame("\rend\n")]))).toEqual(["end"]);
  });

  it("forgets what is begun when told to", () => {
    const lines = assembler();
    lines.push([frame(`half ${token.slice(0, 12)}`, "t1")]);
    lines.reset();
    expect(texts(lines.push([frame("whole\n", "t2")]))).toEqual(["whole"]);
  });

  it("shows invalid UTF-8 as such, and keeps characters that a frame cuts", () => {
    const bytes = Buffer.from("né 모\n");
    const lines = assembler();
    const out = [...lines.push([frame(bytes.subarray(0, 2))]), ...lines.push([frame(bytes.subarray(2, 5))])];
    out.push(...lines.push([frame(bytes.subarray(5)), frame(Buffer.from([0xff, 0x41, 0x0a]))]));
    expect(texts(out)).toEqual(["né 모", "\ufffdA"]);
  });

  it.each<[string, Record<string, string>]>([
    ["a value", { HF_TOKEN: token }],
    ["values, one of several lines", { HF_TOKEN: token, KEY: `plain 7\n${token} é 8` }],
  ])("large batches give what single lines give: %s", (_, values) => {
    const log = Array.from({ length: 900 }, (_, i) => {
      const text = [`plain ${i % 10}`, `${token} é ${i % 10}`, `\u001b[31m${token.slice(0, 5)}`, `a\tb ${token}`][
        i % 4
      ];
      return frame(`${text}\n`, `t${i}`, i % 97 === 96 ? "stderr" : "stdout");
    });
    const single = assembler(values);
    const expected = [...log.flatMap((each) => single.push([each])), ...single.end()];
    const large = assembler(values);
    const got = [...large.push(log.slice(0, 400)), ...large.push(log.slice(400, 401)), ...large.push(log.slice(401))];
    expect([...got, ...large.end()]).toEqual(expected);
    expect(expected.length).toBeGreaterThan(600);
  });

  it("gives the same lines and stamps wherever the frames are cut", () => {
    const part = fc.constantFrom(token, "plain", "\u001b[31m", "HF_TOKEN=", "\r", "é", " ", token.slice(0, 7));
    const line = fc.tuple(fc.constantFrom("stdout", "stderr"), fc.array(part, { maxLength: 6 }));
    fc.assert(
      fc.property(
        fc.array(line, { maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
        (log, sizes) => {
          const whole = assembler();
          const expected = log.flatMap(([stream, parts], i) =>
            whole.push([frame(`${parts.join("")}\n`, `t${i}`, stream as "stdout")]),
          );
          const pieces = assembler();
          const got: NamedLine[] = [];
          let turn = 0;
          log.forEach(([stream, parts], i) => {
            const bytes = Buffer.from(`${parts.join("")}\n`);
            for (let at = 0; at < bytes.length; ) {
              const size = sizes[turn++ % sizes.length]!;
              got.push(...pieces.push([frame(bytes.subarray(at, at + size), `t${i}`, stream as "stdout")]));
              at += size;
            }
          });
          expect(got).toEqual(expected);
          expect(expected.length).toBe(log.length);
        },
      ),
    );
  });
});
