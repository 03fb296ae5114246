import type { Readable } from "node:stream";
import type { z } from "zod";
import { Failure, isFailure, reasonOf } from "../failure.ts";
import type { Cancellable } from "../ports.ts";
import { engineEvent, type statsSample, statsSample as statsSchema } from "./answers/index.ts";
import { LogBatch } from "./batch.ts";
import type { FollowedBody } from "./follow.ts";
import { createFrameReader, type FrameOptions } from "./frames.ts";
import { jsonLines } from "./lines.ts";
import type { ContainerStats, EngineEvent } from "./types.ts";

/** Reads a stream to its end and always lets go of it; what breaks it comes out as a `Failure`. */
export async function* guarded<T>(
  stream: { destroy(): void },
  signal: AbortSignal | undefined,
  read: AsyncIterable<T>,
): AsyncGenerator<T> {
  const onAbort = () => stream.destroy();
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    if (signal?.aborted) onAbort();
    yield* read;
    if (signal?.aborted) throw new Failure("CANCELLED");
  } catch (error) {
    if (signal?.aborted) throw new Failure("CANCELLED");
    if (isFailure(error)) throw error;
    throw new Failure("ENGINE_UNAVAILABLE", { reason: reasonOf(error) }, { retryable: true, cause: error });
  } finally {
    signal?.removeEventListener("abort", onAbort);
    stream.destroy();
  }
}

export function logFrames(body: FollowedBody, options: Cancellable & FrameOptions): AsyncGenerator<LogBatch> {
  return guarded(body, options.signal, readFrames(body, options));
}

async function* readFrames(body: FollowedBody, options: FrameOptions): AsyncGenerator<LogBatch> {
  const reader = createFrameReader(options);
  yield new LogBatch();
  for await (const chunk of body) {
    const batch = reader.push(chunk);
    if (batch.count > 0) yield batch;
  }
  const rest = reader.end();
  if (rest.count > 0) yield rest;
}

export function engineEvents(stream: FollowedBody, signal: AbortSignal | undefined): AsyncGenerator<EngineEvent> {
  return guarded(stream, signal, readEvents(stream));
}

async function* readEvents(stream: AsyncIterable<Buffer>): AsyncGenerator<EngineEvent> {
  for await (const value of jsonLines(stream)) {
    const event = engineEvent.safeParse(value);
    if (event.success && event.data.type !== "") yield event.data;
  }
  throw new Failure("ENGINE_UNAVAILABLE", { reason: "the engine ended the stream of events" }, { retryable: true });
}

export function containerStats(
  stream: Readable,
  signal: AbortSignal | undefined,
  now: () => number,
): AsyncGenerator<ContainerStats> {
  return guarded(stream, signal, readStats(stream, now));
}

type Sample = z.output<typeof statsSample>;

async function* readStats(stream: Readable, now: () => number): AsyncGenerator<ContainerStats> {
  let before: Sample | null = null;
  for await (const value of jsonLines(stream)) {
    const parsed = statsSchema.safeParse(value);
    if (!parsed.success) continue;
    const sample = parsed.data;
    // A container that has stopped goes on being reported, with all figures zero.
    if (sample.cpu_stats.system_cpu_usage === 0 && sample.cpu_stats.cpu_usage.total_usage === 0) return;
    yield statsOf(before, sample, now());
    before = sample;
  }
}

/** The engine's own `precpu_stats` are zero in the first sample, so the share is reckoned from ours. */
export function statsOf(before: Sample | null, sample: Sample, now: number): ContainerStats {
  const { cpu_stats: cpu, memory_stats: memory, pids_stats: pids } = sample;
  const used = before ? cpu.cpu_usage.total_usage - before.cpu_stats.cpu_usage.total_usage : 0;
  const whole = before ? cpu.system_cpu_usage - before.cpu_stats.system_cpu_usage : 0;
  const cpus = cpu.online_cpus || cpu.cpu_usage.percpu_usage?.length || 1;
  const at = Date.parse(sample.read);
  return {
    at: Number.isNaN(at) || at <= 0 ? now : at,
    cpuPercent: whole > 0 && used >= 0 ? (used / whole) * cpus * 100 : null,
    memoryBytes: Math.max(0, (memory?.usage ?? 0) - inactiveFile(memory?.stats ?? {})),
    memoryLimitBytes: memory?.limit ?? 0,
    pids: pids?.current ?? 0,
  };
}

/** File cache that the kernel can drop at once: cgroup v1 has `total_` for the whole subtree, v2 has one figure. */
function inactiveFile(stats: Record<string, unknown>): number {
  const value = stats.total_inactive_file ?? stats.inactive_file;
  return typeof value === "number" ? value : 0;
}
