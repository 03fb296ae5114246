import type { NotebookKernel, NotebookOpened, NotebookRow, NotebookStart, Problem } from "../../contract/index.ts";
import type { Engine } from "../docker/index.ts";
import type { Clock, Disposable, NotebookWindows, Random } from "../ports.ts";
import type { SecretRegistrar } from "../secrets/index.ts";
import type { HostLink } from "../ssh/index.ts";
import type { Store } from "../store/index.ts";
import type { Ways } from "../tunnels/index.ts";
import type { NotebookFile } from "./records.ts";
import type { NotebookTimings } from "./types.ts";

export interface NotebooksDeps {
  store: Store<NotebookFile>;
  hosts: {
    /** Those that are connected. */
    reached(): string[];
    /** `HOST_UNKNOWN` */
    linkOf(hostId: string): HostLink;
    engineOf(hostId: string): Engine;
    about(hostId: string): NotebookRow["host"];
  };
  containers: {
    /** This console launched it. */
    isOurs(containerId: string): boolean;
    /** Starts it anew, with another key. */
    renew(hostId: string, containerId: string, signal?: AbortSignal): Promise<void>;
  };
  ways: Ways;
  /** What our own pages speak; `system` is the browser's choice. */
  language(): "system" | "en" | "ru";
  registrar: SecretRegistrar;
  /** Windows of the door's own; `null` where a notebook opens in the person's browser. */
  windows: NotebookWindows | null;
  clock: Clock;
  random: Random;
  onChange(hostId?: string): void;
  timings?: Partial<NotebookTimings>;
}

export interface Notebooks extends Disposable {
  list(): NotebookRow[];
  refresh(hostId?: string, signal?: AbortSignal): Promise<{ hostId: string; problem: Problem }[]>;
  start(input: NotebookStart, signal?: AbortSignal): Promise<string>;
  open(notebookId: string, signal?: AbortSignal): Promise<NotebookOpened>;
  kernels(notebookId: string, signal?: AbortSignal): Promise<NotebookKernel[]>;
  stopKernel(notebookId: string, kernelId: string, signal?: AbortSignal): Promise<void>;
  /** `confirm` must be its port, or its socket (`BAD_INPUT`). */
  stop(notebookId: string, confirm: string, signal?: AbortSignal): Promise<void>;
  /** From now on it is known by this certificate. `CONFLICT` for a server without TLS. */
  trust(notebookId: string, certificate: string, signal?: AbortSignal): Promise<void>;
  /** `renew`: a server of ours is started anew with another key (`CONFLICT` where it is not ours). */
  close(notebookId: string, renew: boolean, signal?: AbortSignal): Promise<void>;
  wake(): void;
}
