import type { Duplex } from "node:stream";
import type { Clock, Forker, Random } from "../../core/ports.ts";
import { judgeBody, mergeConfig, readCreateBody } from "../container/body.ts";
import { execRoutes } from "../container/exec.ts";
import { effectiveHostConfig, shownHostConfig } from "../container/hostConfig.ts";
import { identityOf, insideOf } from "../container/inside/inside.ts";
import { createLife, type Life, makeSecretsDir } from "../container/life.ts";
import { createLogRing } from "../container/logs.ts";
import { startNotebook } from "../container/notebook.ts";
import { startServer, startShell } from "../container/programs.ts";
import { checkName, containerRoutes } from "../container/routes.ts";
import { type Container, type RunningProgram, servicePort } from "../container/types.ts";
import type { HostSpec, Resident } from "../hostSpecs.ts";
import { createJupyterRoom } from "../jupyter/room.ts";
import type { GpuHolder, Gpus } from "../machine/gpus.ts";
import { createStore, type FileSystem } from "../shell/files.ts";
import type { PracticeFault } from "../types.ts";
import { claimGpus, gpuHolders } from "./claims.ts";
import { createEvents } from "./events.ts";
import { EngineError } from "./http.ts";
import { createImages, noSuchImage } from "./images.ts";
import { createNetworks } from "./networks.ts";
import { createRouter } from "./router.ts";
import { systemRoutes } from "./system.ts";
import { wordingOf } from "./wording.ts";

export interface EngineOptions {
  spec: HostSpec;
  clock: Clock;
  random: Random;
  forker: Forker;
  serverBundle: string;
  models: string;
  /** Private folder for the containers' secrets; this engine makes folders in it and removes them. */
  dir: string;
  /** The host's own files: bind sources must exist there. */
  hostFiles: FileSystem;
  gpus: Gpus;
  faults(): readonly PracticeFault[];
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export interface PracticeEngine {
  /** A connection to the engine's socket. */
  accept(stream: Duplex): void;
  /** Closes the connections that are open; containers go on. */
  dropConnections(): void;
  /** Loopback port of this machine behind `address:port` of the host, or `null` when nothing listens there. */
  resolve(address: string, port: number): number | null;
  gpuHolders(): GpuHolder[];
  /** Brings up what is there from the start. */
  populate(residents: readonly Resident[]): Promise<void>;
  dispose(): Promise<void>;
}

const maxContainers = 40;

/** The Docker Engine of one practice host. */
export function createEngine(options: EngineOptions): PracticeEngine {
  const { spec, clock, random, faults } = options;
  const containers = new Map<string, Container>();
  const startedAt = clock.now();
  const newId = () => random.bytes(32).toString("hex");
  const wording = wordingOf(Number(spec.engine.apiVersion.split(".")[1]));
  let lastNs = 0n;
  // Wall-clock milliseconds, made unique and growing: log readers resume by them.
  const nowNs = () => {
    const now = BigInt(Math.floor(clock.now())) * 1_000_000n;
    lastNs = now > lastNs ? now : lastNs + 1_000n;
    return lastNs;
  };
  const events = createEvents(nowNs, (ms, fn) => clock.after(ms, fn));
  const networks = createNetworks({
    events,
    newId,
    now: () => clock.now(),
    containerName: (id) => containers.get(id)?.name ?? "",
  });
  const diskFull = () => faults().includes("disk-full");
  const images = createImages({
    events,
    diskFull,
    wait: options.sleep,
    inUse: (image) => [...containers.values()].find((each) => each.image === image)?.id.slice(0, 12) ?? null,
  });
  let fakePid = 20_000;
  const inside = (container: Container, more: { user?: string; env?: readonly string[] } = {}) =>
    insideOf(container, {
      now: () => clock.now(),
      sleep: options.sleep,
      kernel: spec.kernel,
      cpus: spec.cpus,
      gpus: options.gpus,
      ...more,
    });

  async function run(container: Container): Promise<RunningProgram> {
    if (container.image.program === "server") {
      const { forker, serverBundle, models } = options;
      return startServer(container, { forker, bundle: serverBundle, models, faults: faults() });
    }
    fakePid += 1_000;
    const shell = { machine: inside(container), clock, pid: fakePid, wording };
    if (container.jupyter === null) return startShell(container, shell);
    return startNotebook(container, container.jupyter, shell);
  }

  const life = createLife({
    events,
    networks,
    clock,
    containers,
    hostname: spec.id,
    wording,
    claimGpus: (container) => claimGpus(container, spec, options.gpus),
    run,
  });

  function find(name: string): Container {
    const bare = name.replace(/^\//, "");
    const exact = containers.get(bare) ?? [...containers.values()].find((each) => each.name === bare);
    if (exact !== undefined) return exact;
    const byPrefix = /^[0-9a-f]{2,64}$/.test(bare)
      ? [...containers.values()].filter(({ id }) => id.startsWith(bare))
      : [];
    const [only] = byPrefix;
    if (only === undefined) throw new EngineError(404, `No such container: ${name}`);
    if (byPrefix.length > 1) throw new EngineError(400, `Multiple IDs found with provided prefix: ${name}`);
    return only;
  }

  function create(name: string | null, value: unknown): { id: string; warnings: string[] } {
    const body = readCreateBody(value);
    const id = newId();
    const image = images.find(body.Image);
    if (body.Image === "" || image === undefined) throw noSuchImage(body.Image);
    const config = mergeConfig(body, image, id);
    const shownHost = shownHostConfig(body, spec.engine);
    const hostConfig = effectiveHostConfig(shownHost);
    const warnings = judgeBody(hostConfig, config, spec, options.hostFiles);
    const chosen = name === null || name === "" ? `practice_${id.slice(0, 8)}` : name.replace(/^\//, "");
    checkName(chosen, [...containers.values()]);
    if (diskFull() || containers.size >= maxContainers) {
      throw new EngineError(500, `mkdir /var/lib/docker/overlay2/${id}-init: no space left on device`);
    }
    const [endpoint] = Object.keys(body.NetworkingConfig?.EndpointsConfig ?? {});
    const container: Container = {
      id,
      name: chosen,
      createdAt: clock.now(),
      image,
      config,
      hostConfig,
      shownHost,
      state: { status: "created", exitCode: 0, error: "", startedAt: null, finishedAt: null, health: null },
      restartCount: 0,
      logs: createLogRing(nowNs),
      program: null,
      ended: Promise.resolve(),
      published: [],
      networkName: networkNameOf(hostConfig.NetworkMode, endpoint),
      address: "",
      gpus: [],
      secretsDir: makeSecretsDir(options.dir),
      jupyter:
        image.program === "notebook"
          ? createJupyterRoom({ clock, random, uid: identityOf(config.User)?.uid ?? 0, firstPid: 7 })
          : null,
      files: createStore(),
      execs: new Map(),
      exits: 0,
      removed: false,
      changed: new Set(),
      stopAsked: false,
    };
    containers.set(id, container);
    life.emit(container, "create");
    return { id, warnings };
  }

  const list = () => [...containers.values()];
  const router = createRouter({
    apiVersion: spec.engine.apiVersion,
    minApiVersion: spec.engine.minApiVersion,
    serverHeader: `Docker/${spec.engine.version} (simulated)`,
    routes: [
      ...systemRoutes({
        spec,
        now: () => clock.now(),
        engineId: newId().slice(0, 32),
        counts: () => {
          const running = list().filter(({ program }) => program !== null).length;
          return { running, stopped: containers.size - running, images: images.list().length };
        },
      }),
      ...execRoutes({
        life,
        wording,
        newId,
        find,
        containers: list,
        inside: (container, exec) => inside(container, exec),
      }),
      ...containerRoutes({
        spec,
        life,
        wording,
        networks,
        startedAt,
        now: () => clock.now(),
        wait: options.sleep,
        list,
        find,
        create,
      }),
      ...images.routes,
      ...networks.routes,
      ...events.routes,
    ],
  });

  return {
    accept: (stream) => router.accept(stream),
    dropConnections: () => router.dropConnections(),
    resolve: (address, port) => resolveAddress(list(), address, port),
    gpuHolders: () => gpuHolders(list()),
    async populate(residents) {
      for (const resident of residents) await settle(resident, { create, find, life, nowNs }, options);
    },
    async dispose() {
      await life.dispose();
      router.dispose();
    },
  };
}

/** The first endpoint counts where the mode says no more than "the usual network". */
function networkNameOf(mode: string, endpoint: string | undefined): string {
  const name = mode === "bridge" ? (endpoint ?? mode) : mode;
  return name === "default" ? "bridge" : name;
}

/** Only addresses that the host really has: a running container's own, or a port published on the loopback. */
function resolveAddress(containers: readonly Container[], address: string, port: number): number | null {
  for (const container of containers) {
    const inner = container.program?.port ?? null;
    if (inner === null) continue;
    if (container.address !== "" && container.address === address && servicePort(container) === port) return inner;
    const loopback = ["127.0.0.1", "localhost", "::1"].includes(address);
    const bound = container.published.some(
      (each) => each.hostPort === port && Number.parseInt(each.port, 10) === servicePort(container),
    );
    if (loopback && bound) return inner;
  }
  return null;
}

async function settle(
  resident: Resident,
  engine: {
    create(name: string, body: unknown): { id: string };
    find(name: string): Container;
    life: Life;
    nowNs(): bigint;
  },
  options: EngineOptions,
): Promise<void> {
  const { create, find, life, nowNs } = engine;
  const { body, state } = resident;
  const env = [...((body.Env ?? []) as string[])];
  if (resident.tokenInEnvironment === true) env.push(`AUTH_TOKEN=${options.random.bytes(32).toString("base64url")}`);
  const container = find(create(resident.name, { ...body, Env: env }).id);
  if (state === "running") {
    await life.start(container);
    return;
  }
  const ended = options.clock.now() - state.hoursAgo * 3_600_000;
  container.createdAt = ended - 600_000;
  // Its lines are as old as itself; those of a later start are not.
  let past = true;
  container.logs = createLogRing(() => (past ? BigInt(ended - 60_000) * 1_000_000n : nowNs()));
  for (const line of state.lines) container.logs.append(2, Buffer.from(`${line}\n`));
  past = false;
  container.state = {
    status: "exited",
    exitCode: state.exited,
    error: "",
    startedAt: ended - 540_000,
    finishedAt: ended,
    health: null,
  };
}
