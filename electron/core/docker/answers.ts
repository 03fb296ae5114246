import { z } from "zod";
import type { ContainerDetail, ContainerSummary, EngineEvent, EngineInfo, ImageDetail, ImageSummary } from "./types.ts";

/*
 * What the console reads of the engine's answers (moby, api/swagger.yaml). Everything is loose: engines add fields, and
 * Podman leaves some out or sends null where Docker sends nothing.
 */

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? "");
const number = z
  .number()
  .nullish()
  .transform((value) => value ?? 0);
const flag = z
  .boolean()
  .nullish()
  .transform((value) => value ?? false);
const texts = z
  .array(z.string())
  .nullish()
  .transform((value) => value ?? []);
const labels = z
  .record(z.string(), z.string())
  .nullish()
  .transform((value) => value ?? {});
const anyRecord = z
  .record(z.string(), z.unknown())
  .nullish()
  .transform((value) => value ?? {});

/** Milliseconds since the epoch, `null` for the engine's "never" (year 1) and for what is no time. */
function timeOf(value: string): number | null {
  const ms = Date.parse(value);
  return Number.isNaN(ms) || ms <= 0 ? null : ms;
}

const bare = (name: string) => name.replace(/^\//, "");

export const listedContainer = z
  .looseObject({
    Id: z.string(),
    Names: texts,
    Image: text,
    ImageID: text,
    State: text,
    Status: text,
    Created: number,
    Labels: labels,
  })
  .transform(
    (from): ContainerSummary => ({
      id: from.Id,
      name: bare(from.Names[0] ?? ""),
      image: from.Image,
      imageId: from.ImageID,
      state: from.State,
      status: from.Status,
      createdAt: from.Created * 1000,
      labels: from.Labels,
    }),
  );

const state = z.looseObject({
  Status: text,
  ExitCode: number,
  Error: text,
  OOMKilled: flag,
  Pid: number,
  StartedAt: text,
  FinishedAt: text,
  Health: z.looseObject({ Status: text }).nullish(),
});

const config = z.looseObject({
  Image: text,
  Tty: flag,
  User: text,
  Env: texts,
  Cmd: texts,
  Entrypoint: z
    .union([z.array(z.string()), z.string()])
    .nullish()
    .transform((value) => (typeof value === "string" ? [value] : (value ?? []))),
  Labels: labels,
});

const network = z.looseObject({ IPAddress: text, GlobalIPv6Address: text });
const binding = z.looseObject({ HostIp: text, HostPort: text });

const networkSettings = z.looseObject({
  Networks: z
    .record(z.string(), network.nullable())
    .nullish()
    .transform((value) => value ?? {}),
  Ports: z
    .record(z.string(), z.array(binding).nullish())
    .nullish()
    .transform((value) => value ?? {}),
});

const mount = z.looseObject({ Type: text, Source: text, Destination: text, RW: flag });

const container = z.looseObject({
  Id: z.string(),
  Name: text,
  Image: text,
  Created: text,
  RestartCount: number,
  State: state,
  Config: config,
  HostConfig: anyRecord,
  NetworkSettings: networkSettings,
  Mounts: z
    .array(mount)
    .nullish()
    .transform((value) => value ?? []),
});

const healths = new Map<string, ContainerDetail["health"]>([
  ["healthy", "healthy"],
  ["unhealthy", "unhealthy"],
  ["starting", "starting"],
]);

export const inspectedContainer = z.unknown().transform((raw, context): ContainerDetail => {
  const parsed = container.safeParse(raw);
  if (!parsed.success) {
    for (const issue of parsed.error.issues)
      context.addIssue({ code: "custom", message: issue.message, path: issue.path });
    return z.NEVER;
  }
  return detailFrom(parsed.data, raw);
});

function detailFrom(from: z.output<typeof container>, raw: unknown): ContainerDetail {
  const { State, Config, NetworkSettings } = from;
  const running = ["running", "paused", "restarting"].includes(State.Status);
  const finishedAt = timeOf(State.FinishedAt);
  const logConfig = z.looseObject({ Type: text }).safeParse(from.HostConfig.LogConfig);
  return {
    id: from.Id,
    name: bare(from.Name),
    image: Config.Image,
    imageId: from.Image,
    state: State.Status,
    status: State.Status,
    createdAt: timeOf(from.Created) ?? 0,
    labels: Config.Labels,
    startedAt: timeOf(State.StartedAt),
    finishedAt: running ? null : finishedAt,
    exitCode: running || finishedAt === null ? null : State.ExitCode,
    health: healths.get(State.Health?.Status ?? "") ?? null,
    error: State.Error,
    oomKilled: State.OOMKilled,
    restartCount: from.RestartCount,
    pid: State.Pid > 0 ? State.Pid : null,
    tty: Config.Tty,
    user: Config.User,
    env: Config.Env,
    command: [...Config.Entrypoint, ...Config.Cmd],
    logDriver: logConfig.success ? logConfig.data.Type : "",
    addresses: mapValues(NetworkSettings.Networks, (net) => net?.IPAddress || net?.GlobalIPv6Address || ""),
    ports: portsFrom(NetworkSettings.Ports),
    mounts: from.Mounts.map((each) => ({
      type: each.Type,
      source: each.Source,
      destination: each.Destination,
      readOnly: !each.RW,
    })),
    hostConfig: from.HostConfig,
    raw,
  };
}

function portsFrom(ports: z.output<typeof networkSettings>["Ports"]): ContainerDetail["ports"] {
  const published = Object.entries(ports).filter(([, bindings]) => bindings && bindings.length > 0);
  return mapValues(Object.fromEntries(published), (bindings) =>
    (bindings ?? []).map((each) => ({ hostIp: each.HostIp, hostPort: Number(each.HostPort) || 0 })),
  );
}

function mapValues<T, U>(record: Record<string, T>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

export const listedImage = z
  .looseObject({ Id: z.string(), RepoTags: texts, RepoDigests: texts, Size: number, Created: number })
  .transform(
    (from): ImageSummary => ({
      id: from.Id,
      tags: from.RepoTags.filter((tag) => tag !== "<none>:<none>"),
      digests: from.RepoDigests.filter((digest) => digest !== "<none>@<none>"),
      sizeBytes: from.Size,
      createdAt: from.Created * 1000,
    }),
  );

const imageConfig = z.looseObject({
  User: text,
  Env: texts,
  Entrypoint: config.shape.Entrypoint,
  Cmd: texts,
  ExposedPorts: anyRecord,
  Volumes: anyRecord,
  Labels: labels,
  Healthcheck: z.looseObject({ Test: texts }).nullish(),
});

export const inspectedImage = z
  .looseObject({
    Id: z.string(),
    RepoTags: texts,
    RepoDigests: texts,
    Size: number,
    Created: text,
    Config: imageConfig.nullish(),
  })
  .transform((from): Omit<ImageDetail, "history"> => {
    const about = from.Config;
    const test = about?.Healthcheck?.Test ?? [];
    return {
      id: from.Id,
      tags: from.RepoTags,
      digests: from.RepoDigests,
      sizeBytes: from.Size,
      createdAt: timeOf(from.Created) ?? 0,
      user: about?.User ?? "",
      env: about?.Env ?? [],
      entrypoint: about?.Entrypoint ?? [],
      command: about?.Cmd ?? [],
      exposedPorts: Object.keys(about?.ExposedPorts ?? {}),
      volumes: Object.keys(about?.Volumes ?? {}),
      labels: about?.Labels ?? {},
      hasHealthcheck: test.length > 0 && test[0] !== "NONE",
    };
  });

export const imageHistory = z.array(z.looseObject({ CreatedBy: text }));

const discovered = z.looseObject({ Source: text, ID: text });

export const systemInfo = z
  .looseObject({
    OperatingSystem: text,
    Architecture: text,
    NCPU: number,
    MemTotal: number,
    Driver: text,
    LoggingDriver: text,
    CgroupVersion: text,
    Runtimes: anyRecord,
    DiscoveredDevices: z
      .array(discovered)
      .nullish()
      .transform((value) => value ?? []),
    SecurityOptions: texts,
    Warnings: texts,
  })
  .transform((from): Omit<EngineInfo, "kind" | "version" | "apiVersion" | "socketPath"> => {
    const runtimes = Object.keys(from.Runtimes);
    const cdi = from.DiscoveredDevices.some((device) => device.Source === "cdi" && /^nvidia\.com\//.test(device.ID));
    return {
      rootless: from.SecurityOptions.some((option) => option.split(",").includes("name=rootless")),
      operatingSystem: from.OperatingSystem,
      architecture: from.Architecture,
      cpus: from.NCPU,
      memoryBytes: from.MemTotal,
      storageDriver: from.Driver,
      loggingDriver: from.LoggingDriver,
      cgroupVersion: from.CgroupVersion === "" ? "1" : from.CgroupVersion,
      runtimes,
      gpuToolkit: runtimes.includes("nvidia") || cdi,
      securityOptions: from.SecurityOptions,
      warnings: from.Warnings,
    };
  });

/** `exec_create: sh -c …` has a command line in it, which is nobody's business; `health_status: healthy` is a state. */
function actionOf(action: string): string {
  return /^exec_/.test(action) ? (action.split(":")[0] ?? action) : action;
}

export const engineEvent = z
  .looseObject({
    Type: text,
    Action: text,
    Actor: z.looseObject({ ID: text, Attributes: labels }).nullish(),
    time: number,
    timeNano: number,
  })
  .transform(
    (from): EngineEvent => ({
      type: from.Type,
      action: actionOf(from.Action),
      id: from.Actor?.ID ?? "",
      attributes: attributesOf(from.Action, from.Actor?.Attributes ?? {}),
      at: from.timeNano > 0 ? Math.floor(from.timeNano / 1e6) : from.time * 1000,
    }),
  );

function attributesOf(action: string, attributes: Record<string, string>): Record<string, string> {
  if (!/^exec_/.test(action)) return attributes;
  const { execID, name, image, exitCode } = attributes;
  return Object.fromEntries(
    Object.entries({ execID, name, image, exitCode }).filter(([, value]) => value !== undefined),
  ) as Record<string, string>;
}

export const createdContainer = z
  .looseObject({ Id: z.string(), Warnings: texts })
  .transform((from) => ({ id: from.Id, warnings: from.Warnings }));

export const created = z.looseObject({ Id: z.string() }).transform((from) => from.Id);

export const execState = z
  .looseObject({ ExitCode: z.number().nullish(), Running: flag })
  .transform((from) => ({ code: from.ExitCode ?? null, running: from.Running }));

export const processTable = z.looseObject({ Titles: texts, Processes: z.array(z.array(z.string())).nullish() });

export const pullStep = z.looseObject({
  id: z.string().optional(),
  status: z.string().optional(),
  error: z.string().optional(),
  progressDetail: z.looseObject({ current: z.number().optional(), total: z.number().optional() }).optional(),
});

export const statsSample = z.looseObject({
  read: text,
  cpu_stats: z.looseObject({
    cpu_usage: z.looseObject({ total_usage: number, percpu_usage: z.array(z.number()).nullish() }),
    system_cpu_usage: number,
    online_cpus: number,
  }),
  memory_stats: z
    .looseObject({
      usage: number,
      limit: number,
      stats: z.record(z.string(), z.unknown()).nullish(),
    })
    .nullish(),
  pids_stats: z.looseObject({ current: number }).nullish(),
});
