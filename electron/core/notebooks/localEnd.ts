import type { Problem, TunnelState } from "../../contract/index.ts";
import { Failure, isFailure, reasonOf } from "../failure.ts";
import type { ByteStream, Clock, Random } from "../ports.ts";
import type { Secret } from "../secrets/index.ts";
import type { Way } from "../tunnels/index.ts";
import { type AskDeps, askStatus, askVersion, type ServerStatus } from "./api.ts";
import { createPasses, type Passes } from "./passes.ts";
import { type LocalProxy, openProxy, type ProxyDeps } from "./proxy.ts";
import type { NotebookTimings } from "./types.ts";

export interface LocalEndDeps {
  id: string;
  port: number;
  way: Way;
  clock: Clock;
  random: Random;
  timings: NotebookTimings;
  key(): Secret | null;
  basePath(): string;
  startPath(): string;
  /** What our own pages speak. */
  language: ProxyDeps["language"];
  /** A stream to the server, over `way`. */
  open(way: Way, signal?: AbortSignal): Promise<ByteStream>;
  /** Looks for the server anew; true when it has another key or is in another place. */
  lookAgain(): Promise<boolean>;
  onStatus(status: ServerStatus): void;
  onChange(): void;
}

/** Looks for a server that answers are one at a time, and not more often. */
const leastLookMs = 1_000;

/**
 * An open notebook: its listener, and a probe through it that makes its light. When the server does not answer or does
 * not take the key, it is looked for anew: a person should notice nothing.
 */
export class LocalEnd {
  readonly passes: Passes;
  #deps: LocalEndDeps;
  #proxy: LocalProxy | null = null;
  #state: TunnelState;
  #cancel = () => {};
  #unfollow = () => {};
  #polling = false;
  #again = false;
  #closed = false;
  #looking: Promise<boolean> | null = null;
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(deps: LocalEndDeps) {
    this.#deps = deps;
    const { id, clock, random, timings } = deps;
    this.passes = createPasses({ id, clock, random, codeMs: timings.codeMs });
    this.#state = { light: "connecting", since: clock.now(), why: null };
  }

  get state(): TunnelState {
    return this.#state;
  }

  get port(): number {
    return this.#deps.port;
  }

  /** `LISTEN_FAILED` {address, port, reason} */
  async open(): Promise<void> {
    const { port, clock, timings, way } = this.#deps;
    try {
      this.#proxy = await openProxy({
        port,
        passes: this.passes,
        clock,
        startPath: this.#deps.startPath,
        key: this.#deps.key,
        language: this.#deps.language,
        open: (signal) => this.#deps.open(way, signal),
        renew: (used) => this.renew(used),
        doubt: () => this.poll(),
        holdMs: timings.holdMs,
      });
    } catch (error) {
      const reason = (error as NodeJS.ErrnoException).code ?? reasonOf(error);
      throw new Failure("LISTEN_FAILED", { address: "127.0.0.1", port, reason });
    }
    this.#unfollow = way.follow(() => this.#onHost());
    this.poll();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel();
    this.#unfollow();
    this.passes.revoke();
    this.#deps.way.dispose();
    await this.#proxy?.close();
  }

  /** True when there is another key than `used`, or another place, to try. */
  async renew(used: Secret | null): Promise<boolean> {
    if (this.#closed) return false;
    if (this.#deps.key() !== used) return true;
    this.#looking ??= this.#look().finally(() => {
      this.#looking = null;
    });
    return (await this.#looking) || this.#deps.key() !== used;
  }

  /** A look of a moment ago may have been just too early for a server that is being restarted: the next one waits. */
  async #look(): Promise<boolean> {
    const { clock } = this.#deps;
    const wait = this.#lookedAt + leastLookMs - clock.mono();
    if (wait > 0) await new Promise<void>((resolve) => clock.after(wait, resolve));
    if (this.#closed) return false;
    this.#lookedAt = clock.mono();
    return this.#deps.lookAgain().catch(() => false);
  }

  /** Asks the server through the same way; when one is under way, once more after it. */
  poll(): void {
    if (this.#polling) {
      this.#again = true;
      return;
    }
    void this.#poll();
  }

  #onHost(): void {
    const light = this.#deps.way.light();
    if (light !== null) this.#show(light);
    else if (this.#state.light !== "healthy") this.poll();
  }

  async #poll(): Promise<void> {
    const { clock, timings, way } = this.#deps;
    this.#polling = true;
    this.#again = false;
    this.#cancel();
    const why = await this.#ask();
    this.#polling = false;
    if (this.#closed) return;
    const light = way.light();
    if (light !== null) this.#show(light);
    else if (why === null) this.#show({ light: "healthy", since: clock.now() });
    else this.#show({ light: "service-down", since: clock.now(), why });
    const well = why === null && light === null;
    const next = this.#again ? Math.min(timings.againMs, 500) : well ? timings.everyMs : timings.againMs;
    this.#cancel = clock.after(next, () => void this.#poll());
  }

  async #ask(): Promise<Problem | null> {
    const key = this.#deps.key();
    try {
      await this.#question(key);
      return null;
    } catch (error) {
      if (await this.renew(key)) {
        try {
          await this.#question(this.#deps.key());
          return null;
        } catch {}
      }
      if (isFailure(error)) return { code: error.code, details: { ...error.details } };
      return { code: "NOTEBOOK_DOWN", details: { reason: reasonOf(error) } };
    }
  }

  async #question(key: Secret | null): Promise<void> {
    const { way, clock, timings } = this.#deps;
    const deps: AskDeps = {
      open: (signal) => this.#deps.open(way, signal),
      clock,
      key,
      basePath: this.#deps.basePath(),
      timeoutMs: Math.min(timings.askMs, 5_000),
    };
    if (key === null) await askVersion(deps);
    else this.#deps.onStatus(await askStatus(deps));
  }

  #show(next: TunnelState): void {
    const before = this.#state;
    const state = before.light === next.light ? { ...next, since: before.since } : next;
    if (JSON.stringify(state) === JSON.stringify(before)) return;
    this.#state = state;
    this.#deps.onChange();
  }
}
