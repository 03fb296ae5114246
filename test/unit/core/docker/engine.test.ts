import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { statsSample } from "../../../../electron/core/docker/answers/index.ts";
import { createEngine, type Engine } from "../../../../electron/core/docker/index.ts";
import { splitReference } from "../../../../electron/core/docker/pull.ts";
import { negotiate } from "../../../../electron/core/docker/session.ts";
import { candidates, diagnose, noEngine, type SocketProblem } from "../../../../electron/core/docker/socket.ts";
import { statsOf } from "../../../../electron/core/docker/streams.ts";
import { Failure, isFailure } from "../../../../electron/core/failure.ts";
import { systemClock } from "../../../../electron/core/node.ts";
import { createLocalLink, type ExecResult, type HostLink } from "../../../../electron/core/ssh/index.ts";

const failure = async (promise: Promise<unknown>) => {
  const error = await promise.then(
    () => new Error("did not fail"),
    (reason: unknown) => reason,
  );
  if (!isFailure(error)) throw error;
  return { code: error.code, details: error.details };
};

describe("the version that is spoken", () => {
  it.each<[string, string, string | undefined, string]>([
    ["ours, to a newer engine", "1.52", "1.40", "1.44"],
    ["theirs, to an older one", "1.41", "1.12", "1.41"],
    ["the floor", "1.40", "1.12", "1.40"],
    ["their lowest, when that is above ours", "1.60", "1.48", "1.48"],
    ["two digits are not a decimal fraction", "1.100", "1.24", "1.44"],
    ["without a lowest", "1.43", undefined, "1.43"],
  ])("%s", (_name, theirs, lowest, spoken) => {
    expect(negotiate(theirs, lowest)).toBe(spoken);
  });

  it.each(["1.39", "1.9", "0.50", "", "nonsense"])("refuses %s", (theirs) => {
    expect(() => negotiate(theirs, undefined)).toThrow(
      expect.toSatisfy((error: unknown) => isFailure(error, "ENGINE_TOO_OLD")),
    );
  });
});

describe("a reference of an image", () => {
  it.each<[string, string, string]>([
    ["vllm/vllm-openai", "vllm/vllm-openai", "latest"],
    ["vllm/vllm-openai:v1", "vllm/vllm-openai", "v1"],
    ["registry:5000/a/b", "registry:5000/a/b", "latest"],
    ["registry:5000/a/b:c", "registry:5000/a/b", "c"],
    [`a@sha256:${"0".repeat(64)}`, "a", `sha256:${"0".repeat(64)}`],
    [`a:b@sha256:${"0".repeat(64)}`, "a:b", `sha256:${"0".repeat(64)}`],
  ])("%s", (reference, name, tag) => {
    expect(splitReference(reference)).toEqual({ name, tag });
  });
});

describe("figures", () => {
  const sample = (total: number, system: number, stats: object = {}, usage = 1000) =>
    statsSample.parse({
      read: "2026-11-22T10:00:00Z",
      cpu_stats: { cpu_usage: { total_usage: total }, system_cpu_usage: system, online_cpus: 4 },
      memory_stats: { usage, limit: 5000, stats },
      pids_stats: { current: 7 },
    });

  it.each<[string, Parameters<typeof statsOf>[0], Parameters<typeof statsOf>[1], object]>([
    ["the first sample", null, sample(100, 1000), { cpuPercent: null, memoryBytes: 1000, pids: 7 }],
    ["one CPU and a half", sample(0, 0), sample(375, 1000), { cpuPercent: 150 }],
    ["no time has passed", sample(5, 1000), sample(5, 1000), { cpuPercent: null }],
    ["a counter that went back", sample(500, 1000), sample(5, 2000), { cpuPercent: null }],
    ["cgroup v2 cache", null, sample(1, 1, { inactive_file: 300 }), { memoryBytes: 700 }],
    ["cgroup v1 cache", null, sample(1, 1, { total_inactive_file: 400, inactive_file: 300 }), { memoryBytes: 600 }],
    ["more cache than use", null, sample(1, 1, { inactive_file: 3000 }), { memoryBytes: 0 }],
  ])("%s", (_name, before, now, expected) => {
    expect(statsOf(before, now, 1)).toMatchObject({ memoryLimitBytes: 5000, ...expected });
  });
});

/** A link on which only the answers of programs matter. */
function hostThatSays(answers: Record<string, Partial<ExecResult>>, kind: "ssh" | "local" = "ssh"): HostLink {
  const result = (argv: readonly string[]): ExecResult => ({
    code: 1,
    stdout: Buffer.alloc(0),
    stderr: Buffer.alloc(0),
    truncated: false,
    ...answers[argv.slice(0, 2).join(" ")],
  });
  const link = createLocalLink({ hostId: "h", env: {}, clock: systemClock() });
  return { ...link, kind, exec: async (argv) => result(argv) };
}
const says = (text: string) => ({ code: 0, stdout: Buffer.from(text) });

describe("where the engine is looked for", () => {
  it.each<[string, Record<string, Partial<ExecResult>>, string[]]>([
    [
      "a login shell that knows everything, behind a noisy profile",
      { "sh -lc": says("Welcome!\n@@1000\n@@/run/user/1000\n@@unix:///srv/docker.sock\n") },
      [
        "/srv/docker.sock",
        "/run/user/1000/docker.sock",
        "/var/run/docker.sock",
        "/run/podman/podman.sock",
        "/run/user/1000/podman/podman.sock",
      ],
    ],
    [
      "a DOCKER_HOST over TCP, which is never used",
      { "sh -lc": says("@@1000\n@@\n@@tcp://10.0.0.1:2375\n") },
      [
        "/run/user/1000/docker.sock",
        "/var/run/docker.sock",
        "/run/podman/podman.sock",
        "/run/user/1000/podman/podman.sock",
      ],
    ],
    [
      "a login shell that fails",
      { "id -u": says("0\n") },
      ["/run/user/0/docker.sock", "/var/run/docker.sock", "/run/podman/podman.sock", "/run/user/0/podman/podman.sock"],
    ],
    ["a host that answers nothing", {}, ["/var/run/docker.sock", "/run/podman/podman.sock"]],
  ])("%s", async (_name, answers, paths) => {
    expect(await candidates(hostThatSays(answers), {})).toEqual(paths);
  });
});

describe("why a socket can't be opened", () => {
  const refused = new Failure("CHANNEL_FAILED", { reason: "open failed" });
  const there = { "test -S": says(""), "stat -c": says("root docker 660\n") };
  const unix = "Num RefCount\n00000000: 00000002 00000000 00010000 0001 01 1234 /s.sock\n";

  it.each<[string, Record<string, Partial<ExecResult>>, SocketProblem]>([
    ["missing", {}, { kind: "missing" }],
    ["not permitted", there, { kind: "denied", owner: "root", group: "docker", mode: "660" }],
    ["permitted, and nobody listens", { ...there, "test -w": says("") }, { kind: "dead" }],
    [
      "permitted, and somebody listens",
      { ...there, "test -w": says(""), "cat /proc/net/unix": says(unix) },
      { kind: "forbidden" },
    ],
  ])("%s", async (_name, answers, expected) => {
    expect(await diagnose(hostThatSays(answers), "/s.sock", refused, {})).toEqual(expected);
  });

  it.each<[string, [string, SocketProblem][], string, object]>([
    [
      "none anywhere",
      [
        ["/a", { kind: "missing" }],
        ["/b", { kind: "missing" }],
      ],
      "ENGINE_SOCKET_MISSING",
      { tried: "/a, /b" },
    ],
    [
      "one that may not be opened",
      [
        ["/a", { kind: "missing" }],
        ["/b", { kind: "denied", owner: "root", group: "docker", mode: "660" }],
      ],
      "ENGINE_SOCKET_DENIED",
      { socket: "/b", owner: "root", group: "docker", mode: "660", fix: "sudo usermod -aG docker ann" },
    ],
    [
      "a socket of root's own group: joining that would be worse than the problem",
      [["/b", { kind: "denied", owner: "root", group: "root", mode: "600" }]],
      "ENGINE_SOCKET_DENIED",
      { socket: "/b", owner: "root", group: "root", mode: "600", fix: "run rootless Docker as ann" },
    ],
    [
      "sshd forbids it",
      [["/a", { kind: "forbidden" }]],
      "FORWARDING_REFUSED",
      { kind: "unix", to: "/a", reason: "AllowStreamLocalForwarding" },
    ],
    [
      "nobody listens",
      [["/a", { kind: "dead" }]],
      "ENGINE_UNAVAILABLE",
      { socket: "/a", reason: "nobody listens on the socket" },
    ],
    [
      "something else",
      [["/a", { kind: "foreign", said: "x" }]],
      "ENGINE_ERROR",
      { status: 0, message: "/a is not a container engine: x" },
    ],
  ])("%s", (_name, found, code, details) => {
    const result = noEngine("ann", new Map(found));
    expect({ code: result.code, details: result.details }).toEqual({ code, details });
  });
});

describe("an engine that answers oddly", () => {
  let dir: string;
  let socket: string;
  let server: Server;
  let engine: Engine;
  let link: HostLink;
  let answers: Map<string, (request: IncomingMessage, response: ServerResponse) => void>;
  const json =
    (value: unknown, status = 200) =>
    (_: IncomingMessage, response: ServerResponse) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(value));
    };

  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), "gatehouse-engine-"));
    socket = join(dir, "engine.sock");
  });
  beforeEach(async () => {
    answers = new Map([["/version", json({ Version: "20.10.24", ApiVersion: "1.41", MinAPIVersion: "1.12" })]]);
    // An unknown request is a failure of the test, not an empty answer.
    server = createServer((request, response) => {
      const path = (request.url ?? "").split("?")[0] ?? "";
      const answer = answers.get(path);
      if (answer) answer(request, response);
      else json({ message: `unexpected ${request.method} ${path}` }, 599)(request, response);
    });
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    link = createLocalLink({ hostId: "h", env: { PATH: process.env.PATH }, clock: systemClock() });
    engine = createEngine({ link, clock: systemClock(), socketPath: socket });
  });
  afterEach(async () => {
    engine.dispose();
    await link.dispose();
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it("speaks the agreed version in every path", async () => {
    answers.set("/v1.41/containers/json", (request, response) => {
      expect(request.url).toBe("/v1.41/containers/json?all=true");
      json([])(request, response);
    });
    expect(await engine.containers()).toEqual([]);
  });

  it("takes nothing from the variables that steer other Docker clients", async () => {
    answers.set("/v1.41/containers/json", (request, response) => setTimeout(() => json([])(request, response), 60));
    vi.stubEnv("DOCKER_HOST", "ssh://elsewhere");
    vi.stubEnv("DOCKER_CLIENT_TIMEOUT", "20");
    try {
      expect(await engine.containers()).toEqual([]);
      // Only certificates that are missing still stand in the way, and that is said.
      vi.stubEnv("DOCKER_HOST", "tcp://elsewhere:2376");
      vi.stubEnv("DOCKER_CERT_PATH", join(dir, "missing"));
      const other = createEngine({ link, clock: systemClock(), socketPath: socket });
      expect((await failure(other.info())).code).toBe("ENGINE_UNAVAILABLE");
      other.dispose();
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it("does not connect a host that was told to stay offline", async () => {
    await link.disconnect();
    expect((await failure(engine.info())).code).toBe("HOST_OFFLINE");
    expect(link.state().phase).toBe("offline");
  });

  it("refuses an engine that is too old", async () => {
    answers.set("/version", json({ Version: "18.09", ApiVersion: "1.39", MinAPIVersion: "1.12" }));
    expect(await failure(engine.info())).toEqual({ code: "ENGINE_TOO_OLD", details: { theirs: "1.39", need: "1.40" } });
  });

  it.each<[string, unknown, object]>([
    [
      "Docker",
      { Version: "27", ApiVersion: "1.47", Components: [{ Name: "Engine" }] },
      { kind: "docker", apiVersion: "1.44" },
    ],
    [
      "Podman",
      { Version: "4.3.1", ApiVersion: "1.41", Components: [{ Name: "Podman Engine" }] },
      { kind: "podman", apiVersion: "1.41" },
    ],
  ])("recognises %s", async (_name, version, expected) => {
    answers.set("/version", json(version));
    for (const path of ["/v1.44/info", "/v1.41/info"]) answers.set(path, json({ Runtimes: null, NCPU: 4 }));
    expect(await engine.info()).toMatchObject({ ...expected, cpus: 4, runtimes: [], gpuToolkit: false });
  });

  it.each<[string, object, boolean]>([
    ["a runtime named nvidia", { Runtimes: { runc: {}, nvidia: {} } }, true],
    ["a CDI device of NVIDIA", { DiscoveredDevices: [{ Source: "cdi", ID: "nvidia.com/gpu=all" }] }, true],
    ["a CDI device of somebody else", { DiscoveredDevices: [{ Source: "cdi", ID: "amd.com/gpu=0" }] }, false],
    ["neither", { Runtimes: { runc: {} } }, false],
  ])("knows whether it can hand out GPUs: %s", async (_name, info, expected) => {
    answers.set("/v1.41/info", json(info));
    expect((await engine.info()).gpuToolkit).toBe(expected);
  });

  it("says so when something else listens on the socket", async () => {
    answers.set("/version", (_request, response) => response.end("<html>hello</html>"));
    const { code, details } = await failure(engine.info());
    expect(code).toBe("ENGINE_ERROR");
    expect(details.message).toContain(`${socket} is not a container engine`);
  });

  it("refuses an answer of another shape, and one without end", async () => {
    answers.set("/v1.41/containers/json", json([{ Names: ["/x"] }]));
    expect((await failure(engine.containers())).code).toBe("ENGINE_ERROR");
    answers.set("/v1.41/images/json", (_request, response) => {
      const chunk = Buffer.alloc(1 << 20, " ");
      const pump = () => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on("drain", pump);
      pump();
    });
    expect(await failure(engine.images())).toMatchObject({
      code: "ENGINE_ERROR",
      details: { message: "the answer is too long" },
    });
  });

  it("stops waiting when cancelled", async () => {
    answers.set("/v1.41/containers/json", () => {});
    await engine.image("x").catch(() => {});
    const abort = new AbortController();
    const waiting = failure(engine.containers({ signal: abort.signal }));
    setTimeout(() => abort.abort(), 30);
    expect((await waiting).code).toBe("CANCELLED");
  });

  it("asks again when a pooled connection was closed under it, but does not repeat a change", async () => {
    let calls = 0;
    const flaky = (request: IncomingMessage, response: ServerResponse) => {
      calls += 1;
      if (calls % 2 === 1) request.socket.destroy();
      else json([])(request, response);
    };
    answers.set("/v1.41/containers/json", flaky);
    expect(await engine.containers()).toEqual([]);
    expect(calls).toBe(2);
    answers.set("/v1.41/containers/abc/start", flaky);
    expect((await failure(engine.start("abc"))).code).toBe("ENGINE_UNAVAILABLE");
    expect(calls).toBe(3);
  });

  it("shows the progress of a pull, and the failure inside it", async () => {
    const lines = [
      { status: "Pulling from a/b", id: "1" },
      { status: "Downloading", id: "l1", progressDetail: { current: 50, total: 100 } },
      { status: "Downloading", id: "l2", progressDetail: { current: 0, total: 100 } },
      { status: "Downloading", id: "l1", progressDetail: { current: 100, total: 100 } },
    ];
    const stream = (more: object[]) => (request: IncomingMessage, response: ServerResponse) => {
      expect(new URL(request.url ?? "", "http://x").searchParams.get("tag")).toBe("c");
      const text = [...lines, ...more].map((line) => JSON.stringify(line)).join("\r\n");
      for (const piece of text.match(/.{1,7}/gs) ?? []) response.write(piece);
      response.end();
    };
    const seen: (number | null)[] = [];
    answers.set("/v1.41/images/create", stream([]));
    await engine.pull("a/b:c", { onProgress: (_text, fraction) => seen.push(fraction) });
    expect(seen).toEqual([null, 0.5, 0.25, 0.5]);
    for (const [error, code] of [
      ["manifest for a/b:c not found: manifest unknown", "IMAGE_NOT_FOUND"],
      ["write /x: no space left on device", "DISK_FULL"],
      ["toomanyrequests: slow down", "ENGINE_ERROR"],
    ] as const) {
      answers.set("/v1.41/images/create", stream([{ error, errorDetail: { message: error } }]));
      expect((await failure(engine.pull("a/b:c", {}))).code).toBe(code);
    }
  });

  it("says that a log driver can't be read", async () => {
    const id = "c".repeat(64);
    const detail = {
      Id: id,
      State: {},
      Config: {},
      NetworkSettings: {},
      HostConfig: { LogConfig: { Type: "syslog" } },
    };
    answers.set(`/v1.41/containers/${id}/json`, json(detail));
    answers.set(
      `/v1.41/containers/${id}/logs`,
      json({ message: "configured logging driver does not support reading" }, 501),
    );
    const reading = (async () => {
      for await (const _ of engine.logs(id, { follow: false }));
    })();
    expect(await failure(reading)).toEqual({ code: "LOG_DRIVER_UNREADABLE", details: { id, driver: "syslog" } });
  });

  it("leaves out lines of events that make no sense, and says when the stream ends", async () => {
    answers.set("/v1.41/events", (_request, response) => {
      response.write(
        '{"Type":"container","Action":"exec_create: sh -c secret","Actor":{"ID":"1","Attributes":{"name":"n","execID":"e","x":"y"}},"timeNano":1700000000123456789}\n',
      );
      response.end('nonsense\n{"no":"event"}\n{"Type":"container","Action":"health_status: healthy","time":17}\n');
    });
    const events: unknown[] = [];
    const watching = (async () => {
      for await (const event of engine.events()) events.push(event);
    })();
    expect((await failure(watching)).code).toBe("ENGINE_UNAVAILABLE");
    expect(events).toEqual([
      { type: "container", action: "exec_create", id: "1", attributes: { execID: "e", name: "n" }, at: 1700000000123 },
      { type: "container", action: "health_status: healthy", id: "", attributes: {}, at: 17000 },
    ]);
  });

  it.each(["", "../x", "a/b", "a b", "a?b", "-a", "x".repeat(300)])(
    "refuses an id that a path would give a meaning to: %j",
    async (id) => {
      expect((await failure(engine.inspect(id))).code).toBe("BAD_INPUT");
      expect((await failure(engine.removeNetwork(id))).code).toBe("BAD_INPUT");
    },
  );

  it.each(["", "../x", "a b", "a/../b", "a?b", "/a", "a:b:c", "A/b\n"])(
    "refuses a reference: %j",
    async (reference) => {
      expect((await failure(engine.image(reference))).code).toBe("BAD_INPUT");
    },
  );
});
