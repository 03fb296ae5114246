import { type FileHandle, open, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { HEAD_BYTES, type RecordHead, readHead, readRecord } from "./block.ts";
import { readAt, SEGMENT_NAME } from "./segments.ts";
import type { Held, KeptAbout, KeptLog, KeptReader } from "./types.ts";

/** Stands in the folder of a log that stays. */
export const KEPT_FILE = "kept.json";

/** Characters of a name; a longer one is cut when it is written. */
const MAX_NAME = 1_000;
const name = z.string().max(MAX_NAME);
const MAX_SOURCES = 64;

const now = z.object({
  version: z.literal(2),
  sources: z
    .array(z.object({ name, simulated: z.boolean().nullable() }))
    .min(1)
    .max(MAX_SOURCES),
});
/** Says nothing of practice hosts: nobody knows any more. */
const before = z
  .object({ version: z.literal(1), names: z.array(name).max(MAX_SOURCES) })
  .transform(({ names }): KeptAbout => {
    return { sources: (names.length > 0 ? names : [""]).map((name) => ({ name, simulated: null })) };
  });
const keptFile = z.union([now, before]);

/** What stands in `KEPT_FILE`. */
export function keptText({ sources }: KeptAbout): string {
  const written = sources.map(({ name, simulated }) => ({ name: name.slice(0, MAX_NAME), simulated }));
  return JSON.stringify({ version: 2, sources: written } satisfies z.input<typeof now>);
}

/** Longest record that is believed: one line of a mebibyte, or a block of short ones. */
const MAX_RECORD = 16 * 1024 * 1024;

interface Record extends RecordHead {
  offset: number;
}

/** Null when the folder holds no kept log. */
export async function readKept(folder: string, id: string): Promise<KeptReader | null> {
  const parsed = keptFile.safeParse(await jsonOf(join(folder, KEPT_FILE)));
  if (!parsed.success) return null;
  const about: KeptLog = { id, sources: parsed.data.sources, from: null, to: null, lines: 0, bytes: 0 };
  const names = await segmentsIn(folder);
  for (const name of names) {
    await withFile(join(folder, name), async (handle) => {
      for await (const { from, to, count, bytes } of recordsOf(handle)) {
        about.lines += count;
        about.bytes += bytes;
        if (from <= to) {
          about.from = Math.min(about.from ?? from, from);
          about.to = Math.max(about.to ?? to, to);
        }
      }
    });
  }
  return { about, runs: (signal) => runs(folder, names, signal) };
}

async function* runs(folder: string, names: readonly string[], signal?: AbortSignal): AsyncGenerator<Held[]> {
  for (const name of names) {
    const handle = await open(join(folder, name), "r");
    try {
      for await (const { offset, bytes } of recordsOf(handle)) {
        if (signal?.aborted) return;
        const record = await readAt(handle, offset, bytes);
        const block = record === null ? null : readRecord(record);
        if (block === null) break;
        yield Array.from({ length: block.count }, (_, at) => block.line(at));
      }
    } finally {
      await handle.close();
    }
  }
}

/** Up to the first that is torn: behind it nothing can be found. */
async function* recordsOf(handle: FileHandle): AsyncGenerator<Record> {
  const { size } = await handle.stat();
  const head = Buffer.alloc(HEAD_BYTES);
  for (let offset = 0; offset + HEAD_BYTES <= size; ) {
    await handle.read(head, 0, HEAD_BYTES, offset);
    const record = readHead(head);
    if (record === null || record.bytes > MAX_RECORD || offset + record.bytes > size) return;
    yield { ...record, offset };
    offset += record.bytes;
  }
}

export async function bytesIn(folder: string): Promise<number> {
  const sizes = (await segmentsIn(folder)).map(async (name) => (await stat(join(folder, name))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

async function segmentsIn(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => SEGMENT_NAME.test(name)).sort();
}

async function withFile(file: string, use: (handle: FileHandle) => Promise<void>): Promise<void> {
  const handle = await open(file, "r");
  try {
    await use(handle);
  } finally {
    await handle.close();
  }
}

async function jsonOf(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch {
    return null;
  }
}
