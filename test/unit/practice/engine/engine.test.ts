import { existsSync, readdirSync } from "node:fs";
import { createServer } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { openEngine, type TestEngine } from "../../../helpers/practiceEngine.ts";
import { until } from "../../../helpers/until.ts";

const open: TestEngine[] = [];
const engineOf = (...args: Parameters<typeof openEngine>) => {
  const engine = openEngine(...args);
  open.push(engine);
  return engine;
};
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

const talker = { Image: "busybox:1", Cmd: ["talk"] };
const server = { Image: "gatehouse/inference-server:1" };
async function create(on: TestEngine, name: string, body: object): Promise<string> {
  const made = await on.call("POST", `/containers/create?name=${name}`, body);
  expect(made, made.text).toMatchObject({ status: 201 });
  return (made.json as { Id: string }).Id;
}
async function start(on: TestEngine, name: string, body: object): Promise<string> {
  const id = await create(on, name, body);
  const started = await on.call("POST", `/containers/${id}/start`);
  expect(started, started.text).toMatchObject({ status: 204 });
  return id;
}
const inspect = async (on: TestEngine, id: string) =>
  (await on.call("GET", `/containers/${id}/json`)).json as Record<string, never> & { State: Record<string, unknown> };

describe("the API's outer shape", () => {
  test("ping with and without a version, and what it tells in its head", async () => {
    const on = engineOf("vega");
    const ping = await on.call("GET", "/_ping");
    expect(ping).toMatchObject({ status: 200, text: "OK" });
    expect(ping.headers).toMatchObject({ "api-version": "1.41", server: "Docker/20.10.24+dfsg1 (simulated)" });
    expect(await on.call("GET", "/v1.41/_ping")).toMatchObject({ status: 200, text: "OK" });
    expect(await on.call("HEAD", "/_ping")).toMatchObject({ status: 200, text: "" });
  });

  test.each<[name: string, method: string, path: string, status: number, message: string]>([
    ["too new", "GET", "/v1.99/info", 400, "client version 1.99 is too new. Maximum supported API version is 1.47"],
    ["another major", "GET", "/v2.0/info", 400, "client version 2.0 is too new. Maximum supported API version is 1.47"],
    ["no such path", "GET", "/wings", 404, "page not found"],
    ["no such container", "GET", "/containers/nope/json", 404, "No such container: nope"],
    ["no such image", "GET", "/images/nope/json", 404, "No such image: nope:latest"],
    ["no such image, tagged", "GET", "/images/a/b:2/json", 404, "No such image: a/b:2"],
    ["no such exec", "GET", "/exec/abc/json", 404, "No such exec instance: abc"],
    ["no such network", "DELETE", "/networks/nope", 404, "network nope not found"],
    [
      "a network of the engine's own",
      "DELETE",
      "/networks/bridge",
      403,
      "bridge is a pre-defined network and cannot be removed",
    ],
    ["no streams of a log", "GET", "/containers/x/logs", 400, "Bad parameters: you must choose at least one stream"],
    ["bad escape", "GET", "/containers/%zz/json", 400, "invalid URL escape"],
    ["bad filters", "GET", "/containers/json?filters=5", 400, "invalid filter"],
    [
      "swarm",
      "GET",
      "/swarm",
      503,
      'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.',
    ],
  ])("must be refused: %s", async (_name, method, path, status, message) => {
    const answer = await engineOf().call(method, path);
    expect({ status: answer.status, json: answer.json }).toEqual({ status, json: { message } });
  });

  test("must be refused: too old, in plain text as to such a client", async () => {
    const reason = "is too old. Minimum supported API version is 1.24, please upgrade your client to a newer version";
    expect(await engineOf().call("GET", "/v1.10/info")).toMatchObject({
      status: 400,
      text: `client version 1.10 ${reason}\n`,
    });
    expect(await engineOf("lyra").call("GET", "/v1.43/info")).toMatchObject({
      status: 400,
      json: {
        message: expect.stringContaining("client version 1.43 is too old. Minimum supported API version is 1.44"),
      },
    });
  });

  test("everything a person reads says that it is simulated", async () => {
    for (const id of ["orion", "vega", "lyra"] as const) {
      const on = engineOf(id);
      const { json: info } = await on.call("GET", "/info");
      const { json: version } = await on.call("GET", "/version");
      expect(info).toMatchObject({
        OperatingSystem: "Gatehouse practice (simulated)",
        Labels: ["simulated=true"],
        Name: id,
      });
      expect(version).toMatchObject({ Platform: { Name: "Gatehouse practice (simulated)" } });
    }
  });
});

describe("create", () => {
  const host = (HostConfig: object) => ({ ...talker, HostConfig });

  test.each<[name: string, body: unknown, status: number, message: string | RegExp]>([
    ["no body", undefined, 400, "invalid JSON: got EOF while reading request body"],
    ["nothing", {}, 400, "Config cannot be empty in order to create a container"],
    ["no image", { Cmd: ["x"] }, 404, "No such image: "],
    ["unknown image", { Image: "nope" }, 404, "No such image: nope:latest"],
    ["a wrong type", { ...talker, Env: "A=b" }, 400, /cannot unmarshal .*Env/],
    [
      "too many CPUs",
      host({ NanoCpus: 65e9 }),
      400,
      "Range of CPUs is from 0.01 to 64.00, as there are only 64 CPUs available",
    ],
    ["negative CPUs", host({ NanoCpus: -1 }), 400, /^Range of CPUs/],
    ["little memory", host({ Memory: 1_000 }), 400, "Minimum memory limit allowed is 6MB"],
    ["negative memory", host({ Memory: -5 }), 400, "Minimum memory limit allowed is 6MB"],
    ["swap below memory", host({ Memory: 9e6, MemorySwap: 8e6 }), 400, /^Minimum memoryswap limit/],
    ["unknown runtime", host({ Runtime: "wings" }), 400, "unknown or invalid runtime name: wings"],
    [
      "unknown policy",
      host({ RestartPolicy: { Name: "sometimes" } }),
      400,
      /^invalid restart policy: unknown policy 'sometimes'/,
    ],
    ["two policies", host({ AutoRemove: true, RestartPolicy: { Name: "always" } }), 400, /can't create 'AutoRemove'/],
    [
      "bind source missing",
      host({ Mounts: [{ Type: "bind", Source: "/nope", Target: "/x" }] }),
      400,
      'invalid mount config for type "bind": bind source path does not exist: /nope',
    ],
    [
      "bind source relative",
      host({ Mounts: [{ Type: "bind", Source: "x", Target: "/x" }] }),
      400,
      /mount path must be absolute/,
    ],
    [
      "log driver",
      host({ LogConfig: { Type: "wings" } }),
      400,
      'error looking up logging plugin wings: plugin "wings" not found',
    ],
  ])("%s", async (_name, body, status, message) => {
    const answer = await engineOf().call("POST", "/containers/create?name=made", body);
    expect(answer.status, answer.text).toBe(status);
    const said = (answer.json as { message?: string }).message ?? "";
    if (typeof message === "string") expect(said).toBe(message);
    else expect(said).toMatch(message);
  });

  test.each(["a", "-ab", "with blank", "ü-name"])("must be refused as a name: %s", async (name) => {
    const answer = await engineOf().call("POST", `/containers/create?name=${encodeURIComponent(name)}`, talker);
    expect(answer).toMatchObject({
      status: 400,
      json: { message: `Invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed` },
    });
  });

  test("a name is given once; the refusal names its holder", async () => {
    const on = engineOf();
    const id = await create(on, "twice", talker);
    const again = await on.call("POST", "/containers/create?name=twice", talker);
    expect(again).toMatchObject({
      status: 409,
      json: {
        message: `Conflict. The container name "/twice" is already in use by container "${id}". You have to remove (or rename) that container to be able to reuse that name.`,
      },
    });
  });

  test("inspect shows what was asked for, completed as the engine does", async () => {
    const on = engineOf();
    const id = await create(on, "shown", {
      ...server,
      User: "10001:10001",
      Env: ["A=1", "MODEL_DIR=/elsewhere"],
      Labels: { x: "y" },
      Wings: 2,
      HostConfig: { Memory: 64e6, CapDrop: ["ALL"], ReadonlyRootfs: true, MaskedPaths: [], Wings: 3, PidsLimit: 64 },
    });
    const shown = await inspect(on, id);
    expect(shown).toMatchObject({
      Id: id,
      Name: "/shown",
      Path: "/usr/local/bin/node",
      Args: ["/app/inference-server.mjs"],
      State: { Status: "created", Running: false, Pid: 0, ExitCode: 0, StartedAt: "0001-01-01T00:00:00Z" },
      Config: {
        User: "10001:10001",
        Env: [
          "A=1",
          "MODEL_DIR=/elsewhere",
          expect.stringMatching(/^PATH=/),
          "AUTH_TOKEN_FILE=/run/secrets/auth_token",
        ],
        Labels: { x: "y", simulated: "true" },
        ExposedPorts: { "8000/tcp": {} },
      },
      HostConfig: {
        Memory: 64e6,
        MemorySwap: 128e6,
        CapDrop: ["ALL"],
        CapAdd: null,
        MaskedPaths: [],
        ReadonlyPaths: expect.arrayContaining(["/proc/sys"]),
        NetworkMode: "bridge",
        CgroupnsMode: "private",
        LogConfig: { Type: "json-file", Config: {} },
        RestartPolicy: { Name: "no", MaximumRetryCount: 0 },
      },
    });
    expect(JSON.stringify(shown)).not.toContain("Wings");
  });

  test("an engine that cannot limit swap warns", async () => {
    const made = await engineOf("vega").call("POST", "/containers/create", { ...talker, HostConfig: { Memory: 64e6 } });
    expect(made).toMatchObject({
      status: 201,
      json: {
        Warnings: [
          "Your kernel does not support swap limit capabilities or the cgroup is not mounted. Memory limited without swap.",
        ],
      },
    });
  });

  test("disk-full", async () => {
    const on = engineOf();
    on.faults.add("disk-full");
    const answer = await on.call("POST", "/containers/create", talker);
    expect(answer).toMatchObject({ status: 500, json: { message: expect.stringMatching(/no space left on device$/) } });
  });
});

describe("a container's life", () => {
  test("start, start again, stop, stop again, remove", async () => {
    const on = engineOf();
    const id = await start(on, "life", talker);
    expect((await on.call("POST", `/containers/${id}/start`)).status).toBe(304);
    expect(await on.call("DELETE", `/containers/${id}`)).toMatchObject({
      status: 409,
      json: {
        message:
          'cannot remove container "life": container is running: stop the container before removing or force remove',
      },
    });
    expect((await on.call("POST", "/containers/life/stop")).status).toBe(204);
    expect((await on.call("POST", `/containers/${id.slice(0, 12)}/stop`)).status).toBe(304);
    expect((await inspect(on, id)).State).toMatchObject({ Status: "exited", ExitCode: 143, Running: false });
    expect(await on.call("POST", `/containers/${id}/kill`)).toMatchObject({ status: 409 });
    expect((await on.call("DELETE", `/containers/${id}`)).status).toBe(204);
    expect((await on.call("GET", `/containers/${id}/json`)).status).toBe(404);
  });

  test("the server's environment: paths of secrets led away, nothing that would change how it is run", async () => {
    const on = engineOf();
    await start(on, "env", {
      ...server,
      Env: [
        "AUTH_TOKEN_FILE=/run/secrets/key",
        "NODE_OPTIONS=--require=/evil.js",
        "LD_PRELOAD=/evil.so",
        "ELECTRON_RUN_AS_NODE=1",
        "PORT=9999",
        "FAULT=x",
        "PLAIN=1",
      ],
    });
    const [child] = on.children;
    const secrets = child?.env.SECRETS_DIR ?? "";
    expect(child?.env).toEqual({
      AUTH_TOKEN_FILE: `${secrets}/key`,
      GATEHOUSE_PRACTICE: "1",
      HOME: "/",
      HOST: "127.0.0.1",
      HOSTNAME: expect.stringMatching(/^[0-9a-f]{12}$/),
      MODEL_DIR: "/bundle/models",
      PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      PLAIN: "1",
      PORT: expect.stringMatching(/^\d+$/),
      SECRETS_DIR: expect.stringContaining(on.dir),
    });
    expect(child?.module).toBe("/bundle/inference-server.mjs");
  });

  test.each([
    ["server-500", "load-500"],
    ["server-422-echo", "load-422-echo"],
    ["server-hangs", "never-ready"],
    ["dies-at-start", "die-at-start"],
  ] as const)("%s reaches the server that starts then", async (fault, setting) => {
    const on = engineOf();
    on.faults.add(fault);
    await start(on, "faulty", server);
    on.faults.delete(fault);
    await start(on, "well", server);
    expect(on.children.map(({ env }) => env.FAULT)).toEqual([setting, undefined]);
  });

  test("what the server prints is its log, and its end is the container's", async () => {
    const on = engineOf();
    const id = await start(on, "logged", server);
    on.children[0]?.say("one\ntw");
    on.children[0]?.exit(7);
    await until(async () => (await inspect(on, id)).State.ExitCode === 7);
    const log = await on.call("GET", `/containers/${id}/logs?stdout=1&stderr=1`);
    expect(log.text).toBe("\u0001\0\0\0\0\0\0\u0004one\n\u0001\0\0\0\0\0\0\u0002tw");
    expect(log.headers["content-type"]).toBe("application/vnd.docker.multiplexed-stream");
  });

  test("on-failure starts again, so many times and no more", async () => {
    const on = engineOf();
    const RestartPolicy = { Name: "on-failure", MaximumRetryCount: 2 };
    const id = await start(on, "stubborn", { ...server, HostConfig: { RestartPolicy } });
    for (const round of [1, 2, 3]) {
      await until(() => on.children.length === round);
      on.children[round - 1]?.exit(1);
      await until(async () => (await inspect(on, id)).State.Status !== "running");
      await on.clock.advance(60_000);
    }
    expect(on.children).toHaveLength(3);
    expect(await inspect(on, id)).toMatchObject({ RestartCount: 2, State: { Status: "exited", ExitCode: 1 } });
  });

  test("always, but not after someone stopped it", async () => {
    const on = engineOf();
    const id = await start(on, "always", { ...server, HostConfig: { RestartPolicy: { Name: "always" } } });
    expect((await on.call("POST", `/containers/${id}/stop`)).status).toBe(204);
    await on.clock.advance(60_000);
    expect(on.children).toHaveLength(1);
  });

  test("secrets are gone after a restart, and their folder with the container", async () => {
    const on = engineOf();
    const id = await start(on, "secret", { ...server, HostConfig: { Tmpfs: { "/run": "" } } });
    const dir = on.children[0]?.env.SECRETS_DIR ?? "";
    const exec = (
      await on.call("POST", `/containers/${id}/exec`, {
        Cmd: ["sh", "-c", "umask 077; echo v > /run/secrets/k"],
        AttachStdout: true,
        User: "0",
      })
    ).json as { Id: string };
    expect((await on.call("POST", `/exec/${exec.Id}/start`, {})).text).toBe("");
    expect(readdirSync(dir)).toEqual(["k"]);
    expect((await on.call("POST", `/containers/${id}/restart`)).status).toBe(204);
    expect(readdirSync(dir)).toEqual([]);
    await on.call("DELETE", `/containers/${id}?force=1`);
    expect(existsSync(dir)).toBe(false);
  });

  test("an unknown user, and an unknown network, only fail at start", async () => {
    const on = engineOf();
    const user = await create(on, "user", { ...talker, User: "wings" });
    expect(await on.call("POST", `/containers/${user}/start`)).toMatchObject({
      status: 500,
      json: { message: "unable to find user wings: no matching entries in passwd file" },
    });
    const network = await create(on, "network", { ...talker, HostConfig: { NetworkMode: "wings" } });
    expect(await on.call("POST", `/containers/${network}/start`)).toMatchObject({
      status: 404,
      json: { message: "network wings not found" },
    });
  });
});

describe("addresses", () => {
  test("an internal network: an address of its own, no ports, reached at its own port only", async () => {
    const on = engineOf();
    const made = (await on.call("POST", "/networks/create", { Name: "sealed", Internal: true })).json as { Id: string };
    const HostConfig = {
      NetworkMode: "sealed",
      PortBindings: { "8000/tcp": [{ HostIp: "127.0.0.1", HostPort: "0" }] },
    };
    const id = await start(on, "inner", { ...server, HostConfig });
    const shown = (await inspect(on, id)) as unknown as {
      NetworkSettings: { Ports: object; Networks: Record<string, { IPAddress: string; NetworkID: string }> };
    };
    expect(shown.NetworkSettings.Ports).toEqual({});
    expect(shown.NetworkSettings.Networks.sealed).toMatchObject({ IPAddress: "172.30.1.2", NetworkID: made.Id });
    expect(on.engine.resolve("172.30.1.2", 8000)).toBe(Number(on.children[0]?.env.PORT));
    expect(on.engine.resolve("172.30.1.2", 8001)).toBeNull();
    expect(on.engine.resolve("172.30.1.3", 8000)).toBeNull();
    expect(on.engine.resolve("127.0.0.1", 8000)).toBeNull();
    expect(await on.call("DELETE", "/networks/sealed")).toMatchObject({
      status: 403,
      json: { message: expect.stringContaining("active endpoints") },
    });
    await on.call("POST", `/containers/${id}/stop`);
    expect(on.engine.resolve("172.30.1.2", 8000)).toBeNull();
    expect((await on.call("DELETE", "/networks/sealed")).status).toBe(204);
  });

  test("0.0.0.0 is shown but never listened on; a taken port is refused", async () => {
    const on = engineOf();
    const published = (HostIp: string, HostPort: string) => ({
      ...server,
      HostConfig: { PortBindings: { "8000/tcp": [{ HostIp, HostPort }] } },
    });
    await start(on, "open", published("0.0.0.0", "8081"));
    expect(on.engine.resolve("127.0.0.1", 8081)).toBe(Number(on.children[0]?.env.PORT));
    await expect(fetch("http://127.0.0.1:8081/", { signal: AbortSignal.timeout(2_000) })).rejects.toThrow();
    const second = await create(on, "second", published("127.0.0.1", "8081"));
    expect(await on.call("POST", `/containers/${second}/start`)).toMatchObject({
      status: 500,
      json: {
        message: `driver failed programming external connectivity on endpoint second (${second}): Bind for 127.0.0.1:8081 failed: port is already allocated`,
      },
    });
    expect((await inspect(on, second)).State).toMatchObject({
      Status: "created",
      ExitCode: 128,
      Error: expect.stringContaining("already allocated"),
    });
  });

  test("a port that another program of this machine has", async () => {
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(0, "127.0.0.1", resolve));
    const { port } = holder.address() as { port: number };
    const on = engineOf();
    const id = await create(on, "taken", {
      ...server,
      HostConfig: { PortBindings: { "8000/tcp": [{ HostIp: "127.0.0.1", HostPort: String(port) }] } },
    });
    expect(await on.call("POST", `/containers/${id}/start`)).toMatchObject({
      status: 500,
      json: { message: expect.stringContaining("port is already allocated") },
    });
    await new Promise((resolve) => holder.close(resolve));
  });
});

describe("GPUs", () => {
  const asking = (request: object) => ({
    ...server,
    HostConfig: { DeviceRequests: [{ Driver: "nvidia", Capabilities: [["gpu"]], ...request }] },
  });
  const uuid = "GPU-6f0c1a52-8f0e-4b0b-9a51-2f1d7c3e0a11";

  test("held by UUID, by number, all", async () => {
    const on = engineOf();
    await start(on, "by-uuid", asking({ DeviceIDs: [uuid] }));
    expect(on.engine.gpuHolders()).toEqual([{ uuid, pid: 900_000_001, processName: "/usr/local/bin/node" }]);
    await start(on, "by-number", asking({ DeviceIDs: ["0"] }));
    await start(on, "all", asking({ Count: -1 }));
    expect(on.engine.gpuHolders()).toHaveLength(4);
    await on.call("POST", "/containers/all/stop");
    expect(on.engine.gpuHolders()).toHaveLength(2);
  });

  test.each<[name: string, host: "orion" | "vega", request: object, message: string | RegExp]>([
    ["no toolkit", "vega", { Count: -1 }, 'could not select device driver "nvidia" with capabilities: [[gpu]]'],
    [
      "no toolkit, the CLI's way",
      "vega",
      { Driver: "", Count: -1 },
      'could not select device driver "" with capabilities: [[gpu]]',
    ],
    [
      "unknown GPU",
      "orion",
      { DeviceIDs: ["GPU-nope"] },
      /nvidia-container-cli: device error: GPU-nope: unknown device: unknown$/,
    ],
    [
      "by count and by id",
      "orion",
      { Count: 1, DeviceIDs: ["0"] },
      "cannot set both Count and DeviceIDs on device request",
    ],
    ["more than there are", "orion", { Count: 3 }, /unknown device/],
  ])("must be refused at start: %s", async (_name, host, request, message) => {
    const on = engineOf(host);
    const id = await create(on, "gpu", asking(request));
    const answer = await on.call("POST", `/containers/${id}/start`);
    expect(answer.status).toBe(500);
    const said = (answer.json as { message: string }).message;
    if (typeof message === "string") expect(said).toBe(message);
    else expect(said).toMatch(message);
    expect(on.children).toEqual([]);
  });

  test("a lost GPU can't be given", async () => {
    const on = engineOf();
    on.faults.add("gpu-lost");
    const id = await create(on, "lost", asking({ DeviceIDs: [uuid] }));
    expect(await on.call("POST", `/containers/${id}/start`)).toMatchObject({
      status: 500,
      json: { message: expect.stringContaining("gpu is lost") },
    });
  });
});

describe("streams", () => {
  test("events: since, filters, and the fields that newer engines dropped", async () => {
    const on = engineOf("lyra");
    await start(on, "seen", { ...talker, Labels: { watch: "me" } });
    await start(on, "unseen", talker);
    const seconds = Math.floor(on.clock.now() / 1000);
    const filters = encodeURIComponent(JSON.stringify({ type: ["container"], label: ["watch=me"] }));
    const path = `/events?since=${seconds - 10}&until=${seconds}&filters=${filters}`;
    const rows = (text: string) =>
      text
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    await on.clock.advance(1_000);
    const later = path.replace(`until=${seconds}`, `until=${seconds + 1}`);
    const current = rows((await on.call("GET", later)).text);
    expect(current.map(({ Action }) => Action)).toEqual(["create", "start"]);
    expect(current[0]).not.toHaveProperty("status");
    const older = rows((await on.call("GET", `/v1.44${later}`)).text);
    expect(older[0]).toMatchObject({
      status: "create",
      from: "busybox:1",
      id: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  test("exec over an upgraded connection: input, both outputs, its status", async () => {
    const on = engineOf();
    const id = await start(on, "execed", talker);
    const body = {
      Cmd: ["sh", "-c", "cat; echo problem >&2; exit 5"],
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
    };
    const { Id } = (await on.call("POST", `/containers/${id}/exec`, body)).json as { Id: string };
    const stream = on.connect();
    const json = JSON.stringify({ Detach: false, Tty: false });
    stream.write(
      `POST /exec/${Id}/start HTTP/1.1\r\nHost: e\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Type: application/json\r\nContent-Length: ${json.length}\r\n\r\n${json}in`,
    );
    stream.end("put");
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    const [head = "", rest = ""] = Buffer.concat(chunks).toString("latin1").split("\r\n\r\n");
    expect(head).toMatch(/^HTTP\/1\.1 101 UPGRADED\r\n/);
    expect(head).toContain("Upgrade: tcp");
    // How the input was cut decides the frames of standard output, never their sum.
    expect(rest.replaceAll("\u0001\0\0\0\0\0\0\u0002", "").replace("\u0001\0\0\0\0\0\0\u0003", "")).toBe(
      "input\u0002\0\0\0\0\0\0\u0008problem\n",
    );
    expect((await on.call("GET", `/exec/${Id}/json`)).json).toMatchObject({
      Running: false,
      ExitCode: 5,
      ContainerID: id,
    });
    expect(await on.call("POST", `/exec/${Id}/start`, {})).toMatchObject({ status: 409 });
  });

  test("an upgrade whose body comes in chunks, cut at any place, and one that is too large", async () => {
    const on = engineOf();
    const id = await start(on, "chunked", talker);
    const body = JSON.stringify({ Detach: false });
    const head = "Host: e\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nTransfer-Encoding: chunked\r\n\r\n";
    const chunked = `5\r\n${body.slice(0, 5)}\r\n${(body.length - 5).toString(16)}\r\n${body.slice(5)}\r\n0\r\n\r\n`;
    for (const cut of [1, 4, 9, 12, chunked.length - 1]) {
      const exec = { Cmd: ["cat"], AttachStdin: true, AttachStdout: true };
      const { Id } = (await on.call("POST", `/containers/${id}/exec`, exec)).json as { Id: string };
      const stream = on.connect();
      stream.write(`POST /exec/${Id}/start HTTP/1.1\r\n${head}${chunked.slice(0, cut)}`);
      await new Promise((resolve) => setImmediate(resolve));
      stream.end(`${chunked.slice(cut)}in`);
      const chunks: Buffer[] = [];
      for await (const chunk of stream) chunks.push(chunk as Buffer);
      expect(Buffer.concat(chunks).toString("latin1").split("\r\n\r\n")[1]).toBe("\u0001\0\0\0\0\0\0\u0002in");
    }
    const large = await on.call("POST", "/containers/create", { ...talker, Labels: { x: "y".repeat(2_200_000) } });
    expect(large).toMatchObject({ status: 400, json: { message: "http: request body too large" } });
  });

  test("a pull: progress, then done; unknown ones are refused; a full disk shows in the stream", async () => {
    const on = engineOf();
    const pull = async (query: string) => {
      const answer = on.call("POST", `/images/create?${query}`);
      await on.clock.advance(5_000);
      return answer;
    };
    const rows = (text: string) =>
      text
        .trim()
        .split("\r\n")
        .map((line) => JSON.parse(line) as { status?: string; error?: string });
    on.faults.add("disk-full");
    const full = rows((await pull("fromImage=busybox&tag=1.36")).text);
    expect(full.at(-1)?.error).toMatch(/no space left on device$/);
    expect((await on.call("GET", "/images/busybox:1.36/json")).status).toBe(404);
    on.faults.clear();
    const done = rows((await pull("fromImage=docker.io%2Flibrary%2Fbusybox&tag=1.36")).text);
    expect(done[0]?.status).toBe("Pulling from library/busybox");
    expect(done.at(-1)?.status).toBe("Status: Downloaded newer image for busybox:1.36");
    expect((await on.call("GET", "/images/busybox:1.36/json")).status).toBe(200);
    expect(rows((await pull("fromImage=busybox&tag=1.36")).text).at(-1)?.status).toBe(
      "Status: Image is up to date for busybox:1.36",
    );
    expect(await pull("fromImage=nobody/nothing&tag=1")).toMatchObject({
      status: 404,
      json: { message: expect.stringContaining("pull access denied for nobody/nothing") },
    });
    expect(await pull("fromImage=busybox&tag=77")).toMatchObject({
      status: 404,
      json: { message: "manifest for busybox:77 not found: manifest unknown: manifest unknown" },
    });
  });

  test("stats of one shot: no earlier sample, and counters that grow", async () => {
    const on = engineOf();
    const id = await start(on, "counted", { ...talker, HostConfig: { Memory: 64 * 1024 * 1024 } });
    type Stats = {
      cpu_stats: { cpu_usage: { total_usage: number }; system_cpu_usage: number; online_cpus: number };
      precpu_stats: { cpu_usage: { total_usage: number } };
      memory_stats: { usage: number; limit: number };
    };
    const once = async () => (await on.call("GET", `/containers/${id}/stats?stream=false&one-shot=true`)).json as Stats;
    const first = await once();
    await on.clock.advance(1_000);
    const second = await once();
    const used = second.cpu_stats.cpu_usage.total_usage - first.cpu_stats.cpu_usage.total_usage;
    const all = second.cpu_stats.system_cpu_usage - first.cpu_stats.system_cpu_usage;
    expect(first.precpu_stats.cpu_usage.total_usage).toBe(0);
    expect((used / all) * 64).toBeGreaterThan(0);
    expect(all).toBe(64e9);
    expect(second.memory_stats.usage).toBeLessThan(second.memory_stats.limit);
  });
});

test("what is there from the start", async () => {
  const on = engineOf("vega");
  const { hostSpecs } = await import("../../../../electron/practice/hostSpecs.ts");
  await on.engine.populate(hostSpecs.find(({ id }) => id === "vega")?.residents ?? []);
  const rows = (await on.call("GET", "/containers/json?all=1")).json as {
    Names: string[];
    State: string;
    Status: string;
  }[];
  expect(rows).toMatchObject([{ Names: ["/batch-classify"], State: "exited", Status: "Exited (137) 31 hours ago" }]);
  expect((await on.call("GET", "/containers/json")).json).toEqual([]);
});
