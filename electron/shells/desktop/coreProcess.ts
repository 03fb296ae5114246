import { join } from "node:path";
import { type MessagePortMain, utilityProcess } from "electron";
import type { NotebookWindows } from "../../core/ports.ts";
import { type CoreMessage, coreMessage, type MainMessage, type StartMessage } from "../utility/messages.ts";
import { createForks } from "./forks.ts";

export interface CoreProcessOptions {
  /** Folder of the built program. */
  built: string;
  env: Record<string, string>;
  start: Omit<StartMessage, "type">;
  notify(title: string, body: string): void;
  badge(count: number): void;
  openLink(url: string): void;
  notebooks: NotebookWindows;
  /** It ended unexpectedly: the ports to it are dead. */
  lost(): void;
  /** A new one was started in its place. */
  restarted(): void;
  /** It won't start, or ends again and again. `reason` is null in the second case. */
  gaveUp(reason: string | null): void;
}

export interface CoreProcess {
  /** Hands a window's port over. */
  connect(port: MessagePortMain, userAgent: string): void;
  wake(): void;
  /** Asks politely, kills after a while; settles when it is gone. */
  stop(): Promise<void>;
}

/** Restarts that are tried within `RESTART_WINDOW_MS`. */
const RESTART_LIMIT = 3;
const RESTART_WINDOW_MS = 60_000;
const STOP_MS = 8_000;

/** Keeps the core's process running. A new one starts from the files: what was under way is in its journal, not here. */
export function createCoreProcess(options: CoreProcessOptions): CoreProcess {
  const module = join(options.built, "core.mjs");
  const programs = new Set([join(options.built, "inference-server.mjs")]);
  let stopping: (() => void) | null = null;
  let failed = false;
  let restarts: number[] = [];
  let current = launch();

  function launch() {
    const child = utilityProcess.fork(module, [], {
      env: options.env,
      stdio: ["ignore", "inherit", "inherit"],
      serviceName: "Gatehouse core",
    });
    const say = (message: MainMessage, ports: MessagePortMain[] = []) => child.postMessage(message, ports);
    const forks = createForks(programs, say);
    child.on("message", (data) => {
      const parsed = coreMessage.safeParse(data);
      if (parsed.success) handle(parsed.data, forks);
    });
    child.once("exit", () => {
      forks.stopAll();
      ended();
    });
    say({ type: "start", ...options.start });
    return { child, say };
  }

  function handle(message: CoreMessage, forks: ReturnType<typeof createForks>): void {
    switch (message.type) {
      case "ready":
        break;
      case "failed":
        failed = true;
        options.gaveUp(message.reason);
        break;
      case "notify":
        options.notify(message.title, message.body);
        break;
      case "badge":
        options.badge(message.count);
        break;
      case "open":
        options.openLink(message.url);
        break;
      case "notebook":
        options.notebooks.open(message.id, message.title, message.url);
        break;
      case "notebook-close":
        options.notebooks.close(message.id);
        break;
      case "fork":
      case "fork-stop":
      case "taken":
        forks.handle(message);
    }
  }

  function ended(): void {
    stopping?.();
    if (stopping !== null || failed) return;
    options.lost();
    options.badge(0);
    const now = performance.now();
    restarts = [...restarts.filter((at) => now - at < RESTART_WINDOW_MS), now];
    if (restarts.length > RESTART_LIMIT) {
      options.gaveUp(null);
    } else {
      current = launch();
      options.restarted();
    }
  }

  return {
    connect: (port, userAgent) => current.say({ type: "client", userAgent }, [port]),
    wake: () => current.say({ type: "wake" }),
    stop() {
      if (current.child.pid === undefined) return Promise.resolve();
      return new Promise((resolve) => {
        const timer = setTimeout(() => current.child.kill(), STOP_MS);
        stopping = () => {
          clearTimeout(timer);
          resolve();
        };
        if (failed) current.child.kill();
        else current.say({ type: "stop" });
      });
    },
  };
}
