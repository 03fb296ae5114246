import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createFrameReader, type FrameOptions, type LogFrame } from "../../../../electron/core/docker/index.ts";
import { isFailure } from "../../../../electron/core/failure.ts";

const frame = (type: number, payload: string | Buffer) => {
  const body = Buffer.from(payload);
  const header = Buffer.from([type, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32BE(body.length, 4);
  return Buffer.concat([header, body]);
};
const stamp = "2026-11-22T10:00:00.123456789Z";

/** Frames of one stream with one stamp in a row count as one: where a piece is cut is the reader's own affair. */
function readAll(
  chunks: readonly Buffer[],
  options: FrameOptions,
): { stream: string; timestamp: string | null; text: string }[] {
  const reader = createFrameReader(options);
  // A copy of each: the reader takes over what it is given.
  const frames: LogFrame[] = [...chunks.flatMap((chunk) => [...reader.push(Buffer.from(chunk))]), ...reader.end()];
  const out: { stream: string; timestamp: string | null; text: string }[] = [];
  for (const { stream, at, ns, bytes } of frames) {
    const last = out.at(-1);
    const timestamp = at === null ? null : `${new Date(at).toISOString().slice(0, -1)}${String(ns).padStart(6, "0")}Z`;
    const text = Buffer.from(bytes).toString("latin1");
    if (last && last.stream === stream && last.timestamp === timestamp) last.text += text;
    else out.push({ stream, timestamp, text });
  }
  return out;
}

function cutAt(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...places].map((from, i) => bytes.subarray(from, places[i] ?? bytes.length));
}

describe("multiplexed logs", () => {
  const plain = { tty: false, timestamps: false };
  const stamped = { tty: false, timestamps: true };

  it.each<[string, Buffer[], FrameOptions, object[]]>([
    ["one frame", [frame(1, "a\n")], plain, [{ stream: "stdout", timestamp: null, text: "a\n" }]],
    ["errors", [frame(2, "a\n")], plain, [{ stream: "stderr", timestamp: null, text: "a\n" }]],
    ["the engine's own errors", [frame(3, "a\n")], plain, [{ stream: "stderr", timestamp: null, text: "a\n" }]],
    ["an empty frame", [frame(1, ""), frame(1, "a")], plain, [{ stream: "stdout", timestamp: null, text: "a" }]],
    [
      "a stamp is taken off",
      [frame(1, `${stamp} a\n`)],
      stamped,
      [{ stream: "stdout", timestamp: stamp, text: "a\n" }],
    ],
    [
      "a stamp is text where none was asked for",
      [frame(1, `${stamp} a`)],
      plain,
      [{ stream: "stdout", timestamp: null, text: `${stamp} a` }],
    ],
    [
      "a stamp with an offset",
      [frame(1, "2026-11-22T10:00:00+03:00 a")],
      stamped,
      [{ stream: "stdout", timestamp: "2026-11-22T07:00:00.000000000Z", text: "a" }],
    ],
    [
      "what is no stamp stays",
      [frame(1, "hello world")],
      stamped,
      [{ stream: "stdout", timestamp: null, text: "hello world" }],
    ],
    [
      "one stamp alone is taken off",
      [frame(1, `${stamp} ${stamp} a`)],
      stamped,
      [{ stream: "stdout", timestamp: stamp, text: `${stamp} a` }],
    ],
    [
      "the pieces of a long line",
      [frame(1, `${stamp} ${"x".repeat(16384)}`), frame(1, `${stamp} yy\n`)],
      stamped,
      [{ stream: "stdout", timestamp: stamp, text: `${"x".repeat(16384)}yy\n` }],
    ],
    [
      "a frame that was cut off by the end",
      [frame(1, "abcdef").subarray(0, 11)],
      plain,
      [{ stream: "stdout", timestamp: null, text: "abc" }],
    ],
    [
      "a header that was cut off by the end",
      [frame(1, "a"), Buffer.from([1, 0, 0])],
      plain,
      [{ stream: "stdout", timestamp: null, text: "a" }],
    ],
  ])("%s", (_name, chunks, options, expected) => {
    expect(readAll(chunks, options)).toEqual(expected);
  });

  it.each([
    ["an unknown stream", Buffer.from([4, 0, 0, 0, 0, 0, 0, 1, 65])],
    ["text without frames", Buffer.from("hello, this is no frame")],
  ])("refuses %s", (_name, bytes) => {
    expect(() => createFrameReader(plain).push(bytes)).toThrow(
      expect.toSatisfy((error: unknown) => isFailure(error, "ENGINE_ERROR")),
    );
  });

  it("reads the same wherever it is cut", () => {
    const payload = fc.tuple(fc.constantFrom(1, 2), fc.boolean(), fc.string({ maxLength: 60 }));
    fc.assert(
      fc.property(fc.array(payload, { maxLength: 12 }), fc.array(fc.nat(2000), { maxLength: 20 }), (parts, cuts) => {
        const bytes = Buffer.concat(parts.map(([type, with_, text]) => frame(type, with_ ? `${stamp} ${text}` : text)));
        const whole = readAll([bytes], stamped);
        expect(readAll(cutAt(bytes, cuts), stamped)).toEqual(whole);
        expect(
          readAll(
            [...bytes].map((byte) => Buffer.from([byte])),
            stamped,
          ),
        ).toEqual(whole);
      }),
    );
  });

  it("never throws anything but its own failure, and loses no byte of what it took", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.array(fc.nat(200), { maxLength: 5 }), (bytes, cuts) => {
        try {
          readAll(cutAt(Buffer.from(bytes), cuts), plain);
        } catch (error) {
          expect(isFailure(error, "ENGINE_ERROR")).toBe(true);
        }
      }),
    );
  });

  it("does not give the memory that a header promises", () => {
    const header = Buffer.from([1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]);
    const reader = createFrameReader(stamped);
    reader.push(header);
    const first = Buffer.alloc(64 * 1024, "x");
    first.write(`${stamp} `);
    reader.push(first);
    const before = process.memoryUsage().arrayBuffers;
    let got = 0;
    const chunk = Buffer.alloc(64 * 1024, "x");
    for (let i = 0; i < 320; i += 1) {
      for (const { bytes, at, ns } of reader.push(chunk)) {
        expect([at, ns]).toEqual([Date.parse("2026-11-22T10:00:00.123Z"), 456_789]);
        got += bytes.length;
      }
    }
    expect(got).toBeGreaterThan(19 * 1024 * 1024);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(40 * 1024 * 1024);
  });

  it("reads 100,000 small frames in one chunk, and as many bytes one by one, in linear time", () => {
    const bytes = Buffer.concat(Array.from({ length: 100_000 }, () => frame(1, "line\n")));
    const start = performance.now();
    expect(createFrameReader(plain).push(bytes).count).toBe(100_000);
    const large = frame(1, Buffer.alloc(1_000_000, "x"));
    const reader = createFrameReader(plain);
    for (let at = 0; at < large.length; at += 10) reader.push(large.subarray(at, at + 10));
    expect(performance.now() - start).toBeLessThan(3_000);
  });
});

describe("a terminal's logs", () => {
  const raw = { tty: true, timestamps: false };
  const stamped = { tty: true, timestamps: true };
  const other = "2026-11-22T10:00:01.000000000Z";
  const long = "x".repeat(16_384);

  it.each<[string, string, FrameOptions, object[]]>([
    ["passes through", "a\r\nb", raw, [{ stream: "stdout", timestamp: null, text: "a\r\nb" }]],
    [
      "stamps at line starts",
      `${stamp} a\r\n${other} b\r\n`,
      stamped,
      [
        { stream: "stdout", timestamp: stamp, text: "a\r\n" },
        { stream: "stdout", timestamp: other, text: "b\r\n" },
      ],
    ],
    [
      "the stamp of a further piece",
      `${stamp} ${long}${stamp} yy\r\n`,
      stamped,
      [{ stream: "stdout", timestamp: stamp, text: `${long}yy\r\n` }],
    ],
    [
      "another stamp in the middle is text",
      `${stamp} ${long}${other} yy`,
      stamped,
      [{ stream: "stdout", timestamp: stamp, text: `${long}${other} yy` }],
    ],
    [
      "a stamp elsewhere in the line is text",
      `${stamp} a ${stamp} b`,
      stamped,
      [{ stream: "stdout", timestamp: stamp, text: `a ${stamp} b` }],
    ],
    ["a line without a stamp", "short\n", stamped, [{ stream: "stdout", timestamp: null, text: "short\n" }]],
    [
      "an end in the middle of a stamp",
      "2026-11-22T10",
      stamped,
      [{ stream: "stdout", timestamp: null, text: "2026-11-22T10" }],
    ],
  ])("%s", (_name, text, options, expected) => {
    expect(readAll([Buffer.from(text)], options)).toEqual(expected);
  });

  it("reads the same wherever it is cut", () => {
    const line = fc.oneof(
      fc.string({ maxLength: 40 }).map((text) => `${stamp} ${text}\r\n`),
      fc.string({ maxLength: 40 }).map((text) => `${stamp} ${long}${stamp} ${text}\n`),
      fc.string({ maxLength: 60 }),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 6 }), fc.array(fc.nat(120_000), { maxLength: 30 }), (lines, cuts) => {
        const bytes = Buffer.from(lines.join(""), "latin1");
        expect(readAll(cutAt(bytes, cuts), stamped)).toEqual(readAll([bytes], stamped));
      }),
    );
  });
});
