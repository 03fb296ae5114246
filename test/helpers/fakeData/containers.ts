/** Containers, what is wrong with them, and what a proof says. */
import type { ContainerDetailView, Finding, Proof } from "../../../electron/contract/index.ts";
import { gib, hour, minute, now } from "./units.ts";

export const finding = (
  rule: string,
  severity: Finding["severity"],
  status: Finding["status"] = "pass",
  details: Finding["details"] = {},
): Finding => ({
  rule,
  severity,
  status,
  fields: [],
  sources: ["CIS Docker 1.6.0 5.12", "OWASP Docker Security #8"],
  details,
  relaxation:
    status === "relaxed" ? { reason: "The tokenizer writes its cache beside the model", until: "2026-12-20" } : null,
});

export const allPass = [
  "not-privileged critical",
  "user high",
  "capabilities high",
  "no-new-privileges high",
  "seccomp high",
  "engine-socket critical",
  "host-paths critical",
  "secrets-dir critical",
  "read-only-root high",
  "mounts-read-only medium",
  "tmpfs-noexec medium",
  "host-network critical",
  "publish-public critical",
  "network-isolated medium",
  "memory-limit medium",
  "pids-limit medium",
  "log-size medium",
  "env-secrets high",
  "gpu-by-uuid medium",
  "gpu-known high",
  "secret-known high",
  "name-free high",
].map((entry) => {
  const [rule = "", severity = "low"] = entry.split(" ");
  return finding(rule, severity as Finding["severity"]);
});

export const swap = (findings: readonly Finding[], changed: Finding): Finding[] => [
  ...findings.filter((one) => one.rule !== changed.rule),
  changed,
];

export function proof(traces = 0): Proof {
  const places = ["inspect", "environment", "argv", "history", "labels", "files", "logs"] as const;
  return {
    at: now - 4 * minute,
    clean: traces === 0,
    secrets: ["HF_TOKEN"],
    places: places.map((place, index) => ({
      place,
      looked: true,
      note: "",
      bytes: 2048 * (index + 1) ** 2,
      hits: traces > 0 && place === "logs" ? [{ secret: "HF_TOKEN", encoding: "base64" }] : [],
    })),
    durationMs: 412,
  };
}

export const command =
  "docker run -d --name chat --user 10001:10001 --read-only --cap-drop ALL --security-opt no-new-privileges --init --pids-limit 128 --memory 1g --cpus 1 --network gatehouse-chat --tmpfs /tmp:mode=1777,noexec,nosuid,nodev,size=64m --gpus device=GPU-5f1c8a7e-0000-4b1c-9a51-000000000000 gatehouse/inference-server@sha256:4be5… # HF_TOKEN ← keychain:staging/HF_TOKEN (in memory)";

const container = (more: Partial<ContainerDetailView>): ContainerDetailView => ({
  hostId: "orion",
  hostName: "orion",
  environment: "staging",
  simulated: true,
  id: "a".repeat(12),
  name: "chat",
  image: `gatehouse/inference-server@sha256:${"4be5".repeat(16)}`,
  state: "running",
  status: "Up 12 minutes",
  createdAt: now - 12 * minute,
  managed: true,
  template: "chat-echo",
  kind: "chat",
  gpus: [{ uuid: "GPU-5f1c8a7e-0000-4b1c-9a51-000000000000", name: "NVIDIA H100 80GB HBM3 (simulated)" }],
  score: 100,
  worst: null,
  secrets: [
    {
      ref: { environment: "staging", name: "HF_TOKEN", version: 3 },
      delivery: "memory",
      why: "strongest-memory",
      current: true,
    },
  ],
  proof: { at: now - 4 * minute, clean: true, traces: 0 },
  command: ["node", "/app/inference-server.mjs"],
  user: "10001:10001",
  startedAt: now - 12 * minute,
  finishedAt: null,
  exitCode: null,
  health: "healthy",
  restartCount: 0,
  addresses: { "gatehouse-chat": "172.28.0.2" },
  ports: [],
  mounts: [
    { type: "tmpfs", source: "", destination: "/tmp", readOnly: false },
    { type: "bind", source: "/srv/models", destination: "/models", readOnly: true },
  ],
  findings: allPass,
  fullProof: proof(),
  inspect: JSON.stringify(
    {
      Id: "a".repeat(12),
      Name: "/chat",
      Config: { User: "10001:10001", Env: ["AUTH_TOKEN_FILE=/run/secrets/auth_token"] },
      HostConfig: { ReadonlyRootfs: true, CapDrop: ["ALL"] },
    },
    null,
    2,
  ),
  startCommand: command,
  ...more,
});

export function containers(): ContainerDetailView[] {
  const careless = [
    finding("read-only-root", "high", "fail"),
    finding("user", "high", "fail", { user: "root" }),
    finding("publish-public", "critical", "fail", { addresses: "0.0.0.0:8888" }),
    finding("env-secrets", "high", "fail", { names: "API_KEY" }),
  ];
  return [
    container({}),
    container({
      id: "b".repeat(12),
      name: "classifier",
      kind: "infer",
      template: "classifier-onnx",
      gpus: [],
      secrets: [],
      score: 93,
      worst: "medium",
      findings: swap(allPass, finding("mounts-read-only", "medium", "relaxed", { paths: "/models" })),
    }),
    container({
      id: "c".repeat(12),
      name: "notebook-of-petrov",
      managed: false,
      template: null,
      kind: "none",
      image: "jupyter/scipy-notebook:latest",
      score: 31,
      worst: "critical",
      secrets: [],
      proof: null,
      fullProof: null,
      findings: careless.reduce(swap, allPass),
      user: "",
    }),
    container({
      id: "d".repeat(12),
      name: "leaky",
      kind: "chat",
      template: "leaky",
      gpus: [],
      proof: { at: now - hour, clean: false, traces: 1 },
      fullProof: proof(1),
      secrets: [
        {
          ref: { environment: "staging", name: "HF_TOKEN", version: 2 },
          delivery: "file",
          why: "asked",
          current: false,
        },
      ],
    }),
    container({
      id: "e".repeat(12),
      name: "embeddings",
      hostId: "lyra",
      hostName: "lyra",
      environment: "development",
      state: "exited",
      status: "Exited (137) 3 hours ago",
      exitCode: 137,
      finishedAt: now - 3 * hour,
      gpus: [],
      kind: "infer",
      score: 88,
      worst: "medium",
      secrets: [],
      proof: null,
      fullProof: null,
    }),
    container({
      id: "f".repeat(12),
      name: "ranker-v4",
      hostId: "atlas",
      hostName: "atlas",
      environment: "production",
      simulated: false,
      score: 97,
      worst: "low",
      gpus: [{ uuid: "GPU-1", name: "NVIDIA L40S" }],
    }),
  ];
}

export const stats = () =>
  Array.from({ length: 30 }, (_, step) => ({
    at: now + step * 1000,
    cpuPercent: 12 + 9 * Math.sin(step),
    memoryBytes: 412 * 2 ** 20,
    memoryLimitBytes: gib,
    pids: 14,
  }));
