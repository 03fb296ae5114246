import type { Problem, TunnelRow, TunnelState } from "../../contract/index.ts";
import { Failure, isFailure } from "../failure.ts";
import type { Clock } from "../ports.ts";
import { type EntranceDeps, openEntrance } from "./entrance.ts";
import { deafLight, hostLight, nameOf, targetOf, type Verdict, verdictLight } from "./light.ts";
import type { Meter } from "./meter.ts";
import { ownerFrom } from "./portOwner.ts";
import { problemOf } from "./probe.ts";
import type { RemoteMemory } from "./remote/ask.ts";
import type { Entrance, HostView, PortOwner, ProbeAnswer, TunnelRecord, TunnelTimings } from "./types.ts";

export interface TunnelDeps {
  record: TunnelRecord;
  host: HostView;
  meter: Meter;
  clock: Clock;
  timings: TunnelTimings;
  /** Who holds its port here, and the next free one. */
  findOwner: EntranceDeps["findOwner"];
  onChange(): void;
}

/** The end where connections come in. */
type Ear =
  | { kind: "closed" }
  | { kind: "listening"; entrance: Entrance }
  | { kind: "taken"; owner: PortOwner & { freePort: number | null } }
  | { kind: "failed"; why: Problem };

/** However many connections fail, no more than one probe in that time. */
const leastMs = 1_000;

/**
 * One tunnel while the console runs. Three things are kept apart: whether a person wants it, whether its port is ours,
 * and what the last probe said. The light is made from them and the host's state in one place. A port of this machine
 * is kept whatever the host does; one of the host's is asked for each time that the host is reached.
 */
export class Tunnel {
  readonly record: TunnelRecord;
  #deps: TunnelDeps;
  #wanted = false;
  #ear: Ear = { kind: "closed" };
  #memory: RemoteMemory = { port: null, server: null };
  #verdict: Verdict | null = null;
  #answered: TunnelRow["probe"] = null;
  #state: TunnelState;
  #online = false;
  #degraded = false;
  #probing: AbortController | null = null;
  #probedAt = Number.NEGATIVE_INFINITY;
  #cancelProbe = () => {};
  #cancelListen = () => {};
  #cancelTick: (() => void) | null = null;
  #unfollow = () => {};
  #asking = new AbortController();
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
  get answered(): TunnelRow["probe"] {
    return this.#answered;
  }

  /** What the host listens on for it. */
  get listening(): TunnelRow["listening"] {
    if (!this.#remote || this.#ear.kind !== "listening") return null;
    return { port: this.#ear.entrance.hostPort };
  }

  get #remote(): boolean {
    return this.record.tunnel.kind === "remote";
  }

  start(): void {
    if (this.#wanted) {
      this.check();
      return;
    }
    this.#wanted = true;
    this.#unfollow = this.#deps.host.follow(() => this.#onHost());
    this.#asking = new AbortController();
    if (!this.#remote) this.#listenAgain();
    this.#onHost();
  }

  async stop(): Promise<void> {
    this.#wanted = false;
    this.#unfollow();
    this.#cancelProbe();
    this.#cancelListen();
    this.#asking.abort();
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
    if (this.#ear.kind !== "listening") this.#listenAgain();
    this.#probeNow();
  }

  /** One after the other: what is wanted, and whether the host is there, may change while a port is being opened. */
  #listenAgain(): void {
    this.#cancelListen();
    this.#opening = this.#opening.then(() => this.#listen());
  }

  async #listen(): Promise<void> {
    const { host, clock, timings, onChange } = this.#deps;
    if (!this.#wanted || this.#ear.kind === "listening" || (this.#remote && !this.#online)) return;
    const { signal } = this.#asking;
    try {
      const entrance = await openEntrance({
        ...this.#deps,
        record: this.record,
        link: host.link(),
        memory: this.#memory,
        signal,
        onTrouble: () => this.#doubt(),
        onChange: () => {
          this.#keepTime();
          onChange();
        },
      });
      this.#ear = { kind: "listening", entrance };
      if (signal.aborted) return await this.#close();
      this.#probeNow();
    } catch (error) {
      // Whoever aborted has another plan.
      if (signal.aborted) return;
      this.#ear = deaf(error);
      const forbidden = this.#ear.kind === "failed" && this.#remote;
      this.#cancelListen();
      this.#cancelListen = clock.after(forbidden ? timings.patientMs : timings.relistenMs, () => this.#listenAgain());
    }
    this.#update();
  }

  async #close(): Promise<void> {
    const ear = this.#ear;
    this.#ear = { kind: "closed" };
    if (ear.kind === "listening") await ear.entrance.close();
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
      if (this.#remote) this.#hostMoved(online);
      else if (online) this.#probeNow();
      if (!online) this.#cancelProbe();
    } else if (degraded && !this.#degraded) this.#probeNow();
    this.#degraded = degraded;
    this.#update();
  }

  /** What listened on the host has gone with its connection. */
  #hostMoved(online: boolean): void {
    this.#asking.abort();
    this.#asking = new AbortController();
    this.#cancelListen();
    void this.#close();
    if (online) this.#listenAgain();
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
    const ear = this.#ear;
    if (!this.#wanted || !this.#online || ear.kind !== "listening") return;
    const probing = new AbortController();
    this.#probing = probing;
    this.#probedAt = clock.mono();
    const stopSlow = clock.after(timings.slowMs, () => {
      this.#judge({ kind: "slow", why: this.#slow(timings.slowMs) });
      host.nudge();
    });
    const answer = await ear.entrance.probe(probing.signal);
    stopSlow();
    if (this.#probing !== probing) return;
    this.#probing = null;
    this.#take(answer);
  }

  #take(answer: ProbeAnswer): void {
    const { clock, timings } = this.#deps;
    if (answer.kind === "well") {
      this.#answered = { at: clock.now(), latencyMs: answer.latencyMs, saw: answer.saw };
      const slow = answer.latencyMs > timings.slowMs;
      this.#judge(slow ? { kind: "slow", why: this.#slow(Math.round(answer.latencyMs)) } : answer);
    } else if (answer.kind !== "lost") this.#judge(answer);
    // A link that went away tells so itself, and coming back it starts the next one.
    const well = this.#verdict?.kind === "well" && answer.kind === "well";
    if (this.#wanted) this.#cancelProbe = clock.after(well ? timings.everyMs : timings.againMs, () => this.#probeNow());
  }

  #slow(ms: number): Problem {
    return { code: "PROBE_SLOW", details: { ms, to: nameOf(targetOf(this.record.tunnel)) } };
  }

  #judge(verdict: Verdict): void {
    this.#verdict = verdict;
    this.#update();
    this.#deps.onChange();
  }

  /** While connections are open, somebody looks each second whether they wait in vain. */
  #keepTime(): void {
    if (this.#cancelTick !== null || this.#ear.kind !== "listening" || !this.#ear.entrance.busy) return;
    this.#cancelTick = this.#deps.clock.after(1_000, () => {
      this.#cancelTick = null;
      if (this.#ear.kind === "listening" && this.#ear.entrance.tick()) this.#doubt();
      this.#keepTime();
    });
  }

  #update(): void {
    const next = this.#light();
    const before = this.#state;
    if (before.light === next.light) next.since = before.since;
    // What broke it is still the reason while the next try is on its way.
    if (next.light === "connecting" && before.light === "connecting" && !this.#online) next.why ??= before.why;
    if (JSON.stringify(next) === JSON.stringify(before)) return;
    this.#state = next;
    this.#deps.onChange();
  }

  #light(): TunnelState {
    const since = this.#deps.clock.now();
    if (!this.#wanted) return { light: "stopped", since };
    // A port of this machine is ours or not whatever the host does; one of the host's is a matter for later.
    const host = hostLight(this.#deps.host, since);
    if (this.#remote && host !== null) return host;
    if (this.#ear.kind === "taken") return { light: "port-taken", since, ...this.#ear.owner };
    if (this.#ear.kind === "failed") return deafLight(this.#ear.why, since);
    const verdict = host ?? verdictLight(this.#verdict, since);
    const note = this.#ear.kind === "listening" ? this.#ear.entrance.note : null;
    return verdict.light === "healthy" && note !== null ? { light: "needs-you", since, why: note } : verdict;
  }
}

function deaf(error: unknown): Ear {
  const owner = ownerFrom(error);
  if (owner !== null) return { kind: "taken", owner };
  const failure = isFailure(error) ? error : new Failure("INTERNAL", {}, { cause: error });
  return { kind: "failed", why: problemOf(failure) };
}
