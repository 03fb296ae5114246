import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundleInferenceServer, type InferenceServer, startInferenceServer } from "../../helpers/inferenceServer.ts";

/** Stands in each bad request where a secret could be; it must never come back, nor reach the log. */
const CANARY = "canary-3f1c9a7d5e";

let echo: InferenceServer;
let onnx: InferenceServer;
let empty: InferenceServer;

beforeAll(async () => {
  const bundle = await bundleInferenceServer();
  const env = { MAX_BODY_BYTES: "4096" };
  [echo, onnx, empty] = await Promise.all([
    startInferenceServer({ bundle, env }),
    startInferenceServer({ bundle, env }),
    startInferenceServer({ bundle, env }),
  ]);
  expect((await echo.call("/v1/model/load", {})).status).toBe(200);
  const loaded = await onnx.call("/v1/model/load", { backend_class: "onnx", engine_params: { model: "add.onnx" } });
  expect(loaded.status).toBe(200);
});
afterAll(async () => {
  await Promise.all([echo, onnx, empty].map((server) => server?.stop()));
});

const user = { role: "user", content: CANARY };
const a = { type: "float32", dims: [2], data: [1, 2] };
const messages = [user];

interface Row {
  name: string;
  to?: "echo" | "onnx" | "empty";
  path: string;
  body?: unknown;
  init?: RequestInit;
  status: number;
  code: string;
}

const load = "/v1/model/load";
const chat = "/v1/chat/completions";
const infer = "/v1/infer";
const json = { "content-type": "application/json" };
const post = (body: string | Uint8Array, headers: Record<string, string> = json): RequestInit => ({
  method: "POST",
  body: body as BodyInit,
  headers,
});

const rows: Row[] = [
  { name: "no such path", path: `/v1/${CANARY}`, status: 404, code: "not_found" },
  { name: "a name of Object.prototype as path", path: "/constructor", status: 404, code: "not_found" },
  { name: "GET on load", path: load, status: 405, code: "method_not_allowed" },
  { name: "POST on health", path: "/health", body: {}, status: 405, code: "method_not_allowed" },
  { name: "no content type", path: load, init: post("{}", {}), status: 415, code: "unsupported_media_type" },
  {
    name: "a form",
    path: load,
    init: post(`env=${CANARY}`, { "content-type": "application/x-www-form-urlencoded" }),
    status: 415,
    code: "unsupported_media_type",
  },
  {
    name: "compressed",
    path: load,
    init: post("{}", { ...json, "content-encoding": "gzip" }),
    status: 415,
    code: "unsupported_media_type",
  },
  { name: "no JSON", path: load, init: post(`{"env": ${CANARY}`), status: 400, code: "bad_json" },
  { name: "empty body", path: load, init: post(""), status: 400, code: "bad_json" },
  { name: "not UTF-8", path: load, init: post(Uint8Array.of(0x22, 0xff, 0x22)), status: 400, code: "bad_json" },
  {
    name: "declared too large",
    path: load,
    body: { env: { A: CANARY.repeat(500) } },
    status: 413,
    code: "body_too_large",
  },
  { name: "a list", path: load, body: [CANARY], status: 422, code: "invalid_body" },
  { name: "unknown field", path: load, body: { [CANARY]: 1 }, status: 422, code: "invalid_body" },
  { name: "env a list", path: load, body: { env: [CANARY] }, status: 422, code: "invalid_body" },
  { name: "env value a number", path: load, body: { env: { A: 1 } }, status: 422, code: "invalid_body" },
  { name: "env value an object", path: load, body: { env: { A: { v: CANARY } } }, status: 422, code: "invalid_body" },
  {
    name: "env value with a zero byte",
    path: load,
    body: { env: { A: `${CANARY}\0` } },
    status: 422,
    code: "invalid_body",
  },
  {
    name: "env name no identifier",
    path: load,
    body: { env: { [`${CANARY}=`]: "v" } },
    status: 422,
    code: "invalid_body",
  },
  {
    name: "env name __proto__ is a plain name, its value no text",
    path: load,
    init: post('{"env":{"__proto__":{}}}'),
    status: 422,
    code: "invalid_body",
  },
  ...[
    "NODE_OPTIONS",
    "LD_PRELOAD",
    "PATH",
    "AUTH_TOKEN",
    "AUTH_TOKEN_FILE",
    "NODE_EXTRA_CA_CERTS",
    "DYLD_INSERT_LIBRARIES",
  ].map(
    (name): Row => ({
      name: `env name ${name}`,
      path: load,
      body: { env: { [name]: CANARY } },
      status: 422,
      code: "invalid_body",
    }),
  ),
  { name: "engine_params a text", path: load, body: { engine_params: CANARY }, status: 422, code: "invalid_body" },
  { name: "unknown backend", path: load, body: { backend_class: CANARY }, status: 400, code: "unknown_backend" },
  {
    name: "unknown backend by the other name",
    path: load,
    body: { backend_module: CANARY },
    status: 400,
    code: "unknown_backend",
  },
  {
    name: "canary switch no flag",
    path: load,
    body: { engine_params: { print_canary: CANARY } },
    status: 422,
    code: "invalid_body",
  },
  ...[
    "../add.onnx",
    "/etc/passwd",
    "sub/add.onnx",
    "..\\add.onnx",
    ".onnx",
    "add.onnx\0",
    "add",
    7,
    "%2e%2e/add.onnx",
  ].map(
    (model): Row => ({
      name: `model ${JSON.stringify(model)}`,
      to: "empty",
      path: load,
      body: { backend_class: "onnx", engine_params: { model }, env: { A: CANARY } },
      status: 422,
      code: "invalid_body",
    }),
  ),
  {
    name: "onnx without a model",
    to: "empty",
    path: load,
    body: { backend_class: "onnx" },
    status: 422,
    code: "invalid_body",
  },
  {
    name: "model not there",
    to: "empty",
    path: load,
    body: { backend_class: "onnx", engine_params: { model: `${CANARY}.onnx` } },
    status: 404,
    code: "model_not_found",
  },
  { name: "chat, nothing loaded", to: "empty", path: chat, body: { messages }, status: 409, code: "not_loaded" },
  { name: "infer, nothing loaded", to: "empty", path: infer, body: { inputs: {} }, status: 409, code: "not_loaded" },
  { name: "chat with a tensor model", to: "onnx", path: chat, body: { messages }, status: 409, code: "wrong_backend" },
  { name: "tensors for a chat model", path: infer, body: { inputs: { a } }, status: 409, code: "wrong_backend" },
  { name: "no messages", path: chat, body: {}, status: 422, code: "invalid_body" },
  { name: "empty messages", path: chat, body: { messages: [] }, status: 422, code: "invalid_body" },
  {
    name: "unknown role",
    path: chat,
    body: { messages: [{ ...user, role: CANARY }] },
    status: 422,
    code: "invalid_body",
  },
  {
    name: "content a number",
    path: chat,
    body: { messages: [{ role: "user", content: 7 }] },
    status: 422,
    code: "invalid_body",
  },
  {
    name: "part without type",
    path: chat,
    body: { messages: [{ role: "user", content: [{}] }] },
    status: 422,
    code: "invalid_body",
  },
  { name: "temperature too high", path: chat, body: { messages, temperature: 2.5 }, status: 422, code: "invalid_body" },
  { name: "top_p a text", path: chat, body: { messages, top_p: CANARY }, status: 422, code: "invalid_body" },
  { name: "max_tokens zero", path: chat, body: { messages, max_tokens: 0 }, status: 422, code: "invalid_body" },
  { name: "max_tokens a fraction", path: chat, body: { messages, max_tokens: 1.5 }, status: 422, code: "invalid_body" },
  { name: "stream a text", path: chat, body: { messages, stream: CANARY }, status: 422, code: "invalid_body" },
  {
    name: "model_params a list",
    path: chat,
    body: { messages, model_params: [CANARY] },
    status: 422,
    code: "invalid_body",
  },
  { name: "inputs missing", to: "onnx", path: infer, body: {}, status: 422, code: "invalid_body" },
  { name: "an input missing", to: "onnx", path: infer, body: { inputs: { a } }, status: 422, code: "invalid_body" },
  {
    name: "an input too many",
    to: "onnx",
    path: infer,
    body: { inputs: { a, b: a, [CANARY]: a } },
    status: 422,
    code: "invalid_body",
  },
  {
    name: "another type",
    to: "onnx",
    path: infer,
    body: { inputs: { a, b: { ...a, type: "int32" } } },
    status: 422,
    code: "invalid_body",
  },
  {
    name: "no such type",
    to: "onnx",
    path: infer,
    body: { inputs: { a, b: { ...a, type: CANARY } } },
    status: 422,
    code: "invalid_body",
  },
  {
    name: "another rank",
    to: "onnx",
    path: infer,
    body: { inputs: { a, b: { ...a, dims: [1, 2] } } },
    status: 422,
    code: "invalid_body",
  },
  {
    name: "dims and data differ",
    to: "onnx",
    path: infer,
    body: { inputs: { a, b: { ...a, dims: [3] } } },
    status: 422,
    code: "invalid_body",
  },
  {
    name: "negative dim",
    to: "onnx",
    path: infer,
    body: { inputs: { a, b: { ...a, dims: [-1] } } },
    status: 422,
    code: "invalid_body",
  },
  {
    name: "huge dims",
    to: "onnx",
    path: infer,
    body: { inputs: { a, b: { ...a, dims: [2 ** 40, 2 ** 40] } } },
    status: 422,
    code: "invalid_body",
  },
  {
    name: "a free length that differs",
    to: "onnx",
    path: infer,
    body: { inputs: { a, b: { type: "float32", dims: [3], data: [1, 2, 3] } } },
    status: 422,
    code: "invalid_body",
  },
  {
    name: "an element that is no number",
    to: "onnx",
    path: infer,
    body: { inputs: { a, b: { ...a, data: [1, CANARY] } } },
    status: 422,
    code: "invalid_body",
  },
  {
    name: "not base64",
    to: "onnx",
    path: infer,
    body: { inputs: { a, b: { ...a, data: `${CANARY}!` } } },
    status: 422,
    code: "invalid_body",
  },
  {
    name: "base64 that ends inside an element",
    to: "onnx",
    path: infer,
    body: { inputs: { a, b: { ...a, data: "AAAA" } } },
    status: 422,
    code: "invalid_body",
  },
  {
    name: "no such output",
    to: "onnx",
    path: infer,
    body: { inputs: { a, b: a }, outputs: [CANARY] },
    status: 422,
    code: "invalid_body",
  },
  {
    name: "outputs a text",
    to: "onnx",
    path: infer,
    body: { inputs: { a, b: a }, outputs: CANARY },
    status: 422,
    code: "invalid_body",
  },
  {
    name: "unknown encoding",
    to: "onnx",
    path: infer,
    body: { inputs: { a, b: a }, encoding: CANARY },
    status: 422,
    code: "invalid_body",
  },
];

describe("refusals", () => {
  test.each(rows)("$name: $status $code", async ({ to = "echo", path, body, init, status, code }) => {
    const server = { echo, onnx, empty }[to];
    const answer = await server.call(path, body, { ...init, headers: { "x-request-id": "row-1", ...init?.headers } });
    const text = await answer.text();
    expect({
      status: answer.status,
      type: answer.headers.get("content-type"),
      id: answer.headers.get("x-request-id"),
    }).toEqual({
      status,
      type: "application/json",
      id: "row-1",
    });
    expect(JSON.parse(text)).toEqual({
      error: { code, message: expect.stringMatching(/^[^\n]{5,200}$/), request_id: "row-1" },
    });
    expect(text).not.toContain(CANARY);
  });

  test("405 names the method that is taken", async () => {
    const answer = await echo.call(load);
    expect(answer.headers.get("allow")).toBe("POST");
  });

  /** Sends bytes as they are and returns what came back until the server closed. */
  function raw(...parts: string[]): Promise<{ head: string; body: string }> {
    const { port, hostname } = new URL(echo.url);
    return new Promise((resolve, reject) => {
      let said = "";
      const socket = connect(Number(port), hostname, () => {
        for (const part of parts) socket.write(part);
      });
      socket.on("data", (chunk) => {
        said += String(chunk);
      });
      socket.on("error", reject);
      socket.on("close", () => {
        const [head = "", body = ""] = said.split("\r\n\r\n");
        resolve({ head, body });
      });
    });
  }

  test("a body that grows too large without saying so is refused, and its connection cut", async () => {
    const head = `POST ${load} HTTP/1.1\r\nHost: x\r\nX-API-Key: ${echo.token}\r\nContent-Type: application/json\r\n`;
    const chunk = `1000\r\n${"x".repeat(4096)}\r\n`;
    const answer = await raw(`${head}Transfer-Encoding: chunked\r\n\r\n`, chunk, chunk);
    expect(answer.head).toMatch(/^HTTP\/1\.1 413 /);
    expect(JSON.parse(answer.body)).toMatchObject({ error: { code: "body_too_large" } });
  });

  test("what is not HTTP gets the same shape", async () => {
    const { head, body } = await raw(`${CANARY}\r\n\r\n`);
    expect(head).toMatch(/^HTTP\/1\.1 400 /);
    const requestId = expect.stringMatching(/^[0-9a-f-]{36}$/);
    const message = "the request is not HTTP that can be read";
    expect(JSON.parse(body)).toEqual({ error: { code: "malformed_request", message, request_id: requestId } });
  });

  test("no refused value reached the log, but as part of a path", () => {
    const records = (server: InferenceServer) => server.logs().split("\n");
    const lines = [...records(echo), ...records(onnx), ...records(empty)].filter((line) => line.includes(CANARY));
    expect(lines.map((line) => JSON.parse(line).path)).toEqual([`/v1/${CANARY}`]);
  });
});
