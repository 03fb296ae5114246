import { fileURLToPath } from "node:url";
import type { AuditInput } from "../../electron/core/audit/types.ts";
import type { Engine } from "../../electron/core/docker/types.ts";
import { Failure, isFailure } from "../../electron/core/failure.ts";
import {
  type AuditRow,
  createLaunches,
  type LaunchAudit,
  type Launches,
  type LaunchFile,
  type LaunchHost,
  loadTemplates,
} from "../../electron/core/launch/index.ts";
import type { LaunchTimings } from "../../electron/core/launch/types.ts";
import { createMasker } from "../../electron/core/logs/index.ts";
import { systemClock, systemRandom } from "../../electron/core/node.ts";
import {
  type ApiKeys,
  createSecrets,
  Secret,
  type SecretKeeper,
  type SecretsFile,
} from "../../electron/core/secrets/index.ts";
import type { ExecOptions, HostLink, LinkState } from "../../electron/core/ssh/types.ts";
import { type FakeEngine, fakeEngine, fakeImage } from "./fakeEngine.ts";
import { type FakeServer, fakeServer } from "./fakeServer.ts";

/** A file's content in memory, with the store's interface. */
export function memoryStore<T>(initial: T): { get(): T; update(change: (current: T) => T): Promise<T> } {
  let current = initial;
  return {
    get: () => current,
    async update(change) {
      current = change(current);
      return current;
    },
  };
}

/** A keychain of one run; `locked` makes every call fail. */
export function memoryKeeper(masker: { register(name: string, value: Uint8Array): void }) {
  const values = new Map<string, Buffer>();
  const keeper: SecretKeeper & { locked: boolean; values: Map<string, Buffer> } = {
    locked: false,
    values,
    async put(environment, name, value) {
      open();
      values.set(`${environment}/${name}`, Buffer.from(value));
    },
    async get(environment, name) {
      open();
      const value = values.get(`${environment}/${name}`);
      return value === undefined ? null : new Secret(masker, name, value);
    },
    async remove(environment, name) {
      open();
      return values.delete(`${environment}/${name}`);
    },
    async list(environment) {
      open();
      return [...values.keys()]
        .map((key) => ({
          environment: key.split("/")[0] ?? "",
          name: key.split("/")[1] ?? "",
          store: "session" as const,
        }))
        .filter((entry) => environment === undefined || entry.environment === environment);
    },
  };
  function open(): void {
    if (keeper.locked) throw new Failure("KEYCHAIN_LOCKED");
  }
  return keeper;
}

/** A link that is up or down; down, everything on the host is out of reach. */
export function fakeLink(engine: FakeEngine, server: FakeServer) {
  const waiting = new Set<() => void>();
  const state: LinkState = { phase: "online", since: 0 };
  const offline = () => new Failure("HOST_OFFLINE", { host: "gpu-1" }, { retryable: true });
  const link = {
    hostId: "gpu-1",
    kind: "ssh" as const,
    down: false,
    /** Comes back when somebody waits for it. */
    comesBack: true,
    state: () => state,
    onState: () => () => {},
    async ready({ signal }: { signal?: AbortSignal | undefined } = {}) {
      if (link.down && link.comesBack) link.down = false;
      if (!link.down) return;
      await new Promise<void>((resolve, reject) => {
        waiting.add(resolve);
        signal?.addEventListener("abort", () => reject(offline()), { once: true });
      });
    },
    /** Places that each command has in the queue before it runs. */
    places: [] as number[],
    async exec(_argv: readonly string[], { onPlace }: ExecOptions = {}): Promise<never> {
      for (const place of link.places) {
        onPlace?.(place);
        // Whoever watches sees each.
        await new Promise((resolve) => setImmediate(resolve));
      }
      throw new Failure("COMMAND_FAILED", { program: "cat" });
    },
    async spawn(): Promise<never> {
      throw new Failure("COMMAND_FAILED", { program: "cat" });
    },
    async openUnix(): Promise<never> {
      throw new Failure("CHANNEL_FAILED");
    },
    async listenRemote(): Promise<never> {
      throw new Failure("REMOTE_LISTEN_REFUSED");
    },
    async openTcp(host: string) {
      if (link.down) throw offline();
      const running = [...engine.all.values()].find((each) => each.state === "running" && each.address === host);
      if (running === undefined) throw new Failure("CHANNEL_FAILED", { address: host });
      return server.connect(running);
    },
    async ping() {},
    wake() {},
    async disconnect() {},
    dispose() {},
  };
  return link satisfies HostLink;
}

export interface LaunchLab {
  engine: FakeEngine;
  server: FakeServer;
  link: ReturnType<typeof fakeLink>;
  keeper: ReturnType<typeof memoryKeeper>;
  masker: ReturnType<typeof createMasker>;
  host: { -readonly [K in keyof LaunchHost]: LaunchHost[K] };
  launches: Launches;
  /** Everything that was audited, oldest first. */
  rows: (AuditRow & { outcome: AuditInput["outcome"]; errorCode?: string })[];
  audit: { refuse: boolean };
  /** What is kept in the keychain, by container id. */
  apiKeys: Map<string, Secret>;
  keys: ApiKeys;
  bugs: unknown[];
  secrets: ReturnType<typeof createSecrets>;
  records: () => LaunchFile;
  changes: () => number;
}

const templatesFolder = fileURLToPath(new URL("../../assets/templates", import.meta.url));

/** A host with an engine in memory, a model server in memory, the real masker, and launches over them. */
export async function launchLab(timings: Partial<LaunchTimings> = {}): Promise<LaunchLab> {
  const engine = fakeEngine([fakeImage("gatehouse/inference-server:1"), fakeImage("busybox:1.37")]);
  const server = fakeServer();
  const link = fakeLink(engine, server);
  for (const call of ["info", "containers", "inspect", "image", "createNetwork", "removeNetwork", "create", "start"]) {
    engine.before.set(call as "info", () => reachable(link));
  }
  for (const call of ["stop", "remove", "top", "exec", "logs", "pull"]) {
    engine.before.set(call as "stop", () => reachable(link));
  }
  const quick = { pollMs: 5, settleMs: 5, undoMs: 500, graceMs: 300, ...timings };
  return { ...(await launchesOver(engine, link, quick)), engine, server, link };
}

export type LaunchesOver = Omit<LaunchLab, "engine" | "server" | "link">;

/** Launches over any engine and link: keychain, store and audit in memory, everything else as in the product. */
export async function launchesOver(
  engine: Engine,
  link: HostLink,
  timings: Partial<LaunchTimings> = {},
): Promise<LaunchesOver> {
  const masker = createMasker();
  const keeper = memoryKeeper(masker);
  const clock = systemClock();
  const secrets = createSecrets({
    keychain: keeper,
    store: memoryStore<SecretsFile>({ secrets: [] }),
    clock,
    registrar: masker,
    isWeak: (value) => value.length < 6,
  });
  const rows: LaunchLab["rows"] = [];
  const audit = { refuse: false };
  const apiKeys = new Map<string, Secret>();
  const bugs: unknown[] = [];
  const store = memoryStore<LaunchFile>({ records: [] });
  let changes = 0;
  const host: LaunchLab["host"] = {
    id: "gpu-1",
    name: "gpu-1",
    simulated: false,
    gpus: ["GPU-0000-1"],
    gpuToolkit: true,
    diskFreeBytes: 2 ** 40,
    containerNames: [],
  };
  const keys = keysIn(apiKeys, masker);
  const launches = createLaunches({
    hosts: {
      engineOf: () => engine,
      linkOf: () => link,
      launchHost: (hostId) => {
        if (hostId !== "gpu-1") throw new Failure("HOST_UNKNOWN", { host: hostId });
        return { ...host };
      },
    },
    templates: await loadTemplates(templatesFolder),
    secrets,
    apiKeys: keys,
    masker,
    audit: auditInto(rows, audit),
    store,
    clock,
    random: systemRandom(),
    onChange: () => {
      changes += 1;
    },
    bug: (where, error) => void bugs.push({ where, error }),
    timings,
  });
  const records = () => store.get();
  return { keeper, masker, host, launches, rows, audit, apiKeys, keys, bugs, secrets, records, changes: () => changes };
}

function keysIn(kept: Map<string, Secret>, masker: LaunchLab["masker"]): ApiKeys {
  const copyOf = (secret: Secret) => secret.use((bytes) => new Secret(masker, secret.name, bytes));
  return {
    put: async (id, secret) => void kept.set(id, copyOf(secret)),
    get: async (id) => {
      const secret = kept.get(id);
      return secret === undefined ? null : copyOf(secret);
    },
    remove: async (id) => void kept.delete(id),
  };
}

function auditInto(rows: LaunchLab["rows"], audit: { refuse: boolean }): LaunchAudit {
  return {
    async run(row, action) {
      if (audit.refuse && row.severity === "high") throw new Failure("AUDIT_UNWRITABLE", { reason: "disk" });
      try {
        const result = await action();
        rows.push({ ...row, outcome: "success" });
        return result;
      } catch (error) {
        const code = isFailure(error) ? error.code : "INTERNAL";
        rows.push({ ...row, outcome: code === "CANCELLED" ? "cancelled" : "failure", errorCode: code });
        throw error;
      }
    },
  };
}

function reachable(link: { down: boolean }): void {
  if (link.down) throw new Failure("HOST_OFFLINE", { host: "gpu-1" }, { retryable: true });
}
