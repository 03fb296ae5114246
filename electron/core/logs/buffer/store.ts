import { chmod, mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { Failure, reasonOf } from "../../failure.ts";
import { createSerial } from "../../serial.ts";
import { errorCode, writeFileAtomic } from "../../store/index.ts";
import { bytesIn, KEPT_FILE, keptText, readKept } from "./kept.ts";
import { Segments } from "./segments.ts";
import type { KeptReader, LogStore, LogStoreOptions, Place, Spill } from "./types.ts";

/** Of one file: the oldest one of a log is what is given up when there is no more room. */
const MAX_SEGMENT = 8 * 1024 * 1024;
const ID = /^[A-Za-z0-9_-]{1,64}$/;

interface OpenSpill {
  id: string;
  segments: Segments;
  kept: boolean;
  gone: (segment: number) => void;
}

/**
 * Never throws: a folder that can't be used is told when a log is pinned, and by `problem` of the buffers. What a run that
 * crashed left behind is removed before anything is written.
 */
export function createLogStore(options: LogStoreOptions): LogStore {
  const { folder, maxBytes, random } = options;
  const segmentBytes = Math.min(MAX_SEGMENT, maxBytes / 8);
  const serial = createSerial();
  const open = new Map<string, OpenSpill>();
  /** Of logs that were kept and are closed. */
  let keptBytes = 0;
  const ready = serial(prepare).catch(() => undefined);

  async function prepare(): Promise<void> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await chmod(folder, 0o700);
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      // A link is never followed.
      if (!entry.isDirectory() || !ID.test(entry.name)) continue;
      const reader = await readKept(join(folder, entry.name), entry.name).catch(() => null);
      if (reader === null) await rm(join(folder, entry.name), { recursive: true, force: true });
      else keptBytes += await bytesIn(join(folder, entry.name));
    }
  }

  const total = (): number => [...open.values()].reduce((sum, { segments }) => sum + segments.bytes, keptBytes);

  /** The oldest file of the largest log goes first, those of pinned ones last. */
  async function makeRoom(bytes: number): Promise<void> {
    while (total() + bytes > maxBytes) {
      const spare = [...open.values()]
        .filter(({ segments }) => segments.oldest !== null)
        .sort((a, b) => Number(a.kept) - Number(b.kept) || b.segments.bytes - a.segments.bytes)[0];
      const oldest = spare?.segments.oldest;
      if (spare === undefined || oldest === undefined || oldest === null) {
        throw Object.assign(new Error("the room for logs is used up"), { code: "EDQUOT" });
      }
      await spare.segments.drop(oldest);
      spare.gone(oldest);
    }
  }

  async function kept(id: string): Promise<KeptReader> {
    await ready;
    const reader = !ID.test(id) || open.has(id) ? null : await readKept(join(folder, id), id).catch(() => null);
    if (reader === null) throw new Failure("NOT_FOUND", { what: "log", id });
    return reader;
  }

  function spill(gone: (segment: number) => void): Spill {
    const id = random.id();
    const mine: OpenSpill = { id, segments: new Segments(join(folder, id), segmentBytes), kept: false, gone };
    open.set(id, mine);
    return {
      id,
      get bytes() {
        return mine.segments.bytes;
      },
      write: (records) => serial(() => written(mine, records)),
      read: (place) => mine.segments.read(place).catch(() => null),
      async keep(about) {
        await ready;
        await writeFileAtomic(join(mine.segments.folder, KEPT_FILE), keptText(about), options);
        mine.kept = true;
      },
      async unkeep() {
        mine.kept = false;
        await rm(join(mine.segments.folder, KEPT_FILE), { force: true }).catch(() => undefined);
      },
      clear: () => serial(() => mine.segments.close(true)),
      close: () => serial(() => closed(mine)),
    };
  }

  async function written({ segments }: OpenSpill, records: readonly Buffer[]): Promise<Place[]> {
    try {
      await makeRoom(records.reduce((sum, { length }) => sum + length, 0));
      return await segments.write(records);
    } catch (error) {
      throw new Failure("STORE_UNWRITABLE", { file: "logs", reason: errorCode(error) ?? reasonOf(error) });
    }
  }

  async function closed(spill: OpenSpill): Promise<void> {
    const { segments } = spill;
    if (spill.kept) keptBytes += segments.bytes;
    await segments.close(!spill.kept);
    open.delete(spill.id);
    if (!spill.kept) await rm(segments.folder, { recursive: true, force: true }).catch(() => undefined);
  }

  return {
    spill,
    get bytes() {
      return total();
    },
    async kept() {
      await ready;
      const names = await readdir(folder).catch(() => []);
      const found = await Promise.all(
        names.map((id) =>
          kept(id).then(
            (reader) => reader.about,
            () => null,
          ),
        ),
      );
      return found.filter((about) => about !== null).sort((a, b) => (b.to ?? 0) - (a.to ?? 0));
    },
    read: kept,
    async drop(id) {
      await kept(id);
      const bytes = await bytesIn(join(folder, id)).catch(() => 0);
      await rm(join(folder, id), { recursive: true, force: true });
      keptBytes = Math.max(0, keptBytes - bytes);
    },
    async dispose() {
      await Promise.all([...open.values()].map((spill) => serial(() => closed(spill))));
    },
  };
}
