import { EngineError, type EngineRequest, type Outlet, type Reply } from "../engine/http.ts";
import type { Networks } from "../engine/networks.ts";
import { flag, labelsMatch, type Route, readFilters, route } from "../engine/router.ts";
import type { Wording } from "../engine/wording.ts";
import type { HostSpec } from "../hostSpecs.ts";
import { inspectContainer, listRow } from "./inspect.ts";
import type { Life } from "./life.ts";
import { type LogQuery, readLogQuery, streamLogs } from "./logs.ts";
import { statsSample } from "./stats.ts";
import type { Container } from "./types.ts";

export interface ContainerRoutesOptions {
  spec: HostSpec;
  life: Life;
  wording: Wording;
  networks: Networks;
  now(): number;
  startedAt: number;
  wait(ms: number, signal: AbortSignal): Promise<void>;
  list(): Container[];
  /** Throws the engine's 404. */
  find(name: string): Container;
  create(name: string | null, body: unknown): { id: string; warnings: string[] };
}

const validName = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

/** `/containers/…` but for exec. */
export function containerRoutes(options: ContainerRoutesOptions): Route[] {
  const { life, networks, find } = options;
  const on = (
    method: string,
    path: string,
    handle: (container: Container, request: EngineRequest, reply: Reply) => Promise<void> | void,
  ) => route(method, path, (request, reply) => handle(find(request.params[0] ?? ""), request, reply));
  const grace = (container: Container, request: EngineRequest) =>
    Number(request.query.get("t") ?? container.config.StopTimeout ?? 10);
  return [
    route("GET", "/containers/json", (request, reply) => reply.json(200, listContainers(request, options))),
    route("POST", "/containers/create", async (request, reply) => {
      const { id, warnings } = options.create(request.query.get("name"), await request.json());
      reply.json(201, { Id: id, Warnings: warnings });
    }),
    route("POST", "/containers/prune", (_request, reply) =>
      reply.json(200, { ContainersDeleted: [], SpaceReclaimed: 0 }),
    ),
    on("GET", "/containers/{}/json", (container, request, reply) => {
      const running = [...container.execs.values()].filter((exec) => exec.running).map(({ id }) => id);
      reply.json(200, inspectContainer(container, networks.find(container.networkName), running, request.api));
    }),
    on("POST", "/containers/{}/start", async (container, _request, reply) => {
      if (container.program !== null) return reply.empty(304);
      await life.start(container);
      reply.empty(204);
    }),
    on("POST", "/containers/{}/stop", async (container, request, reply) => {
      if (container.program === null && container.state.status !== "restarting") return reply.empty(304);
      await life.stop(container, grace(container, request));
      reply.empty(204);
    }),
    on("POST", "/containers/{}/restart", async (container, request, reply) => {
      await life.restart(container, grace(container, request));
      reply.empty(204);
    }),
    on("POST", "/containers/{}/kill", async (container, request, reply) => {
      if (container.program === null) {
        throw new EngineError(409, options.wording.cannotKill(container.id));
      }
      await life.kill(container, request.query.get("signal") ?? "");
      reply.empty(204);
    }),
    on("POST", "/containers/{}/rename", (container, request, reply) => {
      const name = request.query.get("name") ?? "";
      checkName(name, options.list());
      container.name = name;
      life.emit(container, "rename");
      reply.empty(204);
    }),
    on("POST", "/containers/{}/resize", (_container, _request, reply) => reply.empty(200)),
    on("POST", "/containers/{}/wait", waitFor),
    route("GET", "/containers/{}/logs", (request, reply) => {
      const query = readLogQuery(request);
      return sendLogs(find(request.params[0] ?? ""), query, request, reply);
    }),
    on("POST", "/containers/{}/attach", attach),
    on("GET", "/containers/{}/top", (container, request, reply) =>
      reply.json(200, top(container, request.query, options.wording)),
    ),
    on("GET", "/containers/{}/stats", (container, request, reply) => sendStats(container, request, reply, options)),
    on("PUT", "/containers/{}/archive", (container) => {
      if (container.hostConfig.ReadonlyRootfs) throw new EngineError(400, "container rootfs is marked read-only");
      throw new EngineError(501, "copying files is not part of the simulation");
    }),
    on("DELETE", "/containers/{}", async (container, request, reply) => {
      await life.remove(container, { force: flag(request.query, "force") });
      reply.empty(204);
    }),
  ];
}

/** Refuses a name that is malformed or taken, with the engine's words. */
export function checkName(name: string, containers: readonly Container[]): void {
  if (!validName.test(name)) {
    throw new EngineError(400, `Invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`);
  }
  const holder = containers.find((container) => container.name === name);
  if (holder !== undefined) {
    throw new EngineError(
      409,
      `Conflict. The container name "/${name}" is already in use by container "${holder.id}". You have to remove (or rename) that container to be able to reuse that name.`,
    );
  }
}

function listContainers(request: EngineRequest, options: ContainerRoutesOptions): unknown[] {
  const filters = readFilters(request.query, request.api);
  const all = flag(request.query, "all") || filters.has("status") || filters.has("exited");
  const limit = Number(request.query.get("limit") ?? 0);
  const has = (name: string, test: (wanted: string) => boolean) => filters.get(name)?.some(test) ?? true;
  const rows = options
    .list()
    .filter((container) => all || limit > 0 || container.program !== null || container.state.status === "restarting")
    .filter((container) => labelsMatch(container.config.Labels, filters.get("label")))
    .filter((container) => has("status", (wanted) => container.state.status === wanted))
    .filter((container) => has("id", (wanted) => container.id.startsWith(wanted)))
    .filter((container) =>
      has("exited", (wanted) => container.state.status === "exited" && container.state.exitCode === Number(wanted)),
    )
    .filter((container) => has("name", (wanted) => matchesName(container.name, wanted)))
    .filter((container) =>
      has("ancestor", (wanted) => container.config.Image === wanted || container.image.tags.includes(wanted)),
    )
    .filter((container) => has("network", (wanted) => container.networkName === wanted))
    .sort((a, b) => b.createdAt - a.createdAt);
  const shown = limit > 0 ? rows.slice(0, limit) : rows;
  return shown.map((container) =>
    listRow(container, options.networks.find(container.networkName), options.now(), request.api),
  );
}

/** The engine takes the name as a regular expression; a broken one matches nothing. */
function matchesName(name: string, wanted: string): boolean {
  if (wanted.length > 200) return false;
  try {
    return new RegExp(wanted).test(`/${name}`) || new RegExp(wanted).test(name);
  } catch {
    return false;
  }
}

async function waitFor(container: Container, request: EngineRequest, reply: Reply): Promise<void> {
  const condition = request.query.get("condition") || "not-running";
  if (!["not-running", "next-exit", "removed"].includes(condition)) {
    throw new EngineError(400, `invalid condition: "${condition}"`);
  }
  const { exits } = container;
  const met = () => {
    if (container.removed) return true;
    if (condition === "removed") return false;
    return condition === "next-exit" ? container.exits > exits : container.program === null;
  };
  // The head goes out at once: `docker run` waits for it before it starts the container.
  const outlet = reply.stream("application/json");
  await untilChanged(container, outlet, met);
  await outlet.write(`${JSON.stringify({ StatusCode: container.state.exitCode })}\n`);
  outlet.end();
}

/** Resolves when `met` holds, looked at after each end of the container, or when the client has gone. */
async function untilChanged(container: Container, outlet: Outlet, met: () => boolean): Promise<void> {
  while (!met() && !outlet.signal.aborted) {
    await new Promise<void>((resolve) => {
      const wake = () => {
        container.changed.delete(wake);
        outlet.signal.removeEventListener("abort", wake);
        resolve();
      };
      container.changed.add(wake);
      outlet.signal.addEventListener("abort", wake);
    });
  }
}

async function sendLogs(container: Container, query: LogQuery, request: EngineRequest, reply: Reply): Promise<void> {
  if (container.hostConfig.LogConfig.Type === "none") {
    throw new EngineError(501, "configured logging driver does not support reading");
  }
  const multiplexed = !container.config.Tty && request.api >= 42;
  const outlet = reply.stream(`application/vnd.docker.${multiplexed ? "multiplexed" : "raw"}-stream`);
  await streamLogs(sourceOf(container), query, outlet);
}

function sourceOf(container: Container) {
  return {
    ring: container.logs,
    tty: container.config.Tty,
    running: () => container.program !== null,
    ended: container.ended,
  };
}

/** Output from now on (with `logs`, from the beginning); standard input is taken and goes nowhere. */
async function attach(container: Container, request: EngineRequest, reply: Reply): Promise<void> {
  const { query } = request;
  const streams = new Set<1 | 2>();
  if (flag(query, "stdout")) streams.add(1);
  if (flag(query, "stderr")) streams.add(2);
  const multiplexed = !container.config.Tty && request.api >= 42;
  const wire = reply.hijack(`application/vnd.docker.${multiplexed ? "multiplexed" : "raw"}-stream`);
  void drain(wire.input);
  const source = sourceOf(container);
  const { exits } = container;
  // `docker run` attaches before it starts: what ends the stream is the next end of the container.
  const ended = untilChanged(container, wire, () => container.exits > exits || container.removed);
  const tail = flag(query, "logs") ? null : 0;
  const attached = { follow: true, streams, since: null, until: null, timestamps: false, tail };
  await streamLogs({ ...source, running: () => true, ended }, attached, wire);
}

async function drain(input: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of input);
}

function top(container: Container, query: URLSearchParams, wording: Wording): unknown {
  const { program } = container;
  if (program === null) throw new EngineError(409, wording.notRunning(container.id));
  const more = program.more?.() ?? [];
  const first = { pid: program.pid, rssKib: 9_204, args: (more[0]?.args ?? program.argv.join(" ")).trim() };
  const init = { pid: program.pid + 1, rssKib: 780, args: `/sbin/docker-init -- ${program.argv.join(" ")}` };
  const rows = [...(container.hostConfig.Init ? [init] : []), first, ...more.slice(1)];
  if (/\bpid,rss,args$/.test(query.get("ps_args") ?? "")) {
    const cells = rows.map(({ pid, rssKib, args }) => [String(pid), String(rssKib), args]);
    return { Titles: ["PID", "RSS", "COMMAND"], Processes: cells };
  }
  const started = new Date(container.state.startedAt ?? 0).toISOString().slice(11, 16);
  const uid = container.config.User.split(":")[0] || "root";
  const user = uid === "0" ? "root" : uid;
  const parent = container.hostConfig.Init ? init.pid : 1;
  const Processes = rows.map(({ pid, args }) => {
    const above = pid === init.pid ? 1 : pid === first.pid ? parent : first.pid;
    return [user, String(pid), String(above), "0", started, "?", "00:00:01", args];
  });
  return { Titles: ["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"], Processes };
}

async function sendStats(
  container: Container,
  request: EngineRequest,
  reply: Reply,
  options: ContainerRoutesOptions,
): Promise<void> {
  const outlet = reply.stream("application/json");
  const sample = (previous: number | null) =>
    outlet.write(`${JSON.stringify(statsSample(container, options, previous))}\n`);
  if (!flag(request.query, "stream", true)) {
    const before = options.now();
    const once = flag(request.query, "one-shot");
    // Without one-shot the engine takes two samples a second apart, to fill precpu_stats.
    if (!once && container.program !== null) await options.wait(1_000, outlet.signal);
    await sample(once ? null : before);
    outlet.end();
    return;
  }
  let previous: number | null = null;
  while (!outlet.signal.aborted && options.list().includes(container)) {
    await sample(previous);
    previous = options.now();
    await options.wait(1_000, outlet.signal);
  }
  outlet.end();
}
