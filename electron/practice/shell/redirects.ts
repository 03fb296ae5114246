import { expand, type Scope } from "./expand.ts";
import { FileError } from "./files.ts";
import { type Frame, type Io, maxCaptured, noInput } from "./frame.ts";
import type { Redirect } from "./syntax.ts";

type Sink = { path: string; append: boolean; chunks: Buffer[]; size: number } | null;

/** Opens what the redirections name. `null` after a message when one of them can't be. */
export async function redirect(frame: Frame, scope: Scope, redirects: readonly Redirect[], io: Io) {
  const sinks: Exclude<Sink, null>[] = [];
  const current: Io = { ...io };
  for (const { fd, mode, target } of redirects) {
    const path = (await expand(scope, target)).join(" ");
    try {
      if (mode === "duplicate") {
        if (fd === 2 && path === "1") current.err = current.out;
        else if (fd === 1 && path === "2") current.out = current.err;
      } else if (path === "/dev/null") {
        if (mode === "read") current.stdin = noInput();
        else current[fd === 2 ? "err" : "out"] = () => {};
      } else if (mode === "read") {
        const data = frame.machine.files.read(path);
        current.stdin = once(data);
      } else {
        // The file is there, empty, before the program starts, as a shell makes it.
        frame.machine.files.write(path, Buffer.alloc(0), 0o666 & ~frame.umask, mode === "append");
        const sink = { path, append: mode === "append", chunks: [] as Buffer[], size: 0 };
        sinks.push(sink);
        current[fd === 2 ? "err" : "out"] = (data) => {
          const chunk = Buffer.from(data);
          sink.size += chunk.length;
          if (sink.size <= maxCaptured) sink.chunks.push(chunk);
        };
      }
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      const doing = mode === "read" ? "open" : "create";
      await io.err(
        `sh: 1: cannot ${doing} ${path}: ${error.code === "ENOENT" ? "Directory nonexistent" : error.message}\n`,
      );
      return null;
    }
  }
  return { io: current, finish: () => flushSinks(frame, sinks, io) };
}

async function flushSinks(frame: Frame, sinks: readonly Exclude<Sink, null>[], io: Io): Promise<boolean> {
  for (const { path, append, chunks, size } of sinks) {
    try {
      if (size > maxCaptured) throw new FileError("ENOSPC");
      frame.machine.files.write(path, Buffer.concat(chunks), 0o666 & ~frame.umask, append);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      await io.err(`sh: write error: ${error.message}\n`);
      return false;
    }
  }
  return true;
}

async function* once(data: Uint8Array): AsyncGenerator<Uint8Array> {
  yield data;
}
