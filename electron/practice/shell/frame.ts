import { posix } from "node:path";
import type { FileSystem } from "./files.ts";
import type { Processes } from "./processes.ts";

export interface Io {
  stdin: AsyncIterable<Uint8Array>;
  /** Resolves when the reader can take more. */
  out(data: string | Uint8Array): Promise<void> | void;
  err(data: string | Uint8Array): Promise<void> | void;
}

/** One run of a program on a simulated machine. */
export interface Call extends Io {
  argv: readonly string[];
  env: Readonly<Record<string, string>>;
  files: FileSystem;
  umask: number;
  pid: number;
  signal: AbortSignal;
  /** Runs another program with the same input and output (`env`, `timeout`, `sudo`). */
  run(argv: readonly string[], env?: Readonly<Record<string, string>>): Promise<number>;
  /** Runs a script as `sh -c` does, with `args` as `$0`, `$1`, … */
  script(text: string, args: readonly string[]): Promise<number>;
}

/** Returns the exit status. */
export type Program = (call: Call) => number | Promise<number>;

export interface Machine {
  programs: ReadonlyMap<string, Program>;
  files: FileSystem;
  /** Environment of a login. */
  env: Readonly<Record<string, string>>;
  /** Of the shell itself; any number where nobody looks. */
  pid?: number;
  /** What runs beside the shells; without it nothing can be put in the background. */
  processes?: Processes;
}

/** No input at all. */
export async function* noInput(): AsyncGenerator<Uint8Array> {}

/** One shell under way. */
export interface Frame {
  machine: Machine;
  variables: Map<string, string>;
  args: readonly string[];
  umask: number;
  status: number;
  io: Io;
  signal: AbortSignal;
  depth: number;
  pid: number;
  lastJob: number | null;
  loops: number;
}

/** `exit N`, unwound to the script's end. */
export class Exit extends Error {
  readonly status: number;
  constructor(status: number) {
    super("exit");
    this.status = status;
  }
}

/** `break` and `continue`, unwound to the loop. */
export class Leave extends Error {
  readonly again: boolean;
  constructor(again: boolean) {
    super("leave");
    this.again = again;
  }
}

/** Bytes that a command substitution, a pipe or a file takes. */
export const maxCaptured = 1_048_576;
const folders = new Set(["/bin", "/usr/bin", "/sbin", "/usr/sbin", "/usr/local/bin"]);

/** The program that `name` stands for on this machine: by its name, or by a path in one of the usual folders. */
export function findProgram(machine: Machine, name: string): Program | undefined {
  if (!name.includes("/")) return machine.programs.get(name);
  return folders.has(posix.dirname(name)) ? machine.programs.get(posix.basename(name)) : undefined;
}

/** Takes what a command prints, as text or as the input of the next. */
export function capture() {
  const chunks: Buffer[] = [];
  let size = 0;
  return {
    out(data: string | Uint8Array) {
      const chunk = Buffer.from(data);
      if (size + chunk.length <= maxCaptured) chunks.push(chunk);
      size += chunk.length;
    },
    text: () => Buffer.concat(chunks).toString("utf8"),
    async *replay(): AsyncGenerator<Uint8Array> {
      yield* chunks;
    },
  };
}
