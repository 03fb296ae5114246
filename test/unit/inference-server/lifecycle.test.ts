import { execFileSync, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import {
  bundleInferenceServer,
  type InferenceServer,
  runInferenceCommand,
  type ServerBundle,
  startInferenceServer,
} from "../../helpers/inferenceServer.ts";
import { until } from "../../helpers/until.ts";

let bundle: ServerBundle;
let folder = "";
const running: InferenceServer[] = [];
beforeAll(async () => {
  bundle = await bundleInferenceServer();
  folder = await mkdtemp(join(tmpdir(), "gatehouse-tls-"));
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function start(env: Record<string, string> = {}): Promise<InferenceServer> {
  const server = await startInferenceServer({ bundle, env });
  running.push(server);
  return server;
}

/** What the server says on a connection that sends just this, until it closes it. */
function talk(server: InferenceServer, text: string): Promise<string> {
  const { port, hostname } = new URL(server.url);
  return new Promise((resolve, reject) => {
    let said = "";
    const socket = connect(Number(port), hostname, () => socket.write(text));
    socket.on("data", (chunk) => {
      said += String(chunk);
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(said));
  });
}

describe("slow clients are cut", () => {
  test("headers that never end", async () => {
    const server = await start({ HEADERS_TIMEOUT_MS: "200" });
    const said = await talk(server, "GET /health HTTP/1.1\r\nHost: x\r\n");
    expect(said).toMatch(/^HTTP\/1\.1 408 [\s\S]*"malformed_request"/);
  });

  test("a body that never ends", async () => {
    const server = await start({ BODY_TIMEOUT_MS: "200" });
    const head = `POST /v1/model/load HTTP/1.1\r\nHost: x\r\nX-API-Key: ${server.token}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`;
    expect(await talk(server, head)).toMatch(/^HTTP\/1\.1 408 [\s\S]*"body_timeout"/);
    await until(() => server.logs().includes('"status":408'));
  });

  test("headers that are too large", async () => {
    const server = await start();
    const said = await talk(server, `GET /health HTTP/1.1\r\nHost: x\r\nX-Big: ${"x".repeat(20_000)}\r\n\r\n`);
    expect(said).toMatch(/^HTTP\/1\.1 431 /);
  });

  test("connections over the limit are dropped, and the log says so", async () => {
    const server = await start({ MAX_CONNECTIONS: "2" });
    const { port, hostname } = new URL(server.url);
    const sockets = Array.from({ length: 4 }, () => connect(Number(port), hostname));
    for (const socket of sockets) socket.on("error", () => {});
    await until(() => server.logs().includes("WARNING:api_wrapper: Dropped 2 connections over the limit of 2"));
    for (const socket of sockets) socket.destroy();
  });
});

describe("SIGTERM", () => {
  test("ends an idle server with 0 at once, kept-alive connections included", async () => {
    const server = await start();
    await server.call("/health");
    const before = performance.now();
    expect(await server.stop()).toBe(0);
    expect(performance.now() - before).toBeLessThan(1_000);
    expect(server.logs()).toContain("INFO:api_wrapper: Stopping");
  });

  test("lets a running request finish", async () => {
    const server = await start({ GATEHOUSE_PRACTICE: "1", FAULT: "slow", FAULT_DELAY_MS: "500" });
    const answer = server.call("/v1/models");
    // A second connection that was accepted later shows that the first has arrived.
    await fetch(`${server.url}/health`);
    const before = performance.now();
    const stopped = server.stop();
    expect((await answer).status).toBe(200);
    expect(await stopped).toBe(0);
    expect(performance.now() - before).toBeLessThan(1_200);
  });

  test("cuts one that takes too long, within two seconds", async () => {
    const server = await start({ GATEHOUSE_PRACTICE: "1", FAULT: "slow", FAULT_DELAY_MS: "60000" });
    const answer = server.call("/v1/models").then(
      () => "answered",
      () => "cut",
    );
    await fetch(`${server.url}/health`);
    const before = performance.now();
    expect(await server.stop()).toBe(0);
    expect(performance.now() - before).toBeLessThan(2_000);
    expect(await answer).toBe("cut");
  });
});

test("the environment: the key is taken out, a load's values come and go, what was there is put back", async () => {
  const view = "process.on('SIGUSR2',()=>console.log('view',JSON.stringify(names.map((n)=>process.env[n]??null))))";
  const script = `const/**/names=['AUTH_TOKEN','HF_TOKEN','LANG'];${view}`;
  const server = await start({
    NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(script)}`,
    LANG: "C",
  });
  const look = async (expected: (string | null)[]) => {
    process.kill(server.pid, "SIGUSR2");
    await until(() =>
      server
        .logs()
        .trimEnd()
        .endsWith(`view ${JSON.stringify(expected)}`),
    );
  };
  await look([null, null, "C"]);
  await server.call("/v1/model/load", { env: { HF_TOKEN: "hf_1234", LANG: "ru_RU" } });
  await until(() => server.logs().includes('"path":"/v1/model/load"'));
  await look([null, "hf_1234", "ru_RU"]);
  if (process.platform === "linux") {
    // The kernel's copy is from the start: an injected value does not show in it.
    expect(await readFile(`/proc/${server.pid}/environ`, "utf8")).not.toContain("hf_1234");
  }
  await server.call("/v1/model/unload", {});
  await until(() => server.logs().includes('"path":"/v1/model/unload"'));
  await look([null, null, "C"]);
});

describe("health", () => {
  const port = (server: InferenceServer) => new URL(server.url).port;

  test("is 0 while the server answers and 1 when it does not", async () => {
    const server = await start();
    const env = { HOST: "127.0.0.1", PORT: port(server) };
    expect(await runInferenceCommand(bundle, ["health"], { env })).toEqual({ code: 0, stdout: "", stderr: "" });
    await server.stop();
    expect(await runInferenceCommand(bundle, ["health"], { env })).toEqual({ code: 1, stdout: "", stderr: "" });
  });
});

describe("TLS", () => {
  const certFile = () => join(folder, "cert.pem");
  const keyFile = () => join(folder, "key.pem");
  beforeAll(async () => {
    makeCertificate(certFile(), keyFile());
    await writeFile(join(folder, "other"), "");
    makeCertificate(join(folder, "other.pem"), join(folder, "other.key"));
  });

  function makeCertificate(cert: string, key: string): void {
    const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"];
    const options = [
      "req",
      "-x509",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:prime256v1",
      "-nodes",
      "-days",
      "2",
    ];
    execFileSync("openssl", [...options, ...subject, "-keyout", key, "-out", cert], { stdio: "ignore" });
  }
  const startTls = () => start({ TLS_CERT_FILE: certFile(), TLS_KEY_FILE: keyFile() });

  test("serves 1.3 and refuses 1.2", async () => {
    const server = await startTls();
    const ca = await readFile(certFile());
    const { port } = new URL(server.url);
    const status = await new Promise((resolve, reject) => {
      const headers = { "x-api-key": server.token };
      request({ host: "127.0.0.1", port, path: "/v1/models", ca, headers }, (answer) => resolve(answer.statusCode))
        .on("error", reject)
        .end();
    });
    expect(status).toBe(200);
    const protocol = (maxVersion: "TLSv1.2" | "TLSv1.3") =>
      new Promise((resolve) => {
        const socket = connectTls({ host: "127.0.0.1", port: Number(port), ca, maxVersion }, () => {
          resolve(socket.getProtocol());
          socket.end();
        });
        socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code));
      });
    expect(await protocol("TLSv1.3")).toBe("TLSv1.3");
    expect(await protocol("TLSv1.2")).toBe("ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION");
  });

  test("is checked by health: the own certificate, and no other", async () => {
    const server = await startTls();
    const env = { HOST: "127.0.0.1", PORT: new URL(server.url).port, TLS_KEY_FILE: keyFile() };
    const own = await runInferenceCommand(bundle, ["health"], { env: { ...env, TLS_CERT_FILE: certFile() } });
    const other = await runInferenceCommand(bundle, ["health"], {
      env: { ...env, TLS_CERT_FILE: join(folder, "other.pem") },
    });
    expect([own.code, other.code]).toEqual([0, 1]);
  });
});

describe("whoever started it is gone", () => {
  /** A server whose standard input is a pipe that this test holds. */
  async function held(env: Record<string, string>) {
    const child = spawn(process.execPath, [bundle.file], {
      env: { HOST: "127.0.0.1", PORT: "0", AUTH_TOKEN: "a-key-that-nobody-uses", ...env },
      stdio: ["pipe", "pipe", "pipe"],
    });
    let said = "";
    child.stdout.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
    await until(() => said.includes("Listening on"), { timeoutMs: 10_000 });
    return child;
  }

  test("on the practice fleet it ends too", async () => {
    const child = await held({ GATEHOUSE_PRACTICE: "1" });
    child.stdin.end();
    await until(() => child.exitCode !== null, { timeoutMs: 5_000 });
    expect(child.exitCode).toBe(0);
  });

  test("in a container it goes on: an engine closes standard input of its own accord", async () => {
    const child = await held({});
    child.stdin.end();
    await expect(until(() => child.exitCode !== null, { timeoutMs: 300 })).rejects.toThrow("not within");
    child.kill("SIGKILL");
  });
});
