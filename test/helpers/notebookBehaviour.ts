/** What holds of a notebook whatever Jupyter answers: the one suite for Debian's server and for the practice fleet's. */
import { describe, expect, it } from "vitest";
import type { NotebookRow } from "../../electron/contract/index.ts";
import { isFailure } from "../../electron/core/failure.ts";
import type { HostLink } from "../../electron/core/ssh/index.ts";
import { call, compute, letIn, type NotebookLab } from "./notebookLab.ts";
import { tracesInProcesses } from "./traces.ts";
import { until } from "./until.ts";

export interface NotebookPlace {
  lab: NotebookLab;
  link: HostLink;
  /** Port of the server that runs already, as its host sees it, and its folder. */
  port: number;
  folder: string;
  /** The server runs as root, which is a finding of its own. */
  root: boolean;
  key(): Promise<string>;
  /** Ends it and starts it anew on the same port with another key. */
  restart(): Promise<void>;
  /** Takes the network away for a moment. */
  cut(): Promise<void>;
  /** A folder where another server can be started. */
  another: string;
  /** A program that is not installed there. */
  missing: "lab" | null;
  close(): Promise<void>;
}

export async function failureOf(work: Promise<unknown>) {
  try {
    await work;
  } catch (error) {
    if (isFailure(error)) return { code: error.code, details: error.details };
    throw error;
  }
  return null;
}

export function rowAt(rows: readonly NotebookRow[], port: number): NotebookRow {
  const row = rows.find((each) => each.port === port);
  if (row === undefined) throw new Error(`nothing was found at ${port}`);
  return row;
}

export async function newKernel(port: number, cookie: string, base = "/"): Promise<string> {
  const made = await call(port, `${base}api/kernels`, { method: "POST", headers: { cookie } });
  return JSON.parse(made.body).id;
}

export function notebookBehaviour(name: string, open: () => Promise<NotebookPlace>, skip: boolean): void {
  async function withRow<T>(work: (place: NotebookPlace & { row: NotebookRow }) => Promise<T>): Promise<T> {
    const place = await open();
    try {
      expect(await place.lab.notebooks.refresh()).toEqual([]);
      return await work({ ...place, row: rowAt(place.lab.notebooks.list(), place.port) });
    } finally {
      await place.close();
    }
  }
  const withOpen = <T>(
    work: (
      place: NotebookPlace & { row: NotebookRow; port: number; at: number; cookie: string; url: string },
    ) => Promise<T>,
  ) =>
    withRow(async (place) => {
      const answer = await place.lab.notebooks.open(place.row.id);
      if (answer.shown !== "link") throw new Error("a window in a test");
      const { port: at, cookie } = await letIn(answer.url);
      return work({ ...place, at, cookie, url: answer.url });
    });

  describe.skipIf(skip)(`a notebook: ${name}`, { timeout: 90_000 }, () => {
    it("is found, and its key goes nowhere", () =>
      withRow(async ({ row, lab, key, port, folder, root }) => {
        expect(row).toEqual({
          ...row,
          id: expect.stringMatching(/^[0-9a-f]{16}$/),
          hostId: "host-1",
          place: { kind: "host" },
          port,
          basePath: "/",
          folder,
          login: "key",
          ours: false,
          running: true,
          findings: root ? [{ id: "runs-as-root", severity: "high", at: "root" }] : [],
          activity: { kernels: 0, connections: 0, lastAt: expect.any(Number), startedAt: expect.any(Number) },
          idle: false,
          problem: null,
          local: null,
        });
        expect(lab.registered).toContain(await key());
        expect(JSON.stringify([lab.notebooks.list(), lab.file()])).not.toContain(await key());
      }));

    it("computes 1+1 in a kernel, through the websocket", () =>
      withOpen(async ({ lab, row, at, cookie, url, key }) => {
        expect(url).not.toContain(await key());
        const kernelId = await newKernel(at, cookie);
        expect(await compute(at, cookie, kernelId, "1+1")).toBe("2");
        expect(await lab.notebooks.kernels(row.id)).toEqual([
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
        await lab.notebooks.stopKernel(row.id, kernelId);
        expect(await lab.notebooks.kernels(row.id)).toEqual([]);
        expect(tracesInProcesses(await key())).toEqual([]);
      }));

    it("lets only the browser in that it was opened for", () =>
      withOpen(async ({ at: port, cookie, url }) => {
        const statusOf = async (path: string, headers: Record<string, string>) =>
          (await call(port, path, { headers })).status;
        const api = "/api/status";
        expect({
          "no cookie": await statusOf(api, {}),
          "a cookie that was made up": await statusOf(api, { cookie: `${cookie}x` }),
          "the cookie": await statusOf(api, { cookie }),
          "an old key in the address": await statusOf(`${api}?token=old`, { cookie }),
          "another name for this machine": await statusOf("/", { cookie, host: "evil.example" }),
          "a page on another port": await statusOf(api, { cookie, origin: "http://127.0.0.1:1" }),
          "a picture on a page of another port": await statusOf(api, { cookie, "sec-fetch-site": "same-site" }),
          "the code a second time": (await letIn(url)).status,
        }).toEqual({
          "no cookie": 403,
          "a cookie that was made up": 403,
          "the cookie": 200,
          "an old key in the address": 200,
          "another name for this machine": 403,
          "a page on another port": 403,
          "a picture on a page of another port": 403,
          "the code a second time": 401,
        });
        await expect(compute(port, "", "any", "1")).rejects.toThrow(/403/);
      }));

    it("goes on when the server is restarted with a new key: no click, within 5 s", () =>
      withOpen(async ({ lab, at, port, cookie, key, restart }) => {
        const before = await key();
        await restart();
        expect(await key()).not.toBe(before);
        const began = performance.now();
        expect((await call(at, "/api/status", { headers: { cookie } })).status).toBe(200);
        expect(performance.now() - began).toBeLessThan(5_000);
        expect(await compute(at, cookie, await newKernel(at, cookie), "20+1")).toBe("21");
        await until(() => rowAt(lab.notebooks.list(), port).local?.state.light === "healthy");
      }));

    it("comes back when the connection is cut, and its kernel still knows what it knew", () =>
      withOpen(async ({ lab, at, port, cookie, cut }) => {
        await until(() => rowAt(lab.notebooks.list(), port).local?.state.light === "healthy");
        const kernelId = await newKernel(at, cookie);
        expect(await compute(at, cookie, kernelId, "x = 20\nx + 1")).toBe("21");
        await cut();
        const began = performance.now();
        await until(() => call(at, "/api/status", { headers: { cookie } }).then(({ status }) => status === 200), {
          timeoutMs: 10_000,
          everyMs: 100,
        });
        expect(performance.now() - began).toBeLessThan(5_000);
        expect(await compute(at, cookie, kernelId, "x + 2")).toBe("22");
      }));

    it("starts one, opens it, renews its key on closing, and ends it", () =>
      withRow(async ({ lab: { notebooks, registered }, another, missing }) => {
        const id = await notebooks.start({ hostId: "host-1", program: "server", folder: another });
        const find = () => notebooks.list().find((row) => row.id === id);
        try {
          expect(find()).toMatchObject({
            ...{ ours: true, running: true, login: "key", folder: another },
            activity: { kernels: 0 },
          });
          const first = registered.at(-1) ?? "";
          expect(tracesInProcesses(first)).toEqual([]);
          const answer = await notebooks.open(id);
          const { port, cookie } = await letIn(answer.shown === "link" ? answer.url : "");
          expect((await call(port, "/api/status", { headers: { cookie } })).status).toBe(200);
          await notebooks.close(id, true);
          expect(find()).toMatchObject({ running: true, local: null });
          expect(registered.at(-1)).not.toBe(first);
          const again = await notebooks.open(id);
          expect(new URL(again.shown === "link" ? again.url : "http://x").port).toBe(String(port));
          expect(await failureOf(notebooks.stop(id, "1"))).toMatchObject({ code: "BAD_INPUT" });
        } finally {
          await notebooks.stop(id, String(find()?.port));
        }
        expect(find()).toBeUndefined();
        if (missing !== null) {
          expect(await failureOf(notebooks.start({ hostId: "host-1", program: missing, folder: "" }))).toEqual({
            code: "JUPYTER_MISSING",
            details: { program: missing },
          });
        }
        expect(
          await failureOf(notebooks.start({ hostId: "host-1", program: "server", folder: "/no/such; touch x" })),
        ).toMatchObject({ code: "NOTEBOOK_NOT_STARTED" });
      }));
  });
}
