import { utilityProcess } from "electron";
import type { CoreMessage, MainMessage } from "../utility/messages.ts";

type ForkRequest = Extract<CoreMessage, { type: "fork" | "fork-stop" | "taken" }>;

/** Output that may be under way to the core at a time, bytes a stream. */
const CREDIT = 2 ** 20;
/** How long a program may take to end after it was asked to, milliseconds. */
const POLITE_MS = 2_000;

const STREAMS = ["stdout", "stderr"] as const;
type StreamName = (typeof STREAMS)[number];

interface Program {
  child: Electron.UtilityProcess;
  credit: { stdout: number; stderr: number };
  /** Asked to end: what goes beyond the credit is thrown away, so that a reader that went does not hold it up. */
  ending: boolean;
  /** What is yet to happen: the exit, and the end of both streams. */
  untold: number;
}

/**
 * Runs programs for the core as utility processes. `allowed` are the bundles of ours that may be run, absolute: the core
 * cannot be talked into starting anything else.
 */
export function createForks(allowed: ReadonlySet<string>, say: (message: MainMessage) => void) {
  const programs = new Map<number, Program>();

  function fork({ id, module, args, env }: Extract<ForkRequest, { type: "fork" }>): void {
    if (!allowed.has(module) || programs.has(id)) {
      for (const stream of STREAMS) say({ type: "ended", id, stream });
      say({ type: "exited", id, code: 127 });
      return;
    }
    const child = utilityProcess.fork(module, args, {
      env,
      stdio: ["ignore", "pipe", "pipe"],
      serviceName: "Gatehouse program",
    });
    const program: Program = { child, credit: { stdout: CREDIT, stderr: CREDIT }, ending: false, untold: 3 };
    programs.set(id, program);
    child.once("spawn", () => say({ type: "forked", id, pid: child.pid ?? 0 }));
    const tell = (message: MainMessage) => {
      say(message);
      program.untold -= 1;
      if (program.untold === 0) programs.delete(id);
    };
    for (const stream of STREAMS) {
      const source = child[stream];
      source?.on("data", (chunk: Buffer) => pass(id, program, stream, chunk));
      source?.once("close", () => tell({ type: "ended", id, stream }));
    }
    child.once("exit", (code) => tell({ type: "exited", id, code }));
  }

  function pass(id: number, program: Program, stream: StreamName, chunk: Buffer): void {
    if (program.ending && program.credit[stream] <= 0) return;
    say({ type: "output", id, stream, chunk: new Uint8Array(chunk) });
    program.credit[stream] -= chunk.length;
    if (program.credit[stream] <= 0 && !program.ending) program.child[stream]?.pause();
  }

  function stop(program: Program): void {
    const { child } = program;
    const { pid } = child;
    program.ending = true;
    for (const stream of STREAMS) child[stream]?.resume();
    if (pid === undefined) return;
    child.kill();
    const timer = setTimeout(() => killHard(pid), POLITE_MS);
    child.once("exit", () => clearTimeout(timer));
  }

  return {
    handle(request: ForkRequest): void {
      const program = programs.get(request.id);
      if (request.type === "fork") fork(request);
      else if (program === undefined) return;
      else if (request.type === "fork-stop") stop(program);
      else {
        program.credit[request.stream] += request.bytes;
        if (program.credit[request.stream] > 0) program.child[request.stream]?.resume();
      }
    },
    /** The core is gone: nobody reads them any more. */
    stopAll(): void {
      for (const program of programs.values()) stop(program);
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
