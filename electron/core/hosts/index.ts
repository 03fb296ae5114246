import type {
  ConfiguredHosts,
  DiagnosisStep,
  GpuSample,
  HostDetail,
  HostFacts,
  HostInput,
  HostKeyProof,
  HostRoute,
  HostRow,
  InstalledKey,
} from "../../contract/hosts.ts";
import { createEngine, type Engine, type EngineEvent } from "../docker/index.ts";
import { Failure, reasonOf } from "../failure.ts";
import type { Clock, Disposable, Random } from "../ports.ts";
import {
  type Ask,
  type ConnectGate,
  createLocalLink,
  createSshLink,
  type HostKeys,
  type HostLink,
  type SshConfig,
  type SshLinkDeps,
} from "../ssh/index.ts";
import type { Store } from "../store/index.ts";
import { diagnose } from "./doctor.ts";
import { installKey } from "./installKey.ts";
import type { HostFile, HostRecord } from "./records.ts";
import { certificatesOf, channelsView, configuredHosts, createRoutes, routeView, type SshHostInput } from "./routes.ts";
import { HostSession } from "./session.ts";
import { detailOf, type Occupancy, rowOf } from "./views.ts";

export { askByPrompt } from "./ask.ts";
export { createIdentities, type Identities } from "./identities.ts";
export { type Interfaces, watchNetwork } from "./network.ts";
export { type PinFile, pinFile, pinsIn } from "./pins.ts";
export { createPracticeControl, type PracticeControl } from "./practice.ts";
export { type HostFile, type HostRecord, hostFile } from "./records.ts";
export { type HostSession, problemOf, type SessionView } from "./session.ts";

const maxHosts = 1000;

/** The way to this very machine. */
const noRoute = {
  ...{ config: null, resolvedBy: null, address: "", port: 0, user: "", hops: [] },
  ...{ proxyCommand: null, identityFiles: [], notHonoured: [], allowOpenKeys: false, certificates: [] },
  transport: { by: "library" as const, reason: "default" as const },
};

export interface HostsDeps {
  store: Store<HostFile>;
  hostKeys: HostKeys;
  /** The user's own ssh configuration. */
  sshConfig: SshConfig;
  ask: Ask;
  gate: ConnectGate;
  clock: Clock;
  random: Random;
  env: Readonly<Record<string, string | undefined>>;
  home: string;
  /** What runs on a host, for the rows; the containers room knows. */
  occupancy: Occupancy;
  onChange(hostId?: string): void;
  onEngineEvent(hostId: string, event: EngineEvent | "resync"): void;
  /** A host has left the fleet. */
  onRemoved(hostId: string): void;
  log(message: string): void;
}

/** A simulated host as the practice fleet describes it. */
export interface PracticeEntry {
  id: string;
  name: string;
  address: string;
  port: number;
  user: string;
  keyFile: string;
  hostKey: string;
  note: string;
}

export interface Hosts extends Disposable {
  list(): HostRow[];
  get(hostId: string): HostDetail;
  add(input: HostInput): Promise<string>;
  update(hostId: string, input: HostInput): Promise<void>;
  remove(hostId: string): Promise<void>;
  /** Resolves when online. */
  connect(hostId: string, signal?: AbortSignal): Promise<void>;
  /** What stood in the way is gone: tries at once, unless somebody has disconnected it. */
  tryAgain(hostId: string): void;
  disconnect(hostId: string): Promise<void>;
  /** Ends an incident by what came from another channel. */
  acceptKey(hostId: string, proof: HostKeyProof): Promise<void>;
  /** Hosts that the user's ssh configuration names. */
  configured(signal?: AbortSignal): Promise<ConfiguredHosts>;
  /** The way that the next connection to a host takes. */
  route(hostId: string, signal?: AbortSignal): Promise<HostRoute>;
  /** Goes the way to a host step by step. */
  diagnose(hostId: string, signal?: AbortSignal): AsyncGenerator<DiagnosisStep>;
  /** Makes a key for a host, installs it and proves it. */
  installKey(hostId: string, use: boolean, signal?: AbortSignal): Promise<InstalledKey>;
  metrics(hostId: string, signal?: AbortSignal): AsyncGenerator<GpuSample>;
  session(hostId: string): HostSession;
  sessions(): HostSession[];
  /** Part of the practice fleet. */
  isSimulated(hostId: string): boolean;
  linkOf(hostId: string): HostLink;
  engineOf(hostId: string): Engine;
  /** Starts connecting every host that needs no question. */
  connectAll(): void;
  /** The computer woke up or the network changed. */
  wake(): void;
  attachPractice(entries: readonly PracticeEntry[]): Promise<void>;
  detachPractice(): Promise<void>;
}

function sshOnly(host: HostInput): SshHostInput {
  if (host.kind === "ssh") return host;
  throw new Failure("CONFLICT", { what: "this machine", name: host.name });
}

export function createHosts(deps: HostsDeps): Hosts {
  const sessions = new Map<string, HostSession>();
  const practiceIds = new Set<string>();
  const routes = createRoutes(deps.sshConfig);

  function open(record: HostRecord): HostSession {
    const link = linkFor(record);
    const socketPath = record.host.socketPath;
    const session = new HostSession({
      record,
      link,
      engine: createEngine({ link, clock: deps.clock, ...(socketPath === undefined ? {} : { socketPath }) }),
      clock: deps.clock,
      onChange: () => deps.onChange(record.id),
      onEngineEvent: (event) => deps.onEngineEvent(record.id, event),
      onFacts: (facts) => void noteBoot(record, facts),
      log: deps.log,
    });
    sessions.set(record.id, session);
    return session;
  }

  async function noteBoot({ id: hostId, host }: HostRecord, { bootId, bootedAt }: HostFacts): Promise<void> {
    if (host.kind !== "ssh" || bootId === null) return;
    await deps.hostKeys
      .noteBoot(hostId, { id: bootId, since: bootedAt, readAt: deps.clock.now() })
      .catch((error: unknown) => deps.log(`start of ${hostId}: ${reasonOf(error)}`));
  }

  function linkFor(record: HostRecord): HostLink {
    const { host, id } = record;
    if (host.kind === "local") return createLocalLink({ hostId: id, env: deps.env, clock: deps.clock });
    return createSshLink({
      hostId: id,
      target: targetFor(id, host),
      hostKeys: deps.hostKeys,
      ask: deps.ask,
      gate: deps.gate,
      clock: deps.clock,
      random: deps.random,
      env: deps.env,
      home: deps.home,
    });
  }

  function targetFor(hostId: string, host: SshHostInput): SshLinkDeps["target"] {
    return async (signal) => (await routes.find(hostId, host, { signal })).target;
  }

  function sessionOf(hostId: string): HostSession {
    const session = sessions.get(hostId);
    if (session === undefined) throw new Failure("HOST_UNKNOWN", { host: hostId });
    return session;
  }

  async function close(hostId: string): Promise<void> {
    const session = sessions.get(hostId);
    sessions.delete(hostId);
    routes.forget(hostId);
    deps.onRemoved(hostId);
    await session?.dispose();
  }

  /** Whose incident it is: the host's own, or that of a host on the way to it. */
  function shownBy(hostId: string, fingerprint: string | null): string {
    const ids = [hostId, ...routes.pinIds(hostId)];
    const incidentAt = (id: string) => deps.hostKeys.view(id).incident;
    const fits = (id: string) => fingerprint === null || incidentAt(id)?.presented.fingerprint === fingerprint;
    return ids.find((id) => incidentAt(id) !== null && fits(id)) ?? hostId;
  }

  function othersWith(hostId: string, fingerprint: string): string[] {
    return [...sessions.values()]
      .filter(({ record }) => {
        const { key, incident } = deps.hostKeys.view(record.id);
        const shown = [key?.fingerprint, incident?.presented.fingerprint];
        return record.id !== hostId && shown.includes(fingerprint);
      })
      .map(({ record }) => record.host.name);
  }

  function refuseTakenName(name: string, except?: string): void {
    for (const { record } of sessions.values()) {
      if (record.id !== except && record.host.name === name) throw new Failure("CONFLICT", { what: "host", name });
    }
  }

  async function replace(hostId: string, input: HostInput): Promise<void> {
    await deps.store.update((file) => ({
      hosts: file.hosts.map((each) => (each.id === hostId ? { id: hostId, host: input } : each)),
    }));
    await close(hostId);
    startQuietly(open({ id: hostId, host: input, simulated: false, note: "" }));
    deps.onChange(hostId);
  }

  function startQuietly(session: HostSession): void {
    // The outcome is in the link's state, which the screens show.
    session.link.ready().catch(() => {});
  }

  for (const { id, host } of deps.store.get().hosts) open({ id, host, simulated: false, note: "" });

  return {
    list: () => [...sessions.values()].map((session) => rowOf(session, deps.occupancy)),
    get(hostId) {
      const session = sessionOf(hostId);
      const others = (fingerprint: string) => othersWith(hostId, fingerprint);
      return detailOf(session, deps.occupancy, deps.hostKeys, routes.pinIds(hostId), others);
    },
    async add(input) {
      if (sessions.size >= maxHosts) throw new Failure("LIMIT_REACHED", { what: "hosts", limit: maxHosts });
      refuseTakenName(input.name);
      const id = deps.random.id();
      await deps.store.update((file) => ({ hosts: [...file.hosts, { id, host: input }] }));
      startQuietly(open({ id, host: input, simulated: false, note: "" }));
      deps.onChange(id);
      return id;
    },
    async update(hostId, input) {
      const { record } = sessionOf(hostId);
      if (record.simulated) throw new Failure("CONFLICT", { what: "practice host", name: record.host.name });
      refuseTakenName(input.name, hostId);
      await replace(hostId, input);
    },
    async remove(hostId) {
      const { record } = sessionOf(hostId);
      if (record.simulated) throw new Failure("CONFLICT", { what: "practice host", name: record.host.name });
      await deps.store.update((file) => ({ hosts: file.hosts.filter((each) => each.id !== hostId) }));
      await deps.hostKeys.forget(hostId);
      await close(hostId);
      deps.onChange(hostId);
    },
    async connect(hostId, signal) {
      const { link } = sessionOf(hostId);
      const outcome = link.ready({ signal });
      link.wake({ asked: true });
      await outcome;
    },
    tryAgain(hostId) {
      const { link } = sessionOf(hostId);
      const state = link.state();
      // Whoever was told to disconnect stays away.
      if (state.phase === "offline" && state.reason.code !== "HOST_OFFLINE") link.ready().catch(() => {});
      link.wake({ asked: true });
    },
    disconnect: (hostId) => sessionOf(hostId).link.disconnect(),
    async acceptKey(hostId, proof) {
      const session = sessionOf(hostId);
      const { host } = session.record;
      if (proof.kind === "fingerprint") {
        const typed = proof.fingerprint.trim();
        await deps.hostKeys.accept(shownBy(hostId, typed), typed);
      } else {
        const shown = shownBy(hostId, null);
        const own = shown === hostId && host.kind === "ssh" ? [host.config ?? host.address] : [];
        await deps.hostKeys.acceptListed(shown, proof.text, own);
      }
      startQuietly(session);
    },
    diagnose(hostId, signal) {
      const session = sessionOf(hostId);
      const { host } = session.record;
      const way = async (inner: AbortSignal) => await routes.find(hostId, sshOnly(host), { signal: inner });
      return diagnose({ ...deps, session, findRoute: way }, signal);
    },
    async installKey(hostId, use, signal) {
      const { record, link } = sessionOf(hostId);
      const host = sshOnly(record.host);
      if (record.simulated) throw new Failure("CONFLICT", { what: "practice host", name: host.name });
      const withKey = (path: string): SshHostInput => ({ ...host, auth: { kind: "key", path } });
      return await installKey({
        ...deps,
        hostId,
        hostName: host.name,
        link,
        signal,
        // The library offers this key and nothing else; OpenSSH's client would offer its certificates too.
        linkWith: async (path) => linkFor({ ...record, host: { ...withKey(path), transport: "library" } }),
        use: use ? async (path) => await replace(hostId, withKey(path)) : null,
      });
    },
    configured: (signal) => configuredHosts(deps.sshConfig, { signal }),
    async route(hostId, signal) {
      const { record, link } = sessionOf(hostId);
      const channels = channelsView(link);
      const { host } = record;
      if (host.kind === "local") return { ...noRoute, channels };
      const found = await routes.find(hostId, host, { signal });
      return { ...routeView(found, host.config), certificates: await certificatesOf(found, deps, signal), channels };
    },
    metrics: (hostId, signal) => sessionOf(hostId).metrics(signal),
    session: sessionOf,
    sessions: () => [...sessions.values()],
    isSimulated: (hostId) => practiceIds.has(hostId),
    linkOf: (hostId) => sessionOf(hostId).link,
    engineOf: (hostId) => sessionOf(hostId).engine,
    connectAll() {
      for (const session of sessions.values()) {
        const { host } = session.record;
        if (host.kind === "local" || ["key", "agent", "config"].includes(host.auth.kind)) startQuietly(session);
      }
    },
    wake() {
      for (const session of sessions.values()) session.link.wake();
    },
    async attachPractice(entries) {
      for (const entry of entries) {
        practiceIds.add(entry.id);
        await deps.hostKeys.pin(entry.id, entry.hostKey);
        const { name, address, port, user } = entry;
        const auth = { kind: "key" as const, path: entry.keyFile };
        const host = { kind: "ssh" as const, name, address, port, user, environment: "development", auth };
        startQuietly(open({ id: entry.id, host, simulated: true, note: entry.note }));
      }
      deps.onChange();
    },
    async detachPractice() {
      for (const session of [...sessions.values()]) {
        if (!session.record.simulated) continue;
        await close(session.record.id);
        await deps.hostKeys.forget(session.record.id);
      }
      deps.onChange();
    },
    async dispose() {
      await Promise.all([...sessions.values()].map((session) => session.dispose()));
      sessions.clear();
    },
  };
}
