import { eventIterator } from "@orpc/contract";
import { z } from "zod";
import { change, engineErrors, environmentName, hostErrors, hostId, problem, read, time } from "./base.ts";

export const linkState = z.object({
  phase: z.enum(["idle", "connecting", "online", "degraded", "reconnecting", "offline"]),
  since: time,
  attempt: z.number().int().optional(),
  nextTryAt: time.optional(),
  missed: z.number().int().optional(),
  reason: problem.optional(),
});
export type LinkStateView = z.infer<typeof linkState>;

/** How to prove who we are. No value is part of it: a passphrase or password is asked when it is needed. */
export const hostAuth = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("key"), path: z.string().min(1).max(4096) }),
  /** `fingerprint` picks ONE key of the agent; without it the first that the host accepts. */
  z.strictObject({ kind: z.literal("agent"), fingerprint: z.string().max(128).optional() }),
  z.strictObject({ kind: z.literal("password") }),
  z.strictObject({ kind: z.literal("interactive") }),
  /** The keys that the user's ssh configuration names for this host, by its agent or from their files. */
  z.strictObject({ kind: z.literal("config") }),
]);
export type HostAuth = z.infer<typeof hostAuth>;

/** A name or address that no shell and no option parser can take for something else. */
export const hostAddress = z
  .string()
  .min(1)
  .max(253)
  .regex(/^(?!-)[A-Za-z0-9._:%-]+$/);
export const userName = z
  .string()
  .min(1)
  .max(64)
  .regex(/^(?!-)[A-Za-z0-9._@\\-]+$/);

/** A name of the ssh configuration. */
const configName = z
  .string()
  .min(1)
  .max(253)
  .regex(/^(?!-)[A-Za-z0-9._:%@+-]+$/);
/** `[user@]name[:port]` */
const jumpHost = z
  .string()
  .min(1)
  .max(330)
  .regex(/^(?!-)(?:[A-Za-z0-9._@\\-]+@)?(?:\[[A-Za-z0-9.:%-]+\]|(?!-)[A-Za-z0-9._%-]+)(?::\d{1,5})?$/);

export const hostInput = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("ssh"),
    name: z.string().trim().min(1).max(64),
    address: hostAddress,
    port: z.number().int().min(1).max(65535),
    user: userName,
    environment: environmentName,
    auth: hostAuth,
    /** Its name in the ssh configuration: when connecting, address, port and user come from there. */
    config: configName.optional(),
    /** Hosts to go through, nearest first, in place of what the configuration says. */
    jumps: z.array(jumpHost).max(8).optional(),
    /** Who carries the connection; `auto` is the library unless only OpenSSH's client can prove who we are. */
    transport: z.enum(["auto", "library", "system"]).optional(),
    /** Take private keys that other users of this machine may read too. OpenSSH's client never does. */
    allowOpenKeys: z.boolean().optional(),
    /** Where the engine listens, when probing is not wanted. */
    socketPath: z.string().startsWith("/").max(4096).optional(),
  }),
  z.strictObject({
    kind: z.literal("local"),
    name: z.string().trim().min(1).max(64),
    environment: environmentName,
    socketPath: z.string().startsWith("/").max(4096).optional(),
  }),
]);
export type HostInput = z.infer<typeof hostInput>;

export const gpu = z.object({
  index: z.number().int(),
  uuid: z.string(),
  name: z.string(),
  driver: z.string().nullable(),
  memoryTotalMiB: z.number().nullable(),
  memoryUsedMiB: z.number().nullable(),
  /** Per cent. */
  utilization: z.number().nullable(),
  /** °C */
  temperature: z.number().nullable(),
  /** W */
  powerDraw: z.number().nullable(),
  powerLimit: z.number().nullable(),
  /** Why it cannot be used: `lost`, `reset required`; null when all is well. */
  fault: z.string().nullable(),
  /** Containers that were given it. */
  heldBy: z.array(z.object({ containerId: z.string(), name: z.string() })),
});
export type Gpu = z.infer<typeof gpu>;

export const engineView = z.object({
  kind: z.enum(["docker", "podman"]),
  version: z.string(),
  apiVersion: z.string(),
  socketPath: z.string(),
  rootless: z.boolean(),
  gpuToolkit: z.boolean(),
  operatingSystem: z.string(),
  storageDriver: z.string(),
  warnings: z.array(z.string()),
});
export type EngineView = z.infer<typeof engineView>;

export const hostRow = z.object({
  id: hostId,
  kind: z.enum(["ssh", "local"]),
  name: z.string(),
  address: z.string(),
  port: z.number().int(),
  user: z.string(),
  environment: z.string(),
  simulated: z.boolean(),
  link: linkState,
  engine: engineView.nullable(),
  /** Why there is no engine although the host is reached. */
  engineProblem: problem.nullable(),
  gpus: z.array(gpu),
  /** Why there are no GPU figures although the host is reached; null when there are, or when it simply has no GPU. */
  gpuProblem: problem.nullable(),
  containers: z.object({ running: z.number().int(), total: z.number().int() }),
});
export type HostRow = z.infer<typeof hostRow>;

export const hostFacts = z.object({
  hostname: z.string().nullable(),
  operatingSystem: z.string().nullable(),
  kernel: z.string().nullable(),
  cpus: z.number().int().nullable(),
  memoryTotalBytes: z.number().nullable(),
  memoryAvailableBytes: z.number().nullable(),
  load: z.number().nullable(),
  bootedAt: time.nullable(),
  /** Another one after each start of its kernel. */
  bootId: z.string().nullable(),
  diskFreeBytes: z.number().nullable(),
  diskTotalBytes: z.number().nullable(),
});
export type HostFacts = z.infer<typeof hostFacts>;

export const hostKeyView = z.object({
  type: z.string(),
  fingerprint: z.string(),
  source: z.enum(["pinned", "known_hosts"]),
  firstSeen: time.nullable(),
  lastSeen: time.nullable(),
});

/** The host shows another key than before: nothing goes there until a person has compared it. */
export const hostKeyIncident = z.object({
  expected: z.array(z.object({ type: z.string(), fingerprint: z.string(), source: z.string() })),
  presented: z.object({ type: z.string(), fingerprint: z.string() }),
  firstSeen: time.nullable(),
  lastSeen: time.nullable(),
  /** What was last known of the host's start, and when that was read. */
  lastBoot: z.object({ id: z.string(), since: time.nullable(), readAt: time }).nullable(),
  /** Whether it was started anew since; only a connection that is still up can tell. */
  rebooted: z.enum(["yes", "no", "unknown"]),
  detectedAt: time,
  /** Names of other hosts that have shown this same key since the program started. */
  alsoShownBy: z.array(z.string()),
});
export type HostKeyIncident = z.infer<typeof hostKeyIncident>;

/** Characters of an inventory. */
export const maxInventory = 2 * 2 ** 20;

/** What vouches for a changed host key. */
export const hostKeyProof = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("fingerprint"), fingerprint: z.string().min(1).max(128) }),
  /** Lines of the known_hosts format, by a name of the host or hashed. */
  z.strictObject({ kind: z.literal("inventory"), text: z.string().min(1).max(maxInventory) }),
]);
export type HostKeyProof = z.infer<typeof hostKeyProof>;

export const hostDetail = hostRow.extend({
  auth: hostAuth.nullable(),
  /** Its name in the ssh configuration. */
  config: z.string().nullable(),
  /** The explicit jump hosts; those of the configuration are in its route. */
  jumps: z.array(z.string()),
  transport: z.enum(["auto", "library", "system"]),
  allowOpenKeys: z.boolean(),
  /** Where the engine listens, when somebody said so. */
  socketPath: z.string().nullable(),
  facts: hostFacts.nullable(),
  hostKey: hostKeyView.nullable(),
  incident: hostKeyIncident.nullable(),
});
export type HostDetail = z.infer<typeof hostDetail>;

export const gpuSample = z.object({
  at: time,
  gpus: z.array(
    gpu.pick({
      uuid: true,
      utilization: true,
      memoryUsedMiB: true,
      memoryTotalMiB: true,
      temperature: true,
      powerDraw: true,
      fault: true,
    }),
  ),
});
export type GpuSample = z.infer<typeof gpuSample>;

/** Hosts that `~/.ssh/config` names. */
export const configuredHosts = z.object({
  hosts: z.array(
    z.object({
      name: z.string(),
      address: z.string(),
      user: z.string(),
      port: z.number().int(),
      /** Jump hosts, or the proxy command; empty when it is reached directly. */
      via: z.string(),
      /** `file:line` */
      source: z.string(),
      /** Who read the configuration: OpenSSH's client, or a reader of our own where there is none. */
      resolvedBy: z.enum(["ssh", "parser"]).nullable(),
      /** Settings that are there and that the console does not follow. */
      notHonoured: z.array(z.string()),
      /** Why it cannot be used. */
      reason: z.string().nullable(),
    }),
  ),
  problems: z.array(z.object({ kind: z.enum(["loop", "too-deep", "too-large", "unreadable"]), source: z.string() })),
  /** How many more there are than are listed. */
  truncated: z.number().int(),
});
export type ConfiguredHosts = z.infer<typeof configuredHosts>;

/** The way to a host, as the next connection will take it. */
export const hostRoute = z.object({
  config: z.string().nullable(),
  resolvedBy: z.enum(["ssh", "parser"]).nullable(),
  address: z.string(),
  port: z.number().int(),
  user: z.string(),
  hops: z.array(z.object({ address: z.string(), port: z.number().int(), user: z.string() })),
  proxyCommand: z.string().nullable(),
  identityFiles: z.array(z.string()),
  notHonoured: z.array(z.string()),
  /** Private keys that others may read are taken: a person has told to. */
  allowOpenKeys: z.boolean(),
  transport: z.object({
    by: z.enum(["library", "system"]),
    reason: z.enum(["default", "chosen", "certificate", "security-key", "host-certificate"]),
  }),
  certificates: z.array(
    z.object({
      path: z.string(),
      keyId: z.string(),
      principals: z.array(z.string()),
      validFrom: time.nullable(),
      validUntil: time.nullable(),
      authority: z.string(),
      expired: z.boolean(),
    }),
  ),
  /** Session channels of the connection: open, at most, and the commands that wait for one, the next one first. */
  channels: z.object({
    open: z.number().int(),
    limit: z.number().int(),
    waiting: z.number().int(),
    queue: z.array(z.object({ what: z.string(), since: time })).max(16),
  }),
});
export type HostRoute = z.infer<typeof hostRoute>;

/** One step of the way to a host: told when it begins (`running`) and again, under the same id, when it has ended. */
export const diagnosisStep = z.object({
  id: z.number().int(),
  kind: z.enum(["config", "name", "tcp", "keys", "host-key", "login", "channel", "link", "engine", "gpu"]),
  /** `user@address:port` of the host that it is about; empty when it is about the way as a whole. */
  where: z.string(),
  state: z.enum(["running", "ok", "warn", "failed"]),
  ms: z.number().int().nullable(),
  evidence: z.array(
    z.object({
      what: z.enum([
        "route",
        "resolvedBy",
        "notHonoured",
        "addresses",
        "fingerprint",
        "offered",
        "tried",
        "key",
        "keyTaken",
        "keySkipped",
        "engine",
        "gpus",
        "queued",
      ]),
      text: z.string(),
      /** Why a key was passed over. */
      reason: z.enum(["", "missing", "open-permissions", "unreadable", "needs-openssh", "limit", "agent-unavailable"]),
    }),
  ),
  problem: problem.nullable(),
  /** A command or setting that helps, to be copied. */
  fix: z.string().nullable(),
});
export type DiagnosisStep = z.infer<typeof diagnosisStep>;

/** A new key for a host: what was done, in order. */
export const installedKey = z.object({
  path: z.string(),
  fingerprint: z.string(),
  publicKey: z.string(),
  /** The host's settings now name this key. */
  used: z.boolean(),
  steps: z.array(z.object({ kind: z.enum(["make", "install", "prove", "use"]), ms: z.number().int() })),
});
export type InstalledKey = z.infer<typeof installedKey>;

const byHost = z.strictObject({ hostId });

export const hosts = {
  list: read.output(z.array(hostRow)),
  get: read.errors(hostErrors).input(byHost).output(hostDetail),
  add: change("host.add").errors(hostErrors).input(hostInput).output(z.object({ hostId })),
  update: change("host.update")
    .errors(hostErrors)
    .input(z.strictObject({ hostId, host: hostInput }))
    .output(z.object({})),
  remove: change("host.remove").errors(hostErrors).input(byHost).output(z.object({})),
  /** Resolves when online; rejects with why not. */
  connect: change("host.connect", "low").errors(hostErrors).input(byHost).output(z.object({})),
  disconnect: change("host.disconnect", "low").errors(hostErrors).input(byHost).output(z.object({})),
  /** Settles an incident by what came from another channel: the presented fingerprint, or an inventory with the key. */
  acceptKey: change("host.accept-key")
    .errors(hostErrors)
    .input(z.strictObject({ hostId, proof: hostKeyProof, reason: z.string().trim().min(1).max(500) }))
    .output(z.object({})),
  /** Hosts of the user's ssh configuration, to be offered; looking runs no program that it names. */
  configured: read.errors(hostErrors).output(configuredHosts),
  /** The way to a host and what of its configuration is not followed. */
  route: read.errors(hostErrors).input(byHost).output(hostRoute),
  /** Goes the way to a host step by step, with evidence and a fix, and ends at the first step that fails. */
  diagnose: read.errors(hostErrors).errors(engineErrors).input(byHost).output(eventIterator(diagnosisStep)),
  /** Makes an ed25519 key, puts it into `authorized_keys` and proves a login with it alone; all or nothing. */
  installKey: change("host.install-key")
    .errors(hostErrors)
    .input(z.strictObject({ hostId, use: z.boolean() }))
    .output(installedKey),
  /** GPU figures every two seconds while watched. */
  metrics: read.errors(hostErrors).errors(engineErrors).input(byHost).output(eventIterator(gpuSample)),
  /** A name for each host key file and agent key that could be used, for the form. */
  identities: read.output(
    z.object({
      keys: z.array(
        z.object({ path: z.string(), type: z.string(), encrypted: z.boolean(), problem: z.string().nullable() }),
      ),
      agent: z.object({
        available: z.boolean(),
        reason: z.string().nullable(),
        keys: z.array(z.object({ type: z.string(), fingerprint: z.string(), comment: z.string() })),
      }),
    }),
  ),
};
