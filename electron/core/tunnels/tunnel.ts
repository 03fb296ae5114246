import type { Problem, TunnelState } from "../../contract/index.ts";
import { reasonOf } from "../failure.ts";
import type { Clock } from "../ports.ts";
import { Listener } from "./listener.ts";
import type { Meter } from "./meter.ts";
import { probeThrough, problemOf } from "./probe.ts";
import { addressOf } from "./records.ts";
import type { Destination, HostView, PortOwner, ProbeAnswer, TunnelRecord, TunnelTimings } from "./types.ts";

export interface TunnelDeps {
  record: TunnelRecord;
  host: HostView;
  meter: Meter;
  clock: Clock;
  timings: TunnelTimings;
  /** Who holds its port, and the next free one. */
  findOwner(record: TunnelRecord): Promise<PortOwner & { freePort: number | null }>;
  onChange(): void;
}

type Verdict = Exclude<ProbeAnswer, { kind: "lost" }> | { kind: "slow"; why: Problem };

type Local =
  | { kind: "closed" }
  | { kind: "listening"; listener: Listener }
  | { kind: "taken"; owner: PortOwner & { freePort: number | null } }
  | { kind: "failed"; why: Problem };

/** However many connections fail, no more than one probe in that time. */
const leastMs = 1_000;

/**
 * One tunnel while the console runs. Three things are kept apart: whether a person wants it, whether the local port is
 * ours, and what the last probe said. The light is made from them and the host's state, in that order, in one place.
 */
export class Tunnel {
  readonly record: TunnelRecord;
  #deps: TunnelDeps;
  #wanted = false;
  #local: Local = { kind: "closed" };
  #verdict: Verdict | null = null;
  #answered: { at: number; latencyMs: number } | null = null;
  #state: TunnelState;
  #online = false;
  #degraded = false;
  #probing: AbortController | null = null;
  #probedAt = Number.NEGATIVE_INFINITY;
  #cancelProbe = () => {};
  #cancelListen = () => {};
  #cancelTick: (() => void) | null = null;
  #unfollow = () => {};
  #opening: Promise<void> = Promise.resolve();

  constructor(deps: TunnelDeps) {
    this.#deps = deps;
    this.record = deps.record;
    this.#state = { light: "stopped", since: deps.clock.now() };
  }

  get state(): TunnelState {
    return this.#state;
  }

  get wanted(): boolean {
    return this.#wanted;
  }

  /** The last probe that was answered. */
  get answered(): { at: number; latencyMs: number } | null {
    return this.#answered;
  }

  start(): void {
    if (this.#wanted) {
      this.check();
      return;
    }
    this.#wanted = true;
    this.#unfollow = this.#deps.host.follow(() => this.#onHost());
    this.#opening = this.#listen();
    this.#onHost();
  }

  async stop(): Promise<void> {
    this.#wanted = false;
    this.#unfollow();
    this.#cancelProbe();
    this.#cancelListen();
    this.#probing?.abort();
    this.#cancelTick?.();
    this.#cancelTick = null;
    this.#online = false;
    this.#verdict = null;
    this.#update();
    await this.#opening;
    await this.#close();
  }

  /** Looks at everything anew: the port if it is not ours yet, the host, the far side. */
  check(): void {
    if (!this.#wanted) return;
    this.#deps.host.nudge();
    if (this.#local.kind === "taken" || this.#local.kind === "failed") {
      this.#cancelListen();
      this.#opening = this.#opening.then(() => this.#listen());
    }
    this.#probeNow();
  }

  async #listen(): Promise<void> {
    if (!this.#wanted || this.#local.kind === "listening") return;
    try {
      const listener = await Listener.open({
        ...this.#deps,
        address: addressOf(this.record),
        target: targetOf(this.record),
        onTrouble: () => this.#doubt(),
        onChange: () => {
          this.#keepTime();
          this.#deps.onChange();
        },
      });
      this.#local = { kind: "listening", listener };
      if (!this.#wanted) return await this.#close();
      this.#probeNow();
    } catch (error) {
      this.#local = await this.#notListening(error);
      this.#cancelListen = this.#deps.clock.after(this.#deps.timings.relistenMs, () => {
        this.#opening = this.#listen();
      });
      if (!this.#wanted) this.#cancelListen();
    }
    this.#update();
  }

  async #notListening(error: unknown): Promise<Local> {
    const code = (error as NodeJS.ErrnoException).code ?? reasonOf(error);
    if (code === "EADDRINUSE") return { kind: "taken", owner: await this.#deps.findOwner(this.record) };
    const { host, port } = addressOf(this.record);
    return { kind: "failed", why: { code: "LISTEN_FAILED", details: { address: host, port, reason: code } } };
  }

  async #close(): Promise<void> {
    const local = this.#local;
    this.#local = { kind: "closed" };
    if (local.kind === "listening") await local.listener.close();
  }

  #onHost(): void {
    const { host } = this.#deps;
    const online = host.online();
    const degraded = host.state()?.phase === "degraded";
    if (online !== this.#online) {
      // Whatever is on its way belongs to another connection.
      this.#probing?.abort();
      this.#probing = null;
      this.#verdict = null;
      this.#online = online;
      if (online) this.#probeNow();
      else this.#cancelProbe();
    } else if (degraded && !this.#degraded) this.#probeNow();
    this.#degraded = degraded;
    this.#update();
  }

  /** A connection found no way, or waits too long: is it the tunnel? */
  #doubt(): void {
    if (this.#probing !== null) return;
    const { clock } = this.#deps;
    this.#cancelProbe();
    this.#cancelProbe = clock.after(Math.max(0, this.#probedAt + leastMs - clock.mono()), () => this.#probeNow());
  }

  #probeNow(): void {
    if (this.#probing === null) void this.#probe();
  }

  async #probe(): Promise<void> {
    const { clock, timings, host } = this.#deps;
    this.#cancelProbe();
    const local = this.#local;
    if (!this.#wanted || !this.#online || local.kind !== "listening") return;
    const probing = new AbortController();
    this.#probing = probing;
    this.#probedAt = clock.mono();
    const stopSlow = clock.after(timings.slowMs, () => {
      this.#judge({ kind: "slow", why: this.#slow(timings.slowMs) });
      host.nudge();
    });
    const { tunnel } = this.record;
    const answer = await probeThrough({
      address: addressOf(this.record),
      probe: tunnel.kind === "local" ? tunnel.probe : { kind: "none" },
      socks: tunnel.kind === "dynamic",
      to: nameOf(targetOf(this.record)),
      host,
      clock,
      limitMs: timings.limitMs,
      signal: probing.signal,
      mark: (port, mark) => local.listener.mark(port, mark),
    });
    stopSlow();
    if (this.#probing !== probing) return;
    this.#probing = null;
    this.#take(answer);
  }

  #take(answer: ProbeAnswer): void {
    const { clock, timings } = this.#deps;
    if (answer.kind === "well") {
      this.#answered = { at: clock.now(), latencyMs: answer.latencyMs };
      const slow = answer.latencyMs > timings.slowMs;
      this.#judge(slow ? { kind: "slow", why: this.#slow(Math.round(answer.latencyMs)) } : answer);
    } else if (answer.kind !== "lost") this.#judge(answer);
    // A link that went away tells so itself, and coming back it starts the next one.
    const well = this.#verdict?.kind === "well" && answer.kind === "well";
    if (this.#wanted) this.#cancelProbe = clock.after(well ? timings.everyMs : timings.againMs, () => this.#probeNow());
  }

  #slow(ms: number): Problem {
    return { code: "PROBE_SLOW", details: { ms, to: nameOf(targetOf(this.record)) } };
  }

  #judge(verdict: Verdict): void {
    this.#verdict = verdict;
    this.#update();
    this.#deps.onChange();
  }

  /** While connections are open, somebody looks each second whether they wait in vain. */
  #keepTime(): void {
    if (this.#cancelTick !== null || this.#local.kind !== "listening" || !this.#local.listener.busy) return;
    this.#cancelTick = this.#deps.clock.after(1_000, () => {
      this.#cancelTick = null;
      if (this.#local.kind === "listening" && this.#local.listener.tick()) this.#doubt();
      this.#keepTime();
    });
  }

  #update(): void {
    const next = this.#light();
    const before = this.#state;
    if (before.light === next.light) next.since = before.since;
    if (JSON.stringify(next) === JSON.stringify(before)) return;
    this.#state = next;
    this.#deps.onChange();
  }

  #light(): TunnelState {
    const since = this.#deps.clock.now();
    if (!this.#wanted) return { light: "stopped", since };
    if (this.#local.kind === "taken") return { light: "port-taken", since, ...this.#local.owner };
    if (this.#local.kind === "failed") return { light: "needs-you", since, why: this.#local.why };
    return hostLight(this.#deps.host, since) ?? verdictLight(this.#verdict, since);
  }
}

/** What the host's own state says, while there is no way to the far side; `null` when there is one. */
export function hostLight(host: HostView, since: number): TunnelState | null {
  const state = host.state();
  if (state === null) return { light: "needs-you", since, why: { code: "HOST_UNKNOWN", details: {} } };
  if (host.asking() && !host.online()) {
    return { light: "needs-you", since, why: { code: "ANSWER_NEEDED", details: {} } };
  }
  switch (state.phase) {
    case "idle":
      return { light: "needs-you", since, why: { code: "HOST_OFFLINE", details: {} } };
    case "offline":
      return { light: "needs-you", since, why: problemOf(state.reason) };
    case "reconnecting":
      return { light: "connecting", since, why: problemOf(state.reason) };
    case "connecting":
      return { light: "connecting", since, why: null };
    case "online":
    case "degraded":
      return null;
  }
}

function verdictLight(verdict: Verdict | null, since: number): TunnelState {
  switch (verdict?.kind) {
    case undefined:
      return { light: "connecting", since, why: null };
    case "well":
      return { light: "healthy", since };
    case "slow":
    case "missed":
      return { light: "degraded", since, why: verdict.why };
    case "down":
      return { light: "service-down", since, why: verdict.why };
    case "forbidden":
      return { light: "needs-you", since, why: verdict.why };
  }
}

function targetOf({ tunnel }: TunnelRecord): Destination | null {
  return tunnel.kind === "local" ? tunnel.target : null;
}

/** `host:port` or a path; empty for a tunnel that goes everywhere. */
export function nameOf(target: Destination | null): string {
  if (target === null) return "";
  if (target.kind === "unix") return target.path;
  return target.host.includes(":") ? `[${target.host}]:${target.port}` : `${target.host}:${target.port}`;
}
