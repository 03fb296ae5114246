/** Debian's Jupyter behind OpenSSH's sshd: found, opened without a key in sight, and kept through restarts. */

import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { NotebookRow } from "../../electron/contract/index.ts";
import type { Notebooks } from "../../electron/core/notebooks/index.ts";
import { mustSkip, startSshd } from "../helpers/lab/index.ts";
import {
  type JupyterHome,
  type JupyterOptions,
  jupyterHome,
  makeCertificate,
  startJupyter,
} from "../helpers/lab/jupyter.ts";
import { testLink } from "../helpers/lab/link.ts";
import { failureOf, newKernel, notebookBehaviour, rowAt } from "../helpers/notebookBehaviour.ts";
import { call, compute, letIn, openNotebookLab } from "../helpers/notebookLab.ts";
import { until } from "../helpers/until.ts";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A link to a real sshd whose sessions see that home, and notebooks over it. */
async function reach(home: JupyterHome) {
  const pairs = Object.entries(home.env).map(([name, value]) => `${name}=${value}`);
  const sshd = await startSshd({ config: [`SetEnv SHLVL=1 ${pairs.join(" ")}`] });
  const { link } = testLink({ port: sshd.port, user: sshd.user, auth: { kind: "key", path: sshd.userKey.file } });
  await link.ready();
  return { sshd, link, lab: openNotebookLab(link) };
}

async function setUp() {
  const home = jupyterHome();
  closers.push(() => home.remove());
  const { sshd, link, lab } = await reach(home);
  closers.push(
    () => sshd.stop(),
    () => link.dispose(),
    () => lab.close(),
  );
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

async function opened(all: { notebooks: Notebooks; row: NotebookRow }) {
  const answer = await all.notebooks.open(all.row.id);
  if (answer.shown !== "link") throw new Error("a window in a test");
  return { url: answer.url, ...(await letIn(answer.url)) };
}

const skip = mustSkip("notebooks", "sshd", "jupyter");

notebookBehaviour(
  "Debian's Jupyter through OpenSSH's sshd",
  async () => {
    const home = jupyterHome();
    const { link, sshd, lab } = await reach(home);
    const jupyter = await startJupyter(home);
    return {
      lab,
      link,
      port: jupyter.port,
      folder: join(home.dir, "work"),
      root: process.getuid?.() === 0,
      key: async () => jupyter.token(),
      restart: () => jupyter.restart(),
      cut: async () => sshd.cutConnections(),
      another: join(home.dir, "work"),
      missing: "lab",
      async close() {
        await jupyter.stop();
        await lab.close();
        link.dispose();
        await sshd.stop();
        home.remove();
      },
    };
  },
  skip,
);

describe.skipIf(skip)("a notebook through OpenSSH's sshd", { timeout: 90_000 }, () => {
  it("finds Notebook 6", async () => {
    const { row } = await withJupyter({ program: "notebook" });
    expect(row).toMatchObject({ program: "notebook", version: "", login: "key", running: true });
  });

  it("takes the key out of its pages and keeps its login cookie back", async () => {
    const all = await withJupyter({ program: "notebook" });
    const { port, cookie } = await opened(all);
    const page = await call(port, "/tree", { headers: { cookie, accept: "text/html" } });
    expect(page.status).toBe(200);
    expect(page.body).toContain("</html>");
    expect(page.body + JSON.stringify(page.headers)).not.toContain(all.jupyter.token());
    expect(page.headers["set-cookie"]?.some((line) => line.startsWith("username-"))).toBe(false);
  });

  it("says what is wrong with a server that anybody gets into", async () => {
    const { row } = await withJupyter({ ip: "0.0.0.0", args: ["--ServerApp.token=", "--ServerApp.password="] });
    expect(row.login).toBe("none");
    expect(row.findings.map(({ id }) => id)).toEqual(
      expect.arrayContaining(["listens-everywhere", "no-login", ...(process.getuid?.() === 0 ? ["runs-as-root"] : [])]),
    );
  });

  it.each(["server", "notebook"] as const)("keeps to a base path of its own: %s", async (program) => {
    const name = program === "server" ? "ServerApp" : "NotebookApp";
    const all = await withJupyter({ program, args: [`--${name}.base_url=/team/anna/`] });
    expect(all.row).toMatchObject({ basePath: "/team/anna/", activity: { kernels: 0 }, problem: null });
    const { port, cookie, path } = await opened(all);
    expect(JSON.parse(path)).toEqual({ path: "/team/anna/" });
    expect(await compute(port, cookie, await newKernel(port, cookie, "/team/anna/"), "1+1", "/team/anna/")).toBe("2");
    expect(await all.notebooks.kernels(all.row.id)).toHaveLength(1);
    await until(() => rowAt(all.notebooks.list(), all.jupyter.port).local?.state.light === "healthy");
  });

  it("opens one that speaks TLS, knows its certificate from then on, and says nothing to another", async () => {
    const all = await setUp();
    const { fingerprint } = makeCertificate(all.home);
    const jupyter = await startJupyter(all.home, { tls: true });
    closers.push(() => jupyter.stop());
    expect(await all.notebooks.refresh()).toEqual([]);
    const row = rowAt(all.notebooks.list(), jupyter.port);
    expect(row).toMatchObject({ tls: { certificate: fingerprint }, problem: null, activity: { kernels: 0 } });
    const { port, cookie } = await opened({ ...all, row });
    expect(await compute(port, cookie, await newKernel(port, cookie), "1+1")).toBe("2");

    const other = makeCertificate(all.home).fingerprint;
    const before = jupyter.token();
    await jupyter.restart();
    expect((await call(port, "/api/status", { headers: { cookie } })).status).toBe(503);
    const changed = { code: "NOTEBOOK_CERT_CHANGED", details: { was: fingerprint, now: other } };
    expect(await failureOf(all.notebooks.kernels(row.id))).toEqual(changed);
    await until(() => {
      const state = rowAt(all.notebooks.list(), jupyter.port).local?.state;
      return state?.light === "service-down" && state.why.code === "NOTEBOOK_CERT_CHANGED";
    });
    await all.notebooks.trust(row.id, other);
    expect((await call(port, "/api/status", { headers: { cookie } })).status).toBe(200);
    expect(jupyter.token()).not.toBe(before);
    await until(() => rowAt(all.notebooks.list(), jupyter.port).local?.state.light === "healthy");
    expect(await failureOf(all.notebooks.trust("none", other))).toMatchObject({ code: "NOT_FOUND" });
  });

  it("opens one that listens on a unix socket", async () => {
    const all = await setUp();
    const socket = join(all.home.dir, "lab.sock");
    const jupyter = await startJupyter(all.home, { socket });
    closers.push(() => jupyter.stop());
    expect(await all.notebooks.refresh()).toEqual([]);
    const row = all.notebooks.list().find((each) => each.socket === socket);
    expect(row).toMatchObject({ port: 0, problem: null, activity: { kernels: 0 }, login: "key" });
    if (row === undefined) throw new Error("it was not found");
    const { port, cookie } = await opened({ ...all, row });
    expect(await compute(port, cookie, await newKernel(port, cookie), "1+1")).toBe("2");
    expect(await failureOf(all.notebooks.stop(row.id, "0"))).toMatchObject({ code: "BAD_INPUT" });
    await all.notebooks.stop(row.id, socket);
    expect(all.notebooks.list()).toEqual([]);
  });

  it("finds one that was started with another environment", async () => {
    const all = await setUp();
    const other = jupyterHome();
    closers.push(() => other.remove());
    const jupyter = await startJupyter(other);
    closers.push(() => jupyter.stop());
    await all.notebooks.refresh();
    expect(rowAt(all.notebooks.list(), jupyter.port)).toMatchObject({ folder: join(other.dir, "work"), problem: null });
  });

  it("does not keep a server awake by looking at it", async () => {
    const all = await withJupyter();
    const last = () => rowAt(all.notebooks.list(), all.jupyter.port).activity?.lastAt ?? 0;
    const { port, cookie } = await opened(all);
    expect(await compute(port, cookie, await newKernel(port, cookie), "1+1")).toBe("2");
    await until(async () => {
      const [kernel] = await all.notebooks.kernels(all.row.id);
      // Jupyter may listen too late to hear a kernel's first word, and calls it "starting" until the next.
      if (kernel?.state === "starting") await compute(port, cookie, kernel.id, "1+1");
      return kernel?.state === "idle" && kernel.connections === 0;
    });
    await all.notebooks.refresh();
    const before = last();
    await all.notebooks.kernels(all.row.id);
    await all.notebooks.refresh();
    expect(last()).toBe(before);
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
});

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
