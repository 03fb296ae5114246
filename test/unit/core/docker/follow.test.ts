import { Duplex } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { follow } from "../../../../electron/core/docker/follow.ts";
import { isFailure } from "../../../../electron/core/failure.ts";
import { fakeClock } from "../../../helpers/ports.ts";

const head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;

/** A connection that the test speaks for. */
function scene() {
  const asked: string[] = [];
  const stream = new Duplex({
    read() {},
    write(bytes: Buffer, _encoding, done) {
      asked.push(bytes.toString());
      done();
    },
  });
  const clock = fakeClock();
  const control = new AbortController();
  const answer = follow(stream, "/x", { signal: control.signal, clock });
  const say = async (text: string) => {
    stream.push(Buffer.from(text));
    await setImmediate();
  };
  return { stream, asked, clock, control, answer, say };
}

/** Reads in the background; a piece is copied, since it is good until the next. */
function collect(body: AsyncIterable<Buffer>) {
  const got: string[] = [];
  const done = (async () => {
    for await (const piece of body) got.push(piece.toString());
  })();
  done.catch(() => {});
  return { got, done };
}

describe("an answer that goes on", () => {
  it("gives what is small at once, and gathers behind what is large", async () => {
    const { answer, asked, say, clock, stream } = scene();
    await say(head);
    const { body, head: found } = await answer;
    expect([found.status, asked]).toEqual([
      200,
      ["GET /x HTTP/1.1\r\nHost: engine\r\nAccept: */*\r\nConnection: close\r\n\r\n"],
    ]);
    const { got, done } = collect(body);
    await say(chunk("one"));
    await say(chunk("two"));
    expect([got, clock.pending]).toEqual([["one", "two"], 0]);
    const large = "x".repeat(3_000);
    await say(chunk(large));
    await say(chunk("three"));
    await say(chunk("four"));
    expect([got.length, clock.pending]).toEqual([3, 1]);
    await clock.advance(4);
    expect(got).toEqual(["one", "two", large, "threefour"]);
    await say(chunk("five"));
    expect([got.at(-1), clock.pending]).toEqual(["five", 0]);
    await say("0\r\n\r\n");
    await done;
    expect(stream.destroyed).toBe(true);
  });

  it("does not wait when there is plenty, nor at the end", async () => {
    const { answer, say, clock, stream } = scene();
    await say(head);
    const { got, done } = collect((await answer).body);
    const large = "x".repeat(3_000);
    await say(chunk(large));
    await say(chunk("y".repeat(200_000)));
    expect(got.map((piece) => piece.length)).toEqual([3_000, 200_000]);
    await say(chunk("last"));
    expect(got.length).toBe(2);
    expect(clock.pending).toBe(1);
    await say("0\r\n\r\n");
    stream.push(null);
    await done;
    expect([got.at(-1), clock.pending]).toEqual(["last", 0]);
  });

  it("leaves with the connection what nobody takes", async () => {
    const { answer, say, stream } = scene();
    await say(head);
    const { body } = await answer;
    for (let at = 0; at < 20; at++) await say(chunk("z".repeat(100_000)));
    expect(stream.isPaused()).toBe(true);
    expect(stream.readableLength).toBeGreaterThan(1_000_000);
    const { got, done } = collect(body);
    stream.push("0\r\n\r\n");
    await done;
    expect(got.reduce((sum, piece) => sum + piece.length, 0)).toBe(2_000_000);
  });

  it.each<[string, (stream: Duplex) => void]>([
    ["breaks", (stream) => stream.destroy(new Error("the link broke"))],
    ["ends", (stream) => stream.push(null)],
    ["closes", (stream) => stream.destroy()],
  ])("gives what came before the connection %s in the middle, and fails then", async (_, cut) => {
    const { answer, say, stream } = scene();
    await say(head);
    const { body } = await answer;
    await say(`${chunk("whole")}9\r\npart`);
    cut(stream);
    await setImmediate();
    const { got, done } = collect(body);
    await expect(done).rejects.toThrow(/broke|closed/);
    expect(got).toEqual(["wholepart"]);
  });

  it.each<[string, string, (stream: Duplex) => void, RegExp]>([
    ["is no HTTP", "SSH-2.0-OpenSSH\r\n\r\n", () => {}, /ENGINE_ERROR/],
    ["ends before its head", "HTTP/1.1 200", (stream) => stream.push(null), /closed the connection/],
    ["breaks before its head", "HTTP/1.1 200", (stream) => stream.destroy(new Error("gone")), /gone/],
  ])("refuses one that %s", async (_, text, cut, why) => {
    const { answer, say, stream } = scene();
    answer.catch(() => {});
    await say(text);
    cut(stream);
    await expect(answer).rejects.toThrow(why);
    expect(stream.destroyed).toBe(true);
  });

  it("is over when it is told so: before the head, and while it is read", async () => {
    const early = scene();
    early.control.abort();
    expect(isFailure(await early.answer.catch((error: unknown) => error), "CANCELLED")).toBe(true);
    expect(early.stream.destroyed).toBe(true);

    const { answer, say, stream } = scene();
    await say(head);
    const { body } = await answer;
    let closed = 0;
    body.onClose(() => closed++);
    const { got, done } = collect(body);
    await say(chunk("one"));
    body.destroy();
    await done;
    expect([got, closed, stream.destroyed]).toEqual([["one"], 1, true]);

    const other = scene();
    await other.say(head);
    const reading = collect((await other.answer).body);
    (await other.answer).body.destroy(new Error("no longer asked"));
    await expect(reading.done).rejects.toThrow("no longer asked");
  });
});
