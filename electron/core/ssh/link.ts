import { inspect } from "node:util";
import { Failure, isFailure } from "../failure.ts";
import type { ByteStream, Cancellable, Clock, Random } from "../ports.ts";
import type { Carrier } from "./carrier.ts";
import { Held } from "./connection/held.ts";
import { createKeepAlive, type KeepAlive } from "./keepAlive.ts";
import { type ChannelBudget, type ConnectGate, createChannelBudget } from "./limits.ts";
import { openCarrier } from "./open.ts";
import { commandLine } from "./quote.ts";
import { goOn, type Program, runToEnd } from "./run.ts";
import type { Ask, SshTarget } from "./target.ts";
import { backOff, defaultTimings, type LinkTimings } from "./timings.ts";
import type { HostKeys } from "./trust/hostKeys.ts";
import type {
  Channels,
  ExecOptions,
  ExecResult,
  HostLink,
  LinkReason,
  LinkState,
  Queued,
  RemoteAddress,
  RemoteCaller,
  RemoteListener,
  Spawned,
} from "./types.ts";
import { createWaiters } from "./waiters.ts";

export interface SshLinkDeps {
  hostId: string;
  /** Where to connect; a function is asked before each try, so that a changed ssh configuration counts at once. */
  target: SshTarget | ((signal: AbortSignal) => Promise<SshTarget>);
  hostKeys: HostKeys;
  ask: Ask;
  clock: Clock;
  random: Pick<Random, "bytes">;
  /** `SSH_AUTH_SOCK` is read. */
  env: Readonly<Record<string, string | undefined>>;
  /** The user's home, for `~/` in key paths. */
  home: string;
  /** Shared by all links, so that a whole fleet does not call at once; without one nothing is held back. */
  gate?: ConnectGate | undefined;
  timings?: Partial<LinkTimings> | undefined;
}

const missesAllowed = 3;
/** A connection that lasted less than this does not make the next wait short again: it may be falling at once each time. */
const steadyMs = 30_000;

/** A link over SSH: one connection, everything multiplexed in it, made anew when it breaks. Idle until it is used. */
export function createSshLink(deps: SshLinkDeps): HostLink {
  return new SshLink(deps);
}

class SshLink implements HostLink {
  readonly kind = "ssh";
  readonly hostId: string;
  #deps: SshLinkDeps;
  #timings: LinkTimings;
  #state: LinkState;
  #listeners = new Set<(state: LinkState) => void>();
  #waiters = createWaiters();
  #connection: Carrier | null = null;
  #budget: ChannelBudget = createChannelBudget();
  #keepAlive: KeepAlive | null = null;
  #trying: AbortController | null = null;
  #cancelRetry = () => {};
  #attempt = 0;
  #held = new Held();
  #target: SshTarget | null = null;
  #disposed = false;

  constructor(deps: SshLinkDeps) {
    this.hostId = deps.hostId;
    this.#deps = deps;
    this.#timings = { ...defaultTimings, ...deps.timings };
    this.#state = { phase: "idle", since: deps.clock.now() };
  }

  state(): LinkState {
    return this.#state;
  }

  onState(listener: (state: LinkState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  ready({ signal }: Cancellable = {}): Promise<void> {
    if (this.#disposed) return Promise.reject(this.#offline("disposed"));
    if (this.#connection) return Promise.resolve();
    if (signal?.aborted) return Promise.reject(new Failure("CANCELLED"));
    const outcome = this.#waiters.wait(signal);
    const { phase } = this.#state;
    if (phase === "idle" || phase === "offline") {
      this.#attempt = 0;
      void this.#try();
    }
    return outcome;
  }

  async exec(argv: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
    const program = await this.#start(argv, options, false);
    return await runToEnd(program, argv[0] ?? "", options, this.#deps.clock);
  }

  async spawn(argv: readonly string[], options: Cancellable = {}): Promise<Spawned> {
    return goOn(await this.#start(argv, options, true), options.signal, this.#deps.clock);
  }

  async openUnix(path: string, options: Cancellable = {}): Promise<ByteStream> {
    return await (await this.#online(options)).unix(path, options);
  }

  async openTcp(host: string, port: number, options: Cancellable = {}): Promise<ByteStream> {
    return await (await this.#online(options)).tcp(host, port, options);
  }

  async listenRemote(
    at: RemoteAddress,
    onCaller: (caller: RemoteCaller) => void,
    options: Cancellable = {},
  ): Promise<RemoteListener> {
    return await (await this.#online(options)).listen(at, onCaller, options);
  }

  async ping(options: Cancellable = {}): Promise<void> {
    await (await this.#online(options)).ping();
  }

  channels(): Channels {
    const { used, size } = this.#budget;
    return { open: used, limit: size, queue: this.#budget.queue() };
  }

  wake({ asked = false }: { asked?: boolean } = {}): void {
    const { phase } = this.#state;
    if (asked) this.#attempt = phase === "connecting" ? 1 : 0;
    if (phase === "reconnecting") void this.#try();
    this.#keepAlive?.probe();
  }

  async disconnect(): Promise<void> {
    if (this.#state.phase === "offline" && !this.#connection) return;
    await this.#stop(new Failure("HOST_OFFLINE", { reason: "disconnected" }));
  }

  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    await this.#stop(this.#offline("disposed"));
    this.#listeners.clear();
  }

  /** A link reaches the connection and the key: whoever prints it sees where it stands and no more. */
  [inspect.custom](): string {
    return `SshLink { ${this.hostId} ${this.#state.phase} }`;
  }

  #offline(reason: string): Failure {
    return new Failure("HOST_OFFLINE", { ...this.#where(), reason }, { retryable: true });
  }

  async #stop(why: Failure): Promise<void> {
    this.#trying?.abort();
    this.#trying = null;
    const connection = this.#drop();
    connection?.end(why);
    this.#goOffline(why);
    await connection?.closed;
  }

  /** Takes the connection and all that runs on it out of service. */
  #drop(): Carrier | null {
    const connection = this.#connection;
    this.#cancelRetry();
    this.#keepAlive?.stop();
    this.#keepAlive = null;
    this.#connection = null;
    return connection;
  }

  #goOffline(why: Failure): void {
    this.#held.forget();
    this.#set({ phase: "offline", since: this.#deps.clock.now(), reason: reasonFrom(why) });
    this.#waiters.settle(why);
  }

  #where(): { address?: string; port?: number } {
    const target = typeof this.#deps.target === "function" ? this.#target : this.#deps.target;
    return target === null ? {} : { address: target.address, port: target.port };
  }

  #set(state: LinkState): void {
    this.#state = state;
    for (const listener of [...this.#listeners]) listener(state);
  }

  async #online(options: Cancellable): Promise<Carrier> {
    if (this.#connection) return this.#connection;
    const { phase } = this.#state;
    if (phase === "idle" || phase === "connecting") await this.ready(options);
    if (this.#connection) return this.#connection;
    const reason = "reason" in this.#state ? this.#state.reason.code : phase;
    throw this.#offline(reason);
  }

  async #try(): Promise<void> {
    this.#cancelRetry();
    this.#attempt += 1;
    const { clock } = this.#deps;
    const trying = new AbortController();
    this.#trying = trying;
    this.#set({ phase: "connecting", since: clock.now(), attempt: this.#attempt });
    try {
      const connection = await this.#connect(trying.signal);
      if (this.#trying === trying) this.#up(connection);
      else connection.end();
    } catch (error) {
      if (this.#trying !== trying) return;
      this.#trying = null;
      const failure = isFailure(error) ? error : new Failure("INTERNAL", {}, { cause: error });
      if (failure.retryable) this.#retry(failure);
      else this.#goOffline(failure);
    }
  }

  async #connect(signal: AbortSignal): Promise<Carrier> {
    const { target } = this.#deps;
    this.#target = typeof target === "function" ? await target(signal) : target;
    return await openCarrier({
      ...{ ...this.#deps, target: this.#target },
      ...{ signal, held: this.#held, timings: this.#timings },
    });
  }

  #up(connection: Carrier): void {
    const { clock } = this.#deps;
    const since = clock.now();
    const started = clock.mono();
    this.#trying = null;
    this.#connection = connection;
    this.#budget = createChannelBudget();
    this.#keepAlive = createKeepAlive({
      clock,
      intervalMs: this.#target?.keepAlive?.intervalMs ?? this.#timings.keepAliveMs,
      probeMs: this.#timings.probeMs,
      limit: this.#target?.keepAlive?.misses ?? missesAllowed,
      bytesRead: () => connection.bytesRead,
      ping: () => connection.ping(),
      onMissed: (missed) =>
        this.#set(missed === 0 ? { phase: "online", since } : { phase: "degraded", since: clock.now(), missed }),
      onDead: () => connection.cut(this.#unanswered()),
    });
    this.#set({ phase: "online", since });
    this.#waiters.settle(null);
    void connection.closed.then((reason) => {
      if (this.#connection !== connection) return;
      if (clock.mono() - started >= steadyMs) this.#attempt = 0;
      this.#drop();
      this.#retry(reason);
    });
  }

  #unanswered(): Failure {
    const reason = "keep-alives are not answered";
    return new Failure("HOST_UNREACHABLE", { ...this.#where(), reason }, { retryable: true });
  }

  #retry(failure: Failure): void {
    const { clock, random } = this.#deps;
    const tries = Math.max(this.#attempt, 1);
    const wait = backOff(tries, this.#timings, random);
    const now = clock.now();
    const reason = reasonFrom(failure);
    this.#cancelRetry = clock.after(wait, () => void this.#try());
    this.#set({ phase: "reconnecting", since: now, attempt: tries, nextTryAt: now + wait, reason });
    this.#waiters.settle(failure);
  }

  async #start(argv: readonly string[], options: Cancellable & Queued, long: boolean): Promise<Program> {
    const connection = await this.#online(options);
    const who = { what: argv[0] ?? "", since: this.#deps.clock.now() };
    const slot = await this.#budget.take({ signal: options.signal, onPlace: options.onPlace, long, who });
    const mark = this.#deps.random.bytes(8).toString("hex");
    try {
      return await connection.start({ line: commandLine(argv, mark), what: argv[0] ?? "", mark, slot }, options);
    } catch (error) {
      slot();
      throw error;
    }
  }
}

function reasonFrom(failure: Failure): LinkReason {
  return { code: failure.code, details: failure.details };
}
