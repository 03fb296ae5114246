import type { Cancellable } from "../../ports.ts";
import type { HostLink } from "../../ssh/index.ts";
import { type ListeningSocket, socketsOf } from "../procNet.ts";
import type { PortOwner } from "../types.ts";

/** The server's process of one connection: with it dies what it listens on. */
export interface ServerProcess {
  pid: number;
  /** Clock ticks since the host was started, which tell it from a later process of the same number (proc(5)). */
  startedAt: string;
}

export interface HostLook {
  /** What listens on the host; `null` where it has no `/proc` that tells. */
  sockets: readonly ListeningSocket[] | null;
  server: ServerProcess | null;
}

const timeoutMs = 5_000;

/** The first ancestor that is sshd carries this connection; then the kernel's tables. */
const lookScript = [
  "p=$PPID",
  `while [ "\${p:-0}" -gt 1 ] && read -r s < "/proc/$p/stat"; do`,
  'case $s in *"(sshd"*) echo "server $s"; break ;; esac',
  `set -- \${s##*) }; p=$2`,
  "done 2>/dev/null",
  "cat /proc/net/tcp /proc/net/tcp6 2>/dev/null || :",
].join("\n");

export async function lookAtHost(link: HostLink, { signal }: Cancellable): Promise<HostLook> {
  const said = await link
    .exec(["sh", "-c", lookScript], { timeoutMs, signal })
    .then(({ stdout }) => stdout.toString("latin1"))
    .catch(() => "");
  return {
    server: link.kind === "ssh" ? serverOf(said) : null,
    sockets: said.includes("local_address") ? socketsOf(said) : null,
  };
}

/** A line of `/proc/<pid>/stat` (proc(5)): the name in brackets, which may hold anything, then the 20th word after it. */
export function serverOf(said: string): ServerProcess | null {
  const line = /^server (\d+) \((.*)\) (.+)$/m.exec(said);
  const startedAt = line?.[3]?.split(" ")[19];
  return line === null || startedAt === undefined ? null : { pid: Number(line[1]), startedAt };
}

/** Ends it if it is still the same process; true when it was and is gone. */
export async function endServer(
  link: HostLink,
  { pid, startedAt }: ServerProcess,
  { signal }: Cancellable,
): Promise<boolean> {
  const script = [
    'read -r s < "/proc/$1/stat" || exit 1',
    'case $s in *"(sshd"*) ;; *) exit 1 ;; esac',
    "n=$1 t=$2",
    `set -- \${s##*) }`,
    `[ "\${20}" = "$t" ] && kill -KILL "$n" || exit 1`,
    // Its sockets go a moment after it.
    'for i in 1 2 3 4 5 6 7 8 9 10; do [ -e "/proc/$n" ] || break; sleep 0.1; done',
  ].join("\n");
  const done = await link
    .exec(["sh", "-c", script, "sh", String(pid), startedAt], { timeoutMs, signal })
    .catch(() => null);
  return done?.code === 0;
}

/** The program that listens on a port of the host, where `ss` is there and may tell. */
export async function programAt(link: HostLink, port: number, { signal }: Cancellable): Promise<PortOwner> {
  const found = await link
    .exec(["ss", "-Hltnp", `sport = :${port}`], { timeoutMs, signal })
    .then(({ stdout }) => /users:\(\("((?:[^"\\]|\\.)*)",pid=(\d+)/.exec(stdout.toString("utf8")))
    .catch(() => null);
  return found ? { program: found[1] ?? null, pid: Number(found[2]) } : { program: null, pid: null };
}

/** Removes a socket on the host that nobody listens on any more: sshd leaves it behind, and then refuses its own name. */
export async function sweepSocket(
  link: HostLink,
  path: string,
  { signal }: Cancellable,
): Promise<"swept" | "there" | "none"> {
  const kind = await link
    .exec(["sh", "-c", 'if [ -S "$1" ]; then echo socket; elif [ -e "$1" ]; then echo there; fi', "sh", path], {
      timeoutMs,
      signal,
    })
    .then(({ stdout }) => stdout.toString().trim())
    .catch(() => "");
  if (kind === "") return "none";
  if (kind !== "socket" || (await answers(link, path, { signal }))) return "there";
  const done = await link.exec(["rm", "-f", "--", path], { timeoutMs, signal }).catch(() => null);
  return done?.code === 0 ? "swept" : "there";
}

async function answers(link: HostLink, path: string, options: Cancellable): Promise<boolean> {
  try {
    (await link.openUnix(path, options)).destroy();
    return true;
  } catch {
    return false;
  }
}
