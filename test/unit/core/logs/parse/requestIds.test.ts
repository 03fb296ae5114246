import { describe, expect, it } from "vitest";
import { requestIdOf, speaksOf } from "../../../../../electron/core/logs/parse/index.ts";

describe("the request of a line", () => {
  it.each([
    ["JSON", '{"msg":"x","request_id":"abc-123"}', "abc-123"],
    ["JSON of pino", '{"req":{"id":"r-1234"}}', "r-1234"],
    ["JSON behind a prefix", 'INFO {"requestId":"abc-123"}', "abc-123"],
    ["logfmt", "level=info request_id=abc-123 msg=done", "abc-123"],
    ["a header", "got X-Request-ID: 0af7651916cd43dd", "0af7651916cd43dd"],
    ["a trace", 'trace_id="4bf92f3577b34da6a3ce929d0e0e4736"', "4bf92f3577b34da6a3ce929d0e0e4736"],
    [
      "vLLM",
      "INFO 11-22 10:00:00 [logger.py:40] Received request chatcmpl-9f1c2ab34d: prompt: 'x'",
      "chatcmpl-9f1c2ab34d",
    ],
    ["the end of a sentence", "finished cmpl-12345678.", "cmpl-12345678"],
    ["none", "all is well", null],
    ["a number in JSON", '{"request_id":17}', null],
    ["too short a one", "request_id=ab", null],
  ])("%s", (_, line, id) => expect(requestIdOf(line)).toBe(id));
});

describe("a line speaks of a request", () => {
  it.each([
    ["by itself", "abc-123", true],
    ["in quotes", '{"id":"abc-123"}', true],
    ["behind an equals sign", "id=abc-123,", true],
    ["at the end of a sentence", "done with abc-123.", true],
    ["whose answers are numbered", "finished abc-123-0", true],
    ["not when it is the head of another", "abc-1234", false],
    ["not when it is the tail of another", "xabc-123", false],
    ["but when it comes whole later on", "abc-1234 abc-123", true],
    ["not when it is not there", "abd-123", false],
  ])("%s", (_, line, speaks) => expect(speaksOf(line, "abc-123")).toBe(speaks));
});
