import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { posix } from "node:path";

export interface FileStat {
  type: "file" | "directory" | "socket";
  /** Permission bits. */
  mode: number;
  uid: number;
  gid: number;
  size: number;
  /** Milliseconds since the epoch. */
  modifiedAt: number;
}

export type FileErrorCode = "ENOENT" | "EROFS" | "EACCES" | "EISDIR" | "ENOTDIR" | "EEXIST" | "ENOSPC" | "ENOTEMPTY";

const errorTexts: Record<FileErrorCode, string> = {
  ENOENT: "No such file or directory",
  EROFS: "Read-only file system",
  EACCES: "Permission denied",
  EISDIR: "Is a directory",
  ENOTDIR: "Not a directory",
  EEXIST: "File exists",
  ENOSPC: "No space left on device",
  ENOTEMPTY: "Directory not empty",
};

/** What a file call of a simulated machine fails with; `message` is the C library's text for it. */
export class FileError extends Error {
  override readonly name = "FileError";
  readonly code: FileErrorCode;
  constructor(code: FileErrorCode) {
    super(errorTexts[code]);
    this.code = code;
  }
}

/** The few file calls that simulated programs make. Paths are absolute. Every method but `stat` throws `FileError`. */
export interface FileSystem {
  stat(path: string): FileStat | null;
  list(path: string): string[];
  read(path: string): Buffer;
  write(path: string, data: Buffer, mode: number, append: boolean): void;
  makeDirectory(path: string, mode: number): void;
  rename(from: string, to: string): void;
  remove(path: string): void;
  changeMode(path: string, mode: number): void;
}

/** A file that a machine is born with: its text, made when it is read, or a directory or a socket. */
export type SeedFile =
  | { type: "file"; mode?: number; uid?: number; gid?: number; content: () => string }
  | { type: "directory" | "socket"; mode?: number; uid?: number; gid?: number };

interface Owner {
  uid: number;
  gid: number;
}

/** What was written so far: it outlives the view of one user on it. */
export interface FileStore {
  files: Map<string, Owner & { type: "file" | "directory"; mode: number; data: Buffer; at: number }>;
  /** Owners of what lies on the real disk, where everything belongs to whoever runs the simulation. */
  owners: Map<string, Owner>;
}

export function createStore(): FileStore {
  return { files: new Map(), owners: new Map() };
}

export interface FileSystemOptions {
  seeds: Readonly<Record<string, SeedFile>>;
  /** What comes and goes with what runs. */
  live?(): Readonly<Record<string, SeedFile>>;
  now(): number;
  /** Owner of whatever is written. */
  owner: Owner;
  store?: FileStore;
  /** Why `path` can't be written, or `null`. */
  refuses(path: string): FileErrorCode | null;
  /** A folder of the real disk that is seen at `prefix`; `owner` is that of what nobody wrote here. */
  disk?: { prefix: string; dir: string; owner: Owner };
}

const maxFileBytes = 1_048_576;
const maxFiles = 500;

/** `a` lies in `b` or is `b`; both are normal absolute paths. */
export function isWithin(a: string, b: string): boolean {
  const relative = posix.relative(b, a);
  return relative === "" || (!relative.startsWith("../") && relative !== ".." && !posix.isAbsolute(relative));
}

/** Whether the bit (4 read, 2 write) is set for whoever asks; root may all. */
function mayUse(found: FileStat, who: Owner, bit: number): boolean {
  if (who.uid === 0) return true;
  const shift = who.uid === found.uid ? 6 : who.gid === found.gid ? 3 : 0;
  return ((found.mode >> shift) & bit) !== 0;
}

/** A small file system in memory, with one window onto the real disk. */
export function createFiles(options: FileSystemOptions): FileSystem {
  const { owner, now, store = createStore() } = options;
  const written = store.files;
  const paths = () => [...Object.keys(options.seeds), ...Object.keys(options.live?.() ?? {})];
  const seedAt = (path: string): SeedFile | undefined => {
    const live = options.live?.() ?? {};
    if (Object.hasOwn(live, path)) return live[path];
    return Object.hasOwn(options.seeds, path) ? options.seeds[path] : undefined;
  };

  /** The real path behind `path`, or `null` when it is not in the window. Normalising comes first: no `..` gets out. */
  function onDisk(path: string): string | null {
    if (options.disk === undefined || !isWithin(path, options.disk.prefix)) return null;
    return posix.join(options.disk.dir, posix.relative(options.disk.prefix, path));
  }

  function stat(raw: string): FileStat | null {
    const path = posix.normalize(raw).replace(/(?<=.)\/$/, "");
    const real = onDisk(path);
    if (real !== null) {
      const found = lstatSync(real, { throwIfNoEntry: false });
      if (found === undefined) return null;
      const type = found.isDirectory() ? "directory" : "file";
      const whose = store.owners.get(path) ?? options.disk?.owner ?? owner;
      return {
        type,
        mode: found.mode & 0o7777,
        uid: whose.uid,
        gid: whose.gid,
        size: found.size,
        modifiedAt: found.mtimeMs,
      };
    }
    const own = written.get(path);
    if (own !== undefined) {
      const { type, mode, uid, gid } = own;
      return { type, mode, uid, gid, size: own.data.length, modifiedAt: own.at };
    }
    const seed = seedAt(path);
    if (seed !== undefined) {
      const { type, mode = seed.type === "file" ? 0o644 : 0o755, uid = 0, gid = 0 } = seed;
      // Files of /proc say 0, as the kernel's do.
      const size = seed.type !== "file" ? 4096 : isWithin(path, "/proc") ? 0 : Buffer.byteLength(seed.content());
      return { type, mode, uid, gid, size, modifiedAt: now() };
    }
    const parents = [...paths(), ...written.keys(), options.disk?.prefix ?? "/"];
    const implied = path === "/" || parents.some((known) => isWithin(known, path));
    return implied ? { type: "directory", mode: 0o755, uid: 0, gid: 0, size: 4096, modifiedAt: now() } : null;
  }

  function demand(path: string): FileStat {
    const found = stat(path);
    if (found === null) throw new FileError("ENOENT");
    return found;
  }

  function writable(path: string): void {
    const why = options.refuses(path);
    if (why !== null) throw new FileError(why);
    if (demand(posix.dirname(path)).type !== "directory") throw new FileError("ENOTDIR");
  }

  return {
    stat,
    list(raw) {
      const path = posix.normalize(raw).replace(/(?<=.)\/$/, "");
      if (demand(path).type !== "directory") throw new FileError("ENOTDIR");
      const real = onDisk(path);
      if (real !== null) return readdirSync(real).sort();
      const names = new Set<string>();
      for (const known of [...paths(), ...written.keys(), options.disk?.prefix ?? "/"]) {
        const first = posix.relative(path, known).split("/")[0];
        if (first && first !== ".." && known !== path) names.add(first);
      }
      return [...names].sort();
    },
    read(raw) {
      const path = posix.normalize(raw);
      const found = demand(path);
      if (found.type === "directory") throw new FileError("EISDIR");
      if (!mayUse(found, owner, 0o4)) throw new FileError("EACCES");
      const real = onDisk(path);
      if (real !== null) return readFileSync(real);
      const own = written.get(path);
      if (own !== undefined) return own.data;
      const seed = seedAt(path);
      if (seed === undefined || seed.type !== "file") throw new FileError("EACCES");
      return Buffer.from(seed.content());
    },
    write(raw, data, mode, append) {
      const path = posix.normalize(raw);
      const found = stat(path);
      if (found?.type === "directory") throw new FileError("EISDIR");
      writable(path);
      if (found !== null && !mayUse(found, owner, 0o2)) throw new FileError("EACCES");
      const before = append && found !== null ? this.read(path) : Buffer.alloc(0);
      const whole = Buffer.concat([before, data]);
      if (whole.length > maxFileBytes || written.size >= maxFiles) throw new FileError("ENOSPC");
      const real = onDisk(path);
      const kept = found === null ? mode : found.mode;
      const { uid, gid } = found ?? owner;
      if (real === null) {
        written.set(path, { type: "file", mode: kept, uid, gid, data: whole, at: now() });
        return;
      }
      if (found !== null) chmodSync(real, 0o600);
      writeFileSync(real, whole, { mode: 0o600 });
      chmodSync(real, kept);
      store.owners.set(path, { uid, gid });
    },
    makeDirectory(raw, mode) {
      const path = posix.normalize(raw).replace(/(?<=.)\/$/, "");
      if (stat(path) !== null) throw new FileError("EEXIST");
      writable(path);
      const real = onDisk(path);
      if (real !== null) mkdirSync(real, { mode });
      else written.set(path, { type: "directory", mode, ...owner, data: Buffer.alloc(0), at: now() });
    },
    rename(rawFrom, rawTo) {
      const from = posix.normalize(rawFrom);
      const to = stat(rawTo)?.type === "directory" ? posix.join(rawTo, posix.basename(from)) : posix.normalize(rawTo);
      demand(from);
      writable(from);
      writable(to);
      const [realFrom, realTo] = [onDisk(from), onDisk(to)];
      const { mode, uid, gid } = demand(from);
      if (realFrom !== null && realTo !== null) {
        renameSync(realFrom, realTo);
        store.owners.delete(from);
        store.owners.set(to, { uid, gid });
        return;
      }
      const data = this.read(from);
      this.remove(from);
      if (realTo !== null) {
        writeFileSync(realTo, data, { mode: 0o600 });
        chmodSync(realTo, mode);
        store.owners.set(to, { uid, gid });
      } else written.set(to, { type: "file", mode, uid, gid, data, at: now() });
    },
    remove(raw) {
      const path = posix.normalize(raw).replace(/(?<=.)\/$/, "");
      if (demand(path).type === "directory" && this.list(path).length > 0) throw new FileError("ENOTEMPTY");
      writable(path);
      const real = onDisk(path);
      if (real !== null) rmSync(real, { recursive: true });
      else if (!written.delete(path)) throw new FileError("EACCES");
    },
    changeMode(raw, mode) {
      const path = posix.normalize(raw);
      demand(path);
      writable(path);
      const real = onDisk(path);
      if (real !== null) return chmodSync(real, mode);
      const own = written.get(path);
      if (own === undefined) throw new FileError("EACCES");
      own.mode = mode;
    },
  };
}
