import { createServer, type RequestListener } from "node:http";
import { type Duplex, duplexPair } from "node:stream";
import { describe, expect, test } from "vitest";
import { inference } from "../../../../electron/contract/inference.ts";
import { Failure } from "../../../../electron/core/failure.ts";
import { createModelServer, type ServerProfile, serverAddress } from "../../../../electron/core/inference/index.ts";
import { createMasker } from "../../../../electron/core/logs/index.ts";
import { systemClock } from "../../../../electron/core/node.ts";
import { Secret } from "../../../../electron/core/secrets/index.ts";
import { fakeClock } from "../../../helpers/ports.ts";

const value = "Zx9-qW/2+kLmN=vB7";

function serving(
  listener: RequestListener,
  more: { profile?: ServerProfile; clock?: ReturnType<typeof fakeClock> } = {},
) {
  const masker = createMasker();
  masker.register("HF_TOKEN", Buffer.from(value));
  const streams: Duplex[] = [];
  const server = createModelServer({
    profile: more.profile ?? { port: 8000, protocol: "gatehouse" },
    apiKey: new Secret(masker, "AUTH_TOKEN", Buffer.from("the-key-of-this-start")),
    mask: masker,
    clock: more.clock ?? systemClock(),
    async open() {
      const [near, far] = duplexPair();
      createServer(listener).emit("connection", far);
      near.on("close", () => far.destroy());
      streams.push(near);
      return near;
    },
  });
  return { server, streams };
}

const answering = (status: number, body: unknown): RequestListener => {
  return (request, response) => {
    request.resume();
    response.writeHead(status, { "content-type": "application/json" });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  };
};

describe("refusals", () => {
  const own = (code: string, message = "fixed text") => ({ error: { code, message, request_id: "1" } });
  const echo = (loc: (string | number)[]) => ({
    detail: [{ type: "missing", loc, msg: `got ${value}`, input: value }],
  });
  test.each<[status: number, body: unknown, code: string, details: object]>([
    [401, own("key_refused"), "SERVER_REFUSED_KEY", { status: 401 }],
    [403, "", "SERVER_REFUSED_KEY", { status: 403 }],
    [422, echo(["header", "x-api-key"]), "SERVER_REFUSED_KEY", { status: 422 }],
    [422, echo(["header", "X-API-Key"]), "SERVER_REFUSED_KEY", { status: 422 }],
    [
      422,
      echo(["body", "env", 0]),
      "SERVER_REFUSED_INPUT",
      { status: 422, path: "/v1/model/load", reason: "body.env.0 (missing)" },
    ],
    [
      422,
      own("invalid_body", "env must be an object"),
      "SERVER_REFUSED_INPUT",
      { status: 422, path: "/v1/model/load", reason: "env must be an object" },
    ],
    [
      422,
      own("invalid_body", `no: ${value}`),
      "SERVER_REFUSED_INPUT",
      { status: 422, path: "/v1/model/load", reason: "no: [secret:HF_TOKEN]" },
    ],
    [413, "", "SERVER_REFUSED_INPUT", { status: 413, path: "/v1/model/load", reason: "" }],
    [
      400,
      own("unknown_backend", "echo or onnx"),
      "SERVER_REFUSED_INPUT",
      { status: 400, path: "/v1/model/load", reason: "echo or onnx" },
    ],
    [
      404,
      own("model_not_found", "no such file"),
      "MODEL_NOT_FOUND",
      { path: "/v1/model/load", reason: "no such file" },
    ],
    [409, own("not_loaded"), "SERVER_NOT_READY", { reason: "no model is loaded" }],
    [409, own("busy"), "CONFLICT", { what: "model server" }],
    [503, own("waiting_for_key", "waiting for the key"), "SERVER_NOT_READY", { reason: "waiting for the key" }],
    [
      500,
      own("internal", "out of memory"),
      "SERVER_ERROR",
      { status: 500, path: "/v1/model/load", reason: "out of memory" },
    ],
    [502, "<html>bad gateway</html>", "SERVER_ERROR", { status: 502, path: "/v1/model/load", reason: "" }],
    [302, "", "SERVER_ERROR", { status: 302, path: "/v1/model/load", reason: "" }],
    [200, { status: "queued" }, "SERVER_ERROR", { path: "/v1/model/load", reason: "not loaded" }],
    [200, "no json", "SERVER_ERROR", { path: "/v1/model/load", reason: "not loaded" }],
  ])("%s %j → %s", async (status, body, code, details) => {
    const { server, streams } = serving(answering(status, body));
    const failure = await server.load(Buffer.from("{}")).catch((error: unknown) => error as Failure);
    expect(failure).toBeInstanceOf(Failure);
    expect({ code: (failure as Failure).code, details: (failure as Failure).details }).toEqual({ code, details });
    expect(`${failure} ${JSON.stringify(failure)}`).not.toContain(value);
    expect(streams.every((stream) => stream.destroyed)).toBe(true);
  });
});

describe("requests", () => {
  test("load sends the bytes as they are, with the key in its header", async () => {
    const seen: unknown[] = [];
    const { server, streams } = serving(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const { "x-api-key": key, "content-type": type } = request.headers;
      seen.push([request.method, request.url, key, type, Buffer.concat(chunks).toString()]);
      answering(200, { status: "loaded" })(request, response);
    });
    await server.load(Buffer.from('{"env":{}}'));
    expect(seen).toEqual([["POST", "/v1/model/load", "the-key-of-this-start", "application/json", '{"env":{}}']]);
    expect(streams.every((stream) => stream.destroyed)).toBe(true);
  });

  test("ready carries no key", async () => {
    const keys: unknown[] = [];
    const { server } = serving((request, response) => {
      keys.push(request.headers["x-api-key"]);
      answering(200, { status: "ready" })(request, response);
    });
    expect(await server.ready()).toEqual({ ready: true, note: "ready" });
    expect(keys).toEqual([undefined]);
  });

  test("chat: answer, model, tokens; masked before it is read", async () => {
    const { server } = serving(
      answering(200, {
        model: "echo",
        choices: [{ message: { role: "assistant", content: `You said: ${value}` } }],
        usage: { prompt_tokens: 2, completion_tokens: 3 },
      }),
    );
    const result = await server.chat({ messages: [{ role: "user", content: "hi" }], maxTokens: 10 });
    expect(result).toEqual({
      answer: "You said: [secret:HF_TOKEN]",
      model: "echo",
      latencyMs: expect.any(Number),
      promptTokens: 2,
      completionTokens: 3,
    });
    expect(inference.chat["~orpc"].outputSchema).toBeDefined();
  });

  test("chat without usage, or with an empty content", async () => {
    const { server } = serving(answering(200, { choices: [{ message: { content: null } }] }));
    expect(await server.chat({ messages: [], maxTokens: 1 })).toMatchObject({
      answer: "",
      model: "",
      promptTokens: null,
      completionTokens: null,
    });
  });

  test.each<[name: string, body: unknown, reason: RegExp]>([
    ["no choices", { choices: [] }, /unexpected form at choices/],
    ["another shape", { answer: "x" }, /unexpected form at choices/],
    ["nothing", "", /unexpected form at the top/],
  ])("chat answered with %s", async (_name, body, reason) => {
    const { server } = serving(answering(200, body));
    await expect(server.chat({ messages: [], maxTokens: 1 })).rejects.toMatchObject({
      code: "SERVER_ERROR",
      details: { reason: expect.stringMatching(reason) },
    });
  });

  test("infer: big integers and truth values become numbers", async () => {
    const { server } = serving(
      answering(200, {
        outputs: { y: { type: "int64", dims: [2], data: [1, "2"] }, ok: { type: "bool", dims: [1], data: [true] } },
        latency_ms: 1.5,
      }),
    );
    expect(await server.infer({})).toEqual({
      outputs: { y: { type: "int64", dims: [2], data: [1, 2] }, ok: { type: "bool", dims: [1], data: [1] } },
      latencyMs: expect.any(Number),
      serverMs: 1.5,
    });
  });

  test.each<[name: string, tensor: unknown, reason: RegExp]>([
    ["of a type that can't be shown", { type: "string", dims: [1], data: ["x"] }, /of type string/],
    ["not finite", { type: "float32", dims: [1], data: ["NaN"] }, /not a finite number/],
  ])("infer answered with a tensor %s", async (_name, tensor, reason) => {
    const { server } = serving(answering(200, { outputs: { y: tensor } }));
    await expect(server.infer({})).rejects.toMatchObject({
      code: "SERVER_ERROR",
      details: { reason: expect.stringMatching(reason) },
    });
  });

  test("an OpenAI server: bearer key, its own model's name, health instead of ready", async () => {
    const seen: unknown[] = [];
    const { server } = serving(
      async (request, response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of request) chunks.push(chunk);
        seen.push([request.url, request.headers.authorization, Buffer.concat(chunks).toString()]);
        if (request.url === "/v1/models") answering(200, { data: [{ id: "qwen" }] })(request, response);
        else answering(200, { model: "qwen", choices: [{ message: { content: "hi" } }] })(request, response);
      },
      { profile: { port: 8000, protocol: "openai" } },
    );
    expect(await server.ready()).toMatchObject({ ready: true });
    expect(await server.chat({ messages: [{ role: "user", content: "hi" }], maxTokens: 5 })).toMatchObject({
      answer: "hi",
      model: "qwen",
    });
    expect(seen).toEqual([
      ["/health", undefined, ""],
      ["/v1/models", "Bearer the-key-of-this-start", ""],
      [
        "/v1/chat/completions",
        "Bearer the-key-of-this-start",
        '{"model":"qwen","messages":[{"role":"user","content":"hi"}],"max_tokens":5,"stream":false}',
      ],
    ]);
  });
});

describe("time, size and broken lines", () => {
  const silent: RequestListener = () => {};

  test("a server that says nothing: the time limit is the clock's", async () => {
    const clock = fakeClock();
    const { server, streams } = serving(silent, { clock });
    const asking = server.chat({ messages: [], maxTokens: 1 }).catch((error: unknown) => error);
    await clock.advance(5 * 60_000);
    expect(await asking).toMatchObject({
      code: "TIMED_OUT",
      details: { what: "/v1/chat/completions", seconds: 300 },
      retryable: true,
    });
    expect(streams.every((stream) => stream.destroyed)).toBe(true);
    expect(clock.pending).toBe(0);
  });

  test("while it is waited for, that is no failure", async () => {
    const clock = fakeClock();
    const { server } = serving(silent, { clock });
    const asking = server.ready();
    await clock.advance(5_000);
    expect(await asking).toEqual({ ready: false, note: "no answer yet" });
  });

  test("cancelled", async () => {
    const stop = new AbortController();
    const { server } = serving(() => stop.abort());
    await expect(server.infer({}, { signal: stop.signal })).rejects.toMatchObject({ code: "CANCELLED" });
    await expect(server.infer({}, { signal: stop.signal })).rejects.toMatchObject({ code: "CANCELLED" });
  });

  test("more than 16 MiB", async () => {
    const { server } = serving(answering(200, "x".repeat(16 * 2 ** 20 + 1)));
    await expect(server.infer({})).rejects.toMatchObject({ code: "SERVER_ERROR" });
  });

  test.each<[name: string, breakOff: (stream: Duplex) => void]>([
    ["the channel closes", (stream) => stream.destroy()],
    ["the channel fails", (stream) => stream.destroy(new Error("the connection was lost"))],
    ["the channel ends", (stream) => stream.push(null)],
  ])("an answer that breaks off: %s", async (_name, breakOff) => {
    const { server, streams } = serving((_request, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("{");
      setImmediate(() => {
        for (const stream of streams) breakOff(stream);
      });
    });
    await expect(server.infer({})).rejects.toMatchObject({ code: "SERVER_NOT_READY", retryable: true });
  });

  test.each<[thrown: Failure | Error, code: string]>([
    [new Failure("CHANNEL_FAILED", { address: "172.20.0.2" }), "SERVER_NOT_READY"],
    [new Failure("HOST_OFFLINE", {}), "HOST_OFFLINE"],
    [new Error("connect ECONNREFUSED"), "SERVER_NOT_READY"],
  ])("no stream: %s → %s", async (thrown, code) => {
    const masker = createMasker();
    const server = createModelServer({
      profile: { port: 8000, protocol: "gatehouse" },
      apiKey: new Secret(masker, "AUTH_TOKEN", Buffer.from("key")),
      mask: masker,
      clock: systemClock(),
      open: () => Promise.reject(thrown),
    });
    await expect(server.infer({})).rejects.toMatchObject({ code });
  });

  test("not there yet is an answer, an offline host is not", async () => {
    const { server } = serving(answering(503, { status: "waiting for the key" }));
    expect(await server.ready()).toEqual({ ready: false, note: "waiting for the key" });
    const old = serving((request, response) =>
      answering(request.url === "/ready" ? 404 : 200, { status: "ok" })(request, response),
    );
    expect(await old.server.ready()).toEqual({ ready: true, note: "ok" });
  });
});

describe("serverAddress", () => {
  const detail = (changes: object) => ({ addresses: {}, ports: {}, hostConfig: {}, ...changes });
  const own = { addresses: { net: "172.20.0.2" } };
  const published = { ports: { "8000/tcp": [{ hostIp: "127.0.0.1", hostPort: 40123 }] } };
  test.each<[name: string, detail: object, kind: "ssh" | "local", expected: string]>([
    ["its own address", own, "ssh", "172.20.0.2:8000"],
    ["its own before a published one, over SSH", { ...own, ...published }, "ssh", "172.20.0.2:8000"],
    ["a published one first on this machine", { ...own, ...published }, "local", "127.0.0.1:40123"],
    ["its own when nothing is published", own, "local", "172.20.0.2:8000"],
    [
      "published everywhere is reached by loopback",
      { ports: { "8000/tcp": [{ hostIp: "0.0.0.0", hostPort: 81 }] } },
      "ssh",
      "127.0.0.1:81",
    ],
    ["the host's network", { hostConfig: { NetworkMode: "host" } }, "ssh", "127.0.0.1:8000"],
  ])("%s", (_name, change, kind, expected) => {
    const { host, port } = serverAddress(detail(change), 8000, kind);
    expect(`${host}:${port}`).toBe(expected);
  });
  test.each([{}, { addresses: { net: "" } }, { ports: { "9000/tcp": [{ hostIp: "127.0.0.1", hostPort: 1 }] } }])(
    "none in %j",
    (change) => {
      expect(() => serverAddress(detail(change), 8000, "ssh")).toThrow(
        expect.objectContaining({ code: "SERVER_NOT_READY" }),
      );
    },
  );
});
