import { describe, expect, test } from "vitest";
import type { Finding, LaunchSpec } from "../../../../electron/contract/containers.ts";
import { type HardeningContext, judge, rules, unknownContext } from "../../../../electron/core/hardening/index.ts";
import { hardSpec } from "../../../helpers/specs.ts";

const today = "2026-03-01";
const gpu = "GPU-6f0c1a52-8f0e-4b0b-9a51-2f1d7c3e0a10";
const ref = { environment: "production", name: "HF_TOKEN" };
const secret = { ref, delivery: "auto" as const };

const mount = (source: string, readOnly = true) => ({ mounts: [{ source, target: "/data", readOnly }] });
const publish = (address: string, hostPort = 8000) => ({
  network: "bridge" as const,
  publish: [{ address, hostPort, containerPort: 8000 }],
});

/** A rule, a change to a spec that passes every rule, whether the rule still passes, and what is known. */
type Row = [rule: string, change: Partial<LaunchSpec>, pass: boolean, context?: Partial<HardeningContext>];

const rows: Row[] = [
  ["not-privileged", { privileged: false }, true],
  ["not-privileged", { privileged: true }, false],
  ["user", { user: "10001" }, true],
  ["user", { user: "inference" }, true],
  ["user", { user: "0" }, false],
  ["user", { user: "000:1000" }, false],
  ["user", { user: "root" }, false],
  ["user", { user: "1000:0" }, false],
  ["user", { user: "1000:root" }, false],
  ["capabilities", { capAdd: [] }, true],
  ["capabilities", { capAdd: ["NET_BIND_SERVICE"] }, false],
  ["no-new-privileges", { noNewPrivileges: true }, true],
  ["no-new-privileges", { noNewPrivileges: false }, false],
  ["seccomp", { seccomp: "default" }, true],
  ["seccomp", { seccomp: "unconfined" }, false],
  ["read-only-root", { readOnlyRoot: true }, true],
  ["read-only-root", { readOnlyRoot: false }, false],
  ["engine-socket", mount("/srv/models"), true],
  ["engine-socket", mount("/var/run/docker.sock"), false],
  ["engine-socket", mount("/run//docker.sock/"), false],
  ["engine-socket", mount("/var/./run/docker.sock"), false],
  ["engine-socket", mount("/srv/../run/docker.sock"), false],
  ["engine-socket", mount("/private/var/run/docker.sock"), false],
  ["engine-socket", mount("/run/user/1000/docker.sock"), false],
  ["engine-socket", mount("/run/podman/podman.sock"), false],
  ["engine-socket", mount("/run/containerd/containerd.sock"), false],
  ["engine-socket", mount("/srv/forwarded/docker.sock"), false],
  ["engine-socket", mount("/run"), false],
  ["engine-socket", mount("/run/user/1000"), false],
  ["engine-socket", mount("/"), false],
  ["host-paths", mount("/srv/models"), true],
  ["host-paths", mount("/home/alice/models"), true],
  ["host-paths", mount("/etcetera"), true],
  ...[
    "/",
    "/etc",
    "/etc/ssl",
    "/proc",
    "/sys",
    "/boot",
    "/dev",
    "/usr",
    "/root",
    "/root/x",
    "/lib64",
    "/var/lib/docker",
  ].map((path): Row => ["host-paths", mount(path), false]),
  ["host-paths", mount("/home"), false],
  ["host-paths", mount("/home/alice/.ssh"), false],
  ["host-paths", mount("//etc/."), false],
  ["host-paths", mount("/ETC"), false],
  ["secrets-dir", { mounts: [{ source: "/srv/m", target: "/models", readOnly: true }] }, true],
  ["secrets-dir", { mounts: [{ source: "/srv/m", target: "/run/secrets", readOnly: true }] }, false],
  ["secrets-dir", { mounts: [{ source: "/srv/m", target: "/run/./secrets/HF", readOnly: true }] }, false],
  ["mounts-read-only", mount("/srv/models", true), true],
  ["mounts-read-only", mount("/srv/models", false), false],
  ["mount-propagation", mount("/srv/models"), true],
  ["tmpfs-noexec", { tmpfs: [] }, true],
  ["tmpfs-noexec", { tmpfs: [{ path: "/cache", sizeBytes: 4096, exec: true }] }, false],
  ["tmpfs-sized", { tmpfs: [{ path: "/cache", sizeBytes: 4096, exec: false }] }, true],
  ["host-network", { network: "bridge" }, true],
  ["host-network", { network: "host" }, false],
  ["network-isolated", { network: "isolated" }, true],
  ["network-isolated", { network: "bridge" }, false],
  ["publish-public", publish("127.0.0.1"), true],
  ["publish-public", publish("::1"), true],
  ...["0.0.0.0", "::", "", "192.0.2.7", "127.1", "localhost", "::ffff:0.0.0.0", "127.0.0.1.evil"].map(
    (address): Row => ["publish-public", publish(address), false],
  ),
  ["publish-privileged", publish("127.0.0.1", 8000), true],
  ["publish-privileged", publish("127.0.0.1", 0), true],
  ["publish-privileged", publish("127.0.0.1", 443), false],
  ["publish-dropped", publish("127.0.0.1"), true],
  ["publish-dropped", { ...publish("127.0.0.1"), network: "isolated" }, false],
  ["memory-limit", { memoryBytes: 2 ** 30 }, true],
  ["memory-limit", { memoryBytes: null }, false],
  ["cpu-limit", { cpus: 0.5 }, true],
  ["cpu-limit", { cpus: null }, false],
  ["pids-limit", { pidsLimit: 64 }, true],
  ["pids-limit", { pidsLimit: null }, false],
  ["init", { init: true }, true],
  ["init", { init: false }, false],
  ["shm", { shmBytes: 2 ** 30 }, true],
  ["shm", { shmBytes: 2 ** 31 }, false],
  ["shm", { shmBytes: 2 ** 31, memoryBytes: null }, true],
  ["restart", { restart: "no" }, true],
  ["restart", { restart: "on-failure" }, true],
  ["restart", { restart: "always" }, false],
  ["restart", { restart: "unless-stopped" }, false],
  ["log-size", { logMaxMiB: 100, logFiles: 10 }, true],
  ["log-size", { logMaxMiB: 1024, logFiles: 2 }, false],
  ["image-digest", { image: "llm:1" }, false],
  ["image-digest", { image: "llm:1" }, true, { imageDigest: "sha256:00" }],
  ["image-digest", { image: `llm@sha256:${"0f".repeat(32)}` }, true],
  ["env-secrets", { env: { MAX_TOKENS: "4096", AUTH_TOKEN_FILE: "/run/secrets/auth_token", PORT: "8000" } }, true],
  ["env-secrets", { env: { HF_TOKEN_PATH: "/run/secrets/HF_TOKEN", KEYBOARD: "de", CACHE_KEY: "v2" } }, true],
  ["env-secrets", { env: { DB_PASSWORD: "x" } }, false],
  ["env-secrets", { env: { DB_PASSWORD: "12345678" } }, false],
  ["env-secrets", { env: { DB_PASSWORD: "/Q+x" } }, false],
  ["env-secrets", { env: { PAD_TOKEN: "0", USE_AUTH: "true", API_KEY: "$API_KEY" } }, true],
  ["env-secrets", { env: { hf_token: "abc" } }, false],
  ["env-secrets", { env: { HARMLESS: `hf_${"aB3".repeat(12)}` } }, false],
  ["env-secrets", { env: { DATABASE_URL: "postgres://app:hunter2@db/app" } }, false],
  ["env-secrets", { env: { DATABASE_URL: "postgres://db/app" } }, true],
  ["env-secrets", { env: { BLOB: "q8Zr1Kx0mT4vYb7NcJ2wLs9Ed5Ufh3Ga" } }, false],
  [
    "env-secrets",
    { env: { GREETING: "known value inside" } },
    false,
    { holdsSecret: (text) => text.includes("known") },
  ],
  ["command-secrets", { command: ["serve", "--port", "8000"] }, true],
  ["command-secrets", { command: ["--token", `hf_${"aB3".repeat(12)}`] }, false],
  ["command-secrets", { model: { backend: "echo", engineParams: { key: `hf_${"aB3".repeat(12)}` } } }, false],
  ["gpu-by-uuid", { gpus: [gpu] }, true],
  ["gpu-by-uuid", { env: { NVIDIA_VISIBLE_DEVICES: "all" } }, false],
  ["gpu-by-uuid", { env: { NVIDIA_VISIBLE_DEVICES: "void" } }, true],
  ["gpu-known", { gpus: [gpu] }, true, { gpus: [gpu] }],
  ["gpu-known", { gpus: [gpu] }, true, { gpus: null }],
  ["gpu-known", { gpus: [gpu] }, false, { gpus: [] }],
  ["gpu-toolkit", { gpus: [gpu] }, true, { gpuToolkit: true }],
  ["gpu-toolkit", { gpus: [gpu] }, false, { gpuToolkit: false }],
  ["gpu-toolkit", { gpus: [] }, true, { gpuToolkit: false }],
  ["secret-known", { secrets: [secret] }, true],
  ["secret-known", { secrets: [secret] }, false, { secretState: () => "unknown" }],
  ["secret-strength", { secrets: [secret] }, true],
  ["secret-strength", { secrets: [secret] }, false, { secretState: () => "weak" }],
  ["name-free", { name: "llm" }, true, { namesTaken: ["other"] }],
  ["name-free", { name: "llm" }, false, { namesTaken: ["llm"] }],
];

function findingOf(rule: string, spec: LaunchSpec, context: Partial<HardeningContext> = {}): Finding {
  const found = judge(spec, { ...unknownContext, ...context }, today).findings.find((each) => each.rule === rule);
  if (found === undefined) throw new Error(`no rule ${rule}`);
  return found;
}

describe("rules", () => {
  test.each(rows)("%s %j → passes: %s", (rule, change, pass, context) => {
    expect(findingOf(rule, hardSpec(change), context).status).toBe(pass ? "pass" : "fail");
  });

  test("each rule that a spec can break has a row both ways", () => {
    // These judge what a spec cannot say; inspected containers break them in inspected.test.ts.
    const beyondSpecs = new Set([
      "apparmor",
      "host-namespaces",
      "kernel-paths",
      "host-devices",
      "core-dumps",
      "mount-propagation",
      "tmpfs-sized",
    ]);
    for (const { id } of rules.filter((rule) => !beyondSpecs.has(rule.id))) {
      const outcomes = new Set(rows.filter(([rule]) => rule === id).map(([, , pass]) => pass));
      expect([id, outcomes.has(true), outcomes.has(false)]).toEqual([id, true, true]);
    }
  });

  test("ids are unique, and each rule names its sources", () => {
    expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length);
    for (const { sources } of rules) expect(sources.length).toBeGreaterThan(0);
  });

  test("details never hold the value of a setting", () => {
    const value = `hf_${"aB3".repeat(12)}`;
    const judged = judge(hardSpec({ env: { TOKEN: value }, command: [value] }), unknownContext, today);
    expect(JSON.stringify(judged)).not.toContain(value);
    expect(judged.findings.find(({ rule }) => rule === "env-secrets")?.details).toEqual({ names: "TOKEN" });
  });
});
