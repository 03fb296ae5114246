import { macOf, type Network } from "../engine/networks.ts";
import { rfc3339 } from "./logs.ts";
import { type Container, commandOf } from "./types.ts";

const never = "0001-01-01T00:00:00Z";

function stamp(ms: number | null): string {
  return ms === null ? never : rfc3339(BigInt(Math.round(ms * 1000)) * 1000n);
}

/** `GET /containers/{id}/json`. */
export function inspectContainer(
  container: Container,
  network: Network | undefined,
  execIds: readonly string[],
  api: number,
): unknown {
  const { config, hostConfig, state, id } = container;
  const argv = commandOf(config);
  return {
    Id: id,
    Created: stamp(container.createdAt),
    Path: argv[0] ?? "",
    Args: argv.slice(1),
    State: shownState(container),
    Image: container.image.id,
    ResolvConfPath: `/var/lib/docker/containers/${id}/resolv.conf`,
    HostnamePath: `/var/lib/docker/containers/${id}/hostname`,
    HostsPath: `/var/lib/docker/containers/${id}/hosts`,
    LogPath: hostConfig.LogConfig.Type === "json-file" ? `/var/lib/docker/containers/${id}/${id}-json.log` : "",
    Name: `/${container.name}`,
    RestartCount: container.restartCount,
    Driver: "overlay2",
    Platform: "linux",
    MountLabel: "",
    ProcessLabel: "",
    AppArmorProfile: state.status === "running" ? "docker-default" : "",
    ExecIDs: execIds.length === 0 ? null : execIds,
    HostConfig: container.shownHost,
    GraphDriver: { Data: overlay(id), Name: "overlay2" },
    Mounts: mountsOf(container),
    Config: shownConfig(container),
    NetworkSettings: networkSettings(container, network, api),
  };
}

function shownState({ state, program }: Container): unknown {
  return {
    Status: state.status,
    Running: state.status === "running" || state.status === "restarting",
    Paused: false,
    Restarting: state.status === "restarting",
    OOMKilled: false,
    Dead: false,
    Pid: program?.pid ?? 0,
    ExitCode: state.exitCode,
    Error: state.error,
    StartedAt: stamp(state.startedAt),
    FinishedAt: stamp(state.finishedAt),
    ...(state.health === null
      ? {}
      : { Health: { Status: state.health, FailingStreak: state.health === "unhealthy" ? 3 : 0, Log: [] } }),
  };
}

function shownConfig({ config }: Container): unknown {
  const { Healthcheck, StopSignal, StopTimeout, ExposedPorts, ...plain } = config;
  return {
    Domainname: "",
    AttachStdin: false,
    AttachStdout: false,
    AttachStderr: false,
    StdinOnce: false,
    OnBuild: null,
    ...plain,
    ...(Object.keys(ExposedPorts).length === 0 ? {} : { ExposedPorts }),
    ...(Healthcheck === null ? {} : { Healthcheck }),
    ...(StopSignal === null ? {} : { StopSignal }),
    ...(StopTimeout === null ? {} : { StopTimeout }),
  };
}

function mountsOf({ hostConfig }: Container): unknown[] {
  const bound = hostConfig.Binds.map((bind) => {
    const [Source = "", Destination = "", mode = ""] = bind.split(":");
    return {
      Type: "bind",
      Source,
      Destination,
      Mode: mode,
      RW: !mode.split(",").includes("ro"),
      Propagation: "rprivate",
    };
  });
  const mounted = hostConfig.Mounts.map((mount) => ({
    Type: mount.Type,
    ...(mount.Type === "volume" ? { Name: mount.Source, Driver: "local" } : {}),
    Source: mount.Type === "volume" ? `/var/lib/docker/volumes/${mount.Source}/_data` : mount.Source,
    Destination: mount.Target,
    Mode: "",
    RW: !mount.ReadOnly,
    Propagation: mount.Type === "bind" ? "rprivate" : "",
  }));
  return [...bound, ...mounted];
}

/** The folders of a layer, as the overlay2 driver names them. */
export function overlay(id: string): Record<string, string> {
  const base = `/var/lib/docker/overlay2/${id}`;
  return {
    LowerDir: `${base}-init/diff`,
    MergedDir: `${base}/merged`,
    UpperDir: `${base}/diff`,
    WorkDir: `${base}/work`,
  };
}

function endpointOf(container: Container, network: Network | undefined, api: number) {
  const running = container.program !== null;
  const address = running ? container.address : "";
  return {
    IPAMConfig: null,
    Links: null,
    Aliases: network?.builtIn === false ? [container.id.slice(0, 12)] : null,
    ...(api < 44 ? {} : { DNSNames: [container.name, container.id.slice(0, 12)] }),
    ...(api < 48 ? {} : { GwPriority: 0 }),
    MacAddress: address === "" ? "" : macOf(address),
    DriverOpts: null,
    NetworkID: network?.id ?? "",
    EndpointID: running ? [...container.id].reverse().join("") : "",
    Gateway: address === "" ? "" : `${network?.prefix ?? ""}.1`,
    IPAddress: address,
    IPPrefixLen: address === "" ? 0 : 24,
    IPv6Gateway: "",
    GlobalIPv6Address: "",
    GlobalIPv6PrefixLen: 0,
  };
}

function networkSettings(container: Container, network: Network | undefined, api: number): unknown {
  const running = container.program !== null;
  const endpoint = endpointOf(container, network, api);
  const { EndpointID, Gateway, IPAddress, IPPrefixLen, MacAddress } = endpoint;
  const none = { EndpointID: "", Gateway: "", IPAddress: "", IPPrefixLen: 0, MacAddress: "" };
  const onBridge = { EndpointID, Gateway, IPAddress, IPPrefixLen, MacAddress };
  // The default bridge's own fields went with API 1.52.
  const older = {
    Bridge: "",
    HairpinMode: false,
    LinkLocalIPv6Address: "",
    LinkLocalIPv6PrefixLen: 0,
    SecondaryIPAddresses: null,
    SecondaryIPv6Addresses: null,
    GlobalIPv6Address: "",
    GlobalIPv6PrefixLen: 0,
    IPv6Gateway: "",
    ...(container.networkName === "bridge" ? onBridge : none),
  };
  return {
    ...(api < 52 ? older : {}),
    SandboxID: running ? container.id : "",
    SandboxKey: running ? `/var/run/docker/netns/${container.id.slice(0, 12)}` : "",
    Ports: running ? shownPorts(container, network) : {},
    Networks: { [container.networkName]: endpoint },
  };
}

function shownPorts(container: Container, network: Network | undefined): Record<string, unknown> {
  // An internal network has no ports at all: the engine drops the bindings without a word.
  if (network?.internal === true) return {};
  const ports: Record<string, { HostIp: string; HostPort: string }[] | null> = {};
  for (const name of Object.keys(container.config.ExposedPorts)) ports[name] = null;
  for (const { port, hostIp, hostPort } of container.published) {
    ports[port] = [...(ports[port] ?? []), { HostIp: hostIp, HostPort: String(hostPort) }];
  }
  return ports;
}

/** A row of `GET /containers/json`. */
export function listRow(container: Container, network: Network | undefined, now: number, api: number): unknown {
  const { config, published } = container;
  const bound = published.map(({ port, hostIp, hostPort }) => ({
    IP: hostIp,
    PrivatePort: Number.parseInt(port, 10),
    PublicPort: hostPort,
    Type: port.split("/")[1] ?? "tcp",
  }));
  const exposed = Object.keys(config.ExposedPorts)
    .filter((name) => !published.some(({ port }) => port === name))
    .map((name) => ({ PrivatePort: Number.parseInt(name, 10), Type: name.split("/")[1] ?? "tcp" }));
  return {
    Id: container.id,
    Names: [`/${container.name}`],
    Image: config.Image,
    ImageID: container.image.id,
    Command: commandOf(config).join(" "),
    Created: Math.floor(container.createdAt / 1000),
    Ports: container.program === null || network?.internal === true ? [] : [...bound, ...exposed],
    Labels: config.Labels,
    State: container.state.status,
    Status: statusText(container, now),
    HostConfig: { NetworkMode: container.shownHost.NetworkMode },
    NetworkSettings: {
      Networks: { [container.networkName]: endpointOf(container, network, api) },
    },
    Mounts: mountsOf(container),
  };
}

function statusText({ state }: Container, now: number): string {
  const since = (at: number | null) => span(now - (at ?? now));
  switch (state.status) {
    case "created":
      return "Created";
    case "restarting":
      return `Restarting (${state.exitCode}) ${since(state.finishedAt)} ago`;
    case "removing":
      return "Removal In Progress";
    case "exited":
      return `Exited (${state.exitCode}) ${since(state.finishedAt)} ago`;
    case "running": {
      const health =
        state.health === null ? "" : ` (${state.health === "starting" ? "health: starting" : state.health})`;
      return `Up ${since(state.startedAt)}${health}`;
    }
  }
}

/** A length of time in the engine's words. */
export function span(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 1) return "Less than a second";
  if (seconds === 1) return "1 second";
  if (seconds < 60) return `${seconds} seconds`;
  const minutes = Math.floor(seconds / 60);
  if (minutes === 1) return "About a minute";
  if (minutes < 60) return `${minutes} minutes`;
  const hours = Math.round(seconds / 3600);
  if (hours === 1) return "About an hour";
  if (hours < 48) return `${hours} hours`;
  const days = Math.floor(hours / 24);
  return days < 14 ? `${days} days` : `${Math.floor(days / 7)} weeks`;
}
