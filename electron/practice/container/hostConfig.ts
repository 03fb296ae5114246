import type { HostSpec } from "../hostSpecs.ts";
import type { CreateBody } from "./body.ts";
import type { HostConfig } from "./types.ts";

/** What `inspect` shows for settings that were not given, in the order of the engine's own answer. */
const hostDefaults: Record<string, unknown> = {
  Binds: null,
  ContainerIDFile: "",
  LogConfig: { Type: "json-file", Config: {} },
  NetworkMode: "bridge",
  PortBindings: null,
  RestartPolicy: { Name: "", MaximumRetryCount: 0 },
  AutoRemove: false,
  VolumeDriver: "",
  VolumesFrom: null,
  ConsoleSize: [0, 0],
  CapAdd: null,
  CapDrop: null,
  CgroupnsMode: "",
  Dns: null,
  DnsOptions: null,
  DnsSearch: null,
  ExtraHosts: null,
  GroupAdd: null,
  IpcMode: "private",
  Cgroup: "",
  Links: null,
  OomScoreAdj: 0,
  PidMode: "",
  Privileged: false,
  PublishAllPorts: false,
  ReadonlyRootfs: false,
  SecurityOpt: null,
  UTSMode: "",
  UsernsMode: "",
  ShmSize: 67_108_864,
  Runtime: "runc",
  Isolation: "",
  CpuShares: 0,
  Memory: 0,
  NanoCpus: 0,
  CgroupParent: "",
  BlkioWeight: 0,
  BlkioWeightDevice: null,
  BlkioDeviceReadBps: null,
  BlkioDeviceWriteBps: null,
  BlkioDeviceReadIOps: null,
  BlkioDeviceWriteIOps: null,
  CpuPeriod: 0,
  CpuQuota: 0,
  CpuRealtimePeriod: 0,
  CpuRealtimeRuntime: 0,
  CpusetCpus: "",
  CpusetMems: "",
  Devices: null,
  DeviceCgroupRules: null,
  DeviceRequests: null,
  MemoryReservation: 0,
  MemorySwap: 0,
  MemorySwappiness: null,
  OomKillDisable: null,
  PidsLimit: null,
  Ulimits: null,
  CpuCount: 0,
  CpuPercent: 0,
  IOMaximumIOps: 0,
  IOMaximumBandwidth: 0,
  MaskedPaths: [
    "/proc/asound",
    "/proc/acpi",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/sys/firmware",
  ],
  ReadonlyPaths: ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
};
/** Shown only when given. */
const optionalHostFields = ["Annotations", "Init", "Mounts", "StorageOpt", "Sysctls", "Tmpfs", "KernelMemoryTCP"];

/** `HostConfig` as `inspect` shows it: defaults under what was given, unknown fields dropped, swap derived. */
export function shownHostConfig(body: CreateBody, engine: HostSpec["engine"]): Record<string, unknown> {
  const given = body.HostConfig ?? {};
  const { cgroupVersion } = engine;
  // Before version 25 what was left open stayed open in what is shown.
  const older = Number(engine.apiVersion.split(".")[1]) < 44;
  const shown: Record<string, unknown> = {};
  for (const [name, fallback] of Object.entries(hostDefaults)) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    shown[name] = value === undefined || (value === null && fallback !== null) ? fallback : value;
  }
  for (const name of optionalHostFields) {
    if (Object.hasOwn(given, name) && given[name] !== null && given[name] !== undefined) shown[name] = given[name];
  }
  if (Array.isArray(shown.DeviceRequests)) {
    const unset = { Driver: "", Count: 0, DeviceIDs: null, Capabilities: null, Options: null };
    shown.DeviceRequests = shown.DeviceRequests.map((request: object) => ({ ...unset, ...request }));
  }
  // Clients in Go send zero values for what was not given.
  if (shown.CgroupnsMode === "") shown.CgroupnsMode = cgroupVersion === "2" ? "private" : "host";
  if (shown.IpcMode === "") shown.IpcMode = "private";
  if (shown.ShmSize === 0) shown.ShmSize = hostDefaults.ShmSize;
  if (shown.PidsLimit === 0 || shown.PidsLimit === -1) shown.PidsLimit = null;
  if (shown.MemorySwappiness === -1 || cgroupVersion === "2") shown.MemorySwappiness = null;
  shown.OomKillDisable = cgroupVersion === "2" ? null : shown.OomKillDisable === true;
  if (older && !body.HostConfig) delete shown.Runtime;
  // A null list means "the defaults", an empty one "none": the difference is a protection lost.
  for (const name of ["MaskedPaths", "ReadonlyPaths"]) if (given.Privileged === true) shown[name] = null;
  const memory = Number(shown.Memory);
  if (memory > 0 && Number(shown.MemorySwap) === 0) shown.MemorySwap = memory * 2;
  if (["default", "bridge", ""].includes(String(shown.NetworkMode)) && given.NetworkMode !== "bridge") {
    shown.NetworkMode = older ? "default" : "bridge";
  }
  if (given.Privileged === true && shown.SecurityOpt === null) shown.SecurityOpt = ["label=disable"];
  if (shown.LogConfig !== null && typeof shown.LogConfig === "object" && !Reflect.get(shown.LogConfig, "Type")) {
    shown.LogConfig = { ...shown.LogConfig, Type: "json-file" };
  }
  const policy = shown.RestartPolicy as { Name: string; MaximumRetryCount: number };
  shown.RestartPolicy = { Name: policy.Name || (older ? "" : "no"), MaximumRetryCount: policy.MaximumRetryCount };
  return shown;
}

/** The same with every field that the simulation acts upon in place. */
export function effectiveHostConfig(shown: Record<string, unknown>): HostConfig {
  const policy = shown.RestartPolicy as HostConfig["RestartPolicy"];
  const list = (name: string) => (shown[name] ?? []) as string[];
  const requests = (shown.DeviceRequests ?? []) as Partial<HostConfig["DeviceRequests"][number]>[];
  return {
    ...shown,
    NetworkMode: shown.NetworkMode === "default" ? "bridge" : String(shown.NetworkMode),
    PortBindings: (shown.PortBindings ?? {}) as HostConfig["PortBindings"],
    RestartPolicy: { ...policy, Name: policy.Name || "no" },
    Runtime: shown.Runtime ?? "runc",
    AutoRemove: shown.AutoRemove === true,
    ReadonlyRootfs: shown.ReadonlyRootfs === true,
    Privileged: shown.Privileged === true,
    Init: shown.Init === true,
    CapAdd: list("CapAdd"),
    CapDrop: list("CapDrop"),
    SecurityOpt: list("SecurityOpt"),
    Tmpfs: (shown.Tmpfs ?? {}) as Record<string, string>,
    Mounts: ((shown.Mounts ?? []) as Partial<HostConfig["Mounts"][number]>[]).map((mount) => ({
      Type: mount.Type ?? "bind",
      Source: mount.Source ?? "",
      Target: mount.Target ?? "",
      ReadOnly: mount.ReadOnly === true,
    })),
    Binds: list("Binds"),
    DeviceRequests: requests.map((request) => ({
      Driver: request.Driver ?? "",
      Count: request.Count ?? 0,
      DeviceIDs: request.DeviceIDs ?? null,
      Capabilities: request.Capabilities ?? [],
      Options: request.Options ?? {},
    })),
    Memory: Number(shown.Memory),
    LogConfig: shown.LogConfig as HostConfig["LogConfig"],
  };
}
