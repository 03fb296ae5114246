import { execFile } from "node:child_process";
import { createServer, type Server, type Socket } from "node:net";
import { Failure } from "../../failure.ts";
import type { Cancellable } from "../../ports.ts";
import { refusal } from "../connection/remoteListeners.ts";
import type { RemoteAddress, RemoteCaller, RemoteListener } from "../types.ts";
import { throughMaster } from "./arguments.ts";
import type { MasterChannel } from "./channels.ts";

export interface RemoteDeps extends MasterChannel, Cancellable {
  /** A socket to be made, by which the master hands connections over. */
  local: string;
  /** The master has ended. */
  closed: Promise<unknown>;
}

/**
 * Has the host listen (ssh(1), `-O forward -R`), with a socket of ours as the near end: so the bytes come by here, where
 * they are counted, as they do with the library.
 */
export async function listenThrough(
  at: RemoteAddress,
  onCaller: (caller: RemoteCaller) => void,
  deps: RemoteDeps,
): Promise<RemoteListener> {
  const forward = `${farEnd(at)}:${forwardPath(deps.local)}`;
  const server = await listenHere(deps.local, onCaller, deps.onBytes);
  try {
    const said = await control("forward", forward, deps);
    if (said === null) throw deps.gone() ?? refusal(at, new Error("ssh -O forward"));
    const port = at.kind === "unix" ? null : at.port || Number(said.trim());
    let closing: Promise<void> | null = null;
    const close = async () => {
      if (deps.gone() === null) await control("cancel", forward, { ...deps, signal: undefined }).catch(() => {});
      server.close();
    };
    void deps.closed.then(() => server.close());
    return {
      port,
      close() {
        closing ??= close();
        return closing;
      },
    };
  } catch (error) {
    server.close();
    throw error;
  }
}

function farEnd(at: RemoteAddress): string {
  if (at.kind === "unix") return forwardPath(at.path);
  return `${at.host.includes(":") ? `[${at.host}]` : at.host}:${at.port}`;
}

/** The client takes `:` for a border, `\` for an escape, and fills in `%` and `${` (ssh_config(5), TOKENS). */
export function forwardPath(path: string): string {
  if (path.includes("${")) throw refusal({ kind: "unix", path }, new Error("${ in a path"));
  return path.replace(/[\\:]/g, "\\$&").replaceAll("%", "%%");
}

function listenHere(
  path: string,
  onCaller: (caller: RemoteCaller) => void,
  onBytes: (count: number) => void,
): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (socket: Socket) => {
    socket.on("error", () => {});
    onBytes(1);
    onCaller({ accept: () => socket, refuse: () => void socket.destroy() });
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ path }, () => resolve(server));
  });
}

/** What the client prints when the master has done it, `null` when it was refused. */
function control(
  command: "forward" | "cancel",
  forward: string,
  { socket, env, channelMs, gone, signal }: RemoteDeps,
): Promise<string | null> {
  const args = throughMaster(socket, "-O", command, "-R", forward, "--", "gatehouse");
  return new Promise((resolve, reject) => {
    const options = { env: { ...env, LC_ALL: "C" }, timeout: channelMs, ...(signal === undefined ? {} : { signal }) };
    const child = execFile("ssh", args, options, (error, stdout) => {
      if (error === null) return resolve(stdout);
      if (signal?.aborted) return reject(new Failure("CANCELLED"));
      if (typeof error.code === "number") return resolve(null);
      reject(gone() ?? new Failure("TIMED_OUT", { what: "ssh", ms: channelMs }, { retryable: true }));
    });
    child.stdin?.end();
  });
}
