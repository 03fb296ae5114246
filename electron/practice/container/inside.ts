import { request } from "node:http";
import { isAbsolute, posix } from "node:path";
import { createGpus, type Gpus } from "../machine/gpus.ts";
import { nvidiaSmi } from "../machine/smi.ts";
import { basicPrograms, complain, type Identity, print, readInput } from "../shell/basics.ts";
import { createFiles, FileError, type FileErrorCode, isWithin, type SeedFile } from "../shell/files.ts";
import type { Call, Machine, Program } from "../shell/run.ts";
import type { Container } from "./types.ts";

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
  return { programs, files, env: Object.fromEntries(environment.map(splitPair)) };
}

function splitPair(pair: string): [string, string] {
  const equals = pair.indexOf("=");
  return equals < 0 ? [pair, ""] : [pair.slice(0, equals), pair.slice(equals + 1)];
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
    ...(container.image.program === "server"
      ? { "/app/inference-server.mjs": text(() => "// simulated\n"), "/models": { type: "directory" as const } }
      : {}),
  };
}

function firstCommand(container: Container): readonly string[] {
  const argv = container.program?.argv ?? [];
  return container.hostConfig.Init ? ["/sbin/docker-init", "--", ...argv] : argv;
}

// Bits of the capabilities that the engine leaves by default (capabilities(7)).
const defaultCapabilities = 0xa80425fbn;
const allCapabilities = 0x1ffffffffffn;
const capabilityBits = new Map([
  ["CHOWN", 0],
  ["DAC_OVERRIDE", 1],
  ["FOWNER", 3],
  ["FSETID", 4],
  ["KILL", 5],
  ["SETGID", 6],
  ["SETUID", 7],
  ["SETPCAP", 8],
  ["NET_BIND_SERVICE", 10],
  ["NET_ADMIN", 12],
  ["NET_RAW", 13],
  ["IPC_LOCK", 14],
  ["SYS_CHROOT", 18],
  ["SYS_PTRACE", 19],
  ["SYS_ADMIN", 21],
  ["SYS_NICE", 23],
  ["SYS_RESOURCE", 24],
  ["MKNOD", 27],
  ["AUDIT_WRITE", 29],
  ["SETFCAP", 31],
]);

/** The bounding set that follows from `CapDrop`, `CapAdd` and `Privileged`. */
export function boundingSet(container: Pick<Container, "hostConfig">): bigint {
  const { CapAdd, CapDrop, Privileged } = container.hostConfig;
  const plain = (names: readonly string[]) => names.map((name) => name.toUpperCase().replace(/^CAP_/, ""));
  const [added, dropped] = [plain(CapAdd), plain(CapDrop)];
  if (Privileged) return allCapabilities;
  let set = dropped.includes("ALL") ? 0n : defaultCapabilities;
  if (added.includes("ALL")) set = allCapabilities;
  for (const name of dropped) set &= ~(1n << BigInt(capabilityBits.get(name) ?? 63));
  for (const name of added) if (capabilityBits.has(name)) set |= 1n << BigInt(capabilityBits.get(name) ?? 0);
  return set;
}

function processStatus(container: Container, identity: Identity): string {
  const hex = (value: bigint) => value.toString(16).padStart(16, "0");
  const bounding = boundingSet(container);
  // A process that is not root starts without effective capabilities; the bounding set stays.
  const own = identity.uid === 0 ? bounding : 0n;
  const options = container.hostConfig.SecurityOpt.map((option) => option.replaceAll(" ", ""));
  const noNewPrivileges = options.some((option) => /^no-new-privileges(?:[:=]true)?$/.test(option));
  const unconfined =
    container.hostConfig.Privileged || options.some((option) => /^seccomp[:=]unconfined$/.test(option));
  const four = (value: number) => `${value}\t${value}\t${value}\t${value}`;
  return [
    `Name:\t${container.program?.argv[0] ?? "sh"}`,
    "State:\tS (sleeping)",
    "Pid:\t1",
    `Uid:\t${four(identity.uid)}`,
    `Gid:\t${four(identity.gid)}`,
    "Groups:\t ",
    "CapInh:\t0000000000000000",
    `CapPrm:\t${hex(own)}`,
    `CapEff:\t${hex(own)}`,
    `CapBnd:\t${hex(bounding)}`,
    "CapAmb:\t0000000000000000",
    `NoNewPrivs:\t${noNewPrivileges ? 1 : 0}`,
    `Seccomp:\t${unconfined ? 0 : 2}`,
    `Seccomp_filters:\t${unconfined ? 0 : 1}`,
    "",
  ].join("\n");
}

function tmpfsMounts(container: Container): [path: string, options: string][] {
  const mounted = container.hostConfig.Mounts.filter(({ Type }) => Type === "tmpfs").map(
    ({ Target }): [string, string] => [Target, "rw"],
  );
  return [["/dev/shm", "rw,nosuid,nodev,noexec"], ...Object.entries(container.hostConfig.Tmpfs), ...mounted];
}

/** What lay on a tmpfs is gone when the container has stopped; the root file system's layer stays. */
export function forgetTmpfs(container: Container): void {
  const mounts = tmpfsMounts(container).map(([path]) => posix.normalize(path));
  container.files.owners.clear();
  for (const path of container.files.files.keys()) {
    if (mounts.some((mount) => isWithin(path, mount))) container.files.files.delete(path);
  }
}

function mountTable(container: Container): string {
  const root = container.hostConfig.ReadonlyRootfs ? "ro" : "rw";
  const lines = [`overlay / overlay ${root},relatime 0 0`, "proc /proc proc rw,nosuid,nodev,noexec,relatime 0 0"];
  for (const [path, options] of tmpfsMounts(container)) lines.push(`tmpfs ${path} tmpfs ${options || "rw"} 0 0`);
  for (const mount of binds(container))
    lines.push(`/dev/sda1 ${mount.target} ext4 ${mount.readOnly ? "ro" : "rw"},relatime 0 0`);
  return `${lines.join("\n")}\n`;
}

function binds({ hostConfig }: Container): { target: string; readOnly: boolean }[] {
  const listed = hostConfig.Binds.map((bind) => {
    const [, target = "", mode = ""] = bind.split(":");
    return { target, readOnly: mode.split(",").includes("ro") };
  });
  const mounted = hostConfig.Mounts.filter(({ Type }) => Type !== "tmpfs");
  return [...listed, ...mounted.map(({ Target, ReadOnly }) => ({ target: Target, readOnly: ReadOnly }))];
}

/** Why `path` can't be written by `identity` in this container. */
export function refusal(container: Container, identity: Identity, path: string): FileErrorCode | null {
  const covering = tmpfsMounts(container)
    .filter(([mount]) => isWithin(path, posix.normalize(mount)))
    .sort((a, b) => b[0].length - a[0].length)[0];
  if (covering !== undefined) {
    const options = new Map(covering[1].split(",").map((option) => splitPair(option)));
    if (options.has("ro")) return "EROFS";
    const mode = Number.parseInt(options.get("mode") ?? "1777", 8);
    const owns = Number(options.get("uid") ?? "0") === identity.uid;
    return identity.uid === 0 || owns || (mode & 0o002) !== 0 ? null : "EACCES";
  }
  const bind = binds(container).find(({ target }) => target !== "" && isWithin(path, posix.normalize(target)));
  if (bind !== undefined) return bind.readOnly ? "EROFS" : identity.uid === 0 ? null : "EACCES";
  if (isWithin(path, "/proc") || isWithin(path, "/sys")) return "EACCES";
  if (container.hostConfig.ReadonlyRootfs) return "EROFS";
  return identity.uid === 0 || isWithin(path, "/tmp") ? null : "EACCES";
}

/** The two commands of the reference server besides serving; any other script is not simulated. */
async function node(call: Call, container: Container): Promise<number> {
  const [, script = "", command = "", target = ""] = call.argv;
  if (script === "-e") return listSecrets(call, command);
  if (posix.basename(script) !== "inference-server.mjs")
    return complain(call, `node: cannot find module '${script}'`, 1);
  if (command === "health") return (await probeHealth(container.program?.port ?? null)) === 200 ? 0 : 1;
  if (command !== "write-secret")
    return complain(call, "inference-server: usage: inference-server.mjs [serve | health | write-secret PATH]", 2);
  return writeSecret(call, container, target);
}

/** A listing of `/run/secrets` is the one script that the console gives to the image's Node; no code is run for it. */
function listSecrets(call: Call, script: string): Promise<number> {
  const listing = script.includes("readdirSync") && script.includes('"/run/secrets"');
  if (!listing) return complain(call, "node: scripts are not part of the simulation", 9);
  const rows = call.files.list("/run/secrets").flatMap((name) => {
    const found = call.files.stat(posix.join("/run/secrets", name));
    return found?.type === "file" ? `${found.mode.toString(8).padStart(4, "0")} ${found.uid} ${name}\n` : [];
  });
  return print(call, rows.join(""));
}

async function writeSecret(call: Call, container: Container, target: string): Promise<number> {
  const path = isAbsolute(target) ? posix.normalize(target) : posix.join("/", target);
  const plain = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/.test(posix.basename(path));
  if (path === "/run/secrets" || !isWithin(path, "/run/secrets") || !plain) {
    return complain(call, "inference-server: the path is not a plain name below the secrets folder", 2);
  }
  if (!tmpfsMounts(container).some(([mount]) => isWithin("/run/secrets", posix.normalize(mount)))) {
    return complain(call, "inference-server: the secrets folder is not in memory: mount a tmpfs there");
  }
  try {
    const value = await readInput(call);
    if (value.length === 0) return complain(call, "inference-server: the value is empty");
    if (value.length > 65_536) return complain(call, "inference-server: the value is larger than 64 KiB");
    const parent = posix.dirname(path);
    if (call.files.stat(parent) === null) call.files.makeDirectory(parent, 0o700);
    // Whole or not at all: an existing file is replaced, not written into.
    const temporary = `${path}.tmp`;
    call.files.write(temporary, value, 0o400, false);
    call.files.rename(temporary, path);
    value.fill(0);
    return 0;
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    return complain(call, `inference-server: the file could not be written: ${error.code}`);
  }
}

/** Status of `GET /health` of a container's server; `null` when it does not answer within two seconds. */
export function probeHealth(port: number | null): Promise<number | null> {
  if (port === null) return Promise.resolve(null);
  return new Promise((resolve) => {
    const probe = request({ host: "127.0.0.1", port, path: "/health", timeout: 2_000, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode ?? null);
    });
    probe.on("timeout", () => probe.destroy());
    probe.on("error", () => resolve(null));
    probe.on("close", () => resolve(null));
    probe.end();
  });
}
