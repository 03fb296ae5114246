import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { builtApp } from "../helpers/built.ts";
import type { Client } from "../helpers/doors.ts";
import { desktopClient } from "../helpers/electron/client.ts";
import { type DesktopApp, type DesktopKind, launchDesktop, whyNoElectron } from "../helpers/electron/launch.ts";
import { tempFolder } from "../helpers/ports.ts";
import { until } from "../helpers/until.ts";
import { doMainJob, online } from "./behaviour/mainJob.ts";

const missing = whyNoElectron();
const kinds: DesktopKind[] = ["stand-in", "electron"];

type Hooked = { gatehouse: { connect(): void } };

describe.each(kinds)("desktop door in %s", (kind) => {
  const skip = kind === "electron" && missing !== null;
  let app: DesktopApp;
  let page: Page;
  let client: Client;
  const data = tempFolder();

  beforeAll(async () => {
    if (skip) return;
    app = await launchDesktop(kind, { app: await builtApp(), args: ["--data", data.path] });
    page = await app.page();
  });
  afterAll(async () => {
    await app?.close();
    data.cleanup();
  });

  const check = (name: string, body: () => Promise<void>) =>
    test(name, async (context) => {
      if (skip) context.skip(`allowed: ${missing}`);
      await body().catch((cause) => {
        throw new Error(`${cause.message}\nThe program said:\n${app.output()}`, { cause });
      });
    });

  check("the page shows itself, under its policy, from its own scheme", async () => {
    await page.waitForSelector("#root > *");
    const answer = await page.evaluate(async () => {
      const response = await fetch("/index.html");
      return { status: response.status, policy: response.headers.get("content-security-policy") };
    });
    expect(answer).toEqual({ status: 200, policy: expect.stringContaining("connect-src 'self';") });
  });

  check("the page reaches two functions of the desktop, and nothing of Node", async () => {
    const seen = await page.evaluate(() => {
      const { gatehouse } = window as never as Hooked;
      return {
        gatehouse: Object.entries(gatehouse).map(([key, value]) => `${key}: ${typeof value}`),
        frozen: Object.isFrozen(gatehouse),
        node: ["require", "process", "module", "Buffer", "global"].filter((name) => name in window),
      };
    });
    expect(seen).toEqual({ gatehouse: ["connect: function", "show: function"], frozen: true, node: [] });
  });

  check("the main job goes through it: page, preload script, port, core process and what that starts", async () => {
    ({ client } = await desktopClient(page));
    expect(await client.app.info()).toMatchObject({ door: "desktop", dataFolder: data.path });
    await client.keychain.useSession();
    const { hosts } = await client.practice.start();
    const hostId = hosts.find((host) => host.name === "orion")?.hostId ?? "";
    await online(client, hostId);
    const gpu = await until(async () => (await client.hosts.get({ hostId })).gpus[0]?.uuid, { timeoutMs: 10_000 });
    await doMainJob({ client, hostId, gpu, image: "gatehouse/inference-server:1" });
  });

  check("must be refused: every way out of the page", async () => {
    const before = page.url();
    const results = await page.evaluate(async () => {
      const attempt = async (act: () => unknown) => {
        // In a task of its own: what a debugger evaluates directly may evaluate more.
        await new Promise((resolve) => setTimeout(resolve));
        try {
          await act();
          return "done";
        } catch {
          return "refused";
        }
      };
      location.href = "https://example.com/";
      return {
        network: await attempt(() => fetch("https://example.com/")),
        file: await attempt(() => fetch("file:///etc/passwd")),
        code: await attempt(() => new Function("return 1")()),
        markup: await attempt(() => {
          document.createElement("div").innerHTML = "<b>x</b>";
        }),
        missing: (await fetch("/../../package.json")).status,
        post: (await fetch("/", { method: "POST" })).status,
      };
    });
    expect(results).toEqual({
      network: "refused",
      file: "refused",
      code: "refused",
      markup: "refused",
      missing: 404,
      post: 405,
    });
    expect(page.url()).toBe(before);
  });

  check("must be refused: a window of the page's own; a link of the list goes to the person's browser", async () => {
    await app.inMain(({ shell }) => {
      const opened: string[] = [];
      Object.assign(globalThis, { opened });
      shell.openExternal = async (url: string) => void opened.push(url);
    });
    const opened = () => app.inMain(() => (globalThis as never as { opened: string[] }).opened);
    for (const url of ["https://example.com/", "file:///etc/passwd", "https://docs.docker.com/engine/"]) {
      await page.evaluate((address) => void window.open(address), url);
    }
    await until(async () => (await opened()).length > 0, { timeoutMs: 10_000 });
    const shown = () =>
      page
        .context()
        .pages()
        .filter((one) => one.url() !== "about:blank");
    await until(() => shown().length === 1, { timeoutMs: 10_000 });
    expect(await opened()).toEqual(["https://docs.docker.com/engine/"]);
    expect(await app.inMain(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1);
  });

  check("must be refused: a port for a frame that is not ours, or not the top one", async () => {
    const given = await app.inMain(({ BrowserWindow }) => {
      const [window] = BrowserWindow.getAllWindows();
      const senders = [
        null,
        { url: "app://gatehouse/", parent: {} },
        { url: "app://gatehouse.evil/", parent: null },
        { url: "https://gatehouse/", parent: null },
        { url: "app://gatehouse@evil/", parent: null },
      ];
      let count = 0;
      for (const frame of senders) {
        const senderFrame = frame === null ? null : { ...frame, postMessage: () => count++ };
        window?.webContents.ipc.emit("gatehouse:connect", { sender: window.webContents, senderFrame });
      }
      const own = { url: "app://gatehouse/", parent: null, postMessage: () => count++ };
      window?.webContents.ipc.emit(
        "gatehouse:connect",
        { sender: window.webContents, senderFrame: own },
        "something more",
      );
      return count;
    });
    expect(given).toBe(0);
  });

  check(
    "a notification that is followed shows the window; must be refused: one that another page asks for",
    async () => {
      const shown = await app.inMain(({ BrowserWindow }) => {
        const [window] = BrowserWindow.getAllWindows();
        let count = 0;
        window?.on("focus", () => count++);
        const tell = (senderFrame: object | null, ...rest: unknown[]) => {
          window?.webContents.ipc.emit("gatehouse:show", { sender: window.webContents, senderFrame }, ...rest);
          return count;
        };
        return [
          tell(null),
          tell({ url: "https://gatehouse/", parent: null }),
          tell({ url: "app://gatehouse/", parent: {} }),
          tell({ url: "app://gatehouse/", parent: null }, "something more"),
          kindOf() === "stand-in" ? tell({ url: "app://gatehouse/", parent: null }) : 1,
        ];
        function kindOf() {
          return window && "options" in window ? "stand-in" : "electron";
        }
      });
      expect(shown).toEqual([0, 0, 0, 0, 1]);
    },
  );

  check("every session answers what a page asks for by the list", async () => {
    if (kind === "electron") return;
    const answers = await app.inMain(({ BrowserWindow, session }) => {
      const [window] = BrowserWindow.getAllWindows();
      type Handlers = {
        request(contents: unknown, name: string, answer: (yes: boolean) => void, details: object): void;
        check(contents: unknown, name: string, origin: string, details: object): boolean;
        device(): boolean;
      };
      return ["gatehouse", "notebook-1"].map((partition) => {
        const { request, check, device } = (session.fromPartition(partition) as never as { permissions: Handlers })
          .permissions;
        const asked = (name: string, url: string) => {
          let said = false;
          request(window?.webContents, name, (yes) => (said = yes), { requestingUrl: url });
          return [said, check(null, name, url, { embeddingOrigin: url })];
        };
        return [
          ...asked("notifications", "app://gatehouse/"),
          ...asked("notifications", "http://127.0.0.1:8888/"),
          ...asked("geolocation", "app://gatehouse/"),
          device(),
        ];
      });
    });
    const expected = [true, true, false, false, false, false, false];
    expect(answers).toEqual([expected, expected]);
  });

  check("the windows are locked in every way there is", async () => {
    if (kind === "electron") return;
    const preferences = await app.inMain(({ BrowserWindow }) => {
      const [window] = BrowserWindow.getAllWindows() as never as {
        options: { webPreferences: Record<string, unknown> };
      }[];
      return window?.options.webPreferences;
    });
    expect(preferences).toEqual({
      preload: expect.stringMatching(/preload\.cjs$/),
      partition: "gatehouse",
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInSubFrames: false,
      nodeIntegrationInWorker: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      webviewTag: false,
      navigateOnDragDrop: false,
      safeDialogs: true,
      spellcheck: false,
      devTools: true,
    });
  });

  check("a core that dies is started again, the page finds its way back", async () => {
    const holder = () => JSON.parse(readFileSync(join(data.path, "instance.lock"), "utf8")).pid as number;
    const first = holder();
    const changes = await client.app.changes();
    const cut = (async () => {
      for (;;) await changes.next();
    })();
    process.kill(first, "SIGKILL");
    await expect(cut).rejects.toThrow();
    await until(() => holder() !== first, { timeoutMs: 15_000 });
    const again = await desktopClient(page);
    expect(await again.client.app.info()).toMatchObject({ dataFolder: data.path });
    if (kind === "stand-in") {
      const notified = await app.inMain(({ standIn }) => standIn.journal.notified.map(({ title }) => title));
      expect(notified).toEqual(["Gatehouse restarted its core"]);
    }
  });

  check("a second program with the same data shows the first one's window and ends", async () => {
    const second = await launchDesktop(kind, { app: await builtApp(), args: ["--data", data.path] });
    expect(await second.exited).toBe(0);
    expect(await app.inMain(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1);
    await second.close();
  });

  check("at the end the window's place is kept, the core has let go of the data", async () => {
    await app.inMain(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows()[0]?.setBounds({ x: 10, y: 20, width: 900, height: 700 }),
    );
    const state = join(data.path, "window.json");
    await until(() => existsSync(state) && JSON.parse(readFileSync(state, "utf8")).bounds.width === 900);
    await app.close();
    expect(await app.exited).toBe(0);
    expect(existsSync(join(data.path, "instance.lock"))).toBe(false);
    expect(statSync(state).mode & 0o777).toBe(0o600);
  });
});
