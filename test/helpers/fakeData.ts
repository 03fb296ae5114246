/** Canned data of every kind that the contract knows. */
import type {
  AppInfo,
  AuditKey,
  AuditReport,
  AuditRowView,
  ConfiguredHosts,
  ContainerDetailView,
  DiagnosisStep,
  Finding,
  Gpu,
  GpuSample,
  HostDetail,
  HostRoute,
  KeychainStateView,
  LaunchSpec,
  LaunchView,
  LogFilter,
  LogHead,
  LogLine,
  Plan,
  PracticeState,
  Proof,
  SecretRow,
  Template,
} from "../../electron/contract/index.ts";
import { packLines } from "../../electron/contract/logColumns.ts";
import type { FakeImplementer } from "./fakeClient.ts";

const minute = 60_000;
const hour = 60 * minute;
const now = Date.now();
const gib = 2 ** 30;

export const info: AppInfo = {
  version: "0.1.0",
  door: "browser",
  platform: "linux x64",
  runtime: "Node.js 20.20.2",
  dataFolder: "/home/anna/.local/share/gatehouse",
  sshCiphers: "native",
  setAside: [{ file: "hosts.json.2026-11-20", reason: "Unexpected end of JSON input" }],
};

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

function never(): never {
  throw new Error("unreachable");
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

const finding = (
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

const allPass = [
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

const swap = (findings: readonly Finding[], changed: Finding): Finding[] => [
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

const command =
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

const spec: Template["spec"] = {
  template: "chat-echo",
  environment: "development",
  image: "gatehouse/inference-server:1",
  command: [],
  env: {},
  gpus: [],
  secrets: [],
  user: "10001:10001",
  readOnlyRoot: true,
  noNewPrivileges: true,
  privileged: false,
  init: true,
  seccomp: "default",
  capAdd: [],
  memoryBytes: gib,
  cpus: 1,
  pidsLimit: 128,
  shmBytes: 64 * 2 ** 20,
  tmpfs: [{ path: "/tmp", sizeBytes: 64 * 2 ** 20, exec: false }],
  mounts: [],
  network: "isolated",
  publish: [],
  restart: "on-failure",
  logMaxMiB: 10,
  logFiles: 3,
  model: { backend: "echo", engineParams: {} },
  relaxations: [],
};

export function templates(): Template[] {
  const make = (id: string, kind: Template["kind"], gpu: Template["gpu"], practiceOnly = false): Template => ({
    id,
    kind,
    gpu,
    practiceOnly,
    wants: kind === "chat" ? ["HF_TOKEN"] : [],
    delivery: ["memory", "file"],
    spec: { ...spec, template: id },
  });
  return [
    make("chat-echo", "chat", "optional"),
    make("classifier-onnx", "infer", "optional"),
    make("leaky", "chat", "optional", true),
    make("plain", "none", "optional"),
    make("vllm", "chat", "required"),
  ];
}

export function plan(input: LaunchSpec): Plan {
  const relaxed = (rule: string) => input.relaxations.find((one) => one.rule === rule) ?? null;
  const judge = (
    rule: string,
    severity: Finding["severity"],
    bad: boolean,
    field: string,
    details: Finding["details"] = {},
  ): Finding => ({
    ...finding(rule, severity, bad ? (relaxed(rule) ? "relaxed" : "fail") : "pass", details),
    fields: [field],
    relaxation: bad ? relaxed(rule) : null,
  });
  const findings = [
    judge("read-only-root", "high", !input.readOnlyRoot, "readOnlyRoot"),
    judge("not-privileged", "critical", input.privileged, "privileged"),
    judge("memory-limit", "medium", input.memoryBytes === null, "memoryBytes"),
    judge("image-digest", "medium", !input.image.includes("@"), "image", { image: input.image }),
    judge("user", "high", input.user.startsWith("0") || input.user === "root", "user", { user: input.user }),
  ].reduce(swap, allPass);
  const failing = findings.filter((one) => one.status !== "pass");
  return {
    findings,
    score: Math.max(0, 100 - failing.length * 7),
    allowed: !failing.some((one) => one.status === "fail" && (one.severity === "critical" || one.severity === "high")),
    command: command.replace("--name chat", `--name ${input.name}`),
    createBody: JSON.stringify(
      { Image: input.image, User: input.user, HostConfig: { ReadonlyRootfs: input.readOnlyRoot, CapDrop: ["ALL"] } },
      null,
      2,
    ),
  };
}

export function launch(state: "done" | "failed" | "running"): LaunchView {
  const ids = ["judge", "check", "secrets", "network", "create", "start", "ready", "inject", "load", "prove"] as const;
  const at = state === "done" ? 10 : state === "failed" ? 6 : 7;
  const notes = [
    "score: 100",
    "GPU 0 free, 812 GiB on disk",
    "1 secret",
    "gatehouse-chat, internal",
    "4be5a1c2d3e4",
    "pid 41723",
    "HTTP 200 after 1.2 s",
    "with-the-model",
    "echo",
    "traces: 0 7",
  ];
  return {
    id: `launch-${state}`,
    hostId: "orion",
    hostName: "orion",
    name: state === "failed" ? "chat-2" : "chat",
    simulated: true,
    state,
    startedAt: now - (state === "running" ? 9000 : 12 * minute),
    steps: ids.map((id, index) => ({
      id,
      state:
        index < at
          ? state === "failed" && index > 2
            ? "undone"
            : "done"
          : index === at
            ? state === "failed"
              ? "failed"
              : "running"
            : "waiting",
      startedAt: index <= at ? now - 5000 : null,
      durationMs:
        index < at || (state === "failed" && index === at)
          ? ([3, 184, 12, 231, 402, 318, 1240, 44, 92, 412][index] ?? 0)
          : null,
      note: index <= at ? (notes[index] ?? "") : "",
    })),
    containerId: state === "done" ? "a".repeat(12) : null,
    problem:
      state === "failed"
        ? {
            code: "CONTAINER_DIED",
            details: { name: "chat-2", exitCode: 1, lastLines: "Error: cannot find module '/app/backend.mjs'" },
          }
        : null,
    leftBehind: [],
    warnings: [],
    proof: state === "done" ? proof() : null,
  };
}

export function secrets(): SecretRow[] {
  const row = (environment: string, name: string, more: Partial<SecretRow> = {}): SecretRow => ({
    environment,
    name,
    version: 1,
    createdAt: now - 40 * 24 * hour,
    updatedAt: now - 40 * 24 * hour,
    store: "keychain",
    weak: false,
    usedBy: [],
    ...more,
  });
  const use = (containerName: string, version: number, current: boolean) => ({
    hostId: "orion",
    hostName: "orion",
    containerId: "a".repeat(12),
    containerName,
    version,
    current,
  });
  return [
    row("development", "HF_TOKEN"),
    row("staging", "HF_TOKEN", {
      version: 3,
      updatedAt: now - 2 * hour,
      usedBy: [use("chat", 3, true), use("leaky", 2, false)],
    }),
    row("staging", "WANDB_API_KEY", { updatedAt: now - 200 * 24 * hour }),
    row("staging", "TLS_BUNDLE", { store: "sealed", updatedAt: now - 5 * 24 * hour }),
    row("production", "HF_TOKEN", { version: 7, updatedAt: now - 12 * 24 * hour, usedBy: [use("ranker-v4", 7, true)] }),
    row("production", "PIN", { weak: true }),
  ];
}

export function keychain(kind: "keychain" | "unset" | "locked"): KeychainStateView {
  if (kind === "keychain")
    return { mode: "keychain", locked: false, backend: "Secret Service", reason: null, vaultExists: false };
  if (kind === "locked")
    return { mode: "vault", locked: true, backend: "Secret Service", reason: "no D-Bus session", vaultExists: true };
  return {
    mode: "unset",
    locked: false,
    backend: "Secret Service",
    reason: "no D-Bus session was found",
    vaultExists: false,
  };
}

const texts: readonly (readonly [LogLine["level"], LogLine["stream"], string])[] = [
  [
    "info",
    "stdout",
    '{"event":"request","method":"POST","path":"/v1/chat/completions","status":200,"ms":41,"client":"10.0.0.0/24"}',
  ],
  ["debug", "stdout", "kv-cache: 412 of 2048 blocks in use"],
  ["info", "stdout", "Set environment variable: HF_TOKEN=********"],
  ["warn", "stderr", "canary: HF_TOKEN=[secret:HF_TOKEN] was printed on purpose"],
  ["info", "stdout", "модель загружена за 92 мс, токенизатор готов"],
  [
    "error",
    "stderr",
    "tokenizer: unexpected end of file in /models/merges.txt; using the slow path for this request and for all that follow until the file is replaced",
  ],
  [null, "stdout", "    at Tokenizer.load (/app/inference-server.mjs:812:17)"],
];

const total = 4812;
const skipped = 1240;
const lineAt = (index: number): LogLine => {
  const [level, stream, text] = texts[(Math.imul(index, 0x9e37_79b1) >>> 9) % texts.length] ?? ["info", "stdout", ""];
  return {
    ...{ index, row: index, source: 0, folded: 0, part: false },
    ...{ at: now - (total - index) * 230, stream, level, text },
  };
};

export function fakeOffers() {
  return {
    units: [
      { name: "docker.service", running: true },
      { name: "nvidia-persistenced.service", running: true },
      { name: "apt-daily.service", running: false },
    ],
    unitsProblem: null,
    files: [
      { path: "/var/log/syslog", bytes: 81_000, changed: now },
      { path: "/var/log/nginx/access.log", bytes: 4_812_000, changed: now - 40_000 },
    ],
  };
}

export function logHandlers(
  os: FakeImplementer,
  stream: <T>(items: readonly T[], everyMs?: number, signal?: AbortSignal) => AsyncGenerator<T>,
) {
  /** Indices of the lines that fit, as far as the tests look. */
  const rowsOf = (filter: LogFilter | undefined): number[] =>
    Array.from({ length: total - skipped }, (_, at) => at + skipped).filter((index) => {
      const line = lineAt(index);
      const { text = "", levels = [] } = filter ?? {};
      const fits = levels.length === 0 || (line.level !== null && levels.includes(line.level));
      return fits && line.text.toLowerCase().includes(text.toLowerCase());
    });
  const filtered = (filter: LogFilter | undefined) =>
    filter !== undefined && ((filter.text ?? "") !== "" || (filter.levels ?? []).length > 0);
  const rowsHead = (filter: LogFilter | undefined, next: number): LogHead["rows"] =>
    filtered(filter)
      ? { first: 0, next: rowsOf(filter).length, searchedTo: next }
      : { first: skipped, next, searchedTo: next };
  const head = (next: number, filter: LogFilter | undefined): LogHead => ({
    first: skipped,
    next,
    skipped,
    state: "live",
    problem: null,
    sources: [
      {
        ref: { kind: "container", hostId: "orion", containerId: "c0ffee".repeat(10) },
        name: "chat",
        hostName: "orion",
        simulated: false,
        state: "live",
        problem: null,
        lines: next,
      },
    ],
    rows: rowsHead(filter, next),
    levels: { none: 510, debug: 510, info: 1531, warn: 510, error: 511 },
    held: { memory: 1_400_000, disk: 0, pinned: false },
    marks: [],
    masked: [{ name: "HF_TOKEN", count: 14 }],
    detected: [{ kind: "jwt", count: 3 }],
    unchecked: 0,
  });
  return {
    open: os.logs.open.handler(() => ({ bufferId: "buffer" })),
    offers: os.logs.offers.handler(() => fakeOffers()),
    watch: os.logs.watch.handler(({ input, signal }) =>
      stream(
        Array.from({ length: 600 }, (_, step) => head(total + step, input.filter)),
        300,
        signal,
      ),
    ),
    window: os.logs.window.handler(({ input }) => {
      const { first, next } = rowsHead(input.filter, total);
      if (!filtered(input.filter)) {
        return {
          first,
          next,
          lines: packLines(Array.from({ length: input.count }, (_, at) => lineAt(input.from + at))),
        };
      }
      const found = rowsOf(input.filter).slice(input.from, input.from + input.count);
      return { first, next, lines: packLines(found.map((index, at) => ({ ...lineAt(index), row: input.from + at }))) };
    }),
    locate: os.logs.locate.handler(({ input }) =>
      input.target.by === "index" ? { row: input.target.index, index: input.target.index, exact: true } : null,
    ),
    density: os.logs.density.handler(({ input }) => {
      const from = now - (total - skipped) * 230;
      const stepMs = Math.ceil((now - from) / input.buckets);
      const buckets = Array.from({ length: input.buckets }, (_, at) => {
        const lines = 10 + ((at * 7) % 13);
        return { at: from + at * stepMs, lines, warn: at % 5, error: at % 9 === 0 ? 3 : 0, rows: lines };
      });
      return { from, to: now, stepMs, buckets };
    }),
    line: os.logs.line.handler(({ input }) => ({
      line: lineAt(input.index),
      fields: null,
      access: null,
      related: [],
      parts: [],
      digest: "digest",
    })),
    mark: os.logs.mark.handler(() => ({})),
    unmark: os.logs.unmark.handler(() => ({})),
    save: os.logs.save.handler(async function* () {
      yield { kind: "rows" as const, text: "…\n", done: 1, total: 1 };
      yield { kind: "end" as const, fileName: "chat.log", head: "", lines: 1, left: 0 };
    }),
    pin: os.logs.pin.handler(() => ({})),
    kept: os.logs.kept.handler(() => ({ logs: [] })),
    dropKept: os.logs.dropKept.handler(() => ({})),
    close: os.logs.close.handler(() => ({})),
  };
}

export function auditPage() {
  const actions: readonly (readonly [string, string, string, AuditRowView["outcome"], string | null])[] = [
    ["container.launch", "orion/chat", "DOCKER POST /containers/create", "success", null],
    ["secret.put", "staging/HF_TOKEN", "KEYCHAIN set gatehouse/staging", "success", null],
    ["container.remove", "orion/old-chat", "DOCKER DELETE /containers/{id}", "success", null],
    ["host.connect", "vega", "SSH connect 10.0.3.7:22", "failure", "HOST_UNREACHABLE"],
    ["container.launch", "orion/chat-2", "DOCKER POST /containers/create", "cancelled", "CANCELLED"],
    ["secret.reveal", "production/HF_TOKEN", "KEYCHAIN get gatehouse/production", "denied", "REASON_REQUIRED"],
    ["inference.chat", "orion/chat", "HTTP POST /v1/chat/completions", "success", null],
  ];
  const rows: AuditRowView[] = Array.from({ length: 60 }, (_, index) => {
    const [action, target, operation, outcome, errorCode] = actions[index % actions.length] ?? never();
    const [method = "", ...path] = operation.split(" ");
    return {
      seq: 1204 - index,
      requestId: `0193-${index}`,
      at: now - index * 97_000,
      actor: "anna",
      action,
      target,
      method,
      path: path.join(" "),
      query: {},
      outcome,
      errorCode,
      severity: action.startsWith("inference") ? "low" : "high",
      durationMs: 12 + index * 31,
      clientIp: "127.0.0.0/24",
      hash: "9f2c41d07be3a55e".repeat(4),
    };
  });
  return { rows, total: 1204, more: true, newest: now };
}

/** The example of RFC 8410. */
export const auditKey: AuditKey = {
  fingerprint: "SHA256:oekVYFTgT6yJmunydRMs3Ael28TqLCrTof/G4NJTaB8",
  pem: "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n",
};

export const report: AuditReport = {
  verdict: "whole",
  records: 1204,
  segments: 2,
  checkpoints: 12,
  firstAt: now - 30 * 24 * hour,
  lastAt: now,
  damage: [],
  unchecked: [],
  durationMs: 38,
};

export function practice(running: boolean): PracticeState {
  return {
    running,
    hosts: running
      ? [
          {
            hostId: "orion",
            name: "orion",
            note: "Healthy: two H100, current engine, GPU toolkit. One container on it was started carelessly.",
            faults: [],
          },
          { hostId: "lyra", name: "lyra", note: "An old engine and no GPU toolkit.", faults: ["link-slow"] },
        ]
      : [],
  };
}
