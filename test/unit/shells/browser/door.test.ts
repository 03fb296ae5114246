import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { connect as tcpConnect } from "node:net";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { systemClock, systemRandom } from "../../../../electron/core/node.ts";
import { type BrowserDoor, openBrowserDoor } from "../../../../electron/shells/browser/index.ts";
import { MESSAGE_LIMIT, SOCKET_LIMIT } from "../../../../electron/shells/browser/sockets.ts";
import type { Asset } from "../../../../electron/shells/page/index.ts";
import { socketClient } from "../../../helpers/doors.ts";
import { type StubCore, stubCore } from "../../../helpers/stubCore.ts";
import { until } from "../../../helpers/until.ts";

const page: Asset = { type: "text/html; charset=utf-8", immutable: false, body: Buffer.from("<!doctype html>page") };
const script: Asset = {
  type: "text/javascript; charset=utf-8",
  immutable: true,
  body: Buffer.from("export {};"),
  gzip: gzipSync("export {};"),
};
const assets = new Map([
  ["/", page],
  ["/index.html", page],
  ["/assets/app-abcdefgh.js", script],
]);

let door: BrowserDoor;
let core: StubCore;
let sockets: WebSocket[] = [];

beforeEach(async () => {
  core = stubCore();
  door = await openBrowserDoor({ core, assets, clock: systemClock(), random: systemRandom() });
});
afterEach(async () => {
  for (const socket of sockets) socket.terminate();
  sockets = [];
  await door.dispose();
});

const origin = () => `http://127.0.0.1:${door.port}`;
const newCode = () => new URL(door.newAddress()).hash.replace("#code=", "");

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

function ask(
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: "127.0.0.1", port: door.port, path, method: options.method ?? "GET", headers: options.headers ?? {} },
      async (response) => {
        const parts: Buffer[] = [];
        for await (const part of response) parts.push(part);
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(parts).toString() });
      },
    );
    request.once("error", reject);
    request.end(options.body);
  });
}

const postJson = (body: unknown, headers: Record<string, string> = {}) =>
  ask("/hand-over", {
    method: "POST",
    headers: { "content-type": "application/json", origin: origin(), ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

async function tokenOfDoor(): Promise<string> {
  return JSON.parse((await postJson({ code: newCode() })).text).token;
}

/** Opens a socket; resolves with `open`, or with the status that refused it. */
function openSocket(options: {
  path?: string;
  protocols?: string[];
  headers?: Record<string, string>;
}): Promise<"open" | number> {
  const socket = new WebSocket(`ws://127.0.0.1:${door.port}${options.path ?? "/rpc"}`, options.protocols ?? [], {
    headers: { origin: origin(), ...options.headers },
  });
  sockets.push(socket);
  return new Promise((resolve, reject) => {
    socket.once("open", () => resolve("open"));
    socket.once("unexpected-response", (_, response) => {
      resolve(response.statusCode ?? 0);
      socket.terminate();
    });
    socket.on("error", reject);
  });
}

describe("files", () => {
  test("the page comes with its policy", async () => {
    const { status, headers, text } = await ask("/");
    expect({ status, text }).toEqual({ status: 200, text: "<!doctype html>page" });
    expect(headers).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-resource-policy": "same-origin",
      "content-security-policy":
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
        `connect-src 'self' ws://127.0.0.1:${door.port} ws://localhost:${door.port}; base-uri 'none'; form-action 'none'; ` +
        "frame-ancestors 'none'; object-src 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
    });
    expect(headers["set-cookie"]).toBeUndefined();
  });

  test("a hashed file may be kept for ever, and comes compressed to who asks", async () => {
    const plain = await ask("/assets/app-abcdefgh.js");
    const packed = await ask("/assets/app-abcdefgh.js", { headers: { "accept-encoding": "gzip, deflate" } });
    expect([plain.headers["cache-control"], plain.headers["content-encoding"], plain.text]).toEqual([
      "public, max-age=31536000, immutable",
      undefined,
      "export {};",
    ]);
    expect(packed.headers["content-encoding"]).toBe("gzip");
  });

  test("HEAD has the headers and no body", async () => {
    const { status, headers, text } = await ask("/", { method: "HEAD" });
    expect([status, headers["content-length"], text]).toEqual([200, "19", ""]);
  });

  test.each([
    "/nothing",
    "/../package.json",
    "/%2e%2e/package.json",
    "/assets/../index.html",
    "//index.html",
    "/index.html?x=1",
    "/assets",
    "/__proto__",
    "/hand-over",
    "/rpc",
    "http://127.0.0.1/index.html",
  ])("must be refused: %s", async (path) => {
    const { status, text } = await ask(path);
    expect([status, text]).toEqual([404, "not found\n"]);
  });
});

describe("requests that the guard turns away", () => {
  test.each<[string, () => Promise<Answer>, number, string]>([
    ["rebound host", () => ask("/", { headers: { host: "evil.example" } }), 421, "wrong host name\n"],
    [
      "another method",
      () => ask("/", { method: "DELETE", headers: { origin: origin() } }),
      405,
      "method not allowed\n",
    ],
    ["hand-over without origin", () => ask("/hand-over", { method: "POST" }), 403, "wrong origin\n"],
    [
      "hand-over from another port",
      () => postJson({ code: newCode() }, { origin: "http://127.0.0.1:1" }),
      403,
      "wrong origin\n",
    ],
    ["post elsewhere", () => ask("/", { method: "POST", headers: { origin: origin() } }), 404, "not found\n"],
    ["a form", () => postJson("code=1", { "content-type": "application/x-www-form-urlencoded" }), 415, "not JSON\n"],
    ["no JSON", () => postJson("{"), 400, "bad request\n"],
    ["unknown fields", () => postJson({ code: newCode(), more: 1 }), 400, "bad request\n"],
    ["code of another type", () => postJson({ code: [newCode()] }), 400, "bad request\n"],
    ["long body", () => postJson({ code: "x".repeat(2000) }), 413, "too long\n"],
    ["wrong code", () => postJson({ code: "x" }), 401, "not known, or used before\n"],
    ["wrong token", () => postJson({ token: "x".repeat(43) }), 401, "not known, or used before\n"],
  ])("must be refused: %s", async (_, act, status, text) => {
    const answer = await act();
    expect([answer.status, answer.text]).toEqual([status, text]);
    expect(answer.headers["content-security-policy"]).toContain("default-src 'none'");
  });

  test("must be refused: headers over 16 KiB", async () => {
    const { status } = await ask("/", { headers: { "x-long": "x".repeat(17 * 1024) } });
    expect(status).toBe(431);
  });

  test("must be refused: two Host headers, as raw bytes", async () => {
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = tcpConnect(door.port, "127.0.0.1");
      let text = "";
      socket.on("data", (data) => {
        text += data;
      });
      socket.on("error", reject);
      socket.on("close", () => resolve(text));
      socket.write(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${door.port}\r\nHost: evil.example\r\n\r\n`);
    });
    expect(answer.split("\r\n")[0]).toMatch(/^HTTP\/1\.1 4\d\d /);
  });

  test("must be refused: the eleventh wrong token in a minute", async () => {
    const statuses = [];
    for (let i = 0; i < 11; i++) statuses.push((await postJson({ token: "x" })).status);
    expect(statuses).toEqual([...Array(10).fill(401), 429]);
    expect(await openSocket({ protocols: ["gatehouse.v1", `token.${"x".repeat(43)}`] })).toBe(429);
    expect((await postJson({ code: newCode() })).status).toBe(200);
  });
});

describe("hand-over", () => {
  test("a code works once; its token holds", async () => {
    const code = newCode();
    const first = await postJson({ code });
    const second = await postJson({ code });
    const check = await postJson({ token: JSON.parse(first.text).token });
    expect([first.status, second.status, check.status, check.text]).toEqual([200, 401, 200, first.text]);
    expect(first.headers["cache-control"]).toBe("no-store");
  });

  test("the code stands behind the hash, where no server and no log sees it", () => {
    const url = new URL(door.newAddress());
    expect([url.origin, url.pathname, url.search, url.hash]).toEqual([
      origin(),
      "/",
      "",
      expect.stringMatching(/^#code=[A-Za-z0-9_-]{43}$/),
    ]);
  });
});

describe("sockets", () => {
  test.each<[string, (token: string) => Parameters<typeof openSocket>[0], "open" | number]>([
    ["right", (token) => ({ protocols: ["gatehouse.v1", `token.${token}`] }), "open"],
    ["must be refused: no subprotocol", () => ({}), 401],
    ["must be refused: no token", () => ({ protocols: ["gatehouse.v1"] }), 401],
    ["must be refused: wrong token", () => ({ protocols: ["gatehouse.v1", `token.${"x".repeat(43)}`] }), 401],
    [
      "must be refused: token in the address",
      (token) => ({ path: `/rpc?token=${token}`, protocols: ["gatehouse.v1"] }),
      404,
    ],
    ["must be refused: another path", (token) => ({ path: "/", protocols: ["gatehouse.v1", `token.${token}`] }), 404],
    [
      "must be refused: another origin",
      (token) => ({ protocols: ["gatehouse.v1", `token.${token}`], headers: { origin: "http://evil.example" } }),
      403,
    ],
    [
      "must be refused: rebound host",
      (token) => ({
        protocols: ["gatehouse.v1", `token.${token}`],
        headers: { host: "evil.example", origin: "http://evil.example" },
      }),
      421,
    ],
  ])("%s", async (_, optionsOf, expected) => {
    expect(await openSocket(optionsOf(await tokenOfDoor()))).toBe(expected);
  });

  test("must be refused: the ninth page", async () => {
    const protocols = ["gatehouse.v1", `token.${await tokenOfDoor()}`];
    const results = [];
    for (let i = 0; i <= SOCKET_LIMIT; i++) results.push(await openSocket({ protocols }));
    expect(results).toEqual([...Array(SOCKET_LIMIT).fill("open"), 503]);
    expect(door.open).toBe(SOCKET_LIMIT);
  });

  test("must be refused: a message over the limit closes its socket alone", async () => {
    const protocols = ["gatehouse.v1", `token.${await tokenOfDoor()}`];
    await openSocket({ protocols });
    await openSocket({ protocols });
    const [large, other] = sockets;
    const closed = new Promise((resolve) => large!.once("close", resolve));
    large!.send("x".repeat(MESSAGE_LIMIT + 1));
    expect(await closed).toBe(1009);
    expect(other!.readyState).toBe(WebSocket.OPEN);
  });

  test("calls and streams go over it, with who called; a lost page ends its streams", async () => {
    const { client, close } = await socketClient({ port: door.port, token: await tokenOfDoor() });
    expect(await client.app.info()).toMatchObject({ version: "0.0.0", runtime: "127.0.0.1" });
    const changes = await client.app.changes();
    const next = changes.next();
    await until(() => core.listening === 1);
    core.emit({ topic: "hosts" });
    expect(await next).toEqual({ done: false, value: { topic: "hosts" } });
    await close();
    await until(() => core.listening === 0 && door.open === 0);
  });

  test("an upgrade to something else is refused, and the door goes on", async () => {
    const { status } = await ask("/rpc", { headers: { connection: "upgrade", upgrade: "h2c", origin: origin() } });
    expect(status).toBe(401);
    expect((await ask("/")).status).toBe(200);
  });
});

describe("a page that does not read", () => {
  test("slows its own streams down, and gets everything when it reads again", async () => {
    await openSocket({ protocols: ["gatehouse.v1", `token.${await tokenOfDoor()}`] });
    const socket = sockets[0]!;
    let got = 0;
    socket.on("message", (data) => {
      if (String(data).includes("xxx")) got += 1;
    });
    socket.send(JSON.stringify({ i: "1", p: { u: "/app/changes", b: {} } }));
    await until(() => core.listening === 1);
    socket.pause();
    // 40 MB: more than the system's own buffers and ours take together.
    const many = 4_000;
    for (let i = 0; i < many; i++) core.emit({ topic: "containers", hostId: "x".repeat(10_000) });
    let before = many;
    await until(
      async () => {
        const now = core.waiting;
        const still = now === before;
        before = now;
        await new Promise((resolve) => setTimeout(resolve, 50));
        return still;
      },
      { timeoutMs: 10_000 },
    );
    expect(core.waiting).toBeGreaterThan(many / 2);
    socket.resume();
    await until(() => got === many, { timeoutMs: 10_000 });
    expect(core.waiting).toBe(0);
  });
});
