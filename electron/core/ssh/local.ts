import { spawn } from "node:child_process";
import { connect, createServer, type NetConnectOpts } from "node:net";
import { Failure, reasonOf } from "../failure.ts";
import type { ByteStream, Cancellable, Clock } from "../ports.ts";
import { remoteName } from "./connection/remoteListeners.ts";
import { goOn, type Program, runToEnd } from "./run.ts";
import type { HostLink, LinkState, RemoteAddress, RemoteCaller, RemoteListener } from "./types.ts";

export interface LocalLinkDeps {
  hostId: string;
  /** The environment of the programs that are run, to which `LC_ALL=C` is added. */
  env: Readonly<Record<string, string | undefined>>;
  clock: Clock;
}

const connectMs = 10_000;

/** This very machine as a host: no SSH, no shell. Always online until it is disconnected. */
export function createLocalLink({ hostId, env, clock }: LocalLinkDeps): HostLink {
  const listeners = new Set<(state: LinkState) => void>();
  const running = new Set<() => void>();
  let disposed = false;
  let state: LinkState = { phase: "online", since: clock.now() };

  function set(next: LinkState): void {
    state = next;
    for (const listener of [...listeners]) listener(next);
  }

  function mustBeOnline(signal: AbortSignal | undefined): void {
    if (disposed || state.phase !== "online") throw new Failure("HOST_OFFLINE", { reason: "disconnected" });
    if (signal?.aborted) throw new Failure("CANCELLED");
  }

  function start(argv: readonly string[], signal: AbortSignal | undefined): Program {
    mustBeOnline(signal);
    const program = localProgram(argv, env, clock);
    running.add(program.stop);
    const gone = () => running.delete(program.stop);
    program.ended.then(gone, gone);
    return program;
  }

  function goOffline(): void {
    for (const stop of [...running]) stop();
    if (state.phase === "offline") return;
    set({
      phase: "offline",
      since: clock.now(),
      reason: { code: "HOST_OFFLINE", details: { reason: "disconnected" } },
    });
  }

  async function open(options: NetConnectOpts, to: string, kind: string, signal?: AbortSignal): Promise<ByteStream> {
    mustBeOnline(signal);
    const stream = await openLocal(options, { to, kind, clock, signal });
    running.add(stop);
    stream.once("close", () => running.delete(stop));
    function stop(): void {
      stream.destroy();
    }
    return stream;
  }

  return {
    hostId,
    kind: "local",
    state: () => state,
    onState(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async ready({ signal } = {}) {
      if (disposed) throw new Failure("HOST_OFFLINE", { reason: "disposed" });
      if (signal?.aborted) throw new Failure("CANCELLED");
      if (state.phase !== "online") set({ phase: "online", since: clock.now() });
    },
    async exec(argv, options = {}) {
      return await runToEnd(start(argv, options.signal), argv[0] ?? "", options, clock);
    },
    async spawn(argv, options = {}) {
      return goOn(start(argv, options.signal), options.signal, clock);
    },
    openUnix: (path, options = {}) => open({ path }, path, "unix", options.signal),
    openTcp: (host, port, options = {}) =>
      open({ host, port, noDelay: true }, `${host}:${port}`, "tcp", options.signal),
    async listenRemote(at, onCaller, { signal } = {}) {
      mustBeOnline(signal);
      const listener = await listenHere(at, onCaller);
      const stop = () => void listener.close();
      running.add(stop);
      return {
        port: listener.port,
        close() {
          running.delete(stop);
          return listener.close();
        },
      };
    },
    async ping({ signal } = {}) {
      mustBeOnline(signal);
    },
    wake() {},
    async disconnect() {
      goOffline();
    },
    async dispose() {
      disposed = true;
      goOffline();
      listeners.clear();
    },
  };
}

function openLocal(
  options: NetConnectOpts,
  { to, kind, clock, signal }: Cancellable & { to: string; kind: string; clock: Clock },
): Promise<ByteStream> {
  return new Promise((resolve, reject) => {
    const socket = connect(options);
    const settle = () => {
      stopTimer();
      signal?.removeEventListener("abort", onAbort);
      socket.off("error", onError);
    };
    const fail = (failure: Failure) => {
      settle();
      socket.on("error", () => {});
      socket.destroy();
      reject(failure);
    };
    const onAbort = () => fail(new Failure("CANCELLED"));
    const onError = (error: Error) =>
      fail(new Failure("CHANNEL_FAILED", { kind, to, reason: errnoOf(error) ?? reasonOf(error) }, { cause: error }));
    const stopTimer = clock.after(connectMs, () =>
      fail(new Failure("TIMED_OUT", { what: `opening ${to}`, ms: connectMs })),
    );
    signal?.addEventListener("abort", onAbort, { once: true });
    socket.once("error", onError);
    socket.once("connect", () => {
      settle();
      resolve(socket);
    });
  });
}

/** The host is this machine: what comes in is handed over as it is. */
function listenHere(at: RemoteAddress, onCaller: (caller: RemoteCaller) => void): Promise<RemoteListener> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    socket.on("error", () => {});
    onCaller({ accept: () => socket, refuse: () => void socket.destroy() });
  });
  return new Promise((resolve, reject) => {
    server.once("error", (error) => {
      const reason = errnoOf(error) ?? reasonOf(error);
      reject(new Failure("REMOTE_LISTEN_REFUSED", { at: remoteName(at), reason }, { cause: error }));
    });
    server.listen(at.kind === "unix" ? { path: at.path } : { host: at.host, port: at.port, exclusive: true }, () => {
      const address = server.address();
      resolve({
        port: at.kind === "tcp" && address !== null && typeof address === "object" ? address.port : null,
        close: () => new Promise((done) => server.close(() => done())),
      });
    });
  });
}

function errnoOf(error: unknown): string | undefined {
  return typeof error === "object" && error !== null && "code" in error ? String(error.code) : undefined;
}

/** A program that can't be started looks as it does over SSH: status 127 or 126 and a line on standard error. */
function localProgram(argv: readonly string[], env: LocalLinkDeps["env"], clock: Clock): Program {
  const [file = "", ...args] = argv;
  // A process group of its own, so that what the program has started can be ended with it. Windows has none, and would
  // open a console window instead.
  const grouped = env.OS !== "Windows_NT";
  const child = spawn(file, args, {
    env: { ...env, LC_ALL: "C" },
    stdio: ["pipe", "pipe", "pipe"],
    detached: grouped,
    windowsHide: true,
  });
  const kill = (signal: NodeJS.Signals) => {
    try {
      if (grouped && child.pid !== undefined) process.kill(-child.pid, signal);
      else child.kill(signal);
    } catch {
      // It has just ended by itself.
    }
  };
  let running = true;
  let cancelKill = () => {};
  let failed: number | null = null;
  child.once("error", (error) => {
    if (child.pid !== undefined) return;
    child.stderr.unshift(Buffer.from(`${file}: ${reasonOf(error)}\n`));
    failed = errnoOf(error) === "ENOENT" ? 127 : 126;
  });
  const ended = new Promise<number | null>((resolve) => {
    child.once("close", (code) => {
      running = false;
      cancelKill();
      resolve(failed ?? code);
    });
  });
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    ended,
    stop() {
      if (!running) return;
      kill("SIGTERM");
      cancelKill();
      cancelKill = clock.after(2000, () => kill("SIGKILL"));
      child.stdin.destroy();
      child.stdout.destroy();
      child.stderr.destroy();
    },
  };
}
