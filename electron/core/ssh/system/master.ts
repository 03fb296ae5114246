import { type ChildProcess, execFile, spawn } from "node:child_process";
import { access, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Failure, reasonOf } from "../../failure.ts";
import type { ByteStream, Cancellable, Clock } from "../../ports.ts";
import type { Carrier, RemoteCommand } from "../carrier.ts";
import { remoteName } from "../connection/remoteListeners.ts";
import { pause } from "../limits.ts";
import type { Program } from "../run.ts";
import type { SshTarget } from "../target.ts";
import type { RemoteAddress, RemoteCaller, RemoteListener } from "../types.ts";
import { masterArguments, throughMaster } from "./arguments.ts";
import { openUnixThrough, runThrough, tcpThrough } from "./channels.ts";
import type { Helper } from "./helper.ts";
import { masterFailure } from "./problems.ts";
import { forwardPath, listenThrough } from "./remote.ts";
import { runConfig } from "./runConfig.ts";
import type { SystemWay } from "./way.ts";

export interface MasterDeps {
  target: SshTarget;
  way: SystemWay;
  /** Who answers what the client asks; its folder is the run's, and goes with the master. */
  helper: Helper;
  /** The one key to be offered; `null` leaves it to the configuration. */
  keyFile: string | null;
  env: Readonly<Record<string, string | undefined>>;
  clock: Clock;
  signal: AbortSignal;
  /** Until a channel is open. */
  channelMs: number;
  /** Told each line of the client's log. */
  onSaid(line: string): void;
}

const pollMs = 30;
const maxSaid = 16 * 1024;

/** A program that is told about once it is there; `OPENSSH_MISSING` when it can't be started. */
export function missing(error: unknown): Failure {
  return new Failure("OPENSSH_MISSING", { what: "ssh", reason: reasonOf(error) }, { cause: error });
}

/**
 * A connection that OpenSSH's client keeps: it logs in with what the library cannot (certificates, security keys), and
 * every channel goes through it over its control socket (ssh(1), `-M -S`).
 */
export async function openMaster(deps: MasterDeps): Promise<Carrier> {
  const { way, target, helper, keyFile, onSaid } = deps;
  const { folder, program } = helper;
  const socket = join(folder, "s");
  const configFile = join(folder, "config");
  const run = { way, target, program, keyFile };
  await writeFile(configFile, runConfig(run), { mode: 0o600 });
  const env = { ...deps.env, LC_ALL: "C", SSH_ASKPASS: program, SSH_ASKPASS_REQUIRE: "force" };
  const stdio: ["ignore", "ignore", "pipe"] = ["ignore", "ignore", "pipe"];
  const child = spawn("ssh", masterArguments(configFile, socket, run), { env, stdio });
  let said = "";
  let rest = "";
  child.stderr.on("data", (chunk: Buffer) => {
    const lines = (rest + chunk.toString("utf8")).split(/\r?\n/);
    rest = (lines.pop() ?? "").slice(-maxSaid);
    for (const line of lines) {
      onSaid(line);
      if (!/^debug\d: /.test(line)) said = `${said}${line}\n`.slice(-maxSaid);
    }
  });
  const master = new Master(child, { ...deps, socket, folder, said: () => said + rest });
  try {
    await master.ready();
    return master;
  } catch (error) {
    master.end();
    throw error;
  }
}

type Running = MasterDeps & { socket: string; folder: string; said: () => string };

class Master implements Carrier {
  readonly closed: Promise<Failure>;
  #child: ChildProcess;
  #deps: Running;
  #gone: Failure | null = null;
  #bytesRead = 0;
  #listeners = new Map<string, string>();
  #forwards = new Map<string, Promise<string>>();

  constructor(child: ChildProcess, deps: Running) {
    this.#child = child;
    this.#deps = deps;
    this.closed = new Promise((resolve) => {
      const over = (failure: Failure) => {
        this.#gone ??= failure;
        void deps.helper.close().then(() => resolve(this.#gone ?? failure));
      };
      child.once("error", (error) => over(missing(error)));
      child.once("close", () => over(masterFailure(deps.said(), deps.target)));
    });
  }

  get gone(): Failure | null {
    return this.#gone;
  }

  get bytesRead(): number {
    return this.#bytesRead;
  }

  /** The socket appears once the client is logged in. */
  async ready(): Promise<void> {
    const { clock, signal, socket } = this.#deps;
    while (!signal.aborted) {
      if (this.#gone) throw this.#gone;
      const there = await access(socket).then(
        () => true,
        () => false,
      );
      if (there && (await this.#call(["-O", "check"]))) return;
      await pause(clock, pollMs, signal);
    }
    throw new Failure("CANCELLED");
  }

  async start(command: RemoteCommand, { signal }: Cancellable): Promise<Program> {
    this.#mustLive(signal);
    return runThrough(command, {
      ...this.#channel(),
      again: (line) => void this.#run(line).catch(() => {}),
    });
  }

  async tcp(host: string, port: number, { signal }: Cancellable = {}): Promise<ByteStream> {
    this.#mustLive(signal);
    return await tcpThrough({ host, port, signal }, this.#channel());
  }

  async unix(path: string, { signal }: Cancellable = {}): Promise<ByteStream> {
    this.#mustLive(signal);
    let local = this.#forwards.get(path);
    if (local === undefined) {
      local = this.#forward(path);
      this.#forwards.set(path, local);
      local.catch(() => this.#forwards.delete(path));
    }
    return await openUnixThrough(await local, { path, signal }, this.#channel());
  }

  async listen(
    at: RemoteAddress,
    onCaller: (caller: RemoteCaller) => void,
    { signal }: Cancellable = {},
  ): Promise<RemoteListener> {
    this.#mustLive(signal);
    // The client forgets no listener, not even one that it was refused: each has one near end for as long as it lives.
    const chosen = at.kind === "unix" || at.port > 0;
    const name = chosen ? remoteName(at) : `any ${this.#listeners.size}`;
    const local = this.#listeners.get(name) ?? join(this.#deps.folder, `r${this.#listeners.size}`);
    this.#listeners.set(name, local);
    return await listenThrough(at, onCaller, { ...this.#channel(), local, signal, closed: this.closed });
  }

  async ping(): Promise<void> {
    await this.#run("true");
    this.#bytesRead += 1;
  }

  end(reason?: Failure): void {
    if (reason) this.#gone ??= reason;
    this.#child.kill("SIGTERM");
    const cancel = this.#deps.clock.after(1_000, () => this.#child.kill("SIGKILL"));
    void this.closed.then(cancel);
  }

  cut(reason: Failure): void {
    this.#gone ??= reason;
    this.#child.kill("SIGKILL");
  }

  #mustLive(signal: AbortSignal | undefined): void {
    if (this.#gone) throw this.#gone;
    if (signal?.aborted) throw new Failure("CANCELLED");
  }

  #channel() {
    const { socket, env, clock, channelMs } = this.#deps;
    return {
      socket,
      env,
      clock,
      channelMs,
      gone: () => this.#gone,
      onBytes: (count: number) => {
        this.#bytesRead += count;
      },
    };
  }

  /**
   * One local socket for each socket of the host: with it a stream costs no process. A forwarding says nothing of whether
   * the far socket can be opened, so that is asked first.
   */
  async #forward(path: string): Promise<string> {
    const quoted = `'${path.replaceAll("'", "'\\''")}'`;
    const fine = await this.#run(`test -S ${quoted} && test -w ${quoted}`);
    if (!fine) throw new Failure("CHANNEL_FAILED", { kind: "unix", to: path, reason: "open failed" });
    const local = join(this.#deps.folder, `u${this.#forwards.size}`);
    if (!(await this.#call(["-O", "forward", "-L", `${forwardPath(local)}:${forwardPath(path)}`]))) {
      throw new Failure("FORWARDING_REFUSED", { kind: "unix", to: path, reason: "the client does not forward it" });
    }
    return local;
  }

  /** A short command on the host; true when it ended well. Rejects when the host does not answer. */
  #run(line: string): Promise<boolean> {
    return this.#exec(throughMaster(this.#deps.socket, "-T", "--", "gatehouse", line), (code) => code !== 255);
  }

  async #call(control: readonly string[]): Promise<boolean> {
    return await this.#exec(throughMaster(this.#deps.socket, ...control, "--", "gatehouse"), () => true);
  }

  #exec(args: readonly string[], answered: (code: number) => boolean): Promise<boolean> {
    const { env, channelMs } = this.#deps;
    return new Promise((resolve, reject) => {
      const child = execFile("ssh", args, { env: { ...env, LC_ALL: "C" }, timeout: channelMs }, (error) => {
        if (error === null) return resolve(true);
        const code = typeof error.code === "number" ? error.code : 255;
        if (answered(code)) resolve(false);
        else reject(this.#gone ?? new Failure("TIMED_OUT", { what: "ssh", ms: channelMs }, { retryable: true }));
      });
      child.stdin?.end();
    });
  }
}
