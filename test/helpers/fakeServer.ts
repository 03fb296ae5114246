import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type Duplex, duplexPair } from "node:stream";
import type { FakeContainer } from "./fakeEngine.ts";

export type ServerFault = "none" | "500" | "422-echo" | "never-ready" | "401" | "hangs" | "garbage" | "huge";

/** The reference server's wire protocol in memory: real HTTP over a pair of streams, state in the fake container. */
export interface FakeServer {
  fault: ServerFault;
  /** Bodies of `load`, as they came. */
  readonly loads: { engine_params: Record<string, unknown>; env: Record<string, string>; backend_class: string }[];
  /** `GET /ready`, in order. */
  readonly requests: string[];
  connect(container: FakeContainer): Duplex;
}

export function fakeServer(): FakeServer {
  const server: FakeServer = { fault: "none", loads: [], requests: [], connect };

  function connect(container: FakeContainer): Duplex {
    const [near, far] = duplexPair();
    const http = createServer((request, response) => void answer(container, request, response));
    http.emit("connection", far);
    near.on("close", () => far.destroy());
    return near;
  }

  async function answer(container: FakeContainer, request: IncomingMessage, response: ServerResponse): Promise<void> {
    server.requests.push(`${request.method} ${request.url}`);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const send = (status: number, body: unknown) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(typeof body === "string" ? body : JSON.stringify(body));
    };
    const key = container.files.get("/run/secrets/auth_token")?.bytes.toString();
    if (request.url === "/ready") {
      const ready = key !== undefined && server.fault !== "never-ready";
      return send(ready ? 200 : 503, { status: ready ? "ready" : "waiting for the key" });
    }
    if (server.fault === "401" || key === undefined || request.headers["x-api-key"] !== key) {
      return send(401, { error: { code: "key_refused", message: "the header X-API-Key is missing or wrong" } });
    }
    const body = chunks.length === 0 ? null : JSON.parse(Buffer.concat(chunks).toString());
    if (server.fault === "hangs") return;
    if (server.fault === "garbage") return send(200, "not json");
    if (server.fault === "huge") return send(200, `"${"x".repeat(17 * 2 ** 20)}"`);
    if (server.fault === "500") return send(500, { error: { code: "internal", message: "out of memory" } });
    if (server.fault === "422-echo") {
      return send(422, { detail: [{ type: "model_type", loc: ["body"], msg: JSON.stringify(body), input: body }] });
    }
    answerModel(container, request.url ?? "", body, send);
  }

  function answerModel(
    container: FakeContainer,
    url: string,
    body: Record<string, never>,
    send: (status: number, body: unknown) => void,
  ): void {
    if (url === "/v1/model/load") load(container, body, send);
    else if (url === "/v1/model/unload") send(200, { status: "unloaded" });
    else if (url === "/v1/chat/completions") {
      const said = (body.messages as unknown as { content: string }[]).at(-1)?.content ?? "";
      send(200, {
        model: "echo",
        choices: [{ index: 0, message: { role: "assistant", content: `You said: ${said}` }, finish_reason: "stop" }],
        usage: { prompt_tokens: 1, completion_tokens: 3, total_tokens: 4 },
      });
    } else if (url === "/v1/infer") {
      send(200, {
        outputs: { y: { type: "int64", dims: [2], data: [1, "2"] }, ok: { type: "bool", dims: [1], data: [true] } },
        latency_ms: 1.5,
      });
    } else send(404, { error: { code: "not_found", message: "there is no such path" } });
  }

  function load(
    container: FakeContainer,
    body: Record<string, never>,
    send: (status: number, body: unknown) => void,
  ): void {
    server.loads.push(body as never);
    const env = Object.entries((body.env ?? {}) as Record<string, string>);
    for (const [name] of env)
      container.log.push(Buffer.from(`INFO:api_wrapper: Set environment variable: ${name}=********\n`));
    const params = body.engine_params as { print_canary?: boolean } | undefined;
    if (params?.print_canary) for (const [name, value] of env) container.log.push(Buffer.from(`${name}=${value}\n`));
    send(200, { status: "loaded" });
  }
  return server;
}
