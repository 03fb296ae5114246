import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { until } from "../until.ts";
import { descendants, freePort, run, stopChild, which } from "./process.ts";

/** Why no sshd can be started here, or `null`. */
export function sshdAvailable(): string | null {
  for (const program of ["sshd", "ssh-keygen"]) {
    if (which(program) === null) return `${program} is not installed (Debian: openssh-server)`;
  }
  return null;
}

/** Why no ssh-agent can be started here, or `null`. */
export function agentAvailable(): string | null {
  return which("ssh-agent") && which("ssh-add") ? null : "ssh-agent is not installed (Debian: openssh-client)";
}

export interface LabKey {
  /** The private key; the public one is beside it with `.pub`. */
  file: string;
  /** `ssh-ed25519 AAAA… comment` */
  publicText: string;
  /** `SHA256:…` */
  fingerprint: string;
}

export interface LabSshd {
  address: string;
  port: number;
  user: string;
  /** Private folder of this server; goes with `stop`. */
  dir: string;
  hostKey: LabKey;
  /** A key without a passphrase that may log in. */
  userKey: LabKey;
  /** Makes a key in `dir`; it may log in when `authorized`. */
  makeKey(name: string, options?: { type?: string; passphrase?: string; authorized?: boolean }): Promise<LabKey>;
  /** Kills the processes that serve connections, so that these break without a goodbye; the server goes on. */
  cutConnections(): void;
  /** The server itself. */
  pid(): number;
  /** Processes of this server: connections and what runs on them. */
  processes(): number[];
  /** Stops the server, makes another host key, and starts it on the same port. */
  changeHostKey(): Promise<void>;
  /** Stops listening and cuts all connections; `start` listens again on the same port. */
  down(): Promise<void>;
  start(): Promise<void>;
  log(): string;
  stop(): Promise<void>;
}

export interface SshdOptions {
  /** Further lines of the configuration; they come first, and sshd takes the first value. */
  config?: readonly string[];
  hostKeyType?: string;
  /** In a network namespace: how a command is run there, and the address to listen on. */
  inside?: { within: readonly string[]; address: string };
}

/** A private OpenSSH server on the loopback interface, for whoever runs the test. */
export async function startSshd(options: SshdOptions = {}): Promise<LabSshd> {
  const dir = mkdtempSync(join(tmpdir(), "gatehouse-sshd-"));
  const port = await freePort();
  const user = userInfo().username;
  const authorized = join(dir, "authorized_keys");
  const logFile = join(dir, "sshd.log");
  const hostKeyFile = join(dir, "host_key");
  writeFileSync(authorized, "", { mode: 0o600 });
  writeFileSync(logFile, "");
  if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });

  const makeKey: LabSshd["makeKey"] = async (
    name,
    { type = "ed25519", passphrase = "", authorized: may = false } = {},
  ) => {
    const key = await generateKey(join(dir, name), type, passphrase);
    if (may) writeFileSync(authorized, `${key.publicText}\n`, { flag: "a" });
    return key;
  };
  let hostKey = await generateKey(hostKeyFile, options.hostKeyType ?? "ed25519", "");
  const userKey = await makeKey("user_key", { authorized: true });
  const configFile = join(dir, "sshd_config");
  writeFileSync(configFile, configuration({ options, port, hostKeyFile, authorized, dir }));

  const { within = [], address = "127.0.0.1" } = options.inside ?? {};
  let child = launch(configFile, logFile, within);
  const start = async () => {
    if (child.exitCode !== null || child.signalCode !== null) child = launch(configFile, logFile, within);
    await listening(logFile, () => child.exitCode);
  };
  const down = async () => {
    kill(descendants(child.pid ?? 0));
    await stopChild(child);
    writeFileSync(logFile, "");
  };
  await start();

  return {
    address,
    port,
    user,
    dir,
    get hostKey() {
      return hostKey;
    },
    userKey,
    makeKey,
    cutConnections: () => kill(descendants(child.pid ?? 0)),
    pid: () => child.pid ?? 0,
    processes: () => descendants(child.pid ?? 0),
    async changeHostKey() {
      await down();
      rmSync(hostKeyFile);
      rmSync(`${hostKeyFile}.pub`);
      hostKey = await generateKey(hostKeyFile, options.hostKeyType ?? "ed25519", "");
      await start();
    },
    down,
    start,
    log: () => readFileSync(logFile, "utf8"),
    async stop() {
      await down();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

function configuration(about: {
  options: SshdOptions;
  port: number;
  hostKeyFile: string;
  authorized: string;
  dir: string;
}): string {
  // Root's password is locked on most systems, and sshd refuses a locked account unless PAM decides.
  const pam = process.getuid?.() === 0 ? "yes" : "no";
  return [
    ...(about.options.config ?? []),
    `Port ${about.port}`,
    `ListenAddress ${about.options.inside?.address ?? "127.0.0.1"}`,
    `HostKey ${about.hostKeyFile}`,
    `PidFile ${join(about.dir, "pid")}`,
    `AuthorizedKeysFile ${about.authorized}`,
    `UsePAM ${pam}`,
    "StrictModes no",
    "PermitRootLogin yes",
    "PasswordAuthentication no",
    "AllowTcpForwarding yes",
    "AllowStreamLocalForwarding yes",
    // Of this one sshd takes the last value.
    ...(about.options.config?.some((line) => /^MaxStartups /i.test(line)) ? [] : ["MaxStartups 100:30:200"]),
    // A bash that sshd starts reads `.bashrc` at its first level only: what is in somebody's must not slow a test down.
    "SetEnv SHLVL=1",
    "LogLevel VERBOSE",
    "PrintMotd no",
    "",
  ].join("\n");
}

function launch(configFile: string, logFile: string, within: readonly string[]) {
  const sshd = which("sshd");
  if (sshd === null) throw new Error("no sshd");
  const [program = sshd, ...args] = [...within, sshd, "-D", "-f", configFile, "-E", logFile];
  return spawn(program, args, { stdio: "ignore" });
}

async function listening(logFile: string, exitCode: () => number | null): Promise<void> {
  await until(
    () => {
      const log = readFileSync(logFile, "utf8");
      if (exitCode() !== null) throw new Error(`sshd ended: ${log}`);
      return log.includes("Server listening on");
    },
    { timeoutMs: 10_000, what: "sshd listens" },
  );
}

async function generateKey(file: string, type: string, passphrase: string): Promise<LabKey> {
  // ssh-keygen would ask, and wait, before it writes over one of that name.
  rmSync(file, { force: true });
  await run(which("ssh-keygen") ?? "ssh-keygen", ["-q", "-t", type, "-N", passphrase, "-C", "lab", "-f", file]);
  const { stdout } = await run("ssh-keygen", ["-l", "-f", `${file}.pub`]);
  return {
    file,
    publicText: readFileSync(`${file}.pub`, "utf8").trim(),
    fingerprint: stdout.split(" ")[1] ?? "",
  };
}

function kill(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {}
  }
}

export interface LabAgent {
  socket: string;
  add(keyFile: string): Promise<void>;
  stop(): Promise<void>;
}

/** A private ssh-agent with an empty ring. */
export async function startAgent(): Promise<LabAgent> {
  const dir = mkdtempSync(join(tmpdir(), "gatehouse-agent-"));
  const socket = join(dir, "agent.sock");
  const child = spawn(which("ssh-agent") ?? "ssh-agent", ["-D", "-a", socket], { stdio: ["ignore", "pipe", "ignore"] });
  await new Promise((resolve) => child.stdout.once("data", resolve));
  return {
    socket,
    async add(keyFile) {
      await run("ssh-add", ["-q", keyFile], { env: { ...process.env, SSH_AUTH_SOCK: socket } });
    },
    async stop() {
      await stopChild(child);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
