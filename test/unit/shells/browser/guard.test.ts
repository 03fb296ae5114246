import { describe, expect, test } from "vitest";
import { headerValues, judgeRequest, type RequestFacts, tokenOf } from "../../../../electron/shells/browser/guard.ts";

const port = 4711;
const get: RequestFacts = { method: "GET", hosts: ["127.0.0.1:4711"], origins: [], upgrade: false };
const post: RequestFacts = { ...get, method: "POST", origins: ["http://127.0.0.1:4711"] };
const upgrade: RequestFacts = { ...get, origins: ["http://127.0.0.1:4711"], upgrade: true };

const wrongHost = { status: 421, reason: "wrong host name" };
const wrongOrigin = { status: 403, reason: "wrong origin" };
const wrongMethod = { status: 405, reason: "method not allowed" };

describe("a request is judged by host, method and origin", () => {
  test.each<[string, RequestFacts, unknown]>([
    ["page", get, null],
    ["page by name", { ...get, hosts: ["localhost:4711"] }, null],
    ["page, HEAD", { ...get, method: "HEAD" }, null],
    ["hand-over", post, null],
    ["hand-over by name", { ...post, hosts: ["localhost:4711"], origins: ["http://localhost:4711"] }, null],
    ["socket", upgrade, null],
    ["must be refused: no host", { ...get, hosts: [] }, wrongHost],
    ["must be refused: a rebound name", { ...get, hosts: ["evil.example:4711"] }, wrongHost],
    ["must be refused: a name that ends the right way", { ...get, hosts: ["evil-localhost:4711"] }, wrongHost],
    [
      "must be refused: a name that begins the right way",
      { ...get, hosts: ["localhost:4711.evil.example"] },
      wrongHost,
    ],
    ["must be refused: another port", { ...get, hosts: ["127.0.0.1:4712"] }, wrongHost],
    ["must be refused: no port", { ...get, hosts: ["127.0.0.1"] }, wrongHost],
    ["must be refused: another spelling of the address", { ...get, hosts: ["127.1:4711"] }, wrongHost],
    ["must be refused: IPv6 loopback", { ...get, hosts: ["[::1]:4711"] }, wrongHost],
    ["must be refused: two hosts", { ...get, hosts: ["127.0.0.1:4711", "127.0.0.1:4711"] }, wrongHost],
    ["must be refused: capitals", { ...get, hosts: ["LOCALHOST:4711"] }, wrongHost],
    ["must be refused: PUT", { ...post, method: "PUT" }, wrongMethod],
    ["must be refused: OPTIONS", { ...post, method: "OPTIONS" }, wrongMethod],
    ["must be refused: CONNECT", { ...post, method: "CONNECT" }, wrongMethod],
    ["must be refused: post without origin", { ...post, origins: [] }, wrongOrigin],
    ["must be refused: post from elsewhere", { ...post, origins: ["https://evil.example"] }, wrongOrigin],
    ["must be refused: post from another port", { ...post, origins: ["http://127.0.0.1:8888"] }, wrongOrigin],
    ["must be refused: origin null", { ...post, origins: ["null"] }, wrongOrigin],
    ["must be refused: origin by the other name", { ...post, origins: ["http://localhost:4711"] }, wrongOrigin],
    ["must be refused: origin with https", { ...post, origins: ["https://127.0.0.1:4711"] }, wrongOrigin],
    ["must be refused: origin with a tail", { ...post, origins: ["http://127.0.0.1:4711/"] }, wrongOrigin],
    ["must be refused: two origins", { ...post, origins: [...post.origins, ...post.origins] }, wrongOrigin],
    ["must be refused: socket without origin", { ...upgrade, origins: [] }, wrongOrigin],
    ["must be refused: socket from elsewhere", { ...upgrade, origins: ["http://evil.example"] }, wrongOrigin],
    ["must be refused: socket from another port", { ...upgrade, origins: ["http://127.0.0.1:8888"] }, wrongOrigin],
  ])("%s", (_, facts, expected) => {
    expect(judgeRequest(facts, port)).toEqual(expected);
  });
});

const token = "a".repeat(43);

describe("the token comes as a subprotocol", () => {
  test.each<[string, string | undefined, string | null]>([
    ["right", `gatehouse.v1, token.${token}`, token],
    ["right, without blank", `gatehouse.v1,token.${token}`, token],
    ["must be refused: none", undefined, null],
    ["must be refused: no token", "gatehouse.v1", null],
    ["must be refused: token first", `token.${token}, gatehouse.v1`, null],
    ["must be refused: another version", `gatehouse.v2, token.${token}`, null],
    ["must be refused: too short", `gatehouse.v1, token.${token.slice(1)}`, null],
    ["must be refused: too long", `gatehouse.v1, token.${token}a`, null],
    ["must be refused: two tokens", `gatehouse.v1, token.${token}, token.${token}`, null],
    ["must be refused: other characters", `gatehouse.v1, token.${token.slice(1)}+`, null],
  ])("%s", (_, header, expected) => {
    expect(tokenOf(header)).toBe(expected);
  });
});

test("every value of a header is seen, in any case of its name", () => {
  expect(headerValues(["Host", "a", "X", "host", "HOST", "b"], "host")).toEqual(["a", "b"]);
});
