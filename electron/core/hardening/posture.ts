/**
 * What the rules look at, whether it comes from a spec that is still being edited or from the inspect of a container
 * that anybody started. One form for both is what makes the promise testable: a body made from a spec, read back, must
 * be judged at least as good as the spec was.
 */

import type { LaunchSpec, SecretRef } from "../../contract/containers.ts";
import { isWithin } from "./paths.ts";

export const secretsDir = "/run/secrets";

export interface Posture {
  name: string;
  user: string;
  readOnlyRoot: boolean;
  noNewPrivileges: boolean;
  privileged: boolean;
  init: boolean;
  seccomp: "default" | "unconfined" | "own";
  apparmorOff: boolean;
  capDrop: readonly string[];
  capAdd: readonly string[];
  /** `own`: a user-defined network that may reach out; `isolated`: an internal one, or none. */
  network: "isolated" | "own" | "bridge" | "host" | "shared";
  /** Namespaces of the host, or of another container, that it shares. */
  sharedNamespaces: readonly string[];
  published: readonly { address: string; hostPort: number; containerPort: number }[];
  tmpfs: readonly { path: string; sizeBytes: number | null; exec: boolean; safe: boolean }[];
  memoryBytes: number | null;
  cpus: number | null;
  pidsLimit: number | null;
  shmBytes: number;
  coreDumps: boolean;
  /** `source` is a folder of the host; empty for a volume of the engine. */
  mounts: readonly { source: string; target: string; readOnly: boolean; shared: boolean }[];
  devices: readonly string[];
  kernelPathsOpen: boolean;
  image: string;
  imagePinned: boolean;
  restart: string;
  restartTries: number;
  logDriver: string;
  logMaxMiB: number | null;
  logFiles: number | null;
  env: readonly (readonly [name: string, value: string])[];
  /** Words of the command, and texts of the model's parameters. */
  words: readonly string[];
  gpus: readonly string[];
  allGpus: boolean;
}

/** What is known beyond the spec. `null` means "not known", and a rule that needs it then passes. */
export interface HardeningContext {
  /** UUIDs of the host's GPUs. */
  gpus: readonly string[] | null;
  gpuToolkit: boolean | null;
  /** Names of the containers that are there. */
  namesTaken: readonly string[] | null;
  /** Digest or id that the image's tag stands for. */
  imageDigest: string | null;
  secretState(ref: SecretRef): "known" | "weak" | "unknown";
  /** The text holds a value that is stored as a secret. */
  holdsSecret(text: string): boolean;
}

export const unknownContext: HardeningContext = {
  gpus: null,
  gpuToolkit: null,
  namesTaken: null,
  imageDigest: null,
  secretState: () => "known",
  holdsSecret: () => false,
};

/** `repo@sha256:…`, or an image id: either names one image for ever. */
export function isPinned(image: string): boolean {
  return /(?:@|^)sha256:[0-9a-f]{64}$/.test(image);
}

/**
 * A numeric user without a group gets the group of the same number: the engine would give the root group to a number
 * that the image's /etc/passwd does not know.
 */
export function fullUser(user: string): string {
  return /^\d+$/.test(user) ? `${Number(user)}:${Number(user)}` : user;
}

/** One entry a path, the last said wins; `/tmp` and `/run` are always there; nothing of the spec's below /run/secrets. */
export function tmpfsOf(spec: Pick<LaunchSpec, "tmpfs">): { path: string; sizeBytes: number; exec: boolean }[] {
  const byPath = new Map([
    ["/tmp", { path: "/tmp", sizeBytes: 64 * 2 ** 20, exec: false }],
    ["/run", { path: "/run", sizeBytes: 16 * 2 ** 20, exec: false }],
  ]);
  for (const entry of spec.tmpfs) {
    const path = entry.path.replace(/\/+/g, "/").replace(/(.)\/$/, "$1");
    if (!isWithin(path, secretsDir)) byPath.set(path, { ...entry, path });
  }
  return [...byPath.values()];
}

/** The posture that a container of this spec will have. */
export function postureOfSpec(spec: LaunchSpec, context: Pick<HardeningContext, "imageDigest">): Posture {
  const networks = { isolated: "isolated", bridge: "own", host: "host" } as const;
  return {
    name: spec.name,
    user: fullUser(spec.user),
    readOnlyRoot: spec.readOnlyRoot,
    noNewPrivileges: spec.noNewPrivileges,
    privileged: spec.privileged,
    init: spec.init,
    seccomp: spec.seccomp,
    apparmorOff: false,
    capDrop: ["ALL"],
    capAdd: spec.capAdd,
    network: networks[spec.network],
    sharedNamespaces: [],
    published: spec.publish,
    tmpfs: tmpfsOf(spec).map((entry) => ({ ...entry, safe: true })),
    memoryBytes: spec.memoryBytes,
    cpus: spec.cpus,
    pidsLimit: spec.pidsLimit,
    shmBytes: spec.shmBytes,
    coreDumps: false,
    mounts: spec.mounts.map((mount) => ({
      ...mount,
      source: isVolume(mount.source) ? "" : mount.source,
      shared: false,
    })),
    devices: [],
    kernelPathsOpen: false,
    image: spec.image,
    imagePinned: isPinned(spec.image) || context.imageDigest !== null,
    restart: spec.restart,
    restartTries: spec.restart === "on-failure" ? 5 : 0,
    logDriver: "json-file",
    logMaxMiB: spec.logMaxMiB,
    logFiles: spec.logFiles,
    env: Object.entries(spec.env),
    words: [...spec.command, ...Object.values(spec.model?.engineParams ?? {}).map(String)],
    gpus: spec.gpus,
    allGpus: false,
  };
}

/** A mount's source is a folder of the host, or the name of a volume. */
export function isVolume(source: string): boolean {
  return !source.startsWith("/");
}
