import { z } from "zod";
import type { ContainerDetail, ContainerSummary } from "../types.ts";
import { anyRecord, bare, flag, labels, number, text, texts, timeOf, wordOrWords } from "./fields.ts";

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
  Entrypoint: wordOrWords,
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
  // Between two starts the status is the last run's.
  const hasCode = finishedAt !== null && (!running || State.Status === "restarting");
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
    exitCode: hasCode ? State.ExitCode : null,
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
