/** Reading a file line by line, from either end, in bounded memory. */
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";

export interface FileLine {
  /** Without the line break. Cut at `MAX_BYTES`: such a line is no line of ours, whatever follows. */
  bytes: Buffer;
  /** Counts from 1. */
  line: number;
  /** Length in the file, with the line break. */
  length: number;
  /** False for what stands behind the last line break. */
  ended: boolean;
}

const LF = 0x0a;
/** Eight times our longest line: enough to see that a line is wrong, not enough to be a burden. */
const MAX_BYTES = 65_536;
const CHUNK_BYTES = 65_536;

export async function* linesOf(file: string, signal?: AbortSignal): AsyncGenerator<FileLine> {
  let held: Buffer[] = [];
  let heldBytes = 0;
  let length = 0;
  let line = 1;
  const keep = (part: Buffer) => {
    length += part.length;
    if (heldBytes >= MAX_BYTES) return;
    held.push(part.subarray(0, MAX_BYTES - heldBytes));
    heldBytes += part.length;
  };
  const take = (ended: boolean): FileLine => {
    const result = { bytes: Buffer.concat(held), line: line++, length: length + (ended ? 1 : 0), ended };
    held = [];
    heldBytes = 0;
    length = 0;
    return result;
  };
  for await (const chunk of createReadStream(file, { ...(signal ? { signal } : {}), highWaterMark: CHUNK_BYTES })) {
    const bytes: Buffer = chunk;
    let start = 0;
    for (let end = bytes.indexOf(LF); end !== -1; end = bytes.indexOf(LF, start)) {
      keep(bytes.subarray(start, end));
      yield take(true);
      start = end + 1;
    }
    keep(bytes.subarray(start));
  }
  if (length > 0) yield take(false);
}

/** The whole lines from the last to the first; what stands behind the last line break is left out. */
export async function* linesBackward(file: string, signal?: AbortSignal): AsyncGenerator<Buffer> {
  const handle = await open(file, "r");
  try {
    let position = (await handle.stat()).size;
    let tail: Buffer | null = null;
    while (position > 0) {
      signal?.throwIfAborted();
      const from = Math.max(0, position - CHUNK_BYTES);
      const chunk = Buffer.alloc(position - from);
      const { bytesRead } = await handle.read(chunk, 0, chunk.length, from);
      if (bytesRead < chunk.length) return;
      position = from;
      let end = chunk.length;
      for (let at = chunk.lastIndexOf(LF); at !== -1; at = at === 0 ? -1 : chunk.lastIndexOf(LF, at - 1)) {
        if (tail !== null) yield Buffer.concat([chunk.subarray(at + 1, end), tail]);
        tail = Buffer.alloc(0);
        end = at;
      }
      if (tail !== null) tail = Buffer.concat([chunk.subarray(0, end), tail]);
      if (tail !== null && tail.length > MAX_BYTES) tail = Buffer.alloc(0);
    }
    if (tail !== null && tail.length > 0) yield tail;
  } finally {
    await handle.close();
  }
}
