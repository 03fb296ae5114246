/**
 * nvidia-smi's CSV, read the way its makers leave it: one unknown field fails the whole call, so the fields are first
 * intersected with what this driver knows; a figure that it does not have is printed as one of several words.
 * Formats: nvidia-smi(1), `--help-query-gpu`.
 */

/** Fields that the console shows, in the order of the query. */
export const wantedFields = [
  "index",
  "uuid",
  "name",
  "driver_version",
  "memory.total",
  "memory.used",
  "utilization.gpu",
  "temperature.gpu",
  "power.draw",
  "power.limit",
] as const;
export type GpuField = (typeof wantedFields)[number];

export interface GpuFigures {
  index: number;
  uuid: string;
  name: string;
  driver: string | null;
  memoryTotalMiB: number | null;
  memoryUsedMiB: number | null;
  utilization: number | null;
  temperature: number | null;
  powerDraw: number | null;
  powerLimit: number | null;
  fault: string | null;
}

/** The fields of `wantedFields` that `nvidia-smi --help-query-gpu` names; the help quotes each name. */
export function knownFields(help: string): GpuField[] {
  const named = new Set([...help.matchAll(/"([a-z0-9_.]+)"/g)].map((match) => match[1]));
  return wantedFields.filter((field) => named.has(field));
}

const faults = new Map([
  ["err!", "error"],
  ["[unknown error]", "error"],
  ["unknown error", "error"],
  ["[gpu requires reset]", "reset-required"],
  ["[gpu is lost]", "lost"],
]);

function figure(cell: string | undefined): number | null {
  if (cell === undefined) return null;
  const value = Number(cell);
  return cell !== "" && Number.isFinite(value) ? value : null;
}

/** One line of `--format=csv,noheader,nounits`, or `null` when it is not one. */
export function parseGpuLine(line: string, fields: readonly GpuField[]): GpuFigures | null {
  const cells = line.split(", ").map((cell) => cell.trim());
  if (cells.length !== fields.length) return null;
  const at = new Map(fields.map((field, place) => [field, cells[place] ?? ""]));
  const index = figure(at.get("index"));
  const uuid = at.get("uuid") ?? "";
  if (index === null || !/^(?:GPU|MIG)-/.test(uuid)) return null;
  const fault = cells.map((cell) => faults.get(cell.toLowerCase())).find((word) => word !== undefined) ?? null;
  return {
    index,
    uuid,
    name: at.get("name") ?? "",
    driver: at.get("driver_version") || null,
    memoryTotalMiB: figure(at.get("memory.total")),
    memoryUsedMiB: figure(at.get("memory.used")),
    utilization: figure(at.get("utilization.gpu")),
    temperature: figure(at.get("temperature.gpu")),
    powerDraw: figure(at.get("power.draw")),
    powerLimit: figure(at.get("power.limit")),
    fault,
  };
}

export type NvidiaTrouble = "not-installed" | "no-driver" | "version-mismatch" | "no-devices" | "lost" | "unknown";

/** Why a query failed, from its exit status and what it printed (some of it on stdout). */
export function nvidiaTrouble(code: number | null, output: string): NvidiaTrouble {
  if (code === 127) return "not-installed";
  if (/couldn't communicate with the NVIDIA driver/i.test(output)) return "no-driver";
  if (/version mismatch/i.test(output)) return "version-mismatch";
  if (/No devices were found/i.test(output)) return "no-devices";
  if (/GPU is lost|Unable to determine the device handle/i.test(output)) return "lost";
  return "unknown";
}
