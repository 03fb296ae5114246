/** Hosts: what they are, how they are reached, what was found wrong. */
import type {
  ConfiguredHosts,
  DiagnosisStep,
  Gpu,
  GpuSample,
  HostDetail,
  HostRoute,
} from "../../../electron/contract/index.ts";
import { gib, hour, minute, never, now } from "./units.ts";

const gpu = (index: number, more: Partial<Gpu> = {}): Gpu => ({
  index,
  uuid: `GPU-5f1c8a7e-0000-4b1c-9a51-00000000000${index}`,
  name: "NVIDIA H100 80GB HBM3 (simulated)",
  driver: "550.54.15",
  memoryTotalMiB: 81_559,
  memoryUsedMiB: 31_200,
  utilization: 62,
  temperature: 58,
  powerDraw: 412,
  powerLimit: 700,
  fault: null,
  heldBy: [],
  ...more,
});

const base = (id: string): HostDetail => ({
  id,
  kind: "ssh",
  name: id,
  address: "127.0.0.1",
  port: 40_022,
  user: "operator",
  environment: "staging",
  simulated: true,
  link: { phase: "online", since: now - 14 * minute },
  engine: {
    kind: "docker",
    version: "27.5.1",
    apiVersion: "1.47",
    socketPath: "/var/run/docker.sock",
    rootless: false,
    gpuToolkit: true,
    operatingSystem: "Ubuntu 24.04.1 LTS",
    storageDriver: "overlay2",
    warnings: [],
  },
  engineProblem: null,
  gpus: [],
  gpuProblem: null,
  containers: { running: 0, total: 0 },
  auth: { kind: "key", path: "~/.ssh/id_ed25519" },
  config: null,
  jumps: [],
  transport: "auto",
  allowOpenKeys: false,
  socketPath: null,
  facts: {
    hostname: id,
    operatingSystem: "Ubuntu 24.04.1 LTS",
    kernel: "6.8.0-45-generic",
    cpus: 64,
    memoryTotalBytes: 512 * gib,
    memoryAvailableBytes: 301.4 * gib,
    load: 3.42,
    bootedAt: now - 17 * 24 * hour,
    bootId: "6f2c3c1e-8f5f-4d0c-9a39-0c7e5b7d21aa",
    diskFreeBytes: 812 * gib,
    diskTotalBytes: 1843 * gib,
  },
  hostKey: {
    type: "ssh-ed25519",
    fingerprint: "SHA256:2vQm0Jr0Zt7Yg3kPpTg5nqZ4xXw1cS9vJwWm6aR1Xb0",
    source: "pinned",
    firstSeen: now - 30 * 24 * hour,
    lastSeen: now - 14 * minute,
  },
  incident: null,
});

export const configuredHosts: ConfiguredHosts = {
  hosts: [
    {
      name: "gpu-07",
      address: "10.0.7.11",
      user: "ops",
      port: 22,
      via: "bastion",
      source: "~/.ssh/config:12",
      resolvedBy: "ssh",
      notHonoured: ["ciphers aes256-ctr"],
      reason: null,
    },
  ],
  problems: [{ kind: "loop", source: "~/.ssh/config.d/old:3" }],
  truncated: 0,
};

export function diagnosis(): DiagnosisStep[] {
  const step = { where: "ops@10.0.7.11:22", problem: null, fix: null } as const;
  const evidence = [{ what: "addresses", text: "10.0.7.11", reason: "" }] as const;
  return [
    { ...step, id: 1, kind: "name", state: "ok", ms: 3, evidence: [...evidence] },
    {
      ...{ ...step, id: 2, kind: "login", state: "failed", ms: 212 },
      evidence: [{ what: "keySkipped", text: "~/.ssh/id_rsa", reason: "open-permissions" }],
      problem: { code: "AUTH_FAILED", details: { user: "ops", reason: "login-refused" } },
      fix: "ssh-copy-id -p 22 ops@10.0.7.11",
    },
  ];
}

export const routeTo = (hostId: string): HostRoute => ({
  config: hostId,
  resolvedBy: "ssh",
  address: "10.0.7.11",
  port: 22,
  user: "ops",
  hops: [{ address: "bastion.example.net", port: 2222, user: "ops" }],
  proxyCommand: null,
  identityFiles: ["~/.ssh/id_ed25519"],
  notHonoured: ["ciphers aes256-ctr"],
  transport: { by: "system", reason: "certificate" },
  certificates: [
    {
      path: "~/.ssh/id_ed25519-cert.pub",
      keyId: "ops@example.net",
      principals: ["ops"],
      validFrom: now - hour,
      validUntil: now + 7 * hour,
      authority: "ED25519 SHA256:2vQm0Jr0Zt7Yg3kPpTg5nqZ4xXw1cS9vJwWm6aR1Xb0",
      expired: false,
    },
  ],
  allowOpenKeys: false,
  channels: { open: 3, limit: 8, waiting: 1, queue: [{ what: "nvidia-smi", since: now - 2_000 }] },
});

export function hosts(): HostDetail[] {
  return [
    {
      ...base("orion"),
      gpus: [
        gpu(0, { heldBy: [{ containerId: "a".repeat(12), name: "chat" }] }),
        gpu(1, { utilization: 4, memoryUsedMiB: 620, temperature: 34, powerDraw: 71 }),
      ],
      containers: { running: 3, total: 4 },
    },
    {
      ...base("lyra"),
      environment: "development",
      engine: {
        ...(base("lyra").engine ?? never()),
        version: "20.10.24",
        apiVersion: "1.41",
        gpuToolkit: false,
        warnings: ["No swap limit support"],
      },
      gpuProblem: { code: "GPU_RUNTIME_MISSING", details: { host: "lyra" } },
      containers: { running: 1, total: 2 },
    },
    {
      ...base("vega"),
      environment: "production",
      simulated: false,
      address: "10.0.3.7",
      port: 22,
      link: {
        phase: "reconnecting",
        since: now - 42_000,
        attempt: 3,
        reason: { code: "HOST_UNREACHABLE", details: { address: "10.0.3.7", port: 22, reason: "EHOSTUNREACH" } },
      },
      engine: null,
      gpus: [
        gpu(0, { name: "NVIDIA L40S", memoryTotalMiB: 46_068, utilization: 0 }),
        gpu(1, { name: "NVIDIA L40S", fault: "lost" }),
      ],
      containers: { running: 0, total: 0 },
    },
    {
      ...base("cygnus"),
      environment: "production",
      simulated: false,
      address: "gpu-17.ml.example.net",
      port: 22,
      link: {
        phase: "offline",
        since: now - 3 * hour,
        reason: { code: "HOST_KEY_CHANGED", details: { address: "gpu-17.ml.example.net" } },
      },
      engine: null,
      facts: null,
      incident: {
        expected: [
          { type: "ssh-ed25519", fingerprint: "SHA256:2vQm0Jr0Zt7Yg3kPpTg5nqZ4xXw1cS9vJwWm6aR1Xb0", source: "pinned" },
        ],
        presented: { type: "ssh-ed25519", fingerprint: "SHA256:q9cVb3h8Wm2nQ1sYt6Lr0pKdZx5uJ7aEo4iTg2fBv8M" },
        firstSeen: now - 90 * 24 * hour,
        lastSeen: now - 3 * hour,
        lastBoot: {
          id: "1b0ab1b9-5a3f-4b86-a6c0-2c7f6d3f0c55",
          since: now - 41 * 24 * hour,
          readAt: now - 3 * hour,
        },
        rebooted: "unknown",
        detectedAt: now - 3 * hour,
        alsoShownBy: ["vega"],
      },
    },
  ];
}

export function metrics(gpus: readonly Gpu[]): GpuSample[] {
  return Array.from({ length: 60 }, (_, step) => ({
    at: now + step * 2000,
    gpus: gpus.map((one, index) => ({
      ...one,
      utilization: Math.max(
        0,
        Math.min(100, Math.round((one.utilization ?? 0) + 22 * Math.sin(step / 5 + index) + 8 * Math.sin(step * 1.7))),
      ),
      memoryUsedMiB: (one.memoryUsedMiB ?? 0) + (step > 20 ? 4200 : 0),
    })),
  }));
}

export const identities = {
  keys: [
    { path: "~/.ssh/id_ed25519", type: "ssh-ed25519", encrypted: true, problem: null },
    { path: "~/.ssh/id_rsa", type: "ssh-rsa", encrypted: false, problem: "mode 0644 is open to others" },
  ],
  agent: {
    available: true,
    reason: null,
    keys: [
      {
        type: "ssh-ed25519",
        fingerprint: "SHA256:J7aEo4iTg2fBv8Mq9cVb3h8Wm2nQ1sYt6Lr0pKdZx5u",
        comment: "anna@laptop",
      },
    ],
  },
};
