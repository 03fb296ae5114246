import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { accessRecord, anonymise, maskQuery, timestamp } from "../../../assets/inference-server/src/accessLog.ts";
import { bundleInferenceServer, type InferenceServer, startInferenceServer } from "../../helpers/inferenceServer.ts";
import { until } from "../../helpers/until.ts";

const facts = {
  requestId: "r1",
  startedAt: Date.UTC(2026, 10, 22, 12, 0, 0, 7),
  method: "POST",
  target: "/v1/infer",
  status: 200,
  durationMs: 1.23456,
  remoteAddress: "192.168.1.77",
  userAgent: "curl/8",
};
const asIs = (text: string) => text;

describe("the record", () => {
  test("has the agreed fields, in their order, and nothing else", () => {
    expect(accessRecord(facts, asIs)).toBe(
      '{"request_id":"r1","timestamp":"2026-11-22T12:00:00.007000+00:00","method":"POST","path":"/v1/infer","status":200,"duration_ms":1.23,"client_ip":"192.168.1.xxx","user_agent":"curl/8"}',
    );
  });

  test.each([
    ["query", { target: "/a?x=1&token=abc" }, { path: "/a", query: "x=1&token=********" }],
    ["empty query", { target: "/a?" }, { path: "/a", query: undefined }],
    ["no user agent", { userAgent: undefined }, { user_agent: undefined }],
    ["long user agent", { userAgent: "u".repeat(500) }, { user_agent: "u".repeat(120) }],
    ["long path", { target: `/${"p".repeat(5_000)}` }, { path: `/${"p".repeat(511)}` }],
    [
      "a known value in path, query, agent and id",
      { target: "/s3cret?a=s3cret", userAgent: "s3cret", requestId: "s3cret" },
      { path: "/#", query: "a=#", user_agent: "#", request_id: "#" },
    ],
    ["line break in the agent", { userAgent: 'a\n{"forged":1}' }, { user_agent: 'a\n{"forged":1}' }],
  ])("%s", (_, change, expected) => {
    const line = accessRecord({ ...facts, ...change }, (text) => text.replaceAll("s3cret", "#"));
    expect(line).not.toContain("\n");
    const record = JSON.parse(line) as Record<string, unknown>;
    expect(Object.fromEntries(Object.keys(expected).map((key) => [key, record[key]]))).toEqual(expected);
  });
});

test.each([
  ["IPv4", "10.1.2.3", "10.1.2.xxx"],
  ["IPv4 inside IPv6", "::ffff:10.1.2.3", "10.1.2.xxx"],
  ["IPv6", "2001:db8::1:2", "2001:db8::1:xxx"],
  ["loopback", "::1", "::xxx"],
  ["with a zone", "fe80::1%eth0", "fe80::xxx"],
  ["all zero", "::", "::xxx"],
  ["none", undefined, "unknown"],
  ["no address", "printer.local", "unknown"],
])("address, %s", (_, address, expected) => {
  expect(anonymise(address)).toBe(expected);
});

test.each([
  ["a=1&b=2", "a=1&b=2"],
  ["token=x", "token=********"],
  ["api_key=x&a=1", "api_key=********&a=1"],
  ["X-Amz-Signature=x", "X-Amz-Signature=********"],
  ["PASSWORD=x=y", "PASSWORD=********"],
  ["%74oken=x", "%74oken=********"],
  ["token", "token"],
  ["%zz=1", "%zz=1"],
  ["client_secret=", "client_secret=********"],
])("query %s", (query, expected) => {
  expect(maskQuery(query)).toBe(expected);
});

test("microseconds are kept", () => {
  expect(timestamp(1_700_000_000_123.5)).toBe("2023-11-14T22:13:20.123500+00:00");
});

describe("the server", () => {
  let server: InferenceServer;
  beforeAll(async () => {
    server = await startInferenceServer({ bundle: await bundleInferenceServer() });
  });
  afterAll(() => server?.stop());

  /** The records of requests with this id. */
  const records = (id: string) =>
    server
      .logs()
      .split("\n")
      .filter((line) => line.includes(`"request_id":"${id}"`))
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  test("writes one record a request, and its id on the answer", async () => {
    const headers = { "x-request-id": "abc.DEF-1_2", "user-agent": "test" };
    const answer = await server.call("/v1/model/load?token=s3&x=1", { env: {} }, { headers });
    expect(answer.headers.get("x-request-id")).toBe("abc.DEF-1_2");
    await until(() => records("abc.DEF-1_2").length > 0);
    expect(records("abc.DEF-1_2")).toEqual([
      {
        request_id: "abc.DEF-1_2",
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/),
        method: "POST",
        path: "/v1/model/load",
        query: "token=********&x=1",
        status: 200,
        duration_ms: expect.any(Number),
        client_ip: "127.0.0.xxx",
        user_agent: "test",
      },
    ]);
  });

  test.each([
    ["blanks", "a b"],
    ["a quote", 'a"b'],
    ["too long", "a".repeat(65)],
    ["empty", ""],
  ])("makes its own id where the given one has %s", async (_, id) => {
    const answer = await server.call("/health", undefined, { headers: { "x-request-id": id } });
    expect(answer.headers.get("x-request-id")).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);
  });
});
