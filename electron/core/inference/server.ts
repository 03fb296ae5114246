import { z } from "zod";
import type { TensorView } from "../../contract/inference.ts";
import { Failure, isFailure } from "../failure.ts";
import type { MaskGuard } from "../logs/index.ts";
import type { Cancellable, Clock } from "../ports.ts";
import type { Secret } from "../secrets/index.ts";
import { type Call, type ExchangeDeps, exchange } from "./exchange.ts";
import { refusalOf } from "./refusals.ts";
import { chatAnswer, inferAnswer, tensorsOf } from "./shapes.ts";

/** How an image's server is spoken to. */
export interface ServerProfile {
  /** TCP port inside the container. */
  port: number;
  /**
   * `gatehouse`: `X-API-Key`, `/ready`, `/v1/model/load`, `/v1/infer`, `/v1/chat/completions`.
   * `openai`: `Authorization: Bearer`, `/health`, `/v1/chat/completions`; its model is loaded when it is ready.
   * `jupyter`: `Authorization: token`, `/api/status`; it is asked nothing but whether it is ready.
   */
  protocol: "gatehouse" | "openai" | "jupyter";
}

export interface ModelServerDeps extends ExchangeDeps {
  profile: ServerProfile;
  apiKey: Secret;
  mask: Pick<MaskGuard, "bytes" | "text">;
  clock: Pick<Clock, "after" | "mono">;
}

export interface ChatRequest {
  messages: readonly { role: "system" | "user" | "assistant"; content: string }[];
  maxTokens: number;
}

export interface ChatResult {
  answer: string;
  model: string;
  latencyMs: number;
  promptTokens: number | null;
  completionTokens: number | null;
}

export interface InferResult {
  outputs: Record<string, TensorView>;
  latencyMs: number;
  /** As the server measured it. */
  serverMs: number | null;
}

/**
 * A running model server. Every answer is masked before it is read. Rejects with `SERVER_REFUSED_KEY` {status},
 * `SERVER_REFUSED_INPUT` {status, path, reason}, `SERVER_ERROR` {status, path, reason}, `MODEL_NOT_FOUND` {path},
 * `SERVER_NOT_READY` {reason}, `TIMED_OUT` {what, seconds}, `CANCELLED`, and what the link rejects with.
 */
export interface ModelServer {
  /** Whether it takes calls; a server that is not there yet is an answer, not a failure. */
  ready(options?: Cancellable): Promise<{ ready: boolean; note: string }>;
  /** `body` as the secrets room makes it; it is not kept. */
  load(body: Buffer, options?: Cancellable): Promise<void>;
  unload(options?: Cancellable): Promise<void>;
  chat(request: ChatRequest, options?: Cancellable): Promise<ChatResult>;
  infer(inputs: Readonly<Record<string, TensorView>>, options?: Cancellable): Promise<InferResult>;
}

const readyPaths = { gatehouse: "/ready", openai: "/health", jupyter: "/api/status" } as const;
const readyLimitMs = 5_000;
const loadLimitMs = 15 * 60_000;
const unloadLimitMs = 60_000;
const askLimitMs = 5 * 60_000;

const loadAnswer = z.object({ status: z.string() });
const modelList = z.object({ data: z.array(z.object({ id: z.string() })) });

export function createModelServer(deps: ModelServerDeps): ModelServer {
  const { profile } = deps;

  async function json(call: Omit<Call, "headers">): Promise<unknown> {
    const answer = await exchange(deps, { ...call, headers: keyHeader(deps) });
    const body = parsed(deps.mask.bytes(answer.body));
    if (answer.status < 200 || answer.status > 299) throw refusalOf(answer.status, call.path, body);
    return body;
  }

  async function probe(path: string, signal: AbortSignal | undefined) {
    // Jupyter tells nobody but who has the key, which shows at once that it took it.
    const headers = profile.protocol === "jupyter" ? keyHeader(deps) : {};
    const answer = await exchange(deps, { method: "GET", path, headers, timeoutMs: readyLimitMs, signal });
    const body = z.object({ status: z.string() }).safeParse(parsed(deps.mask.bytes(answer.body)));
    return { status: answer.status, note: body.success ? body.data.status.slice(0, 100) : `${path} ${answer.status}` };
  }

  /** A server of OpenAI's kind wants the model's name in each request. */
  async function modelName(signal: AbortSignal | undefined): Promise<string> {
    const list = await json({ method: "GET", path: "/v1/models", timeoutMs: readyLimitMs, signal });
    const first = modelList.safeParse(list).data?.data[0];
    if (first === undefined) throw new Failure("MODEL_NOT_FOUND", { path: "/v1/models" });
    return first.id;
  }

  return {
    async ready({ signal } = {}) {
      try {
        let found = await probe(readyPaths[profile.protocol], signal);
        if (found.status === 404 && profile.protocol !== "jupyter") found = await probe("/health", signal);
        return { ready: found.status >= 200 && found.status < 300, note: found.note };
      } catch (error) {
        if (!isFailure(error, "SERVER_NOT_READY") && !isFailure(error, "TIMED_OUT")) throw error;
        return { ready: false, note: deps.mask.text(String(error.details.reason ?? "no answer yet")) };
      }
    },
    async load(body, { signal } = {}) {
      const answer = await json({ method: "POST", path: "/v1/model/load", body, timeoutMs: loadLimitMs, signal });
      const status = loadAnswer.safeParse(answer).data?.status ?? "";
      if (status !== "loaded") throw new Failure("SERVER_ERROR", { path: "/v1/model/load", reason: "not loaded" });
    },
    async unload({ signal } = {}) {
      await json({ method: "POST", path: "/v1/model/unload", timeoutMs: unloadLimitMs, signal });
    },
    async chat({ messages, maxTokens }, { signal } = {}) {
      const model = profile.protocol === "openai" ? { model: await modelName(signal) } : {};
      const body = Buffer.from(JSON.stringify({ ...model, messages, max_tokens: maxTokens, stream: false }));
      const began = deps.clock.mono();
      const path = "/v1/chat/completions";
      const answer = await json({ method: "POST", path, body, timeoutMs: askLimitMs, signal });
      const latencyMs = deps.clock.mono() - began;
      const { choices, usage, model: named } = checked(chatAnswer, answer, path);
      return {
        answer: choices[0]?.message.content ?? "",
        model: named,
        latencyMs,
        promptTokens: usage?.prompt_tokens ?? null,
        completionTokens: usage?.completion_tokens ?? null,
      };
    },
    async infer(inputs, { signal } = {}) {
      const body = Buffer.from(JSON.stringify({ inputs }));
      const began = deps.clock.mono();
      const path = "/v1/infer";
      const answer = await json({ method: "POST", path, body, timeoutMs: askLimitMs, signal });
      const latencyMs = deps.clock.mono() - began;
      const { outputs, latency_ms } = checked(inferAnswer, answer, path);
      return { outputs: tensorsOf(outputs), latencyMs, serverMs: latency_ms ?? null };
    },
  };
}

function keyHeader({ apiKey, profile }: ModelServerDeps): Record<string, string> {
  const key = apiKey.use((value) => value.toString("latin1"));
  if (profile.protocol === "gatehouse") return { "x-api-key": key };
  return { authorization: `${profile.protocol === "jupyter" ? "token" : "Bearer"} ${key}` };
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return null;
  }
}

function checked<T>(schema: z.ZodType<T>, value: unknown, path: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const where = result.error.issues[0]?.path.map(String).join(".") || "the top";
  throw new Failure("SERVER_ERROR", { path, reason: `the answer has an unexpected form at ${where}` });
}
