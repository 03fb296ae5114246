/** Tunnels over links of a test's own, and what stands at their far ends. */
import { type ChildProcess, spawn } from "node:child_process";
import { createServer, type Server } from "node:http";
import { connect, type Socket } from "node:net";
import type { TunnelInput, TunnelRow, TunnelState, TunnelTarget } from "../../electron/contract/index.ts";
import { Failure } from "../../electron/core/failure.ts";
import { systemClock, systemRandom } from "../../electron/core/node.ts";
import type { Clock } from "../../electron/core/ports.ts";
import { createLocalLink, type HostLink, type LinkState, type RemoteListener } from "../../electron/core/ssh/index.ts";
import type { Store } from "../../electron/core/store/index.ts";
import {
  createTunnels,
  type TunnelFile,
  type TunnelHost,
  type Tunnels,
  type TunnelTimings,
} from "../../electron/core/tunnels/index.ts";
import { until } from "./until.ts";

export type RemoteTunnelInput = Extract<TunnelInput, { kind: "remote" }>;

export interface TunnelLab {
  tunnels: Tunnels;
  file: () => TunnelFile;
  links: Map<string, HostLink>;
  /** Hosts about which a question is open; `ask` and `answer` tell the tunnels so. */
  ask(hostId: string): void;
  answer(): void;
  /** Adds a tunnel to `host-1`, an HTTP one unless told otherwise; gives its id and port. */
  add(input?: Partial<Extract<TunnelInput, { kind: "local" }>>): Promise<{ tunnelId: string; localPort: number }>;
  /** Adds a remote tunnel of `host-1` to a target here, an HTTP one unless told otherwise. */
  addRemote(target: TunnelTarget, input?: Partial<RemoteTunnelInput>): Promise<{ tunnelId: string }>;
  row(tunnelId: string): TunnelRow;
  light(tunnelId: string): TunnelState["light"];
  /** Waits for a light; gives the milliseconds it took. */
  turns(tunnelId: string, light: TunnelState["light"], timeoutMs?: number): Promise<number>;
  close(): Promise<void>;
}

export interface TunnelLabOptions {
  links: Record<string, HostLink>;
  timings?: Partial<TunnelTimings>;
  saved?: TunnelFile;
  clock?: Clock;
}

const host: TunnelHost = {
  name: "orion",
  environment: "development",
  simulated: false,
  ssh: { address: "gpu-1.example.net", port: 2222, user: "anna" },
};

export function openTunnelLab(options: TunnelLabOptions): TunnelLab {
  const links = new Map(Object.entries(options.links));
  let file: TunnelFile = options.saved ?? { tunnels: [] };
  const store: Store<TunnelFile> = {
    get: () => file,
    set: async (next) => {
      file = next;
    },
    update: async (change) => {
      file = change(file);
      return file;
    },
    problem: null,
  };
  let asked: { hostId: string }[] = [];
  let tell = () => {};
  const tunnels = createTunnels({
    store,
    hosts: {
      linkOf(hostId) {
        const link = links.get(hostId);
        if (link === undefined) throw new Failure("HOST_UNKNOWN", { host: hostId });
        return link;
      },
      about: (hostId) => (links.has(hostId) ? host : null),
    },
    questions: {
      open: () => asked,
      async *watch(signal) {
        while (!signal?.aborted) {
          yield asked;
          await new Promise<void>((resolve) => {
            tell = resolve;
            signal?.addEventListener("abort", () => resolve(), { once: true });
          });
        }
      },
    },
    clock: options.clock ?? systemClock(),
    random: systemRandom(),
    onChange: () => {},
    timings: options.timings ?? {},
  });
  const row = (tunnelId: string) => {
    const found = tunnels.list().find((each) => each.id === tunnelId);
    if (found === undefined) throw new Error(`no tunnel ${tunnelId}`);
    return found;
  };
  let count = 0;
  return {
    tunnels,
    file: () => file,
    links,
    ask(hostId) {
      asked = [{ hostId }];
      tell();
    },
    answer() {
      asked = [];
      tell();
    },
    async add(input = {}) {
      count += 1;
      const made = await tunnels.add({
        kind: "local",
        name: `tunnel ${count}`,
        hostId: "host-1",
        localPort: 0,
        autoStart: false,
        target: { kind: "tcp", host: "127.0.0.1", port: 1 },
        probe: { kind: "http", path: "/health" },
        bind: "127.0.0.1",
        exposed: false,
        ...input,
      });
      return { tunnelId: made.tunnelId, localPort: made.localPort ?? 0 };
    },
    addRemote(target, input = {}) {
      count += 1;
      return tunnels.add({
        kind: "remote",
        name: `tunnel ${count}`,
        hostId: "host-1",
        autoStart: false,
        listen: { kind: "tcp", bind: "127.0.0.1", port: 0 },
        target,
        probe: { kind: "http", path: "/health" },
        exposed: false,
        ...input,
      });
    },
    row,
    light: (tunnelId) => row(tunnelId).state.light,
    async turns(tunnelId, light, timeoutMs = 5_000) {
      const began = performance.now();
      try {
        await until(() => row(tunnelId).state.light === light, { timeoutMs });
      } catch (error) {
        throw new Error(`not ${light} in ${timeoutMs} ms: ${JSON.stringify(row(tunnelId))}`, { cause: error });
      }
      return performance.now() - began;
    },
    async close() {
      await tunnels.dispose();
      await Promise.all([...links.values()].map((link) => link.dispose()));
    },
  };
}

export type MovableLink = HostLink & { become(state: LinkState): void; woken: number; asked: number };

/** A link of this machine whose state a test sets as it likes; what listens for others ends when it is not online. */
export function movableLink(): MovableLink {
  const real = createLocalLink({ hostId: "host-1", env: process.env, clock: systemClock() });
  const listeners = new Set<(state: LinkState) => void>();
  const open = new Set<RemoteListener>();
  let state: LinkState = { phase: "online", since: 0 };
  return {
    ...real,
    woken: 0,
    asked: 0,
    state: () => state,
    onState(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    become(next) {
      state = next;
      if (next.phase !== "online") for (const listener of open) void listener.close();
      for (const listener of listeners) listener(next);
    },
    async listenRemote(...args) {
      const listener = await real.listenRemote(...args);
      open.add(listener);
      return listener;
    },
    async ready() {
      this.asked += 1;
    },
    wake() {
      this.woken += 1;
    },
  };
}

/** The port of this machine that a tunnel has; 0 for one that has none. */
export function localPortOf(tunnel: TunnelInput | undefined): number {
  return tunnel === undefined || tunnel.kind === "remote" ? 0 : tunnel.localPort;
}

export interface FarService {
  port: number;
  server: Server;
  stop(): Promise<void>;
}

/** An HTTP server on the loopback interface that answers its path; `port` to come back where it was. */
export async function farService(port = 0, status: () => number = () => 200): Promise<FarService> {
  const server = createServer((request, response) => {
    response.statusCode = status();
    response.end(`you asked for ${request.url}`);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const address = server.address() as { port: number };
  return {
    port: address.port,
    server,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The same in a process of its own, which can be stopped and continued. */
export async function farProcess(): Promise<{ port: number; child: ChildProcess; stop(): Promise<void> }> {
  const program = `require("node:http").createServer((q, r) => r.end("you asked for " + q.url))
    .listen(0, "127.0.0.1", function () { console.log(this.address().port); });`;
  const child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  const port = await new Promise<number>((resolve) => child.stdout.once("data", (data) => resolve(Number(data))));
  return {
    port,
    child,
    stop: () =>
      new Promise((resolve) => {
        child.once("exit", () => resolve());
        child.kill("SIGKILL");
      }),
  };
}

export interface Asked {
  /** The body, or what went wrong. */
  said: string;
  ok: boolean;
  ms: number;
}

/** One GET through a local port; never rejects, and gives up after `limitMs`. */
export function ask(port: number, path = "/", limitMs = 30_000): Promise<Asked> {
  const began = performance.now();
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    let text = "";
    const done = (ok: boolean, said: string) => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ ok, said, ms: performance.now() - began });
    };
    const timer = setTimeout(() => done(false, "no answer"), limitMs);
    socket.on("connect", () => socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`));
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    socket.on("end", () => done(text.startsWith("HTTP/1.1 200"), text.split("\r\n\r\n")[1] ?? ""));
    socket.on("error", (error: NodeJS.ErrnoException) => done(false, error.code ?? error.message));
  });
}

/** A plain connection to a local port, open. */
export function dial(port: number, host = "127.0.0.1"): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, allowHalfOpen: true });
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.off("error", reject);
      socket.on("error", () => {});
      resolve(socket);
    });
  });
}

/**
 * Asks again and again, one request after the other, noting how long each hung and which lights a person could see while
 * it had hung for more than five seconds.
 */
export function keepAsking(lab: TunnelLab, tunnelId: string, port: number) {
  const asked: { ok: boolean; ms: number; lights: string[] }[] = [];
  let going = true;
  const done = (async () => {
    while (going) {
      const lights = new Set<string>();
      const began = performance.now();
      const watch = setInterval(() => performance.now() - began > 5_000 && lights.add(lab.light(tunnelId)), 100);
      const { ok, ms } = await ask(port, "/", 60_000);
      clearInterval(watch);
      asked.push({ ok, ms, lights: [...lights] });
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  })();
  return {
    async stop() {
      going = false;
      await done;
      return asked;
    },
  };
}

/** Every light that a tunnel showed, and after how many seconds. */
export function watchLights(lab: TunnelLab, tunnelId: string) {
  const began = performance.now();
  const seen: { at: number; light: TunnelState["light"]; why: string | null }[] = [];
  const look = () => {
    const { state } = lab.row(tunnelId);
    const why = "why" in state ? (state.why?.code ?? null) : null;
    const last = seen.at(-1);
    if (last?.light === state.light && last.why === why) return;
    seen.push({ at: (performance.now() - began) / 1000, light: state.light, why });
  };
  look();
  const timer = setInterval(look, 25);
  return {
    seen,
    stop: () => clearInterval(timer),
    /** `0.0 healthy, 2.3 degraded (PROBE_SLOW), …` */
    line: () =>
      seen.map(({ at, light, why }) => `${at.toFixed(1)} ${light}${why === null ? "" : ` (${why})`}`).join(", "),
  };
}
