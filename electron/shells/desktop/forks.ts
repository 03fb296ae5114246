import { utilityProcess } from "electron";
import type { CoreMessage, MainMessage } from "../utility/messages.ts";

type ForkRequest = Extract<CoreMessage, { type: "fork" | "fork-stop" | "taken" }>;

/** Output that may be under way to the core at a time, bytes a stream. */
const CREDIT = 2 ** 20;
/** How long a program may take to end after it was asked to, milliseconds. */
const POLITE_MS = 2_000;

interface Program {
  child: Electron.UtilityProcess;
  credit: { stdout: number; stderr: number };
}

/**
 * Runs programs for the core as utility processes. `allowed` are the bundles of ours that may be run, absolute: the core
 * cannot be talked into starting anything else.
 */
export function createForks(allowed: ReadonlySet<string>, say: (message: MainMessage) => void) {
  const programs = new Map<number, Program>();

  function fork({ id, module, args, env }: Extract<ForkRequest, { type: "fork" }>): void {
    if (!allowed.has(module) || programs.has(id)) {
      say({ type: "exited", id, code: 127 });
      return;
    }
    const child = utilityProcess.fork(module, args, {
      env,
      stdio: ["ignore", "pipe", "pipe"],
      serviceName: "Gatehouse program",
    });
    programs.set(id, { child, credit: { stdout: CREDIT, stderr: CREDIT } });
    child.once("spawn", () => say({ type: "forked", id, pid: child.pid ?? 0 }));
    let open = 2;
    let exit: { code: number } | null = null;
    // The end is told after the last output, so that no line is cut off.
    const settle = () => {
      if (open > 0 || exit === null) return;
      programs.delete(id);
      say({ type: "exited", id, code: exit.code });
    };
    for (const name of ["stdout", "stderr"] as const) {
      pump(id, name, child[name]);
      child[name]?.once("close", () => {
        open -= 1;
        settle();
      });
    }
    child.once("exit", (code) => {
      exit = { code };
      settle();
    });
  }

  function pump(id: number, name: "stdout" | "stderr", source: NodeJS.ReadableStream | null): void {
    source?.on("data", (chunk: Buffer) => {
      const program = programs.get(id);
      if (program === undefined) return;
      say({ type: "output", id, stream: name, chunk: new Uint8Array(chunk) });
      program.credit[name] -= chunk.length;
      if (program.credit[name] <= 0) source.pause();
    });
  }

  function stop(child: Electron.UtilityProcess): void {
    const { pid } = child;
    child.kill();
    const timer = setTimeout(() => pid !== undefined && killHard(pid), POLITE_MS);
    child.once("exit", () => clearTimeout(timer));
  }

  return {
    handle(request: ForkRequest): void {
      const program = programs.get(request.id);
      if (request.type === "fork") fork(request);
      else if (program === undefined) return;
      else if (request.type === "fork-stop") stop(program.child);
      else {
        program.credit[request.stream] += request.bytes;
        if (program.credit[request.stream] > 0) program.child[request.stream]?.resume();
      }
    },
    /** The core is gone: nobody reads them any more. */
    stopAll(): void {
      for (const { child } of programs.values()) stop(child);
      programs.clear();
    },
  };
}

function killHard(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended meanwhile.
  }
}
