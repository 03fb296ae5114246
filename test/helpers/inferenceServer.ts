import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { buildInferenceServer } from "../../scripts/lib/inferenceBundle.mjs";
import { until } from "./until.ts";

const projectFile = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

export interface ServerBundle {
  file: string;
  dispose(): void;
}

/**
 * Builds the shipped bundle. One place below `node_modules` serves all test files: from there onnxruntime-node is
 * found. `runtime: false` puts it where it is not.
 */
export async function bundleInferenceServer(options: { runtime?: boolean } = {}): Promise<ServerBundle> {
  if (options.runtime === false) {
    const folder = mkdtempSync(join(tmpdir(), "gatehouse-inference-"));
    const file = join(folder, "inference-server.mjs");
    await buildInferenceServer(file);
    return { file, dispose: () => rmSync(folder, { recursive: true, force: true }) };
  }
  const file = projectFile("node_modules/.cache/gatehouse-test/inference-server.mjs");
  const own = `${file}.${process.pid}.tmp.mjs`;
  await buildInferenceServer(own);
  renameSync(own, file);
  return { file, dispose: () => {} };
}

export interface StartOptions {
  bundle: ServerBundle;
  /** Added to a bare environment (no `PATH`, nothing of this process). */
  env?: Record<string, string>;
  /** Given as `AUTH_TOKEN`; a random one by default, `null` for none (then give `AUTH_TOKEN_FILE`). */
  token?: string | null;
}

export interface InferenceServer {
  /** `http://127.0.0.1:PORT`, or https. */
  url: string;
  token: string;
  pid: number;
  /** All that it wrote until now, both streams. */
  logs(): string;
  /** `fetch` below `url` with the key and, for a body, as JSON. */
  call(path: string, body?: unknown, init?: RequestInit): Promise<Response>;
  /** SIGTERM; the exit code. */
  stop(): Promise<number | null>;
}

/** Starts the real bundle as a process on a free port and waits until it listens. */
export async function startInferenceServer(options: StartOptions): Promise<InferenceServer> {
  const token = options.token ?? randomBytes(32).toString("base64url");
  const auth = options.token === null ? {} : { AUTH_TOKEN: token };
  const base = { HOST: "127.0.0.1", PORT: "0", MODEL_DIR: projectFile("assets/models") };
  const child = spawn(process.execPath, [options.bundle.file], {
    env: { ...base, ...auth, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const logs = collect([child.stdout, child.stderr]);
  const listening = () => {
    if (child.exitCode !== null) return "ended";
    return logs().match(/Listening on (https?:\/\/\S+)/)?.[1];
  };
  const url = await until(listening, { timeoutMs: 10_000, what: "the inference server listens" });
  if (url === "ended") throw new Error(`the inference server ended with ${child.exitCode}: ${logs()}`);
  return {
    url,
    token,
    pid: child.pid ?? 0,
    logs,
    call(path, body, init = {}) {
      const headers = { "x-api-key": token, ...(body === undefined ? {} : { "content-type": "application/json" }) };
      const request = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
      return fetch(`${url}${path}`, { ...request, ...init, headers: { ...headers, ...init.headers } });
    },
    stop: () => end(child),
  };
}

export interface RunResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs a sub-command of the bundle to its end. */
export async function runInferenceCommand(
  bundle: ServerBundle,
  args: readonly string[],
  options: { env?: Record<string, string>; input?: Uint8Array | string } = {},
): Promise<RunResult> {
  const child = spawn(process.execPath, [bundle.file, ...args], { env: options.env ?? {}, stdio: "pipe" });
  const stdout = collect([child.stdout]);
  const stderr = collect([child.stderr]);
  // A command that refuses does not read its input to the end.
  child.stdin.on("error", () => {});
  child.stdin.end(options.input ?? "");
  const code = await ended(child);
  return { code, stdout: stdout(), stderr: stderr() };
}

function collect(streams: readonly Readable[]): () => string {
  const chunks: Buffer[] = [];
  for (const stream of streams) stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString("utf8");
}

function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve(child.exitCode);
    else child.once("close", (code) => resolve(code));
  });
}

async function end(child: ChildProcess): Promise<number | null> {
  const done = ended(child);
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), 5_000);
  const code = await done;
  clearTimeout(timer);
  return code;
}
