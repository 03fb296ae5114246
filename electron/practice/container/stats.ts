import type { HostSpec } from "../hostSpecs.ts";
import type { Container } from "./types.ts";

export interface StatsOptions {
  now(): number;
  spec: HostSpec;
  /** Wall clock at which the fleet was started. */
  startedAt: number;
}

interface CpuSample {
  container: number;
  system: number;
}

/** CPU time that the container and the host have used since it started, nanoseconds: both only grow. */
function cpuAt(container: Container, at: number, { spec, startedAt }: StatsOptions): CpuSample {
  const seconds = Math.max((at - (container.state.startedAt ?? at)) / 1000, 0);
  const share = container.gpus.length > 0 ? 0.9 : 0.12;
  // The integral of a share that swings by half around its mean, so that it never falls.
  const used = share * (seconds - 0.5 * 7 * (Math.cos(seconds / 7) - 1)) + 0.05;
  const up = spec.upDays * 86_400 + (at - startedAt) / 1000;
  return { container: Math.round(used * 1e9), system: Math.round(up * spec.cpus * 1e9) };
}

/** One sample of `GET /containers/{id}/stats`; zeros for a container that does not run, as in the engine. */
export function statsSample(container: Container, options: StatsOptions, previous: number | null): unknown {
  const at = options.now();
  const running = container.program !== null;
  const cpu = (ms: number | null) => cpuStats(container, ms, options, running);
  const seconds = at / 1000;
  const limit = container.hostConfig.Memory > 0 ? container.hostConfig.Memory : options.spec.memoryBytes;
  const mean = container.image.program === "server" ? 260 : 6;
  const wave = Math.round(mean * (1 + 0.3 * Math.sin(seconds / 23)) * 1024 * 1024);
  const used = running ? Math.min(wave, Math.round(limit * 0.8)) : 0;
  const cache = Math.round(used * 0.18);
  const traffic = running ? Math.round((at - (container.state.startedAt ?? at)) * 0.9) : 0;
  return {
    id: container.id,
    name: `/${container.name}`,
    read: running ? new Date(at).toISOString() : "0001-01-01T00:00:00Z",
    preread: previous === null ? "0001-01-01T00:00:00Z" : new Date(previous).toISOString(),
    num_procs: 0,
    pids_stats: running ? pidStats(container) : {},
    cpu_stats: cpu(at),
    precpu_stats: cpu(previous),
    memory_stats: running
      ? {
          usage: used + cache,
          limit,
          stats:
            options.spec.engine.cgroupVersion === "2"
              ? { active_anon: used, inactive_file: cache, file: cache }
              : {
                  total_inactive_file: cache,
                  inactive_file: cache,
                  cache,
                  total_cache: cache,
                  rss: used,
                  total_rss: used,
                },
        }
      : {},
    ...(running ? { networks: { eth0: networkStats(traffic) } } : {}),
    blkio_stats: blockStats(options.spec.engine.cgroupVersion),
    storage_stats: {},
  };
}

function cpuStats(container: Container, at: number | null, options: StatsOptions, running: boolean): unknown {
  const throttling = { periods: 0, throttled_periods: 0, throttled_time: 0 };
  if (at === null || !running) {
    return { cpu_usage: { total_usage: 0, usage_in_kernelmode: 0, usage_in_usermode: 0 }, throttling_data: throttling };
  }
  const sample = cpuAt(container, at, options);
  return {
    cpu_usage: {
      total_usage: sample.container,
      usage_in_kernelmode: Math.round(sample.container * 0.2),
      usage_in_usermode: Math.round(sample.container * 0.8),
    },
    system_cpu_usage: sample.system,
    online_cpus: options.spec.cpus,
    throttling_data: throttling,
  };
}

/** The limit is left out where there is none. */
function pidStats({ hostConfig }: Container): Record<string, number> {
  const limit = Number(hostConfig.PidsLimit ?? 0);
  return { current: hostConfig.Init ? 12 : 11, ...(limit > 0 ? { limit } : {}) };
}

/** The first version of control groups tells more, and lists where the second has nothing. */
function blockStats(cgroupVersion: "1" | "2"): Record<string, never[] | null> {
  const empty = cgroupVersion === "1" ? [] : null;
  const names = [
    "io_service_bytes",
    "io_serviced",
    "io_queue",
    "io_service_time",
    "io_wait_time",
    "io_merged",
    "io_time",
  ];
  const fields = [...names.map((name) => `${name}_recursive`), "sectors_recursive"];
  return Object.fromEntries(fields.map((name) => [name, empty]));
}

function networkStats(bytes: number): unknown {
  return {
    rx_bytes: bytes,
    rx_packets: Math.round(bytes / 900),
    rx_errors: 0,
    rx_dropped: 0,
    tx_bytes: Math.round(bytes * 1.4),
    tx_packets: Math.round(bytes / 800),
    tx_errors: 0,
    tx_dropped: 0,
  };
}
