import { describe, expect, test } from "vitest";
import type { LaunchSpec } from "../../../../electron/contract/containers.ts";
import { networkNameOf, specHash, toCommand, toCreateBody } from "../../../../electron/core/hardening/index.ts";
import { hardSpec } from "../../../helpers/specs.ts";

const options = {
  image: "sha256:feed",
  launchId: "01950000-0000-7000-8000-0000deadbeef",
  networkName: "gatehouse-llm-deadbeef",
  apiVersion: "1.47",
  kind: "chat" as const,
  serverPort: 8000,
  env: { AUTH_TOKEN_FILE: "/run/secrets/auth_token" },
  entrypoint: null,
};
const body = (change: Partial<LaunchSpec> = {}, more = {}) => toCreateBody(hardSpec(change), { ...options, ...more });
const host = (change: Partial<LaunchSpec> = {}, more = {}) => body(change, more).HostConfig;

describe("toCreateBody", () => {
  test("the whole body of a hard spec", () => {
    const spec = hardSpec({
      gpus: ["GPU-6f0c"],
      mounts: [{ source: "/srv/models", target: "/models", readOnly: true }],
      secrets: [{ ref: { environment: "production", name: "HF_TOKEN" }, delivery: "auto" }],
    });
    expect(toCreateBody(spec, options)).toEqual({
      Image: "sha256:feed",
      User: "10001:10001",
      Env: ["LOG_LEVEL=info", "AUTH_TOKEN_FILE=/run/secrets/auth_token"],
      Labels: {
        "io.gatehouse.launch": options.launchId,
        "io.gatehouse.template": "chat-echo",
        "io.gatehouse.kind": "chat",
        "io.gatehouse.environment": "production",
        "io.gatehouse.spec": specHash(spec),
        "io.gatehouse.image": spec.image,
        "io.gatehouse.secrets": "production/HF_TOKEN",
        "io.gatehouse.network": "gatehouse-llm-deadbeef",
        "io.gatehouse.isolated": "true",
      },
      ExposedPorts: { "8000/tcp": {} },
      AttachStdin: false,
      AttachStdout: false,
      AttachStderr: false,
      OpenStdin: false,
      Tty: false,
      StopTimeout: 10,
      HostConfig: {
        ReadonlyRootfs: true,
        Privileged: false,
        Init: true,
        CapDrop: ["ALL"],
        CapAdd: [],
        SecurityOpt: ["no-new-privileges:true"],
        NetworkMode: "gatehouse-llm-deadbeef",
        PortBindings: {},
        PublishAllPorts: false,
        IpcMode: "private",
        CgroupnsMode: "private",
        Tmpfs: {
          "/tmp": "rw,noexec,nosuid,nodev,mode=1777,size=67108864",
          "/run": "rw,noexec,nosuid,nodev,mode=1777,size=16777216",
          "/run/secrets": "rw,noexec,nosuid,nodev,size=8388608,mode=0700,uid=10001,gid=10001",
        },
        Mounts: [
          {
            Type: "bind",
            Source: "/srv/models",
            Target: "/models",
            ReadOnly: true,
            BindOptions: { Propagation: "rprivate", CreateMountpoint: false },
          },
        ],
        Memory: 2 ** 30,
        MemorySwap: 2 ** 30,
        NanoCpus: 1e9,
        PidsLimit: 128,
        ShmSize: 64 * 2 ** 20,
        Ulimits: [{ Name: "core", Soft: 0, Hard: 0 }],
        LogConfig: { Type: "json-file", Config: { "max-size": "10m", "max-file": "3" } },
        RestartPolicy: { Name: "on-failure", MaximumRetryCount: 5 },
        DeviceRequests: [{ Driver: "nvidia", DeviceIDs: ["GPU-6f0c"], Capabilities: [["gpu"]] }],
        AutoRemove: false,
      },
    });
  });

  test.each<[name: string, got: unknown, expected: unknown]>([
    ["a number alone gets its own group, not root's", body({ user: "1000" }).User, "1000:1000"],
    ["a name is left to the image", body({ user: "node" }).User, "node"],
    [
      "its secrets' folder belongs to anyone inside, with the sticky bit",
      (host({ user: "node" }).Tmpfs as Record<string, string>)["/run/secrets"],
      "rw,noexec,nosuid,nodev,size=8388608,mode=1777",
    ],
    [
      "the form cannot loosen the secrets' folder",
      (host({ tmpfs: [{ path: "/run/secrets", sizeBytes: 4096, exec: true }] }).Tmpfs as Record<string, string>)[
        "/run/secrets"
      ],
      "rw,noexec,nosuid,nodev,size=8388608,mode=0700,uid=10001,gid=10001",
    ],
    ["cgroup namespaces came with 1.41", host({}, { apiVersion: "1.40" }).CgroupnsMode, undefined],
    ["the host's network", host({ network: "host" }).NetworkMode, "host"],
    [
      "and then no label of a network",
      body({ network: "host" }).Labels,
      expect.not.objectContaining({
        "io.gatehouse.network": expect.anything(),
      }),
    ],
    ["seccomp off", host({ seccomp: "unconfined" }).SecurityOpt, ["no-new-privileges:true", "seccomp=unconfined"]],
    ["no limit, no word", Object.hasOwn(host({ memoryBytes: null }), "MemorySwap"), false],
    [
      "an address is always said",
      host({ publish: [{ address: "", hostPort: 0, containerPort: 8000 }] }).PortBindings,
      { "8000/tcp": [{ HostIp: "0.0.0.0", HostPort: "0" }] },
    ],
    [
      "what the template needs wins over the form",
      body({ env: { AUTH_TOKEN_FILE: "/x" } }).Env,
      ["AUTH_TOKEN_FILE=/run/secrets/auth_token"],
    ],
    ["the protections of /proc are not touched", Object.hasOwn(host(), "MaskedPaths"), false],
  ])("%s", (_name, got, expected) => {
    expect(got).toEqual(expected);
  });

  test("the hash knows the spec, not the order of its fields", () => {
    const spec = hardSpec();
    const turned = Object.fromEntries(Object.entries(spec).reverse()) as LaunchSpec;
    expect(specHash(turned)).toBe(specHash(spec));
    expect(specHash(hardSpec({ init: false }))).not.toBe(specHash(spec));
  });

  test("a network's name ends in the random part of the launch's id", () => {
    expect(networkNameOf("llm", options.launchId)).toBe("gatehouse-llm-deadbeef");
  });
});

describe("toCommand", () => {
  const line = (change: Partial<LaunchSpec>, deliveries: ("memory" | "file")[] = []) =>
    toCommand(hardSpec(change), {
      networkName: "gatehouse-llm",
      env: {},
      entrypoint: null,
      apiKeyFile: "/run/secrets/auth_token",
      deliveries,
    });

  test("the lines of a hard spec", () => {
    const secrets = ["HF_TOKEN", "CERT"].map((name) => ({
      ref: { environment: "production", name },
      delivery: "auto" as const,
    }));
    expect(
      line({ secrets, env: { GREETING: "it's me" }, gpus: ["GPU-1", "GPU-2"] }, ["memory", "file"]).split("\n"),
    ).toEqual([
      "docker network create --internal gatehouse-llm",
      [
        "docker run --detach --name=llm --user=10001:10001 --read-only --cap-drop=ALL",
        "--security-opt=no-new-privileges:true --init --network=gatehouse-llm --ipc=private",
        "--tmpfs=/tmp:rw,noexec,nosuid,nodev,mode=1777,size=67108864",
        "--tmpfs=/run:rw,noexec,nosuid,nodev,mode=1777,size=16777216",
        "--tmpfs=/run/secrets:rw,noexec,nosuid,nodev,mode=0700,size=8m",
        "--memory=1073741824 --memory-swap=1073741824 --cpus=1 --pids-limit=128 --shm-size=67108864",
        "--ulimit=core=0:0 --log-driver=json-file --log-opt=max-size=10m --log-opt=max-file=3 --restart=on-failure:5",
        `'--gpus="device=GPU-1,GPU-2"' '--env=GREETING=it'\\''s me'`,
        `registry.example/llm@sha256:${"ab".repeat(32)}`,
      ].join(" "),
      "# secret AUTH_TOKEN (new at each start) → /run/secrets/auth_token (by the console, over standard input)",
      "# secret production/HF_TOKEN → memory of the model server (by the console, in the body of POST /v1/model/load)",
      "# secret production/CERT → /run/secrets/CERT (by the console, over standard input)",
    ]);
  });

  test("what looks like a secret is starred out", () => {
    const token = `hf_${"aB3".repeat(12)}`;
    const text = line({ env: { DB_PASSWORD: "hunter2" }, command: ["--token", token] });
    expect(text).not.toContain("hunter2");
    expect(text).not.toContain(token);
    expect(text).toContain("'--env=DB_PASSWORD=********'");
  });

  test("a line break in a setting stays inside its quotes", () => {
    expect(line({ env: { A: "x\n# y" } })).toContain("'--env=A=x\n# y'");
  });
});
