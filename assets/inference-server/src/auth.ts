import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { open } from "node:fs/promises";

const LONGEST_KEY = 4_096;

/** Holds the API key as a keyed hash; the key itself is not kept. */
export interface KeyGate {
  ready(): boolean;
  /** Throws a plain `Error` with a fixed text when a header could not carry this key. */
  set(key: string): void;
  /** Compared in constant time: hashes of equal length, so neither the place of a difference nor the length shows. */
  matches(candidate: string | undefined): boolean;
}

export function createKeyGate(): KeyGate {
  const pepper = randomBytes(32);
  let expected: Buffer | null = null;
  const digest = (text: string) => createHmac("sha256", pepper).update(text, "latin1").digest();
  return {
    ready: () => expected !== null,
    set(key) {
      if (key === "") throw new Error("the key is empty");
      if (key.length > LONGEST_KEY) throw new Error("the key is longer than 4,096 characters");
      if (!/^[\x21-\x7e]+$/.test(key)) throw new Error("the key has characters that a header cannot carry");
      expected = digest(key);
    },
    matches(candidate) {
      const given = digest(candidate ?? "");
      return expected !== null && timingSafeEqual(given, expected);
    },
  };
}

export interface KeyFileWatch {
  stop(): void;
}

/**
 * Reads the key as soon as its file is there. Polled, since the file appears on a tmpfs by rename, sometimes before its
 * directory exists, where `fs.watch` has nothing to hold on to. A problem (no permission, empty, unusable) is told
 * once and the wait goes on.
 */
export function watchKeyFile(
  path: string,
  handlers: { onKey: (key: string) => void; onProblem: (reason: string) => void },
  intervalMs = 100,
): KeyFileWatch {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let told = "";

  async function look(): Promise<void> {
    try {
      const key = await readKeyFile(path);
      if (stopped) return;
      if (key !== null) {
        handlers.onKey(key);
        return;
      }
    } catch (error) {
      const reason = problemOf(error);
      if (reason !== told && !stopped) handlers.onProblem(reason);
      told = reason;
    }
    if (!stopped) timer = setTimeout(() => void look(), intervalMs);
  }

  void look();
  return {
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

/** `null` while there is no such file. One trailing newline, which editors and `echo` add, is not part of the key. */
async function readKeyFile(path: string): Promise<string | null> {
  const handle = await open(path, "r").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return null;
    throw error;
  });
  if (handle === null) return null;
  try {
    const buffer = Buffer.alloc(LONGEST_KEY + 3);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
    const key = buffer.toString("utf8", 0, bytesRead).replace(/\r?\n$/, "");
    buffer.fill(0);
    return key;
  } finally {
    await handle.close();
  }
}

/** An errno's code, or one of our own fixed texts; an errno's message would repeat the path. */
function problemOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  return "code" in error && typeof error.code === "string" ? error.code : error.message;
}
