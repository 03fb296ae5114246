import { z } from "zod";
import type { ContainerDetail } from "../docker/index.ts";
import { normalPath } from "./paths.ts";
import { isPinned, type Posture, secretsDir } from "./posture.ts";

const text = z.string().catch("");
const flag = z.boolean().catch(false);
const count = z.number().catch(0);
const texts = z.array(z.string()).nullish().catch(null);

/** `HostConfig` as engines and Podman answer it; what is missing or of another type counts as "not set". */
const hostConfigSchema = z.object({
  ReadonlyRootfs: flag,
  Privileged: flag,
  Init: flag.nullish(),
  SecurityOpt: texts,
  CapDrop: texts,
  CapAdd: texts,
  NetworkMode: text,
  PidMode: text,
  IpcMode: text,
  UTSMode: text,
  UsernsMode: text,
  Tmpfs: z.record(z.string(), z.string()).nullish().catch(null),
  Memory: count,
  NanoCpus: count,
  CpuQuota: count,
  CpuPeriod: count,
  PidsLimit: z.number().nullish().catch(null),
  ShmSize: count,
  Ulimits: z
    .array(z.object({ Name: z.string(), Soft: z.number().optional(), Hard: z.number().optional() }))
    .nullish()
    .catch(null),
  Binds: texts,
  Mounts: z
    .array(
      z.object({
        Type: text,
        Source: text,
        Target: text,
        ReadOnly: flag,
        BindOptions: z.object({ Propagation: text }).partial().nullish().catch(null),
      }),
    )
    .nullish()
    .catch(null),
  Devices: z
    .array(z.object({ PathOnHost: text }))
    .nullish()
    .catch(null),
  MaskedPaths: texts,
  RestartPolicy: z.object({ Name: text, MaximumRetryCount: count }).nullish().catch(null),
  LogConfig: z
    .object({ Type: text, Config: z.record(z.string(), z.string()).nullish().catch(null) })
    .nullish()
    .catch(null),
  DeviceRequests: z
    .array(z.object({ Count: count, DeviceIDs: texts }))
    .nullish()
    .catch(null),
  PortBindings: z
    .record(z.string(), z.array(z.object({ HostIp: text, HostPort: text })).nullish())
    .nullish()
    .catch(null),
});
type HostConfig = z.infer<typeof hostConfigSchema>;

export type Inspected = Pick<
  ContainerDetail,
  "name" | "user" | "env" | "command" | "image" | "labels" | "mounts" | "ports"
> & {
  hostConfig: Record<string, unknown>;
};

/** The posture that a container has, by the engine's own answer. */
export function postureOfContainer(detail: Inspected): Posture {
  const host = hostConfigSchema.parse(detail.hostConfig);
  const security = (host.SecurityOpt ?? []).map((option) => option.replace(/^(seccomp|apparmor):/, "$1="));
  const seccomp = security.find((option) => option.startsWith("seccomp="))?.slice("seccomp=".length);
  return {
    name: detail.name,
    user: detail.user === "" ? "root" : detail.user,
    readOnlyRoot: host.ReadonlyRootfs,
    noNewPrivileges: security.some((option) => /^no-new-privileges(?:[:=]true)?$/.test(option)),
    privileged: host.Privileged,
    init: host.Init ?? false,
    seccomp: seccomp === undefined ? "default" : seccomp === "unconfined" ? "unconfined" : "own",
    apparmorOff: security.includes("apparmor=unconfined"),
    capDrop: host.CapDrop ?? [],
    capAdd: host.CapAdd ?? [],
    network: networkOf(host.NetworkMode, detail.labels),
    sharedNamespaces: namespacesOf(host),
    published: publishedOf(host, detail),
    tmpfs: Object.entries(host.Tmpfs ?? {})
      .map(([path, options]) => tmpfsEntry(path, options))
      .filter((entry) => normalPath(entry.path) !== secretsDir || entry.exec || !entry.safe),
    memoryBytes: host.Memory > 0 ? host.Memory : null,
    cpus: cpusOf(host),
    pidsLimit: (host.PidsLimit ?? 0) > 0 ? (host.PidsLimit ?? null) : null,
    shmBytes: host.ShmSize,
    coreDumps: !(host.Ulimits ?? []).some((limit) => limit.Name === "core" && limit.Hard === 0),
    mounts: mountsOf(host, detail),
    devices: (host.Devices ?? []).map((device) => device.PathOnHost),
    kernelPathsOpen: Array.isArray(host.MaskedPaths) && host.MaskedPaths.length === 0,
    image: detail.image,
    imagePinned: isPinned(detail.image),
    restart: host.RestartPolicy?.Name || "no",
    restartTries: host.RestartPolicy?.MaximumRetryCount ?? 0,
    logDriver: host.LogConfig?.Type ?? "",
    logMaxMiB: mebibytes(host.LogConfig?.Config?.["max-size"]),
    logFiles: Number(host.LogConfig?.Config?.["max-file"] ?? 1) || 1,
    env: detail.env.map((line) => {
      const at = line.indexOf("=");
      return at < 0 ? ([line, ""] as const) : ([line.slice(0, at), line.slice(at + 1)] as const);
    }),
    words: detail.command,
    gpus: (host.DeviceRequests ?? []).flatMap((request) => request.DeviceIDs ?? []),
    allGpus: (host.DeviceRequests ?? []).some((request) => request.Count !== 0),
  };
}

/** An inspect does not say whether a network is internal; our own label on the container does. */
function networkOf(mode: string, labels: Readonly<Record<string, string>>): Posture["network"] {
  if (mode === "none") return "isolated";
  if (mode === "host") return "host";
  if (mode === "" || mode === "default" || mode === "bridge") return "bridge";
  if (/^(?:container|ns):/.test(mode)) return "shared";
  return labels["io.gatehouse.network"] === mode && labels["io.gatehouse.isolated"] === "true" ? "isolated" : "own";
}

function namespacesOf(host: HostConfig): string[] {
  const modes = { pid: host.PidMode, ipc: host.IpcMode, uts: host.UTSMode, user: host.UsernsMode };
  return Object.entries(modes).flatMap(([name, mode]) => (/^(?:host$|container:)/.test(mode) ? [name] : []));
}

function publishedOf(host: HostConfig, detail: Inspected): Posture["published"] {
  const asked = Object.entries(host.PortBindings ?? {}).flatMap(([port, places]) =>
    (places ?? []).map((place) => ({ port, address: place.HostIp, hostPort: Number(place.HostPort) || 0 })),
  );
  const effective = Object.entries(detail.ports).flatMap(([port, places]) =>
    places.map((place) => ({ port, address: place.hostIp, hostPort: place.hostPort })),
  );
  return (effective.length > 0 ? effective : asked).map(({ port, ...place }) => ({
    ...place,
    containerPort: Number.parseInt(port, 10) || 0,
  }));
}

function tmpfsEntry(path: string, options: string): Posture["tmpfs"][number] {
  const words = options.split(",");
  const size = words.find((word) => word.startsWith("size="))?.slice("size=".length);
  const bytes = mebibytes(size);
  // The engine's own defaults for a tmpfs are noexec, nosuid and nodev; only an explicit word takes them away.
  return {
    path,
    sizeBytes: bytes === null ? null : bytes * 2 ** 20,
    exec: words.includes("exec"),
    safe: !words.includes("suid") && !words.includes("dev"),
  };
}

function cpusOf(host: HostConfig): number | null {
  if (host.NanoCpus > 0) return host.NanoCpus / 1e9;
  return host.CpuQuota > 0 ? host.CpuQuota / (host.CpuPeriod || 100_000) : null;
}

function mountsOf(host: HostConfig, detail: Inspected): Posture["mounts"] {
  const shared = new Set(
    (host.Mounts ?? [])
      .filter((mount) => /shared$/.test(mount.BindOptions?.Propagation ?? ""))
      .map((mount) => mount.Target),
  );
  for (const bind of host.Binds ?? []) {
    const [, target, options] = bind.split(":");
    if (target !== undefined && options?.split(",").some((word) => /shared$/.test(word))) shared.add(target);
  }
  return detail.mounts
    .filter((mount) => mount.type !== "tmpfs")
    .map((mount) => ({
      source: mount.type === "bind" ? mount.source : "",
      target: mount.destination,
      readOnly: mount.readOnly,
      shared: shared.has(mount.destination),
    }));
}

/** `10m`, `64k`, `1g` or bytes, as the engine takes sizes; `null` when there is none. */
function mebibytes(size: string | undefined): number | null {
  const match = /^(\d+(?:\.\d+)?)([kmg]?)i?b?$/i.exec(size ?? "");
  if (match === null) return null;
  const unit = { "": 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 }[(match[2] ?? "").toLowerCase()] ?? 1;
  return (Number(match[1]) * unit) / 2 ** 20;
}
