import { readdir, readFile, readlink } from "node:fs/promises";
import { createServer } from "node:net";
import type { Random } from "../ports.ts";
import type { LocalAddress, PortOwner } from "./types.ts";

const unknown: PortOwner = { program: null, pid: null };
/** State LISTEN in `/proc/net/tcp` (proc(5)). */
const listening = "0A";

/**
 * Which program listens on a local port. Linux alone tells it in files (`/proc/net/tcp` has the socket's inode, a
 * process' `fd/` links to it), and of other users' programs only to root; elsewhere it stays unknown.
 */
export async function portOwner(port: number): Promise<PortOwner> {
  const tables = await Promise.all(
    ["/proc/net/tcp", "/proc/net/tcp6"].map((file) => readFile(file, "latin1").catch(() => "")),
  );
  const inodes = new Set(tables.flatMap((table) => inodesOf(table, port)));
  if (inodes.size === 0) return unknown;
  const pids = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    if (!(await holds(pid, inodes))) continue;
    const program = await readFile(`/proc/${pid}/comm`, "utf8").then(
      (text) => text.trim(),
      () => null,
    );
    return { program, pid: Number(pid) };
  }
  return unknown;
}

/** Inodes of the sockets that listen on `port`, from a table of `/proc/net`. */
export function inodesOf(table: string, port: number): string[] {
  const wanted = port.toString(16).toUpperCase().padStart(4, "0");
  return table
    .split("\n")
    .slice(1)
    .flatMap((line) => {
      const [, local = "", , state, , , , , , inode = ""] = line.trim().split(/\s+/);
      return local.endsWith(`:${wanted}`) && state === listening && inode !== "0" ? [inode] : [];
    });
}

async function holds(pid: string, inodes: ReadonlySet<string>): Promise<boolean> {
  const names = await readdir(`/proc/${pid}/fd`).catch(() => []);
  for (const name of names) {
    const link = await readlink(`/proc/${pid}/fd/${name}`).catch(() => "");
    const inode = /^socket:\[(\d+)\]$/.exec(link)?.[1];
    if (inode !== undefined && inodes.has(inode)) return true;
  }
  return false;
}

/** Whether somebody could listen there right now. */
export function canListen({ host, port }: LocalAddress): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer().once("error", () => resolve(false));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Ports that systems do not hand out to outgoing connections (RFC 6335; Linux begins at 32768, others at 49152). */
const firstPort = 20_000;
const lastPort = 29_999;
const maxTries = 200;

/** The first port from `from` on (round the range) that is neither in `taken` nor in use; `null` when none is found. */
export async function nextFreePort(host: string, from: number, taken: ReadonlySet<number>): Promise<number | null> {
  const start = from >= firstPort && from <= lastPort ? from : firstPort + (from % (lastPort - firstPort + 1));
  for (let step = 0; step < maxTries; step += 1) {
    const port = firstPort + ((start - firstPort + step) % (lastPort - firstPort + 1));
    if (!taken.has(port) && (await canListen({ host, port }))) return port;
  }
  return null;
}

export function somePort(random: Pick<Random, "bytes">): number {
  return firstPort + (random.bytes(2).readUInt16BE() % (lastPort - firstPort + 1));
}
