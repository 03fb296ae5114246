/** A tunnel beside `ssh -L` with the same cipher, through the same sshd: bulk, requests, and the time until it carries. */
import { type ChildProcess, fork, spawn } from "node:child_process";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import { bundleScript } from "../../scripts/lib/bundleScript.mjs";
import { mustSkip, startSshd } from "../helpers/lab/index.ts";
import { testLink } from "../helpers/lab/link.ts";
import { freePort } from "../helpers/lab/process.ts";
import { openTunnelLab } from "../helpers/tunnelLab.ts";
import { until } from "../helpers/until.ts";
import type { Work } from "./tunnelsWork.ts";
import type { BenchRow } from "./types.ts";

const cipher = "aes128-gcm@openssh.com";
const runs = 5;
const bulkBytes = 256 * 1024 * 1024;
const requestMs = 1500;

export async function bench(): Promise<BenchRow[]> {
  if (mustSkip("bench of tunnels", "sshd")) return [];
  const closers: (() => unknown)[] = [];
  try {
    const file = await bundleScript(fileURLToPath(new URL("./tunnelsWork.ts", import.meta.url)));
    const server = worker(file, "serve", closers);
    const [bulkPort = 0, httpPort = 0] = await answer<number[]>(server);
    const asker = worker(file, "ask", closers);
    const ask = async (work: Work) => {
      asker.send(work);
      return await answer<number[]>(asker);
    };

    const sshd = await startSshd();
    closers.push(() => sshd.stop());
    const auth = { kind: "key", path: sshd.userKey.file } as const;
    const { link } = testLink({ port: sshd.port, user: sshd.user, auth });
    const lab = openTunnelLab({ links: { "host-1": link } });
    closers.push(() => lab.close());
    await link.ready();
    const add = async (port: number) => {
      const made = await lab.add({ target: { kind: "tcp", host: "127.0.0.1", port }, probe: { kind: "none" } });
      await lab.turns(made.tunnelId, "healthy");
      return made.localPort;
    };
    const ours = { bulk: await add(bulkPort), http: await add(httpPort) };
    const peer = { bulk: await freePort(), http: await freePort() };
    const sshArgs = [
      ...["-F", "/dev/null", "-N", "-i", sshd.userKey.file, "-p", String(sshd.port), "-c", cipher],
      ...["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR"],
      ...["-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none"],
    ];
    await startSsh(
      [...sshArgs, "-L", `${peer.bulk}:127.0.0.1:${bulkPort}`, "-L", `${peer.http}:127.0.0.1:${httpPort}`, "127.0.0.1"],
      peer.http,
      closers,
    );

    const rows: BenchRow[] = [];
    for (const [streams, goal] of [
      [1, 0.95],
      [16, 1.2],
      [64, 1.2],
    ] as const) {
      const pair = await paired((port) => ask({ kind: "bulk", port, streams, bytes: bulkBytes }), ours.bulk, peer.bulk);
      rows.push({ ...row(pair, 0), name: `bulk, ${streams} at once`, unit: "MB/s", goal });
    }
    for (const [at, goal] of [
      [1, null],
      [16, 1],
      [64, 1],
    ] as const) {
      const pair = await paired((port) => ask({ kind: "requests", port, at, ms: requestMs }), ours.http, peer.http);
      rows.push({ ...row(pair, 0), name: `requests, ${at} at once`, unit: "req/s", goal });
      const p99 = { ...row(pair, 1), name: `the same, 99th percentile`, unit: "ms", higherIsBetter: false };
      rows.push({ ...p99, goal: goal === null ? null : 1 });
    }
    rows.push(await untilCarrying(sshArgs, sshd, httpPort));
    return rows;
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

/** From nothing to the first bytes of an answer. */
async function untilCarrying(
  sshArgs: readonly string[],
  sshd: Awaited<ReturnType<typeof startSshd>>,
  port: number,
): Promise<BenchRow> {
  const times = { ours: [] as number[], peer: [] as number[] };
  for (let run = 0; run < runs; run += 1) {
    const { link } = testLink({
      port: sshd.port,
      user: sshd.user,
      auth: { kind: "key", path: sshd.userKey.file },
    });
    const lab = openTunnelLab({ links: { "host-1": link } });
    let began = performance.now();
    const { tunnelId } = await lab.add({
      target: { kind: "tcp", host: "127.0.0.1", port },
      probe: { kind: "http", path: "/" },
    });
    lab.tunnels.start(tunnelId);
    await lab.turns(tunnelId, "healthy", 20_000);
    times.ours.push(performance.now() - began);
    await lab.close();

    const local = await freePort();
    const closers: (() => unknown)[] = [];
    began = performance.now();
    await startSsh([...sshArgs, "-L", `${local}:127.0.0.1:${port}`, "127.0.0.1"], local, closers);
    times.peer.push(performance.now() - began);
    for (const close of closers) await close();
  }
  return {
    name: "from a click to healthy",
    ours: middle(times.ours),
    peer: middle(times.peer),
    peerName: "ssh -L",
    unit: "ms",
    higherIsBetter: false,
    goal: 0.83,
    spread: spreadOf(times.ours),
  };
}

/** One after the other, so that both meet the same machine; the first pair warms up. */
async function paired(ask: (port: number) => Promise<number[]>, ours: number, peer: number) {
  const pair = { ours: [] as number[][], peer: [] as number[][] };
  for (let run = 0; run <= runs; run += 1) {
    const [mine, theirs] = [await ask(ours), await ask(peer)];
    if (run === 0) continue;
    pair.ours.push(mine);
    pair.peer.push(theirs);
  }
  return pair;
}

function row(pair: { ours: number[][]; peer: number[][] }, at: number) {
  const pick = (list: number[][]) => list.map((figures) => figures[at] ?? 0);
  return {
    ours: middle(pick(pair.ours)),
    peer: middle(pick(pair.peer)),
    peerName: "ssh -L",
    higherIsBetter: true,
    spread: spreadOf(pick(pair.ours)),
  };
}

function middle(list: readonly number[]): number {
  return [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? 0;
}

function spreadOf(list: readonly number[]): string {
  const digits = (value: number) => (value >= 100 ? Math.round(value) : Number(value.toPrecision(3)));
  return `${digits(Math.min(...list))}–${digits(Math.max(...list))}`;
}

function worker(file: string, job: "serve" | "ask", closers: (() => unknown)[]): ChildProcess {
  const child = fork(file, [job], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  closers.push(() => child.kill("SIGKILL"));
  return child;
}

function answer<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null) => reject(new Error(`a worker ended with ${code}`));
    child.once("exit", onExit);
    child.once("message", (said: T | { failed: string }) => {
      child.off("exit", onExit);
      if (typeof said === "object" && said !== null && "failed" in said) reject(new Error(said.failed));
      else resolve(said as T);
    });
  });
}

/** Waits until an answer comes through. */
async function startSsh(args: readonly string[], port: number, closers: (() => unknown)[]): Promise<void> {
  const child = spawn("ssh", [...args], { stdio: ["ignore", "ignore", "inherit"] });
  closers.push(() => {
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill();
    return gone;
  });
  await until(() => carries(port), { timeoutMs: 20_000, everyMs: 2, what: "ssh -L carries" });
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
