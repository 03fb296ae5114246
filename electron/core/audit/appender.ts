/** Appends whole lines to one file after the other, and notices when somebody else does. */
import { type FileHandle, open, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { errorCode, syncFolder } from "../store/index.ts";

export interface Appender {
  /** One write call. When it fails, the file has its old length again and the line may be given once more. */
  append(file: string, line: string): Promise<void>;
  /** On disk when it resolves (fdatasync). */
  sync(): Promise<void>;
  /** Syncs, then closes. */
  close(): Promise<void>;
}

/** `knownSizes`: length of files as they were when they were last read; a file that differs is not appended to. */
export function createAppender(knownSizes: ReadonlyMap<string, number>): Appender {
  let current: { file: string; handle: FileHandle; size: number; inode: number } | null = null;

  async function take(file: string): Promise<NonNullable<typeof current>> {
    if (current?.file === file) return current;
    await close();
    const handle = await open(file, "a", 0o600);
    try {
      const { size, ino } = await handle.stat();
      const known = knownSizes.get(file);
      if (known !== undefined && known !== size) throw changed();
      if (size === 0) await syncFolder(dirname(file));
      current = { file, handle, size, inode: ino };
      return current;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  async function close(): Promise<void> {
    const handle = current?.handle;
    current = null;
    try {
      await handle?.datasync();
    } finally {
      await handle?.close();
    }
  }

  return {
    async append(file, line) {
      const target = await take(file);
      const there = await stat(file).catch(() => null);
      if (there === null || there.size !== target.size || there.ino !== target.inode) throw changed();
      const bytes = Buffer.from(line);
      try {
        const { bytesWritten } = await target.handle.write(bytes);
        if (bytesWritten !== bytes.length) throw Object.assign(new Error("the disk is full"), { code: "ENOSPC" });
      } catch (error) {
        // A disk that is full takes a part of the line: what is left of it would be a torn line in the middle.
        await target.handle.truncate(target.size).catch(() => undefined);
        throw error;
      }
      target.size += bytes.length;
    },
    async sync() {
      await current?.handle.datasync();
    },
    close,
  };
}

function changed(): Error {
  return new Error("another program changed the log while the console runs");
}

/** Why the log could not be written, in a few words without a path. */
export function writeReason(error: unknown): string {
  const code = errorCode(error);
  if (code === "ENOSPC" || code === "EDQUOT") return "the disk is full";
  if (code !== undefined) return `the log cannot be written (${code})`;
  return error instanceof Error ? error.message : String(error);
}
