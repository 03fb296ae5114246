import { Readable } from "node:stream";
import type { ForkedProgram, Forker } from "../../core/ports.ts";
import type { CoreMessage, MainMessage } from "./messages.ts";

type ForkMessage = Extract<MainMessage, { type: "forked" | "output" | "ended" | "exited" }>;

export interface RemoteForker {
  forker: Forker;
  /** Takes main's messages about programs. */
  handle(message: ForkMessage): void;
}

interface Running {
  pid: number | undefined;
  stdout: Readable;
  stderr: Readable;
  exited: PromiseWithResolvers<number | null>;
  /** Bytes that came and were not yet asked for by a reader. */
  owed: { stdout: number; stderr: number };
  /** What main has yet to tell: the exit, and the end of both streams. */
  untold: number;
}

/**
 * Starts programs through main: in a packaged app a utility process cannot fork (the fuse `RunAsNode` is off). Output
 * flows by credit, so a program that writes more than is read stops at its pipe, as it does with a direct child.
 */
export function createRemoteForker(say: (message: CoreMessage) => void): RemoteForker {
  const programs = new Map<number, Running>();
  let nextId = 0;

  function outputOf(id: number, stream: "stdout" | "stderr"): Readable {
    return new Readable({ read: () => pay(id, stream) });
  }

  function pay(id: number, stream: "stdout" | "stderr"): void {
    const program = programs.get(id);
    if (program === undefined || program.owed[stream] === 0) return;
    say({ type: "taken", id, stream, bytes: program.owed[stream] });
    program.owed[stream] = 0;
  }

  const forker: Forker = {
    fork(module, options) {
      const id = nextId++;
      const program: Running = {
        pid: undefined,
        stdout: outputOf(id, "stdout"),
        stderr: outputOf(id, "stderr"),
        exited: withResolvers(),
        owed: { stdout: 0, stderr: 0 },
        untold: 3,
      };
      programs.set(id, program);
      say({ type: "fork", id, module, args: [...(options.args ?? [])], env: options.env });
      return {
        get pid() {
          return program.pid;
        },
        stdout: program.stdout,
        stderr: program.stderr,
        exited: program.exited.promise,
        async stop() {
          say({ type: "fork-stop", id });
          await program.exited.promise;
        },
      } satisfies ForkedProgram;
    },
  };

  function told(id: number, program: Running): void {
    program.untold -= 1;
    if (program.untold === 0) programs.delete(id);
  }

  return {
    forker,
    handle(message) {
      const program = programs.get(message.id);
      if (program === undefined) return;
      switch (message.type) {
        case "forked":
          program.pid = message.pid;
          return;
        case "output":
          program.owed[message.stream] += message.chunk.byteLength;
          if (program[message.stream].push(Buffer.from(message.chunk))) pay(message.id, message.stream);
          return;
        case "ended":
          program[message.stream].push(null);
          told(message.id, program);
          return;
        case "exited":
          program.exited.resolve(message.code);
          told(message.id, program);
      }
    },
  };
}

/** `Promise.withResolvers`, which Node 20 has not. */
function withResolvers<T>(): PromiseWithResolvers<T> {
  let resolve!: (value: T | PromiseLike<T>) => void;
  let reject!: (reason?: unknown) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
