import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { systemRandom } from "../../../../electron/core/node.ts";
import { refusalOf, requestHeaders, responseHeaders, withoutKey } from "../../../../electron/core/notebooks/headers.ts";
import { createPasses, foreignCookies } from "../../../../electron/core/notebooks/passes.ts";
import { withoutBytes } from "../../../../electron/core/notebooks/withoutBytes.ts";
import { Secret } from "../../../../electron/core/secrets/index.ts";
import { fakeClock } from "../../../helpers/ports.ts";

const key = (text = "0123456789abcdef") => new Secret({ register: () => {} }, "key", Buffer.from(text));

describe("who gets in", () => {
  const own = { host: "127.0.0.1:21000" };
  const origin = "http://127.0.0.1:21000";
  test.each<[string, Parameters<typeof refusalOf>[0], string | null]>([
    ["a page of its own", { method: "GET", headers: own, upgrade: false }, null],
    ["a call of its own", { method: "POST", headers: { ...own, origin }, upgrade: false }, null],
    ["a socket of its own", { method: "GET", headers: { ...own, origin }, upgrade: true }, null],
    [
      "a link from elsewhere",
      {
        method: "GET",
        headers: { ...own, "sec-fetch-site": "same-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" },
        upgrade: false,
      },
      null,
    ],
    [
      "must be refused: another name",
      { method: "GET", headers: { host: "evil.example:21000" }, upgrade: false },
      "host",
    ],
    ["must be refused: no name", { method: "GET", headers: {}, upgrade: false }, "host"],
    ["must be refused: another port", { method: "GET", headers: { host: "127.0.0.1:2100" }, upgrade: false }, "host"],
    [
      "must be refused: a page of another port",
      { method: "POST", headers: { ...own, origin: "http://127.0.0.1:2100" }, upgrade: false },
      "origin",
    ],
    ["must be refused: a call without an origin", { method: "DELETE", headers: own, upgrade: false }, "origin"],
    ["must be refused: a socket without an origin", { method: "GET", headers: own, upgrade: true }, "origin"],
    [
      "must be refused: a frame on another port",
      {
        method: "GET",
        headers: { ...own, "sec-fetch-site": "same-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe" },
        upgrade: false,
      },
      "site",
    ],
    [
      "must be refused: a script from another site",
      { method: "GET", headers: { ...own, "sec-fetch-site": "cross-site" }, upgrade: false },
      "site",
    ],
  ])("%s", (_, request, expected) => {
    expect(refusalOf(request, 21_000, true)).toBe(expected);
    expect(refusalOf(request, 21_000, false)).toBe(expected ?? "pass");
  });

  test("a code is good once, and for a minute; its cookie until it is revoked", async () => {
    const clock = fakeClock();
    const passes = createPasses({ clock, random: systemRandom(), codeMs: 60_000, id: "a-1" });
    const { code, expiresAt } = passes.code();
    expect(expiresAt).toBe(clock.now() + 60_000);
    expect(passes.trade("wrong")).toBeNull();
    const pass = passes.trade(code);
    expect(passes.trade(code)).toBeNull();
    const cookie = `other=1; ${passes.cookieName}=${pass}`;
    expect([passes.admits(cookie), passes.admits(`${cookie}x`), passes.admits(undefined)]).toEqual([
      true,
      false,
      false,
    ]);
    const late = passes.code();
    await clock.advance(60_001);
    expect(passes.trade(late.code)).toBeNull();
    passes.revoke();
    expect(passes.admits(cookie)).toBe(false);
  });
});

describe("what goes on", () => {
  test.each([
    ["/tree", "/tree"],
    ["/tree?token=abc", "/tree"],
    ["/a?x=1&token=abc&y=token", "/a?x=1&y=token"],
    ["/a?mytoken=1", "/a?mytoken=1"],
  ])("%s without its key is %s", (path, expected) => {
    expect(withoutKey(path)).toBe(expected);
  });

  test("the server gets its key and its own cookies, and none of ours", () => {
    const headers = {
      host: "127.0.0.1:1",
      authorization: "token old",
      cookie: "gatehouse-notebook-a1=x; _xsrf=2; gatehouse-notebook-b2=y",
      connection: "keep-alive",
      accept: "text/html",
      "accept-encoding": "gzip",
    };
    expect(requestHeaders(headers, key(), false)).toEqual([
      ["host", "127.0.0.1:1"],
      ["accept", "text/html"],
      ["cookie", "_xsrf=2"],
      ["authorization", "token 0123456789abcdef"],
    ]);
    expect(requestHeaders({ authorization: "token typed" }, null, false)).toEqual([["authorization", "token typed"]]);
    expect(foreignCookies("gatehouse-notebook-a1=x")).toBe("");
  });

  test("the browser gets no login cookie for our key, and one for a password of its own", () => {
    const raw = ["Set-Cookie", "username-127-0-0-1-8888=abc", "set-cookie", "_xsrf=1", "Content-Length", "3", "X", "y"];
    expect(responseHeaders(raw, true, true)).toEqual([
      ["set-cookie", "_xsrf=1"],
      ["X", "y"],
    ]);
    expect(responseHeaders(raw, false, false)).toHaveLength(4);
  });

  test("the server's TLS ends here: nothing of it reaches the browser", () => {
    const raw = [
      ...["Set-Cookie", "_xsrf=1; expires=x; Path=/; Secure; HttpOnly", "Set-Cookie", "secure=1; Secure"],
      ...["Strict-Transport-Security", "max-age=1", "Location", "https://127.0.0.1:21000/lab?a=1"],
      ...["location", "https://elsewhere.example/lab"],
    ];
    expect(responseHeaders(raw, false, false)).toEqual([
      ["Set-Cookie", "_xsrf=1; expires=x; Path=/; HttpOnly"],
      ["Set-Cookie", "secure=1"],
      ["Location", "/lab?a=1"],
      ["location", "https://elsewhere.example/lab"],
    ]);
  });

  test("a key is taken out of a page wherever the page is cut", async () => {
    const text = `<a href="/?token=0123456789abcdef">0123456789abcde</a>0123456789abcdef`;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(text.length), { maxLength: 6 }), async (cuts) => {
        const clean = withoutBytes(key());
        const at = [0, ...cuts.sort((a, b) => a - b), text.length];
        for (let n = 1; n < at.length; n += 1) clean.write(Buffer.from(text.slice(at[n - 1], at[n])));
        clean.end();
        let out = "";
        for await (const chunk of clean) out += chunk;
        expect(out).toBe(`<a href="/?token=">0123456789abcde</a>`);
      }),
    );
  });
});
