import { z } from "zod";
import type { Image } from "../engine/catalogue.ts";
import { EngineError } from "../engine/http.ts";
import { wordingOf } from "../engine/wording.ts";
import type { HostSpec } from "../hostSpecs.ts";
import type { FileSystem } from "../shell/files.ts";
import type { ContainerConfig, HostConfig } from "./types.ts";

const texts = z.array(z.string()).nullish();
const command = z.union([z.array(z.string()), z.string()]).nullish();
const record = z.record(z.string(), z.unknown());

/** What the engine reads of the body; as in Go, unknown fields are ignored and a wrong type is a 400. */
const createBody = z.looseObject({
  Image: z.string().default(""),
  Hostname: z.string().nullish(),
  User: z.string().nullish(),
  Env: texts,
  Cmd: command,
  Entrypoint: command,
  WorkingDir: z.string().nullish(),
  Labels: z.record(z.string(), z.string()).nullish(),
  ExposedPorts: z.record(z.string(), record).nullish(),
  Volumes: z.record(z.string(), record).nullish(),
  Tty: z.boolean().nullish(),
  OpenStdin: z.boolean().nullish(),
  Healthcheck: z.looseObject({ Test: z.array(z.string()).nullish(), Interval: z.number().nullish() }).nullish(),
  StopSignal: z.string().nullish(),
  StopTimeout: z.number().nullish(),
  HostConfig: z
    .looseObject({
      PortBindings: z
        .record(
          z.string(),
          z.array(z.object({ HostIp: z.string().default(""), HostPort: z.string().default("") })).nullable(),
        )
        .nullish(),
      RestartPolicy: z.object({ Name: z.string().default(""), MaximumRetryCount: z.number().default(0) }).nullish(),
      CapAdd: texts,
      CapDrop: texts,
      SecurityOpt: texts,
      Binds: texts,
      Tmpfs: z.record(z.string(), z.string()).nullish(),
      Mounts: z
        .array(z.looseObject({ Type: z.string(), Target: z.string(), Source: z.string().default("") }))
        .nullish(),
      DeviceRequests: z
        .array(
          z.object({
            Driver: z.string().default(""),
            Count: z.number().default(0),
            DeviceIDs: texts,
            Capabilities: z.array(z.array(z.string())).nullish(),
            Options: z.record(z.string(), z.string()).nullish(),
          }),
        )
        .nullish(),
      Memory: z.number().nullish(),
      MemorySwap: z.number().nullish(),
      NanoCpus: z.number().nullish(),
      PidsLimit: z.number().nullish(),
      NetworkMode: z.string().nullish(),
      Runtime: z.string().nullish(),
    })
    .nullish(),
  NetworkingConfig: z.looseObject({ EndpointsConfig: record.nullish() }).nullish(),
});
export type CreateBody = z.infer<typeof createBody>;

export function readCreateBody(value: unknown): CreateBody {
  const parsed = createBody.safeParse(value);
  if (parsed.success) {
    const { HostConfig: _host, NetworkingConfig: _network, ...config } = (value ?? {}) as Record<string, unknown>;
    if (Object.keys(config).length > 0) return parsed.data;
    throw new EngineError(400, "Config cannot be empty in order to create a container");
  }
  const where = parsed.error.issues[0]?.path.join(".") ?? "";
  throw new EngineError(400, `json: cannot unmarshal value into Go struct field ContainerConfigWrapper.${where}`);
}

/** The image's settings under the caller's, as the engine merges them. */
export function mergeConfig(body: CreateBody, image: Image, id: string): ContainerConfig {
  const list = (value: CreateBody["Cmd"]) => (typeof value === "string" ? ["/bin/sh", "-c", value] : (value ?? null));
  const given = body.Env ?? [];
  const names = new Set(given.map((pair) => pair.split("=")[0]));
  const entrypoint = list(body.Entrypoint);
  const overridden = entrypoint !== null && entrypoint.length > 0;
  const cmd = list(body.Cmd);
  return {
    Hostname: body.Hostname || id.slice(0, 12),
    User: body.User || image.config.User,
    Env: [...given, ...image.config.Env.filter((pair) => !names.has(pair.split("=")[0] ?? ""))],
    // The image's Cmd belongs to the image's Entrypoint: with another Entrypoint it is dropped.
    Cmd: cmd !== null && cmd.length > 0 ? cmd : overridden ? null : image.config.Cmd,
    Entrypoint: overridden ? entrypoint : image.config.Entrypoint,
    WorkingDir: body.WorkingDir || image.config.WorkingDir,
    Labels: { ...image.config.Labels, ...body.Labels },
    ExposedPorts: { ...image.config.ExposedPorts, ...body.ExposedPorts },
    Volumes: body.Volumes ?? image.config.Volumes,
    Tty: body.Tty ?? false,
    OpenStdin: body.OpenStdin ?? false,
    Healthcheck: healthcheck(body, image),
    StopSignal: body.StopSignal ?? null,
    StopTimeout: body.StopTimeout ?? null,
    Image: body.Image,
  };
}

function healthcheck(body: CreateBody, image: Image): ContainerConfig["Healthcheck"] {
  const given = body.Healthcheck;
  const merged = { ...image.config.Healthcheck, ...given } as Record<string, unknown>;
  const test = Array.isArray(merged.Test) ? (merged.Test as string[]) : [];
  if (test.length === 0 || test[0] === "NONE") return null;
  return { ...merged, Test: test };
}

const logDrivers = new Set(["json-file", "local", "journald", "syslog", "none", "fluentd", "gelf"]);
const minimumMemory = 6 * 1024 * 1024;

/** What the engine refuses at create, with its words. Returns the warnings of what it accepts. */
export function judgeBody(host: HostConfig, config: ContainerConfig, spec: HostSpec, files: FileSystem): string[] {
  const wording = wordingOf(Number(spec.engine.apiVersion.split(".")[1]));
  const bad = (text: string) => {
    throw new EngineError(400, text);
  };
  if (commandOfBody(config).length === 0) bad("No command specified");
  const nano = Number(host.NanoCpus);
  if (nano < 0 || nano > spec.cpus * 1e9) {
    bad(`Range of CPUs is from 0.01 to ${spec.cpus}.00, as there are only ${spec.cpus} CPUs available`);
  }
  if (host.Memory !== 0 && host.Memory < minimumMemory) bad("Minimum memory limit allowed is 6MB");
  const swap = Number(host.MemorySwap);
  if (host.Memory > 0 && swap > 0 && swap < host.Memory) {
    bad("Minimum memoryswap limit should be larger than memory limit, see usage");
  }
  if (Number(host.ShmSize) < 0) bad("SHM size can not be less than 0");
  if (!logDrivers.has(host.LogConfig.Type))
    bad(`error looking up logging plugin ${host.LogConfig.Type}: plugin "${host.LogConfig.Type}" not found`);
  const runtime = String(host.Runtime);
  if (runtime !== "runc" && !(runtime === "nvidia" && spec.engine.gpuToolkit)) {
    bad(wording.unknownRuntime(runtime));
  }
  if (!["no", "always", "unless-stopped", "on-failure"].includes(host.RestartPolicy.Name)) {
    bad(wording.unknownPolicy(host.RestartPolicy.Name));
  }
  if (host.AutoRemove && host.RestartPolicy.Name !== "no")
    bad("can't create 'AutoRemove' container with restart policy");
  for (const path of Object.keys(host.Tmpfs))
    if (!path.startsWith("/")) bad(`invalid mount path: '${path}' mount path must be absolute`);
  for (const mount of host.Mounts) {
    if (mount.Type === "bind" && !mount.Source.startsWith("/")) {
      bad(`invalid mount config for type "bind": invalid mount path: '${mount.Source}' mount path must be absolute`);
    }
    if (mount.Type === "bind" && files.stat(mount.Source) === null) {
      bad(`invalid mount config for type "bind": bind source path does not exist: ${mount.Source}`);
    }
    if (!mount.Target.startsWith("/"))
      bad(`invalid mount config for type "${mount.Type}": field Target must not be empty`);
  }
  const warnings: string[] = [];
  if (spec.engine.noSwapLimit && host.Memory > 0) {
    warnings.push(
      "Your kernel does not support swap limit capabilities or the cgroup is not mounted. Memory limited without swap.",
    );
  }
  if (host.NetworkMode === "host" && Object.keys(host.PortBindings).length > 0) {
    warnings.push("Published ports are discarded when using host network mode");
  }
  return warnings;
}

function commandOfBody(config: ContainerConfig): string[] {
  return [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])];
}
