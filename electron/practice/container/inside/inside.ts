import { createGpus, type Gpus } from "../../machine/gpus.ts";
import { nvidiaSmi } from "../../machine/smi.ts";
import { basicPrograms, type Identity } from "../../shell/basics.ts";
import { createFiles, type SeedFile } from "../../shell/files.ts";
import { print } from "../../shell/io.ts";
import type { Machine, Program } from "../../shell/run.ts";
import type { Container } from "../types.ts";
import { mountTable, processStatus, refusal, splitPair, volumesOf } from "./kernel.ts";
import { node } from "./nodeProgram.ts";

export interface InsideOptions {
  now(): number;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  kernel: string;
  cpus: number;
  gpus: Gpus;
  /** `USER[:GROUP]`; the container's own when empty. */
  user?: string;
  env?: readonly string[];
  workingDir?: string;
}

const users = new Map([
  ["root", 0],
  ["inference", 10_001],
  ["jovyan", 1_000],
  ["nobody", 65_534],
]);

/** Who `USER[:GROUP]` is; `null` when the image has no such user. A number alone has group 0, as in the engine. */
export function identityOf(user: string): Identity | null {
  const [name = "", group = ""] = (user === "" ? "root" : user).split(":");
  const byName = users.get(name);
  if (byName === undefined && !/^\d+$/.test(name)) return null;
  const uid = byName ?? Number(name);
  const known = [...users.values()].includes(uid);
  const gid = group === "" ? (known ? uid : 0) : /^\d+$/.test(group) ? Number(group) : (users.get(group) ?? 0);
  return { uid, gid, user: userName(uid), groups: [{ gid, name: userName(gid) }] };
}

function userName(uid: number): string {
  return [...users].find(([, number]) => number === uid)?.[0] ?? String(uid);
}

/** Environment of the container's first process, in the kernel's order: engine's own, then configured. */
export function environmentOf(container: Container): string[] {
  const { Env, Hostname } = container.config;
  const named = (name: string) => Env.some((pair) => pair.startsWith(`${name}=`));
  return [
    ...(named("PATH") ? [] : ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]),
    `HOSTNAME=${Hostname}`,
    ...Env,
    ...(named("HOME") ? [] : [`HOME=${identityOf(container.config.User)?.uid === 0 ? "/root" : "/"}`]),
  ];
}

/** The container as its own programs see it: what `exec` runs in. */
export function insideOf(container: Container, options: InsideOptions): Machine {
  const { config } = container;
  const identity = identityOf(options.user ?? config.User) ?? identityOf("root");
  if (identity === null) throw new Error("no root user");
  const environment = [...environmentOf(container), ...(options.env ?? [])];
  const first = identityOf(config.User) ?? identity;
  const files = createFiles({
    seeds: seedsOf(container, identity),
    now: options.now,
    owner: { uid: identity.uid, gid: identity.gid },
    refuses: (path) => refusal(container, identity, path),
    store: container.files,
    live: () => container.jupyter?.seeds() ?? {},
    disk: { prefix: "/run/secrets", dir: container.secretsDir, owner: { uid: first.uid, gid: first.gid } },
  });
  const programs = basicPrograms({
    identity,
    hostname: config.Hostname,
    now: options.now,
    kernel: { release: options.kernel, version: "#1 SMP PREEMPT_DYNAMIC", machine: "x86_64" },
    userName,
    groupName: userName,
    cpus: options.cpus,
    sleep: options.sleep,
  });
  if (container.image.program === "server") programs.set("node", (call) => node(call, container));
  if (container.gpus.length > 0) programs.set("nvidia-smi", insideSmi(container, options));
  programs.set("ps", (call) =>
    print(call, `PID   USER     COMMAND\n    1 ${identity.user}  ${container.program?.argv.join(" ") ?? ""}\n`),
  );
  for (const [name, program] of container.jupyter?.programs() ?? []) programs.set(name, program);
  return { programs, files, env: Object.fromEntries(environment.map(splitPair)) };
}

/** Only the GPUs that the container was given, numbered from 0. */
function insideSmi(container: Container, options: InsideOptions): Program {
  const { gpus } = options;
  const specs = gpus.specs
    .filter(({ uuid }) => container.gpus.includes(uuid))
    .map((spec, index) => ({ ...spec, index }));
  const seen = createGpus({
    specs,
    driverVersion: gpus.driverVersion,
    now: options.now,
    // Processes of the host are not to be seen from inside.
    holders: () => gpus.holders().filter(({ uuid }) => container.gpus.includes(uuid)),
    isLost: (spec) => gpus.isLost(spec),
  });
  return nvidiaSmi(seen, options);
}

function seedsOf(container: Container, identity: Identity): Record<string, SeedFile> {
  const text = (content: () => string): SeedFile => ({ type: "file", content });
  const passwd = () => [...users].map(([name, uid]) => `${name}:x:${uid}:${uid}::/:/bin/sh\n`).join("");
  const zeroEnded = (list: readonly string[]) => list.map((each) => `${each}\0`).join("");
  const environ: SeedFile = { type: "file", mode: 0o400, content: () => zeroEnded(environmentOf(container)) };
  const status = () => processStatus(container, identity);
  const first = identityOf(container.config.User) ?? identity;
  return {
    "/etc/passwd": text(passwd),
    "/etc/hostname": text(() => `${container.config.Hostname}\n`),
    "/etc/os-release": text(() => 'PRETTY_NAME="Gatehouse practice container (simulated)"\nID=gatehouse-practice\n'),
    "/proc/1/environ": { ...environ, uid: first.uid, gid: first.gid },
    "/proc/self/environ": { ...environ, uid: identity.uid, gid: identity.gid },
    "/proc/1/cmdline": text(() => zeroEnded(firstCommand(container))),
    "/proc/1/status": text(() => processStatus(container, first)),
    "/proc/self/status": text(status),
    "/proc/mounts": text(() => mountTable(container)),
    "/proc/self/mounts": text(() => mountTable(container)),
    "/run/secrets": { type: "directory", mode: 0o1777 },
    "/tmp": { type: "directory", mode: 0o1777 },
    "/dev/shm": { type: "directory", mode: 0o1777 },
    "/root": { type: "directory", mode: 0o700 },
    "/home": { type: "directory" },
    "/usr/bin": { type: "directory" },
    "/sys/fs/cgroup": { type: "directory" },
    ...(container.jupyter === null ? {} : { "/home/jovyan": { type: "directory" as const, uid: 1000, gid: 100 } }),
    ...Object.fromEntries(
      volumesOf(container).map((path): [string, SeedFile] => [
        path,
        { type: "directory", uid: first.uid, gid: first.gid },
      ]),
    ),
    ...(container.image.program === "server"
      ? { "/app/inference-server.mjs": text(() => "// simulated\n"), "/models": { type: "directory" as const } }
      : {}),
  };
}

function firstCommand(container: Container): readonly string[] {
  const argv = container.program?.argv ?? [];
  return container.hostConfig.Init ? ["/sbin/docker-init", "--", ...argv] : argv;
}
