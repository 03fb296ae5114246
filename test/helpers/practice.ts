import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { nodeForker, systemClock, systemRandom } from "../../electron/core/node.ts";
import {
  type PracticeFleet,
  type PracticeHost,
  type PracticeOptions,
  startPractice,
} from "../../electron/practice/index.ts";
import { tempFolder } from "./ports.ts";
import { until } from "./until.ts";

/** A model server in few lines, for tests that need none of the real one's ways. */
const standIn = `
import { createServer } from "node:http";
const secrets = process.env.SECRETS_DIR;
const fault = process.env.FAULT ?? "";
process.stdout.write("INFO:stand-in: starting\\n");
if (fault === "die-at-start") {
  process.stderr.write("ERROR:stand-in: cannot start\\n");
  process.exit(1);
}
const server = createServer((request, response) => {
  process.stdout.write("INFO:stand-in: " + request.method + " " + request.url + "\\n");
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ path: request.url, secrets, auth: process.env.AUTH_TOKEN_FILE ?? null, fault }));
});
server.listen(Number(process.env.PORT), process.env.HOST, () => process.stdout.write("INFO:stand-in: ready\\n"));
process.on("SIGTERM", () => process.exit(0));
// Its input ends with whoever started it: a test that was killed leaves none behind.
process.stdin.resume().on("end", () => process.exit(0));
`;

export interface TestFleet {
  fleet: PracticeFleet;
  dir: string;
  host(id: "orion" | "vega" | "lyra"): PracticeHost;
  close(): Promise<void>;
}

/** A steady practice fleet whose containers run the stand-in, unless another bundle is given. */
export async function openFleet(options: Partial<PracticeOptions> = {}): Promise<TestFleet> {
  const folder = tempFolder("gatehouse-practice-");
  const standInFile = join(folder.path, "stand-in.mjs");
  writeFileSync(standInFile, standIn);
  const dir = join(folder.path, "fleet");
  const fleet = await startPractice({
    dir,
    forker: nodeForker(),
    serverBundle: standInFile,
    models: fileURLToPath(new URL("../../assets/models", import.meta.url)),
    clock: systemClock(),
    random: systemRandom(),
    steady: true,
    ...options,
  });
  return {
    fleet,
    dir,
    host(id) {
      const found = fleet.hosts.find((host) => host.id === id);
      if (found === undefined) throw new Error(`no practice host ${id}`);
      return found;
    },
    async close() {
      await fleet.dispose();
      folder.cleanup();
    },
  };
}

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a program to its end, at most 30 s. */
export function run(
  program: string,
  args: readonly string[],
  options: { env?: Record<string, string>; input?: string } = {},
): Promise<Ran> {
  return new Promise((resolve) => {
    const env = { PATH: process.env.PATH ?? "", HOME: "/nonexistent", ...options.env };
    const child = execFile(
      program,
      [...args],
      { env, timeout: 30_000, maxBuffer: 8_388_608 },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
        resolve({ code, stdout, stderr });
      },
    );
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(options.input ?? "");
  });
}

/** OpenSSH's options that let it reach a practice host with that host's key and no other configuration. */
export function sshArgs(host: PracticeHost, folder: string): string[] {
  const known = join(folder, `known_hosts.${host.id}`);
  writeFileSync(known, `[${host.address}]:${host.port} ${host.hostKey}\n`);
  const settings = {
    UserKnownHostsFile: known,
    GlobalKnownHostsFile: "/dev/null",
    StrictHostKeyChecking: "yes",
    IdentitiesOnly: "yes",
    IdentityAgent: "none",
    BatchMode: "yes",
    ConnectTimeout: "5",
    LogLevel: "ERROR",
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
  return ["-F", "/dev/null", ...options, "-i", host.keyFile, "-p", String(host.port), "-l", host.user];
}

/** `ssh -L`: the host's engine as a unix socket of this machine. */
export async function forwardEngine(host: PracticeHost, folder: string): Promise<{ socket: string; close(): void }> {
  const socket = join(folder, `${host.id}.sock`);
  rmSync(socket, { force: true });
  const child: ChildProcess = spawn(
    "ssh",
    [...sshArgs(host, folder), "-N", "-L", `${socket}:/var/run/docker.sock`, host.address],
    { stdio: "ignore" },
  );
  await until(() => existsSync(socket), { timeoutMs: 10_000, what: "ssh forwards the engine's socket" });
  return { socket, close: () => void child.kill() };
}
