import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createMarkReader, type Piece } from "../../../../../electron/core/logs/sources/marks.ts";

const mark = "\u001eabcdef0123456789";

/** Bytes joined, so that only what was between the marks counts and not how it was cut. */
function joined(pieces: readonly Piece[]): (string | string[])[] {
  const out: (string | string[])[] = [];
  for (const piece of pieces) {
    const last = out.at(-1);
    if (piece.kind === "mark") out.push(piece.words);
    else if (typeof last === "string") out[out.length - 1] = last + Buffer.from(piece.bytes).toString("latin1");
    else out.push(Buffer.from(piece.bytes).toString("latin1"));
  }
  return out;
}

describe("marks between bytes", () => {
  it("are taken out wherever the stream is cut", () => {
    const stream = Buffer.from(`one\n${mark} data 17 4\ntwo\nthr${mark} beat\nee\n\u001eabc no mark\n`, "latin1");
    const whole = ["one\n", ["data", "17", "4"], "two\nthr", ["beat"], "ee\n\u001eabc no mark\n"];
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length), { maxLength: 8 }), (cuts) => {
        const reader = createMarkReader(mark);
        const places = [0, ...cuts.sort((a, b) => a - b), stream.length];
        const pieces = places.slice(1).flatMap((to, i) => reader.push(stream.subarray(places[i], to)));
        expect(joined(pieces)).toEqual(whole);
      }),
    );
  });

  it("hold nothing back but what may begin a mark", () => {
    const reader = createMarkReader(mark);
    expect(joined(reader.push(Buffer.from("a whole line\n")))).toEqual(["a whole line\n"]);
    expect(joined(reader.push(Buffer.from("x\u001eabc", "latin1")))).toEqual(["x"]);
    expect(joined(reader.push(Buffer.from("d!", "latin1")))).toEqual(["\u001eabcd!"]);
  });

  it("a mark without an end is given as bytes, not kept for ever", () => {
    const reader = createMarkReader(mark);
    const pieces = reader.push(Buffer.from(`${mark}${"x".repeat(500)}`, "latin1"));
    expect(joined(pieces)).toEqual([`${mark}${"x".repeat(500)}`]);
    expect(joined(reader.push(Buffer.from(`${mark} beat\n`, "latin1")))).toEqual([["beat"]]);
  });
});
