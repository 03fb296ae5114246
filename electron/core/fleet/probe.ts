import type { HostFacts } from "../../contract/hosts.ts";
import { Failure, isFailure } from "../failure.ts";
import type { Cancellable, Clock } from "../ports.ts";
import type { HostLink, Queued } from "../ssh/index.ts";
import { type FactOutputs, factProbes, readFacts } from "./facts.ts";
import { type GpuField, type GpuFigures, knownFields, nvidiaTrouble, parseGpuLine } from "./nvidia.ts";

const probeTimeoutMs = 10_000;

/** Asks the host what it is. A probe that fails leaves its figures `null`; only a lost link rejects. */
export async function probeFacts(link: HostLink, clock: Clock, options: Cancellable = {}): Promise<HostFacts> {
  const names = Object.keys(factProbes) as (keyof FactOutputs)[];
  const outputs = await Promise.all(
    names.map(async (name) => {
      const result = await link
        .exec(factProbes[name], { signal: options.signal, timeoutMs: probeTimeoutMs, maxBytes: 65_536 })
        .catch((error: unknown) => {
          if (isFailure(error, "COMMAND_FAILED") || isFailure(error, "TIMED_OUT")) return null;
          throw error;
        });
      return [name, result !== null && result.code === 0 ? result.stdout.toString("utf8") : null] as const;
    }),
  );
  return readFacts(Object.fromEntries(outputs) as unknown as FactOutputs, clock.now());
}

export interface GpuReading {
  gpus: GpuFigures[];
  /** Set when the host has a driver that cannot be asked; a host without nvidia-smi has simply no GPUs. */
  trouble: Failure | null;
}

/** Reads GPU figures of one host; remembers which fields its driver knows. */
export function createGpuProbe(link: HostLink) {
  let fields: GpuField[] | null = null;

  async function query({ signal, onPlace }: Cancellable & Queued): Promise<GpuReading> {
    if (fields === null) {
      const help = await link.exec(["nvidia-smi", "--help-query-gpu"], { signal, onPlace, timeoutMs: probeTimeoutMs });
      if (help.code === 127) return { gpus: [], trouble: null };
      fields = knownFields(help.stdout.toString("utf8"));
      if (!fields.includes("uuid")) {
        fields = null;
        return trouble(help.code, help.stdout, help.stderr);
      }
    }
    const result = await link.exec(["nvidia-smi", `--query-gpu=${fields.join(",")}`, "--format=csv,noheader,nounits"], {
      signal,
      onPlace,
      timeoutMs: probeTimeoutMs,
    });
    if (result.code !== 0) return trouble(result.code, result.stdout, result.stderr);
    return { gpus: parseGpuLines(result.stdout.toString("utf8"), fields), trouble: null };
  }

  return {
    read: (options: Cancellable & Queued = {}) => query(options),
    /** After a reconnect the driver may be another. */
    forget() {
      fields = null;
    },
  };
}
export type GpuProbe = ReturnType<typeof createGpuProbe>;

function parseGpuLines(text: string, fields: readonly GpuField[]): GpuFigures[] {
  return text
    .split("\n")
    .map((line) => parseGpuLine(line, fields))
    .filter((row) => row !== null);
}

function trouble(code: number | null, stdout: Buffer, stderr: Buffer): GpuReading {
  const output = `${stdout.toString("utf8")}\n${stderr.toString("utf8")}`;
  const word = nvidiaTrouble(code, output);
  if (word === "not-installed" || word === "no-devices") return { gpus: [], trouble: null };
  const failure = new Failure(
    "COMMAND_FAILED",
    { command: "nvidia-smi", reason: word, output: output.trim().slice(0, 300) },
    { retryable: true },
  );
  return { gpus: [], trouble: failure };
}
