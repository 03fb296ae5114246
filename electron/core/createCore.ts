/**
 * The composition root: every service of the core, made by hand, in the order in which they lean on each other. Reading
 * this file is reading the wiring of the program.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { networkInterfaces, userInfo } from "node:os";
import { join } from "node:path";
import type { AppChange } from "../contract/index.ts";
import type { PracticeFleet } from "../practice/types.ts";
import { aboutProgram } from "./about.ts";
import { type Alerts, createAlerts, tapsOf } from "./alerts/index.ts";
import { openAudit } from "./audit/index.ts";
import { createBroadcast } from "./broadcast.ts";
import { type Containers, createContainers } from "./containers/index.ts";
import { judgeContainer } from "./hardening/index.ts";
import {
  askByPrompt,
  createHosts,
  createIdentities,
  createPracticeControl,
  type Hosts,
  type Interfaces,
  pinsIn,
  problemOf,
  watchNetwork,
} from "./hosts/index.ts";
import { hostView, launchHost, logSourceName, tunnelHost, watchedContainer } from "./hostViews.ts";
import { createModelAccess } from "./inference/index.ts";
import { createKeychain } from "./keychain/index.ts";
import { createLaunches, type Launches, type LaunchTimings, loadTemplates, publicTemplate } from "./launch/index.ts";
import { createGuard, createLogRoom, createOwnLog, createScreener, sourcesOf, weaknessOf } from "./logs/index.ts";
import { createNotebooks } from "./notebooks/index.ts";
import { auditLine, createHostNews } from "./ownNews.ts";
import type { Actor, Ports } from "./ports.ts";
import { createPromptDesk } from "./prompts/index.ts";
import { bugText, type CallContext, createRouter, type Router } from "./router/index.ts";
import { createApiKeys, createSecrets, environmentsOf } from "./secrets/index.ts";
import { createConnectGate, createHostKeys, createSshConfig } from "./ssh/index.ts";
import { openStores } from "./stores.ts";
import { createTunnels, createWays, type Tunnels } from "./tunnels/index.ts";

export interface CoreOptions {
  version: string;
  actorDoor: Actor["door"];
  /** Bring the practice fleet up at once. */
  practice: boolean;
  /** No practice host goes offline by itself; for tests. */
  steadyPractice?: boolean;
  /** Other waits and limits of launches; for tests. */
  launchTimings?: Partial<LaunchTimings>;
  /** The reference inference server as one file: what the practice fleet runs. */
  serverBundle: string;
  /** Addresses of this machine; default the system's. */
  interfaces?: Interfaces;
  /** Where bugs are told; default standard error, masked. */
  log?: (text: string) => void;
}

export interface Core {
  router: Router;
  /** The context of one client's calls. `address` and `userAgent` as the door saw them. */
  context(client: CallContext): CallContext;
  /** The computer woke up, or its network changed. */
  wake(): void;
  dispose(): Promise<void>;
}

export async function createCore(ports: Ports, options: CoreOptions): Promise<Core> {
  const { clock, random, paths, env } = ports;
  const screener = createScreener({ settings: () => settings.get().detectors, clock });
  const masker = createGuard(screener);
  const own = createOwnLog(clock);
  const log = (text: string) => {
    const masked = masker.text(text);
    own.write("error", masked);
    (options.log ?? console.error)(masked);
  };
  const news = createHostNews((text, level) => own.write(level, text));
  const changes = createBroadcast<AppChange>((change) => `${change.topic} ${change.hostId ?? ""}`);
  const changed = (topic: AppChange["topic"]) => (hostId?: string) =>
    changes.send(hostId === undefined ? { topic } : { topic, hostId });

  const stores = await openStores(paths.data, { clock, random });
  const { settings } = stores;
  masker.forceWeak(settings.get().maskWeak);
  const templates = await loadTemplates(join(paths.assets, "templates"));

  // Credentials and the record of what is done with them.
  const keychain = await createKeychain({ keyring: ports.keyring, paths, clock, random, secrets: masker });
  await keychain.init();
  const caller = new AsyncLocalStorage<CallContext>();
  const self: CallContext = { address: "local", userAgent: "" };
  const actor = (): Actor => ({
    ...{ user: env.USER ?? userInfo().username, door: options.actorDoor },
    ...(caller.getStore() ?? self),
  });
  const audit = await openAudit({
    dir: join(paths.data, "audit"),
    keys: keychain.own,
    clock,
    random,
    mask: masker,
    appVersion: options.version,
    actor,
  });
  audit.onAppend((row) => {
    changed("audit")();
    own.write(row.errorCode === null ? "info" : "warn", auditLine(row));
  });
  const secrets = createSecrets({
    keychain,
    store: stores.secrets,
    clock,
    registrar: masker,
    isWeak: (value) => weaknessOf(value) !== null,
    onChange: () => changed("secrets")(),
  });
  await secrets.refresh();
  keychain.onState(() => {
    changed("keychain")();
    void audit.resume();
    void secrets.refresh().finally(() => changed("secrets")());
  });

  // Hosts and what runs on them.
  const prompts = createPromptDesk({ clock, random });
  const hosts: Hosts = createHosts({
    store: stores.hosts,
    hostKeys: createHostKeys({
      store: pinsIn(stores.pins, (hostId) => hosts.isSimulated(hostId)),
      clock,
      knownHostsFiles: [join(paths.home, ".ssh", "known_hosts"), "/etc/ssh/ssh_known_hosts"],
    }),
    sshConfig: createSshConfig({
      file: join(paths.home, ".ssh", "config"),
      usual: paths.home === userInfo().homedir,
      home: paths.home,
      localUser: userInfo().username,
      env,
      clock,
    }),
    ask: askByPrompt({ prompts, registrar: masker, nameOf: (hostId) => hosts.session(hostId).record.host.name }),
    gate: createConnectGate(clock),
    clock,
    random,
    env,
    home: paths.home,
    occupancy: {
      counts: (hostId) => containers.counts(hostId),
      holders: (hostId, uuid, gpus) => containers.holders(hostId, uuid, gpus),
    },
    onChange: (hostId) => {
      changed("hosts")(hostId);
      for (const session of hosts.sessions()) if (session.record.id === hostId) news.look(session);
      tunnels.hostsChanged();
      ways.hostsChanged();
      alerts.containersChanged();
    },
    onEngineEvent: (hostId, event) => containers.onEngineEvent(hostId, event),
    onRemoved: (hostId) => containers.dropHost(hostId),
    log,
  });
  const tunnels: Tunnels = createTunnels({
    store: stores.tunnels,
    hosts: { linkOf: hosts.linkOf, about: (hostId) => tunnelHost(hosts, hostId) },
    questions: prompts,
    clock,
    random,
    onChange: changed("tunnels"),
  });
  const ways = createWays({
    linkOf: hosts.linkOf,
    asking: (hostId) => prompts.open().some((question) => question.hostId === hostId),
    clock,
  });
  const notebooks = createNotebooks({
    store: stores.notebooks,
    hosts: {
      reached: () => hosts.sessions().flatMap(({ record, link }) => (link.state().phase === "online" ? record.id : [])),
      linkOf: hosts.linkOf,
      engineOf: hosts.engineOf,
      about: (hostId) => tunnelHost(hosts, hostId),
    },
    containers: {
      isOurs: (containerId) => launches.recordOf(containerId) !== null,
      renew: (hostId, containerId, signal) => containers.restart(hostId, containerId, signal),
    },
    ways,
    language: () => settings.get().language,
    registrar: masker,
    windows: ports.notebookWindows ?? null,
    clock,
    random,
    onChange: changed("notebooks"),
  });
  const apiKeys = createApiKeys(keychain.own, masker);
  const launches: Launches = createLaunches({
    hosts: {
      engineOf: hosts.engineOf,
      linkOf: hosts.linkOf,
      launchHost: (hostId) => launchHost(hosts.session(hostId), containers.names(hostId)),
    },
    templates,
    secrets,
    apiKeys,
    masker,
    audit,
    store: stores.launches,
    clock,
    random,
    onChange: () => {
      changed("launches")();
      changed("containers")();
    },
    bug: (where, error) => log(bugText(where, error)),
    timings: options.launchTimings ?? {},
  });
  const containers: Containers = createContainers({
    hosts: () => hosts.sessions().map((session) => hostView(session.record, session.view())),
    engineOf: (hostId) => hosts.engineOf(hostId),
    records: (containerId) => launches.recordOf(containerId),
    judge: (detail) => judgeContainer(detail),
    newest: (ref) => secrets.newest(ref),
    reinject: (hostId, containerId) => launches.reinject(hostId, containerId),
    forget: (hostId, containerId) => launches.forget(hostId, containerId),
    mask: masker,
    clock,
    problemOf,
    onChange: (hostId) => {
      changed("containers")(hostId);
      changed("hosts")(hostId);
      alerts.containersChanged();
    },
    log,
  });
  const logs = createLogRoom({
    sources: sourcesOf({
      engineOf: async (hostId) => hosts.engineOf(hostId),
      linkOf: async (hostId) => hosts.linkOf(hostId),
      own,
    }),
    nameOf: (ref) => logSourceName(ref, hosts, containers),
    masker,
    screener,
    notary: {
      actor: () => ({ user: actor().user, door: actor().door }),
      appVersion: options.version,
      ready: () => audit.publicKey() !== null,
      newest: () => audit.newest(),
      sign: (statement) => audit.sign("evidence v1", statement),
    },
    onSecret: (source, name, sample) => alerts.secretSeen(source, name, sample),
    folder: join(paths.data, "logs"),
    clock,
    random,
    report: (error) => log(bugText("logs", error)),
  });
  const alerts: Alerts = createAlerts({
    store: stores.alerts,
    book: stores.alertBook,
    containers: async () => {
      const { rows, problems } = await containers.list();
      const views = hosts.sessions().map((session) => hostView(session.record, session.view()));
      const silent = views.flatMap(({ id, reachable }) => (reachable ? [] : [id]));
      return { rows: rows.map(watchedContainer), away: [...silent, ...problems.map(({ hostId }) => hostId)] };
    },
    mask: masker,
    environmentsOf: (name) => environmentsOf(stores.secrets.get(), name),
    open: tapsOf(logs, (error) => log(bugText("alerts", error))),
    problemOf,
    clock,
    random,
    onChange: () => changed("alerts")(),
    onWaiting: (count) => ports.notifier.badge(count),
    report: (error) => log(bugText("alerts", error)),
  });
  alerts.containersChanged();
  const models = createModelAccess({
    engineOf: hosts.engineOf,
    linkOf: hosts.linkOf,
    profileOf: (template) => launches.profileOf(template),
    apiKeys,
    mask: masker,
    clock,
  });

  const practice = createPracticeControl({
    hosts,
    open: () => openPractice(ports, options),
    onChange: () => changed("practice")(),
  });
  const router = createRouter(
    {
      info: () =>
        aboutProgram({
          version: options.version,
          door: options.actorDoor,
          dataFolder: paths.data,
          stores: Object.values(stores),
        }),
      changes,
      settings: {
        ...settings,
        async update(change) {
          const next = await settings.update(change);
          masker.forceWeak(next.maskWeak);
          return next;
        },
      },
      prompts,
      hosts,
      identities: createIdentities({ home: paths.home, env, clock }),
      containers,
      launches,
      tunnels,
      notebooks,
      templates: templates.map(publicTemplate),
      secrets,
      keychain,
      logs,
      alerts,
      models,
      audit,
      practice,
      mask: masker,
    },
    {
      audit,
      mask: masker,
      onBehalfOf: (context, work) => caller.run(context, work),
      bug: (path, error) => log(bugText(path, error)),
    },
  );

  hosts.connectAll();
  const network = watchNetwork({
    clock,
    interfaces: options.interfaces ?? networkInterfaces,
    onChange: () => hosts.wake(),
  });
  if (options.practice || settings.get().practice) await practice.start();
  tunnels.startAuto();

  return {
    router,
    context: (client) => client,
    wake() {
      hosts.wake();
      tunnels.wake();
      notebooks.wake();
    },
    async dispose() {
      network.dispose();
      prompts.dispose();
      await launches.dispose();
      await alerts.dispose();
      await logs.dispose();
      await containers.dispose();
      await notebooks.dispose();
      await tunnels.dispose();
      await practice.dispose();
      await hosts.dispose();
      changes.end();
      await audit.dispose();
      await keychain.dispose();
    },
  };
}

/** The practice fleet is loaded when it is wanted: it brings an SSH server and an engine of its own. */
async function openPractice(ports: Ports, options: CoreOptions): Promise<PracticeFleet> {
  const { startPractice } = await import("../practice/index.ts");
  const { clock, forker, random, paths } = ports;
  return startPractice({
    dir: join(paths.data, "practice"),
    forker,
    serverBundle: options.serverBundle,
    models: join(paths.assets, "models"),
    clock,
    random,
    steady: options.steadyPractice ?? false,
  });
}
