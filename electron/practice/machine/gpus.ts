/** A simulated GPU as it was bought. */
export interface GpuSpec {
  index: number;
  /** `GPU-` and a UUID. */
  uuid: string;
  name: string;
  /** `00000000:1B:00.0` */
  busId: string;
  memoryMiB: number;
  powerLimitWatts: number;
  idleWatts: number;
  maxClockMHz: number;
  memoryClockMHz: number;
  computeCapability: string;
  vbios: string;
  serial: string;
  pcieGeneration: number;
  /** Has HBM: a temperature of its own, and row remapping. */
  hbm: boolean;
}

/** A process that holds a GPU. */
export interface GpuHolder {
  uuid: string;
  pid: number;
  processName: string;
}

export interface Gpus {
  specs: readonly GpuSpec[];
  driverVersion: string;
  /** Figures of now: they follow the clock, and rise while a container holds the GPU. */
  reading(spec: GpuSpec): GpuReading;
  holders(): readonly GpuHolder[];
  /** It has fallen off the bus. */
  isLost(spec: GpuSpec): boolean;
}

export interface GpuReading {
  busy: boolean;
  utilization: number;
  memoryUtilization: number;
  memoryUsedMiB: number;
  memoryReservedMiB: number;
  temperature: number;
  memoryTemperature: number;
  watts: number;
  clockMHz: number;
  fanPercent: number;
  pstate: "P0" | "P8";
}

export function createGpus(options: {
  specs: readonly GpuSpec[];
  driverVersion: string;
  now(): number;
  holders(): readonly GpuHolder[];
  isLost(spec: GpuSpec): boolean;
}): Gpus {
  return {
    ...options,
    reading(spec) {
      const count = options.holders().filter(({ uuid }) => uuid === spec.uuid).length;
      return readingAt(spec, options.now() / 1000, count);
    },
  };
}

/** A slow and a fast wave give figures that move like a served model's, and that a test can predict. */
export function readingAt(spec: GpuSpec, seconds: number, holders: number): GpuReading {
  const phase = spec.index * 1.7;
  const slow = Math.sin(seconds / 41 + phase);
  const fast = Math.sin(seconds / 3.1 + phase * 2);
  const busy = holders > 0;
  const utilization = busy ? clamp(58 + 22 * slow + 16 * fast, 1, 100) : 0;
  const reserved = Math.round(spec.memoryMiB * 0.0075);
  const held = busy ? Math.round(spec.memoryMiB * Math.min(0.42 * holders, 0.93) + 180 * slow) : 0;
  const temperature = Math.round(busy ? 41 + utilization * 0.28 + 3 * slow : 31 + 2 * slow);
  const range = spec.powerLimitWatts - spec.idleWatts;
  return {
    busy,
    utilization: Math.round(utilization),
    memoryUtilization: Math.round(utilization * 0.46),
    memoryUsedMiB: clamp(held, busy ? 512 : 4, spec.memoryMiB - reserved),
    memoryReservedMiB: reserved,
    temperature,
    memoryTemperature: temperature + 7,
    watts: Math.round((spec.idleWatts + range * (utilization / 100) * 0.82 + 1.5 * fast + 1.5) * 100) / 100,
    clockMHz: busy ? Math.round(spec.maxClockMHz - 60 + 45 * slow) : 345,
    fanPercent: busy ? Math.round(38 + utilization * 0.25) : 30,
    pstate: busy ? "P0" : "P8",
  };
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
