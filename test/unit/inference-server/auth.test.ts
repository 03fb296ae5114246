import { mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createKeyGate } from "../../../assets/inference-server/src/auth.ts";
import {
  bundleInferenceServer,
  runInferenceCommand,
  type ServerBundle,
  startInferenceServer,
} from "../../helpers/inferenceServer.ts";
import { until } from "../../helpers/until.ts";

const timing = vi.hoisted(() => ({ calls: [] as [number, number][] }));
vi.mock("node:crypto", async (original) => {
  const real = await original<typeof import("node:crypto")>();
  return {
    ...real,
    timingSafeEqual: (a: Uint8Array, b: Uint8Array) => {
      timing.calls.push([a.length, b.length]);
      return real.timingSafeEqual(a, b);
    },
  };
});

let bundle: ServerBundle;
let folder = "";
beforeAll(async () => {
  bundle = await bundleInferenceServer();
  folder = await mkdtemp(join(tmpdir(), "gatehouse-key-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("the gate", () => {
  test.each([
    ["the key", "0123456789abcdef", true],
    ["one character off", "0123456789abcdeF", false],
    ["a prefix", "0123456789abcde", false],
    ["longer", "0123456789abcdef0", false],
    ["with a blank", "0123456789abcdef ", false],
    ["empty", "", false],
    ["missing", undefined, false],
    ["very long", "x".repeat(100_000), false],
  ])("%s", (_, candidate, expected) => {
    const gate = createKeyGate();
    gate.set("0123456789abcdef");
    timing.calls.length = 0;
    expect(gate.matches(candidate)).toBe(expected);
    // Whatever came, two hashes of the same length were compared by the function that takes constant time.
    expect(timing.calls).toEqual([[32, 32]]);
  });

  test("refuses everything while it has no key, the empty one too", () => {
    const gate = createKeyGate();
    expect([gate.ready(), gate.matches(""), gate.matches(undefined)]).toEqual([false, false, false]);
  });

  test.each([
    ["", "empty"],
    ["a b", "blank"],
    ["clé", "not ASCII"],
    ["a\nb", "newline"],
    ["x".repeat(4_097), "too long"],
  ])("cannot be given %j", (key) => {
    expect(() => createKeyGate().set(key)).toThrow(/key/);
  });

  test("nothing of the source compares the key in another way", async () => {
    const source = await readFile(new URL("../../../assets/inference-server/src/auth.ts", import.meta.url), "utf8");
    expect(source).toContain("timingSafeEqual(given, expected)");
  });
});

describe("the header", () => {
  const paths = [
    "/v1/models",
    "/v1/model/load",
    "/v1/model/unload",
    "/v1/infer",
    "/v1/chat/completions",
    "/",
    "/nowhere",
  ];

  test("is needed on every path but /health and /ready", async () => {
    const server = await startInferenceServer({ bundle });
    const statuses = async (key: string | null) => {
      const headers: Record<string, string> = key === null ? {} : { "x-api-key": key };
      const answers = await Promise.all(paths.map((path) => fetch(server.url + path, { headers })));
      return answers.map((answer) => answer.status);
    };
    expect(await statuses(null)).toEqual(paths.map(() => 401));
    expect(await statuses("wrong")).toEqual(paths.map(() => 401));
    expect(await statuses(`${server.token}x`)).toEqual(paths.map(() => 401));
    expect(await statuses(`${server.token}, ${server.token}`)).toEqual(paths.map(() => 401));
    expect(await statuses(server.token)).toEqual([200, 405, 405, 405, 405, 404, 404]);
    const open = await Promise.all(["/health", "/ready"].map(async (path) => (await fetch(server.url + path)).json()));
    expect(open).toEqual([{ status: "ok" }, { status: "ready", model_loaded: false }]);
    const bearer = await fetch(`${server.url}/v1/models`, { headers: { authorization: `Bearer ${server.token}` } });
    expect(bearer.status).toBe(401);
    await server.stop();
    expect(server.logs()).not.toContain(server.token);
  });
});

describe("where the key comes from", () => {
  test("a file that appears later", async () => {
    const file = join(folder, "later");
    const server = await startInferenceServer({ bundle, token: null, env: { AUTH_TOKEN_FILE: file } });
    const seen = async (path: string) => {
      const answer = await fetch(server.url + path, { headers: { "x-api-key": "k-1234567890" } });
      return [answer.status, await answer.json()];
    };
    const waiting = {
      error: { code: "waiting_for_key", message: "waiting for the key", request_id: expect.any(String) },
    };
    expect(await seen("/health")).toEqual([200, { status: "ok" }]);
    expect(await seen("/ready")).toEqual([503, { status: "waiting for the key" }]);
    expect(await seen("/v1/models")).toEqual([503, waiting]);

    await writeFile(file, "");
    await until(() => server.logs().includes("the key is empty"));
    await writeFile(`${file}.new`, "k-1234567890\n");
    await rename(`${file}.new`, file);
    await until(async () => (await seen("/ready"))[0] === 200);
    expect((await seen("/v1/models"))[0]).toBe(200);
    expect(await server.stop()).toBe(0);
    expect(server.logs()).not.toContain("k-1234567890");
  });

  test("the file wins over the variable", async () => {
    const file = join(folder, "wins");
    await writeFile(file, "from-file-123");
    const server = await startInferenceServer({ bundle, token: "from-variable", env: { AUTH_TOKEN_FILE: file } });
    const status = async (key: string) =>
      (await fetch(`${server.url}/v1/models`, { headers: { "x-api-key": key } })).status;
    await until(async () => (await status("from-file-123")) === 200);
    expect(await status("from-variable")).toBe(401);
    await server.stop();
  });

  test.each([
    ["neither variable", {}, "inference-server: no API key: set AUTH_TOKEN_FILE (preferred) or AUTH_TOKEN\n"],
    [
      "empty variables",
      { AUTH_TOKEN: "", AUTH_TOKEN_FILE: "" },
      "inference-server: no API key: set AUTH_TOKEN_FILE (preferred) or AUTH_TOKEN\n",
    ],
    [
      "a key with a blank",
      { AUTH_TOKEN: "a secret" },
      "inference-server: AUTH_TOKEN: the key has characters that a header cannot carry\n",
    ],
    [
      "a port that is none",
      { AUTH_TOKEN: "k", PORT: "80000" },
      "inference-server: PORT is not a number from 0 to 65535\n",
    ],
    [
      "half of TLS",
      { AUTH_TOKEN: "k", TLS_KEY_FILE: "/k" },
      "inference-server: TLS_CERT_FILE and TLS_KEY_FILE go together\n",
    ],
    [
      "a certificate that is not there",
      { AUTH_TOKEN: "k", TLS_KEY_FILE: "/none", TLS_CERT_FILE: "/none" },
      "inference-server: TLS_CERT_FILE and TLS_KEY_FILE do not hold a certificate and its key that can be read\n",
    ],
    [
      "an unknown fault",
      { AUTH_TOKEN: "k", GATEHOUSE_PRACTICE: "1", FAULT: "x" },
      "inference-server: FAULT is none of: load-500, load-422-echo, never-ready, die-at-start, slow\n",
    ],
  ])("refuses to start with %s", async (_, env, stderr) => {
    expect(await runInferenceCommand(bundle, [], { env })).toEqual({ code: 2, stdout: "", stderr });
  });

  test("an unknown sub-command is refused", async () => {
    const stderr = "inference-server: usage: inference-server.mjs [serve | health | write-secret PATH]\n";
    expect(await runInferenceCommand(bundle, ["shell"])).toEqual({ code: 2, stdout: "", stderr });
  });
});
