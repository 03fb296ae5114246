import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  createLogRing,
  frame,
  type LogQuery,
  readLogQuery,
  rfc3339,
  streamLogs,
} from "../../../../electron/practice/container/logs.ts";

function ringOf(chunks: readonly Uint8Array[]) {
  let at = 0n;
  const ring = createLogRing(() => {
    at += 1n;
    return at;
  });
  for (const chunk of chunks) ring.append(1, chunk);
  return ring;
}
const pieces = (ring: ReturnType<typeof ringOf>) =>
  Array.from({ length: ring.next() - ring.first() }, (_, n) => ring.at(ring.first() + n)!);

const everything: LogQuery = {
  follow: false,
  streams: new Set([1, 2] as const),
  since: null,
  until: null,
  timestamps: false,
  tail: null,
};

async function read(ring: ReturnType<typeof ringOf>, query: Partial<LogQuery> = {}, tty = true): Promise<Buffer> {
  const written: Buffer[] = [];
  const outlet = {
    signal: new AbortController().signal,
    end: () => undefined,
    write: async (chunk: string | Uint8Array) => void written.push(Buffer.from(chunk)),
  };
  await streamLogs({ ring, tty, running: () => false, ended: Promise.resolve() }, { ...everything, ...query }, outlet);
  return Buffer.concat(written);
}

describe("the ring", () => {
  test("cuts at 16 KiB: the pieces share a stamp, the last ends in a line feed", () => {
    const ring = ringOf([Buffer.from(`${"x".repeat(40_000)}\nshort\n`)]);
    expect(pieces(ring).map(({ at, bytes }) => [at, bytes.length])).toEqual([
      [1n, 16_384],
      [1n, 16_384],
      [1n, 7_233],
      [2n, 6],
    ]);
  });

  test("however the bytes arrive, the same pieces come out", () => {
    const text = Buffer.from(`первая\n${"y".repeat(20_000)}\n\nlast\n`);
    const whole = pieces(ringOf([text])).map(({ bytes }) => bytes.toString("hex"));
    fc.assert(
      fc.property(fc.array(fc.nat(text.length), { maxLength: 8 }), (cuts) => {
        const places = [0, ...[...cuts].sort((a, b) => a - b), text.length];
        const chunks = places.slice(1).map((end, n) => text.subarray(places[n], end));
        expect(pieces(ringOf(chunks)).map(({ bytes }) => bytes.toString("hex"))).toEqual(whole);
      }),
    );
  });

  test("keeps the last 10,000 and says where they begin", () => {
    const ring = ringOf(Array.from({ length: 25_000 }, (_, n) => Buffer.from(`${n}\n`)));
    expect([ring.next(), ring.first(), ring.at(14_999), ring.at(15_000)?.bytes.toString()]).toEqual([
      25_000,
      15_000,
      expect.anything(),
      "15000\n",
    ]);
    expect(ring.at(14_000)).toBeUndefined();
  });

  test("an unfinished line comes out when the program has ended", () => {
    const ring = ringOf([Buffer.from("no end")]);
    expect(pieces(ring)).toEqual([]);
    ring.flush();
    expect(pieces(ring).map(({ bytes }) => bytes.toString())).toEqual(["no end"]);
  });
});

describe("reading", () => {
  const ring = ringOf(["a\n", "b\n", "c\n", "d\n"].map((text) => Buffer.from(text)));

  test.each<[string, Partial<LogQuery>, string]>([
    ["everything", {}, "a\nb\nc\nd\n"],
    ["tail", { tail: 2 }, "c\nd\n"],
    ["tail 0", { tail: 0 }, ""],
    ["since is inclusive", { since: 3n }, "c\nd\n"],
    ["until", { until: 2n }, "a\nb\n"],
    ["the other stream", { streams: new Set([2] as const) }, ""],
    ["stamps", { tail: 1, timestamps: true }, "1970-01-01T00:00:00.000000004Z d\n"],
  ])("%s", async (_name, query, expected) => {
    expect((await read(ring, query)).toString()).toBe(expected);
  });

  test("without a terminal each piece has its header, and a stamp of its own", async () => {
    const long = ringOf([Buffer.from(`${"z".repeat(16_390)}\n`)]);
    const bytes = await read(long, { timestamps: true }, false);
    const stamp = "1970-01-01T00:00:00.000000001Z ";
    expect(bytes).toEqual(
      Buffer.concat([frame(1, Buffer.from(stamp + "z".repeat(16_384))), frame(1, Buffer.from(`${stamp}zzzzzz\n`))]),
    );
  });

  test("following goes on from where it stood and ends with the program", async () => {
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const live = ringOf([Buffer.from("one\n")]);
    let text = "";
    const outlet = {
      signal: new AbortController().signal,
      end: () => undefined,
      write: async (chunk: string | Uint8Array) => {
        text += Buffer.from(chunk).toString();
      },
    };
    const source = { ring: live, tty: true, running: () => true, ended };
    const done = streamLogs(source, { ...everything, follow: true }, outlet);
    live.append(1, Buffer.from("two\n"));
    await Promise.resolve();
    live.append(1, Buffer.from("three\n"));
    end();
    await done;
    expect(text).toBe("one\ntwo\nthree\n");
  });
});

describe("the query", () => {
  const parse = (text: string) => readLogQuery({ query: new URLSearchParams(text), api: 47 });

  test("is read as the engine reads it", () => {
    expect(parse("stdout=1&stderr=true&follow=1&tail=5&timestamps=1&since=12.000000034")).toEqual({
      follow: true,
      streams: new Set([1, 2]),
      since: 12_000_000_034n,
      until: null,
      timestamps: true,
      tail: 5,
    });
    expect(parse("stdout=1&tail=all&since=0")).toMatchObject({ tail: null, since: null });
  });

  test.each([
    ["no stream", "follow=1", "you must choose at least one stream"],
    ["a date", "stdout=1&since=2024-01-01T00:00:00Z", 'invalid value for "since"'],
  ])("must be refused: %s", (_name, text, reason) => {
    expect(() => parse(text)).toThrow(reason);
  });
});

test("stamps have nine digits", () => {
  expect(rfc3339(1_750_000_000_123_000_007n)).toBe("2025-06-15T15:06:40.123000007Z");
});
