import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { systemClock, systemRandom } from "../../electron/core/node.ts";
import { type BrowserDoor, openBrowserDoor } from "../../electron/shells/browser/index.ts";
import type { Asset } from "../../electron/shells/page/index.ts";
import { openBrowser, whyNoBrowser } from "../helpers/browser.ts";
import { builtApp } from "../helpers/built.ts";
import { clientPage } from "../helpers/clientPage.ts";
import { doorKinds, openDoor, redeem, socketClient } from "../helpers/doors.ts";
import { tempFolder } from "../helpers/ports.ts";
import { type StubCore, stubCore } from "../helpers/stubCore.ts";
import { until } from "../helpers/until.ts";

describe.each(doorKinds)("a client over %s", (kind) => {
  test("asks, changes, and hears of changes in order", async () => {
    const core = stubCore();
    const { client, close } = await openDoor(kind, core);
    expect(await client.settings.set({ theme: "dark" })).toMatchObject({ theme: "dark" });
    expect(await client.settings.get()).toMatchObject({ theme: "dark" });
    const changes = await client.app.changes();
    const first = changes.next();
    await until(() => core.listening === 1);
    for (const topic of ["hosts", "images", "audit"] as const) core.emit({ topic });
    expect([await first, await changes.next(), await changes.next()].map(({ value }) => value)).toEqual([
      { topic: "hosts" },
      { topic: "images" },
      { topic: "audit" },
    ]);
    await changes.return?.(undefined);
    await until(() => core.listening === 0);
    await close();
  });

  test("must be refused: input that breaks the contract", async () => {
    const { client, close } = await openDoor(kind, stubCore());
    await expect(client.settings.set({ theme: "pink" } as never)).rejects.toMatchObject({ code: "BAD_REQUEST" });
    await expect(client.settings.set({ more: true } as never)).rejects.toMatchObject({ code: "BAD_REQUEST" });
    await close();
  });

  test("a stream ends in the core when the client goes", async () => {
    const core = stubCore();
    const { client, close } = await openDoor(kind, core);
    const changes = await client.app.changes(undefined, { signal: AbortSignal.timeout(60_000) });
    const next = changes.next().catch(() => "cut");
    await until(() => core.listening === 1);
    if (kind === "in-process") void changes.return?.(undefined);
    await close();
    if (kind !== "in-process") {
      expect(await next).toBe("cut");
      await until(() => core.listening === 0);
    }
  });
});

describe("the page's client in a browser", () => {
  const missing = whyNoBrowser();
  let browser: Browser;
  let assets: ReadonlyMap<string, Asset>;
  let core: StubCore;
  let door: BrowserDoor;
  let page: Page;

  const open = async (port = 0) => {
    core = stubCore();
    door = await openBrowserDoor({ core, assets, clock: systemClock(), random: systemRandom(), port });
  };
  const states = () => page.evaluate(() => window.states ?? []);
  const state = async () => (await states()).at(-1);

  beforeAll(async () => {
    if (missing !== null) return;
    [browser, assets] = await Promise.all([openBrowser(), clientPage()]);
  });
  afterAll(() => browser?.close());
  afterEach(async () => {
    await page?.close();
    await door?.dispose();
  });

  const check = (name: string, body: () => Promise<void>) =>
    test(name, async (context) => {
      if (missing !== null) context.skip(missing);
      await open();
      page = await browser.newPage();
      await body();
    });

  check("trades the code, takes it out of the address, and keeps the session over a reload", async () => {
    const sockets: string[] = [];
    page.on("websocket", (socket) => sockets.push(socket.url()));
    await page.goto(door.newAddress());
    await until(async () => (await state()) === "open");
    expect(page.url()).toBe(`http://127.0.0.1:${door.port}/`);
    expect(await page.evaluate(() => window.link.client.settings.get())).toMatchObject({ theme: "system" });
    await page.reload();
    await until(async () => (await state()) === "open");
    expect(sockets).toEqual([`ws://127.0.0.1:${door.port}/rpc`, `ws://127.0.0.1:${door.port}/rpc`]);
    expect(await page.context().cookies()).toEqual([]);
  });

  check("must be refused: a page without a code", async () => {
    await page.goto(`http://127.0.0.1:${door.port}/`);
    await until(async () => (await state()) === "refused:no-code");
    const outcome = await page.evaluate(() =>
      window.link.client.settings.get().then(
        () => "answered",
        (error) => `${error.name} ${error.kind}`,
      ),
    );
    expect(outcome).toBe("ConnectionError refused");
  });

  check("must be refused: a code that was used before", async () => {
    const address = door.newAddress();
    await redeem(address);
    await page.goto(address);
    await until(async () => (await state()) === "refused:code-used");
  });

  check("finds its way back after a loss, with the same client, and cut calls say so", async () => {
    await page.goto(door.newAddress());
    await until(async () => (await state()) === "open");
    const cut = await page.evaluate(async () => {
      const say = (error: Error & { kind?: string }) => `${error.name} ${error.kind}`;
      const changes = await window.link.client.app.changes();
      const stream = changes.next().then(() => "went on", say);
      // Over the door's limit: it closes this socket, as a broken network would.
      const call = window.link.client.settings
        .set({ theme: "x".repeat(9_000_000) as never })
        .then(() => "answered", say);
      return [await stream, await call];
    });
    expect(cut).toEqual(["ConnectionError lost", "ConnectionError lost"]);
    expect(await page.evaluate(() => window.link.client.settings.get())).toMatchObject({ theme: "system" });
    expect(await states()).toEqual(["open", "lost", "connecting", "open"]);
    await until(() => core.listening === 0);
  });

  check("must be refused: the session of a program that was started anew", async () => {
    await page.goto(door.newAddress());
    await until(async () => (await state()) === "open");
    const { port } = door;
    await door.dispose();
    await open(port);
    await until(async () => (await state()) === "refused:session-ended", { timeoutMs: 15_000 });
    // A new link in the same tab changes the fragment alone; the page sees to the rest.
    await page.goto(door.newAddress());
    await until(async () => (await state()) === "open");
  });

  check("must be refused: another page of the same browser that knows the token", async () => {
    const token = await redeem(door.newAddress());
    await page.route("http://evil.example/", (route) =>
      route.fulfill({ contentType: "text/html", body: "<!doctype html><title>evil</title>" }),
    );
    await page.goto("http://evil.example/");
    const outcome = await page.evaluate(
      ({ port, token }) =>
        new Promise((resolve) => {
          const socket = new WebSocket(`ws://127.0.0.1:${port}/rpc`, ["gatehouse.v1", `token.${token}`]);
          socket.onopen = () => resolve("open");
          socket.onerror = () => resolve("refused");
        }),
      { port: door.port, token },
    );
    expect(outcome).toBe("refused");
    expect(core.clients).toEqual([]);
  });
});

describe("the shipped browser door", () => {
  let running: ChildProcess[] = [];
  const folder = tempFolder();

  afterEach(async () => {
    for (const child of running) child.kill("SIGKILL");
    running = [];
  });
  afterAll(folder.cleanup);

  async function start(...args: string[]) {
    const app = await builtApp();
    const child = spawn(process.execPath, [join(app, "dist", "serve.mjs"), "--no-open", ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, DBUS_SESSION_BUS_ADDRESS: "" },
    });
    running.push(child);
    const text = { out: "", err: "" };
    child.stdout.on("data", (data) => {
      text.out += data;
    });
    child.stderr.on("data", (data) => {
      text.err += data;
    });
    const exited = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
    return { child, text, exited };
  }

  async function started(...args: string[]) {
    const program = await start(...args);
    await until(() => program.text.out.includes("\n"), { timeoutMs: 15_000, what: program.text.err });
    const address = /http:\/\/127\.0\.0\.1:\d+\/#code=\S+/.exec(program.text.out)?.[0] ?? "";
    return { ...program, address };
  }

  test("prints one address, answers, and ends clean on a signal", async () => {
    const data = join(folder.path, "one");
    const { child, text, exited, address } = await started("--data", data);
    expect(text.out.split("\n")).toEqual([
      expect.stringMatching(/^Gatehouse: http:\/\/127\.0\.0\.1:\d+\/#code=[\w-]{43}$/),
      "",
    ]);
    const { client, close } = await socketClient({ port: Number(new URL(address).port), token: await redeem(address) });
    expect(await client.app.info()).toMatchObject({ door: "browser", dataFolder: data });
    await close();
    expect(statSync(data).mode & 0o777).toBe(0o700);
    child.kill("SIGTERM");
    expect(await exited).toBe(0);
    expect(existsSync(join(data, "instance.lock"))).toBe(false);
    expect(text.err).toBe("");
  });

  test("must be refused: a second program with the same data; after a crash the data are free again", async () => {
    const data = join(folder.path, "two");
    const first = await started("--data", data);
    const second = await start("--data", data);
    expect(await second.exited).toBe(1);
    expect(second.text).toEqual({
      out: "",
      err: `Gatehouse is already running with ${data} (process ${first.child.pid}).\n`,
    });
    first.child.kill("SIGKILL");
    await first.exited;
    const third = await started("--data", data);
    expect(third.address).not.toBe("");
  });

  test.each<[string, () => Promise<string[]>, RegExp]>([
    ["an unknown flag", async () => ["--host", "0.0.0.0"], /^Unknown option '--host'.*\n$/],
    ["a port that is none", async () => ["--port", "x"], /^--port takes a number from 0 to 65535\.\n$/],
    ["a data folder that is a file", async () => ["--data", "/dev/null"], /^.*\/dev\/null.*\n$/],
    [
      "a port that is taken",
      async () => ["--data", join(folder.path, "three"), "--port", String(await takenPort())],
      /^.*EADDRINUSE.*\n$/,
    ],
  ])("must be refused, in one line: %s", async (_, argsOf, line) => {
    const { text, exited } = await start(...(await argsOf()));
    expect(await exited).toBe(1);
    expect(text).toEqual({ out: "", err: expect.stringMatching(line) });
  });
});

async function takenPort(): Promise<number> {
  const server = createServer().unref();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}
