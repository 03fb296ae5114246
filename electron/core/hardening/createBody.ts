import { createHash } from "node:crypto";
import type { ContainerKind, LaunchSpec } from "../../contract/containers.ts";
import type { CreateBody } from "../docker/index.ts";
import { fullUser, isVolume, secretsDir, tmpfsOf } from "./posture.ts";

export interface CreateOptions {
  /** What is started: `name@sha256:…` or an image id. A tag only where nothing is known yet (a plan). */
  image: string;
  launchId: string;
  /** The launch's own network; not used when the spec asks for the host's. */
  networkName: string;
  /** The version that is spoken to the engine, `1.41`. */
  apiVersion: string;
  kind: ContainerKind;
  /** Port that the model server listens on inside; `null` for an image that serves nothing. */
  serverPort: number | null;
  /** Settings that the template needs whatever the form says (`AUTH_TOKEN_FILE`). */
  env: Readonly<Record<string, string>>;
  /** Replaces the image's own; `null` leaves it. */
  entrypoint: readonly string[] | null;
  labels?: Readonly<Record<string, string>>;
}

export const labelPrefix = "io.gatehouse.";

/** Sixty-four secrets of 64 KiB, each once more while it is replaced. */
const secretsDirBytes = 8 * 2 ** 20;

/** Network of one launch: nothing else is ever on it. The end of a UUIDv7 is its random part. */
export function networkNameOf(containerName: string, launchId: string): string {
  return `gatehouse-${containerName}-${launchId.slice(-8)}`;
}

/** Same for equal specs whatever the order of their fields: 64 hex digits of SHA-256. */
export function specHash(spec: LaunchSpec): string {
  return createHash("sha256")
    .update(JSON.stringify(sorted(spec)))
    .digest("hex");
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}

/**
 * Body of `POST /containers/create` (Docker Engine API 1.41 and later). Every promise that the policy finds kept in
 * the spec is in it; what the spec loosens, it loosens and nothing more. Holds references to secrets, never values.
 */
export function toCreateBody(spec: LaunchSpec, options: CreateOptions): CreateBody {
  const exposed = new Set(spec.publish.map(({ containerPort }) => `${containerPort}/tcp`));
  if (options.serverPort !== null) exposed.add(`${options.serverPort}/tcp`);
  return {
    Image: options.image,
    User: fullUser(spec.user),
    Env: Object.entries({ ...spec.env, ...options.env }).map(([name, value]) => `${name}=${value}`),
    ...(spec.command.length > 0 ? { Cmd: [...spec.command] } : {}),
    ...(options.entrypoint === null ? {} : { Entrypoint: [...options.entrypoint] }),
    Labels: labelsOf(spec, options),
    ExposedPorts: Object.fromEntries([...exposed].map((port) => [port, {}])),
    AttachStdin: false,
    AttachStdout: false,
    AttachStderr: false,
    OpenStdin: false,
    Tty: false,
    StopTimeout: 10,
    HostConfig: hostConfigOf(spec, options),
  };
}

function labelsOf(spec: LaunchSpec, options: CreateOptions): Record<string, string> {
  const own: Record<string, string> = {
    launch: options.launchId,
    template: spec.template,
    kind: options.kind,
    environment: spec.environment,
    spec: specHash(spec),
    image: spec.image,
    secrets: spec.secrets.map(({ ref }) => `${ref.environment}/${ref.name}`).join(","),
  };
  if (spec.network !== "host") own.network = options.networkName;
  if (spec.network === "isolated") own.isolated = "true";
  const prefixed = Object.entries(own).map(([name, value]) => [`${labelPrefix}${name}`, value]);
  return { ...options.labels, ...Object.fromEntries(prefixed) };
}

function hostConfigOf(spec: LaunchSpec, options: CreateOptions): Record<string, unknown> {
  const security = [
    ...(spec.noNewPrivileges ? ["no-new-privileges:true"] : []),
    // The default profile is what an engine applies when nothing is said.
    ...(spec.seccomp === "unconfined" ? ["seccomp=unconfined"] : []),
  ];
  return {
    ReadonlyRootfs: spec.readOnlyRoot,
    Privileged: spec.privileged,
    Init: spec.init,
    CapDrop: ["ALL"],
    CapAdd: [...spec.capAdd],
    SecurityOpt: security,
    NetworkMode: spec.network === "host" ? "host" : options.networkName,
    PortBindings: portBindingsOf(spec),
    PublishAllPorts: false,
    IpcMode: "private",
    ...(atLeast(options.apiVersion, 1, 41) ? { CgroupnsMode: "private" } : {}),
    Tmpfs: Object.fromEntries([
      ...tmpfsOf(spec).map(({ path, sizeBytes, exec }) => [
        path,
        `rw,${exec ? "exec" : "noexec"},nosuid,nodev,mode=1777,size=${sizeBytes}`,
      ]),
      [secretsDir, secretsMountOf(spec.user)],
    ]),
    Mounts: spec.mounts.map(({ source, target, readOnly }) => ({
      Type: isVolume(source) ? "volume" : "bind",
      Source: source,
      Target: target,
      ReadOnly: readOnly,
      // Without CreateMountpoint an engine would quietly make an empty folder on the host for a mistyped path.
      ...(isVolume(source) ? {} : { BindOptions: { Propagation: "rprivate", CreateMountpoint: false } }),
    })),
    // Equal limits mean no swap: unset, the engine would allow twice the memory.
    ...(spec.memoryBytes === null ? {} : { Memory: spec.memoryBytes, MemorySwap: spec.memoryBytes }),
    ...(spec.cpus === null ? {} : { NanoCpus: Math.round(spec.cpus * 1e9) }),
    ...(spec.pidsLimit === null ? {} : { PidsLimit: spec.pidsLimit }),
    ShmSize: spec.shmBytes,
    Ulimits: [{ Name: "core", Soft: 0, Hard: 0 }],
    LogConfig: {
      Type: "json-file",
      Config: { "max-size": `${spec.logMaxMiB}m`, "max-file": String(spec.logFiles) },
    },
    RestartPolicy: { Name: spec.restart, MaximumRetryCount: spec.restart === "on-failure" ? 5 : 0 },
    DeviceRequests:
      spec.gpus.length === 0 ? [] : [{ Driver: "nvidia", DeviceIDs: [...spec.gpus], Capabilities: [["gpu"]] }],
    AutoRemove: false,
  };
}

/**
 * A folder in memory for the secrets, of the user alone. A user that is only a name has a number that is known inside
 * the image alone: then anyone in the container may make files there, and nobody may touch another's (sticky bit).
 */
function secretsMountOf(user: string): string {
  const [uid, gid] = fullUser(user).split(":");
  const owned = /^\d+$/.test(uid ?? "") && /^\d+$/.test(gid ?? "");
  const owner = owned ? `mode=0700,uid=${Number(uid)},gid=${Number(gid)}` : "mode=1777";
  return `rw,noexec,nosuid,nodev,size=${secretsDirBytes},${owner}`;
}

/** The address is always said: an empty one means every interface. */
function portBindingsOf(spec: LaunchSpec): Record<string, { HostIp: string; HostPort: string }[]> {
  const bindings: Record<string, { HostIp: string; HostPort: string }[]> = {};
  for (const { address, hostPort, containerPort } of spec.publish) {
    const port = `${containerPort}/tcp`;
    const place = { HostIp: address === "" ? "0.0.0.0" : address, HostPort: String(hostPort) };
    bindings[port] = [...(bindings[port] ?? []), place];
  }
  return bindings;
}

function atLeast(version: string, major: number, minor: number): boolean {
  const [a = 0, b = 0] = version.split(".").map(Number);
  return a > major || (a === major && b >= minor);
}
