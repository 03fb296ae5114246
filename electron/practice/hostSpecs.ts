import type { GpuSpec } from "./machine/gpus.ts";

/** A container that is there when the fleet starts. */
export interface Resident {
  name: string;
  /** Body of `POST /containers/create`, but for what is random. */
  body: Record<string, unknown>;
  /** Runs from the start, or has ended with this status some time ago. */
  state: "running" | { exited: number; hoursAgo: number; lines: readonly string[] };
  /** Give it a random `AUTH_TOKEN` in its environment, as people do who have not met the console. */
  tokenInEnvironment?: boolean;
}

export interface HostSpec {
  id: string;
  note: string;
  engine: {
    version: string;
    apiVersion: string;
    minApiVersion: string;
    gitCommit: string;
    goVersion: string;
    buildTime: string;
    containerd: string;
    runc: string;
    cgroupVersion: "1" | "2";
    /** The NVIDIA container toolkit is installed. */
    gpuToolkit: boolean;
    /** It warns that memory limits do not cover swap. */
    noSwapLimit: boolean;
  };
  kernel: string;
  cpus: number;
  memoryBytes: number;
  disk: { totalBytes: number; usedBytes: number };
  /** Days since it was booted. */
  upDays: number;
  driverVersion: string;
  gpus: readonly GpuSpec[];
  sshd: { passwords: boolean; rootLogin: "no" | "yes" | "without-password"; sudo: boolean };
  /** Goes offline by itself: every `everyMs`, for `forMs`. */
  flaps: { everyMs: number; forMs: number } | null;
  residents: readonly Resident[];
  /** Jupyter servers of the user, started in `folder` with these arguments. */
  notebooks: readonly { program: "lab" | "notebook" | "server"; folder: string; args: readonly string[] }[];
}

const GiB = 1024 ** 3;

const h100 = (index: number, uuid: string, busId: string): GpuSpec => ({
  index,
  uuid,
  name: "NVIDIA H100 80GB HBM3 (simulated)",
  busId,
  memoryMiB: 81_559,
  powerLimitWatts: 700,
  idleWatts: 70,
  maxClockMHz: 1_980,
  memoryClockMHz: 2_619,
  computeCapability: "9.0",
  vbios: "96.00.89.00.01",
  serial: `165312301${index}042`,
  pcieGeneration: 5,
  hbm: true,
});

export const hostSpecs: readonly HostSpec[] = [
  {
    id: "orion",
    note: "Healthy: two H100, current engine, GPU toolkit. One container on it was started carelessly.",
    engine: {
      version: "27.5.1",
      apiVersion: "1.47",
      minApiVersion: "1.24",
      gitCommit: "4c9b3b0",
      goVersion: "go1.22.11",
      buildTime: "2025-01-22T13:41:31.000000000+00:00",
      containerd: "1.7.25",
      runc: "1.2.4",
      cgroupVersion: "2",
      gpuToolkit: true,
      noSwapLimit: false,
    },
    kernel: "6.8.0-52-generic",
    cpus: 64,
    memoryBytes: 512 * GiB,
    disk: { totalBytes: 3_500 * GiB, usedBytes: 1_240 * GiB },
    upDays: 41,
    driverVersion: "570.133.20",
    gpus: [
      h100(0, "GPU-6f0c1a52-8f0e-4b0b-9a51-2f1d7c3e0a10", "00000000:1B:00.0"),
      h100(1, "GPU-6f0c1a52-8f0e-4b0b-9a51-2f1d7c3e0a11", "00000000:43:00.0"),
    ],
    sshd: { passwords: false, rootLogin: "no", sudo: true },
    flaps: null,
    notebooks: [
      { program: "lab", folder: "/home/operator/first-steps", args: ["--no-browser", "--ip=127.0.0.1", "--port=8888"] },
    ],
    residents: [
      {
        name: "embedder",
        state: "running",
        tokenInEnvironment: true,
        body: {
          Image: "gatehouse/inference-server:1",
          User: "0:0",
          // The key comes by the environment, as it did before there was a file for it.
          Env: ["AUTH_TOKEN_FILE="],
          Labels: { simulated: "true", team: "search" },
          HostConfig: {
            PortBindings: { "8000/tcp": [{ HostIp: "0.0.0.0", HostPort: "8081" }] },
            DeviceRequests: [{ Driver: "nvidia", DeviceIDs: ["1"], Capabilities: [["gpu"]] }],
            RestartPolicy: { Name: "always" },
          },
        },
      },
    ],
  },
  {
    id: "vega",
    note: "An old engine, and no GPU toolkit although there is a GPU.",
    engine: {
      version: "20.10.24+dfsg1",
      apiVersion: "1.41",
      minApiVersion: "1.12",
      gitCommit: "5d6db84",
      goVersion: "go1.19.8",
      buildTime: "2023-05-18T08:38:34.000000000+00:00",
      containerd: "1.6.20~ds1",
      runc: "1.1.5+ds1",
      cgroupVersion: "1",
      gpuToolkit: false,
      noSwapLimit: true,
    },
    kernel: "6.1.0-31-amd64",
    cpus: 8,
    memoryBytes: 62 * GiB,
    disk: { totalBytes: 460 * GiB, usedBytes: 402 * GiB },
    upDays: 203,
    driverVersion: "525.147.05",
    gpus: [
      {
        index: 0,
        uuid: "GPU-2c9f7d44-51c6-43b1-8e0d-64a0cf1be201",
        name: "NVIDIA T4 (simulated)",
        busId: "00000000:00:1E.0",
        memoryMiB: 15_360,
        powerLimitWatts: 70,
        idleWatts: 9,
        maxClockMHz: 1_590,
        memoryClockMHz: 5_000,
        computeCapability: "7.5",
        vbios: "90.04.96.00.A0",
        serial: "1325219004417",
        pcieGeneration: 3,
        hbm: false,
      },
    ],
    sshd: { passwords: true, rootLogin: "yes", sudo: false },
    flaps: null,
    // Started carelessly: reached by everybody, with the key where every user of the host reads it.
    notebooks: [
      {
        program: "server",
        folder: "/home/operator/old-evaluation",
        args: ["--no-browser", "--ip=0.0.0.0", "--port=8890", "--ServerApp.token=letmein-simulated"],
      },
    ],
    residents: [
      {
        name: "batch-classify",
        state: {
          exited: 137,
          hoursAgo: 31,
          lines: [
            "loading weights: 3 of 5 shards",
            "loading weights: 4 of 5 shards",
            "allocating 15,872 MiB of host memory for the cache",
          ],
        },
        body: {
          Image: "gatehouse/inference-server:1",
          Labels: { simulated: "true" },
          HostConfig: { Memory: 8 * GiB },
        },
      },
    ],
  },
  {
    id: "lyra",
    note: "A small host on a bad line: it goes offline for some seconds now and then.",
    engine: {
      version: "29.1.2",
      apiVersion: "1.52",
      minApiVersion: "1.44",
      gitCommit: "de45c2a",
      goVersion: "go1.25.5",
      buildTime: "2025-12-02T21:52:49.000000000+00:00",
      containerd: "2.2.0",
      runc: "1.3.4",
      cgroupVersion: "2",
      gpuToolkit: true,
      noSwapLimit: false,
    },
    kernel: "6.12.48-amd64",
    cpus: 16,
    memoryBytes: 126 * GiB,
    disk: { totalBytes: 930 * GiB, usedBytes: 188 * GiB },
    upDays: 6,
    driverVersion: "580.95.05",
    gpus: [
      {
        index: 0,
        uuid: "GPU-a81d3be7-0c55-47cf-b6a4-9d3b1e77f301",
        name: "NVIDIA L4 (simulated)",
        busId: "00000000:31:00.0",
        memoryMiB: 23_034,
        powerLimitWatts: 72,
        idleWatts: 12,
        maxClockMHz: 2_040,
        memoryClockMHz: 6_251,
        computeCapability: "8.9",
        vbios: "95.04.65.00.0A",
        serial: "1655923002213",
        pcieGeneration: 4,
        hbm: false,
      },
    ],
    sshd: { passwords: false, rootLogin: "without-password", sudo: true },
    flaps: { everyMs: 45_000, forMs: 8_000 },
    notebooks: [],
    residents: [],
  },
];
