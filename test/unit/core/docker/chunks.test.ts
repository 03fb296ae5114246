import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createAnswerReader } from "../../../../electron/core/docker/chunks.ts";

const chunkedHead = "HTTP/1.1 200 OK\r\nContent-Type: x\r\nTransfer-Encoding: chunked\r\n\r\n";

/** What the reader makes of a text that comes in `parts`; it takes over what it is given. */
function read(parts: readonly Buffer[]) {
  const reader = createAnswerReader();
  const bodies = parts.map((part) => Buffer.from(reader.push(Buffer.from(part))));
  return {
    status: reader.head?.status ?? null,
    body: Buffer.concat(bodies).toString("latin1"),
    done: reader.done,
    whole: reader.end(),
  };
}

function cutAt(text: string, places: readonly number[]): Buffer[] {
  const bytes = Buffer.from(text, "latin1");
  const sorted = [0, ...new Set(places.map((place) => place % (bytes.length + 1))), bytes.length].sort((a, b) => a - b);
  return sorted.slice(1).map((to, at) => bytes.subarray(sorted[at], to));
}

const answers: [
  name: string,
  text: string,
  expected: { status: number; body: string; done: boolean; whole: boolean },
][] = [
  ["chunks", `${chunkedHead}3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n`, ok("abc0123456789")],
  ["extensions, zeros and trailers", `${chunkedHead}003;a=b\r\nabc\r\n0\r\nX: y\r\n\r\n`, ok("abc")],
  ["line feeds inside", `${chunkedHead}4\r\n\r\n\r\n\r\n0\r\n\r\n`, ok("\r\n\r\n")],
  ["a length", "HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\nno", { ...ok("no"), status: 404 }],
  ["no body", "HTTP/1.1 204 No Content\r\n\r\n", { ...ok(""), status: 204 }],
  ["an interim answer", `HTTP/1.1 100 Continue\r\n\r\n${chunkedHead}1\r\na\r\n0\r\n\r\n`, ok("a")],
  ["until the connection ends", "HTTP/1.0 200 OK\r\n\r\nall of it", { ...ok("all of it"), done: false }],
  ["cut in a chunk", `${chunkedHead}5\r\nabc`, { ...ok("abc"), done: false, whole: false }],
  ["cut between chunks", `${chunkedHead}3\r\nabc\r\n`, { ...ok("abc"), done: false, whole: false }],
  ["cut in its length", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nno", { ...ok("no"), done: false, whole: false }],
  ["more than the answer", `${chunkedHead}1\r\na\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n\r\nb`, ok("a")],
];

function ok(body: string) {
  return { status: 200, body, done: true, whole: true };
}

describe("an answer is read", () => {
  it.each(answers)("%s", (_name, text, expected) => {
    expect(read([Buffer.from(text, "latin1")])).toEqual(expected);
  });

  it.each(answers)("%s, cut at every byte", (_name, text, expected) => {
    for (let at = 0; at <= text.length; at++) expect(read(cutAt(text, [at]))).toEqual(expected);
    expect(read([...Buffer.from(text, "latin1")].map((byte) => Buffer.from([byte])))).toEqual(expected);
  });

  it("whatever the chunks and the cuts", () => {
    const body = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 8 });
    fc.assert(
      fc.property(body, fc.array(fc.nat(2000), { maxLength: 12 }), (chunks, places) => {
        const texts = chunks.map((bytes) => Buffer.from(bytes).toString("latin1"));
        const framed = texts.map((each) => `${each.length.toString(16)}\r\n${each}\r\n`).join("");
        expect(read(cutAt(`${chunkedHead}${framed}0\r\n\r\n`, places))).toEqual(ok(texts.join("")));
      }),
      { numRuns: 400 },
    );
  });

  it("what is given out stays as it was when more comes", () => {
    const reader = createAnswerReader();
    const first = reader.push(Buffer.from(`${chunkedHead}3\r\nabc\r\n2\r\nde`));
    reader.push(Buffer.from("\r\n5\r\nXXXXX\r\n"));
    expect(String(first)).toBe("abcde");
  });
});

describe("must be refused", () => {
  it.each([
    ["no HTTP", "SSH-2.0-OpenSSH_9.2\r\n\r\n", "this is no HTTP answer"],
    ["another version", "HTTP/2.0 200 OK\r\n\r\n", "this is no HTTP answer"],
    ["a header without a name", "HTTP/1.1 200 OK\r\n: x\r\n\r\n", "a header of the answer has no name"],
    [
      "a coding that nobody asked for",
      "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n",
      "the answer is encoded in a way that nobody asked for",
    ],
    ["a length below zero", "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n", "the length of the answer is no number"],
    ["a head without an end", `HTTP/1.1 200 OK\r\nx: ${"y".repeat(20_000)}`, "the head of the answer is too long"],
    ["a chunk without a size", `${chunkedHead}zz\r\nabc`, "a chunk of the answer has no size"],
    ["a size of nine digits", `${chunkedHead}100000000\r\n`, "a chunk of the answer has no size"],
    ["a size line without an end", `${chunkedHead}1;${"x".repeat(2000)}`, "a line of the answer is too long"],
    ["a chunk longer than it says", `${chunkedHead}1\r\nabc\r\n`, "a chunk of the answer is longer than it says"],
    ["trailers without an end", `${chunkedHead}0\r\n${"a: b\r\n".repeat(70)}`, "too many trailers"],
  ])("%s, cut or not", (_name, text, message) => {
    const refused = expect.objectContaining({ code: "ENGINE_ERROR", details: { status: 0, message } });
    const failureOf = (parts: readonly Buffer[]) => {
      try {
        return read(parts);
      } catch (error) {
        return error;
      }
    };
    expect(failureOf([Buffer.from(text)])).toEqual(refused);
    expect(failureOf([...Buffer.from(text)].map((byte) => Buffer.from([byte])))).toEqual(refused);
  });
});
