import type { Cancellable, Disposable } from "../ports.ts";
import type { Queued } from "../ssh/index.ts";
import type { LogBatch } from "./batch.ts";

export interface EngineInfo {
  kind: "docker" | "podman";
  version: string;
  /** The version that is spoken: the lower of theirs and ours. */
  apiVersion: string;
  socketPath: string;
  rootless: boolean;
  operatingSystem: string;
  architecture: string;
  cpus: number;
  memoryBytes: number;
  storageDriver: string;
  loggingDriver: string;
  cgroupVersion: string;
  /** Names of `Runtimes` in `/info`. */
  runtimes: string[];
  /** The engine can hand out NVIDIA GPUs (a runtime named nvidia, or CDI devices of nvidia.com). */
  gpuToolkit: boolean;
  securityOptions: string[];
  warnings: string[];
}

export interface ContainerSummary {
  /** Full 64-digit id. */
  id: string;
  /** Without the leading slash. */
  name: string;
  image: string;
  imageId: string;
  /** `created | running | paused | restarting | removing | exited | dead` */
  state: string;
  /** The engine's own words: `Up 3 minutes`. */
  status: string;
  /** Milliseconds since the epoch. */
  createdAt: number;
  labels: Record<string, string>;
}

/** What `inspect` says, narrowed to what the console reads; `raw` is the whole answer for the exposure proof. */
export interface ContainerDetail extends ContainerSummary {
  startedAt: number | null;
  finishedAt: number | null;
  exitCode: number | null;
  health: "healthy" | "unhealthy" | "starting" | null;
  error: string;
  oomKilled: boolean;
  restartCount: number;
  pid: number | null;
  tty: boolean;
  user: string;
  env: string[];
  command: string[];
  logDriver: string;
  /** Address by network name; empty string when not running. */
  addresses: Record<string, string>;
  /** `8000/tcp` → where it is published; empty when it is not. */
  ports: Record<string, { hostIp: string; hostPort: number }[]>;
  mounts: { type: string; source: string; destination: string; readOnly: boolean }[];
  hostConfig: Record<string, unknown>;
  raw: unknown;
}

export interface ImageSummary {
  id: string;
  tags: string[];
  digests: string[];
  sizeBytes: number;
  createdAt: number;
}

export interface ImageDetail extends ImageSummary {
  user: string;
  env: string[];
  entrypoint: string[];
  command: string[];
  exposedPorts: string[];
  volumes: string[];
  labels: Record<string, string>;
  hasHealthcheck: boolean;
  /** `CreatedBy` of each layer, newest first. */
  history: string[];
}

export interface ContainerStats {
  at: number;
  /** Per cent of one CPU: 150 is one and a half. `null` for the first sample. */
  cpuPercent: number | null;
  memoryBytes: number;
  memoryLimitBytes: number;
  pids: number;
}

export interface EngineProcess {
  /** Of the host; `null` where the engine does not tell. */
  pid: number | null;
  /** Resident; `null` where the engine does not tell. */
  memoryBytes: number | null;
  /** Argument vector, as one text. */
  args: string;
}

export interface EngineEvent {
  type: string;
  action: string;
  id: string;
  attributes: Record<string, string>;
  /** Milliseconds since the epoch. */
  at: number;
}

/** Body of `POST /containers/create` (Docker Engine API); the hardening room makes it. */
export type CreateBody = Record<string, unknown> & { Image: string; HostConfig: Record<string, unknown> };

/** One engine on one host. Every method rejects with a `Failure` (`ENGINE_*`, `CONTAINER_NOT_FOUND`, `NAME_TAKEN`, …). */
export interface Engine extends Disposable {
  /** Probes the sockets at first use and negotiates the API version; kept until the link drops. */
  info(options?: Cancellable & Queued): Promise<EngineInfo>;
  containers(options?: Cancellable): Promise<ContainerSummary[]>;
  inspect(id: string, options?: Cancellable): Promise<ContainerDetail>;
  images(options?: Cancellable): Promise<ImageSummary[]>;
  /** `null` when the engine does not have it. */
  image(reference: string, options?: Cancellable): Promise<ImageDetail | null>;
  pull(
    reference: string,
    options: Cancellable & { onProgress?: (text: string, fraction: number | null) => void },
  ): Promise<void>;
  createNetwork(
    name: string,
    options: Cancellable & { internal: boolean; labels: Record<string, string> },
  ): Promise<string>;
  /** Removing what is not there is not an error. */
  removeNetwork(name: string, options?: Cancellable): Promise<void>;
  create(name: string, body: CreateBody, options?: Cancellable): Promise<{ id: string; warnings: string[] }>;
  start(id: string, options?: Cancellable): Promise<void>;
  stop(id: string, options?: Cancellable & { graceSeconds?: number }): Promise<void>;
  restart(id: string, options?: Cancellable): Promise<void>;
  /** Removing what is not there is not an error. */
  remove(id: string, options?: Cancellable & { force?: boolean }): Promise<void>;
  /** The container's processes, as the host sees them. */
  top(id: string, options?: Cancellable): Promise<EngineProcess[]>;
  exec(
    id: string,
    argv: readonly string[],
    options?: Cancellable & { stdin?: Uint8Array; user?: string; timeoutMs?: number; maxBytes?: number },
  ): Promise<{ code: number; stdout: Buffer; stderr: Buffer }>;
  /**
   * Frames in batches, as large as the socket gave them; the first, without any, says that the engine has answered. With `timestamps` each frame's own stamp is taken off, also
   * from the pieces of a line that the engine cut at 16 KiB. Ends when the container does (`follow`) or at the tail's end.
   * `detail`, an `inspect` of the container that the caller makes anyway, is asked for where it is not known from before
   * how the container logs.
   */
  logs(
    id: string,
    options: Cancellable & {
      follow: boolean;
      tail?: number | "all";
      sinceNs?: bigint;
      timestamps?: boolean;
      detail?: () => Promise<ContainerDetail>;
    },
  ): AsyncIterable<LogBatch>;
  stats(id: string, options?: Cancellable): AsyncIterable<ContainerStats>;
  /**
   * Goes on until cancelled or the link drops (then it throws a retryable `Failure`). `since`, milliseconds since the
   * epoch: those of the past that the engine still has come first.
   */
  events(options?: Cancellable & { since?: number }): AsyncIterable<EngineEvent>;
}
