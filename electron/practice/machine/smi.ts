import { complain, print } from "../shell/io.ts";
import type { Call, Program } from "../shell/run.ts";
import type { GpuSpec, Gpus } from "./gpus.ts";
import { type Field, fieldsOf, none, processFields, type Row } from "./smiFields.ts";

/** `nvidia-smi` (its manual page's selective query options, `-L`, `--loop`), with the exit codes of that page. */
export function nvidiaSmi(
  gpus: Gpus,
  options: { now(): number; sleep(ms: number, signal: AbortSignal): Promise<void> },
): Program {
  const known = fieldsOf(gpus);
  return async (call) => {
    const args = readArguments(call.argv.slice(1));
    if (args.unknown !== null) {
      return complain(call, `Invalid combination of input arguments. Please run 'nvidia-smi -h' for help.\n`, 1);
    }
    if (args.helpGpu) return print(call, help(known));
    if (args.list) return list(call, gpus);
    const ask = args.gpuFields ?? args.appFields;
    if (ask === null) return summary(call, gpus);
    const bad = ask.find((name) => !(args.gpuFields !== null ? known.has(name) : processFields.has(name)));
    if (bad !== undefined) {
      await call.out(`Field "${bad}" is not a valid field to query.\n\n`);
      return 2;
    }
    for (;;) {
      const status =
        args.gpuFields === null
          ? await printApps(call, gpus, ask, args, options.now())
          : await printGpus(call, gpus, known, ask, args, options.now());
      if (args.loopMs === null || status !== 0) return status;
      await options.sleep(args.loopMs, call.signal);
      if (call.signal.aborted) return 130;
    }
  };
}

interface Arguments {
  gpuFields: string[] | null;
  appFields: string[] | null;
  id: string | null;
  header: boolean;
  units: boolean;
  loopMs: number | null;
  list: boolean;
  helpGpu: boolean;
  unknown: string | null;
}

function readArguments(words: readonly string[]): Arguments {
  const args: Arguments = {
    gpuFields: null,
    appFields: null,
    id: null,
    header: true,
    units: true,
    loopMs: null,
    list: false,
    helpGpu: false,
    unknown: null,
  };
  for (let index = 0; index < words.length; index += 1) {
    const [flag = "", inline] = splitOnce(words[index] ?? "");
    const take = () => {
      index += 1;
      return words[index];
    };
    const value = () => inline ?? take() ?? "";
    if (flag === "--query-gpu") args.gpuFields = value().split(",");
    else if (flag === "--query-compute-apps") args.appFields = value().split(",");
    else if (flag === "--help-query-gpu") args.helpGpu = true;
    else if (flag === "-L" || flag === "--list-gpus") args.list = true;
    else if (flag === "-i" || flag === "--id") args.id = value();
    else if (flag === "-l" || flag === "--loop") {
      const next = /^\d+$/.test(words[index + 1] ?? "") ? take : () => undefined;
      args.loopMs = seconds(inline ?? next());
    } else if (flag === "-lms" || flag === "--loop-ms") args.loopMs = Math.max(Number(value()) || 1000, 50);
    else if (flag === "--format") {
      const format = value().split(",");
      args.header = !format.includes("noheader");
      args.units = !format.includes("nounits");
    } else args.unknown = flag;
  }
  return args;
}

function splitOnce(word: string): [string, string | undefined] {
  const equals = word.indexOf("=");
  return equals > 0 ? [word.slice(0, equals), word.slice(equals + 1)] : [word, undefined];
}

function seconds(text: string | undefined): number {
  return Math.max(Number(text ?? "5") || 5, 1) * 1000;
}

function chosen(gpus: Gpus, id: string | null): GpuSpec[] {
  if (id === null) return [...gpus.specs];
  const wanted = new Set(id.split(","));
  return gpus.specs.filter((spec) => wanted.has(String(spec.index)) || wanted.has(spec.uuid) || wanted.has(spec.busId));
}

const lostText = (spec: GpuSpec) =>
  `Unable to determine the device handle for GPU${spec.index}: ${spec.busId.slice(4)}: GPU is lost.  Reboot the system to recover this GPU\n`;

async function printGpus(
  call: Call,
  gpus: Gpus,
  known: ReadonlyMap<string, Field>,
  names: readonly string[],
  args: Arguments,
  now: number,
): Promise<number> {
  const specs = chosen(gpus, args.id);
  if (specs.length === 0) {
    await call.out("No devices were found\n");
    return 6;
  }
  const lines: string[] = [];
  if (args.header) lines.push(names.map((name) => title(name, known.get(name)?.unit)).join(", "));
  for (const spec of specs) {
    if (gpus.isLost(spec)) continue;
    const row: Row = { spec, at: gpus.reading(spec), gpus };
    lines.push(names.map((name) => cell(name, known.get(name), row, args.units, now)).join(", "));
  }
  await call.out(lines.map((line) => `${line}\n`).join(""));
  const lost = specs.filter((spec) => gpus.isLost(spec));
  for (const spec of lost) await call.out(lostText(spec));
  return lost.length > 0 ? 15 : 0;
}

function title(name: string, unit: Field["unit"]): string {
  return unit === undefined ? name : `${name} [${unit}]`;
}

function cell(name: string, field: Field | undefined, row: Row, units: boolean, now: number): string {
  if (name === "timestamp") return stamp(now);
  const value = String(field?.value(row) ?? none);
  return units && field?.unit !== undefined && value !== none ? `${value} ${field.unit}` : value;
}

function stamp(now: number): string {
  return new Date(now).toISOString().replaceAll("-", "/").replace("T", " ").replace("Z", "");
}

async function printApps(
  call: Call,
  gpus: Gpus,
  names: readonly string[],
  args: Arguments,
  now: number,
): Promise<number> {
  const lines: string[] = [];
  if (args.header) lines.push(names.map((name) => title(name, processFields.get(name) ?? undefined)).join(", "));
  const specs = chosen(gpus, args.id).filter((spec) => !gpus.isLost(spec));
  for (const spec of specs) {
    const holders = gpus.holders().filter(({ uuid }) => uuid === spec.uuid);
    const each = Math.floor(gpus.reading(spec).memoryUsedMiB / Math.max(holders.length, 1));
    for (const holder of holders) {
      const memory = `${each}${args.units ? " MiB" : ""}`;
      const fields: Record<string, string> = {
        timestamp: stamp(now),
        gpu_name: spec.name,
        gpu_bus_id: spec.busId,
        gpu_serial: spec.serial,
        gpu_uuid: spec.uuid,
        pid: String(holder.pid),
        process_name: holder.processName,
        name: holder.processName,
        used_gpu_memory: memory,
        used_memory: memory,
      };
      lines.push(names.map((name) => fields[name] ?? none).join(", "));
    }
  }
  return print(call, lines.map((line) => `${line}\n`).join(""));
}

async function list(call: Call, gpus: Gpus): Promise<number> {
  for (const spec of gpus.specs) {
    if (gpus.isLost(spec)) {
      await call.out(lostText(spec));
      return 15;
    }
    await call.out(`GPU ${spec.index}: ${spec.name} (UUID: ${spec.uuid})\n`);
  }
  return 0;
}

function help(known: ReadonlyMap<string, Field>): string {
  const lines = ['List of valid properties to query for the switch "--query-gpu":', ""];
  const seen = new Set<Field>();
  for (const [name, field] of known) {
    if (seen.has(field)) continue;
    seen.add(field);
    const names = [name, ...(field.also ?? [])].filter((each) => known.has(each));
    lines.push(names.map((each) => `"${each}"`).join(" or "), "A property of the simulated GPU.", "");
  }
  return `${lines.join("\n")}\n`;
}

/** The table of a bare `nvidia-smi`, in few words. */
async function summary(call: Call, gpus: Gpus): Promise<number> {
  const lines = [`NVIDIA-SMI ${gpus.driverVersion} (simulated)   Driver Version: ${gpus.driverVersion}`];
  for (const spec of gpus.specs) {
    if (gpus.isLost(spec)) continue;
    const at = gpus.reading(spec);
    lines.push(
      `| ${spec.index}  ${spec.name} | ${at.temperature}C ${at.pstate} ${at.watts}W / ${spec.powerLimitWatts}W | ` +
        `${at.memoryUsedMiB}MiB / ${spec.memoryMiB}MiB | ${at.utilization}% |`,
    );
  }
  await call.out(`${lines.join("\n")}\n`);
  const lost = gpus.specs.find((spec) => gpus.isLost(spec));
  if (lost === undefined) return 0;
  await call.out(lostText(lost));
  return 15;
}
