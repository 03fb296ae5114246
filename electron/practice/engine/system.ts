import type { HostSpec } from "../hostSpecs.ts";
import { type Route, route } from "./router.ts";

export const practiceOs = "Gatehouse practice (simulated)";

export interface SystemOptions {
  spec: HostSpec;
  now(): number;
  counts(): { running: number; stopped: number; images: number };
  engineId: string;
}

/** `/_ping`, `/version`, `/info` and the calls that a plain engine refuses. */
export function systemRoutes(options: SystemOptions): Route[] {
  return [
    route("GET", "/_ping", (_request, reply) => reply.text(200, "OK")),
    route("GET", "/version", (_request, reply) => reply.json(200, version(options.spec))),
    route("GET", "/info", (_request, reply) => reply.json(200, info(options))),
    route("GET", "/volumes", (_request, reply) => reply.json(200, { Volumes: [], Warnings: null })),
    route("POST", "/auth", (_request, reply) => reply.json(200, { Status: "Login Succeeded", IdentityToken: "" })),
    ...["/swarm", "/nodes", "/services", "/secrets", "/configs", "/tasks"].map((path) =>
      route("GET", path, (_request, reply) =>
        reply.json(503, {
          message:
            'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.',
        }),
      ),
    ),
  ];
}

function version({ engine, kernel }: HostSpec): unknown {
  return {
    Platform: { Name: practiceOs },
    Components: [
      {
        Name: "Engine",
        Version: engine.version,
        Details: {
          ApiVersion: engine.apiVersion,
          Arch: "amd64",
          BuildTime: engine.buildTime,
          Experimental: "false",
          GitCommit: engine.gitCommit,
          GoVersion: engine.goVersion,
          KernelVersion: kernel,
          MinAPIVersion: engine.minApiVersion,
          Os: "linux",
        },
      },
      { Name: "containerd", Version: engine.containerd, Details: { GitCommit: "" } },
      { Name: "runc", Version: engine.runc, Details: { GitCommit: "" } },
    ],
    Version: engine.version,
    ApiVersion: engine.apiVersion,
    MinAPIVersion: engine.minApiVersion,
    GitCommit: engine.gitCommit,
    GoVersion: engine.goVersion,
    Os: "linux",
    Arch: "amd64",
    KernelVersion: kernel,
    BuildTime: engine.buildTime,
  };
}

function commit(id: string, minor: number): Record<string, string> {
  return minor < 49 ? { ID: id, Expected: id } : { ID: id };
}

function info({ spec, now, counts, engineId }: SystemOptions): unknown {
  const { engine } = spec;
  const { running, stopped, images } = counts();
  const runc = { path: "runc" };
  const minor = Number(engine.apiVersion.split(".")[1]);
  return {
    ID: engineId,
    Containers: running + stopped,
    ContainersRunning: running,
    ContainersPaused: 0,
    ContainersStopped: stopped,
    Images: images,
    Driver: "overlay2",
    DriverStatus: [
      ["Backing Filesystem", "extfs"],
      ["Supports d_type", "true"],
      ["Simulated", "true"],
    ],
    Plugins: {
      Volume: ["local"],
      Network: ["bridge", "host", "ipvlan", "macvlan", "null", "overlay"],
      Authorization: null,
      Log: ["awslogs", "fluentd", "gcplogs", "gelf", "journald", "json-file", "local", "splunk", "syslog"],
    },
    MemoryLimit: true,
    SwapLimit: !engine.noSwapLimit,
    ...(minor < 42 ? { KernelMemory: true, KernelMemoryTCP: true } : {}),
    ...(minor < 49 ? { BridgeNfIptables: true, BridgeNfIp6tables: true } : {}),
    CpuCfsPeriod: true,
    CpuCfsQuota: true,
    CPUShares: true,
    CPUSet: true,
    PidsLimit: true,
    IPv4Forwarding: true,
    Debug: false,
    NFd: 40,
    OomKillDisable: engine.cgroupVersion === "1",
    NGoroutines: 60,
    SystemTime: new Date(now()).toISOString(),
    LoggingDriver: "json-file",
    CgroupDriver: engine.cgroupVersion === "2" ? "systemd" : "cgroupfs",
    CgroupVersion: engine.cgroupVersion,
    NEventsListener: 0,
    KernelVersion: spec.kernel,
    OperatingSystem: practiceOs,
    OSVersion: "12",
    OSType: "linux",
    Architecture: "x86_64",
    IndexServerAddress: "https://index.docker.io/v1/",
    RegistryConfig: {
      ...(minor < 48 ? { AllowNondistributableArtifactsCIDRs: [], AllowNondistributableArtifactsHostnames: [] } : {}),
      InsecureRegistryCIDRs: ["127.0.0.0/8"],
      IndexConfigs: { "docker.io": { Name: "docker.io", Mirrors: [], Secure: true, Official: true } },
      Mirrors: [],
    },
    NCPU: spec.cpus,
    MemTotal: spec.memoryBytes,
    GenericResources: null,
    DockerRootDir: "/var/lib/docker",
    HttpProxy: "",
    HttpsProxy: "",
    NoProxy: "",
    Name: spec.id,
    Labels: ["simulated=true"],
    ExperimentalBuild: false,
    ServerVersion: engine.version,
    Runtimes: {
      "io.containerd.runc.v2": runc,
      runc,
      ...(engine.gpuToolkit ? { nvidia: { path: "nvidia-container-runtime" } } : {}),
    },
    DefaultRuntime: "runc",
    Swarm: {
      NodeID: "",
      NodeAddr: "",
      LocalNodeState: "inactive",
      ControlAvailable: false,
      Error: "",
      RemoteManagers: null,
    },
    LiveRestoreEnabled: false,
    Isolation: "",
    InitBinary: "docker-init",
    ContainerdCommit: commit(engine.containerd, minor),
    RuncCommit: commit(engine.runc, minor),
    InitCommit: commit("de40ad0", minor),
    SecurityOptions:
      engine.cgroupVersion === "2"
        ? ["name=apparmor", "name=seccomp,profile=builtin", "name=cgroupns"]
        : ["name=apparmor", "name=seccomp,profile=default"],
    ...(minor >= 44 ? { CDISpecDirs: ["/etc/cdi", "/var/run/cdi"] } : {}),
    ...(minor >= 50 && engine.gpuToolkit
      ? { DiscoveredDevices: spec.gpus.map(({ uuid }) => ({ Source: "cdi", ID: `nvidia.com/gpu=${uuid}` })) }
      : {}),
    Warnings: engine.noSwapLimit ? ["WARNING: No swap limit support"] : null,
  };
}
