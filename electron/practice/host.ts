import { mkdirSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { createEngine, type PracticeEngine } from "./engine/engine.ts";
import type { HostSpec } from "./hostSpecs.ts";
import { createJupyterRoom, type JupyterRoom } from "./jupyter/room.ts";
import { type KeyFile, keepKey } from "./keys.ts";
import { createGpus, type GpuHolder } from "./machine/gpus.ts";
import { hostFiles, hostMachine, operator } from "./machine/machine.ts";
import { createProcesses, type Processes } from "./shell/processes.ts";
import { type Machine, noInput, runCommandLine } from "./shell/run.ts";
import { SlowLine } from "./slowLine.ts";
import { createSshServer, type SshServer } from "./ssh.ts";
import type { PracticeFault, PracticeHost, PracticeOptions } from "./types.ts";

export interface HostOptions extends PracticeOptions {
  spec: HostSpec;
  clientKey: KeyFile;
  keysDir: string;
  runDir: string;
}

const user = "operator";
const socketPaths = new Set(["/var/run/docker.sock", "/run/docker.sock"]);
const slowMs = 400;
const maxConnections = 64;

/** One practice host: its SSH port, its machine, its engine, and what is wrong with it at the moment. */
export class Host {
  readonly info: PracticeHost;
  readonly #options: HostOptions;
  readonly #faults = new Set<PracticeFault>();
  readonly #lines = new Set<Socket>();
  readonly #ssh: Record<"true" | "false", SshServer>;
  readonly #engine: PracticeEngine;
  readonly #jupyter: JupyterRoom;
  readonly #processes: Processes;
  readonly #machine: Machine;
  readonly #cancels = new Set<() => void>();
  #listener: Server | null;
  #linkWork: Promise<void> = Promise.resolve();
  #away = false;
  #disposed = false;

  /** Listens on a loopback port of its own; rejects when that can't be had. */
  static async open(options: HostOptions): Promise<Host> {
    const listener = await listen(0);
    const host = new Host(options, listener);
    await host.#engine.populate(options.spec.residents);
    await host.#startNotebooks();
    host.#scheduleFlap();
    return host;
  }

  private constructor(options: HostOptions, listener: Server) {
    const { spec, clock } = options;
    this.#options = options;
    this.#listener = listener;
    const faults = () => [...this.#faults];
    const sleep = (ms: number, signal: AbortSignal) => this.#sleep(ms, signal);
    const now = () => clock.now();
    let holders: () => readonly GpuHolder[] = () => [];
    const gpus = createGpus({
      specs: spec.gpus,
      driverVersion: spec.driverVersion,
      now,
      holders: () => holders(),
      isLost: (gpu) => this.#faults.has("gpu-lost") && gpu.index === spec.gpus.length - 1,
    });
    const jupyter = createJupyterRoom({ clock, random: options.random, uid: operator.uid, firstPid: 310_000 });
    const processes = createProcesses(309_000);
    const machineOptions = { spec, now, sleep, startedAt: clock.now(), gpus, faults, jupyter, processes };
    this.#jupyter = jupyter;
    this.#processes = processes;
    const files = hostFiles(machineOptions);
    const dir = join(options.runDir, spec.id);
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    this.#engine = createEngine({ ...options, dir, hostFiles: files, gpus, faults, sleep });
    holders = () => this.#engine.gpuHolders();
    const keys = {
      true: keepKey(options.keysDir, `${spec.id}.host`),
      // What the host shows when its key has been changed behind the operator's back.
      false: keepKey(options.keysDir, `${spec.id}.host.other`),
    };
    const machine = hostMachine(machineOptions, files);
    this.#machine = machine;
    const sshOf = (hostKey: KeyFile) =>
      createSshServer({
        hostKey,
        clientKey: options.clientKey,
        user,
        hostName: spec.id,
        machine,
        openUnix: (path, accept) => this.#openUnix(path, accept),
        resolveTcp: (address, port) => this.#resolve(address, port),
      });
    this.#ssh = { true: sshOf(keys.true), false: sshOf(keys.false) };
    const address = listener.address();
    this.info = {
      id: spec.id,
      name: spec.id,
      address: "127.0.0.1",
      port: address !== null && typeof address === "object" ? address.port : 0,
      user,
      keyFile: options.clientKey.path,
      hostKeyFingerprint: keys.true.fingerprint,
      hostKey: keys.true.public,
      note: spec.note,
    };
    this.#serve(listener);
  }

  faults(): readonly PracticeFault[] {
    return [...this.#faults];
  }

  async setFault(fault: PracticeFault, on: boolean): Promise<void> {
    if (this.#disposed || this.#faults.has(fault) === on) return;
    if (on) this.#faults.add(fault);
    else this.#faults.delete(fault);
    if (fault === "link-drop") await this.#updateLink();
    if (fault === "engine-stopped" && on) this.#engine.dropConnections();
  }

  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    // Programs and streams first: one that loops must not find its pauses cut short while it goes on.
    this.#ssh.true.dispose();
    this.#ssh.false.dispose();
    this.#engine.dropConnections();
    await this.#updateLink();
    for (const cancel of [...this.#cancels]) cancel();
    await Promise.all([this.#engine.dispose(), this.#processes.dispose()]);
  }

  #resolve(address: string, port: number): number | null {
    const own = ["127.0.0.1", "localhost", "::1"].includes(address);
    return this.#engine.resolve(address, port) ?? (own ? this.#jupyter.resolve(port, "inside") : null);
  }

  /** As the user of the host started them some time ago. */
  async #startNotebooks(): Promise<void> {
    const silent = { stdin: noInput(), out: () => {}, err: () => {} };
    for (const { program, folder, args } of this.#options.spec.notebooks) {
      const line = `cd ${folder} && { nohup jupyter-${program} ${args.join(" ")} >/dev/null 2>&1 & }`;
      await runCommandLine(this.#machine, line, silent, new AbortController().signal);
    }
  }

  #openUnix(path: string, accept: Parameters<Parameters<typeof createSshServer>[0]["openUnix"]>[1]): boolean {
    if (!socketPaths.has(path) || this.#faults.has("engine-stopped")) return false;
    this.#engine.accept(accept());
    return true;
  }

  #serve(listener: Server): void {
    listener.maxConnections = maxConnections;
    listener.on("connection", (socket) => {
      socket.setNoDelay(true);
      this.#lines.add(socket);
      socket.once("close", () => this.#lines.delete(socket));
      socket.on("error", () => socket.destroy());
      const line = new SlowLine(socket, {
        delayMs: () => (this.#faults.has("link-slow") ? slowMs : 0),
        after: (ms, fn) => this.#options.clock.after(ms, fn),
      });
      line.on("error", () => {});
      this.#ssh[this.#faults.has("host-key-changed") ? "false" : "true"].inject(line);
    });
  }

  /** One after the other: what is wanted may change while a listener is being opened. */
  #updateLink(): Promise<void> {
    this.#linkWork = this.#linkWork.then(() => this.#applyLink());
    return this.#linkWork;
  }

  /** Brings the listener in line with what should be: gone while the link is down, on the same port when it is back. */
  async #applyLink(): Promise<void> {
    const down = this.#disposed || this.#away || this.#faults.has("link-drop");
    if (down) {
      const listener = this.#listener;
      this.#listener = null;
      for (const socket of this.#lines) socket.resetAndDestroy();
      if (listener !== null) await new Promise((resolve) => listener.close(resolve));
      return;
    }
    if (this.#listener !== null) return;
    try {
      const listener = await listen(this.info.port);
      this.#listener = listener;
      this.#serve(listener);
    } catch {
      // Someone else has the port for the moment: try again.
      this.#later(250, () => void this.#updateLink());
    }
  }

  #scheduleFlap(): void {
    const { flaps } = this.#options.spec;
    if (flaps === null || this.#options.steady === true) return;
    this.#later(flaps.everyMs - flaps.forMs, () => {
      this.#away = true;
      void this.#updateLink();
      this.#later(flaps.forMs, () => {
        this.#away = false;
        void this.#updateLink();
        this.#scheduleFlap();
      });
    });
  }

  #later(ms: number, work: () => void): void {
    const cancel = this.#options.clock.after(ms, () => {
      this.#cancels.delete(stop);
      work();
    });
    const stop = () => {
      this.#cancels.delete(stop);
      cancel();
    };
    this.#cancels.add(stop);
  }

  /** Resolves after `ms`, or at once when aborted or disposed. */
  #sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    if (this.#disposed) return new Promise((resolve) => setImmediate(resolve));
    return new Promise((resolve) => {
      const end = () => {
        cancel();
        this.#cancels.delete(end);
        signal.removeEventListener("abort", end);
        resolve();
      };
      const cancel = this.#options.clock.after(ms, end);
      this.#cancels.add(end);
      signal.addEventListener("abort", end, { once: true });
    });
  }
}

function listen(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer({ allowHalfOpen: true });
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      server.on("error", () => {});
      resolve(server);
    });
  });
}
