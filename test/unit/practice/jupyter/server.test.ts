import { afterEach, beforeEach, describe, expect, test } from "vitest";
import WebSocket from "ws";
import { systemClock, systemRandom } from "../../../../electron/core/node.ts";
import { openServer, type PracticeServer } from "../../../../electron/practice/jupyter/server.ts";
import { call } from "../../../helpers/notebookLab.ts";

const token = "a-token-of-the-test";
const authorization = `token ${token}`;

describe("the simulated Jupyter server", () => {
  let server: PracticeServer;
  let ended = 0;
  beforeEach(async () => {
    ended = 0;
    server = await openServer({
      ...{ clock: systemClock(), random: systemRandom(), token, basePath: "/team/", port: 8888, anyName: false },
      nextPid: () => 7,
      onShutdown: () => {
        ended += 1;
      },
    });
  });
  afterEach(() => server.close());
  const statusOf = async (path: string, options: Parameters<typeof call>[2] = {}) =>
    (await call(server.realPort, path, options)).status;
  const post = (headers: Record<string, string>) => ({ method: "POST", headers });

  test("asks for its token as the real one does", async () => {
    const api = "/team/api/status";
    expect({
      "its version, to everybody": await statusOf("/team/api"),
      "a header": await statusOf(api, { headers: { authorization } }),
      "a header of the other kind": await statusOf(api, { headers: { authorization: `Bearer ${token}` } }),
      "an address": await statusOf(`${api}?token=${token}`),
      nothing: await statusOf(api),
      "another token": await statusOf(api, { headers: { authorization: "token x" } }),
      "a page without it": await statusOf("/team/lab"),
      "another name for this machine": await statusOf(api, { headers: { authorization, host: "evil.example" } }),
      "outside of its path": await statusOf("/api/status", { headers: { authorization } }),
      "a path that is none": await statusOf("/team/api/contents/%", { headers: { authorization } }),
    }).toEqual({
      "its version, to everybody": 200,
      "a header": 200,
      "a header of the other kind": 200,
      "an address": 200,
      nothing: 403,
      "another token": 403,
      "a page without it": 302,
      "another name for this machine": 403,
      "outside of its path": 404,
      "a path that is none": 400,
    });
  });

  test("a login gives a cookie, which reads and changes nothing", async () => {
    const login = (password: string) =>
      call(server.realPort, "/team/login", { method: "POST", body: new URLSearchParams({ password }).toString() });
    expect((await login("wrong")).status).toBe(401);
    const [line = ""] = (await login(token)).headers["set-cookie"] ?? [];
    const [cookie = ""] = line.split(";");
    expect(await statusOf("/team/api/status", { headers: { cookie } })).toBe(200);
    expect(await statusOf("/team/api/kernels", post({ cookie }))).toBe(403);
    expect(await statusOf("/team/api/kernels", post({ authorization }))).toBe(201);
    expect(server.kernels()).toHaveLength(1);
  });

  test("a notebook keeps its kernel, and a socket to another is refused", async () => {
    const session = async () =>
      JSON.parse(
        (
          await call(server.realPort, "/team/api/sessions", {
            ...post({ authorization }),
            body: JSON.stringify({ path: "a.ipynb" }),
          })
        ).body,
      ).kernel.id;
    const id = await session();
    expect(await session()).toBe(id);
    const refusedWith = (path: string, headers: Record<string, string>) =>
      new Promise<number>((resolve, reject) => {
        const socket = new WebSocket(`ws://127.0.0.1:${server.realPort}${path}`, { headers });
        socket.on("error", () => {});
        socket.once("open", () => {
          socket.terminate();
          resolve(101);
        });
        socket.once("unexpected-response", (_, response) => resolve(response.statusCode ?? 0));
        socket.once("close", () => reject(new Error("closed")));
      });
    const channels = `/team/api/kernels/${id}/channels`;
    expect(await refusedWith(channels, { authorization })).toBe(101);
    expect(await refusedWith(channels, {})).toBe(403);
    expect(await refusedWith(`/team/api/kernels/none/channels`, { authorization })).toBe(404);
    expect(await statusOf(`/team/api/kernels/${id}`, { method: "DELETE", headers: { authorization } })).toBe(204);
    expect(server.kernels()).toEqual([]);
  });

  test("ends when it is asked to, by those who may", async () => {
    expect(await statusOf("/team/api/shutdown", post({}))).toBe(403);
    expect(ended).toBe(0);
    expect(await statusOf("/team/api/shutdown", post({ authorization }))).toBe(200);
    expect(ended).toBe(1);
  });

  test("every page says that it is simulated", async () => {
    const { body } = await call(server.realPort, "/team/lab", { headers: { authorization } });
    expect(body).toContain('<span class="chip" id="simulated">simulated</span>');
    expect((await call(server.realPort, "/team/login")).body).toContain("simulated");
  });
});
