import type { NotebookLogin, NotebookPlace } from "../../contract/index.ts";
import type { Secret } from "../secrets/index.ts";

/** A Jupyter server as its own runtime file describes it, with what the system says of its process. */
export interface FoundServer {
  pid: number;
  port: number;
  /** Absolute path of a unix socket it listens on instead; empty when there is none. */
  socket: string;
  /** Begins and ends with a slash. */
  basePath: string;
  folder: string;
  version: string;
  program: "server" | "notebook";
  /** It speaks TLS. */
  secure: boolean;
  login: NotebookLogin;
  /** What Jupyter calls a token; `null` where there is none. Whoever holds the server disposes it. */
  key: Secret | null;
  /** Addresses it listens on, as the system tells; empty where it does not. */
  addresses: readonly string[];
  /** User id of the process, `null` where the system does not tell. */
  uid: number | null;
  /** Its arguments hold a key or a password: every user of the machine reads them. */
  keyInArguments: boolean;
}

/** Where a server was found. `published`: host addresses to which the container's port is published. */
export interface FoundAt {
  place: NotebookPlace;
  server: FoundServer;
  published: readonly string[];
}

/** Milliseconds. */
export interface NotebookTimings {
  /** One look at a host. */
  lookMs: number;
  /** One question to a server. */
  askMs: number;
  /** A server that was started has to be found in that time. */
  startMs: number;
  /** Between looks at a server that is open and well, and at one that is not. */
  everyMs: number;
  againMs: number;
  /** A request waits that long for a server that is being restarted. */
  holdMs: number;
  /** Between looks at what the kernels of an open server did. */
  kernelsMs: number;
  /** Between rounds over all that were found, to see whose kernels are forgotten. */
  roundMs: number;
  /** Idle kernels after that time are worth a word. */
  idleMs: number;
  /** How long a one-time code is good. */
  codeMs: number;
}

export const defaultTimings: NotebookTimings = {
  lookMs: 20_000,
  askMs: 10_000,
  startMs: 30_000,
  everyMs: 10_000,
  againMs: 2_000,
  holdMs: 5_000,
  kernelsMs: 60_000,
  roundMs: 10 * 60_000,
  idleMs: 2 * 3_600_000,
  codeMs: 60_000,
};

/** Of one host; of kernels of one server; bytes that a look may say. */
export const limits = { servers: 64, kernels: 500, lookBytes: 1_048_576, containers: 64 } as const;

/** What tells a server from others of its host: its port, or its socket. */
export function nameOfServer({ port, socket }: Pick<FoundServer, "port" | "socket">): string {
  return socket === "" ? String(port) : socket;
}
