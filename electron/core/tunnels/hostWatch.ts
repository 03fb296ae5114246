import { isFailure } from "../failure.ts";
import type { Clock } from "../ports.ts";
import type { HostLink, LinkState } from "../ssh/index.ts";
import type { HostView, TunnelTimings } from "./types.ts";

export interface HostWatchDeps {
  hostId: string;
  /** `HOST_UNKNOWN` when it is not in the fleet. */
  linkOf(hostId: string): HostLink;
  asking(hostId: string): boolean;
  clock: Clock;
  timings: TunnelTimings;
}

/**
 * A host as its tunnels see it: its link may be replaced (edited, removed, added again) without them knowing. While a
 * tunnel follows it, a lost host is tried more often than the link would by itself: a person waits in front of a
 * tunnel, and nobody should have to click.
 */
export class HostWatch implements HostView {
  #deps: HostWatchDeps;
  #link: HostLink | null = null;
  #stopState = () => {};
  #listeners = new Set<() => void>();
  #lostAt: number | null = null;
  /** When the try that runs began, and the one before it. */
  #tryingSince: number | null = null;
  #triedAt: number | null = null;
  #cancelTry: (() => void) | null = null;
  #nudgedAt = Number.NEGATIVE_INFINITY;

  constructor(deps: HostWatchDeps) {
    this.#deps = deps;
    this.rebind();
  }

  link(): HostLink | null {
    return this.#link;
  }

  state(): LinkState | null {
    return this.#link?.state() ?? null;
  }

  online(): boolean {
    const phase = this.state()?.phase;
    return phase === "online" || phase === "degraded";
  }

  asking(): boolean {
    return this.#deps.asking(this.#deps.hostId);
  }

  nudge(): void {
    const now = this.#deps.clock.mono();
    if (now - this.#nudgedAt < this.#deps.timings.nudgeMs) return;
    this.#nudgedAt = now;
    this.#link?.wake();
  }

  connect(): void {
    const phase = this.state()?.phase;
    if (phase === "reconnecting") this.#link?.wake();
    // How it ends is in the link's state.
    else if (phase === "idle" || phase === "offline") this.#link?.ready().catch(() => {});
  }

  follow(listener: () => void): () => void {
    this.#listeners.add(listener);
    this.#keepTrying();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#rest();
    };
  }

  /** Looks whether the host has another link than before. */
  rebind(): void {
    const link = this.#find();
    if (link === this.#link) return;
    this.#stopState();
    this.#rest();
    this.#link = link;
    this.#stopState = link?.onState(() => this.tell()) ?? (() => {});
    this.tell();
  }

  /** Something about the host may have changed. */
  tell(): void {
    this.#keepTrying();
    for (const listener of [...this.#listeners]) listener();
  }

  dispose(): void {
    this.#listeners.clear();
    this.#stopState();
    this.#rest();
  }

  #find(): HostLink | null {
    try {
      return this.#deps.linkOf(this.#deps.hostId);
    } catch (error) {
      if (isFailure(error, "HOST_UNKNOWN")) return null;
      throw error;
    }
  }

  #keepTrying(): void {
    const phase = this.state()?.phase;
    if (phase !== "reconnecting" && phase !== "connecting") {
      this.#rest();
      return;
    }
    const { clock, timings } = this.#deps;
    const now = clock.mono();
    this.#lostAt ??= now;
    if (phase === "connecting") {
      this.#cancelTry?.();
      this.#cancelTry = null;
      this.#tryingSince ??= now;
      return;
    }
    this.#triedAt = this.#tryingSince ?? this.#triedAt;
    this.#tryingSince = null;
    if (this.#listeners.size === 0 || this.#cancelTry !== null) return;
    const pause = now - this.#lostAt < timings.eagerMs ? timings.retryMs : timings.patientMs;
    // A try that nobody answered has taken longer than the pause: the next one may begin at once.
    const wait = Math.max(0, (this.#triedAt ?? now) + pause - now);
    this.#cancelTry = clock.after(wait, () => {
      this.#cancelTry = null;
      this.#link?.wake();
    });
  }

  #rest(): void {
    this.#cancelTry?.();
    this.#cancelTry = null;
    this.#lostAt = null;
    this.#tryingSince = null;
    this.#triedAt = null;
  }
}
