import { z } from "zod";
import { change, containerId, engineErrors, errorMap, hostErrors, hostId, problem, read, time } from "./base.ts";
import { notebookCodes } from "./errors.ts";
import { tunnelState } from "./tunnels.ts";

const notebookId = z.string().min(1).max(64);
const kernelId = z.string().regex(/^[A-Za-z0-9-]{1,64}$/);

/** Where a Jupyter server runs: on the host itself, or in one of its containers. */
export const notebookPlace = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("host") }),
  z.object({ kind: z.literal("container"), containerId, name: z.string() }),
]);
export type NotebookPlace = z.infer<typeof notebookPlace>;

/**
 * What is wrong with how a server is set up. `reachable` is `listens-everywhere` that others really get to: a port that
 * a container publishes to the network, or an open address of the host.
 */
export const notebookFindingId = z.enum([
  "listens-everywhere",
  "reachable",
  "no-login",
  "two-logins",
  "runs-as-root",
  "key-in-arguments",
]);
export type NotebookFindingId = z.infer<typeof notebookFindingId>;

export const notebookFinding = z.object({
  id: notebookFindingId,
  severity: z.enum(["critical", "high", "medium"]),
  /** The address, the port or the user that it is about. */
  at: z.string(),
});
export type NotebookFinding = z.infer<typeof notebookFinding>;

/** How one gets in. Key is what Jupyter calls a token; it never leaves the core. */
export const notebookLogin = z.enum(["key", "typed", "both", "none"]);
export type NotebookLogin = z.infer<typeof notebookLogin>;

export const notebookRow = z.object({
  id: notebookId,
  hostId,
  host: z.object({ name: z.string(), environment: z.string(), simulated: z.boolean() }).nullable(),
  place: notebookPlace,
  /** Port and path of the server where it runs, its folder, Jupyter's own version. */
  port: z.number().int(),
  /** Absolute path of the unix socket that it listens on in place of a port; else empty. */
  socket: z.string(),
  /** It speaks TLS; SHA-256 of the certificate that it is known by, once it was met. */
  tls: z.object({ certificate: z.string().nullable() }).nullable(),
  basePath: z.string(),
  folder: z.string(),
  version: z.string(),
  program: z.enum(["server", "notebook"]),
  login: notebookLogin,
  /** Started from here, on the host or as a container: it can be restarted with a new key. */
  ours: z.boolean(),
  /** It was there the last time that its host was looked at. */
  running: z.boolean(),
  findings: z.array(notebookFinding),
  /** What the server says of itself; `null` where we have no key, or it did not answer (`problem`). */
  activity: z
    .object({ kernels: z.number().int(), connections: z.number().int(), lastAt: time, startedAt: time })
    .nullable(),
  /** Kernels sit idle for so long that somebody may have forgotten them. */
  idle: z.boolean(),
  problem: problem.nullable(),
  /** The local end, while it is open: it keeps its port. The light is what came through. */
  local: z.object({ port: z.number().int(), state: tunnelState }).nullable(),
});
export type NotebookRow = z.infer<typeof notebookRow>;

export const notebookKernel = z.object({
  id: kernelId,
  name: z.string(),
  /** `idle`, `busy`, `starting`, … as Jupyter says it. */
  state: z.string(),
  lastAt: time,
  connections: z.number().int(),
  /** Of the notebooks that use it. */
  paths: z.array(z.string()),
  /** Resident memory and memory of all GPUs; `null` when the host does not tell. */
  memoryBytes: z.number().nullable(),
  gpuMemoryBytes: z.number().nullable(),
});
export type NotebookKernel = z.infer<typeof notebookKernel>;

export const notebookStart = z.strictObject({
  hostId,
  /** `best`: JupyterLab, else Notebook, else the bare server. */
  program: z.enum(["best", "lab", "notebook", "server"]),
  /** Absolute; empty is the home of the user we log in as. */
  folder: z
    .string()
    .max(1000)
    .regex(/^(?:\/[^\0\r\n]*)?$/),
});
export type NotebookStart = z.infer<typeof notebookStart>;

/**
 * In the desktop door a window of its own opens. In a browser the caller opens `url`: what opens it is good once, for a
 * minute, and travels in the fragment, which no server and no history of requests sees.
 */
export const notebookOpened = z.discriminatedUnion("shown", [
  z.object({ shown: z.literal("window") }),
  z.object({ shown: z.literal("link"), url: z.string(), expiresAt: time }),
]);
export type NotebookOpened = z.infer<typeof notebookOpened>;

const byNotebook = z.strictObject({ notebookId });
const errors = {
  ...hostErrors,
  ...engineErrors,
  ...errorMap("LISTEN_FAILED", ...notebookCodes),
};

export const notebooks = {
  /** What is known, at once. */
  list: read.output(z.array(notebookRow)),
  /** Looks for servers on one host or on all that are connected; hosts that could not be asked are told. */
  refresh: read
    .errors(errors)
    .input(z.strictObject({ hostId: hostId.optional() }))
    .output(z.object({ problems: z.array(z.object({ hostId, problem })) })),
  start: change("notebook.start").errors(errors).input(notebookStart).output(z.object({ notebookId })),
  open: change("notebook.open").errors(errors).input(byNotebook).output(notebookOpened),
  kernels: read.errors(errors).input(byNotebook).output(z.array(notebookKernel)),
  stopKernel: change("notebook.stop-kernel")
    .errors(errors)
    .input(z.strictObject({ notebookId, kernelId }))
    .output(z.object({})),
  /** Ends the server and its kernels. `confirm` is its port as text, or its socket. */
  stop: change("notebook.stop")
    .errors(errors)
    .input(z.strictObject({ notebookId, confirm: z.string().max(300) }))
    .output(z.object({})),
  /** From now on it is known by this certificate: one that it showed and that was refused. */
  trust: change("notebook.trust")
    .errors(errors)
    .input(z.strictObject({ notebookId, certificate: z.string().regex(/^(?:[0-9A-F]{2}:){31}[0-9A-F]{2}$/) }))
    .output(z.object({})),
  /** Closes the local end. With `renew` a server of ours is started anew with another key; its kernels end. */
  close: change("notebook.close", "low")
    .errors(errors)
    .input(z.strictObject({ notebookId, renew: z.boolean() }))
    .output(z.object({})),
};
