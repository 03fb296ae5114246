import type { LaunchSpec } from "../../contract/containers.ts";
import { fullUser, isVolume, secretsDir, tmpfsOf } from "./posture.ts";
import { settingLooksSecret, textLooksSecret } from "./secretLike.ts";

export interface CommandOptions {
  networkName: string;
  env: Readonly<Record<string, string>>;
  entrypoint: readonly string[] | null;
  /** File that the server's own key is written to; `null` for an image without one. */
  apiKeyFile: string | null;
  /** How each secret of the spec goes in, in the spec's order. */
  deliveries: readonly ("memory" | "file")[];
}

/** One word for a POSIX shell. */
export function shellQuote(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/**
 * The same start as lines for a shell, for people to read and copy. Secrets are comments with their references; a
 * setting that looks like a secret is starred out, since commands end up in chats.
 */
export function toCommand(spec: LaunchSpec, options: CommandOptions): string {
  const network =
    spec.network === "host"
      ? []
      : [["docker", "network", "create", ...(spec.network === "isolated" ? ["--internal"] : []), options.networkName]];
  const lines = [...network, ["docker", "run", "--detach", ...runArguments(spec, options)]].map((words) =>
    words.map(shellQuote).join(" "),
  );
  return [...lines, ...secretLines(spec, options)].join("\n");
}

function runArguments(spec: LaunchSpec, options: CommandOptions): string[] {
  const [entry, ...entryArguments] = options.entrypoint ?? [];
  return [
    `--name=${spec.name}`,
    `--user=${fullUser(spec.user)}`,
    ...(spec.privileged ? ["--privileged"] : []),
    ...(spec.readOnlyRoot ? ["--read-only"] : []),
    "--cap-drop=ALL",
    ...spec.capAdd.map((name) => `--cap-add=${name}`),
    ...(spec.noNewPrivileges ? ["--security-opt=no-new-privileges:true"] : []),
    ...(spec.seccomp === "unconfined" ? ["--security-opt=seccomp=unconfined"] : []),
    ...(spec.init ? ["--init"] : []),
    `--network=${spec.network === "host" ? "host" : options.networkName}`,
    ...spec.publish.map(
      ({ address, hostPort, containerPort }) => `--publish=${place(address)}${hostPort || ""}:${containerPort}`,
    ),
    "--ipc=private",
    ...tmpfsOf(spec).map(
      ({ path, sizeBytes, exec }) =>
        `--tmpfs=${path}:rw,${exec ? "exec" : "noexec"},nosuid,nodev,mode=1777,size=${sizeBytes}`,
    ),
    `--tmpfs=${secretsDir}:rw,noexec,nosuid,nodev,mode=0700,size=8m`,
    ...spec.mounts.map(({ source, target, readOnly }) => {
      const place = `source=${source},target=${target}${readOnly ? ",readonly" : ""}`;
      return `--mount=type=${isVolume(source) ? `volume,${place}` : `bind,${place},bind-propagation=rprivate`}`;
    }),
    ...(spec.memoryBytes === null ? [] : [`--memory=${spec.memoryBytes}`, `--memory-swap=${spec.memoryBytes}`]),
    ...(spec.cpus === null ? [] : [`--cpus=${spec.cpus}`]),
    ...(spec.pidsLimit === null ? [] : [`--pids-limit=${spec.pidsLimit}`]),
    `--shm-size=${spec.shmBytes}`,
    "--ulimit=core=0:0",
    "--log-driver=json-file",
    `--log-opt=max-size=${spec.logMaxMiB}m`,
    `--log-opt=max-file=${spec.logFiles}`,
    `--restart=${spec.restart === "on-failure" ? "on-failure:5" : spec.restart}`,
    ...(spec.gpus.length === 0 ? [] : [`--gpus="device=${spec.gpus.join(",")}"`]),
    ...Object.entries({ ...spec.env, ...options.env }).map(([name, value]) => `--env=${name}=${shown(name, value)}`),
    ...(entry === undefined ? [] : [`--entrypoint=${entry}`]),
    spec.image,
    ...entryArguments,
    ...spec.command.map((word) => (textLooksSecret(word) === null ? word : "********")),
  ];
}

function place(address: string): string {
  return `${address.includes(":") ? `[${address}]` : address || "0.0.0.0"}:`;
}

function shown(name: string, value: string): string {
  return settingLooksSecret(name, value) === null ? value : "********";
}

function secretLines(spec: LaunchSpec, options: CommandOptions): string[] {
  const key =
    options.apiKeyFile === null
      ? []
      : [`# secret AUTH_TOKEN (new at each start) → ${options.apiKeyFile} (by the console, over standard input)`];
  const given = spec.secrets.map(({ ref }, index) => {
    const name = `${ref.environment}/${ref.name}${ref.version === undefined ? "" : `@${ref.version}`}`;
    return options.deliveries[index] === "memory"
      ? `# secret ${name} → memory of the model server (by the console, in the body of POST /v1/model/load)`
      : `# secret ${name} → ${secretsDir}/${ref.name} (by the console, over standard input)`;
  });
  return [...key, ...given];
}
