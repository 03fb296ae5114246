import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { contentSecurityPolicy, loadAssets, openableLink } from "../../../../electron/shells/page/index.ts";
import { tempFolder } from "../../../helpers/ports.ts";

describe("built files", () => {
  test("become a map of exact names, with their compressed twins", async () => {
    const { path } = tempFolder();
    mkdirSync(join(path, "assets"));
    for (const name of [
      "index.html",
      "assets/app-A1b2C3d4.js",
      "assets/app-A1b2C3d4.js.br",
      "assets/plain.css",
      "secret.key",
    ]) {
      writeFileSync(join(path, name), name);
    }
    const assets = await loadAssets(path);
    expect(Object.fromEntries(assets)).toEqual({
      "/": { type: "text/html; charset=utf-8", immutable: false, body: Buffer.from("index.html") },
      "/index.html": { type: "text/html; charset=utf-8", immutable: false, body: Buffer.from("index.html") },
      "/assets/app-A1b2C3d4.js": {
        type: "text/javascript; charset=utf-8",
        immutable: true,
        body: Buffer.from("assets/app-A1b2C3d4.js"),
        br: Buffer.from("assets/app-A1b2C3d4.js.br"),
      },
      "/assets/plain.css": { type: "text/css; charset=utf-8", immutable: false, body: Buffer.from("assets/plain.css") },
    });
  });

  test("without a page there is an error, not an empty door", async () => {
    const { path } = tempFolder();
    await expect(loadAssets(path)).rejects.toThrow("there is no built page");
  });
});

describe("links that may be opened", () => {
  test.each<[string, string, string | null]>([
    ["a page of the list", "https://docs.docker.com/engine/", "https://docs.docker.com/engine/"],
    ["the front door of a tunnel", "http://127.0.0.1:8888/", "http://127.0.0.1:8888/"],
    ["must be refused: a path behind a tunnel", "http://127.0.0.1:8888/api?x=1", null],
    ["must be refused: a tunnel by another name", "http://localhost:8888/", null],
    ["must be refused: a user at a tunnel", "http://me@127.0.0.1:8888/", null],
    ["must be refused: http", "http://docs.docker.com/", null],
    ["must be refused: a file", "file:///etc/passwd", null],
    ["must be refused: a script", "javascript:alert(1)", null],
    ["must be refused: a host that ends the right way", "https://evil-docs.docker.com/", null],
    ["must be refused: a host that begins the right way", "https://docs.docker.com.evil.example/", null],
    ["must be refused: the right host as a user name", "https://docs.docker.com@evil.example/", null],
    ["must be refused: a user name", "https://me@docs.docker.com/", null],
    ["must be refused: a port", "https://docs.docker.com:8443/", null],
    ["must be refused: no address", "docs.docker.com", null],
  ])("%s", (_, text, expected) => {
    expect(openableLink(text)).toBe(expected);
  });
});

test("the policy allows nothing inline and nothing from elsewhere", () => {
  const policy = contentSecurityPolicy();
  expect(policy).not.toMatch(/unsafe-|\*|https?:/);
  expect(policy).toContain("connect-src 'self';");
});
