/** What the bench of tunnels stands on: processes that serve and ask, one sshd, `ssh -L` beside us. */
import { type ChildProcess, fork, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { connect, createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { bundleScript } from "../../scripts/lib/bundleScript.mjs";
import { type LabSshd, startSshd } from "../helpers/lab/index.ts";
import { testLink } from "../helpers/lab/link.ts";
import { openTunnelLab } from "../helpers/tunnelLab.ts";
import { until } from "../helpers/until.ts";
import type { Work } from "./tunnelsWork.ts";

/** ssh2's first choice as well: both sides cipher alike. */
const cipher = "aes128-gcm@openssh.com";

export type Closers = (() => unknown)[];

export interface Worker {
  pid: number;
  do(work: Work): Promise<number[]>;
  stop(): Promise<void>;
}

export interface Rig {
  sshd: LabSshd;
  /** Ports of the far side. */
  far: { bulk: number; http: number };
  /** A process that asks. */
  asker: Worker;
  worker(): Worker;
  /** A tunnel to the far side and `ssh -L` to it, by way of `sshPort`. */
  sideBySide(sshPort: number): Promise<Sides>;
  close(): Promise<void>;
}

export interface Sides {
  link: ReturnType<typeof testLink>["link"];
  ours: { bulk: number; http: number };
  peer: { bulk: number; http: number };
  close(): Promise<void>;
}

export async function openRig(): Promise<Rig> {
  const closers: Closers = [];
  const close = async () => {
    for (const each of closers.splice(0).reverse()) await each();
  };
  try {
    const file = await bundleScript(fileURLToPath(new URL("./tunnelsWork.ts", import.meta.url)));
    const worker = () => {
      const made = startWorker(file);
      closers.push(() => made.stop());
      return made;
    };
    const [bulk = 0, http = 0] = await worker().do({ kind: "serve" });
    const far = { bulk, http };
    const asker = worker();
    const sshd = await startSshd({ config: ["MaxStartups 200:30:300"] });
    closers.push(() => sshd.stop());
    return { sshd, far, asker, worker, sideBySide: (port) => sideBySide(sshd, port, far), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function sideBySide(sshd: LabSshd, sshPort: number, far: Rig["far"]): Promise<Sides> {
  const closers: Closers = [];
  const close = async () => {
    for (const each of closers.splice(0).reverse()) await each();
  };
  try {
    const { link } = testLink({ port: sshPort, user: sshd.user, auth: { kind: "key", path: sshd.userKey.file } });
    const lab = openTunnelLab({ links: { "host-1": link } });
    closers.push(() => lab.close());
    await link.ready();
    const add = async (port: number) => {
      const made = await lab.add({ target: { kind: "tcp", host: "127.0.0.1", port }, probe: { kind: "none" } });
      await lab.turns(made.tunnelId, "healthy");
      return made.localPort;
    };
    const ours = { bulk: await add(far.bulk), http: await add(far.http) };
    const peer = { bulk: await quietPort(), http: await quietPort() };
    const ways = [`${peer.bulk}:127.0.0.1:${far.bulk}`, `${peer.http}:127.0.0.1:${far.http}`];
    closers.push(await startSsh(sshArgs(sshd, sshPort, ways), peer.http));
    return { link, ours, peer, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A free port below those that systems hand out to outgoing connections, which the bench makes thousands of. */
export async function quietPort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 20_000);
    const server = createServer();
    const free = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => resolve(true));
    });
    if (!free) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}

/** Arguments for an `ssh` that only forwards. */
export function sshArgs(sshd: LabSshd, port: number, ways: readonly string[]): string[] {
  return [
    ...["-F", "/dev/null", "-N", "-i", sshd.userKey.file, "-p", String(port), "-c", cipher],
    ...["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR"],
    ...[
      "-o",
      "IdentitiesOnly=yes",
      "-o",
      "IdentityAgent=none",
      "-o",
      "ServerAliveInterval=10",
      "-o",
      "ExitOnForwardFailure=yes",
    ],
    ...ways.flatMap((way) => ["-L", way]),
    `${sshd.user}@127.0.0.1`,
  ];
}

/** Waits until an answer comes through; gives what ends it. */
export async function startSsh(
  args: readonly string[],
  port: number,
  told: (pid: number) => void = () => {},
): Promise<() => Promise<void>> {
  const child = spawn("ssh", [...args], { stdio: ["ignore", "ignore", "inherit"] });
  if (child.pid !== undefined) told(child.pid);
  const stop = () => ended(child, "SIGTERM");
  try {
    await until(() => carries(port), { timeoutMs: 30_000, everyMs: 2, what: "ssh -L carries" });
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
}

function carries(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.once("connect", () => socket.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
    const done = (well: boolean) => {
      socket.destroy();
      resolve(well);
    };
    socket.once("data", () => done(true));
    socket.once("close", () => done(false));
    socket.once("error", () => done(false));
  });
}

function startWorker(file: string): Worker {
  const child = fork(file, { stdio: ["ignore", "inherit", "inherit", "ipc"], execArgv: ["--expose-gc"] });
  return {
    pid: child.pid ?? 0,
    do(work) {
      const said = answer(child);
      child.send(work);
      return said;
    },
    stop: () => ended(child, "SIGKILL"),
  };
}

function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.kill(signal);
  });
}

function answer(child: ChildProcess): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null) => reject(new Error(`a worker ended with ${code}`));
    child.once("exit", onExit);
    child.once("message", (said: number[] | { failed: string }) => {
      child.off("exit", onExit);
      if ("failed" in said) reject(new Error(said.failed));
      else resolve(said);
    });
  });
}
