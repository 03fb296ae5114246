import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../core/ports.ts";
import type { Events } from "../engine/events.ts";
import { EngineError } from "../engine/http.ts";
import type { Networks } from "../engine/networks.ts";
import type { Wording } from "../engine/wording.ts";
import { identityOf } from "./inside/inside.ts";
import { forgetTmpfs } from "./inside/kernel.ts";
import { probeHealth } from "./inside/nodeProgram.ts";
import { publish } from "./publish.ts";
import type { Container, RunningProgram } from "./types.ts";

export interface LifeOptions {
  events: Events;
  networks: Networks;
  clock: Clock;
  containers: Map<string, Container>;
  hostname: string;
  wording: Wording;
  /** GPUs that the requests stand for, by UUID; throws the engine's error. */
  claimGpus(container: Container): string[];
  run(container: Container): Promise<RunningProgram>;
}

export interface Life {
  start(container: Container): Promise<void>;
  stop(container: Container, graceSeconds: number): Promise<void>;
  kill(container: Container, signal: string): Promise<void>;
  restart(container: Container, graceSeconds: number): Promise<void>;
  remove(container: Container, options: { force: boolean }): Promise<void>;
  emit(container: Container, action: string, more?: Record<string, string>): void;
  dispose(): Promise<void>;
}

/** An empty private folder for a container's `/run/secrets`. */
export function makeSecretsDir(base: string): string {
  return mkdtempSync(join(base, "secrets-"));
}

/** What a tmpfs does when the container stops. */
function clearSecrets(container: Container): void {
  forgetTmpfs(container);
  for (const name of readdirSync(container.secretsDir))
    rmSync(join(container.secretsDir, name), { recursive: true, force: true });
}

/** Starting, stopping and everything that follows from it: addresses, ports, health, restart policy, events. */
export function createLife(options: LifeOptions): Life {
  const { clock, networks, containers } = options;
  const timers = new Map<Container, Set<() => void>>();
  let disposed = false;

  function after(container: Container, ms: number, work: () => void): void {
    const own = timers.get(container) ?? new Set();
    timers.set(container, own);
    const cancel = clock.after(ms, () => {
      own.delete(cancel);
      work();
    });
    own.add(cancel);
  }

  function cancelTimers(container: Container): void {
    for (const cancel of timers.get(container) ?? []) cancel();
    timers.delete(container);
  }

  function emit(container: Container, action: string, more: Record<string, string> = {}): void {
    const attributes = { ...container.config.Labels, image: container.config.Image, name: container.name, ...more };
    options.events.emit({ type: "container", action, id: container.id, attributes });
  }

  /** Whoever waits for an end, or is attached, is told. */
  function ended(container: Container): void {
    container.exits += 1;
    for (const tell of container.changed) tell();
  }

  async function start(container: Container): Promise<void> {
    container.stopAsked = false;
    try {
      await launch(container);
    } catch (error) {
      release(container);
      container.state.error = error instanceof Error ? error.message : "failed";
      // As runc answers: 127 for a program that is not there.
      container.state.exitCode = container.state.error.includes("executable file not found") ? 127 : 128;
      if (container.hostConfig.AutoRemove) await remove(container, { force: true });
      ended(container);
      throw error;
    }
  }

  async function launch(container: Container): Promise<void> {
    if (identityOf(container.config.User) === null) {
      const name = container.config.User.split(":")[0];
      throw new EngineError(500, `unable to find user ${name}: no matching entries in passwd file`);
    }
    const network = networks.find(container.networkName);
    if (network === undefined) throw new EngineError(404, `network ${container.networkName} not found`);
    container.gpus = options.claimGpus(container);
    if (network.driver === "bridge") container.address = networks.attach(network, container.id);
    if (network.driver === "bridge" && !network.internal) await publish(container, containers.values());
    clearSecrets(container);
    // Settled at the first start where no HostConfig was given.
    container.shownHost.Runtime ??= "runc";
    const program = await options.run(container);
    container.program = program;
    const health = container.config.Healthcheck === null ? null : "starting";
    container.state = { status: "running", exitCode: 0, error: "", startedAt: clock.now(), finishedAt: null, health };
    container.ended = program.exited.then((code) => onExit(container, program, code));
    emit(container, "start");
    if (health !== null) after(container, 250, () => void checkHealth(container, program, 0));
  }

  function onExit(container: Container, program: RunningProgram, code: number): void {
    if (container.program !== program) return;
    container.program = null;
    release(container);
    container.state = { ...container.state, status: "exited", exitCode: code, finishedAt: clock.now(), health: null };
    clearSecrets(container);
    const ran = Math.round((clock.now() - (container.state.startedAt ?? clock.now())) / 1000);
    emit(container, "die", { exitCode: String(code), execDuration: String(ran) });
    ended(container);
    if (disposed) return;
    if (container.hostConfig.AutoRemove) void remove(container, { force: false });
    else revive(container, code);
  }

  /** The restart policy, with the engine's back-off: 100 ms, doubled each time. */
  function revive(container: Container, code: number): void {
    const { Name, MaximumRetryCount } = container.hostConfig.RestartPolicy;
    const wanted =
      Name === "always" ||
      Name === "unless-stopped" ||
      (Name === "on-failure" && code !== 0 && (MaximumRetryCount === 0 || container.restartCount < MaximumRetryCount));
    if (!wanted || container.stopAsked) return;
    container.state.status = "restarting";
    after(container, Math.min(100 * 2 ** container.restartCount, 10_000), () => {
      container.restartCount += 1;
      start(container).catch(() => {
        container.state.status = "exited";
      });
    });
  }

  function release(container: Container): void {
    cancelTimers(container);
    for (const each of container.published) each.close();
    container.published = [];
    networks.detach(container.id);
    container.address = "";
    container.gpus = [];
  }

  async function checkHealth(container: Container, program: RunningProgram, failures: number): Promise<void> {
    const healthy = (await probeHealth(program.port)) === 200;
    if (container.program !== program || disposed) return;
    const before = container.state.health;
    const young = clock.now() - (container.state.startedAt ?? 0) < 30_000;
    const streak = healthy ? 0 : failures + 1;
    container.state.health = healthy ? "healthy" : streak >= 3 && !young ? "unhealthy" : before;
    if (container.state.health !== before) emit(container, `health_status: ${container.state.health}`);
    const next = before === "starting" && !healthy ? 500 : 10_000;
    after(container, next, () => void checkHealth(container, program, streak));
  }

  /** Asks politely, then kills after the grace time. */
  async function end(container: Container, graceSeconds: number): Promise<void> {
    const { program } = container;
    if (program === null) return;
    emit(container, "kill", { signal: "15" });
    program.stop("SIGTERM");
    const cancel = clock.after(graceSeconds * 1000, () => {
      emit(container, "kill", { signal: "9" });
      program.stop("SIGKILL");
    });
    await container.ended;
    cancel();
  }

  async function stop(container: Container, graceSeconds: number): Promise<void> {
    container.stopAsked = true;
    if (container.state.status === "restarting") {
      cancelTimers(container);
      container.state.status = "exited";
    }
    await end(container, graceSeconds);
    emit(container, "stop");
  }

  async function kill(container: Container, signal: string): Promise<void> {
    const name = signal.toUpperCase().replace(/^SIG/, "");
    if (!["", "9", "KILL", "15", "TERM", "2", "INT"].includes(name)) {
      if (!["1", "HUP", "10", "USR1", "12", "USR2", "28", "WINCH"].includes(name)) {
        throw new EngineError(400, `Invalid signal: ${signal}`);
      }
      emit(container, "kill", { signal: name });
      return;
    }
    container.stopAsked = true;
    const hard = ["", "9", "KILL"].includes(name);
    emit(container, "kill", { signal: hard ? "9" : "15" });
    container.program?.stop(hard ? "SIGKILL" : "SIGTERM");
    if (hard) await container.ended;
  }

  async function remove(container: Container, { force }: { force: boolean }): Promise<void> {
    if (container.program !== null || container.state.status === "restarting") {
      if (!force) {
        throw new EngineError(
          409,
          options.wording.cannotRemove({ id: container.id, name: container.name, status: container.state.status }),
        );
      }
      container.stopAsked = true;
      container.program?.stop("SIGKILL");
      await container.ended;
    }
    release(container);
    containers.delete(container.id);
    rmSync(container.secretsDir, { recursive: true, force: true });
    emit(container, "destroy");
    container.removed = true;
    for (const tell of container.changed) tell();
  }

  return {
    start,
    stop,
    kill,
    remove,
    emit,
    async restart(container, graceSeconds) {
      if (container.program !== null) await stop(container, graceSeconds);
      await start(container);
      emit(container, "restart");
    },
    async dispose() {
      disposed = true;
      await Promise.all(
        [...containers.values()].map(async (container) => {
          container.stopAsked = true;
          cancelTimers(container);
          container.program?.stop("SIGTERM");
          await container.ended;
          release(container);
        }),
      );
    },
  };
}
