import type { LaunchSpec } from "../../electron/contract/containers.ts";

/** A spec that every rule passes. */
export function hardSpec(changes: Partial<LaunchSpec> = {}): LaunchSpec {
  return {
    hostId: "gpu-1",
    name: "llm",
    template: "chat-echo",
    environment: "production",
    image: `registry.example/llm@sha256:${"ab".repeat(32)}`,
    command: [],
    env: { LOG_LEVEL: "info" },
    gpus: [],
    secrets: [],
    user: "10001:10001",
    readOnlyRoot: true,
    noNewPrivileges: true,
    privileged: false,
    init: true,
    seccomp: "default",
    capAdd: [],
    memoryBytes: 2 ** 30,
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
    ...changes,
  };
}
