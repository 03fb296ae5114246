/** A person's browser in front of an opened notebook: nothing on its screen, in its address or its history is a key. */
import type { Browser } from "playwright-core";
import { afterEach, describe, expect, test } from "vitest";
import { whyNoBrowser } from "../helpers/browser.ts";
import { skipWhen, startChromium } from "../helpers/e2e.ts";
import { available, startSshd } from "../helpers/lab/index.ts";
import { jupyterHome, putNotebook, startJupyter } from "../helpers/lab/jupyter.ts";
import { testLink } from "../helpers/lab/link.ts";
import { openNotebookLab } from "../helpers/notebookLab.ts";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

describe("a notebook in the browser", () => {
  skipWhen(whyNoBrowser() ?? available("sshd", "jupyter"));

  test("opens once by its address, runs its kernel, and shows no key", { timeout: 120_000 }, async () => {
    const home = jupyterHome();
    closers.push(() => home.remove());
    putNotebook(home, "first.ipynb");
    const pairs = Object.entries(home.env).map(([name, value]) => `${name}=${value}`);
    const sshd = await startSshd({ config: [`SetEnv SHLVL=1 ${pairs.join(" ")}`] });
    closers.push(() => sshd.stop());
    const jupyter = await startJupyter(home, { program: "notebook" });
    closers.push(() => jupyter.stop());
    const { link } = testLink({ port: sshd.port, user: sshd.user, auth: { kind: "key", path: sshd.userKey.file } });
    closers.push(() => link.dispose());
    await link.ready();
    const lab = openNotebookLab(link);
    closers.push(() => lab.close());
    await lab.notebooks.refresh();
    const [row] = lab.notebooks.list();
    const opened = await lab.notebooks.open(row?.id ?? "");
    if (opened.shown !== "link") throw new Error("a window in a test");

    const browser: Browser = await startChromium();
    closers.push(() => browser.close());
    const context = await browser.newContext();
    const page = await context.newPage();
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    page.on("websocket", (socket) => asked.push(socket.url()));
    await page.goto(opened.url);
    await page.waitForURL(/\/tree/);
    await page.getByText("first.ipynb").waitFor();
    await page.goto(`http://127.0.0.1:${new URL(opened.url).port}/notebooks/first.ipynb`);
    // The indicator of Notebook 6 says so once the websocket is open and the kernel answered.
    await page.waitForFunction(
      () =>
        (
          globalThis as unknown as { Jupyter?: { notebook?: { kernel?: { is_connected(): boolean } } } }
        ).Jupyter?.notebook?.kernel?.is_connected() === true,
      undefined,
      { timeout: 60_000 },
    );
    const sum = await page.evaluate(
      () =>
        new Promise<string>((resolve) => {
          type Reply = { content: { data?: Record<string, string> } };
          type Kernel = { execute(code: string, to: unknown, options: unknown): void };
          const { kernel } = (globalThis as unknown as { Jupyter: { notebook: { kernel: Kernel } } }).Jupyter.notebook;
          const output = (reply: Reply) => reply.content.data && resolve(reply.content.data["text/plain"] ?? "");
          kernel.execute("1+1", { iopub: { output } }, { silent: false });
        }),
    );
    expect(sum).toBe("2");
    const seen = [page.url(), await page.content(), ...asked].join("\n");
    expect(seen).not.toContain(jupyter.token());
    expect(asked.some((url) => url.startsWith("ws://"))).toBe(true);
    expect(page.url()).not.toContain("code=");
    const cookies = await context.cookies();
    expect(cookies.filter(({ name }) => name.startsWith("gatehouse-"))).toMatchObject([
      { httpOnly: true, sameSite: "Strict", domain: "127.0.0.1" },
    ]);
    expect(JSON.stringify(cookies)).not.toContain(jupyter.token());

    const stranger = await (await browser.newContext()).newPage();
    await stranger.goto(opened.url);
    await stranger.getByText("was used already").waitFor();
  });
});
