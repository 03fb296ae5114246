/** One launch under way: what it has found out so far, and what of that is shown. */

import type { Problem } from "../../contract/base.ts";
import type { LaunchSpec, LaunchStepId, LaunchView, Proof } from "../../contract/containers.ts";
import type { ContainerDetail, Engine, EngineInfo } from "../docker/index.ts";
import { Failure } from "../failure.ts";
import type { ResolvedSecret, Secret } from "../secrets/index.ts";
import type { HostLink } from "../ssh/index.ts";
import type { LaunchTemplate } from "./templates.ts";
import type { Given, LaunchDeps, LaunchHost, LaunchTimings } from "./types.ts";

export const defaultTimings: LaunchTimings = { pollMs: 300, settleMs: 500, undoMs: 30_000, graceMs: 10_000 };

export interface RunStart {
  launchId: string;
  /** First part of the audit rows' action: `container.launch`, `container.reinject`. */
  action: string;
  spec: LaunchSpec;
  template: LaunchTemplate;
  host: LaunchHost;
  networkName: string | null;
  containerId?: string;
  steps: readonly LaunchStepId[];
  command: string;
}

export class Run {
  readonly deps: LaunchDeps;
  readonly timings: LaunchTimings;
  readonly start: RunStart;
  readonly engine: Engine;
  readonly link: HostLink;
  readonly signal: AbortSignal;
  readonly startedAt: number;
  info: EngineInfo | null = null;
  /** What is started: pinned. */
  image = "";
  resolved: (ResolvedSecret & Given)[] = [];
  apiKey: Secret | null = null;
  keyDelivered = false;
  /** How often the engine had restarted it when the run met it; more means that it died under us. */
  restarts: number | null;
  /** While taking back: the host did not answer within its time. */
  hostGone = false;
  containerId: string | null;
  detail: ContainerDetail | null = null;
  proof: Proof | null = null;
  readonly warnings: string[] = [];
  readonly leftBehind: string[] = [];
  #view: Pick<LaunchView, "state" | "steps" | "problem">;
  #changed: () => void;

  constructor(deps: LaunchDeps, start: RunStart, signal: AbortSignal, changed: () => void) {
    this.deps = deps;
    this.timings = { ...defaultTimings, ...deps.timings };
    this.start = start;
    this.signal = signal;
    this.engine = deps.hosts.engineOf(start.spec.hostId);
    this.link = deps.hosts.linkOf(start.spec.hostId);
    this.startedAt = deps.clock.now();
    this.containerId = start.containerId ?? null;
    this.restarts = start.containerId === undefined ? 0 : null;
    this.#changed = changed;
    const steps = start.steps.map((id) => ({
      id,
      state: "waiting" as const,
      startedAt: null,
      durationMs: null,
      note: "",
    }));
    this.#view = { state: "running", steps, problem: null };
  }

  get spec(): LaunchSpec {
    return this.start.spec;
  }

  get template(): LaunchTemplate {
    return this.start.template;
  }

  get target(): string {
    return `container:${this.spec.hostId}/${this.spec.name}`;
  }

  get finished(): boolean {
    return this.#view.state !== "running";
  }

  /** Engine calls come after the create step. */
  get id(): string {
    if (this.containerId === null) throw new Error("the container was not created yet");
    return this.containerId;
  }

  step(id: LaunchStepId, change: Partial<LaunchView["steps"][number]>): void {
    const steps = this.#view.steps.map((step) => (step.id === id ? { ...step, ...change } : step));
    this.#view = { ...this.#view, steps };
    this.#changed();
  }

  /** Short evidence for the step's line, masked: it may come from the engine or the image. */
  note(id: LaunchStepId, note: string): void {
    this.step(id, { note: this.deps.masker.text(note).slice(0, 300) });
  }

  warn(text: string): void {
    const masked = this.deps.masker.text(text).slice(0, 500);
    if (this.warnings.length < 50 && !this.warnings.includes(masked)) this.warnings.push(masked);
  }

  finish(state: "done" | "failed" | "cancelled", problem: Problem | null): void {
    this.#view = { ...this.#view, state, problem: problem === null ? null : this.deps.masker.data(problem) };
    this.#changed();
  }

  view(): LaunchView {
    const { host, launchId, spec } = this.start;
    return {
      id: launchId,
      hostId: spec.hostId,
      hostName: host.name,
      name: spec.name,
      simulated: host.simulated,
      startedAt: this.startedAt,
      ...this.#view,
      containerId: this.#view.state === "failed" || this.#view.state === "cancelled" ? null : this.containerId,
      leftBehind: [...this.leftBehind],
      warnings: [...this.warnings],
      proof: this.proof,
    };
  }

  /** Values live as long as the launch and not a moment longer. */
  dispose(): void {
    for (const { secret } of this.resolved) secret.dispose();
    this.apiKey?.dispose();
    this.apiKey = null;
  }
}

/** Waits, or rejects when the signal aborts. */
export async function pause({ deps }: Pick<Run, "deps">, ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const onAbort = () => {
      stop();
      reject(new Failure("CANCELLED"));
    };
    const stop = deps.clock.after(ms, () => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    });
    signal.addEventListener("abort", onAbort, { once: true });
  });
}
