import { setTimeout as delay } from "node:timers/promises";
import type { KeyGate } from "./auth.ts";
import { chat } from "./chatHandler.ts";
import { ApiError } from "./errors.ts";
import { type Exchange, elapsedMs, readJson, sendJson } from "./http.ts";
import type { ModelHost } from "./model/host.ts";
import { parseLoad } from "./model/loadRequest.ts";
import { requireRuntimePresent } from "./model/onnx.ts";
import { parseInfer } from "./model/tensors.ts";
import type { Settings } from "./settings.ts";

export interface HandlerDeps {
  gate: KeyGate;
  models: ModelHost;
  settings: Pick<Settings, "fault" | "faultDelayMs">;
}

interface Route {
  method: "GET" | "POST";
  /** Answers without a key: says whether the process lives, and nothing else. */
  open: boolean;
  handle(exchange: Exchange, deps: HandlerDeps): Promise<void> | void;
}

const routes: ReadonlyMap<string, Route> = new Map<string, Route>([
  ["/health", { method: "GET", open: true, handle: ({ response }) => sendJson(response, 200, { status: "ok" }) }],
  ["/ready", { method: "GET", open: true, handle: ready }],
  ["/v1/models", { method: "GET", open: false, handle: listModels }],
  ["/v1/model/load", { method: "POST", open: false, handle: load }],
  ["/v1/model/unload", { method: "POST", open: false, handle: unload }],
  ["/v1/infer", { method: "POST", open: false, handle: infer }],
  ["/v1/chat/completions", { method: "POST", open: false, handle: (exchange, deps) => chat(exchange, deps.models) }],
]);

/** Finds and runs the call. The key comes first: without it one does not even learn which paths there are. */
export async function dispatch(exchange: Exchange, deps: HandlerDeps): Promise<void> {
  const { request } = exchange;
  const path = (request.url ?? "/").split("?")[0] ?? "/";
  const route = routes.get(path);
  if (route?.open !== true) authorise(exchange, deps.gate);
  if (route === undefined) throw new ApiError(404, "not_found", "there is no such path");
  const method = request.method === "HEAD" ? "GET" : request.method;
  if (method !== route.method) {
    throw new ApiError(405, "method_not_allowed", `this path takes ${route.method}`, { allow: route.method });
  }
  if (deps.settings.fault === "slow" && path !== "/health") await delay(deps.settings.faultDelayMs);
  await route.handle(exchange, deps);
}

function authorise({ request }: Exchange, gate: KeyGate): void {
  if (!gate.ready()) throw new ApiError(503, "waiting_for_key", "waiting for the key", { "retry-after": "1" });
  const given = request.headers["x-api-key"];
  if (!gate.matches(typeof given === "string" ? given : undefined)) {
    throw new ApiError(401, "key_refused", "the header X-API-Key is missing or wrong");
  }
}

function ready({ response }: Exchange, { gate, models, settings }: HandlerDeps): void {
  if (settings.fault === "never-ready") sendJson(response, 503, { status: "starting" });
  else if (!gate.ready()) sendJson(response, 503, { status: "waiting for the key" });
  else sendJson(response, 200, { status: "ready", model_loaded: models.current() !== null });
}

function listModels({ response }: Exchange, { models }: HandlerDeps): void {
  const model = models.current();
  const tensors = model?.kind === "onnx" ? { inputs: model.inputs, outputs: model.outputs } : {};
  const data =
    model === null ? [] : [{ id: model.id, object: "model", owned_by: "gatehouse", backend: model.kind, ...tensors }];
  sendJson(response, 200, { object: "list", data });
}

async function load(exchange: Exchange, { models, settings }: HandlerDeps): Promise<void> {
  const body = await readJson(exchange);
  if (settings.fault === "load-500") throw new ApiError(500, "internal", "the practice fault load-500 is on");
  if (settings.fault === "load-422-echo") {
    sendJson(exchange.response, 422, echoingRefusal(body));
    return;
  }
  await models.load(parseLoad(body));
  sendJson(exchange.response, 200, { status: "loaded" });
}

/** The shape in which FastAPI with pydantic 2 refuses a body, its habit of returning the input included. */
function echoingRefusal(body: unknown): object {
  return { detail: [{ type: "model_type", loc: ["body"], msg: "Input should be a valid request", input: body }] };
}

async function unload(exchange: Exchange, { models }: HandlerDeps): Promise<void> {
  await models.unload();
  exchange.request.resume();
  sendJson(exchange.response, 200, { status: "unloaded" });
}

async function infer(exchange: Exchange, { models }: HandlerDeps): Promise<void> {
  requireRuntimePresent();
  const request = parseInfer(await readJson(exchange));
  const outputs = await models.use((model) => {
    if (model.kind !== "onnx") throw new ApiError(409, "wrong_backend", "the loaded model takes no tensors");
    return model.infer(request);
  });
  const latency = elapsedMs(exchange);
  sendJson(exchange.response, 200, { outputs, latency_ms: latency }, { "x-latency-ms": String(latency) });
}
