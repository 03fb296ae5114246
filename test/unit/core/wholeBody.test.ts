import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { wholeBody } from "../../../electron/core/wholeBody.ts";

const limit = 5;
const tooLarge = () => new Error("too large");
const of = (...texts: string[]) => Readable.from(texts.map((text) => Buffer.from(text)));

describe("wholeBody", () => {
  it.each([
    ["nothing", of(), ""],
    ["one piece", of("abc"), "abc"],
    ["pieces up to the limit", of("ab", "", "cde"), "abcde"],
  ])("%s", async (_, stream, text) => expect((await wholeBody(stream, limit, tooLarge)).toString()).toBe(text));

  it("keeps what it was given though the memory is used again", async () => {
    const memory = Buffer.alloc(2);
    async function* pieces() {
      for (const text of ["ab", "cd"]) {
        memory.write(text);
        yield memory;
      }
    }
    expect((await wholeBody(pieces(), limit, tooLarge)).toString()).toBe("abcd");
  });

  it("must refuse a byte more than the limit, and end the stream", async () => {
    const stream = of("abc", "def", "never read");
    await expect(wholeBody(stream, limit, tooLarge)).rejects.toThrow("too large");
    expect(stream.destroyed).toBe(true);
  });

  it("rejects as the stream does", async () => {
    const stream = new Readable({ read() {} });
    const body = wholeBody(stream, limit, tooLarge);
    stream.push("abc");
    stream.destroy(new Error("broken"));
    await expect(body).rejects.toThrow("broken");
  });
});
