import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildInferenceImage, imageConfig } from "../helpers/lab/inferenceImage.ts";
import { until } from "../helpers/until.ts";

const missing = whyNot();
if (missing !== null) process.stdout.write(`skipped: the inference image in a real engine (${missing})\n`);

function whyNot(): string | null {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "needs root on Linux";
  if (!existsSync("/usr/sbin/dockerd")) return "needs dockerd: apt-get install docker.io";
  return null;
}

const hardened = [
  "--read-only",
  "--cap-drop=ALL",
  "--security-opt=no-new-privileges",
  "--network=none",
  "--pids-limit=64",
  "--memory=512m",
  "--tmpfs=/tmp:rw,noexec,nosuid,nodev,size=16m,mode=1777",
  "--tmpfs=/run/secrets:rw,noexec,nosuid,nodev,size=1m,mode=0700,uid=10001,gid=10001",
];

describe.skipIf(missing !== null)("the inference image in a real engine", () => {
  let folder = "";
  let daemon: ChildProcess;
  const name = `inference-${randomBytes(4).toString("hex")}`;
  const key = randomBytes(32).toString("base64url");
  const token = `hf_${randomBytes(24).toString("hex")}`;
  const engine = () => ["-H", `unix://${join(folder, "docker.sock")}`];

  /** In its own network namespace: two engines on one machine fight over bridges. */
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "gatehouse-engine-"));
    const options = `--data-root ${folder}/data --exec-root ${folder}/exec -p ${folder}/pid -H unix://${folder}/docker.sock`;
    const command = `ip link set lo up; exec dockerd ${options} --storage-driver=vfs`;
    daemon = spawn("unshare", ["-n", "--", "sh", "-c", command], { stdio: "ignore", detached: true });
    await until(() => docker(["version"]).then((done) => done.code === 0), {
      timeoutMs: 60_000,
      everyMs: 250,
      what: "dockerd",
    });
    const image = await buildInferenceImage(join(folder, "docker.sock"));
    const started = await docker(["run", "-d", "--name", name, ...hardened, image]);
    expect(started).toMatchObject({ code: 0 });
  });

  afterAll(async () => {
    await docker(["rm", "-f", name]);
    daemon.kill("SIGTERM");
    await until(() => daemon.exitCode !== null || daemon.signalCode !== null, {
      timeoutMs: 20_000,
      what: "dockerd's end",
    });
    for (const path of [`${folder}/exec/netns/default`, `${folder}/data`]) {
      execFile("umount", ["-l", path], () => {});
    }
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  });

  function docker(args: readonly string[], input?: string): Promise<{ code: number; stdout: string; stderr: string }> {
    return new Promise((resolve) => {
      const child = execFile("docker", [...engine(), ...args], { maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : 1, stdout, stderr });
      });
      child.stdin?.end(input ?? "");
    });
  }

  /** A call from inside: the container has no network but its own loopback. The key comes from its file. */
  async function call(path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
    const script = `
      const fs = require("node:fs");
      const { path, body } = JSON.parse(fs.readFileSync(0, "utf8"));
      const file = "/run/secrets/auth_token";
      const headers = { "content-type": "application/json" };
      if (fs.existsSync(file)) headers["x-api-key"] = fs.readFileSync(file, "utf8");
      fetch("http://127.0.0.1:8000" + path, body === undefined ? { headers } : { method: "POST", headers, body: JSON.stringify(body) })
        .then(async (answer) => console.log(JSON.stringify({ status: answer.status, body: await answer.json() })));`;
    const { stdout } = await docker(["exec", "-i", name, "node", "-e", script], JSON.stringify({ path, body }));
    return JSON.parse(stdout) as { status: number; body: unknown };
  }

  test("waits for its key, is given it over standard input, and then serves", async () => {
    const waiting = await until(() => call("/ready"), { timeoutMs: 20_000, everyMs: 200 });
    expect(waiting).toEqual({ status: 503, body: { status: "waiting for the key" } });
    expect(await call("/health")).toEqual({ status: 200, body: { status: "ok" } });

    const write = ["exec", "-i", name, "node", "inference-server.mjs", "write-secret", "/run/secrets/auth_token"];
    expect(await docker(write, key)).toEqual({ code: 0, stdout: "", stderr: "" });
    await until(async () => (await call("/ready")).status === 200, { timeoutMs: 10_000, everyMs: 200 });
    const stat = [
      "exec",
      name,
      "node",
      "-p",
      "const s=fs.statSync('/run/secrets/auth_token');[s.mode&0o777,s.uid].join()",
    ];
    expect((await docker(stat)).stdout.trim()).toBe(`${0o400},10001`);
  });

  test("chats and infers", async () => {
    expect(await call("/v1/model/load", { engine_params: {}, env: { HF_TOKEN: token } })).toEqual({
      status: 200,
      body: { status: "loaded" },
    });
    const chat = await call("/v1/chat/completions", { messages: [{ role: "user", content: "hello" }] });
    expect(chat).toMatchObject({
      status: 200,
      body: { choices: [{ message: { role: "assistant", content: "[echo backend, no model] You said: hello" } }] },
    });
    const engineParams = { model: "add.onnx" };
    const loaded = await call("/v1/model/load", {
      backend_class: "onnx",
      engine_params: engineParams,
      env: { HF_TOKEN: token },
    });
    expect(loaded.status).toBe(200);
    const vector = (data: number[]) => ({ type: "float32", dims: [2], data });
    const sum = await call("/v1/infer", { inputs: { a: vector([1, 2]), b: vector([3, 4]) } });
    expect(sum).toMatchObject({ status: 200, body: { outputs: { y: vector([4, 6]) } } });
  });

  test("keeps the promises of a hardened container, seen from inside", async () => {
    const script = `
      const fs = require("node:fs");
      const status = fs.readFileSync("/proc/1/status", "utf8");
      const field = (name) => status.match(new RegExp("^" + name + ":\\\\s*(\\\\S+)", "m"))[1];
      const refused = (path) => { try { fs.writeFileSync(path, "x"); return "written"; } catch (error) { return error.code; } };
      console.log(JSON.stringify({ uid: field("Uid"), caps: [field("CapEff"), field("CapPrm"), field("CapBnd")], noNewPrivs: field("NoNewPrivs"),
        root: refused("/app/x"), shells: ["/bin/sh", "/bin/bash", "/usr/bin/env"].filter((path) => fs.existsSync(path)) }));`;
    const none = "0000000000000000";
    expect(JSON.parse((await docker(["exec", name, "node", "-e", script])).stdout)).toEqual({
      uid: "10001",
      caps: [none, none, none],
      noNewPrivs: "1",
      root: "EROFS",
      shells: [],
    });
  });

  test("leaves no trace of the key or of an injected value where the engine shows things", async () => {
    const seen = await Promise.all([
      docker(["inspect", name]),
      docker(["logs", name]),
      docker(["top", name]),
      docker(["history", "--no-trunc", imageTag()]),
      docker(["exec", name, "node", "-p", "fs.readFileSync('/proc/1/environ','utf8')"]),
    ]);
    const text = seen.map(({ stdout, stderr }) => stdout + stderr).join("\n");
    expect(text).toContain("INFO:api_wrapper: Set environment variable: HF_TOKEN=********");
    const traces = [key, token].flatMap((value) => [
      value,
      Buffer.from(value).toString("base64"),
      Buffer.from(value).toString("hex"),
    ]);
    expect(traces.filter((value) => text.includes(value))).toEqual([]);
  });

  describe("write-secret, by what is mounted", () => {
    const write = async (...mounts: string[]) => {
      const other = `${name}-${randomBytes(3).toString("hex")}`;
      const options = ["--cap-drop=ALL", "--network=none", ...mounts];
      expect(await docker(["run", "-d", "--name", other, ...options, imageTag()])).toMatchObject({ code: 0 });
      const path = "/run/secrets/auth_token";
      const done = await docker(["exec", "-i", other, "node", "inference-server.mjs", "write-secret", path], key);
      await docker(["rm", "-f", other]);
      return done;
    };

    test.each([
      ["a tmpfs on /run", ["--read-only", "--tmpfs=/run:mode=1777,noexec,nosuid,nodev,size=16m"]],
      ["a tmpfs on /run without a mode", ["--read-only", "--tmpfs=/run"]],
      ["a tmpfs on /run/secrets without a mode", ["--read-only", "--tmpfs=/run/secrets"]],
    ])("works with %s", async (_, mounts) => {
      expect(await write(...mounts)).toEqual({ code: 0, stdout: "", stderr: "" });
    });

    test.each([
      ["a read-only root and no tmpfs", ["--read-only"], "the secrets folder cannot be used: "],
      ["a writable root and no tmpfs", ["--user=0:0"], "the secrets folder is not in memory: mount a tmpfs there"],
    ])("refuses %s", async (_, mounts, message) => {
      expect(await write(...mounts)).toMatchObject({ code: 1, stderr: expect.stringContaining(message) });
    });
  });

  test("becomes healthy, and stops within two seconds with code 0", async () => {
    const health = () => docker(["inspect", "-f", "{{.State.Health.Status}}", name]);
    await until(async () => (await health()).stdout.trim() === "healthy", { timeoutMs: 30_000, everyMs: 500 });
    const before = performance.now();
    expect((await docker(["stop", "-t", "10", name])).code).toBe(0);
    expect(performance.now() - before).toBeLessThan(4_000);
    expect((await docker(["inspect", "-f", "{{.State.ExitCode}}", name])).stdout.trim()).toBe("0");
  });

  test("is small and has the configuration of the Dockerfile", async () => {
    const size = Number((await docker(["image", "inspect", "-f", "{{.Size}}", imageTag()])).stdout);
    expect(size).toBeLessThan(200 << 20);
    const dockerfile = await readFile(new URL("../../assets/inference-server/Dockerfile", import.meta.url), "utf8");
    const lines = dockerfile.replaceAll(/\s*\\\n\s*/g, " ").split("\n");
    expect(imageConfig.filter((line) => !lines.includes(line))).toEqual([]);
  });

  function imageTag(): string {
    return execFileSync("docker", [...engine(), "inspect", "-f", "{{.Config.Image}}", name], {
      encoding: "utf8",
    }).trim();
  }
});
