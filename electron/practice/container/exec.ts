import { z } from "zod";
import { EngineError, type EngineRequest, type Hijacked, type Reply } from "../engine/http.ts";
import { type Route, route } from "../engine/router.ts";
import type { Wording } from "../engine/wording.ts";
import { findProgram, type Io, type Machine, runArgv } from "../shell/run.ts";
import type { Life } from "./life.ts";
import { frame } from "./logs.ts";
import type { Container, ExecRecord } from "./types.ts";

export interface ExecOptions {
  life: Life;
  wording: Wording;
  newId(): string;
  find(name: string): Container;
  containers(): Iterable<Container>;
  inside(container: Container, exec: ExecRecord): Machine;
}

const execBody = z.looseObject({
  Cmd: z.union([z.array(z.string()), z.string()]).nullish(),
  Env: z.array(z.string()).nullish(),
  User: z.string().nullish(),
  Tty: z.boolean().nullish(),
  AttachStdin: z.boolean().nullish(),
  AttachStdout: z.boolean().nullish(),
  AttachStderr: z.boolean().nullish(),
});

const maxExecs = 64;

/** `exec`: programs of the simulated shell, with standard input over the hijacked connection. */
export function execRoutes(options: ExecOptions): Route[] {
  const findExec = (id: string): { container: Container; exec: ExecRecord } => {
    for (const container of options.containers()) {
      const exec = container.execs.get(id);
      if (exec !== undefined) return { container, exec };
    }
    throw new EngineError(404, `No such exec instance: ${id}`);
  };
  return [
    route("POST", "/containers/{}/exec", async (request, reply) => {
      const body = readExecBody(await request.json());
      const container = options.find(request.params[0] ?? "");
      reply.json(201, { Id: createExec(container, body, options) });
    }),
    route("POST", "/exec/{}/start", async (request, reply) => {
      const { container, exec } = findExec(request.params[0] ?? "");
      await startExec(container, exec, request, reply, options);
    }),
    route("POST", "/exec/{}/resize", (request, reply) => {
      findExec(request.params[0] ?? "");
      reply.empty(200);
    }),
    route("GET", "/exec/{}/json", (request, reply) => {
      const { container, exec } = findExec(request.params[0] ?? "");
      reply.json(200, shape(container, exec));
    }),
  ];
}

function requireRunning(container: Container, wording: Wording): void {
  if (container.program === null) throw new EngineError(409, wording.notRunning(container.id));
}

type ExecBody = z.infer<typeof execBody> & { argv: string[] };

function readExecBody(body: unknown): ExecBody {
  const parsed = execBody.safeParse(body);
  if (!parsed.success) throw new EngineError(400, "json: cannot unmarshal value into Go struct field ExecConfig");
  const { Cmd } = parsed.data;
  const argv = typeof Cmd === "string" ? ["/bin/sh", "-c", Cmd] : (Cmd ?? []);
  if (argv.length === 0) throw new EngineError(400, "No exec command specified");
  return { ...parsed.data, argv };
}

function createExec(container: Container, data: ExecBody, options: ExecOptions): string {
  const { argv } = data;
  requireRunning(container, options.wording);
  const exec: ExecRecord = {
    id: options.newId(),
    argv,
    env: data.Env ?? [],
    user: data.User || container.config.User,
    tty: data.Tty ?? false,
    attachStdin: data.AttachStdin ?? false,
    attachStdout: data.AttachStdout ?? false,
    attachStderr: data.AttachStderr ?? false,
    running: false,
    exitCode: null,
    pid: 0,
  };
  container.execs.set(exec.id, exec);
  const [oldest] = container.execs.keys();
  if (container.execs.size > maxExecs && oldest !== undefined) container.execs.delete(oldest);
  options.life.emit(container, `exec_create: ${argv.join(" ")}`, { execID: exec.id });
  return exec.id;
}

async function startExec(
  container: Container,
  exec: ExecRecord,
  request: EngineRequest,
  reply: Reply,
  options: ExecOptions,
): Promise<void> {
  const body = (await request.json()) as { Detach?: boolean } | null;
  requireRunning(container, options.wording);
  if (exec.running) throw new EngineError(409, `exec ${exec.id} is already running`);
  if (exec.exitCode !== null) throw new EngineError(409, `Exec ${exec.id} has already run`);
  exec.running = true;
  exec.pid = 100 + container.execs.size;
  options.life.emit(container, `exec_start: ${exec.argv.join(" ")}`, { execID: exec.id });
  const finish = (code: number) => {
    exec.running = false;
    exec.exitCode = code;
    options.life.emit(container, "exec_die", { execID: exec.id, exitCode: String(code) });
  };
  if (body?.Detach === true) {
    reply.empty(200);
    void runDetached(options.inside(container, exec), exec).then(finish);
    return;
  }
  const multiplexed = !exec.tty && request.api >= 42;
  const wire = reply.hijack(`application/vnd.docker.${multiplexed ? "multiplexed" : "raw"}-stream`);
  finish(await runAttached(options.inside(container, exec), exec, wire, container));
  wire.end();
}

function runDetached(machine: Machine, exec: ExecRecord): Promise<number> {
  const io: Io = { stdin: noBytes(), out: () => {}, err: () => {} };
  return runArgv(machine, exec.argv, io, new AbortController().signal);
}

async function* noBytes(): AsyncGenerator<Uint8Array> {}

/** Ends with the program, with the client, or with the container. */
async function runAttached(machine: Machine, exec: ExecRecord, wire: Hijacked, container: Container): Promise<number> {
  const send = (stream: 1 | 2, wanted: boolean) => (data: string | Uint8Array) => {
    const bytes = Buffer.from(data);
    if (!wanted || bytes.length === 0) return;
    return wire.write(exec.tty ? bytes : frame(stream, bytes));
  };
  const [name = ""] = exec.argv;
  if (findProgram(machine, name) === undefined) {
    const text = `OCI runtime exec failed: exec failed: unable to start container process: exec: "${name}": executable file not found in $PATH: unknown\r\n`;
    await send(1, true)(text);
    return 127;
  }
  const io: Io = {
    stdin: exec.attachStdin ? wire.input : noBytes(),
    out: send(1, exec.attachStdout),
    err: send(2, exec.attachStderr),
  };
  const stop = new AbortController();
  const cancel = () => stop.abort();
  wire.signal.addEventListener("abort", cancel);
  void container.ended.then(cancel, cancel);
  // A program that waits for input must not outlive a container that has gone.
  const gone = new Promise<number>((resolve) => stop.signal.addEventListener("abort", () => resolve(137)));
  return Promise.race([runArgv(machine, exec.argv, io, stop.signal), gone]);
}

function shape(container: Container, exec: ExecRecord): unknown {
  return {
    ID: exec.id,
    Running: exec.running,
    ExitCode: exec.exitCode,
    ProcessConfig: {
      tty: exec.tty,
      entrypoint: exec.argv[0] ?? "",
      arguments: exec.argv.slice(1),
      privileged: false,
      user: exec.user,
    },
    OpenStdin: exec.attachStdin,
    OpenStderr: exec.attachStderr,
    OpenStdout: exec.attachStdout,
    CanRemove: false,
    ContainerID: container.id,
    DetachKeys: "",
    Pid: exec.pid,
  };
}
