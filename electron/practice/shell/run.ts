import { posix } from "node:path";
import { setImmediate } from "node:timers/promises";
import { expand, expandPattern, expandQuoted, type Scope } from "./expand.ts";
import { FileError, type FileSystem } from "./files.ts";
import { parseScript } from "./parse.ts";
import { glob, matches } from "./patterns.ts";
import type { Processes } from "./processes.ts";
import { type Command, type Redirect, ShellSyntaxError, type Step } from "./syntax.ts";

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

interface Frame {
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
class Exit extends Error {
  readonly status: number;
  constructor(status: number) {
    super("exit");
    this.status = status;
  }
}

/** `break` and `continue`, unwound to the loop. */
class Leave extends Error {
  readonly again: boolean;
  constructor(again: boolean) {
    super("leave");
    this.again = again;
  }
}

const maxCaptured = 1_048_576;
const maxRounds = 100_000;
/** A loop lets others have their turn after so many rounds. */
const breathAfter = 50;
const shellPid = 4242;
const maxDepth = 16;
const folders = new Set(["/bin", "/usr/bin", "/sbin", "/usr/sbin", "/usr/local/bin"]);

/** Runs a command line as sshd hands it to the login shell. Never rejects but for a bug. */
export function runCommandLine(machine: Machine, text: string, io: Io, signal: AbortSignal): Promise<number> {
  return runText(newFrame(machine, io, signal), text);
}

/** Runs a program by its argument list, without a shell between. */
export async function runArgv(machine: Machine, argv: readonly string[], io: Io, signal: AbortSignal): Promise<number> {
  const frame = newFrame(machine, io, signal);
  try {
    return await runProgram(frame, argv, Object.fromEntries(frame.variables), io);
  } catch (error) {
    if (error instanceof Exit) return error.status;
    throw error;
  }
}

/** The program that `name` stands for on this machine: by its name, or by a path in one of the usual folders. */
export function findProgram(machine: Machine, name: string): Program | undefined {
  if (!name.includes("/")) return machine.programs.get(name);
  return folders.has(posix.dirname(name)) ? machine.programs.get(posix.basename(name)) : undefined;
}

function newFrame(machine: Machine, io: Io, signal: AbortSignal): Frame {
  const variables = new Map(Object.entries(machine.env));
  const fresh = {
    args: ["sh"],
    umask: 0o022,
    status: 0,
    depth: 0,
    pid: machine.pid ?? shellPid,
    lastJob: null,
    loops: 0,
  };
  return { machine, variables, io, signal, ...fresh };
}

async function runText(frame: Frame, text: string): Promise<number> {
  let list: Step[];
  try {
    list = parseScript(text);
  } catch (error) {
    if (!(error instanceof ShellSyntaxError)) throw error;
    await frame.io.err(`sh: 1: ${error.message}\n`);
    return 2;
  }
  try {
    return await runList(frame, list);
  } catch (error) {
    if (error instanceof Exit) return error.status;
    throw error;
  }
}

function scopeOf(frame: Frame): Scope {
  return {
    variables: frame.variables,
    args: frame.args,
    status: frame.status,
    pid: frame.pid,
    lastJob: frame.lastJob,
    glob: (pattern) => glob(frame.machine.files, pattern),
    async substitute(list) {
      const captured = capture();
      const variables = new Map(frame.variables);
      try {
        frame.status = await runList({ ...frame, variables, status: 0, io: { ...frame.io, out: captured.out } }, list);
      } catch (error) {
        if (!(error instanceof Exit)) throw error;
        frame.status = error.status;
      }
      return captured.text();
    },
  };
}

async function runList(frame: Frame, list: readonly Step[]): Promise<number> {
  for (const step of list) {
    if (frame.signal.aborted) return 130;
    if (step.join === "&&" && frame.status !== 0) continue;
    if (step.join === "||" && frame.status === 0) continue;
    const status = step.background ? await runBeside(frame, step.pipeline) : await runPipeline(frame, step.pipeline);
    frame.status = step.negated ? Number(status === 0) : status;
  }
  return frame.status;
}

/** Starts a job that outlives this shell. What it fails with is its own. */
async function runBeside(frame: Frame, pipeline: readonly Command[]): Promise<number> {
  const { processes } = frame.machine;
  if (processes === undefined) {
    await frame.io.err("sh: 1: Cannot fork\n");
    return 2;
  }
  frame.lastJob = processes.start(async (pid, signal) => {
    const beside: Frame = { ...frame, variables: new Map(frame.variables), pid, signal, status: 0, loops: 0 };
    await runPipeline(beside, pipeline);
  });
  return 0;
}

/** The parts of a pipeline run one after the other, which is enough for programs that end. */
async function runPipeline(frame: Frame, commands: readonly Command[]): Promise<number> {
  let stdin = frame.io.stdin;
  let status = 0;
  for (const [index, command] of commands.entries()) {
    if (index === commands.length - 1) return runCommand(frame, command, { ...frame.io, stdin });
    const captured = capture();
    status = await runCommand(frame, command, { ...frame.io, stdin, out: captured.out });
    stdin = captured.replay();
  }
  return status;
}

function capture() {
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

async function runCommand(frame: Frame, command: Command, io: Io): Promise<number> {
  const target = await redirect(frame, command.redirects, io);
  if (target === null) return 1;
  const inner: Frame = { ...frame, io: target.io };
  let status: number;
  if (command.kind === "simple") status = await runSimple(frame, command, target.io);
  else if (command.kind === "group") status = await runGroup(frame, inner, command.list);
  else status = await runCompound(frame, inner, command);
  return (await target.finish()) ? status : 1;
}

/** What a list in braces or a loop sets is seen by whoever comes after it. */
function giveBack(frame: Frame, inner: Frame): void {
  frame.lastJob = inner.lastJob;
  frame.args = inner.args;
  frame.umask = inner.umask;
}

async function runGroup(frame: Frame, inner: Frame, list: readonly Step[]): Promise<number> {
  inner.status = 0;
  const status = await runList(inner, list);
  giveBack(frame, inner);
  return status;
}

async function runCompound(
  frame: Frame,
  inner: Frame,
  command: Exclude<Command, { kind: "simple" | "group" }>,
): Promise<number> {
  let status: number;
  if (command.kind === "if") status = await runIf(inner, command);
  else if (command.kind === "case") status = await runCase(inner, command);
  else status = await runLoop(inner, command);
  giveBack(frame, inner);
  return status;
}

async function runCase(frame: Frame, command: Extract<Command, { kind: "case" }>): Promise<number> {
  const value = await expandQuoted(scopeOf(frame), command.word);
  for (const { patterns, body } of command.branches) {
    for (const pattern of patterns) {
      if (!matches(await expandPattern(scopeOf(frame), pattern), value)) continue;
      frame.status = 0;
      return runList(frame, body);
    }
  }
  return 0;
}

async function runLoop(frame: Frame, command: Extract<Command, { kind: "for" | "while" }>): Promise<number> {
  frame.loops += 1;
  const next = await roundsOf(frame, command);
  let status = 0;
  try {
    for (let round = 0; round < maxRounds && !frame.signal.aborted && (await next()); round += 1) {
      if (round % breathAfter === breathAfter - 1) await setImmediate();
      frame.status = 0;
      try {
        status = await runList(frame, command.body);
      } catch (error) {
        if (!(error instanceof Leave)) throw error;
        status = 0;
        if (!error.again) break;
      }
    }
  } finally {
    frame.loops -= 1;
  }
  return frame.signal.aborted ? 130 : status;
}

/** Makes ready for the next round; false when there is none. */
async function roundsOf(frame: Frame, command: Extract<Command, { kind: "for" | "while" }>) {
  if (command.kind === "while") {
    return async () => {
      frame.status = 0;
      return ((await runList(frame, command.test)) === 0) !== command.until;
    };
  }
  const fields: string[] = command.words === null ? frame.args.slice(1) : [];
  for (const word of command.words ?? []) fields.push(...(await expand(scopeOf(frame), word)));
  return async () => {
    const field = fields.shift();
    if (field !== undefined) frame.variables.set(command.name, field);
    return field !== undefined;
  };
}

async function runIf(frame: Frame, command: Extract<Command, { kind: "if" }>): Promise<number> {
  for (const branch of command.branches) {
    frame.status = 0;
    if ((await runList(frame, branch.test)) === 0) {
      frame.status = 0;
      return runList(frame, branch.body);
    }
  }
  frame.status = 0;
  return command.otherwise === null ? 0 : runList(frame, command.otherwise);
}

type Sink = { path: string; append: boolean; chunks: Buffer[]; size: number } | null;

/** Opens what the redirections name. `null` after a message when one of them can't be. */
async function redirect(frame: Frame, redirects: readonly Redirect[], io: Io) {
  const sinks: Exclude<Sink, null>[] = [];
  const current: Io = { ...io };
  for (const { fd, mode, target } of redirects) {
    const path = (await expand(scopeOf(frame), target)).join(" ");
    try {
      if (mode === "duplicate") {
        if (fd === 2 && path === "1") current.err = current.out;
        else if (fd === 1 && path === "2") current.out = current.err;
      } else if (path === "/dev/null") {
        if (mode === "read") current.stdin = noInput();
        else current[fd === 2 ? "err" : "out"] = () => {};
      } else if (mode === "read") {
        const data = frame.machine.files.read(path);
        current.stdin = once(data);
      } else {
        // The file is there, empty, before the program starts, as a shell makes it.
        frame.machine.files.write(path, Buffer.alloc(0), 0o666 & ~frame.umask, mode === "append");
        const sink = { path, append: mode === "append", chunks: [] as Buffer[], size: 0 };
        sinks.push(sink);
        current[fd === 2 ? "err" : "out"] = (data) => {
          const chunk = Buffer.from(data);
          sink.size += chunk.length;
          if (sink.size <= maxCaptured) sink.chunks.push(chunk);
        };
      }
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      const doing = mode === "read" ? "open" : "create";
      await io.err(
        `sh: 1: cannot ${doing} ${path}: ${error.code === "ENOENT" ? "Directory nonexistent" : error.message}\n`,
      );
      return null;
    }
  }
  return { io: current, finish: () => flushSinks(frame, sinks, io) };
}

async function flushSinks(frame: Frame, sinks: readonly Exclude<Sink, null>[], io: Io): Promise<boolean> {
  for (const { path, append, chunks, size } of sinks) {
    try {
      if (size > maxCaptured) throw new FileError("ENOSPC");
      frame.machine.files.write(path, Buffer.concat(chunks), 0o666 & ~frame.umask, append);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      await io.err(`sh: write error: ${error.message}\n`);
      return false;
    }
  }
  return true;
}

async function* once(data: Uint8Array): AsyncGenerator<Uint8Array> {
  yield data;
}

async function runSimple(frame: Frame, command: Extract<Command, { kind: "simple" }>, io: Io): Promise<number> {
  const given: [string, string][] = [];
  for (const { name, value } of command.assignments) given.push([name, await expandQuoted(scopeOf(frame), value)]);
  const argv: string[] = [];
  for (const word of command.words) argv.push(...(await expand(scopeOf(frame), word)));
  if (argv.length === 0) {
    for (const [name, value] of given) frame.variables.set(name, value);
    return 0;
  }
  const built = await runBuiltin(frame, argv, io);
  if (built !== null) return built;
  const rest = argv[0] === "exec" || argv[0] === "command" ? argv.slice(1) : argv;
  return runProgram(frame, rest, { ...Object.fromEntries(frame.variables), ...Object.fromEntries(given) }, io);
}

/** What changes the shell itself. `null` when `argv` is not one of those. */
async function runBuiltin(frame: Frame, argv: readonly string[], io: Io): Promise<number | null> {
  const [name, first] = argv;
  switch (name) {
    case ":":
    case "trap":
      return 0;
    case "set":
      if (first === "--") frame.args = [frame.args[0] ?? "sh", ...argv.slice(2)];
      return 0;
    case "shift":
      frame.args = [frame.args[0] ?? "sh", ...frame.args.slice(2)];
      return 0;
    case "cd": {
      const to = first ?? frame.variables.get("HOME") ?? "/";
      if (frame.machine.files.stat(to)?.type === "directory") {
        frame.variables.set("PWD", to);
        return 0;
      }
      await io.err(`sh: 1: cd: can't cd to ${to}\n`);
      return 2;
    }
    case "break":
    case "continue":
      if (frame.loops > 0) throw new Leave(name === "continue");
      return 0;
    case "exit":
      throw new Exit(first === undefined ? frame.status : Number(first) & 0xff);
    case "umask":
      if (first === undefined) await io.out(`${frame.umask.toString(8).padStart(4, "0")}\n`);
      else frame.umask = Number.parseInt(first, 8);
      return 0;
    case "export":
      for (const pair of argv.slice(1)) {
        const equals = pair.indexOf("=");
        if (equals > 0) frame.variables.set(pair.slice(0, equals), pair.slice(equals + 1));
      }
      return 0;
    case "exec":
      return argv.length === 1 ? 0 : null;
    case "command": {
      if (first !== "-v" && first !== "-V") return null;
      const wanted = argv[2] ?? "";
      if (findProgram(frame.machine, wanted) === undefined) return 127;
      await io.out(wanted.includes("/") ? `${wanted}\n` : `/usr/bin/${wanted}\n`);
      return 0;
    }
    default:
      return null;
  }
}

async function runProgram(
  frame: Frame,
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  io: Io,
): Promise<number> {
  const [name = ""] = argv;
  const program = findProgram(frame.machine, name);
  if (program === undefined) {
    await io.err(`sh: 1: ${name}: not found\n`);
    return 127;
  }
  if (frame.depth >= maxDepth) {
    await io.err(`sh: 1: ${name}: Argument list too long\n`);
    return 126;
  }
  const deeper: Frame = { ...frame, io, variables: new Map(Object.entries(env)), depth: frame.depth + 1, loops: 0 };
  const inner = async (run: (child: Frame) => Promise<number>, child: Frame) => {
    try {
      return await run(child);
    } catch (error) {
      if (error instanceof Exit) return error.status;
      throw error;
    }
  };
  return program({
    ...io,
    argv,
    env,
    files: frame.machine.files,
    umask: frame.umask,
    pid: frame.pid,
    signal: frame.signal,
    run: (list, more = {}) => inner((child) => runProgram(child, list, { ...env, ...more }, io), deeper),
    script: (text, args) => inner((child) => runText(child, text), { ...deeper, args, status: 0 }),
  });
}
