/** Notebooks from the contract, in a whole core: a key that is known to the test is looked for everywhere. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { openCore } from "../helpers/core.ts";
import { openDoor } from "../helpers/doors.ts";
import { mustSkip, startSshd } from "../helpers/lab/index.ts";
import { jupyterHome, startJupyter } from "../helpers/lab/jupyter.ts";
import { call, compute, letIn } from "../helpers/notebookLab.ts";
import { tracesIn, tracesInFolder, tracesInProcesses } from "../helpers/traces.ts";
import { until } from "../helpers/until.ts";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

describe.skipIf(mustSkip("notebooks over the contract", "sshd", "jupyter"))("over the contract", () => {
  test("a notebook is found, opened, used and closed, and its key is nowhere", { timeout: 90_000 }, async () => {
    const home = jupyterHome();
    closers.push(() => home.remove());
    const pairs = Object.entries(home.env).map(([name, value]) => `${name}=${value}`);
    const sshd = await startSshd({ config: [`SetEnv SHLVL=1 ${pairs.join(" ")}`] });
    closers.push(() => sshd.stop());
    const jupyter = await startJupyter(home);
    closers.push(() => jupyter.stop());
    const running = await openCore();
    closers.push(() => running.close());
    const { paths } = running.test.ports;
    mkdirSync(join(paths.home, ".ssh"), { mode: 0o700 });
    writeFileSync(
      join(paths.home, ".ssh", "known_hosts"),
      `[127.0.0.1]:${sshd.port} ${sshd.hostKey.publicText.split(" ").slice(0, 2).join(" ")}\n`,
    );
    const door = await openDoor("websocket", running.core);
    closers.push(() => door.close());
    const { client } = door;
    const said: unknown[] = [];
    const kept = async <T>(work: Promise<T>): Promise<T> => {
      const answer = await work;
      said.push(answer);
      return answer;
    };

    const auth = { kind: "key" as const, path: sshd.userKey.file };
    const place = { address: "127.0.0.1", port: sshd.port, user: sshd.user };
    const { hostId } = await client.hosts.add({ kind: "ssh", name: "far", environment: "development", auth, ...place });
    await until(async () => (await client.hosts.get({ hostId })).link.phase === "online", { timeoutMs: 15_000 });

    expect(await kept(client.notebooks.refresh({ hostId }))).toEqual({ problems: [] });
    const rows = await kept(client.notebooks.list());
    const row = rows.find(({ port }) => port === jupyter.port);
    const notebookId = row?.id ?? "";
    expect(row).toMatchObject({ hostId, login: "key", running: true });
    const opened = await kept(client.notebooks.open({ notebookId }));
    const { port, cookie } = await letIn(opened.shown === "link" ? opened.url : "");
    const made = await call(port, "/api/kernels", { method: "POST", headers: { cookie } });
    const kernelId: string = JSON.parse(made.body).id;
    expect(await compute(port, cookie, kernelId, "6*7")).toBe("42");
    expect(await kept(client.notebooks.kernels({ notebookId }))).toMatchObject([{ id: kernelId }]);
    await kept(client.notebooks.stopKernel({ notebookId, kernelId }));
    await kept(client.notebooks.close({ notebookId, renew: false }));
    await expect(client.notebooks.close({ notebookId, renew: true })).rejects.toMatchObject({ code: "CONFLICT" });
    await kept(client.audit.page({ limit: 100 }));
    const key = jupyter.token();
    await expect(client.notebooks.start({ hostId, program: "lab", folder: "" })).rejects.toMatchObject({
      code: "JUPYTER_MISSING",
    });
    await client.notebooks.stop({ notebookId, confirm: String(jupyter.port) });
    // Whoever else uses this machine may have servers of their own.
    expect((await kept(client.notebooks.list())).filter(({ id }) => id === notebookId)).toEqual([]);

    expect({
      answers: tracesIn(JSON.stringify(said), key),
      files: tracesInFolder(paths.data, key),
      processes: tracesInProcesses(key),
      log: tracesIn(running.bugs.join("\n"), key),
      bugs: running.bugs,
    }).toEqual({ answers: [], files: [], processes: [], log: [], bugs: [] });
  });
});

test("a fresh practice fleet has notebooks: one that is well, and one that was started carelessly", async () => {
  const running = await openCore({ practice: true });
  closers.push(() => running.close());
  const door = await openDoor("in-process", running.core);
  closers.push(() => door.close());
  const { client } = door;
  await until(
    async () => {
      const names = (await client.hosts.list()).filter(({ link }) => link.phase === "online").map(({ name }) => name);
      return names.includes("orion") && names.includes("vega");
    },
    { timeoutMs: 30_000 },
  );
  expect(await client.notebooks.refresh({})).toEqual({ problems: [] });
  const rows = await client.notebooks.list();
  expect(
    rows.map(({ host, port, findings }) => [host?.name, host?.simulated, port, findings.map(({ id }) => id)]),
  ).toEqual(
    expect.arrayContaining([
      ["orion", true, 8888, []],
      ["vega", true, 8890, ["listens-everywhere", "key-in-arguments"]],
    ]),
  );
  const notebookId = rows.find(({ port }) => port === 8888)?.id ?? "";
  const opened = await client.notebooks.open({ notebookId });
  const { port, cookie } = await letIn(opened.shown === "link" ? opened.url : "");
  const made = await call(port, "/api/kernels", { method: "POST", headers: { cookie } });
  expect(await compute(port, cookie, JSON.parse(made.body).id, "6*7")).toBe("42");
  expect(running.bugs).toEqual([]);
}, 60_000);
