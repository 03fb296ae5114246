import { readdir, readFile, readlink } from "node:fs/promises";
import { createServer } from "node:net";
import { Failure, isFailure } from "../failure.ts";
import type { Random } from "../ports.ts";
import { socketsOf } from "./procNet.ts";
import type { LocalAddress, PortOwner } from "./types.ts";

const unknown: PortOwner = { program: null, pid: null };

/**
 * Which program listens on a local port. Linux alone tells it in files (`/proc/net/tcp` has the socket's inode, a
 * process' `fd/` links to it), and of other users' programs only to root; elsewhere it stays unknown.
 */
export async function portOwner(port: number): Promise<PortOwner> {
  const tables = await Promise.all(
    ["/proc/net/tcp", "/proc/net/tcp6"].map((file) => readFile(file, "latin1").catch(() => "")),
  );
  const sockets = tables.flatMap(socketsOf).filter((socket) => socket.port === port && socket.inode !== "0");
  const inodes = new Set(sockets.map(({ inode }) => inode));
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

/** Ports to try in place of one before `from`, round the range. */
export function* portsFrom(from: number): Generator<number> {
  const size = lastPort - firstPort + 1;
  const start = from >= firstPort && from <= lastPort ? from : firstPort + (from % size);
  for (let step = 0; step < maxTries; step += 1) yield firstPort + ((start - firstPort + step) % size);
}

/** The first port from `from` on that is neither in `taken` nor in use; `null` when none is found. */
export async function nextFreePort(host: string, from: number, taken: ReadonlySet<number>): Promise<number | null> {
  for (const port of portsFrom(from)) if (!taken.has(port) && (await canListen({ host, port }))) return port;
  return null;
}

export function somePort(random: Pick<Random, "bytes">): number {
  return firstPort + (random.bytes(2).readUInt16BE() % (lastPort - firstPort + 1));
}

/** A port that somebody has, as a failure that tells who. */
export function takenBy(
  { program, pid, freePort }: PortOwner & { freePort: number | null },
  code: "LOCAL_PORT_TAKEN" | "REMOTE_PORT_TAKEN",
  port: number,
): Failure {
  return new Failure(code, {
    port,
    program: program ?? "",
    ...(pid === null ? {} : { pid }),
    ...(freePort === null ? {} : { free: freePort }),
  });
}

/** Who has the port, from a failure that says so; `null` from any other. */
export function ownerFrom(error: unknown): (PortOwner & { freePort: number | null }) | null {
  if (!isFailure(error, "LOCAL_PORT_TAKEN") && !isFailure(error, "REMOTE_PORT_TAKEN")) return null;
  const { program, pid, free } = error.details;
  return {
    program: typeof program === "string" && program !== "" ? program : null,
    pid: typeof pid === "number" ? pid : null,
    freePort: typeof free === "number" ? free : null,
  };
}
