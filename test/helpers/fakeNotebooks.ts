/** Notebook servers in every state, for looking at the screen. */
import type { NotebookKernel, NotebookRow } from "../../electron/contract/index.ts";

const now = Date.now();
const ago = (seconds: number) => now - seconds * 1000;

function row(id: string, more: Partial<NotebookRow>): NotebookRow {
  return {
    id,
    hostId: "orion",
    host: { name: "orion", environment: "development", simulated: false },
    place: { kind: "host" },
    port: 8888,
    socket: "",
    tls: null,
    basePath: "/",
    folder: "/home/anna/diffusion",
    version: "2.14.2",
    program: "server",
    login: "key",
    ours: false,
    running: true,
    findings: [],
    activity: { kernels: 2, connections: 1, lastAt: ago(40), startedAt: ago(90_000) },
    idle: false,
    problem: null,
    local: null,
    ...more,
  };
}

export function fakeNotebooks(): NotebookRow[] {
  return [
    row("n1", { ours: true, local: { port: 21_888, state: { light: "healthy", since: ago(600) } } }),
    row("n2", {
      port: 8890,
      folder: "/data/eval",
      activity: { kernels: 3, connections: 0, lastAt: ago(40_000), startedAt: ago(200_000) },
      idle: true,
      findings: [{ id: "two-logins", severity: "medium", at: "8890" }],
      login: "both",
    }),
    row("n3", {
      port: 8889,
      folder: "/root",
      version: "",
      program: "notebook",
      login: "none",
      findings: [
        { id: "listens-everywhere", severity: "critical", at: "0.0.0.0:8889" },
        { id: "no-login", severity: "critical", at: "8889" },
        { id: "runs-as-root", severity: "high", at: "root" },
      ],
    }),
    row("n4", {
      place: { kind: "container", containerId: "c".repeat(64), name: "lab-anna" },
      folder: "/home/jovyan",
      login: "typed",
      activity: null,
      local: {
        port: 21_889,
        state: {
          light: "service-down",
          since: ago(12),
          why: { code: "NOTEBOOK_DOWN", details: { reason: "Connection refused" } },
        },
      },
    }),
  ];
}

export function fakeKernels(): NotebookKernel[] {
  const kernel = {
    id: "9ff32604-6204-4eaa-9295-de945e57085e",
    name: "python3",
    state: "busy",
    lastAt: ago(3),
    connections: 1,
    paths: ["train.ipynb"],
    memoryBytes: 3_400_000_000,
    gpuMemoryBytes: 18_200_000_000,
  };
  return [
    kernel,
    {
      ...kernel,
      id: "2",
      state: "idle",
      lastAt: ago(8_000),
      paths: ["plots.ipynb"],
      memoryBytes: 210_000_000,
      gpuMemoryBytes: null,
    },
  ];
}
