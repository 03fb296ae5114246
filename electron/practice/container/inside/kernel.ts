/** What the kernel and the engine grant a container, as its own programs see it. */
import { posix } from "node:path";
import type { Identity } from "../../shell/basics.ts";
import { type FileErrorCode, isWithin } from "../../shell/files.ts";
import type { Container } from "../types.ts";

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

export function processStatus(container: Container, identity: Identity): string {
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

export function tmpfsMounts(container: Container): [path: string, options: string][] {
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

export function mountTable(container: Container): string {
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

/** Where volumes of the engine are mounted. */
export function volumesOf({ hostConfig }: Container): string[] {
  return hostConfig.Mounts.filter(({ Type }) => Type === "volume").map(({ Target }) => posix.normalize(Target));
}

function readOnlyVolume({ hostConfig }: Container, path: string): boolean {
  return hostConfig.Mounts.some(({ Target, ReadOnly }) => ReadOnly && posix.normalize(Target) === path);
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
  // A new volume gets the owner that the image's folder has.
  const volume = volumesOf(container).find((target) => isWithin(path, target));
  if (volume !== undefined) return readOnlyVolume(container, volume) ? "EROFS" : null;
  const bind = binds(container).find(({ target }) => target !== "" && isWithin(path, posix.normalize(target)));
  if (bind !== undefined) return bind.readOnly ? "EROFS" : identity.uid === 0 ? null : "EACCES";
  if (isWithin(path, "/proc") || isWithin(path, "/sys")) return "EACCES";
  if (container.hostConfig.ReadonlyRootfs) return "EROFS";
  return identity.uid === 0 || isWithin(path, "/tmp") ? null : "EACCES";
}

export function splitPair(pair: string): [string, string] {
  const equals = pair.indexOf("=");
  return equals < 0 ? [pair, ""] : [pair.slice(0, equals), pair.slice(equals + 1)];
}
