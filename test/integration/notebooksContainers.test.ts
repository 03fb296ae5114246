/** Notebooks in containers: on Docker Engine with an image of this machine's own Jupyter, and on the practice fleet. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { NotebookRow } from "../../electron/contract/index.ts";
import { createEngine, type Engine } from "../../electron/core/docker/index.ts";
import { systemClock } from "../../electron/core/node.ts";
import type { HostLink } from "../../electron/core/ssh/index.ts";
import { type LabDockerd, type LabSshd, mustSkip, startDockerd, startSshd } from "../helpers/lab/index.ts";
import { buildJupyterImage, jupyterImage } from "../helpers/lab/jupyterImage.ts";
import { testLink } from "../helpers/lab/link.ts";
import { run } from "../helpers/lab/process.ts";
import { failureOf, newKernel } from "../helpers/notebookBehaviour.ts";
import { type ContainerRig, notebookContainers } from "../helpers/notebookContainers.ts";
import { compute, letIn, type NotebookLab, openNotebookLab } from "../helpers/notebookLab.ts";
import { openFleet } from "../helpers/practice.ts";

const skip = mustSkip("notebooks in containers", "sshd", "jupyter", "dockerd", "busybox");

/** One engine with the image for all of this file: it takes some seconds to make. */
const real: { dockerd?: LabDockerd; sshd?: LabSshd } = {};
beforeAll(async () => {
  if (skip) return;
  [real.dockerd, real.sshd] = await Promise.all([startDockerd(), startSshd()]);
  await buildJupyterImage(real.dockerd.socket);
}, 120_000);
afterAll(async () => {
  await real.dockerd?.stop();
  await real.sshd?.stop();
});

async function openReal(): Promise<ContainerRig> {
  const { dockerd, sshd } = real;
  if (dockerd === undefined || sshd === undefined) throw new Error("no engine");
  const { link } = testLink({ port: sshd.port, user: sshd.user, auth: { kind: "key", path: sshd.userKey.file } });
  await link.ready();
  const engine = createEngine({ link, clock: systemClock(), socketPath: dockerd.socket });
  const close = async () => {
    await engine.dispose();
    link.dispose();
  };
  return { engine, link, image: jupyterImage, simulated: false, close };
}

async function openPractice(): Promise<ContainerRig> {
  const fleet = await openFleet();
  const host = fleet.host("orion");
  const { link } = testLink({ port: host.port, user: host.user, auth: { kind: "key", path: host.keyFile } });
  await link.ready();
  const engine = createEngine({ link, clock: systemClock() });
  const close = async () => {
    await engine.dispose();
    link.dispose();
    await fleet.close();
  };
  return { engine, link, image: null, simulated: true, close };
}

notebookContainers("Docker Engine, Debian's Jupyter", openReal, skip);
notebookContainers("the practice fleet", openPractice, false);

describe.skipIf(skip)("servers that somebody else put into containers", { timeout: 90_000 }, () => {
  let engine: Engine;
  let link: HostLink;
  let lab: NotebookLab;
  let close = async () => {};
  const docker = async (...args: string[]) =>
    (await run("docker", ["-H", `unix://${real.dockerd?.socket}`, ...args])).stdout.trim();
  /** Starts a container and waits until its server is found. */
  async function found(name: string, args: readonly string[], command: readonly string[]): Promise<NotebookRow> {
    // Of a first try, when this is the second.
    await docker("rm", "-f", name);
    await docker("run", "-d", "--name", name, ...args, jupyterImage, ...command);
    const end = performance.now() + 30_000;
    for (;;) {
      await lab.notebooks.refresh();
      const row = lab.notebooks.list().find(({ place }) => place.kind === "container" && place.name === name);
      if (row !== undefined && row.problem?.code !== "NOTEBOOK_DOWN") return row;
      if (performance.now() > end) throw new Error(await docker("logs", name));
    }
  }
  async function sum(row: NotebookRow): Promise<string> {
    const opened = await lab.notebooks.open(row.id);
    const { port, cookie } = await letIn(opened.shown === "link" ? opened.url : "");
    return compute(port, cookie, await newKernel(port, cookie, row.basePath), "1+1", row.basePath);
  }

  beforeAll(async () => {
    ({ engine, link, close } = await openReal());
    lab = openNotebookLab(link, engine);
  });
  afterAll(async () => {
    await lab?.close();
    await close();
  });

  test("as the image starts it", async () => {
    const row = await found("as-it-is", [], []);
    expect(row).toMatchObject({ ...{ port: 8888, login: "key", ours: false, findings: [], problem: null } });
    expect(await sum(row)).toBe("2");
    expect(await failureOf(lab.notebooks.close(row.id, true))).toMatchObject({ code: "CONFLICT" });
  });

  test("with another user, another environment and another path than exec sees", async () => {
    const script =
      "JUPYTER_RUNTIME_DIR=/tmp/elsewhere exec jupyter-server --ip=0.0.0.0 --port=9999 --ServerApp.base_url=/a/b";
    const row = await found("elsewhere", [], ["sh", "-c", script]);
    expect(row).toMatchObject({ port: 9999, basePath: "/a/b/", findings: [], problem: null });
    expect(await sum(row)).toBe("2");
  });

  test("as root, published to everybody, with the key in its arguments", async () => {
    const args = ["--user", "0", "-p", "0.0.0.0::8888"];
    const row = await found("careless", args, [
      ...["jupyter-notebook", "--allow-root", "--ip=0.0.0.0", "--no-browser", "--NotebookApp.token=letmein12345"],
    ]);
    expect(row.findings.map(({ id, severity }) => `${severity} ${id}`).sort()).toEqual([
      ...["high key-in-arguments", "high reachable", "high runs-as-root"],
    ]);
    expect(row).toMatchObject({ program: "notebook", problem: null });
  });

  test("on the loopback interface inside, where no address leads: said, not tried for long", async () => {
    const row = await found("inward", [], ["jupyter-server", "--ip=127.0.0.1", "--no-browser"]);
    const unreachable = { code: "NOTEBOOK_UNREACHABLE", details: { why: "loopback" } };
    expect(row.problem).toEqual(unreachable);
    expect(await failureOf(lab.notebooks.open(row.id))).toEqual(unreachable);
  });
});
