/** Debian's Jupyter behind OpenSSH's sshd: found, opened without a key in sight, and kept through restarts. */

import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { NotebookRow } from "../../electron/contract/index.ts";
import { isFailure } from "../../electron/core/failure.ts";
import { mustSkip, startSshd } from "../helpers/lab/index.ts";
import { type JupyterHome, type JupyterOptions, jupyterHome, startJupyter } from "../helpers/lab/jupyter.ts";
import { testLink } from "../helpers/lab/link.ts";
import { call, compute, letIn, openNotebookLab } from "../helpers/notebookLab.ts";
import { tracesInProcesses } from "../helpers/traces.ts";
import { until } from "../helpers/until.ts";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function setUp() {
  const home = jupyterHome();
  closers.push(() => home.remove());
  const pairs = Object.entries(home.env).map(([name, value]) => `${name}=${value}`);
  const sshd = await startSshd({ config: [`SetEnv SHLVL=1 ${pairs.join(" ")}`] });
  closers.push(() => sshd.stop());
  const auth = { kind: "key", path: sshd.userKey.file } as const;
  const { link } = testLink({ port: sshd.port, user: sshd.user, auth });
  closers.push(() => link.dispose());
  await link.ready();
  const lab = openNotebookLab(link);
  closers.push(() => lab.close());
  return { home, sshd, link, lab, ...lab };
}

async function withJupyter(options: JupyterOptions = {}) {
  const all = await setUp();
  const jupyter = await startJupyter(all.home, options);
  closers.push(() => jupyter.stop());
  expect(await all.notebooks.refresh()).toEqual([]);
  const row = rowAt(all.notebooks.list(), jupyter.port);
  return { ...all, jupyter, row };
}

function rowAt(rows: readonly NotebookRow[], port: number): NotebookRow {
  const row = rows.find((each) => each.port === port);
  if (row === undefined) throw new Error(`nothing was found at ${port}`);
  return row;
}

async function opened(all: Awaited<ReturnType<typeof withJupyter>>) {
  const answer = await all.notebooks.open(all.row.id);
  if (answer.shown !== "link") throw new Error("a window in a test");
  return { url: answer.url, ...(await letIn(answer.url)) };
}

async function newKernel(port: number, cookie: string): Promise<string> {
  const made = await call(port, "/api/kernels", { method: "POST", headers: { cookie } });
  return JSON.parse(made.body).id;
}

async function failureOf(work: Promise<unknown>) {
  try {
    await work;
  } catch (error) {
    if (isFailure(error)) return { code: error.code, details: error.details };
    throw error;
  }
  return null;
}

describe.skipIf(mustSkip("notebooks", "sshd", "jupyter"))(
  "a notebook through OpenSSH's sshd",
  { timeout: 90_000 },
  () => {
    it.each(["server", "notebook"] as const)("finds a running %s, and its key goes nowhere", async (program) => {
      const { row, jupyter, home, lab, notebooks } = await withJupyter({ program });
      expect(row).toEqual({
        id: expect.stringMatching(/^[0-9a-f]{16}$/),
        hostId: "host-1",
        host: { name: "orion", environment: "development", simulated: false },
        place: { kind: "host" },
        port: jupyter.port,
        basePath: "/",
        folder: join(home.dir, "work"),
        version: program === "server" ? expect.stringMatching(/^\d/) : "",
        program,
        login: "key",
        ours: false,
        running: true,
        findings: process.getuid?.() === 0 ? [{ id: "runs-as-root", severity: "high", at: "root" }] : [],
        activity: { kernels: 0, connections: 0, lastAt: expect.any(Number), startedAt: expect.any(Number) },
        idle: false,
        problem: null,
        local: null,
      });
      expect(lab.registered).toContain(jupyter.token());
      expect(JSON.stringify([notebooks.list(), lab.file()])).not.toContain(jupyter.token());
    });

    it("computes 1+1 in a kernel, through the websocket", async () => {
      const all = await withJupyter();
      const { port, cookie, path, url } = await opened(all);
      expect(JSON.parse(path)).toEqual({ path: "/" });
      expect(url).not.toContain(all.jupyter.token());
      const kernelId = await newKernel(port, cookie);
      expect(await compute(port, cookie, kernelId, "1+1")).toBe("2");
      expect(await all.notebooks.kernels(all.row.id)).toEqual([
        {
          id: kernelId,
          name: "python3",
          state: expect.stringMatching(/idle|busy|starting/),
          lastAt: expect.any(Number),
          connections: expect.any(Number),
          paths: [],
          memoryBytes: expect.any(Number),
          gpuMemoryBytes: null,
        },
      ]);
      await all.notebooks.stopKernel(all.row.id, kernelId);
      expect(await all.notebooks.kernels(all.row.id)).toEqual([]);
      expect(tracesInProcesses(all.jupyter.token())).toEqual([]);
    });

    it("lets only the browser in that it was opened for", async () => {
      const all = await withJupyter({ program: "notebook" });
      const { port, cookie, url } = await opened(all);
      const at = { cookie };
      const rows: [string, number, number][] = [
        ["no cookie", 403, (await call(port, "/api/status")).status],
        [
          "a cookie that was made up",
          403,
          (await call(port, "/api/status", { headers: { cookie: `${cookie}x` } })).status,
        ],
        ["the cookie", 200, (await call(port, "/api/status", { headers: at })).status],
        ["an old key in the address", 200, (await call(port, "/api/status?token=old", { headers: at })).status],
        [
          "another name for this machine",
          403,
          (await call(port, "/", { headers: { ...at, host: "evil.example" } })).status,
        ],
        [
          "a page on another port",
          403,
          (await call(port, "/api/status", { headers: { ...at, origin: "http://127.0.0.1:1" } })).status,
        ],
        [
          "a picture on a page of another port",
          403,
          (await call(port, "/api/status", { headers: { ...at, "sec-fetch-site": "same-site" } })).status,
        ],
        ["the code a second time", 401, (await letIn(url)).status],
      ];
      expect(rows.map(([name, , status]) => [name, status])).toEqual(rows.map(([name, status]) => [name, status]));
      const page = await call(port, "/tree", { headers: { ...at, accept: "text/html" } });
      expect(page.status).toBe(200);
      expect(page.body).toContain("</html>");
      expect(page.body + JSON.stringify(page.headers)).not.toContain(all.jupyter.token());
      expect(page.headers["set-cookie"]?.some((line) => line.startsWith("username-"))).toBe(false);
      await expect(compute(port, "", "any", "1")).rejects.toThrow(/403/);
    });

    it("goes on when the server is restarted with a new key: no click, within 5 s", async () => {
      const all = await withJupyter();
      const { port, cookie } = await opened(all);
      const before = all.jupyter.token();
      await all.jupyter.restart();
      expect(all.jupyter.token()).not.toBe(before);
      const began = performance.now();
      expect((await call(port, "/api/status", { headers: { cookie } })).status).toBe(200);
      expect(performance.now() - began).toBeLessThan(5_000);
      const kernelId = await newKernel(port, cookie);
      expect(await compute(port, cookie, kernelId, "20+1")).toBe("21");
      await until(() => rowAt(all.notebooks.list(), all.jupyter.port).local?.state.light === "healthy");
    });

    it("comes back when the connection is cut", async () => {
      const all = await withJupyter();
      const { port, cookie } = await opened(all);
      await until(() => rowAt(all.notebooks.list(), all.jupyter.port).local?.state.light === "healthy");
      all.sshd.cutConnections();
      const began = performance.now();
      await until(() => call(port, "/api/status", { headers: { cookie } }).then(({ status }) => status === 200), {
        timeoutMs: 10_000,
        everyMs: 100,
      });
      expect(performance.now() - began).toBeLessThan(5_000);
    });

    it("says what is wrong with a server that anybody gets into", async () => {
      const { row } = await withJupyter({ ip: "0.0.0.0", args: ["--ServerApp.token=", "--ServerApp.password="] });
      expect(row.login).toBe("none");
      expect(row.findings.map(({ id }) => id)).toEqual(
        expect.arrayContaining([
          "listens-everywhere",
          "no-login",
          ...(process.getuid?.() === 0 ? ["runs-as-root"] : []),
        ]),
      );
    });

    it("starts one, opens it, renews its key on closing, and ends it", async () => {
      const { notebooks, home, lab } = await setUp();
      const id = await notebooks.start({ hostId: "host-1", program: "server", folder: join(home.dir, "work") });
      const find = () => notebooks.list().find((row) => row.id === id);
      closers.push(async () => {
        const row = find();
        if (row?.running) await notebooks.stop(id, String(row.port));
      });
      expect(find()).toMatchObject({ ours: true, running: true, login: "key", activity: { kernels: 0 } });
      const first = lab.registered.at(-1) ?? "";
      expect(tracesInProcesses(first)).toEqual([]);
      const answer = await notebooks.open(id);
      const { port, cookie } = await letIn(answer.shown === "link" ? answer.url : "");
      expect((await call(port, "/api/status", { headers: { cookie } })).status).toBe(200);
      await notebooks.close(id, true);
      expect(find()).toMatchObject({ running: true, local: null });
      expect(lab.registered.at(-1)).not.toBe(first);
      const again = await notebooks.open(id);
      expect(new URL(again.shown === "link" ? again.url : "http://x").port).toBe(String(port));
      expect(await failureOf(notebooks.stop(id, "1"))).toMatchObject({ code: "BAD_INPUT" });
      await notebooks.stop(id, String(find()?.port));
      expect(find()).toBeUndefined();
      expect(await failureOf(notebooks.start({ hostId: "host-1", program: "lab", folder: "" }))).toEqual({
        code: "JUPYTER_MISSING",
        details: { program: "lab" },
      });
      expect(
        await failureOf(notebooks.start({ hostId: "host-1", program: "server", folder: "/no/such; touch x" })),
      ).toMatchObject({ code: "NOTEBOOK_NOT_STARTED" });
    });

    it("leaves a password to the person who types it", async () => {
      // Jupyter's own form: algorithm, salt, digest of password and salt.
      const digest = createHash("sha1").update("open sesame").update("5a1t").digest("hex");
      const args = ["--ServerApp.token=", `--ServerApp.password=sha1:5a1t:${digest}`];
      const all = await withJupyter({ args });
      expect(all.row).toMatchObject({ login: "typed", activity: null, problem: null });
      expect(all.row.findings.map(({ id }) => id)).toContain("key-in-arguments");
      const { port, cookie } = await opened(all);
      expect((await call(port, "/api/status", { headers: { cookie } })).status).toBe(403);
      const form = await call(port, "/login", { headers: { cookie } });
      const xsrf = (form.headers["set-cookie"] ?? [])
        .map((line) => line.split(";")[0])
        .find((each) => each?.startsWith("_xsrf="));
      const body = new URLSearchParams({ password: "open sesame", _xsrf: xsrf?.slice(6) ?? "" }).toString();
      const login = await call(port, "/login", {
        method: "POST",
        headers: { cookie: `${cookie}; ${xsrf}`, "content-type": "application/x-www-form-urlencoded" },
        body,
      });
      const own = (login.headers["set-cookie"] ?? [])
        .map((line) => line.split(";")[0])
        .find((each) => each?.startsWith("username-"));
      expect(own).toBeDefined();
      expect((await call(port, "/api/status", { headers: { cookie: `${cookie}; ${own}` } })).status).toBe(200);
      expect(await failureOf(all.notebooks.kernels(all.row.id))).toMatchObject({ code: "NOTEBOOK_LOGIN_NEEDED" });
      await until(() => rowAt(all.notebooks.list(), all.jupyter.port).local?.state.light === "healthy");
    });

    it("tells a page from an answer", async () => {
      const { notebooks, home } = await setUp();
      const port = await pretend(home);
      await notebooks.refresh();
      const row = rowAt(notebooks.list(), port);
      expect(row.problem).toEqual({
        code: "NOTEBOOK_ODD_ANSWER",
        details: { path: "api/status", status: 200, type: "text/html" },
      });
      expect(await failureOf(notebooks.kernels(row.id))).toMatchObject({ code: "NOTEBOOK_ODD_ANSWER" });
    });
  },
);

/** Something else that answers where a runtime file says that Jupyter is. */
async function pretend(home: JupyterHome): Promise<number> {
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-type": "text/html" });
    response.end("<html>Welcome to this hotel's network</html>");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  closers.push(() => server.close());
  const { port } = server.address() as { port: number };
  const file = { pid: process.pid, port, base_url: "/", token: "abcdef0123456789", password: false, root_dir: "/" };
  writeFileSync(join(home.runtime, `jpserver-${process.pid}.json`), JSON.stringify(file));
  return port;
}
