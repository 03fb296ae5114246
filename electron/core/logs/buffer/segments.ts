import { type FileHandle, mkdir, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import type { Place } from "./types.ts";

const CHECKSUM_AT = 12;

interface Segment {
  number: number;
  handle: FileHandle;
  bytes: number;
  reads: number;
  gone: boolean;
}

/**
 * Append-only files of one log. They stay open, so that what was written can be read even when somebody removed the
 * folder. One writer at a time.
 */
export class Segments {
  readonly folder: string;
  readonly #segments = new Map<number, Segment>();
  readonly #full: number;
  #current: Segment | null = null;
  #next = 1;
  #bytes = 0;

  /** A file of `segmentBytes` is full. */
  constructor(folder: string, segmentBytes: number) {
    this.folder = folder;
    this.#full = segmentBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Number of the oldest file; null when there is none but the one that is being written. */
  get oldest(): number | null {
    for (const { number } of this.#segments.values()) return number === this.#current?.number ? null : number;
    return null;
  }

  async write(records: readonly Buffer[]): Promise<Place[]> {
    for (const record of records) record.writeUInt32LE(checksumOf(record), CHECKSUM_AT);
    const segment = await this.#room();
    const places: Place[] = [];
    let offset = segment.bytes;
    for (const { length } of records) {
      places.push({ segment: segment.number, offset, bytes: length });
      offset += length;
    }
    try {
      await writeAll(segment.handle, records, segment.bytes);
    } catch (error) {
      // A part may stand there: what comes goes elsewhere.
      this.#current = null;
      if (segment.bytes === 0) await this.drop(segment.number);
      throw error;
    }
    this.#bytes += offset - segment.bytes;
    segment.bytes = offset;
    return places;
  }

  async read({ segment: number, offset, bytes }: Place): Promise<Buffer | null> {
    const segment = this.#segments.get(number);
    if (segment === undefined || segment.gone) return null;
    segment.reads++;
    try {
      return await readAt(segment.handle, offset, bytes);
    } finally {
      segment.reads--;
      if (segment.gone && segment.reads === 0) await segment.handle.close().catch(() => undefined);
    }
  }

  /** Removes one file. */
  async drop(number: number): Promise<void> {
    const segment = this.#segments.get(number);
    if (segment === undefined) return;
    this.#forget(segment);
    await rm(join(this.folder, nameOf(number)), { force: true }).catch(() => undefined);
    if (segment.reads === 0) await segment.handle.close().catch(() => undefined);
  }

  async close(remove: boolean): Promise<void> {
    for (const segment of [...this.#segments.values()]) {
      if (remove) await this.drop(segment.number);
      else {
        this.#forget(segment);
        await segment.handle.sync().catch(() => undefined);
        if (segment.reads === 0) await segment.handle.close().catch(() => undefined);
      }
    }
  }

  #forget(segment: Segment): void {
    segment.gone = true;
    this.#segments.delete(segment.number);
    this.#bytes -= segment.bytes;
    if (this.#current === segment) this.#current = null;
  }

  async #room(): Promise<Segment> {
    if (this.#current !== null && this.#current.bytes < this.#full) return this.#current;
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const number = this.#next++;
    const handle = await open(join(this.folder, nameOf(number)), "wx+", 0o600);
    const segment = { number, handle, bytes: 0, reads: 0, gone: false };
    this.#segments.set(number, segment);
    this.#current = segment;
    return segment;
  }
}

async function writeAll(handle: FileHandle, records: readonly Buffer[], offset: number): Promise<void> {
  let left = [...records];
  for (let at = offset; left.length > 0; ) {
    const { bytesWritten } = await handle.writev(left, at);
    if (bytesWritten === 0) throw Object.assign(new Error("nothing was written"), { code: "ENOSPC" });
    at += bytesWritten;
    left = without(left, bytesWritten);
  }
}

/** What is left behind so many bytes. */
function without(records: readonly Buffer[], bytes: number): Buffer[] {
  let gone = bytes;
  return records.flatMap((record) => {
    const rest = record.subarray(Math.min(gone, record.length));
    gone -= record.length - rest.length;
    return rest.length > 0 ? [rest] : [];
  });
}

/** Names sort as their numbers do. */
function nameOf(number: number): string {
  return `${String(number).padStart(8, "0")}.seg`;
}

export const SEGMENT_NAME = /^\d{8}\.seg$/;

/** A whole record, checked; null when it is not what was written. */
export async function readAt(handle: FileHandle, offset: number, bytes: number): Promise<Buffer | null> {
  const record = Buffer.allocUnsafeSlow(bytes);
  let done = 0;
  while (done < bytes) {
    const { bytesRead } = await handle.read(record, done, bytes - done, offset + done);
    if (bytesRead === 0) return null;
    done += bytesRead;
  }
  return record.readUInt32LE(CHECKSUM_AT) === checksumOf(record) ? record : null;
}

/** Of all that stands behind the place of the checksum itself. */
function checksumOf(record: Buffer): number {
  return crc32(record.subarray(CHECKSUM_AT + 4));
}
