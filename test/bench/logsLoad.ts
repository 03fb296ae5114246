/** Twenty logs of 500 lines a second each, for half a minute, or ten with GATEHOUSE_BENCH_FULL: what they cost the core. */
import { type ChildProcess, fork } from "node:child_process";
import { createHash } from "node:crypto";
import { createServer, type ServerResponse } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleScript } from "../../scripts/lib/bundleScript.mjs";
import type { LoadAnswer, LoadWork } from "./logsLoadWork.ts";
import type { BenchRow } from "./types.ts";

export const LOGS = 20;
export const LINES_PER_SECOND = 500;
const TICK_MS = 20;

/** An engine with as many containers as are asked for, each of which prints all the time. Its lines are stamped and framed. */
export async function fakeEngine(folder: string, secrets: readonly string[]) {
  const socket = join(folder, "engine.sock");
  const followers = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "", "http://engine").pathname;
    if (path.endsWith("/version")) response.end(JSON.stringify({ Version: "27.0", ApiVersion: "1.44" }));
    else if (path.endsWith("/json")) response.end(JSON.stringify(detailOf(path.split("/").at(-2) ?? "")));
    else if (path.endsWith("/logs")) {
      response.writeHead(200, { "content-type": "application/vnd.docker.multiplexed-stream" });
      response.flushHeaders();
      followers.add(response);
      response.once("close", () => followers.delete(response));
    } else response.writeHead(404).end("{}");
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  let printed = 0;
  const began = performance.now();
  const timer = setInterval(() => {
    // By the clock: a timer that comes late is made up for.
    const due = Math.floor(((performance.now() - began) * LINES_PER_SECOND) / 1_000);
    const frames: Buffer[] = [];
    for (; printed < due; printed++) frames.push(frameOf(printed, secrets));
    for (const response of followers) {
      response.cork();
      for (const frame of frames) response.write(frame);
      response.uncork();
    }
  }, TICK_MS);
  return {
    socket,
    close() {
      clearInterval(timer);
      for (const response of followers) response.destroy();
      server.close();
    },
  };
}

function detailOf(id: string): object {
  return {
    ...{ Id: id, Name: "/busy", Image: "sha256:0", Created: "2026-11-22T10:00:00Z", Mounts: [] },
    State: { Status: "running", StartedAt: "2026-11-22T10:00:00Z", FinishedAt: "", ExitCode: 0, Pid: 1 },
    Config: { Image: "busy", Tty: false, Env: [], Cmd: [], Labels: {} },
    NetworkSettings: { Networks: {}, Ports: {} },
    HostConfig: { LogConfig: { Type: "json-file" } },
  };
}

function frameOf(n: number, secrets: readonly string[]): Buffer {
  const end = n % 200 === 0 ? `token=${secrets[n % secrets.length]}` : `tokens=${n % 4096} ${"x".repeat(n % 90)}`;
  const text = `INFO:     10.0.0.7:${40_000 + (n % 20_000)} - "POST /v1/chat/completions HTTP/1.1" 200 OK ${end}\n`;
  const line = Buffer.from(`${new Date().toISOString().slice(0, -1)}${String(n % 1e6).padStart(6, "0")}Z ${text}`);
  const header = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32BE(line.length, 4);
  return Buffer.concat([header, line]);
}

/** A name for each of the fake's containers. */
export function fakeIds(): string[] {
  return Array.from({ length: LOGS }, (_, at) => createHash("sha256").update(String(at)).digest("hex"));
}

export async function underLoad(name: string, work: LoadWork): Promise<BenchRow[]> {
  const file = await bundleScript(fileURLToPath(new URL("./logsLoadWork.ts", import.meta.url)));
  const child = fork(file, ["load"], { stdio: ["ignore", "inherit", "inherit", "ipc"], execArgv: ["--expose-gc"] });
  try {
    child.send(work);
    const got = await answerOf(child);
    const wanted = LOGS * LINES_PER_SECOND;
    if (got.linesPerSecond < 0.9 * wanted) throw new Error(`${name}: ${got.linesPerSecond} lines/s of ${wanted}`);
    const least = { higherIsBetter: false, goal: 1, peerName: "limit" };
    const lines = `${(got.linesPerSecond / 1_000).toFixed(1)} k lines/s for ${work.seconds} s`;
    return [
      { ...least, name: `${name}: a CPU's share`, ours: got.cpuPercent, peer: 40, unit: "%", spread: lines },
      { ...least, name: `${name}: longest standstill of the loop`, ours: got.longestMs, peer: 20, unit: "ms" },
      {
        ...{ name: `${name}: memory at the end, beside half time`, unit: "MB", higherIsBetter: false, goal: 0.85 },
        ...{ ours: got.endBytes / 1e6, peer: got.halfBytes / 1e6, peerName: "half time" },
      },
    ];
  } finally {
    child.kill("SIGKILL");
  }
}

function answerOf(child: ChildProcess): Promise<LoadAnswer> {
  return new Promise((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`the log room under load ended with ${code}`)));
    child.once("message", (said: LoadAnswer | { failed: string }) => {
      if ("failed" in said) reject(new Error(said.failed));
      else resolve(said);
    });
  });
}
