import { afterEach, beforeAll, describe, expect, test } from "vitest";
import {
  bundleInferenceServer,
  type InferenceServer,
  type ServerBundle,
  type StartOptions,
  startInferenceServer,
} from "../../helpers/inferenceServer.ts";
import { until } from "../../helpers/until.ts";

const value = 'hf_W7+/x "quoted" päss\\word=1&b';
const forms = [
  value,
  JSON.stringify(value).slice(1, -1),
  encodeURIComponent(value),
  Buffer.from(value).toString("base64"),
  Buffer.from(value).toString("base64url"),
  Buffer.from(value).toString("hex"),
];

let bundle: ServerBundle;
const running: InferenceServer[] = [];
beforeAll(async () => {
  bundle = await bundleInferenceServer();
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()));
});

async function start(options: Omit<StartOptions, "bundle"> = {}): Promise<InferenceServer> {
  const server = await startInferenceServer({ bundle, ...options });
  running.push(server);
  return server;
}

const appLines = (server: InferenceServer) =>
  server
    .logs()
    .split("\n")
    .filter((line) => /^[A-Z]+:api_wrapper: /.test(line))
    .slice(1);

describe("load", () => {
  test("says of each name that it was set, in the agreed form, and never the value", async () => {
    const server = await start();
    const answer = await server.call("/v1/model/load", { engine_params: {}, env: { HF_TOKEN: value, S3_KEY: value } });
    expect([answer.status, await answer.json()]).toEqual([200, { status: "loaded" }]);
    // The same value again in a path, a query and a user agent: wherever a log line could pick it up.
    const headers = { "user-agent": `agent ${encodeURIComponent(value)}` };
    await server.call(`/${encodeURIComponent(value)}?q=${encodeURIComponent(value)}`, undefined, { headers });
    await server.call("/v1/model/unload", {});
    await server.call(`/after?q=${Buffer.from(value).toString("hex")}`);
    await until(() => server.logs().includes("/after"));
    expect(appLines(server)).toEqual([
      "INFO:api_wrapper: Set environment variable: HF_TOKEN=********",
      "INFO:api_wrapper: Set environment variable: S3_KEY=********",
      "INFO:api_wrapper: Loaded the echo backend",
      "INFO:api_wrapper: Unloaded",
    ]);
    expect(forms.filter((form) => server.logs().includes(form))).toEqual([]);
  });

  test("a value too short to be masked everywhere is told by name", async () => {
    const server = await start();
    await server.call("/v1/model/load", { env: { DEVICE: "cpu" } });
    await until(() => server.logs().includes("Loaded"));
    expect(appLines(server)).toEqual([
      "WARNING:api_wrapper: The value of DEVICE is too short to be masked elsewhere",
      "INFO:api_wrapper: Set environment variable: DEVICE=********",
      "INFO:api_wrapper: Loaded the echo backend",
    ]);
  });

  test("print_canary prints the values on purpose, raw and in base64", async () => {
    const server = await start();
    await server.call("/v1/model/load", { engine_params: { print_canary: true }, env: { HF_TOKEN: value } });
    await until(() => server.logs().includes("Loaded"));
    const lines = server.logs().split("\n");
    expect(lines).toContain(`HF_TOKEN=${value}`);
    expect(lines).toContain(`HF_TOKEN in base64: ${Buffer.from(value).toString("base64")}`);
  });

  test.each([
    ["by default", {}, "echo"],
    ["backend_class", { backend_class: "echo" }, "echo"],
    ["backend_module", { backend_module: "onnx", engine_params: { model: "add.onnx" } }, "add"],
    ["backend_class before backend_module", { backend_class: "echo", backend_module: "vllm_adapter.adapter" }, "echo"],
  ])("chooses the backend: %s", async (_, body, id) => {
    const server = await start();
    expect((await server.call("/v1/model/load", body)).status).toBe(200);
    expect(await (await server.call("/v1/models")).json()).toMatchObject({ data: [{ id }] });
    expect(await (await server.call("/ready")).json()).toEqual({ status: "ready", model_loaded: true });
  });

  test("a load that fails leaves nothing loaded", async () => {
    const server = await start();
    await server.call("/v1/model/load", {});
    const failed = await server.call("/v1/model/load", {
      backend_class: "onnx",
      engine_params: { model: "none.onnx" },
      env: { A: value },
    });
    expect(failed.status).toBe(404);
    expect(await (await server.call("/v1/models")).json()).toEqual({ object: "list", data: [] });
    expect(forms.filter((form) => server.logs().includes(form))).toEqual([]);
  });

  test("unload twice is fine; afterwards nothing is loaded", async () => {
    const server = await start();
    await server.call("/v1/model/load", {});
    for (const _ of [1, 2]) {
      const answer = await server.call("/v1/model/unload", undefined, { method: "POST" });
      expect([answer.status, await answer.json()]).toEqual([200, { status: "unloaded" }]);
    }
    expect((await server.call("/v1/chat/completions", { messages: [{ role: "user", content: "x" }] })).status).toBe(
      409,
    );
  });
});

describe("faults", () => {
  const practice = (fault: string, more: Record<string, string> = {}) =>
    start({ env: { GATEHOUSE_PRACTICE: "1", FAULT: fault, ...more } });
  const load = (server: InferenceServer) => server.call("/v1/model/load", { env: { HF_TOKEN: value } });

  test("load-500", async () => {
    const answer = await load(await practice("load-500"));
    expect([answer.status, await answer.json()]).toMatchObject([500, { error: { code: "internal" } }]);
  });

  test("load-422-echo hands the input back, as some servers do", async () => {
    const answer = await load(await practice("load-422-echo"));
    expect([answer.status, await answer.json()]).toMatchObject([
      422,
      { detail: [{ input: { env: { HF_TOKEN: value } } }] },
    ]);
  });

  test("never-ready", async () => {
    const answer = await (await practice("never-ready")).call("/ready");
    expect([answer.status, await answer.json()]).toEqual([503, { status: "starting" }]);
  });

  test("slow, but not for the health check", async () => {
    const server = await practice("slow", { FAULT_DELAY_MS: "300" });
    const timed = async (path: string) => {
      const before = performance.now();
      await server.call(path);
      return performance.now() - before;
    };
    expect(await timed("/v1/models")).toBeGreaterThan(290);
    expect(await timed("/health")).toBeLessThan(290);
  });

  test("die-at-start", async () => {
    await expect(practice("die-at-start")).rejects.toThrow(
      "ended with 1: ERROR:api_wrapper: The practice fault die-at-start is on",
    );
  });

  test("are refused outside the practice fleet", async () => {
    const server = await start({ env: { FAULT: "load-500" } });
    expect((await load(server)).status).toBe(200);
    expect(server.logs()).toContain("WARNING:api_wrapper: FAULT is ignored outside the practice fleet");
  });
});
