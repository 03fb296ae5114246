import { createServer } from "node:net";
import type { Clock, ForkedProgram, Forker } from "../../core/ports.ts";
import { EngineError } from "../engine/http.ts";
import type { Wording } from "../engine/wording.ts";
import { parseScript } from "../shell/parse.ts";
import { findProgram, type Machine, noInput, runArgv } from "../shell/run.ts";
import { ShellSyntaxError } from "../shell/syntax.ts";
import type { PracticeFault } from "../types.ts";
import { environmentOf } from "./inside/inside.ts";
import { type Container, commandOf, type RunningProgram } from "./types.ts";

export interface ServerOptions {
  forker: Forker;
  bundle: string;
  models: string;
  faults: readonly PracticeFault[];
}

const faultSettings: Partial<Record<PracticeFault, string>> = {
  "server-500": "load-500",
  "server-422-echo": "load-422-echo",
  "server-hangs": "never-ready",
  "dies-at-start": "die-at-start",
};

/** A container's environment reaches a process of this very machine: nothing in it may change how that is run. */
const dangerous =
  /^(?:NODE_|LD_|DYLD_|ELECTRON_|VSCODE_|PORT$|HOST$|MODEL_DIR$|FAULT|SECRETS_DIR$|GATEHOUSE_PRACTICE$)/;

/** Starts the reference server as a real process; its output is the container's log. */
export async function startServer(container: Container, options: ServerOptions): Promise<RunningProgram> {
  const port = await freePort();
  const child = options.forker.fork(options.bundle, { env: serverEnvironment(container, port, options) });
  const pumps = Promise.all([pump(child.stdout, 1, container), pump(child.stderr, 2, container)]);
  let killed = false;
  return {
    pid: child.pid ?? 0,
    port,
    argv: commandOf(container.config),
    exited: Promise.all([child.exited, pumps]).then(([code]) => {
      container.logs.flush();
      return killed ? 137 : (code ?? 143);
    }),
    stop(signal) {
      if (signal === "SIGKILL") {
        killed = true;
        killNow(child);
      }
      void child.stop();
    },
  };
}

function killNow(child: ForkedProgram): void {
  try {
    if (child.pid !== undefined) process.kill(child.pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}

/** The child's whole environment: the container's, with paths of `/run/secrets` led to its private folder. */
export function serverEnvironment(
  container: Container,
  port: number,
  options: Pick<ServerOptions, "models" | "faults">,
): Record<string, string> {
  const env: Record<string, string> = {};
  for (const pair of environmentOf(container)) {
    const equals = pair.indexOf("=");
    const name = pair.slice(0, equals);
    const value = pair.slice(equals + 1);
    if (equals <= 0 || dangerous.test(name)) continue;
    env[name] = value.startsWith("/run/secrets/")
      ? `${container.secretsDir}${value.slice("/run/secrets".length)}`
      : value;
  }
  const fault = options.faults.map((each) => faultSettings[each]).find((setting) => setting !== undefined);
  return {
    ...env,
    PORT: String(port),
    HOST: "127.0.0.1",
    MODEL_DIR: options.models,
    SECRETS_DIR: container.secretsDir,
    GATEHOUSE_PRACTICE: "1",
    ...(fault === undefined ? {} : { FAULT: fault }),
  };
}

async function pump(source: AsyncIterable<Uint8Array>, stream: 1 | 2, container: Container): Promise<void> {
  try {
    for await (const chunk of source) container.logs.append(stream, chunk);
  } catch {
    // The pipe broke with the process: what came through is the log.
  }
}

/** A loopback port that nobody listens on now. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = address !== null && typeof address === "object" ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

export interface ShellOptions {
  machine: Machine;
  clock: Clock;
  pid: number;
  wording: Wording;
}

/**
 * A container of a plain image: its command is run by the simulated shell. A script that loops, and `talk`, are
 * played by a talker, which logs a line a second in turns: plain, Cyrillic, coloured, JSON.
 */
export function startShell(container: Container, options: ShellOptions): RunningProgram {
  return startIn(container, options, isTalker(commandOf(container.config)));
}

/** `talks`: its command is not run, it is played by a talker. */
export function startIn(container: Container, options: ShellOptions, talks: boolean): RunningProgram {
  const argv = commandOf(container.config);
  const [program = ""] = argv;
  if (!talks && findProgram(options.machine, program) === undefined) {
    throw new EngineError(
      400,
      options.wording.startFailed(
        `unable to start container process: exec: "${program}": executable file not found in $PATH`,
      ),
    );
  }
  const stopper = new AbortController();
  let signal: "SIGTERM" | "SIGKILL" | null = null;
  const io = {
    stdin: noInput(),
    out: (data: string | Uint8Array) => container.logs.append(1, Buffer.from(data)),
    err: (data: string | Uint8Array) => container.logs.append(2, Buffer.from(data)),
  };
  const work = talks
    ? talk(container, options.clock, stopper.signal)
    : runArgv(options.machine, argv, io, stopper.signal);
  const exited = work.then((code) => {
    container.logs.flush();
    return signal === "SIGKILL" ? 137 : signal === "SIGTERM" ? 143 : code;
  });
  return {
    pid: options.pid,
    port: null,
    argv,
    exited,
    stop(asked) {
      signal = asked;
      stopper.abort();
    },
  };
}

const talkers = new Set(["talk", "top", "httpd"]);

function isTalker(argv: readonly string[]): boolean {
  if (talkers.has(argv[0] ?? "")) return true;
  const script = argv.indexOf("-c");
  if (script < 0) return false;
  try {
    return parseScript(argv[script + 1] ?? "").some(({ pipeline }) =>
      pipeline.some(({ kind }) => kind === "while" || kind === "for"),
    );
  } catch (error) {
    if (error instanceof ShellSyntaxError) return false;
    throw error;
  }
}

const phrases: readonly ((n: number, at: string) => [stream: 1 | 2, text: string])[] = [
  (n) => [1, `tick ${n}: all quiet`],
  (n) => [1, `Запрос ${n} обработан, очередь пуста`],
  (n) => [1, `\u001b[32mINFO\u001b[0m worker ready, batch ${n}`],
  (n, at) => [1, JSON.stringify({ time: at, level: "info", msg: "request served", status: 200, n })],
  (n) => [2, `\u001b[33mWARN\u001b[0m cache miss ratio ${(n % 37) + 3} %`],
  (n, at) => [
    2,
    JSON.stringify({ time: at, level: "error", msg: "temporary failure, will retry", attempt: (n % 3) + 1 }),
  ],
];

function talk(container: Container, clock: Clock, signal: AbortSignal): Promise<number> {
  return new Promise((resolve) => {
    let n = 0;
    let cancel = () => {};
    const say = () => {
      const phrase = phrases[n % phrases.length];
      n += 1;
      if (phrase !== undefined) {
        const [stream, text] = phrase(n, new Date(clock.now()).toISOString());
        container.logs.append(stream, Buffer.from(`${text}\n`));
      }
      cancel = clock.after(1_000, say);
    };
    signal.addEventListener("abort", () => {
      cancel();
      resolve(143);
    });
    say();
  });
}
