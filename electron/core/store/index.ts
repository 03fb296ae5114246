/** Small JSON files that a person could read: written whole and atomically, checked by a schema, versioned. */
import { existsSync } from "node:fs";
import { readFile, rename, stat } from "node:fs/promises";
import { basename } from "node:path";
import { z } from "zod";
import { createSerial } from "../serial.ts";
import { type AtomicDeps, errorCode, unwritable, writeFileAtomic } from "./atomic.ts";

export { type AtomicDeps, errorCode, syncFolder, writeFileAtomic } from "./atomic.ts";

export interface StoreOptions<T> extends AtomicDeps {
  /** Absolute path; its folder is made when missing. */
  file: string;
  schema: z.ZodType<T>;
  /** Of the data's shape: a positive integer, raised when a change needs `migrate`. */
  version: number;
  /** A larger file is set aside unread; default none is too large. */
  maxBytes?: number;
  /** What the store holds while there is no file. */
  initial: T;
  /** Turns data of an older version into today's shape; the schema checks what it returns. */
  migrate?: (data: unknown, fromVersion: number) => unknown;
  clock: AtomicDeps["clock"] & { now(): number };
}

/** A file that could not be used at the start, and where it was put. */
export interface StoreProblem {
  /** Path that the file has now. The same as before when it could not even be moved; nothing is written then. */
  setAside: string;
  /** One plain sentence. */
  reason: string;
}

export interface Store<T> {
  /** The current value, frozen: what a restart would read. */
  get(): T;
  /** Resolves when it is on disk. `STORE_UNWRITABLE`: nothing changed, neither in memory nor on disk. */
  set(next: T): Promise<void>;
  /** Reads, changes and writes as one step, whoever else writes; resolves to the new value. Same errors as `set`. */
  update(change: (current: T) => T): Promise<T>;
  readonly problem: StoreProblem | null;
}

const envelope = z.object({ version: z.number().int().positive(), data: z.unknown() });

type Loaded<T> = { kind: "value"; value: T } | { kind: "absent" } | { kind: "unusable"; reason: string };

/**
 * Opens one file. What is corrupt, or was written by a newer version of the program, is set aside as
 * `<file>.corrupt-<time>` and told in `problem`; the store then starts from `initial`. Never rejects for the file's sake.
 */
export async function openStore<T>(options: StoreOptions<T>): Promise<Store<T>> {
  const { file, schema, version } = options;
  const serial = createSerial();
  const loaded = await load(options);
  const problem = loaded.kind === "unusable" ? await setAside(options, loaded.reason) : null;
  let current = deepFreeze(loaded.kind === "value" ? loaded.value : schema.parse(structuredClone(options.initial)));

  async function write(next: T): Promise<T> {
    if (problem?.setAside === file) throw unwritable(file, new Error(problem.reason));
    const text = JSON.stringify({ version, data: next }, null, 2);
    // Read back through the schema, so that memory holds what a restart would read, and a wrong value is a bug here.
    const read = schema.parse(envelope.parse(JSON.parse(text)).data);
    await writeFileAtomic(file, `${text}\n`, options);
    current = deepFreeze(read);
    return current;
  }

  return {
    get: () => current,
    set: async (next) => void (await serial(() => write(next))),
    update: (change) => serial(() => write(change(current))),
    problem,
  };
}

async function load<T>(options: StoreOptions<T>): Promise<Loaded<T>> {
  let text: string;
  const { maxBytes = Number.POSITIVE_INFINITY } = options;
  try {
    if ((await stat(options.file)).size > maxBytes)
      return { kind: "unusable", reason: `The file is larger than ${maxBytes} bytes.` };
    text = new TextDecoder("utf-8", { fatal: true }).decode(await readFile(options.file));
  } catch (error) {
    const code = errorCode(error);
    if (code === "ENOENT") return { kind: "absent" };
    return {
      kind: "unusable",
      reason:
        code?.startsWith("E") && !code.startsWith("ERR")
          ? `The file cannot be read (${code}).`
          : "The file is not text.",
    };
  }
  const outer = envelope.safeParse(parseJson(text));
  if (!outer.success) return { kind: "unusable", reason: "The file is not JSON of the expected form." };
  const found = outer.data.version;
  if (found > options.version) {
    return {
      kind: "unusable",
      reason: `The file has version ${found}; this program knows ${options.version} at most.`,
    };
  }
  return migrated(options, outer.data.data, found);
}

function migrated<T>({ schema, version, migrate }: StoreOptions<T>, data: unknown, found: number): Loaded<T> {
  if (found < version && migrate === undefined) {
    return { kind: "unusable", reason: `The file has version ${found}, which this program no longer reads.` };
  }
  try {
    const inner = schema.safeParse(found < version ? migrate?.(data, found) : data);
    if (inner.success) return { kind: "value", value: inner.data };
    const where = inner.error.issues[0]?.path.map(String).join(".") || "the top";
    return { kind: "unusable", reason: `The file's data has an unexpected form at ${where}.` };
  } catch {
    return { kind: "unusable", reason: `The file's data could not be brought from version ${found} to ${version}.` };
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function setAside<T>({ file, clock }: StoreOptions<T>, reason: string): Promise<StoreProblem> {
  const stamp = new Date(clock.now()).toISOString().replace(/[-:]|\.\d+/g, "");
  for (let n = 1; ; n++) {
    const target = `${file}.corrupt-${stamp}${n === 1 ? "" : `-${n}`}`;
    if (existsSync(target)) continue;
    try {
      await rename(file, target);
      return { setAside: target, reason };
    } catch (error) {
      const why = errorCode(error) ?? "unknown";
      return { setAside: file, reason: `${reason} ${basename(file)} could not be moved aside either (${why}).` };
    }
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const inner of Object.values(value)) deepFreeze(inner);
  return value;
}
