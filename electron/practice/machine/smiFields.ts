import type { GpuReading, GpuSpec, Gpus } from "./gpus.ts";

export interface Row {
  spec: GpuSpec;
  at: GpuReading;
  gpus: Gpus;
}

export interface Field {
  /** Unit in the header and, without `nounits`, behind the value. */
  unit?: "MiB" | "W" | "%" | "MHz";
  /** Older names of the same field. */
  also?: readonly string[];
  value(row: Row): string | number;
}

export const none = "[N/A]";
const watts = (value: number) => value.toFixed(2);

/** What `--query-gpu` knows, in the order in which `--help-query-gpu` lists it. */
const gpuFields = new Map<string, Field>(
  Object.entries({
    timestamp: { value: () => "1970/01/01 00:00:00.000" },
    driver_version: { value: ({ gpus }) => gpus.driverVersion },
    count: { value: ({ gpus }) => gpus.specs.length },
    name: { also: ["gpu_name"], value: ({ spec }) => spec.name },
    serial: { also: ["gpu_serial"], value: ({ spec }) => spec.serial },
    uuid: { also: ["gpu_uuid"], value: ({ spec }) => spec.uuid },
    "pci.bus_id": { also: ["gpu_bus_id"], value: ({ spec }) => spec.busId },
    index: { value: ({ spec }) => spec.index },
    vbios_version: { value: ({ spec }) => spec.vbios },
    compute_cap: { value: ({ spec }) => spec.computeCapability },
    pstate: { value: ({ at }) => at.pstate },
    "temperature.gpu": { value: ({ at }) => at.temperature },
    "temperature.gpu.tlimit": { value: ({ at, spec }) => (spec.hbm ? 87 - at.temperature : none) },
    "temperature.memory": { value: ({ at, spec }) => (spec.hbm ? at.memoryTemperature : none) },
    "fan.speed": { unit: "%", value: ({ at, spec }) => (spec.hbm || spec.idleWatts < 20 ? none : at.fanPercent) },
    "utilization.gpu": { unit: "%", value: ({ at }) => at.utilization },
    "utilization.memory": { unit: "%", value: ({ at }) => at.memoryUtilization },
    "memory.total": { unit: "MiB", value: ({ spec }) => spec.memoryMiB },
    "memory.reserved": { unit: "MiB", value: ({ at }) => at.memoryReservedMiB },
    "memory.used": { unit: "MiB", value: ({ at }) => at.memoryUsedMiB },
    "memory.free": {
      unit: "MiB",
      value: ({ spec, at }) => spec.memoryMiB - at.memoryReservedMiB - at.memoryUsedMiB,
    },
    "power.draw": { unit: "W", value: ({ at }) => watts(at.watts) },
    "power.draw.average": { unit: "W", value: ({ at }) => watts(at.watts) },
    "power.draw.instant": { unit: "W", value: ({ at }) => watts(at.watts + 0.4) },
    "power.limit": { unit: "W", value: ({ spec }) => watts(spec.powerLimitWatts) },
    "enforced.power.limit": { unit: "W", value: ({ spec }) => watts(spec.powerLimitWatts) },
    "power.max_limit": { unit: "W", value: ({ spec }) => watts(spec.powerLimitWatts) },
    "clocks.sm": { unit: "MHz", also: ["clocks.current.sm"], value: ({ at }) => at.clockMHz },
    "clocks.mem": { unit: "MHz", also: ["clocks.current.memory"], value: ({ spec }) => spec.memoryClockMHz },
    "clocks.max.sm": { unit: "MHz", value: ({ spec }) => spec.maxClockMHz },
    "clocks.max.mem": { unit: "MHz", also: ["clocks.max.memory"], value: ({ spec }) => spec.memoryClockMHz },
    compute_mode: { value: () => "Default" },
    persistence_mode: { value: () => "Enabled" },
    "mig.mode.current": { value: ({ spec }) => (spec.hbm ? "Disabled" : none) },
    "ecc.mode.current": { value: () => "Enabled" },
    "ecc.errors.corrected.volatile.total": { value: () => 0 },
    "ecc.errors.uncorrected.volatile.total": { value: () => 0 },
    "retired_pages.pending": { value: ({ spec }) => (spec.hbm ? none : "No") },
    "remapped_rows.correctable": { value: ({ spec }) => (spec.hbm ? 0 : none) },
    "remapped_rows.uncorrectable": { value: ({ spec }) => (spec.hbm ? 0 : none) },
    "remapped_rows.pending": { value: ({ spec }) => (spec.hbm ? 0 : none) },
    "remapped_rows.failure": { value: ({ spec }) => (spec.hbm ? 0 : none) },
    "pcie.link.gen.current": { value: ({ spec, at }) => (at.busy ? spec.pcieGeneration : 1) },
    "pcie.link.gen.max": { value: ({ spec }) => spec.pcieGeneration },
    "pcie.link.width.current": { value: () => 16 },
    "pcie.link.width.max": { value: () => 16 },
    "clocks_event_reasons.active": {
      also: ["clocks_throttle_reasons.active"],
      value: ({ at }) => (at.busy ? "0x0000000000000000" : "0x0000000000000001"),
    },
  } satisfies Record<string, Field>),
);

/** Fields of newer drivers only. */
const newerFields = new Map<string, Field>(
  Object.entries({
    "fabric.state": { value: () => none },
    gpu_recovery_action: { value: () => "None" },
  } satisfies Record<string, Field>),
);

export const processFields = new Map<string, Field["unit"] | null>([
  ["timestamp", null],
  ["gpu_name", null],
  ["gpu_bus_id", null],
  ["gpu_serial", null],
  ["gpu_uuid", null],
  ["pid", null],
  ["process_name", null],
  ["name", null],
  ["used_gpu_memory", "MiB"],
  ["used_memory", "MiB"],
]);

/** Every name that this driver takes, older ones too. */
export function fieldsOf(gpus: Gpus): ReadonlyMap<string, Field> {
  const known = new Map(gpuFields);
  // clocks_event_reasons came with 535, gpu_recovery_action with 570.
  const major = Number.parseInt(gpus.driverVersion, 10);
  if (major >= 570) for (const [name, field] of newerFields) known.set(name, field);
  for (const field of gpuFields.values()) for (const name of field.also ?? []) known.set(name, field);
  if (major < 535) known.delete("clocks_event_reasons.active");
  return known;
}
