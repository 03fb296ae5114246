/** Tunnels: listeners here that outlive reconnects, or on the host, with a light that says what a probe through them found. */
import type { TunnelInput, TunnelRow, TunnelsSnapshot } from "../../contract/index.ts";
import { createBroadcast } from "../broadcast.ts";
import { Failure } from "../failure.ts";
import type { Clock, Disposable, Random } from "../ports.ts";
import type { HostLink } from "../ssh/index.ts";
import type { Store } from "../store/index.ts";
import { commandOf, type SshAddress } from "./command.ts";
import { HostWatch } from "./hostWatch.ts";
import { Meter } from "./meter.ts";
import { canListen, nextFreePort, portOwner, somePort, takenBy } from "./portOwner.ts";
import {
  bindOf,
  isLoopback,
  type LocalTunnel,
  localAddressOf,
  localPortOf,
  maxTunnels,
  type TunnelFile,
} from "./records.ts";
import { Tunnel } from "./tunnel.ts";
import { defaultTimings, type LocalAddress, type PortOwner, type TunnelRecord, type TunnelTimings } from "./types.ts";

export type { SshAddress } from "./command.ts";
export { canListen, nextFreePort, somePort } from "./portOwner.ts";
export { type TunnelFile, tunnelFile } from "./records.ts";
export type { Destination, TunnelTimings } from "./types.ts";
export { createWays, type Way, type Ways } from "./ways.ts";

/** What a tunnel's row says of its host. */
export interface TunnelHost {
  name: string;
  environment: string;
  simulated: boolean;
  /** `null` for this very machine. */
  ssh: SshAddress | null;
}

export interface TunnelsDeps {
  store: Store<TunnelFile>;
  hosts: {
    /** `HOST_UNKNOWN` */
    linkOf(hostId: string): HostLink;
    about(hostId: string): TunnelHost | null;
  };
  /** Questions that wait for a person. */
  questions: { open(): readonly { hostId: string | null }[]; watch(signal?: AbortSignal): AsyncIterable<unknown> };
  clock: Clock;
  random: Random;
  /** The list itself has changed; figures and lights go through `watch`. */
  onChange(): void;
  timings?: Partial<TunnelTimings>;
}

export interface Tunnels extends Disposable {
  list(): TunnelRow[];
  /** Snapshots, at most two a second, until `signal` aborts. Figures per second are made only while somebody watches. */
  watch(signal?: AbortSignal): AsyncGenerator<TunnelsSnapshot>;
  /** `CONFLICT` {what, name}, `BAD_INPUT`, `HOST_UNKNOWN`, `LIMIT_REACHED`, `LOCAL_PORT_TAKEN` {port, program, free}. */
  add(input: TunnelInput): Promise<{ tunnelId: string; localPort: number | null }>;
  update(tunnelId: string, input: TunnelInput): Promise<{ localPort: number | null }>;
  /** `confirm` must be its name (`BAD_INPUT`). */
  remove(tunnelId: string, confirm: string): Promise<void>;
  start(tunnelId: string): void;
  stop(tunnelId: string): Promise<void>;
  /** Looks at all that run; how many. */
  restartAll(): number;
  /** Moves to the next free port and keeps it. */
  takePort(tunnelId: string): Promise<{ port: number }>;
  /** Starts those that shall come up with the program. */
  startAuto(): void;
  /** Hosts came, went or were edited. */
  hostsChanged(): void;
  /** The computer woke up, or its network changed. */
  wake(): void;
}

interface Entry {
  tunnel: Tunnel;
  meter: Meter;
}

const snapshotMs = 500;
const sampleMs = 1_000;

export function createTunnels(deps: TunnelsDeps): Tunnels {
  const { store, clock } = deps;
  const timings = { ...defaultTimings, ...deps.timings };
  const entries = new Map<string, Entry>();
  const watches = new Map<string, HostWatch>();
  const snapshots = createBroadcast<TunnelsSnapshot>();
  const asked = new AbortController();
  let watchers = 0;
  let second = 0;
  let sentAt = Number.NEGATIVE_INFINITY;
  let cancelSend: (() => void) | null = null;
  let cancelSample = () => {};

  for (const record of store.get().tunnels) open(record);
  void followQuestions();

  async function followQuestions(): Promise<void> {
    for await (const _ of deps.questions.watch(asked.signal)) for (const watch of watches.values()) watch.tell();
  }

  function open(record: TunnelRecord): Entry {
    const meter = entries.get(record.id)?.meter ?? new Meter();
    const host = hostWatch(record.tunnel.hostId);
    const owner = (address: LocalAddress) => findOwner(address, record.id);
    const tunnel = new Tunnel({ record, host, meter, clock, timings, findOwner: owner, onChange: moved });
    const entry = { tunnel, meter };
    entries.set(record.id, entry);
    return entry;
  }

  function hostWatch(hostId: string): HostWatch {
    const found = watches.get(hostId);
    if (found !== undefined) return found;
    const asking = () => deps.questions.open().some((question) => question.hostId === hostId);
    const made = new HostWatch({ hostId, linkOf: deps.hosts.linkOf, asking, clock, timings });
    watches.set(hostId, made);
    return made;
  }

  /** Something that a snapshot shows has moved; those that come soon after go out together. */
  function moved(): void {
    if (watchers === 0 || cancelSend !== null) return;
    cancelSend = clock.after(Math.max(0, sentAt + snapshotMs - clock.mono()), () => {
      cancelSend = null;
      sentAt = clock.mono();
      snapshots.send(snapshot());
    });
  }

  function sample(): void {
    cancelSample = clock.after(sampleMs, () => {
      second += 1;
      const moving = [...entries.values()].map(({ meter }) => meter.tick(sampleMs));
      if (moving.some(Boolean)) moved();
      sample();
    });
  }

  function snapshot(): TunnelsSnapshot {
    return { at: clock.now(), second, rows: [...entries.values()].map(rowOf) };
  }

  function rowOf({ tunnel, meter }: Entry): TunnelRow {
    const { id, tunnel: input } = tunnel.record;
    const about = deps.hosts.about(input.hostId);
    return {
      id,
      tunnel: { ...input },
      host: about === null ? null : { name: about.name, environment: about.environment, simulated: about.simulated },
      state: tunnel.state,
      probe: tunnel.answered,
      listening: tunnel.listening,
      traffic: meter.view(),
      command: about?.ssh ? commandOf(input, about.ssh) : null,
    };
  }

  function entryOf(tunnelId: string): Entry {
    const entry = entries.get(tunnelId);
    if (entry === undefined) throw new Failure("NOT_FOUND", { what: "tunnel", id: tunnelId });
    return entry;
  }

  function portsOfOthers(except?: string): Set<number> {
    const others = [...entries.values()].filter(({ tunnel }) => tunnel.record.id !== except);
    return new Set(others.flatMap(({ tunnel }) => localPortOf(tunnel.record.tunnel) ?? []));
  }

  async function findOwner(address: LocalAddress, except?: string): Promise<PortOwner & { freePort: number | null }> {
    const { host, port } = address;
    const [owner, freePort] = await Promise.all([portOwner(port), nextFreePort(host, port + 1, portsOfOthers(except))]);
    return { ...owner, freePort };
  }

  /** Refuses what cannot be, and chooses the port where that is left to us. `before`: what is changed by it. */
  async function checked(input: TunnelInput, before?: TunnelRecord): Promise<TunnelInput> {
    if (deps.hosts.about(input.hostId) === null) throw new Failure("HOST_UNKNOWN", { host: input.hostId });
    const bind = bindOf(input);
    if (bind !== null && !isLoopback(bind) && !("exposed" in input && input.exposed)) {
      throw new Failure("BAD_INPUT", { field: "bind", reason: "another address than 127.0.0.1 has to be allowed" });
    }
    const others = [...entries.values()].map(({ tunnel }) => tunnel.record).filter(({ id }) => id !== before?.id);
    const other = others.find(({ tunnel }) => tunnel.name === input.name || sharePlace(tunnel, input));
    if (other !== undefined) throw new Failure("CONFLICT", { what: "tunnel", name: other.tunnel.name });
    return input.kind === "remote" ? input : await withPort(input, before);
  }

  async function withPort(input: LocalTunnel, before?: TunnelRecord): Promise<TunnelInput> {
    const { host } = localAddressOf(input);
    if (input.localPort === 0) {
      const port = await nextFreePort(host, somePort(deps.random), portsOfOthers(before?.id));
      if (port === null) throw new Failure("LIMIT_REACHED", { what: "ports", limit: maxTunnels });
      return { ...input, localPort: port };
    }
    if (before === undefined || localPortOf(before.tunnel) !== input.localPort) await refuseTaken(input);
    return input;
  }

  async function refuseTaken(input: LocalTunnel): Promise<void> {
    const address = localAddressOf(input);
    // What fails for another reason than being taken is told by the light, where it may also pass.
    if (await canListen(address)) return;
    const owner = await findOwner(address);
    if (owner.pid === null && address.port < 1024) return;
    throw takenBy(owner, "LOCAL_PORT_TAKEN", address.port);
  }

  async function replace(before: Entry, input: TunnelInput): Promise<void> {
    const { id } = before.tunnel.record;
    await store.update((file) => ({
      tunnels: file.tunnels.map((each) => (each.id === id ? { id, tunnel: input } : each)),
    }));
    const { wanted } = before.tunnel;
    await before.tunnel.stop();
    const { tunnel } = open({ id, tunnel: input });
    if (wanted) tunnel.start();
    changed();
  }

  function changed(): void {
    deps.onChange();
    moved();
  }

  return {
    list: () => [...entries.values()].map(rowOf),
    async *watch(signal) {
      watchers += 1;
      if (watchers === 1) {
        for (const { meter } of entries.values()) meter.rest();
        sample();
      }
      try {
        yield* snapshots.follow(snapshot, signal);
      } finally {
        watchers -= 1;
        if (watchers === 0) cancelSample();
      }
    },
    async add(input) {
      if (entries.size >= maxTunnels) throw new Failure("LIMIT_REACHED", { what: "tunnels", limit: maxTunnels });
      const tunnel = await checked(input);
      const record = { id: deps.random.id(), tunnel };
      await store.update((file) => ({ tunnels: [...file.tunnels, record] }));
      open(record).tunnel.start();
      changed();
      return { tunnelId: record.id, localPort: localPortOf(tunnel) };
    },
    async update(tunnelId, input) {
      const entry = entryOf(tunnelId);
      const tunnel = await checked(input, entry.tunnel.record);
      await replace(entry, tunnel);
      return { localPort: localPortOf(tunnel) };
    },
    async remove(tunnelId, confirm) {
      const { tunnel } = entryOf(tunnelId);
      if (confirm !== tunnel.record.tunnel.name) {
        throw new Failure("BAD_INPUT", { field: "confirm", reason: "the name does not match" });
      }
      await store.update((file) => ({ tunnels: file.tunnels.filter((each) => each.id !== tunnelId) }));
      entries.delete(tunnelId);
      await tunnel.stop();
      changed();
    },
    start(tunnelId) {
      const { tunnel } = entryOf(tunnelId);
      hostWatch(tunnel.record.tunnel.hostId).connect();
      tunnel.start();
    },
    stop: (tunnelId) => entryOf(tunnelId).tunnel.stop(),
    restartAll() {
      const running = [...entries.values()].filter(({ tunnel }) => tunnel.wanted);
      for (const { tunnel } of running) {
        hostWatch(tunnel.record.tunnel.hostId).connect();
        tunnel.check();
      }
      return running.length;
    },
    async takePort(tunnelId) {
      const entry = entryOf(tunnelId);
      const { record, state } = entry.tunnel;
      if (state.light !== "port-taken") throw new Failure("CONFLICT", { what: "tunnel", name: record.tunnel.name });
      const { tunnel } = record;
      const free =
        tunnel.kind === "remote" ? state.freePort : (await findOwner(localAddressOf(tunnel), record.id)).freePort;
      if (free === null) throw new Failure("LIMIT_REACHED", { what: "ports", limit: maxTunnels });
      await replace(entry, movedTo(tunnel, free));
      return { port: free };
    },
    startAuto() {
      for (const { tunnel } of entries.values()) if (tunnel.record.tunnel.autoStart) tunnel.start();
    },
    hostsChanged() {
      for (const watch of watches.values()) watch.rebind();
      moved();
    },
    wake() {
      for (const { tunnel } of entries.values()) tunnel.check();
    },
    async dispose() {
      asked.abort();
      cancelSample();
      cancelSend?.();
      snapshots.end();
      await Promise.all([...entries.values()].map(({ tunnel }) => tunnel.stop()));
      for (const watch of watches.values()) watch.dispose();
      entries.clear();
    },
  };
}

/** The same port of this machine, or the same place of the same host. */
function sharePlace(one: TunnelInput, other: TunnelInput): boolean {
  if (one.kind !== "remote" || other.kind !== "remote") {
    const port = localPortOf(one);
    return port !== null && port === localPortOf(other);
  }
  if (one.hostId !== other.hostId) return false;
  if (one.listen.kind === "unix" || other.listen.kind === "unix") {
    return one.listen.kind === other.listen.kind && JSON.stringify(one.listen) === JSON.stringify(other.listen);
  }
  return one.listen.port !== 0 && one.listen.port === other.listen.port;
}

function movedTo(tunnel: TunnelInput, port: number): TunnelInput {
  if (tunnel.kind !== "remote") return { ...tunnel, localPort: port };
  return tunnel.listen.kind === "unix" ? tunnel : { ...tunnel, listen: { ...tunnel.listen, port } };
}
