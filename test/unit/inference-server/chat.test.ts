import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { echo, parseChat } from "../../../assets/inference-server/src/model/chat.ts";
import { bundleInferenceServer, type InferenceServer, startInferenceServer } from "../../helpers/inferenceServer.ts";
import { until } from "../../helpers/until.ts";

const label = "[echo backend, no model]";

describe("the echo", () => {
  const user = (content: unknown) => ({ role: "user", content });
  test.each([
    ["what was said", { messages: [user("hello world")] }, `${label} You said: hello world`, "stop", [2, 8, 10]],
    [
      "the last user's words",
      {
        messages: [user("one"), { role: "assistant", content: "two" }, user("three"), { role: "system", content: "s" }],
      },
      `${label} You said: three`,
      "stop",
      [4, 7, 11],
    ],
    [
      "parts",
      {
        messages: [
          user([
            { type: "text", text: "a " },
            { type: "image_url", image_url: {} },
            { type: "text", text: "b" },
          ]),
        ],
      },
      `${label} You said: a b`,
      "stop",
      [2, 8, 10],
    ],
    [
      "no user",
      { messages: [{ role: "system", content: "be nice" }] },
      `${label} You said nothing.`,
      "stop",
      [2, 7, 9],
    ],
    ["cut", { messages: [user("hello world")], max_tokens: 7 }, `${label} You said: hello`, "length", [2, 7, 9]],
    [
      "just not cut",
      { messages: [user("hello world")], max_tokens: 8 },
      `${label} You said: hello world`,
      "stop",
      [2, 8, 10],
    ],
    [
      "line breaks and blanks kept inside",
      { messages: [user("a\n\n b")] },
      `${label} You said: a\n\n b`,
      "stop",
      [2, 8, 10],
    ],
  ])("%s", (_, body, text, finishReason, [prompt, completion, total]) => {
    const answer = echo(parseChat(body));
    expect({ ...answer, pieces: answer.pieces.join("") }).toEqual({
      pieces: text,
      finishReason,
      usage: { prompt_tokens: prompt, completion_tokens: completion, total_tokens: total },
    });
  });
});

describe("POST /v1/chat/completions", () => {
  let server: InferenceServer;
  beforeAll(async () => {
    server = await startInferenceServer({ bundle: await bundleInferenceServer() });
    await server.call("/v1/model/load", {});
  });
  afterAll(() => server?.stop());
  const ask = (more: object) =>
    server.call("/v1/chat/completions", { messages: [{ role: "user", content: "hi there" }], ...more });

  test("answers in OpenAI's shape", async () => {
    const answer = await ask({
      model: "any",
      temperature: 0.2,
      top_p: 1,
      max_tokens: 100,
      model_params: { seed: 1 },
      unknown: 1,
    });
    expect(answer.headers.get("x-latency-ms")).toMatch(/^\d+(\.\d{1,2})?$/);
    expect(await answer.json()).toEqual({
      id: expect.stringMatching(/^chatcmpl-[0-9a-f]{32}$/),
      object: "chat.completion",
      created: expect.any(Number),
      model: "echo",
      choices: [
        { index: 0, message: { role: "assistant", content: `${label} You said: hi there` }, finish_reason: "stop" },
      ],
      usage: { prompt_tokens: 2, completion_tokens: 8, total_tokens: 10 },
      performance: { latency_ms: expect.any(Number) },
    });
  });

  test("streams server-sent events that end with [DONE]", async () => {
    const answer = await ask({ stream: true });
    expect(answer.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    expect(answer.headers.get("x-latency-ms")).toMatch(/^\d+(\.\d{1,2})?$/);
    const text = await answer.text();
    expect(text).toMatch(/^(data: [^\n]+\n\n)+$/);
    const data = text
      .split("\n\n")
      .slice(0, -1)
      .map((event) => event.slice("data: ".length));
    expect(data.at(-1)).toBe("[DONE]");
    const chunks = data.slice(0, -1).map((line) => JSON.parse(line));
    expect(new Set(chunks.map((chunk) => `${chunk.id} ${chunk.object} ${chunk.model}`)).size).toBe(1);
    expect(chunks[0].choices).toEqual([{ index: 0, delta: { role: "assistant", content: "" }, finish_reason: null }]);
    expect(chunks.map((chunk) => chunk.choices[0].delta.content ?? "").join("")).toBe(`${label} You said: hi there`);
    expect(chunks.at(-1)).toMatchObject({
      object: "chat.completion.chunk",
      choices: [{ index: 0, delta: {}, finish_reason: "stop" }],
      usage: { prompt_tokens: 2, completion_tokens: 8, total_tokens: 10 },
    });
  });

  test("a reader who leaves in the middle of a long answer holds nothing up", async () => {
    const { port, hostname } = new URL(server.url);
    const body = JSON.stringify({
      stream: true,
      max_tokens: 1_000_000,
      messages: [{ role: "user", content: "word ".repeat(100_000) }],
    });
    const head = `POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nX-Request-ID: leaver\r\nX-API-Key: ${server.token}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
    await new Promise<void>((resolve, reject) => {
      const socket = connect(Number(port), hostname, () => socket.write(head + body));
      socket.once("data", () => {
        socket.destroy();
        resolve();
      });
      socket.once("error", reject);
    });
    await until(() => server.logs().includes('"leaver"'));
    // The lease was given back: unload does not wait for the one who left.
    expect((await server.call("/v1/model/unload", {})).status).toBe(200);
    await server.call("/v1/model/load", {});
  });
});
