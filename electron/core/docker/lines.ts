import { Failure } from "../failure.ts";

const maxLine = 4 * 1024 * 1024;

/** The values of a stream of JSON lines. A line that is no JSON is left out; one without end is an `ENGINE_ERROR`. */
export async function* jsonLines(stream: AsyncIterable<Buffer>): AsyncGenerator<unknown> {
  let pieces: Buffer[] = [];
  let size = 0;
  const finish = (last: Buffer): unknown => {
    const line = Buffer.concat([...pieces, last])
      .toString("utf8")
      .trim();
    pieces = [];
    size = 0;
    if (line === "") return undefined;
    try {
      return JSON.parse(line);
    } catch {
      return undefined;
    }
  };
  for await (const chunk of stream) {
    let at = 0;
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, at)) {
      const value = finish(chunk.subarray(at, end));
      at = end + 1;
      if (value !== undefined) yield value;
    }
    size += chunk.length - at;
    if (size > maxLine) throw new Failure("ENGINE_ERROR", { status: 200, message: "a line of the stream is too long" });
    if (at < chunk.length) pieces.push(Buffer.from(chunk.subarray(at)));
  }
  const value = finish(Buffer.alloc(0));
  if (value !== undefined) yield value;
}
