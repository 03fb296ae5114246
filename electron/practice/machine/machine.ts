import { createHash } from "node:crypto";
import { posix } from "node:path";
import { practiceOs } from "../engine/system.ts";
import type { HostSpec } from "../hostSpecs.ts";
import type { JupyterRoom } from "../jupyter/room.ts";
import { basicPrograms, type Identity } from "../shell/basics.ts";
import { createFiles, type FileSystem, type SeedFile } from "../shell/files.ts";
import { complain, print } from "../shell/io.ts";
import type { Processes } from "../shell/processes.ts";
import type { Call, Machine, Program } from "../shell/run.ts";
import type { PracticeFault } from "../types.ts";
import type { Gpus } from "./gpus.ts";
import { createHostLogs, follow } from "./hostLogs.ts";
import { nvidiaSmi } from "./smi.ts";
import { sshdConfig } from "./sshdConfig.ts";

export interface HostMachineOptions {
  spec: HostSpec;
  now(): number;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Wall clock at which the fleet was started. */
  startedAt: number;
  gpus: Gpus;
  faults(): readonly PracticeFault[];
  jupyter: JupyterRoom;
  processes: Processes;
}

export const operator: Identity = {
  uid: 1000,
  gid: 1000,
  user: "operator",
  groups: [
    { gid: 1000, name: "operator" },
    { gid: 998, name: "docker" },
  ],
};
const names = new Map([
  [0, "root"],
  [998, "docker"],
  [1000, "operator"],
]);

/** The files of a host, made before its engine, which looks bind sources up in them. */
export function hostFiles(options: HostMachineOptions): FileSystem {
  return createFiles({
    seeds: hostSeeds(options),
    live: () => options.jupyter.seeds(),
    now: options.now,
    owner: { uid: operator.uid, gid: operator.gid },
    refuses: (path) => (posix.dirname(path) === "/tmp" || path.startsWith("/home/operator/") ? null : "EACCES"),
  });
}

/** What a login on the host finds: its programs, files and environment. */
export function hostMachine(options: HostMachineOptions, files: FileSystem): Machine {
  const { spec } = options;
  const programs = basicPrograms({
    identity: operator,
    hostname: spec.id,
    now: options.now,
    kernel: { release: spec.kernel, version: "#1 SMP PREEMPT_DYNAMIC (simulated)", machine: "x86_64" },
    userName: (uid) => names.get(uid) ?? String(uid),
    groupName: (gid) => names.get(gid) ?? String(gid),
    cpus: spec.cpus,
    sleep: options.sleep,
    processes: options.processes,
  });
  const more: [string, Program][] = [
    ["df", (call) => df(call, options)],
    ["nvidia-smi", nvidiaSmi(options.gpus, options)],
    ["sshd", (call) => complain(call, "sshd: no hostkeys available -- exiting.")],
    ["sudo", (call) => sudo(call, spec)],
    ["uptime", (call) => print(call, ` up ${spec.upDays} days, load average: ${loadAverage(options)}\n`)],
    ["free", (call) => print(call, memoryInfo(options))],
    ...options.jupyter.programs(),
    ...createHostLogs({ ...options, hostname: spec.id }).programs,
    ["gatehouse-follow", (call) => follow(call, options.sleep)],
    ["getent", (call) => print(call, `${call.argv[2] ?? ""}:x:998:operator\n`)],
  ];
  for (const [name, program] of more) programs.set(name, program);
  const env = {
    HOME: "/home/operator",
    USER: "operator",
    LOGNAME: "operator",
    SHELL: "/bin/sh",
    PATH: "/usr/local/bin:/usr/bin:/bin",
    LANG: "C.UTF-8",
    XDG_RUNTIME_DIR: "/run/user/1000",
  };
  return { programs, files, env, processes: options.processes };
}

/** Another one for each host and each start of the fleet. */
function bootIdOf(hostId: string, startedAt: number): string {
  const hash = createHash("sha256").update(`${hostId} ${startedAt}`).digest("hex");
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-4${hash.slice(13, 16)}-8${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
}

function hostSeeds(options: HostMachineOptions): Record<string, SeedFile> {
  const { spec } = options;
  const text = (content: () => string, mode = 0o644): SeedFile => ({ type: "file", mode, content });
  const folder: SeedFile = { type: "directory" };
  const socket: SeedFile = { type: "socket", mode: 0o660, uid: 0, gid: 998 };
  const uptime = () => spec.upDays * 86_400 + (options.now() - options.startedAt) / 1000;
  const seeds: Record<string, SeedFile> = {
    "/etc/os-release": text(
      () =>
        `PRETTY_NAME="${practiceOs}"\nNAME="Gatehouse practice"\nVERSION_ID="12"\nID=gatehouse-practice\nID_LIKE=debian\n`,
    ),
    "/etc/hostname": text(() => `${spec.id}\n`),
    "/etc/passwd": text(() => "root:x:0:0:root:/root:/bin/bash\noperator:x:1000:1000::/home/operator:/bin/sh\n"),
    "/etc/group": text(() => "root:x:0:\ndocker:x:998:operator\noperator:x:1000:\n"),
    "/etc/shadow": text(() => "", 0o640),
    "/etc/ssh/sshd_config": text(() => "Include /etc/ssh/sshd_config.d/*.conf\n"),
    "/proc/uptime": text(() => `${uptime().toFixed(2)} ${(uptime() * spec.cpus * 0.86).toFixed(2)}\n`),
    "/proc/loadavg": text(() => `${loadAverage(options).replaceAll(",", "")} 2/1180 402113\n`),
    "/proc/meminfo": text(() => memoryInfo(options)),
    "/proc/cpuinfo": text(() =>
      Array.from({ length: spec.cpus }, (_, n) => `processor\t: ${n}\nmodel name\t: Practice CPU (simulated)\n\n`).join(
        "",
      ),
    ),
    "/proc/sys/kernel/hostname": text(() => `${spec.id}\n`),
    "/proc/sys/kernel/random/boot_id": text(() => `${bootIdOf(spec.id, options.startedAt)}\n`),
    "/home/operator": { type: "directory", mode: 0o750, uid: 1000, gid: 1000 },
    ...Object.fromEntries(
      spec.notebooks.map(({ folder }): [string, SeedFile] => [folder, { ...folderOf(1000), mode: 0o750 }]),
    ),
    "/run/user/1000": { type: "directory", mode: 0o700, uid: 1000, gid: 1000 },
    "/var/lib/docker": { type: "directory", mode: 0o710 },
    "/srv/models": folder,
    "/data": folder,
    "/tmp": { type: "directory", mode: 0o1777 },
    "/usr/bin": folder,
    ...createHostLogs({ ...options, hostname: spec.id }).seeds,
    "/dev/nvidiactl": { type: "file", mode: 0o666, content: () => "" },
  };
  // A stopped engine takes its socket away: the seeds are looked at anew at each call.
  for (const path of ["/var/run/docker.sock", "/run/docker.sock"]) {
    Object.defineProperty(seeds, path, {
      enumerable: true,
      get: () => (options.faults().includes("engine-stopped") ? undefined : socket),
    });
  }
  return seeds;
}

function folderOf(uid: number): SeedFile {
  return { type: "directory", uid, gid: uid };
}

function loadAverage({ spec, now, gpus }: HostMachineOptions): string {
  const wave = Math.sin(now() / 97_000);
  const base = spec.cpus * 0.04 + gpus.holders().length * 1.3;
  return [base + 0.4 * wave, base + 0.2 * wave, base].map((value) => Math.max(value, 0.01).toFixed(2)).join(", ");
}

function memoryInfo({ spec, now, gpus }: HostMachineOptions): string {
  const total = Math.round(spec.memoryBytes / 1024);
  const share = 0.18 + 0.05 * gpus.holders().length + 0.01 * Math.sin(now() / 61_000);
  const used = Math.round(total * share);
  const cached = Math.round(total * 0.3);
  const row = (name: string, value: number) => `${`${name}:`.padEnd(16)}${String(value).padStart(8)} kB\n`;
  return (
    row("MemTotal", total) +
    row("MemFree", total - used - cached) +
    row("MemAvailable", total - used) +
    row("Buffers", Math.round(cached * 0.05)) +
    row("Cached", Math.round(cached * 0.95)) +
    row("SwapTotal", 0) +
    row("SwapFree", 0)
  );
}

async function df(call: Call, { spec, faults }: HostMachineOptions): Promise<number> {
  const paths = call.argv.slice(1).filter((word) => !word.startsWith("-"));
  const missing = paths.find((path) => call.files.stat(path) === null);
  if (missing !== undefined) return complain(call, `df: ${missing}: No such file or directory`);
  const unit = call.argv.includes("-B1") ? 1 : call.argv.includes("-B1M") ? 1024 ** 2 : 1024;
  const { totalBytes, usedBytes } = spec.disk;
  const used = faults().includes("disk-full") ? totalBytes : usedBytes;
  const cells = [totalBytes, used, totalBytes - used].map((bytes) => Math.floor(bytes / unit));
  const header = `Filesystem     ${unit === 1 ? "1-blocks" : unit === 1024 ? "1024-blocks" : "1048576-blocks"} Used Available Capacity Mounted on\n`;
  const row = `/dev/nvme0n1p2 ${cells.join(" ")} ${Math.ceil((used / totalBytes) * 100)}% /\n`;
  return print(call, header + row.repeat(Math.max(paths.length, 1)));
}

/** No password can be given here: what needs one fails at once, as with `-n`. */
async function sudo(call: Call, spec: HostSpec): Promise<number> {
  const rest = call.argv
    .slice(1)
    .filter((word, index, all) => !(word.startsWith("-") && all.slice(0, index).every((w) => w.startsWith("-"))));
  if (!spec.sshd.sudo) return complain(call, "sudo: a password is required");
  const [program = ""] = rest;
  if (posix.basename(program) === "sshd" && rest.includes("-T")) return print(call, sshdConfig(spec.sshd));
  if (posix.basename(program) === "true") return 0;
  return complain(call, "sudo: a password is required");
}
