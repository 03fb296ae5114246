import type { GivenSecret, LaunchSpec, LaunchStepId, LaunchView, Plan, Proof } from "../../contract/containers.ts";
import type { AuditInput } from "../audit/index.ts";
import type { Engine } from "../docker/index.ts";
import type { ServerProfile } from "../inference/index.ts";
import type { MaskGuard, MaskHit } from "../logs/index.ts";
import type { Clock, Disposable, Random } from "../ports.ts";
import type { ApiKeys, SecretRegistrar, Secrets } from "../secrets/index.ts";
import type { HostLink } from "../ssh/index.ts";
import type { LaunchFile, LaunchRecord } from "./records.ts";
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

/** The fleet, as far as a launch needs it. */
export interface LaunchHosts {
  /** Rejects with `HOST_UNKNOWN` or `HOST_OFFLINE`. */
  engineOf(hostId: string): Engine;
  linkOf(hostId: string): HostLink;
  /** What is known of the host by now. `HOST_UNKNOWN`. */
  launchHost(hostId: string): LaunchHost;
}

/** The masker: told of values, asked to hide them, asked to find them. */
export interface LaunchMasker extends MaskGuard, SecretRegistrar {
  find(bytes: Uint8Array, names: readonly string[]): MaskHit[];
}

export interface LaunchDeps {
  hosts: LaunchHosts;
  templates: readonly LaunchTemplate[];
  secrets: Pick<Secrets, "resolve" | "stateOf" | "refresh">;
  apiKeys: ApiKeys;
  masker: LaunchMasker;
  audit: LaunchAudit;
  store: {
    get(): LaunchFile;
    update(change: (current: LaunchFile) => LaunchFile): Promise<unknown>;
  };
  clock: Clock;
  random: Random;
  /** A launch, or what is remembered of a container, has changed. */
  onChange(): void;
  /** A bug: its stack stays in the core. */
  bug?: (where: string, error: unknown) => void;
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
  recordOf(containerId: string): LaunchRecord | null;
  /** How the template's image is spoken to; `null` for one that serves nothing, or an unknown one. */
  profileOf(template: string): ServerProfile | null;
}
