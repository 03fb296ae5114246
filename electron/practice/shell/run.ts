import { setImmediate } from "node:timers/promises";
import { runBuiltin } from "./builtins.ts";
import { expand, expandPattern, expandQuoted, type Scope } from "./expand.ts";
import { capture, Exit, type Frame, findProgram, type Io, Leave, type Machine } from "./frame.ts";
import { parseScript } from "./parse.ts";
import { glob, matches } from "./patterns.ts";
import { redirect } from "./redirects.ts";
import { type Command, ShellSyntaxError, type Step } from "./syntax.ts";

export { type Call, findProgram, type Io, type Machine, noInput, type Program } from "./frame.ts";

const maxRounds = 100_000;
/** A loop lets others have their turn after so many rounds. */
const breathAfter = 50;
const shellPid = 4242;
const maxDepth = 16;

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

async function runCommand(frame: Frame, command: Command, io: Io): Promise<number> {
  const target = await redirect(frame, scopeOf(frame), command.redirects, io);
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
