import { createHash } from "node:crypto";
import {
  batchOf,
  type ContainerDetail,
  type CreateBody,
  type Engine,
  type EngineEvent,
  type EngineInfo,
  type ImageDetail,
  type LogFrame,
} from "../../electron/core/docker/index.ts";
import { Failure } from "../../electron/core/failure.ts";

export type EngineCall = Exclude<keyof Engine, "dispose">;

export interface FakeFile {
  bytes: Buffer;
  mode: number;
  uid: string;
}

export interface FakeContainer {
  id: string;
  name: string;
  body: CreateBody;
  state: "created" | "running" | "exited";
  exitCode: number | null;
  restartCount: number;
  oomKilled: boolean;
  /** Standard output so far. */
  log: Buffer[];
  /** What lies on its tmpfs: gone when it stops. */
  files: Map<string, FakeFile>;
  /** On its network, while it runs. */
  address: string;
  /** Argument vectors beside its command. */
  processes: string[];
}

export interface FakeImage extends ImageDetail {
  /** Programs that `exec` finds in it. */
  programs: Set<string>;
}

type ExecOptions = NonNullable<Parameters<Engine["exec"]>[2]>;

/**
 * An engine in memory with the interface's whole behaviour, and a switch for each thing that can go wrong: `before`
 * and `after` run around a call and may throw, wait, or change the state.
 */
export interface FakeEngine extends Engine {
  readonly calls: EngineCall[];
  readonly all: Map<string, FakeContainer>;
  readonly networks: Map<string, { internal: boolean; labels: Record<string, string> }>;
  readonly store: Map<string, FakeImage>;
  /** What `pull` can bring. */
  readonly registry: Map<string, FakeImage>;
  readonly before: Map<EngineCall, (signal: AbortSignal | undefined) => unknown>;
  readonly after: Map<EngineCall, (signal: AbortSignal | undefined) => unknown>;
  /** Called when a container starts; may make it exit. */
  onStart: (container: FakeContainer) => void;
  /** In place of the built-in programs; `null` goes on to them. */
  onExec: (container: FakeContainer, argv: readonly string[], options: ExecOptions) => number | null;
  facts: EngineInfo;
  container(nameOrId: string): FakeContainer;
}

export const engineFacts: EngineInfo = {
  kind: "docker",
  version: "27.5.1",
  apiVersion: "1.47",
  socketPath: "/var/run/docker.sock",
  rootless: false,
  operatingSystem: "Debian",
  architecture: "x86_64",
  cpus: 8,
  memoryBytes: 64 * 2 ** 30,
  storageDriver: "overlay2",
  loggingDriver: "json-file",
  cgroupVersion: "2",
  runtimes: ["runc", "nvidia"],
  gpuToolkit: true,
  securityOptions: ["name=seccomp,profile=builtin"],
  warnings: [],
};

export function fakeImage(tag: string, changes: Partial<FakeImage> = {}): FakeImage {
  return {
    id: `sha256:${createHash("sha256").update(tag).digest("hex")}`,
    tags: [tag],
    digests: [],
    sizeBytes: 1_000_000,
    createdAt: 1_700_000_000_000,
    user: "",
    env: ["PATH=/usr/bin"],
    entrypoint: ["node", "/app/inference-server.mjs"],
    command: [],
    exposedPorts: [],
    volumes: [],
    labels: {},
    hasHealthcheck: false,
    history: ["COPY . /app"],
    programs: new Set(["sh", "ls", "cat", "node"]),
    ...changes,
  };
}

export function fakeEngine(images: readonly FakeImage[] = [fakeImage("gatehouse/inference-server:1")]): FakeEngine {
  const calls: EngineCall[] = [];
  const all = new Map<string, FakeContainer>();
  const networks: FakeEngine["networks"] = new Map();
  const store = new Map(images.flatMap((image) => image.tags.map((tag) => [tag, image] as const)));
  const registry: FakeEngine["registry"] = new Map();
  const before: FakeEngine["before"] = new Map();
  const after: FakeEngine["after"] = new Map();
  let made = 0;

  async function around<T>(call: EngineCall, signal: AbortSignal | undefined, work: () => T | Promise<T>): Promise<T> {
    calls.push(call);
    signal?.throwIfAborted();
    await before.get(call)?.(signal);
    signal?.throwIfAborted();
    const result = await work();
    await after.get(call)?.(signal);
    return result;
  }

  function find(id: string): FakeContainer {
    const found = [...all.values()].find((each) => each.id === id || each.name === id || each.id.startsWith(id));
    if (found === undefined) throw new Failure("CONTAINER_NOT_FOUND", { container: id });
    return found;
  }

  function imageOf(reference: string): FakeImage | undefined {
    return store.get(reference) ?? [...store.values()].find(({ id, digests }) => [id, ...digests].includes(reference));
  }

  function stopNow(container: FakeContainer, exitCode: number): void {
    container.state = "exited";
    container.exitCode = exitCode;
    container.files.clear();
  }

  function startNow(container: FakeContainer): void {
    container.state = "running";
    container.exitCode = null;
    engine.onStart(container);
  }

  const engine: FakeEngine = {
    calls,
    all,
    networks,
    store,
    registry,
    before,
    after,
    onStart: () => {},
    onExec: () => null,
    facts: engineFacts,
    container: find,
    info: ({ signal } = {}) => around("info", signal, () => engine.facts),
    containers: ({ signal } = {}) => around("containers", signal, () => [...all.values()].map(detailOf)),
    inspect: (id, { signal } = {}) => around("inspect", signal, () => detailOf(find(id))),
    images: ({ signal } = {}) => around("images", signal, () => [...store.values()]),
    image: (reference, { signal } = {}) => around("image", signal, () => imageOf(reference) ?? null),
    pull: (reference, { signal, onProgress }) =>
      around("pull", signal, () => {
        const image = registry.get(reference);
        if (image === undefined) throw new Failure("IMAGE_NOT_FOUND", { image: reference });
        onProgress?.("Downloading", 0.5);
        store.set(reference, image);
      }),
    createNetwork: (name, { signal, internal, labels }) =>
      around("createNetwork", signal, () => {
        networks.set(name, { internal, labels });
        return `network-${name}`;
      }),
    removeNetwork: (name, { signal } = {}) =>
      around("removeNetwork", signal, () => {
        networks.delete(name);
      }),
    create: (name, body, { signal } = {}) =>
      around("create", signal, () => {
        if ([...all.values()].some((each) => each.name === name)) throw new Failure("NAME_TAKEN", { name });
        if (imageOf(body.Image) === undefined) throw new Failure("IMAGE_NOT_FOUND", { image: body.Image });
        made += 1;
        const id = createHash("sha256").update(`${name} ${made}`).digest("hex");
        const container: FakeContainer = {
          id,
          name,
          body,
          state: "created",
          exitCode: null,
          restartCount: 0,
          oomKilled: false,
          log: [],
          files: new Map(),
          processes: [],
          address: `172.20.${made >> 8}.${made & 255}`,
        };
        all.set(id, container);
        return { id, warnings: [] };
      }),
    start: (id, { signal } = {}) => around("start", signal, () => startNow(find(id))),
    stop: (id, { signal } = {}) =>
      around("stop", signal, () => {
        const container = find(id);
        if (container.state === "running") stopNow(container, 143);
      }),
    restart: (id, { signal } = {}) =>
      around("restart", signal, () => {
        stopNow(find(id), 143);
        startNow(find(id));
      }),
    remove: (id, { signal } = {}) =>
      around("remove", signal, () => {
        const found = [...all.values()].find((each) => each.id === id || each.name === id);
        if (found !== undefined) all.delete(found.id);
      }),
    top: (id, { signal } = {}) =>
      around("top", signal, () => ["node /app/inference-server.mjs", ...find(id).processes].map(asProcess)),
    exec: (id, argv, options = {}) =>
      around("exec", options.signal, () => {
        const container = find(id);
        if (container.state !== "running") {
          throw new Failure("ENGINE_ERROR", { operation: "exec", reason: `container ${id} is not running` });
        }
        return run(container, argv, options);
      }),
    async *logs(id, { signal }) {
      const container = await around("logs", signal, () => find(id));
      const frames: LogFrame[] = container.log.map((bytes) => ({
        stream: "stdout",
        at: null,
        ns: 0,
        bytes: new Uint8Array(bytes),
      }));
      if (frames.length > 0) yield batchOf(frames);
    },
    async *stats(id, { signal } = {}) {
      await around("stats", signal, () => find(id));
      yield { at: 0, cpuPercent: null, memoryBytes: 1, memoryLimitBytes: 2, pids: 1 };
    },
    async *events({ signal } = {}): AsyncGenerator<EngineEvent> {
      await around("events", signal, () => {});
    },
    dispose() {},
  };

  function run(container: FakeContainer, argv: readonly string[], options: ExecOptions) {
    const image = imageOf(container.body.Image);
    const answer = (code: number, stdout = "") => ({ code, stdout: Buffer.from(stdout), stderr: Buffer.alloc(0) });
    const scripted = engine.onExec(container, argv, options);
    if (scripted !== null) return answer(scripted);
    const [program = ""] = argv;
    if (!image?.programs.has(program)) {
      const reason = `OCI runtime exec failed: exec: "${program}": executable file not found in $PATH`;
      throw new Failure("ENGINE_ERROR", { operation: "exec", reason });
    }
    if (options.stdin !== undefined) {
      const uid = options.user?.split(":")[0] ?? "0";
      container.files.set(argv.at(-1) ?? "", { bytes: Buffer.from(options.stdin), mode: 0o400, uid });
      return answer(0);
    }
    if (program === "cat") return answer(0, ((container.body.Env as string[] | undefined) ?? []).join("\0"));
    return answer(
      0,
      [...container.files]
        .map(([path, { mode, uid }]) => `${mode.toString(8).padStart(4, "0")} ${uid} ${path.split("/").at(-1)}`)
        .join("\n"),
    );
  }

  function detailOf(container: FakeContainer): ContainerDetail {
    return inspectOf(container, imageOf(container.body.Image)?.id ?? "");
  }
  return engine;
}

/** A create body as an engine would show it in its inspect. */
export function inspectOf(container: FakeContainer, imageId: string): ContainerDetail {
  const { body, state } = container;
  const host = body.HostConfig as {
    NetworkMode?: string;
    PortBindings?: Record<string, { HostIp: string; HostPort: string }[]>;
    Mounts?: { Type: string; Source: string; Target: string; ReadOnly: boolean }[];
  };
  const network = host.NetworkMode ?? "bridge";
  const isInternal = (body.Labels as Record<string, string> | undefined)?.["io.gatehouse.isolated"] === "true";
  return {
    id: container.id,
    name: container.name,
    image: body.Image,
    imageId,
    state,
    status: state,
    createdAt: 1_700_000_000_000,
    labels: (body.Labels as Record<string, string> | undefined) ?? {},
    startedAt: state === "running" ? 1_700_000_000_000 : null,
    finishedAt: null,
    exitCode: container.exitCode,
    health: null,
    error: "",
    oomKilled: container.oomKilled,
    restartCount: container.restartCount,
    pid: state === "running" ? 4321 : null,
    tty: false,
    user: (body.User as string | undefined) ?? "",
    env: (body.Env as string[] | undefined) ?? [],
    command: (body.Cmd as string[] | undefined) ?? [],
    logDriver: "json-file",
    addresses: state === "running" && network !== "host" ? { [network]: container.address } : {},
    ports: isInternal
      ? {}
      : Object.fromEntries(
          Object.entries(host.PortBindings ?? {}).map(([port, places]) => [
            port,
            places.map(({ HostIp, HostPort }) => ({ hostIp: HostIp, hostPort: Number(HostPort) || 40_000 })),
          ]),
        ),
    mounts: (host.Mounts ?? []).map(({ Type, Source, Target, ReadOnly }) => ({
      type: Type,
      source: Source,
      destination: Target,
      readOnly: ReadOnly,
    })),
    hostConfig: body.HostConfig,
    raw: { Id: container.id, Name: `/${container.name}`, Config: body, HostConfig: body.HostConfig },
  };
}

function asProcess(args: string) {
  return { pid: 4242, memoryBytes: 61_440_000, args };
}
