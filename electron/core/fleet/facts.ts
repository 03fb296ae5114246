import type { HostFacts } from "../../contract/hosts.ts";

/** What the probes printed, by name; `null` where a program is missing or failed. */
export interface FactOutputs {
  hostname: string | null;
  osRelease: string | null;
  kernel: string | null;
  nproc: string | null;
  meminfo: string | null;
  loadavg: string | null;
  uptime: string | null;
  bootId: string | null;
  df: string | null;
}

/** The probes: each is one program without a shell. `df` is asked of the engine's usual data folder's file system. */
export const factProbes: { readonly [K in keyof FactOutputs]: readonly string[] } = {
  hostname: ["hostname"],
  osRelease: ["cat", "/etc/os-release"],
  kernel: ["uname", "-r"],
  nproc: ["nproc"],
  meminfo: ["cat", "/proc/meminfo"],
  loadavg: ["cat", "/proc/loadavg"],
  uptime: ["cat", "/proc/uptime"],
  bootId: ["cat", "/proc/sys/kernel/random/boot_id"],
  df: ["df", "-B1", "-P", "/var/lib"],
};

function word(text: string | null): string | null {
  const trimmed = text?.trim() ?? "";
  return trimmed === "" ? null : trimmed;
}

function whole(text: string | null | undefined): number | null {
  const value = Number.parseInt(text ?? "", 10);
  return Number.isFinite(value) ? value : null;
}

function meminfo(text: string | null, key: string): number | null {
  const kib = whole(text?.match(new RegExp(`^${key}:\\s+(\\d+) kB$`, "m"))?.[1]);
  return kib === null ? null : kib * 1024;
}

/** Host facts from the probes' outputs; `now` is wall-clock milliseconds. A figure that cannot be read is `null`. */
export function readFacts(out: FactOutputs, now: number): HostFacts {
  const disk = out.df?.trim().split("\n").at(-1)?.split(/\s+/) ?? [];
  const load = Number.parseFloat(out.loadavg?.split(" ")[0] ?? "");
  const uptime = Number.parseFloat(out.uptime?.split(" ")[0] ?? "");
  return {
    hostname: word(out.hostname),
    operatingSystem: out.osRelease?.match(/^PRETTY_NAME="?([^"\n]+)"?$/m)?.[1] ?? null,
    kernel: word(out.kernel),
    cpus: whole(out.nproc),
    memoryTotalBytes: meminfo(out.meminfo, "MemTotal"),
    memoryAvailableBytes: meminfo(out.meminfo, "MemAvailable"),
    load: Number.isFinite(load) ? load : null,
    bootedAt: Number.isFinite(uptime) ? Math.round(now - uptime * 1000) : null,
    bootId: /^[0-9a-f-]{36}$/.test(out.bootId?.trim() ?? "") ? word(out.bootId) : null,
    diskTotalBytes: whole(disk[1]),
    diskFreeBytes: whole(disk[3]),
  };
}
