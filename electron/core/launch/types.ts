import type { Problem } from "../../contract/base.ts";
import type { GivenSecret, LaunchSpec, LaunchStepId, LaunchView, Plan, Proof } from "../../contract/containers.ts";
import type { AuditInput } from "../audit/index.ts";
import type { Engine } from "../docker/index.ts";
import type { MaskGuard, MaskHit } from "../logs/index.ts";
import type { Clock, Disposable, Random } from "../ports.ts";
import type { ApiKeys, SecretRegistrar, Secrets } from "../secrets/index.ts";
import type { HostLink } from "../ssh/index.ts";
import type { LaunchRecord, LaunchRecordsFile } from "./records.ts";
import type { LaunchTemplate } from "./templates.ts";

/** What a launch needs to know of a host. `null`: not known (yet), which never stops a launch. */
export interface LaunchHost {
  id: string;
  name: string;
  simulated: boolean;
  gpus: readonly string[] | null;
  gpuToolkit: boolean | null;
  /** Free where the engine keeps its images, bytes. */
  diskFreeBytes: number | null;
  /** Names of its containers, as last seen. */
  containerNames: readonly string[] | null;
}

/** One row, but for what the run itself finds out. */
export type AuditRow = Omit<AuditInput, "outcome" | "errorCode" | "durationMs">;

export interface LaunchAudit {
  /** Rows of `high` severity are on disk before `action` begins; else it rejects with `AUDIT_UNWRITABLE`. */
  run<T>(row: AuditRow, action: () => Promise<T>): Promise<T>;
}

export interface LaunchTimings {
  /** Between two looks at a server that is not ready. */
  pollMs: number;
  /** How long a container without a server must live to count as started. */
  settleMs: number;
  /** For taking back one thing, link recovery included. */
  undoMs: number;
  /** How long a step that was told to stop may take until it is no longer waited for. */
  graceMs: number;
  /** Steps, in place of their own limits; for tests. */
  stepMs?: Partial<Record<LaunchStepId, number>>;
}

export interface LaunchDeps {
  /** Rejects with `HOST_UNKNOWN`. */
  engineOf(hostId: string): Engine;
  linkOf(hostId: string): HostLink;
  hostView(hostId: string): LaunchHost;
  templates: readonly LaunchTemplate[];
  secrets: Pick<Secrets, "resolve" | "stateOf" | "refresh">;
  apiKeys: ApiKeys;
  registrar: SecretRegistrar;
  mask: MaskGuard;
  find(bytes: Uint8Array, names: readonly string[]): MaskHit[];
  audit: LaunchAudit;
  records: {
    get(): LaunchRecordsFile;
    update(change: (current: LaunchRecordsFile) => LaunchRecordsFile): Promise<unknown>;
  };
  clock: Clock;
  random: Random;
  problemOf(error: unknown): Problem;
  onChange(launchId: string): void;
  /** A bug: its stack stays in the core. */
  bug(where: string, error: unknown): void;
  timings?: Partial<LaunchTimings>;
}

/** A secret of the spec on its way in. */
export type Given = Omit<GivenSecret, "current">;

export interface Launches extends Disposable {
  /** Judges a spec without touching the host. `NOT_FOUND` {what: "template"}, `HOST_UNKNOWN`. */
  plan(spec: LaunchSpec): Promise<Plan>;
  /** Starts it and returns at once. `LIMIT_REACHED` (8 at once), `NAME_TAKEN` by a launch under way, `NOT_FOUND`. */
  start(spec: LaunchSpec): Promise<{ launchId: string }>;
  /** Yields the view now and after each change, and ends with the launch. `NOT_FOUND` {what: "launch"}. */
  watch(launchId: string, signal?: AbortSignal): AsyncIterable<LaunchView>;
  /** Newest first: those under way and the last fifty that ended. */
  list(): LaunchView[];
  /** Tells it to stop and take back what it did; the view says when that is over. */
  cancel(launchId: string): Promise<void>;
  /** Looks for everything that the container was given, now, and keeps the proof. */
  prove(hostId: string, containerId: string, signal?: AbortSignal): Promise<Proof>;
  /**
   * After a start or restart its memory is empty: a new key, its secrets in their newest version, the model, the proof.
   * A container that this console did not launch is left alone. Rejects like a launch; the container stays.
   */
  reinject(hostId: string, containerId: string, signal?: AbortSignal): Promise<void>;
  /** The container is gone: its key, its network and its record go too. */
  forget(hostId: string, containerId: string): Promise<void>;
  record(containerId: string): LaunchRecord | null;
}
