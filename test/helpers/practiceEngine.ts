import { mkdtempSync, rmSync } from "node:fs";
import { type IncomingHttpHeaders, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Duplex, duplexPair } from "node:stream";
import { systemRandom } from "../../electron/core/node.ts";
import type { Clock, ForkedProgram, Forker } from "../../electron/core/ports.ts";
import { createEngine, type PracticeEngine } from "../../electron/practice/engine/engine.ts";
import { type HostSpec, hostSpecs } from "../../electron/practice/hostSpecs.ts";
import type { PracticeFault } from "../../electron/practice/index.ts";
import { createGpus, type GpuHolder } from "../../electron/practice/machine/gpus.ts";
import { createFiles } from "../../electron/practice/shell/files.ts";
import { type FakeClock, fakeClock } from "./ports.ts";

/** A forked program that a test plays: it says what it is told to and ends when it is told to. */
export interface FakeChild {
  module: string;
  env: Record<string, string>;
  say(text: string): void;
  exit(code: number): void;
  stopped: boolean;
}

function fakeForker(children: FakeChild[]): Forker {
  return {
    fork(module, { env }) {
      const lines: Buffer[] = [];
      let wake = () => {};
      let over = false;
      let end: (code: number) => void = () => {};
      const exited = new Promise<number>((resolve) => {
        end = resolve;
      });
      async function* output() {
        for (;;) {
          const line = lines.shift();
          if (line !== undefined) yield line;
          else if (over) return;
          else
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
        }
      }
      const child: FakeChild = {
        module,
        env,
        stopped: false,
        say(text) {
          lines.push(Buffer.from(text));
          wake();
        },
        exit(code) {
          over = true;
          wake();
          end(code);
        },
      };
      children.push(child);
      return {
        pid: 900_000_000 + children.length,
        stdout: output(),
        stderr: (async function* () {})(),
        exited,
        async stop() {
          child.stopped = true;
          child.exit(143);
          await exited;
        },
      } satisfies ForkedProgram;
    },
  };
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  json: unknown;
}

export interface TestEngine {
  engine: PracticeEngine;
  clock: FakeClock;
  children: FakeChild[];
  faults: Set<PracticeFault>;
  dir: string;
  /** One call on a connection of its own. */
  call(method: string, path: string, body?: unknown): Promise<Answer>;
  /** The connection itself, for streams and upgrades. */
  connect(): Duplex;
  close(): Promise<void>;
}

/** The engine of a practice host without its SSH, with a clock that stands still and children that a test plays. */
export function openEngine(id: "orion" | "vega" | "lyra" = "orion", clock: FakeClock = fakeClock()): TestEngine {
  const spec = hostSpecs.find((each) => each.id === id) as HostSpec;
  const dir = mkdtempSync(join(tmpdir(), "gatehouse-engine-"));
  const faults = new Set<PracticeFault>();
  const children: FakeChild[] = [];
  let holders: () => GpuHolder[] = () => [];
  const gpus = createGpus({
    specs: spec.gpus,
    driverVersion: spec.driverVersion,
    now: () => clock.now(),
    holders: () => holders(),
    isLost: (gpu) => faults.has("gpu-lost") && gpu.index === spec.gpus.length - 1,
  });
  const hostFiles = createFiles({
    seeds: { "/srv/models": { type: "directory" } },
    now: () => clock.now(),
    owner: { uid: 1000, gid: 1000 },
    refuses: () => "EACCES",
  });
  const engine = createEngine({
    spec,
    clock: clock as Clock,
    random: systemRandom(),
    forker: fakeForker(children),
    serverBundle: "/bundle/inference-server.mjs",
    models: "/bundle/models",
    dir,
    hostFiles,
    gpus,
    faults: () => [...faults],
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        const cancel = clock.after(ms, resolve);
        signal.addEventListener("abort", () => {
          cancel();
          resolve();
        });
      }),
  });
  holders = () => engine.gpuHolders();
  const connect = () => {
    const [client, server] = duplexPair();
    engine.accept(server);
    return client;
  };
  return {
    engine,
    clock,
    children,
    faults,
    dir,
    connect,
    call: (method, path, body) => call(connect(), method, path, body),
    async close() {
      await engine.dispose();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

function call(stream: Duplex, method: string, path: string, body: unknown): Promise<Answer> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const headers =
    text === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(text) };
  return new Promise((resolve, reject) => {
    const sent = request({ createConnection: () => stream, method, path, headers }, (response) => {
      let answer = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        answer += chunk;
      });
      response.on("end", () => {
        stream.destroy();
        let json: unknown = null;
        try {
          json = JSON.parse(answer);
        } catch {
          // Not every answer is JSON.
        }
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text: answer, json });
      });
    });
    sent.on("error", reject);
    sent.end(text);
  });
}
