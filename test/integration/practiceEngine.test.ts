/**
 * The practice host `vega` beside a real Docker Engine of the same version (20.10): the same calls, the same answers.
 * What differs and is not named here is a defect of the practice fleet.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { busyboxImage, engineCall, type LabDockerd, mustSkip, startDockerd } from "../helpers/lab/index.ts";
import { forwardEngine, openFleet, type TestFleet } from "../helpers/practice.ts";
import { until } from "../helpers/until.ts";

type Side = "real" | "practice";
interface Answer {
  status: number;
  body: string;
}

/** Ids, and the number of processors, are each machine's own. */
function masked(text: string): string {
  return text
    .trim()
    .replace(/[0-9a-f]{64}/g, "ID")
    .replace(/to \d+\.00, as there are only \d+ CPUs/, "to N, as there are only N CPUs");
}

/** Every path in a JSON value with its type; a list counts by its first element. */
function shapeOf(value: unknown, path = "", into = new Map<string, string>()): Map<string, string> {
  const type = value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
  into.set(path, type);
  if (Array.isArray(value)) {
    if (value.length > 0) shapeOf(value[0], `${path}[]`, into);
  } else if (typeof value === "object" && value !== null) {
    for (const [name, inner] of Object.entries(value)) shapeOf(inner, `${path}.${name}`, into);
  }
  return into;
}

describe.skipIf(mustSkip("practice engine beside a real one", "dockerd", "busybox"))("vega beside Docker 20.10", () => {
  let real: LabDockerd;
  let fleet: TestFleet;
  let forward: { socket: string; close(): void };
  let tag = "";
  const ids: Record<Side, string> = { real: "", practice: "" };

  beforeAll(async () => {
    real = await startDockerd();
    tag = await busyboxImage(real.socket);
    fleet = await openFleet();
    forward = await forwardEngine(fleet.host("vega"), fleet.dir);
  });
  afterAll(async () => {
    forward?.close();
    await fleet?.close();
    await real?.stop();
  });

  /** `IMAGE` and `CID` stand for each side's own. */
  async function both(method: string, path: string, body?: unknown): Promise<Record<Side, Answer>> {
    const on = (side: Side): Promise<Answer> => {
      const own = (text: string) =>
        text.replaceAll("IMAGE", side === "real" ? tag : "busybox:1").replaceAll("CID", ids[side]);
      const sent = body === undefined ? undefined : (JSON.parse(own(JSON.stringify(body))) as unknown);
      return engineCall(side === "real" ? real.socket : forward.socket, method, own(path), sent);
    };
    const [first, second] = await Promise.all([on("real"), on("practice")]);
    return { real: first, practice: second };
  }

  async function made(body: object, start = true): Promise<void> {
    const answer = await both("POST", "/containers/create", { Image: "IMAGE", ...body });
    for (const side of ["real", "practice"] as const) {
      expect(answer[side], answer[side].body).toMatchObject({ status: 201 });
      ids[side] = (JSON.parse(answer[side].body) as { Id: string }).Id;
    }
    if (!start) return;
    const started = await both("POST", "/containers/CID/start");
    expect([started.real.status, started.practice.status]).toEqual([204, 204]);
  }
  const gone = () => both("DELETE", "/containers/CID?force=1");
  const same = (answer: Record<Side, Answer>) =>
    expect({ status: answer.practice.status, body: masked(answer.practice.body) }).toEqual({
      status: answer.real.status,
      body: masked(answer.real.body),
    });
  const parsed = <T>(answer: Record<Side, Answer>) => ({
    real: JSON.parse(answer.real.body) as T,
    practice: JSON.parse(answer.practice.body) as T,
  });

  describe("what is refused, in the same words", () => {
    test.each<[string, string, unknown?]>([
      ["GET", "/v1.99/info"],
      ["GET", "/v1.1/info"],
      ["GET", "/nope"],
      ["GET", "/images/nope/json"],
      ["GET", "/containers/nope/json"],
      ["POST", "/containers/nope/start"],
      ["POST", "/containers/nope/stop"],
      ["GET", "/containers/nope/top"],
      ["GET", "/containers/nope/logs"],
      ["GET", "/containers/nope/logs?stdout=1"],
      ["POST", "/containers/nope/exec", {}],
      ["POST", "/containers/nope/exec", { Cmd: ["true"] }],
      ["DELETE", "/containers/nope"],
      ["POST", "/exec/nope/start", {}],
      ["GET", "/exec/nope/json"],
      ["GET", "/networks/nope"],
      ["DELETE", "/networks/nope"],
      ["DELETE", "/networks/bridge"],
      ["GET", "/swarm"],
      ["GET", "/containers/json?filters=5"],
      ["POST", "/containers/create", {}],
      ["POST", "/containers/create", { Image: "nope" }],
      ["POST", "/containers/create?name=a", { Image: "IMAGE", Cmd: ["true"] }],
      ["POST", "/containers/create?name=bad!", { Image: "IMAGE", Cmd: ["true"] }],
    ])("%s %s", async (method, path, body) => {
      same(await both(method, path, body));
    });

    test.each<[object]>([
      [{ NanoCpus: 99e9 }],
      [{ NanoCpus: -1 }],
      [{ Memory: 1_000 }],
      [{ Memory: -5 }],
      [{ Memory: 9e6, MemorySwap: 8e6 }],
      [{ Runtime: "wings" }],
      [{ RestartPolicy: { Name: "sometimes" } }],
      [{ AutoRemove: true, RestartPolicy: { Name: "always" } }],
      [{ Mounts: [{ Type: "bind", Source: "/nope", Target: "/x" }] }],
      [{ Mounts: [{ Type: "bind", Source: "x", Target: "/x" }] }],
      [{ LogConfig: { Type: "wings" } }],
      [{ Tmpfs: { relative: "" } }],
      [{ ShmSize: -1 }],
    ])("create with %j", async (HostConfig) => {
      same(await both("POST", "/containers/create", { Image: "IMAGE", Cmd: ["true"], HostConfig }));
    });

    test.each<[string, object]>([
      [
        "a GPU without the toolkit",
        { Cmd: ["true"], HostConfig: { DeviceRequests: [{ Driver: "nvidia", Count: -1, Capabilities: [["gpu"]] }] } },
      ],
      [
        "a GPU as the CLI asks for it",
        { Cmd: ["true"], HostConfig: { DeviceRequests: [{ Count: -1, Capabilities: [["gpu"]] }] } },
      ],
      ["an unknown user", { Cmd: ["true"], User: "wings" }],
      ["an unknown network", { Cmd: ["true"], HostConfig: { NetworkMode: "wings" } }],
      ["an unknown program", { Cmd: ["wings"] }],
    ])("start of %s", async (_name, body) => {
      await made(body, false);
      same(await both("POST", "/containers/CID/start"));
      const states = parsed<{ State: { Status: string; ExitCode: number; Error: string } }>(
        await both("GET", "/containers/CID/json"),
      );
      expect(states.practice.State).toMatchObject({
        Status: states.real.State.Status,
        ExitCode: states.real.State.ExitCode,
        Error: states.real.State.Error,
      });
      same(await gone());
    });

    test("what a container's state forbids", async () => {
      await made({ Cmd: ["sleep", "300"] }, false);
      for (const [method, path, body] of [
        ["POST", "/containers/CID/exec", { Cmd: ["true"] }],
        ["POST", "/containers/CID/kill"],
        ["GET", "/containers/CID/top"],
        ["POST", "/containers/CID/stop"],
        ["POST", "/containers/CID/start"],
        ["POST", "/containers/CID/start"],
        ["DELETE", "/containers/CID"],
        ["GET", "/containers/CID/logs?stdout=1&since=2024-01-01T00:00:00Z"],
        ["POST", "/containers/CID/stop?t=1"],
        ["POST", "/containers/CID/stop?t=1"],
        ["DELETE", "/containers/CID"],
        ["DELETE", "/containers/CID"],
      ] as [string, string, unknown?][]) {
        same(await both(method, path, body));
      }
    });
  });

  describe("what is answered, in the same shape", () => {
    /** Not of the simulation: the marks it carries, fields of Linux's first control groups, old kernels' limits. */
    const known = [
      /^\.HostConfig\.KernelMemory(?:TCP)?$/,
      /^\.DefaultAddressPools/,
      /^\.Runtimes\.io\.containerd\.runtime\.v1\.linux/,
      /^\.(?:Labels|Warnings)(?:\[\])?$/,
      /^(?:\[\])?\.(?:Config\.)?(?:Labels|RepoDigests)(?:\[\]|\..*)?$/,
      /^\.GraphDriver\.Data\.LowerDir$/,
      /^\.memory_stats\.(?:max_usage|stats\.)/,
      /^\.cpu_stats\.cpu_usage\.percpu_usage/,
    ];

    function sameShape(answer: Record<Side, Answer>): void {
      const shapes = parsed<unknown>(answer);
      const [of, as] = [shapeOf(shapes.real), shapeOf(shapes.practice)];
      const differing = [...new Set([...of.keys(), ...as.keys()])]
        .filter((path) => of.get(path) !== as.get(path) && !known.some((pattern) => pattern.test(path)))
        .map((path) => `${path}: ${of.get(path) ?? "missing"} / ${as.get(path) ?? "missing"}`);
      expect(differing).toEqual([]);
    }

    test.each([
      "/version",
      "/info",
      "/images/json",
      "/images/IMAGE/json",
      "/images/IMAGE/history",
      "/volumes",
      "/networks/bridge",
    ])("%s", async (path) => {
      sameShape(await both("GET", path));
    });

    test("a container, created, running and ended", async () => {
      await made({ Cmd: ["sleep", "300"], ExposedPorts: { "8000/tcp": {} }, Labels: { a: "b" } }, false);
      sameShape(await both("GET", "/containers/CID/json"));
      await both("POST", "/containers/CID/start");
      sameShape(await both("GET", "/containers/CID/json"));
      const filters = encodeURIComponent(JSON.stringify({ label: ["a=b"] }));
      sameShape(await both("GET", `/containers/json?filters=${filters}`));
      sameShape(await both("GET", "/containers/CID/stats?stream=false&one-shot=true"));
      sameShape(await both("GET", "/containers/CID/top"));
      await both("POST", "/containers/CID/stop?t=1");
      sameShape(await both("GET", "/containers/CID/json"));
      await gone();
    });

    test.each<[string, object]>([
      ["nothing asked for", {}],
      [
        "hardened",
        {
          ReadonlyRootfs: true,
          CapDrop: ["ALL"],
          SecurityOpt: ["no-new-privileges:true"],
          Tmpfs: { "/tmp": "rw,noexec,nosuid,nodev,size=16m" },
          PidsLimit: 64,
          Memory: 64 * 1024 * 1024,
          NanoCpus: 5e8,
          Init: false,
          RestartPolicy: { Name: "on-failure", MaximumRetryCount: 5 },
          LogConfig: { Type: "json-file", Config: { "max-size": "10m", "max-file": "3" } },
          Ulimits: [{ Name: "core", Soft: 0, Hard: 0 }],
          IpcMode: "private",
        },
      ],
      [
        "careless",
        {
          Privileged: true,
          PortBindings: { "8000/tcp": [{ HostIp: "127.0.0.1", HostPort: "" }] },
          CapAdd: ["SYS_ADMIN"],
        },
      ],
      ["with protections taken away", { MaskedPaths: [], ReadonlyPaths: [] }],
    ])("HostConfig value by value: %s", async (_name, HostConfig) => {
      await made({ Cmd: ["true"], HostConfig }, false);
      const { real: of, practice: as } = parsed<{ HostConfig: Record<string, unknown> }>(
        await both("GET", "/containers/CID/json"),
      );
      const { KernelMemory: _memory, KernelMemoryTCP: _tcp, ...expected } = of.HostConfig;
      expect(as.HostConfig).toEqual(expected);
      await gone();
    });

    test("an internal network: no ports, an address", async () => {
      const created = await both("POST", "/networks/create", { Name: "sealed", Internal: true, Labels: { a: "b" } });
      expect([created.real.status, created.practice.status]).toEqual([201, 201]);
      same(await both("POST", "/networks/create", { Name: "sealed", CheckDuplicate: true }));
      sameShape(await both("GET", "/networks/sealed"));
      const PortBindings = { "8000/tcp": [{ HostIp: "127.0.0.1", HostPort: "0" }] };
      await made({
        Cmd: ["sleep", "300"],
        ExposedPorts: { "8000/tcp": {} },
        HostConfig: { NetworkMode: "sealed", PortBindings },
      });
      const answer = await both("GET", "/containers/CID/json");
      sameShape(answer);
      const shown = parsed<{
        NetworkSettings: { Ports: object; IPAddress: string; Networks: { sealed: { IPAddress: string } } };
      }>(answer);
      for (const side of ["real", "practice"] as const) {
        expect(shown[side].NetworkSettings).toMatchObject({
          Ports: {},
          IPAddress: "",
          Networks: { sealed: { IPAddress: expect.stringMatching(/^\d+\.\d+\.\d+\.\d+$/) } },
        });
      }
      await gone();
      same(await both("DELETE", "/networks/sealed"));
    });
  });

  describe("what happens, in the same way", () => {
    const ended = () =>
      until(async () => {
        const states = parsed<{ State: { Status: string } }>(await both("GET", "/containers/CID/json"));
        return states.real.State.Status === "exited" && states.practice.State.Status === "exited";
      });

    test("a line over 16 KiB is cut in the same pieces, and the tail counts those", async () => {
      await made({ Cmd: ["printf", `${"x".repeat(40_000)}\\nshort\\nno end`] });
      await ended();
      for (const query of ["", "&tail=2", "&tail=4", "&tail=0"]) {
        const answer = await both("GET", `/containers/CID/logs?stdout=1&stderr=1${query}`);
        expect(answer.practice.body.length, query).toBe(answer.real.body.length);
        expect(answer.practice.body === answer.real.body, query).toBe(true);
      }
      const { real: of, practice: as } = await both("GET", "/containers/CID/logs?stdout=1&timestamps=1");
      const stamps = (text: string) => text.match(/\d{4}-\d\d-\d\dT[\d:.]+Z /g) ?? [];
      expect(stamps(as.body).map((stamp) => stamp.length)).toEqual(stamps(of.body).map((stamp) => stamp.length));
      for (const text of [of.body, as.body]) expect(new Set(stamps(text).slice(0, 3)).size).toBe(1);
      await gone();
    });

    test.each<[string, object]>([
      ["root, unhardened", {}],
      ["another user", { User: "1000:1000" }],
      [
        "hardened",
        {
          User: "1000:1000",
          HostConfig: { ReadonlyRootfs: true, CapDrop: ["ALL"], SecurityOpt: ["no-new-privileges:true"] },
        },
      ],
      ["root with few capabilities", { HostConfig: { CapDrop: ["ALL"], CapAdd: ["NET_BIND_SERVICE", "CHOWN"] } }],
      ["no seccomp", { HostConfig: { SecurityOpt: ["seccomp=unconfined"] } }],
    ])("what the kernel grants: %s", async (_name, body) => {
      await made({ Cmd: ["cat", "/proc/self/status"], ...body });
      await ended();
      const answer = await both("GET", "/containers/CID/logs?stdout=1");
      const grants = (text: string) =>
        [...text.matchAll(/(Uid|Gid|CapPrm|CapEff|CapBnd|NoNewPrivs|Seccomp):\t(.*)/g)].map(
          ([, key, value]) => `${key} ${value}`,
        );
      expect(grants(answer.practice.body)).toEqual(grants(answer.real.body));
      expect(grants(answer.real.body).length).toBeGreaterThan(3);
      await gone();
    });

    test.each<[string, string, object]>([
      ["read-only root", "touch /x; echo $?", { HostConfig: { ReadonlyRootfs: true } }],
      [
        "tmpfs",
        "echo a > /tmp/x && cat /tmp/x; stat -c '%a %u' /tmp/x",
        { User: "1000:1000", HostConfig: { ReadonlyRootfs: true, Tmpfs: { "/tmp": "" } } },
      ],
      [
        "a private tmpfs",
        "touch /run/x; echo $?",
        { User: "1000:1000", HostConfig: { Tmpfs: { "/run": "mode=0700" } } },
      ],
      [
        "one of our own",
        "umask 077; echo a > /run/x; stat -c '%a %u %g' /run/x",
        { User: "1000:1000", HostConfig: { Tmpfs: { "/run": "mode=0700,uid=1000,gid=1000" } } },
      ],
      ["exit status", "echo out; echo err >&2; exit 7", {}],
    ])("what a program may do: %s", async (_name, script, body) => {
      await made({ Cmd: ["sh", "-c", script], ...body });
      await ended();
      const log = await both("GET", "/containers/CID/logs?stdout=1");
      expect(log.practice.body).toBe(log.real.body);
      const states = parsed<{ State: { ExitCode: number } }>(await both("GET", "/containers/CID/json"));
      expect(states.practice.State.ExitCode).toBe(states.real.State.ExitCode);
      await gone();
    });

    test("the same events in the same order", async () => {
      const from = Math.floor(Date.now() / 1000) - 1;
      await made({ Cmd: ["sleep", "300"], Labels: { watched: "yes" } });
      await both("POST", "/containers/CID/kill?signal=KILL");
      await ended();
      await both("POST", "/containers/CID/start");
      await both("POST", "/containers/CID/stop?t=1");
      await gone();
      const filters = encodeURIComponent(JSON.stringify({ type: ["container"], label: ["watched=yes"] }));
      const answer = await both(
        "GET",
        `/events?since=${from}&until=${Math.ceil(Date.now() / 1000) + 1}&filters=${filters}`,
      );
      const actions = (text: string) =>
        text
          .trim()
          .split("\n")
          .map(
            (line) =>
              JSON.parse(line) as {
                Action: string;
                status: string;
                from: string;
                Actor: { Attributes: Record<string, string> };
              },
          )
          .map(({ Action, status, Actor }) => [
            Action,
            status,
            Object.keys(Actor.Attributes)
              .filter((key) => key !== "execDuration")
              .sort(),
          ]);
      const [of, as] = [actions(answer.real.body), actions(answer.practice.body)];
      // A program that ignores SIGTERM is killed after the grace time: busybox's sleep does as first process, ours does not.
      const polite = (rows: typeof of) =>
        rows.filter(([action], n) => !(action === "kill" && rows[n - 1]?.[0] === "kill"));
      const plain = (rows: typeof of) =>
        polite(rows).map(([action, status, keys]) => [
          action,
          status,
          (keys as string[]).filter((key) => !key.includes(".") && key !== "simulated"),
        ]);
      expect(plain(as)).toEqual(plain(of));
    });
  });
});
