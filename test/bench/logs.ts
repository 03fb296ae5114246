/** A log on its way from a real engine: beside the command line, here and over `ssh`, and dockerode on the same channel. */
import { type ChildProcess, execFile, fork, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, constants, openSync, writeSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { PassThrough, Writable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import Docker from "dockerode";
import { createFrameReader } from "../../electron/core/docker/frames.ts";
import { createLogBuffer } from "../../electron/core/logs/buffer/index.ts";
import { createMasker } from "../../electron/core/logs/index.ts";
import { createLineAssembler } from "../../electron/core/logs/lines.ts";
import { createTaker } from "../../electron/core/logs/taker.ts";
import { letHeapGrow } from "../../electron/core/node.ts";
import { bundleScript } from "../../scripts/lib/bundleScript.mjs";
import {
  busyboxImage,
  busyboxTag,
  engineCall,
  type LabDockerd,
  type LabSshd,
  mustSkip,
  startDockerd,
  startSshd,
} from "../helpers/lab/index.ts";
import { which } from "../helpers/lab/process.ts";
import { tempFolder } from "../helpers/ports.ts";
import { until } from "../helpers/until.ts";
import { fakeEngine, fakeIds, LINES_PER_SECOND, LOGS, underLoad } from "./logsLoad.ts";
import { type LogsAnswer, type LogsPlace, type LogsWork, openPlace } from "./logsWork.ts";
import type { BenchRow } from "./types.ts";

const run = promisify(execFile);
const runs = 5;
const lines = 300_000;
const liveLines = 60;
const firstLines = 15;

interface Lab {
  dockerd: LabDockerd;
  sshd: LabSshd;
  place: LogsPlace;
  folder: string;
  closers: (() => unknown)[];
}

export async function bench(): Promise<BenchRow[]> {
  if (mustSkip("bench of logs", "sshd", "dockerd", "busybox")) return [];
  // As the process of the core does.
  letHeapGrow();
  const closers: (() => unknown)[] = [];
  try {
    const [dockerd, sshd] = await Promise.all([startDockerd(), startSshd()]);
    closers.push(
      () => dockerd.stop(),
      () => sshd.stop(),
    );
    await busyboxImage(dockerd.socket);
    const folder = tempFolder("gatehouse-bench-logs-");
    closers.push(folder.cleanup);
    const secrets = Array.from({ length: 100 }, () => `hf_${randomBytes(25).toString("base64url")}`);
    const place = { port: sshd.port, user: sshd.user, key: sshd.userKey.file, socket: dockerd.socket, secrets };
    const lab: Lab = { dockerd, sshd, place, folder: folder.path, closers };
    return [
      ...(await throughput(lab)),
      ...(await latency(lab)),
      await pipeline(secrets),
      ...(await load(lab)),
      ...(await realLoad(lab)),
    ];
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

async function throughput(lab: Lab): Promise<BenchRow[]> {
  const { dockerd, sshd, place } = lab;
  const text = `INFO 127.0.0.1:51234 - POST /v1/chat/completions HTTP/1.1 200 OK tokens=512 ${"x".repeat(90)}`;
  const containerId = await start(lab, `awk 'BEGIN { for (i = 0; i < ${lines}; i++) print i " ${text}" }'`);
  await until(async () => !(await inspected(dockerd, containerId)).State.Running, { timeoutMs: 120_000, everyMs: 200 });
  const file = await bundleScript(fileURLToPath(new URL("./logsWork.ts", import.meta.url)));
  const reader = async (kind: LogsWork["kind"]) => {
    const child = fork(file, ["logs"], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    lab.closers.push(() => child.kill("SIGKILL"));
    child.send(place);
    await answer(child);
    return async () => {
      child.send({ kind, containerId, lines } satisfies LogsWork);
      return await answer(child);
    };
  };
  const docker = [
    which("docker") ?? "docker",
    "-H",
    `unix://${dockerd.socket}`,
    "logs",
    "-ft",
    "--tail",
    String(lines),
    containerId,
  ];
  const ssh = [
    ...["ssh", "-F", "/dev/null", "-i", sshd.userKey.file, "-p", String(sshd.port), "-o", "IdentityAgent=none"],
    ...["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "127.0.0.1"],
  ];
  // What is compared is reading: all commands go over one connection that is there already.
  const control = [
    "-o",
    "ControlMaster=auto",
    "-o",
    `ControlPath=${join(lab.folder, "c")}`,
    "-o",
    "ControlPersist=yes",
  ];
  ssh.splice(1, 0, ...control);
  await timed([...ssh, "true"]);
  lab.closers.push(() => timed([...ssh.slice(0, -1), "-O", "exit", "127.0.0.1"]).catch(() => undefined));
  const contenders = {
    ours: await reader("ours"),
    "ours-detected": await reader("ours-detected"),
    "ours-masked": await reader("ours-masked"),
    dockerode: await reader("dockerode"),
    "dockerode-lines": await reader("dockerode-lines"),
    docker: async (): Promise<LogsAnswer> => [await timed(docker), 0],
    ssh: async (): Promise<LogsAnswer> => [await timed([...ssh, ...docker]), 0],
  };
  const took: Record<keyof typeof contenders, LogsAnswer[]> = {
    ...{ ours: [], "ours-detected": [], "ours-masked": [], dockerode: [], "dockerode-lines": [], docker: [], ssh: [] },
  };
  for (let round = 0; round <= runs; round++) {
    for (const [name, read] of Object.entries(contenders) as [keyof typeof contenders, () => Promise<LogsAnswer>][]) {
      const figures = await read();
      if (round > 0) took[name].push(figures);
    }
  }
  const speeds = (name: keyof typeof took) => took[name].map(([wall]) => lines / wall);
  const against = (peerName: string, name: keyof typeof took, goal: number | null): BenchRow => ({
    ...{
      name: `whole log, masked and kept, beside ${peerName}`,
      peerName,
      unit: "k lines/s",
      higherIsBetter: true,
      goal,
    },
    ...{ ours: middle(speeds("ours")), peer: middle(speeds(name)), spread: spreadOf(speeds("ours")) },
  });
  const detected = (peerName: string, name: keyof typeof took): BenchRow => ({
    ...{
      name: `the same with detectors, beside ${peerName}`,
      peerName,
      unit: "k lines/s",
      higherIsBetter: true,
      goal: null,
    },
    ...{ ours: middle(speeds("ours-detected")), peer: middle(speeds(name)), spread: spreadOf(speeds("ours-detected")) },
  });
  const cpu = (name: keyof typeof took) => took[name].map(([, ms]) => ms);
  const work = (what: string, way: keyof typeof took, name: keyof typeof took, goal: number | null): BenchRow => ({
    ...{ name: `${what}, CPU of the client`, peerName: name, unit: "ms", higherIsBetter: false, goal },
    ...{ ours: middle(cpu(way)), peer: middle(cpu(name)), spread: spreadOf(cpu(way)) },
  });
  return [
    against("docker logs -f", "docker", 0.95),
    against("ssh host docker logs -f", "ssh", 1.3),
    against("dockerode", "dockerode", null),
    detected("docker logs -f", "docker"),
    detected("ssh host docker logs -f", "ssh"),
    work("whole log, masked, not kept", "ours-masked", "dockerode", 1 / 0.6),
    work("whole log, masked, judged and kept", "ours", "dockerode", 1 / 0.6),
    work("whole log, masked, judged and kept", "ours", "dockerode-lines", null),
    work("the same with detectors", "ours-detected", "dockerode", null),
  ];
}

async function latency(lab: Lab): Promise<BenchRow[]> {
  const { dockerd } = lab;
  const pipe = join(lab.folder, "pipe");
  await run("mkfifo", [pipe]);
  const containerId = await start(lab, "for i in $(seq 200); do echo $i; done; exec cat /bench/pipe");
  const out = openSync(pipe, "r+");
  lab.closers.push(() => closeSync(out));
  const { link, newRoom } = await openPlace(lab.place);
  lab.closers.push(() => link.dispose());

  const first = { ours: [] as number[], peer: [] as number[] };
  for (let round = 0; round < firstLines; round++) {
    const line = onceSeen();
    const room = newRoom(line.screener);
    let began = performance.now();
    await room.open({ sources: [{ kind: "container", hostId: "host-1", containerId }], tail: 100 });
    await line.seen;
    first.ours.push(performance.now() - began);
    await room.dispose();
    began = performance.now();
    const stream = await link.openUnix(dockerd.socket);
    await new Promise<void>((resolve, reject) => {
      const path = `/containers/${containerId}/json`;
      const asked = request({ createConnection: () => stream, path, headers: { connection: "close" } }, (response) => {
        response.resume();
        response.once("end", () => resolve());
      });
      asked.once("error", reject);
      asked.end();
    });
    first.peer.push(performance.now() - began);
  }

  const room = newRoom();
  const { bufferId } = await room.open({ sources: [{ kind: "container", hostId: "host-1", containerId }], tail: 1 });
  await until(() => room.head(bufferId).next > 0);
  const direct = await followDirectly(dockerd, containerId);
  const live = { ours: [] as number[], peer: [] as number[] };
  for (let round = 0; round < liveLines; round++) {
    const seen = { ours: room.head(bufferId).next, peer: direct.chunks };
    const began = performance.now();
    const arrived = { ours: 0, peer: 0 };
    writeSync(out, `line ${round}\n`);
    while (arrived.ours === 0 || arrived.peer === 0) {
      await setImmediate();
      if (arrived.ours === 0 && room.head(bufferId).next > seen.ours) arrived.ours = performance.now() - began;
      if (arrived.peer === 0 && direct.chunks > seen.peer) arrived.peer = performance.now() - began;
    }
    live.ours.push(arrived.ours);
    live.peer.push(arrived.peer);
  }
  direct.close();
  await room.dispose();
  const row = (name: string, pair: typeof live, peerName: string, atMost: number): BenchRow => ({
    ...{ name, ours: middle(pair.ours), peer: middle(pair.peer), peerName, unit: "ms", higherIsBetter: false },
    ...{ goal: 1 / atMost, spread: spreadOf(pair.ours) },
  });
  return [
    row("first line of the last hundred", first, "a raw API call", 2.5),
    row("a line as it is printed", live, "unix socket", 1.5),
  ];
}

/** Told of the first line that comes to be held. (Asking again and again would take the processor from those who send it.) */
function onceSeen() {
  let tell: () => void = () => {};
  const seen = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const line = (_: unknown, text: string): string => {
    tell();
    return text;
  };
  const screen = { line, places: () => null, isOpen: () => false, detected: new Map(), unchecked: 0 };
  return { seen, screener: { log: () => screen } };
}

function followDirectly(dockerd: LabDockerd, containerId: string): Promise<{ chunks: number; close(): void }> {
  return new Promise((resolve, reject) => {
    const path = `/containers/${containerId}/logs?follow=1&stdout=1&stderr=1&timestamps=1&tail=0`;
    const asked = request({ socketPath: dockerd.socket, path, agent: false }, (response) => {
      const state = { chunks: 0, close: () => asked.destroy() };
      response.on("data", () => {
        state.chunks++;
      });
      response.on("error", () => {});
      resolve(state);
    });
    asked.once("error", reject);
    asked.end();
  });
}

const full = process.env.GATEHOUSE_BENCH_FULL === "1";

async function load({ folder, place, closers }: Lab): Promise<BenchRow[]> {
  const engine = await fakeEngine(folder, place.secrets);
  closers.push(() => engine.close());
  const seconds = full ? 600 : 30;
  const work = { containerIds: fakeIds(), secrets: place.secrets, seconds, held: seconds * 100 };
  return await underLoad(`${LOGS} logs of ${LINES_PER_SECOND} lines/s`, { ...work, socket: engine.socket, over: null });
}

/** The same from containers, over SSH. Each prints what comes through a pipe. */
async function realLoad(lab: Lab): Promise<BenchRow[]> {
  const { place, folder } = lab;
  const containerIds: string[] = [];
  const pipes: number[] = [];
  try {
    for (let at = 0; at < LOGS; at++) {
      await run("mkfifo", [join(folder, `pipe-${at}`)]);
      pipes.push(openSync(join(folder, `pipe-${at}`), constants.O_RDWR | constants.O_NONBLOCK));
      containerIds.push(await start(lab, `exec cat /bench/pipe-${at}`));
    }
    const stop = printInto(pipes);
    const seconds = full ? 60 : 15;
    const work = { containerIds, secrets: place.secrets, seconds, held: seconds * 100, socket: place.socket };
    return await underLoad("the same from containers over SSH", { ...work, over: place }).finally(stop);
  } finally {
    for (const pipe of pipes) closeSync(pipe);
    for (const id of containerIds) await engineCall(place.socket, "DELETE", `/containers/${id}?force=1`);
  }
}

/** Lines at their pace into each of the pipes; returns what stops it. */
function printInto(pipes: readonly number[]): () => void {
  const text = `INFO:     10.0.0.7:51234 - POST /v1/chat/completions HTTP/1.1 200 OK ${"x".repeat(60)}\n`;
  const began = performance.now();
  let printed = 0;
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - began) * LINES_PER_SECOND) / 1_000) - printed;
    printed += due;
    const bytes = Buffer.from(text.repeat(due));
    for (const pipe of pipes) {
      try {
        writeSync(pipe, bytes);
      } catch {
        // The pipe is full: its container is not read at that pace, which the lines that arrive will show.
      }
    }
  }, 20);
  return () => clearInterval(timer);
}

/** Frames that are in memory already, to masked lines. */
async function pipeline(secrets: readonly string[]): Promise<BenchRow> {
  const count = 60_000;
  const chunks = framesInChunks(count, secrets);
  const masker = createMasker();
  for (const [at, secret] of secrets.entries()) masker.register(`SECRET_${at}`, Buffer.from(secret));
  const speeds = { ours: [] as number[], peer: [] as number[] };
  // As warm as the peer is after its first round, which takes ten times as long.
  for (let warm = 0; warm < 10; warm++) throughUs(chunks, masker);
  for (let round = 0; round <= runs; round++) {
    let began = performance.now();
    const held = throughUs(chunks, masker);
    const ours = count / (performance.now() - began);
    began = performance.now();
    const shown = await throughDockerode(chunks, secrets);
    const peer = count / (performance.now() - began);
    if (held !== count || shown !== count) throw new Error(`${held} and ${shown} lines in place of ${count}`);
    if (round === 0) continue;
    speeds.ours.push(ours);
    speeds.peer.push(peer);
  }
  return {
    ...{ name: "frames in memory to masked lines, 100 secrets", unit: "k lines/s", higherIsBetter: true, goal: 10 },
    ...{ ours: middle(speeds.ours), peer: middle(speeds.peer), peerName: "dockerode + replaceAll" },
    spread: spreadOf(speeds.ours),
  };
}

function throughUs(chunks: readonly Buffer[], masker: ReturnType<typeof createMasker>): number {
  const reader = createFrameReader({ tty: false, timestamps: true });
  const assembler = createLineAssembler(
    () => masker.stream({ source: "bench" }),
    () => performance.now(),
  );
  const ring = createLogBuffer({ maxLines: 200_000, maxBytes: 64 * 2 ** 20 });
  const taker = createTaker(ring, null, Date.now);
  for (const chunk of chunks) {
    const batch = assembler.push(reader.push(Buffer.from(chunk)));
    taker.lines(batch, 0, batch.count);
  }
  return ring.next;
}

async function throughDockerode(chunks: readonly Buffer[], secrets: readonly string[]): Promise<number> {
  const source = new PassThrough();
  const held: string[] = [];
  let rest = "";
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      const parts = (rest + chunk.toString()).split("\n");
      rest = parts.pop() ?? "";
      for (let line of parts) {
        for (const secret of secrets) line = line.replaceAll(secret, "***");
        held.push(line);
      }
      done();
    },
  });
  new Docker({ socketPath: "/nonexistent" }).modem.demuxStream(source, sink, sink);
  for (const chunk of chunks) if (!source.write(chunk)) await new Promise((resolve) => source.once("drain", resolve));
  source.end();
  await new Promise((resolve) => source.once("end", resolve));
  await setImmediate();
  return held.length;
}

/** One line a frame, one in two hundred with a secret, cut at 32 KiB. */
function framesInChunks(count: number, secrets: readonly string[]): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 0; at < count; at++) {
    const end = at % 200 === 0 ? `token ${secrets[at % secrets.length]}` : "x".repeat(100);
    const stamp = `2026-11-22T10:00:${String(at % 60).padStart(2, "0")}.${String(at).padStart(9, "0")}Z `;
    const line = Buffer.from(`${stamp}INFO 127.0.0.1:51234 - POST /v1/chat/completions ${at} HTTP/1.1 200 OK ${end}\n`);
    const header = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]);
    header.writeUInt32BE(line.length, 4);
    parts.push(header, line);
  }
  const whole = Buffer.concat(parts);
  const chunks: Buffer[] = [];
  for (let at = 0; at < whole.length; at += 32 * 1024) chunks.push(whole.subarray(at, at + 32 * 1024));
  return chunks;
}

async function start({ dockerd, folder }: Lab, script: string): Promise<string> {
  const made = await engineCall(dockerd.socket, "POST", "/containers/create", {
    Image: busyboxTag,
    Cmd: ["sh", "-c", script],
    HostConfig: { NetworkMode: "none", Binds: [`${folder}:/bench`] },
  });
  const { Id } = JSON.parse(made.body) as { Id: string };
  const { status, body } = await engineCall(dockerd.socket, "POST", `/containers/${Id}/start`);
  if (status !== 204) throw new Error(body);
  return Id;
}

async function inspected(dockerd: LabDockerd, id: string): Promise<{ State: { Running: boolean } }> {
  return JSON.parse((await engineCall(dockerd.socket, "GET", `/containers/${id}/json`)).body);
}

/** Milliseconds until a program has ended, its output thrown away by the system. */
function timed([program = "", ...args]: readonly string[]): Promise<number> {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: "ignore" });
    child.once("error", reject);
    child.once("exit", (code) => {
      if (code === 0) resolve(performance.now() - began);
      else reject(new Error(`${program} ended with ${code}`));
    });
  });
}

function answer(child: ChildProcess): Promise<LogsAnswer> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null) => reject(new Error(`a reader ended with ${code}`));
    child.once("exit", onExit);
    child.once("message", (said: LogsAnswer | { failed: string }) => {
      child.off("exit", onExit);
      if ("failed" in said) reject(new Error(said.failed));
      else resolve(said);
    });
  });
}

function middle(list: readonly number[]): number {
  return [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? 0;
}

function spreadOf(list: readonly number[]): string {
  const digits = (value: number) => (value >= 100 ? Math.round(value) : Number(value.toPrecision(3)));
  return `${digits(Math.min(...list))}–${digits(Math.max(...list))}`;
}
