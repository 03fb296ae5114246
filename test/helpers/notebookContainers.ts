/** Notebooks in hardened containers: the one suite for Docker Engine with Debian's Jupyter, and for the practice fleet. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { LaunchSpec, LaunchView, NotebookRow } from "../../electron/contract/index.ts";
import type { Engine } from "../../electron/core/docker/index.ts";
import { judgeContainer } from "../../electron/core/hardening/index.ts";
import type { HostLink } from "../../electron/core/ssh/index.ts";
import { type LaunchesOver, launchesOver } from "./launchLab.ts";
import { failureOf, newKernel } from "./notebookBehaviour.ts";
import { call, compute, letIn, type NotebookLab, openNotebookLab } from "./notebookLab.ts";
import { tracesIn, tracesInProcesses } from "./traces.ts";
import { until } from "./until.ts";

export interface ContainerRig {
  engine: Engine;
  link: HostLink;
  /** In place of the template's own; `null` leaves it. */
  image: string | null;
  /** Kernels here compute with numbers alone. */
  simulated: boolean;
  close(): Promise<void>;
}

/** The template's spec for a container of that name. */
function specOf(rig: ContainerRig, name: string): LaunchSpec {
  const file = readFileSync(new URL("../../assets/templates/notebook.json", import.meta.url), "utf8");
  const { spec } = JSON.parse(file) as { spec: LaunchSpec };
  // What machines that run tests have; the rest is as it is shipped.
  return { ...spec, hostId: "gpu-1", name, cpus: 1, memoryBytes: 2 ** 30, image: rig.image ?? spec.image };
}

/** What Python says when it cannot. */
function orError(code: string): string {
  return `try:\n  said = str(${code})\nexcept OSError as error:\n  said = str(error)\nsaid`;
}

export function notebookContainers(name: string, open: () => Promise<ContainerRig>, skip: boolean): void {
  describe.skipIf(skip)(`notebooks in containers: ${name}`, { timeout: 120_000 }, () => {
    let rig: ContainerRig;
    let launches: LaunchesOver;
    let lab: NotebookLab;
    let view: LaunchView;
    let row: NotebookRow;
    const find = () => lab.notebooks.list().find(({ place }) => place.kind === "container" && place.name === "anna");

    beforeAll(async () => {
      rig = await open();
      launches = await launchesOver(rig.engine, rig.link);
      lab = openNotebookLab(rig.link, rig.engine, {
        containers: {
          isOurs: (id) => launches.launches.recordOf(id) !== null,
          async renew(_, id) {
            await rig.engine.restart(id);
            await launches.launches.reinject("gpu-1", id);
          },
        },
      });
      const { launchId } = await launches.launches.start(specOf(rig, "anna"));
      for await (const each of launches.launches.watch(launchId)) view = each;
    }, 120_000);
    afterAll(async () => {
      await lab?.close();
      await launches?.launches.dispose();
      await rig?.close();
    });

    test("the launch goes its usual way: judged, hardened, the key handed over, proven", async () => {
      expect({ state: view.state, problem: view.problem, left: view.leftBehind }).toEqual({
        ...{ state: "done", problem: null, left: [] },
      });
      expect(view.steps.map(({ id, state }) => `${id} ${state}`)).toEqual([
        ...["judge done", "check done", "secrets done", "network done", "create done", "start done"],
        ...["inject done", "ready done", "load skipped", "prove done"],
      ]);
      expect(view.proof).toMatchObject({ clean: true });
      expect(view.proof?.places.filter(({ looked }) => !looked)).toEqual([]);
      const { findings } = judgeContainer(await rig.engine.inspect(view.containerId ?? ""));
      expect(findings.filter(({ status }) => status !== "pass").map(({ rule }) => rule)).toEqual([]);
      expect(launches.bugs).toEqual([]);
    });

    test("it is found in its container, and nothing is wrong with it", async () => {
      expect(await lab.notebooks.refresh()).toEqual([]);
      const found = find();
      if (found === undefined) throw new Error("it was not found");
      row = found;
      expect(row).toMatchObject({
        place: { kind: "container", containerId: view.containerId, name: "anna" },
        ...{ port: 8888, basePath: "/", folder: "/home/jovyan/work", login: "key", running: true, ours: true },
        ...{ findings: [], problem: null, activity: { kernels: 0 } },
      });
    });

    let port = 0;
    let cookie = "";
    test("1+1 is computed through our tunnel, and what the kernel holds is known", async () => {
      const opened = await lab.notebooks.open(row.id);
      ({ port, cookie } = await letIn(opened.shown === "link" ? opened.url : ""));
      const kernelId = await newKernel(port, cookie);
      expect(await compute(port, cookie, kernelId, "1+1")).toBe("2");
      expect(await lab.notebooks.kernels(row.id)).toMatchObject([
        { id: kernelId, name: "python3", memoryBytes: expect.any(Number), gpuMemoryBytes: null },
      ]);
      if (rig.simulated) return;
      const answers: [code: string, said: RegExp][] = [
        ["import os; os.getuid(), os.getgid()", /^\(1000, 100\)$/],
        [orError("open('/x', 'w')"), /Read-only file system/],
        ["open('kept', 'w').write('yes')", /^3$/],
        ["os.getcwd()", /^'\/home\/jovyan\/work'$/],
        [orError("__import__('socket').create_connection(('1.1.1.1', 53), 2)"), /unreachable|timed out/],
      ];
      for (const [code, said] of answers) expect(await compute(port, cookie, kernelId, code)).toMatch(said);
    });

    test("its key is in no place where others look", async () => {
      const key = launches.apiKeys.get(view.containerId ?? "")?.use((value) => value.toString()) ?? "";
      expect(lab.registered).toContain(key);
      const { raw } = await rig.engine.inspect(view.containerId ?? "");
      const lines: Buffer[] = [];
      for await (const { bytes } of rig.engine.logs(view.containerId ?? "", { follow: false })) lines.push(bytes);
      expect({
        inspect: tracesIn(JSON.stringify(raw), key),
        log: tracesIn(Buffer.concat(lines).toString("utf8"), key),
        processes: tracesInProcesses(key),
        rows: tracesIn(JSON.stringify(lab.notebooks.list()), key),
        command: tracesIn(launches.launches.recordOf(view.containerId ?? "")?.command ?? "", key),
      }).toEqual({ inspect: [], log: [], processes: [], rows: [], command: [] });
    });

    test("the key is renewed on closing, and the work stays", async () => {
      const before = launches.apiKeys.get(view.containerId ?? "")?.use((value) => value.toString());
      await lab.notebooks.close(row.id, true);
      expect(launches.apiKeys.get(view.containerId ?? "")?.use((value) => value.toString())).not.toBe(before);
      const opened = await lab.notebooks.open(row.id);
      const again = await letIn(opened.shown === "link" ? opened.url : "");
      expect(again.port).toBe(port);
      const kernelId = await newKernel(again.port, again.cookie);
      expect(await compute(again.port, again.cookie, kernelId, rig.simulated ? "2+2" : "open('kept').read()")).toBe(
        rig.simulated ? "4" : "'yes'",
      );
      await until(() => find()?.local?.state.light === "healthy");
    });

    test("it is stopped, and its container ends with it", async () => {
      expect(await failureOf(lab.notebooks.stop(row.id, "1"))).toMatchObject({ code: "BAD_INPUT" });
      await lab.notebooks.stop(row.id, "8888");
      expect(find()).toBeUndefined();
      await until(async () => (await rig.engine.inspect(view.containerId ?? "")).state === "exited", {
        timeoutMs: 15_000,
      });
      expect((await call(port, "/api").catch(() => ({ status: 0 }))).status).toBe(0);
    });
  });
}
