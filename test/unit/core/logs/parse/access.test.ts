import { describe, expect, it } from "vitest";
import type { AccessRecord } from "../../../../../electron/contract/logs.ts";
import { accessOf } from "../../../../../electron/core/logs/parse/index.ts";

const none: AccessRecord = { requestId: null, method: null, path: null, status: null, durationMs: null, client: null };
const uuid = "8c6976e5-b541-4415-abe9-08bd4dee15df";

const rows: [name: string, line: string, found: Partial<AccessRecord>][] = [
  [
    "uvicorn",
    'INFO:     127.0.0.1:51234 - "GET /v1/models HTTP/1.1" 200 OK',
    { method: "GET", path: "/v1/models", status: 200, client: "127.0.0.1" },
  ],
  [
    "uvicorn over IPv6, without a reason phrase",
    'INFO:     [2001:db8::1]:8080 - "POST /infer?x=1 HTTP/2" 422',
    { method: "POST", path: "/infer?x=1", status: 422, client: "2001:db8::1" },
  ],
  [
    "vLLM, with the process in front",
    '(APIServer pid=7) INFO:     10.0.0.5:40112 - "POST /v1/chat/completions HTTP/1.1" 200 OK',
    { method: "POST", path: "/v1/chat/completions", status: 200, client: "10.0.0.5" },
  ],
  [
    "nginx combined",
    '192.0.2.7 - anna [22/Nov/2026:10:00:00 +0000] "GET /health HTTP/1.1" 200 2 "-" "curl/8.5.0"',
    { method: "GET", path: "/health", status: 200, client: "192.0.2.7" },
  ],
  [
    "nginx with its time and request",
    `192.0.2.7 - - [22/Nov/2026:10:00:00 +0000] "POST /api/upload HTTP/2.0" 202 31 "-" "x" rt=0.045 request_id=${uuid}`,
    { requestId: uuid, method: "POST", path: "/api/upload", status: 202, durationMs: 45, client: "192.0.2.7" },
  ],
  [
    "nginx without a body",
    '::1 - - [22/Nov/2026:10:00:00 +0000] "HEAD / HTTP/1.0" 304 - "-" "-"',
    { method: "HEAD", path: "/", status: 304, client: "::1" },
  ],
  [
    "Ray Serve, with its request",
    `INFO 2026-11-22 10:00:00,123 default_Scene abc123xy ${uuid} -- POST /upload 202 45.2ms`,
    { requestId: uuid, method: "POST", path: "/upload", status: 202, durationMs: 45.2 },
  ],
  [
    "Ray Serve, a call between deployments",
    `INFO 2026-11-22 10:00:00,123 default_Model abc123xy ${uuid} -- CALL __call__ OK 12.3ms`,
    { requestId: uuid, path: "__call__", durationMs: 12.3 },
  ],
  [
    "Ray Serve, as it once was",
    `INFO 2026-11-22 10:00:00,123 default_Model abc123xy ${uuid} /predict replica.py:749 - __CALL__ OK 7ms`,
    { requestId: uuid, path: "/predict", durationMs: 7 },
  ],
  [
    "an access middleware's record",
    `{"request_id":"${uuid}","timestamp":"2026-11-22T10:00:00.123456+00:00","method":"POST","path":"/upload","query":"dataset_name=x","status":202,"duration_ms":45.2,"client_ip":"192.168.1.xxx","user_agent":"Mozilla/5.0"}`,
    { requestId: uuid, method: "POST", path: "/upload", status: 202, durationMs: 45.2, client: "192.168.1.xxx" },
  ],
  [
    "Traefik",
    '{"ClientHost":"10.1.2.3","Duration":12345678,"RequestMethod":"GET","RequestPath":"/x","DownstreamStatus":404}',
    { method: "GET", path: "/x", status: 404, durationMs: 12.346, client: "10.1.2.3" },
  ],
  [
    "Caddy",
    '{"level":"info","ts":1795514400.1,"request":{"remote_ip":"10.9.8.7","method":"GET","uri":"/y"},"duration":0.0021,"status":200}',
    { method: "GET", path: "/y", status: 200, durationMs: 2.1, client: "10.9.8.7" },
  ],
  [
    "Envoy",
    '{"method":"POST","path":"/v1/completions","response_code":503,"duration":17,"x-request-id":"abcd-1234"}',
    { requestId: "abcd-1234", method: "POST", path: "/v1/completions", status: 503, durationMs: 17 },
  ],
  [
    "pino",
    '{"level":30,"req":{"id":"req-17","method":"GET","url":"/z","remoteAddress":"::1"},"res":{"statusCode":200},"responseTime":3}',
    { requestId: "req-17", method: "GET", path: "/z", status: 200, durationMs: 3, client: "::1" },
  ],
  [
    "numbers as texts, a status out of range",
    '{"method":"GET","path":"/","status":"1200","request_time":"0.5"}',
    { method: "GET", path: "/", durationMs: 500 },
  ],
];

describe("an access record is read from", () => {
  it.each(rows)("%s", (_, line, found) => expect(accessOf(line)).toEqual({ ...none, ...found }));
});

describe("no access record is", () => {
  it.each([
    ["a sentence", "the GET request came - and went"],
    ["a quoted request without a peer", 'retry - "GET / HTTP/1.1" 200 OK'],
    ["JSON of something else", '{"method":"fit","path":"/models/a"}'],
    ["JSON whose method is an object", '{"method":{},"path":"/","status":200}'],
    ["broken JSON", '{"method":"GET","path":"/"'],
    ["an empty line", ""],
    ["another prototype", '{"__proto__":{"method":"GET","path":"/"}}'],
  ])("%s", (_, line) => expect(accessOf(line)).toBeNull());
});
