import type { Image } from "../engine/catalogue.ts";
import type { JupyterRoom } from "../jupyter/room.ts";
import type { FileStore } from "../shell/files.ts";
import type { LogRing } from "./logs.ts";

export interface ContainerConfig {
  Hostname: string;
  User: string;
  Env: string[];
  Cmd: string[] | null;
  Entrypoint: string[] | null;
  WorkingDir: string;
  Labels: Record<string, string>;
  ExposedPorts: Record<string, object>;
  Volumes: Record<string, object> | null;
  Tty: boolean;
  OpenStdin: boolean;
  Healthcheck: { Test?: string[]; Interval?: number } | null;
  StopSignal: string | null;
  StopTimeout: number | null;
  Image: string;
}

/** The parts of `HostConfig` that change what the simulation does; the rest is kept and shown. */
export type HostConfig = Record<string, unknown> & {
  NetworkMode: string;
  PortBindings: Record<string, { HostIp: string; HostPort: string }[] | null>;
  RestartPolicy: { Name: string; MaximumRetryCount: number };
  AutoRemove: boolean;
  ReadonlyRootfs: boolean;
  Privileged: boolean;
  Init: boolean;
  CapAdd: string[];
  CapDrop: string[];
  SecurityOpt: string[];
  Tmpfs: Record<string, string>;
  Mounts: { Type: string; Source: string; Target: string; ReadOnly: boolean }[];
  Binds: string[];
  DeviceRequests: DeviceRequest[];
  Memory: number;
  LogConfig: { Type: string; Config: Record<string, string> };
};

export interface DeviceRequest {
  Driver: string;
  Count: number;
  DeviceIDs: string[] | null;
  Capabilities: string[][];
  Options: Record<string, string>;
}

export interface Published {
  /** `8000/tcp` */
  port: string;
  hostIp: string;
  hostPort: number;
  close(): void;
}

/** The program of a container while it runs. */
export interface RunningProgram {
  pid: number;
  /** Loopback port of this machine behind which it listens; `null` when it does not. */
  port: number | null;
  /** Argument list as configured. */
  argv: readonly string[];
  /** What else runs, with the process ids of the host; of each whether it computes on the GPUs. */
  more?(): { pid: number; rssKib: number; args: string; computes: boolean }[];
  exited: Promise<number>;
  stop(signal: "SIGTERM" | "SIGKILL"): void;
}

export interface ContainerState {
  status: "created" | "running" | "restarting" | "exited" | "removing";
  exitCode: number;
  error: string;
  startedAt: number | null;
  finishedAt: number | null;
  health: "starting" | "healthy" | "unhealthy" | null;
}

export interface Container {
  /** 64 hexadecimal digits. */
  id: string;
  name: string;
  createdAt: number;
  image: Image;
  config: ContainerConfig;
  hostConfig: HostConfig;
  /** As `inspect` shows it. */
  shownHost: Record<string, unknown>;
  state: ContainerState;
  restartCount: number;
  logs: LogRing;
  program: RunningProgram | null;
  /** Settled anew at each start. */
  ended: Promise<unknown>;
  published: Published[];
  networkName: string;
  address: string;
  /** GPUs that it holds, by UUID. */
  gpus: string[];
  /** Private folder of this machine that the container sees as `/run/secrets`. */
  secretsDir: string;
  /** The Jupyter servers in it, for an image that has the program. */
  jupyter: JupyterRoom | null;
  /** What its programs wrote elsewhere. */
  files: FileStore;
  execs: Map<string, ExecRecord>;
  /** How often it has ended, and whether it is gone; `changed` is called after either. */
  exits: number;
  removed: boolean;
  changed: Set<() => void>;
  /** Someone asked for the stop: no restart policy brings it back. */
  stopAsked: boolean;
}

export interface ExecRecord {
  id: string;
  argv: readonly string[];
  env: readonly string[];
  user: string;
  tty: boolean;
  attachStdin: boolean;
  attachStdout: boolean;
  attachStderr: boolean;
  running: boolean;
  exitCode: number | null;
  pid: number;
}

/** The container's own port: what it was told to listen on. */
export function servicePort(container: Container): number {
  const setting = container.config.Env.find((pair) => pair.startsWith("PORT="));
  if (setting !== undefined) return Number(setting.slice(5)) || 8000;
  return container.image.program === "notebook" ? 8888 : 8000;
}

export function commandOf(config: Pick<ContainerConfig, "Entrypoint" | "Cmd">): string[] {
  return [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])];
}
