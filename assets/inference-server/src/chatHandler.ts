import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import { ApiError } from "./errors.ts";
import { type Exchange, elapsedMs, readJson, sendJson } from "./http.ts";
import { type ChatAnswer, parseChat } from "./model/chat.ts";
import type { ModelHost } from "./model/host.ts";

/** `POST /v1/chat/completions` in OpenAI's shape; server-sent events when `stream` is true. */
export async function chat(exchange: Exchange, models: ModelHost): Promise<void> {
  const request = parseChat(await readJson(exchange));
  await models.use(async (model) => {
    if (model.kind !== "echo")
      throw new ApiError(409, "wrong_backend", "the loaded model does not chat: use /v1/infer");
    const answer = model.chat(request);
    const head = {
      id: `chatcmpl-${randomUUID().replaceAll("-", "")}`,
      created: Math.floor(Date.now() / 1000),
      model: model.id,
    };
    if (request.stream) await stream(exchange, head, answer);
    else whole(exchange, head, answer);
  });
}

type Head = { id: string; created: number; model: string };

function whole(exchange: Exchange, head: Head, answer: ChatAnswer): void {
  const latency = elapsedMs(exchange);
  const body = {
    ...head,
    object: "chat.completion",
    choices: [
      {
        index: 0,
        message: { role: "assistant", content: answer.pieces.join("") },
        finish_reason: answer.finishReason,
      },
    ],
    usage: answer.usage,
    performance: { latency_ms: latency },
  };
  sendJson(exchange.response, 200, body, { "x-latency-ms": String(latency) });
}

/** The header's latency is the time to the first event, the only one known when headers leave. */
async function stream(exchange: Exchange, head: Head, answer: ChatAnswer): Promise<void> {
  const { response } = exchange;
  response.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "x-latency-ms": String(elapsedMs(exchange)),
  });
  const chunk = (delta: object, finish: string | null, more: object = {}) => ({
    ...head,
    object: "chat.completion.chunk",
    choices: [{ index: 0, delta, finish_reason: finish }],
    ...more,
  });
  await event(response, JSON.stringify(chunk({ role: "assistant", content: "" }, null)));
  for (const piece of answer.pieces) await event(response, JSON.stringify(chunk({ content: piece }, null)));
  await event(response, JSON.stringify(chunk({}, answer.finishReason, { usage: answer.usage })));
  await event(response, "[DONE]");
  response.end();
}

/** Waits where the reader is slower than we are, and stops waiting when he is gone. */
async function event(response: ServerResponse, data: string): Promise<void> {
  if (response.destroyed || response.write(`data: ${data}\n\n`)) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      response.off("drain", done).off("close", done);
      resolve();
    };
    response.once("drain", done).once("close", done);
  });
}
