import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LaunchSpec } from "../../../../electron/contract/containers.ts";
import { launchSpec } from "../../../../electron/contract/containers.ts";
import type { CreateBody } from "../../../../electron/core/docker/types.ts";
import {
  type Inspected,
  judge,
  judgeContainer,
  toCreateBody,
  unknownContext,
} from "../../../../electron/core/hardening/index.ts";
import { type FakeContainer, inspectOf } from "../../../helpers/fakeEngine.ts";
import { hardSpec } from "../../../helpers/specs.ts";

const image = `registry.example/llm@sha256:${"ab".repeat(32)}`;
const options = {
  image,
  launchId: "0195-launch",
  networkName: "gatehouse-llm-1",
  apiVersion: "1.47",
  kind: "chat" as const,
  serverPort: 8000,
  env: { AUTH_TOKEN_FILE: "/run/secrets/auth_token" },
  entrypoint: null,
};

function inspected(body: CreateBody): Inspected {
  const container: FakeContainer = {
    id: "ab".repeat(32),
    name: "llm",
    body,
    state: "running",
    exitCode: null,
    restartCount: 0,
    oomKilled: false,
    log: [],
    files: new Map(),
    processes: [],
    address: "172.20.0.2",
  };
  return inspectOf(container, "sha256:00");
}

const open = (detail: Inspected) =>
  judgeContainer(detail)
    .findings.filter(({ status }) => status !== "pass")
    .map(({ rule }) => rule);

const careless: Inspected = {
  name: "embedder",
  user: "",
  env: ["PATH=/usr/bin", `AUTH_TOKEN=${"q8Zr1Kx0mT4v".repeat(3)}`],
  command: ["serve"],
  image: "llm:latest",
  labels: {},
  mounts: [
    { type: "bind", source: "/var/run/docker.sock", destination: "/var/run/docker.sock", readOnly: false },
    { type: "volume", source: "/var/lib/docker/volumes/x/_data", destination: "/data", readOnly: true },
  ],
  ports: { "8000/tcp": [{ hostIp: "0.0.0.0", hostPort: 80 }] },
  hostConfig: {
    Privileged: true,
    NetworkMode: "default",
    PidMode: "host",
    IpcMode: "host",
    UsernsMode: "host",
    SecurityOpt: ["seccomp:unconfined", "apparmor=unconfined"],
    MaskedPaths: [],
    Devices: [{ PathOnHost: "/dev/nvidia0", PathInContainer: "/dev/nvidia0", CgroupPermissions: "rwm" }],
    DeviceRequests: [{ Driver: "", Count: -1, DeviceIDs: null, Capabilities: [["gpu"]] }],
    RestartPolicy: { Name: "always", MaximumRetryCount: 0 },
    LogConfig: { Type: "json-file", Config: {} },
    Tmpfs: { "/cache": "exec,suid" },
    Binds: ["/var/run/docker.sock:/var/run/docker.sock:rw,rshared"],
    ShmSize: 67108864,
    CapAdd: ["SYS_ADMIN"],
  },
};

describe("judgeContainer", () => {
  test("a container of a hard spec scores 100", () => {
    expect(judgeContainer(inspected(toCreateBody(hardSpec(), options)))).toMatchObject({ score: 100, allowed: true });
  });

  test("a careless one fails nearly everything", () => {
    const judged = judgeContainer(careless);
    expect(judged.allowed).toBe(false);
    expect(judged.score).toBeLessThan(30);
    expect(open(careless)).toEqual([
      "not-privileged",
      "user",
      "capabilities",
      "no-new-privileges",
      "seccomp",
      "apparmor",
      "host-namespaces",
      "engine-socket",
      "read-only-root",
      "mounts-read-only",
      "mount-propagation",
      "tmpfs-noexec",
      "tmpfs-sized",
      "kernel-paths",
      "host-devices",
      "publish-public",
      "network-isolated",
      "publish-privileged",
      "memory-limit",
      "cpu-limit",
      "pids-limit",
      "core-dumps",
      "init",
      "restart",
      "log-size",
      "image-digest",
      "env-secrets",
      "gpu-by-uuid",
    ]);
  });

  test.each<[name: string, hostConfig: Record<string, unknown>, rule: string, fails: boolean]>([
    ["no-new-privileges as older engines write it", { SecurityOpt: ["no-new-privileges"] }, "no-new-privileges", false],
    ["no-new-privileges said to be false", { SecurityOpt: ["no-new-privileges:false"] }, "no-new-privileges", true],
    ["a network shared with a container", { NetworkMode: "container:abc" }, "host-namespaces", true],
    ["no network at all", { NetworkMode: "none" }, "network-isolated", false],
    ["a network that is not ours", { NetworkMode: "gatehouse-x" }, "network-isolated", true],
    ["cpu by quota", { CpuQuota: 50_000, CpuPeriod: 100_000 }, "cpu-limit", false],
    ["unlimited pids as -1", { PidsLimit: -1 }, "pids-limit", true],
    ["on-failure without an end", { RestartPolicy: { Name: "on-failure", MaximumRetryCount: 0 } }, "restart", true],
    ["another log driver", { LogConfig: { Type: "journald", Config: {} } }, "log-size", false],
    ["GPUs by index", { DeviceRequests: [{ Count: 0, DeviceIDs: ["0"] }] }, "gpu-by-uuid", true],
    ["a custom seccomp profile", { SecurityOpt: ["seccomp={}"] }, "seccomp", false],
    ["nothing at all", {}, "read-only-root", true],
    ["other types than expected", { ReadonlyRootfs: "yes", Memory: "1g", Tmpfs: 3 }, "memory-limit", true],
  ])("%s", (_name, hostConfig, rule, fails) => {
    expect(open({ ...careless, hostConfig }).includes(rule)).toBe(fails);
  });
});

const arbitrarySpec: fc.Arbitrary<LaunchSpec> = fc
  .record({
    user: fc.constantFrom("10001:10001", "1000", "root", "0", "00", "node", "1000:0", "5:5"),
    readOnlyRoot: fc.boolean(),
    noNewPrivileges: fc.boolean(),
    privileged: fc.boolean(),
    init: fc.boolean(),
    seccomp: fc.constantFrom("default" as const, "unconfined" as const),
    capAdd: fc.subarray(["SYS_ADMIN", "NET_RAW", "ALL"]),
    memoryBytes: fc.option(fc.integer({ min: 6 * 2 ** 20, max: 2 ** 40 })),
    cpus: fc.option(fc.double({ min: 0.01, max: 1024, noNaN: true })),
    pidsLimit: fc.option(fc.integer({ min: 1, max: 4_194_304 })),
    shmBytes: fc.integer({ min: 2 ** 16, max: 2 ** 40 }),
    tmpfs: fc.array(
      fc.record({
        path: fc.constantFrom("/tmp", "/tmp/", "/run", "/cache", "/run/secrets", "/run/secrets/x", "//tmp"),
        sizeBytes: fc.integer({ min: 4096, max: 2 ** 40 }),
        exec: fc.boolean(),
      }),
      { maxLength: 5 },
    ),
    mounts: fc.array(
      fc.record({
        source: fc.constantFrom(
          "/srv/models",
          "/etc",
          "/var/run/docker.sock",
          "/",
          "/home/a/.ssh",
          "/run//docker.sock",
        ),
        target: fc.constantFrom("/models", "/run/secrets", "/run/secrets/a", "/data"),
        readOnly: fc.boolean(),
      }),
      { maxLength: 3 },
    ),
    network: fc.constantFrom("isolated" as const, "bridge" as const, "host" as const),
    publish: fc.array(
      fc.record({
        address: fc.constantFrom("127.0.0.1", "0.0.0.0", "::", "", "::1", "10.0.0.1"),
        hostPort: fc.integer({ min: 0, max: 65535 }),
        containerPort: fc.integer({ min: 1, max: 65535 }),
      }),
      { maxLength: 3 },
    ),
    restart: fc.constantFrom("no" as const, "on-failure" as const, "always" as const, "unless-stopped" as const),
    logMaxMiB: fc.integer({ min: 1, max: 10_240 }),
    logFiles: fc.integer({ min: 1, max: 100 }),
    gpus: fc.subarray(["GPU-0000-1", "MIG-0000-2"]),
    env: fc.dictionary(
      fc.constantFrom("A", "DB_PASSWORD", "NVIDIA_VISIBLE_DEVICES", "TOKEN"),
      fc.constantFrom("x", "all", `hf_${"aB3".repeat(12)}`, "=y=", ""),
    ),
    command: fc.array(fc.constantFrom("serve", `hf_${"aB3".repeat(12)}`), { maxLength: 2 }),
  })
  .map((change) => hardSpec(change));

describe("a body is never weaker than the findings say", () => {
  test("whatever rule a spec passes, the container of its body passes too", () => {
    fc.assert(
      fc.property(arbitrarySpec, (spec) => {
        expect(launchSpec.safeParse(spec).success).toBe(true);
        const asked = judge(spec, unknownContext, "2026-03-01").findings;
        const got = new Map(
          judgeContainer(inspected(toCreateBody(spec, options))).findings.map((each) => [each.rule, each.status]),
        );
        for (const { rule, status } of asked) {
          if (status === "pass" && got.has(rule)) expect([rule, got.get(rule)]).toEqual([rule, "pass"]);
        }
      }),
      { numRuns: 500 },
    );
  });
});
