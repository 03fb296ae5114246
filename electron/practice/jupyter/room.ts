import { posix } from "node:path";
import type { Clock, Random } from "../../core/ports.ts";
import { FileError, type FileSystem, type SeedFile } from "../shell/files.ts";
import { complain, print } from "../shell/io.ts";
import type { Call, Program } from "../shell/run.ts";
import { openServer, type PracticeServer } from "./server.ts";
import { keyOf, runtimeDirOf, type Settings, settingsOf } from "./settings.ts";
import { practiceVersion } from "./site.ts";

export interface RoomOptions {
  clock: Clock;
  random: Random;
  /** Who runs it: what is root needs to be told so. */
  uid: number;
  /** Number of the first process that is started; those of kernels follow. */
  firstPid: number;
}

/** A process as `ps` and the engine's `top` list it. */
export interface Listed {
  pid: number;
  rssKib: number;
  args: string;
}

/** The Jupyter servers of one simulated machine, and what its programs and files tell of them. */
export interface JupyterRoom {
  programs(): [name: string, program: Program][];
  /** What `/proc` shows of them. */
  seeds(): Record<string, SeedFile>;
  /** Loopback port of this machine behind `port`, for somebody on the machine itself or from outside of it. */
  resolve(port: number, from: "inside" | "outside"): number | null;
  processes(): Listed[];
  /** Process ids of the kernels. */
  kernels(): number[];
}

interface Running {
  pid: number;
  argv: readonly string[];
  env: Readonly<Record<string, string>>;
  settings: Settings;
  port: number;
  inode: number;
  server: PracticeServer;
}

const portTries = 50;
const serverKib = 84_212;
const kernelKib = 61_508;

export function createJupyterRoom(options: RoomOptions): JupyterRoom {
  const running = new Set<Running>();
  let lastPid = options.firstPid;
  let lastInode = 81_000;
  const nextPid = () => {
    lastPid += 11;
    return lastPid;
  };

  function freePort(wish: number): number | null {
    const taken = new Set([...running].map(({ port }) => port));
    for (let port = wish; port < wish + portTries; port += 1) if (!taken.has(port)) return port;
    return null;
  }

  /** Runs a server until it is told to end; its own words go to standard error, as Jupyter's do. */
  async function run(call: Call, args: readonly string[]): Promise<number> {
    const settings = settingsOf(args, call.env);
    const key = keyOf(settings, call, options.random);
    if (key === null) return complain(call, "FileNotFoundError: JUPYTER_TOKEN_FILE (simulated)");
    if (options.uid === 0 && !settings.allowRoot) {
      return complain(call, "[C ServerApp] Running as root is not recommended. Use --allow-root to bypass.");
    }
    const port = freePort(settings.port);
    if (port === null)
      return complain(call, "ERROR: the Jupyter server could not be started: no available port found.");
    const ended = new AbortController();
    const signal = AbortSignal.any([call.signal, ended.signal]);
    const { clock, random } = options;
    const site = {
      clock,
      random,
      token: key.value,
      basePath: settings.basePath,
      port,
      nextPid,
      anyName: settings.ip === "0.0.0.0",
    };
    const server = await openServer({ ...site, onShutdown: () => ended.abort() });
    lastInode += 13;
    const one: Running = { pid: call.pid, argv: call.argv, env: call.env, settings, port, inode: lastInode, server };
    running.add(one);
    const file = posix.join(runtimeDirOf(call.env), `jpserver-${call.pid}.json`);
    try {
      writeRuntime(call.files, file, one, key.value);
      await call.err(startWords(one, key.shown));
      await untilAborted(signal);
      return 0;
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      return await complain(call, `PermissionError: ${error.message}: '${posix.dirname(file)}'`);
    } finally {
      running.delete(one);
      if (call.files.stat(file) !== null) call.files.remove(file);
      await server.close();
    }
  }

  async function jupyter(call: Call): Promise<number> {
    const [, command = "", ...rest] = call.argv;
    if (command === "--runtime-dir") return print(call, `${runtimeDirOf(call.env)}\n`);
    if (command === "--version") return print(call, `jupyter_server   : ${practiceVersion} (simulated)\n`);
    if (!["lab", "notebook", "server"].includes(command)) {
      return complain(call, `Jupyter command \`jupyter-${command}\` not found.`);
    }
    return call.run([`jupyter-${command}`, ...rest]);
  }

  async function command(call: Call): Promise<number> {
    const [, first = "", ...rest] = call.argv;
    if (first !== "list") return run(call, call.argv.slice(1));
    const rows = readRuntimes(call.files, runtimeDirOf(call.env));
    if (rest.includes("--jsonlist")) return print(call, `[${rows.join(",")}]\n`);
    if (rest.includes("--json")) return print(call, rows.map((row) => `${row.replaceAll("\n", "")}\n`).join(""));
    return print(call, "Currently running servers:\n");
  }

  const processes = (): Listed[] =>
    [...running].flatMap(({ pid, argv, env, server }) => [
      { pid, rssKib: serverKib, args: `/opt/conda/bin/python3 /opt/conda/bin/${argv.join(" ")}` },
      ...server.kernels().map((kernel) => ({
        pid: kernel.pid,
        rssKib: kernelKib,
        args: `/opt/conda/bin/python3 -m ipykernel_launcher -f ${runtimeDirOf(env)}/kernel-${kernel.id}.json`,
      })),
    ]);

  return {
    programs: () => [
      ["jupyter", jupyter],
      ...["lab", "notebook", "server"].map((name): [string, Program] => [`jupyter-${name}`, command]),
      // What the images of jupyter/docker-stacks start with.
      ["start-notebook.py", (call) => call.run(["jupyter-lab", "--ip=0.0.0.0", ...call.argv.slice(1)])],
      ["ps", (call) => ps(call, processes())],
    ],
    seeds: () => procOf([...running], options.uid),
    resolve(port, from) {
      const one = [...running].find((each) => each.port === port);
      if (one === undefined || (from === "outside" && one.settings.ip === "127.0.0.1")) return null;
      return one.server.realPort;
    },
    processes,
    kernels: () => [...running].flatMap(({ server }) => server.kernels().map(({ pid }) => pid)),
  };
}

function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

function urlOf({ settings, port }: Running): string {
  return `http://${settings.ip === "0.0.0.0" ? "localhost" : settings.ip}:${port}${settings.basePath}`;
}

/** A key that Jupyter made itself stands in its own words; one that it was given does not. */
function startWords(one: Running, shownKey: string): string {
  const at = `${urlOf(one)}lab${shownKey === "" ? "" : `?token=${shownKey}`}`;
  return [
    `[I ServerApp] Serving notebooks from local directory: ${one.settings.folder} (simulated)`,
    `[I ServerApp] Jupyter Server ${practiceVersion} is running at:`,
    `[I ServerApp] ${at}`,
    "",
  ].join("\n");
}

function writeRuntime(files: FileSystem, path: string, one: Running, token: string): void {
  makeFolders(files, posix.dirname(path));
  const { settings, port, pid } = one;
  const about = {
    base_url: settings.basePath,
    hostname: settings.ip === "0.0.0.0" ? "localhost" : settings.ip,
    password: false,
    pid,
    port,
    root_dir: settings.folder,
    secure: false,
    sock: "",
    token,
    url: urlOf(one),
    version: practiceVersion,
  };
  files.write(path, Buffer.from(JSON.stringify(about, null, 2)), 0o600, false);
}

function makeFolders(files: FileSystem, path: string): void {
  if (files.stat(path) !== null) return;
  makeFolders(files, posix.dirname(path));
  files.makeDirectory(path, 0o700);
}

function readRuntimes(files: FileSystem, dir: string): string[] {
  if (files.stat(dir)?.type !== "directory") return [];
  const names = files.list(dir).filter((name) => /^jpserver-\d+\.json$/.test(name));
  return names.map((name) => files.read(posix.join(dir, name)).toString("utf8"));
}

/** `ps -eo pid=,rss=,args=` */
function ps(call: Call, rows: readonly Listed[]): Promise<number> {
  const all = [{ pid: 1, rssKib: 11_380, args: "/sbin/init" }, ...rows];
  return print(call, all.map(({ pid, rssKib, args }) => `${String(pid).padStart(7)} ${rssKib} ${args}\n`).join(""));
}

function procOf(running: readonly Running[], uid: number): Record<string, SeedFile> {
  const file = (content: string, mode = 0o444): SeedFile => ({
    type: "file",
    mode,
    uid,
    gid: uid,
    content: () => content,
  });
  const seeds: Record<string, SeedFile> = { "/proc/self": { type: "directory" } };
  for (const { pid, argv, env, inode } of running) {
    const own = Object.entries(env).map(([name, value]) => `${name}=${value}\0`);
    seeds[`/proc/${pid}/status`] = file(`Name:\t${argv[0]}\nPid:\t${pid}\nUid:\t${uid}\t${uid}\t${uid}\t${uid}\n`);
    seeds[`/proc/${pid}/cmdline`] = file(["/opt/conda/bin/python3", ...argv].map((word) => `${word}\0`).join(""));
    seeds[`/proc/${pid}/environ`] = file(own.join(""), 0o400);
    // As `ls -l` shows the link of an open socket.
    seeds[`/proc/${pid}/fd/6 -> socket:[${inode}]`] = file("", 0o700);
  }
  const head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
  const lines = running.map(({ settings, port, inode }, row) => {
    const address = settings.ip
      .split(".")
      .reverse()
      .map((byte) => hex(Number(byte), 2))
      .join("");
    const rest = `00000000:0000 0A 00000000:00000000 00:00000000 00000000 ${uid} 0 ${inode} 1`;
    return `${String(row).padStart(4)}: ${address}:${hex(port, 4)} ${rest}\n`;
  });
  seeds["/proc/net/tcp"] = file(head + lines.join(""));
  return seeds;
}

function hex(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, "0");
}
