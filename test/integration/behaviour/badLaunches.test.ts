/** Specs and secrets that must be refused, each with its reason. */
import { describe, expect, test } from "vitest";
import type { LaunchSpec } from "../../../electron/contract/index.ts";
import { tracesIn, tracesInFolder } from "../../helpers/traces.ts";
import { afterAllOfThat, badWorld } from "./badWorld.ts";
import { canary, specOf, watchLaunch } from "./mainJob.ts";

const world = badWorld();
const { refused } = world;

describe("a launch spec", () => {
  const inADay = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
  const base = () =>
    specOf(world.client, { hostId: "orion", gpu: null, image: "gatehouse/inference-server:1" }, "chat-echo", "bad");
  const mount = (source: string) => ({ mounts: [{ source, target: "/data", readOnly: true }] });

  const wrong: [what: string, over: object, field: string][] = [
    ["with an unknown field", { sudo: true }, ""],
    [
      "with an unknown field inside",
      { mounts: [{ source: "/srv", target: "/d", readOnly: true, mode: "z" }] },
      "mounts.0",
    ],
    ["with a memory limit below zero", { memoryBytes: -1 }, "memoryBytes"],
    ["with a memory limit that is no number", { memoryBytes: "1g" }, "memoryBytes"],
    ["with cores below zero", { cpus: -0.5 }, "cpus"],
    ["with processes below zero", { pidsLimit: -1 }, "pidsLimit"],
    ["with shared memory below zero", { shmBytes: -1 }, "shmBytes"],
    ["with a log size below zero", { logMaxMiB: -10 }, "logMaxMiB"],
    ["with a tmpfs below zero", { tmpfs: [{ path: "/tmp", sizeBytes: -1, exec: false }] }, "tmpfs.0.sizeBytes"],
    [
      "with a port below zero",
      { publish: [{ address: "127.0.0.1", hostPort: -1, containerPort: 80 }] },
      "publish.0.hostPort",
    ],
    [
      "with a port above all",
      { publish: [{ address: "127.0.0.1", hostPort: 65_536, containerPort: 80 }] },
      "publish.0.hostPort",
    ],
    ["with a path that climbs", mount("/srv/../etc"), "mounts.0.source"],
    ["with a path that is relative", mount("srv/models"), "mounts.0.source"],
    ["with a path that is relative to here", mount("./srv"), "mounts.0.source"],
    ["with a path of somebody's home", mount("~"), "mounts.0.source"],
    ["with a volume's name that is an option", mount("-srv"), "mounts.0.source"],
    ["with a path that hides another mount", mount("/srv:/etc"), "mounts.0.source"],
    ["with a name that is an option", { name: "--privileged" }, "name"],
    ["with a name that is a path", { name: "../bad" }, "name"],
    ["with an image that is an option", { image: "-v/:/host" }, "image"],
    ["with a user that is a command", { user: "0; id" }, "user"],
    ["with a capability in lower case", { capAdd: ["sys_admin"] }, "capAdd.0"],
    ["with a GPU by index", { gpus: ["0"] }, "gpus.0"],
    ["with a setting's name that is none", { env: { "A B": "c" } }, "env.A B"],
    [
      "with a relaxation without a date",
      { relaxations: [{ rule: "user", reason: "because", until: "soon" }] },
      "relaxations.0.until",
    ],
    [
      "with a relaxation without a reason",
      { relaxations: [{ rule: "user", reason: " ", until: inADay }] },
      "relaxations.0.reason",
    ],
    [
      "with a secret that has no name",
      { secrets: [{ ref: { environment: "development", name: "a b" }, delivery: "file" }] },
      "secrets.0.ref.name",
    ],
    [
      "with seventy secrets",
      { secrets: Array(70).fill({ ref: { environment: "development", name: "A" }, delivery: "file" }) },
      "secrets",
    ],
    ["with a command without an end", { command: Array(10_000).fill("x") }, "command"],
  ];
  test.each(wrong)("%s is refused at once", async (_, over, field) => {
    const spec = { ...(await base()), ...over } as LaunchSpec;
    for (const call of [world.client.containers.plan(spec), world.client.containers.launch(spec)]) {
      expect(await refused(call)).toEqual({ code: "BAD_INPUT", details: { field, reason: expect.any(String) } });
    }
  });

  test("with a name in place of a path means a volume of the engine, never a folder beside the console", async () => {
    const { command } = await world.client.containers.plan({ ...(await base()), ...mount("srv") });
    expect(command).toContain("--mount=type=volume,source=srv,target=/data,readonly");
  });

  const denied: [what: string, over: Partial<LaunchSpec>, rule: string][] = [
    [
      "open to every address",
      { network: "bridge", publish: [{ address: "0.0.0.0", hostPort: 8000, containerPort: 8000 }] },
      "publish-public",
    ],
    [
      "open to every address, unsaid",
      { network: "bridge", publish: [{ address: "", hostPort: 8000, containerPort: 8000 }] },
      "publish-public",
    ],
    [
      "open to every address of IPv6",
      { network: "bridge", publish: [{ address: "::", hostPort: 8000, containerPort: 8000 }] },
      "publish-public",
    ],
    ["that mounts the root", mount("/"), "host-paths"],
    ["that mounts /etc", mount("/etc"), "host-paths"],
    ["that mounts /etc by another spelling", mount("//etc/./"), "host-paths"],
    ["that mounts the engine's socket", mount("/var/run/docker.sock"), "engine-socket"],
    ["that mounts the engine's socket by its other name", mount("/run/docker.sock"), "engine-socket"],
    ["that mounts the socket's folder", mount("/run"), "engine-socket"],
    [
      "that is privileged, excuse or not",
      { privileged: true, relaxations: [{ rule: "not-privileged", reason: "because I want it", until: inADay }] },
      "not-privileged",
    ],
    ["that runs as root", { user: "0:0" }, "user"],
    [
      "with a relaxation that has expired",
      { user: "0:0", relaxations: [{ rule: "user", reason: "it was needed", until: "2024-01-31" }] },
      "user",
    ],
    ["on the host's network", { network: "host" }, "host-network"],
    ["with a capability", { capAdd: ["SYS_ADMIN"] }, "capabilities"],
    [
      "with a stored secret among its settings",
      { env: { API_TOKEN: "abcdef0123456789abcdef0123456789" } },
      "env-secrets",
    ],
  ];
  test.each(denied)("%s is not started", async (_, over, rule) => {
    const spec = { ...(await base()), ...over };
    const plan = await world.client.containers.plan(spec);
    const findings = plan.findings
      .filter(({ status }) => status === "fail" || status === "expired")
      .map((each) => each.rule);
    expect({ allowed: plan.allowed, findings }).toEqual({ allowed: false, findings: expect.arrayContaining([rule]) });
    const { launchId } = await world.client.containers.launch(spec);
    const { state, problem, leftBehind } = await watchLaunch(world.client, launchId);
    world.met.add(problem?.code ?? "");
    expect({ state, problem, leftBehind }).toMatchObject({
      state: "failed",
      problem: { code: "POLICY_DENIED" },
      leftBehind: [],
    });
    expect(String(problem?.details.rules)).toContain(rule);
  });

  test.each([
    ["an image that nobody has", { image: "gatehouse/none:1" }, "IMAGE_NOT_FOUND", { image: "gatehouse/none:1" }],
    ["a path that is not on the host", mount("/srv/none/such"), "HOST_PATH_MISSING", { path: "/srv/none/such" }],
  ])("with %s fails on the host", async (_, over, code, details) => {
    const { launchId } = await world.client.containers.launch({ ...(await base()), ...over });
    const launch = await watchLaunch(world.client, launchId);
    world.met.add(launch.problem?.code ?? "");
    expect({ problem: launch.problem, leftBehind: launch.leftBehind }).toEqual({
      problem: { code, details },
      leftBehind: [],
    });
  });

  test("two launches with one name: the second is refused, the first goes on", async () => {
    const spec = await base();
    const { launchId } = await world.client.containers.launch(spec);
    expect(await refused(world.client.containers.launch(spec))).toEqual({
      code: "NAME_TAKEN",
      details: { name: "bad" },
    });
    const first = await watchLaunch(world.client, launchId);
    expect(first.state).toBe("done");
    const again = await watchLaunch(world.client, (await world.client.containers.launch(spec)).launchId);
    expect(again.problem).toEqual({ code: "NAME_TAKEN", details: { name: "bad" } });
    const containerId = first.containerId as string;
    const removal = { hostId: "orion", containerId, confirm: "good" };
    expect(await refused(world.client.containers.remove(removal))).toMatchObject({
      code: "BAD_INPUT",
      details: { field: "confirm" },
    });
    await world.client.containers.remove({ ...removal, confirm: "bad" });
  });
});

describe("a secret", () => {
  const put = (over: object) =>
    world.client.secrets.put({
      environment: "development",
      name: "BAD",
      value: "good enough",
      encoding: "text",
      ...over,
    });
  const pasted = `${canary()}${canary()}`;
  test.each([
    ["with a blank in its name", { name: "HF TOKEN" }, "SECRET_NAME_INVALID"],
    ["whose name begins with a digit", { name: "1TOKEN" }, "SECRET_NAME_INVALID"],
    ["whose name is a path", { name: "../../etc/passwd" }, "SECRET_NAME_INVALID"],
    ["without a name", { name: "" }, "SECRET_NAME_INVALID"],
    ["with its value in place of its name", { name: pasted }, "SECRET_NAME_INVALID"],
    ["without a value", { value: "" }, "SECRET_EMPTY"],
    ["of one megabyte", { value: "x".repeat(1_000_000) }, "SECRET_TOO_LARGE"],
    ["larger than the door takes", { value: "x".repeat(2_000_001) }, "BAD_INPUT"],
    ["that is no base64", { value: "§§§", encoding: "base64" }, "BAD_INPUT"],
    ["in an environment that is a path", { environment: "../production" }, "BAD_INPUT"],
  ])("%s is refused", async (_, over, code) => {
    expect((await refused(put(over))).code).toBe(code);
    expect((await world.client.secrets.list({})).map(({ name }) => name)).toEqual(["HF_TOKEN"]);
  });

  test("whose value was typed as its name is in no file, no log and no answer", async () => {
    expect({
      traffic: tracesIn(world.said(), pasted),
      files: tracesInFolder(world.running.test.ports.paths.data, pasted),
    }).toEqual({
      traffic: [],
      files: [],
    });
  });

  test("that is binary goes in and comes out the same", async () => {
    const value = Buffer.from([0, 255, 128, 10, 13, 0, 195, 40]).toString("base64");
    await put({ value, encoding: "base64" });
    expect(await world.client.secrets.reveal({ environment: "development", name: "BAD", reason: "" })).toMatchObject({
      value,
      encoding: "base64",
    });
    expect(
      await refused(world.client.secrets.remove({ environment: "development", name: "BAD", confirm: "bad" })),
    ).toMatchObject({
      code: "BAD_INPUT",
      details: { field: "confirm" },
    });
    await world.client.secrets.remove({ environment: "development", name: "BAD", confirm: "BAD" });
  });

  test("that is not there", async () => {
    const none = { environment: "development", name: "NONE" };
    expect(await refused(world.client.secrets.reveal({ ...none, reason: "" }))).toMatchObject({
      code: "SECRET_NOT_FOUND",
    });
    expect(await refused(world.client.secrets.remove({ ...none, confirm: "NONE" }))).toMatchObject({
      code: "SECRET_NOT_FOUND",
    });
  });

  test("of production is not shown without a reason", async () => {
    await put({ environment: "production" });
    const one = { environment: "production", name: "BAD" };
    expect(await refused(world.client.secrets.reveal({ ...one, reason: "  " }))).toMatchObject({
      code: "REASON_REQUIRED",
    });
    await world.client.secrets.remove({ ...one, confirm: "BAD" });
  });
});

afterAllOfThat(world, 10);
