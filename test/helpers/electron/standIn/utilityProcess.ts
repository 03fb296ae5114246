import { type ChildProcess, fork } from "node:child_process";
import { EventEmitter } from "node:events";
import { isAbsolute } from "node:path";
import type { Readable } from "node:stream";
import type { MessagePort } from "node:worker_threads";
import { detachAll } from "./ports.ts";
import { afterReady } from "./rules.ts";

export type ToChild =
  | { type: "message"; data: unknown; ports: number[] }
  | { type: "port"; id: number; data: unknown }
  | { type: "port-closed"; id: number };
type FromChild = Exclude<ToChild, { type: "message" }> | { type: "message"; data: unknown };

interface ForkOptions {
  env?: Record<string, string>;
  stdio?: ("ignore" | "inherit" | "pipe")[];
  serviceName?: string;
}

let childModule = "";
/** Where the child's side of this file was bundled to. */
export function setChildModule(path: string): void {
  childModule = path;
}

let nextPort = 0;

class UtilityProcess extends EventEmitter {
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  readonly #child: ChildProcess;
  readonly #ports = new Map<number, MessagePort>();

  constructor(module: string, args: readonly string[], options: ForkOptions) {
    super();
    const [stdin, stdout = "inherit", stderr = "inherit"] = options.stdio ?? ["ignore"];
    if (stdin !== "ignore") throw new Error("stdin value other than ignore is not supported.");
    this.#child = fork(module, [...args], {
      env: options.env ?? process.env,
      execArgv: ["--import", childModule],
      stdio: ["ignore", stdout, stderr, "ipc"],
      serialization: "advanced",
    });
    this.stdout = this.#child.stdout;
    this.stderr = this.#child.stderr;
    this.#child.once("spawn", () => this.emit("spawn"));
    this.#child.once("exit", (code) => {
      for (const port of this.#ports.values()) port.close();
      this.emit("exit", code ?? 1);
    });
    this.#child.on("message", (message: FromChild) => this.#receive(message));
    this.#child.on("error", () => undefined);
  }

  get pid(): number | undefined {
    return this.#child.exitCode === null && this.#child.signalCode === null ? this.#child.pid : undefined;
  }

  kill(): boolean {
    return this.#child.kill();
  }

  postMessage(message: unknown, transfer: readonly unknown[] = []): void {
    const data = structuredClone(message);
    const ports = detachAll(transfer).map((port) => this.#bridge(port));
    this.#send({ type: "message", data, ports });
  }

  #bridge(port: MessagePort): number {
    const id = nextPort++;
    this.#ports.set(id, port);
    port.on("message", (data) => this.#send({ type: "port", id, data }));
    port.on("close", () => {
      this.#ports.delete(id);
      this.#send({ type: "port-closed", id });
    });
    return id;
  }

  #send(message: ToChild): void {
    if (this.#child.connected) this.#child.send(message);
  }

  #receive(message: FromChild): void {
    if (message.type === "message") this.emit("message", message.data);
    else if (message.type === "port") this.#ports.get(message.id)?.postMessage(message.data);
    else this.#ports.get(message.id)?.close();
  }
}

export const utilityProcess = {
  fork(module: string, args: readonly string[] = [], options: ForkOptions = {}) {
    afterReady("utilityProcess.fork");
    if (!isAbsolute(module)) throw new Error("the stand-in wants an absolute path of a module");
    return new UtilityProcess(module, args, options);
  },
};
