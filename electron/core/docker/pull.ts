import { Failure } from "../failure.ts";
import type { Cancellable } from "../ports.ts";
import { pullStep } from "./answers/index.ts";
import type { EngineClient } from "./client.ts";
import { jsonLines } from "./lines.ts";
import { engineFailure } from "./problems.ts";
import { guarded } from "./streams.ts";

export interface PullOptions extends Cancellable {
  onProgress?: (text: string, fraction: number | null) => void;
}

const maxLayers = 4096;

/** `registry:5000/a/b:tag` or `…@sha256:…` as the engine wants it. */
export function splitReference(reference: string): { name: string; tag: string } {
  const at = reference.indexOf("@");
  if (at > 0) return { name: reference.slice(0, at), tag: reference.slice(at + 1) };
  const colon = reference.lastIndexOf(":");
  // A colon before the last slash is the registry's port.
  if (colon > reference.lastIndexOf("/")) return { name: reference.slice(0, colon), tag: reference.slice(colon + 1) };
  return { name: reference, tag: "latest" };
}

/** Pulls an image. The engine answers 200 before it begins, so what goes wrong comes inside the stream. */
export async function pullImage(client: EngineClient, reference: string, options: PullOptions): Promise<void> {
  const { name, tag } = splitReference(reference);
  const subject = { image: reference };
  const stream = await client.stream({
    method: "POST",
    path: "/images/create",
    query: { fromImage: name, tag },
    subject,
    signal: options.signal,
    timeoutMs: 120_000,
  });
  const layers = new Map<string, { current: number; total: number }>();
  for await (const value of guarded(stream, options.signal, jsonLines(stream))) {
    const step = pullStep.safeParse(value);
    if (!step.success) continue;
    const { id, status, error, progressDetail } = step.data;
    if (error !== undefined) throw asImageFailure(error, reference);
    if (id !== undefined && progressDetail?.total && layers.size < maxLayers) {
      layers.set(id, { current: progressDetail.current ?? 0, total: progressDetail.total });
    }
    if (status !== undefined) options.onProgress?.(id === undefined ? status : `${id}: ${status}`, fractionOf(layers));
  }
}

function asImageFailure(message: string, image: string): Failure {
  if (/not found|unauthorized|denied/i.test(message) && !/no space left/i.test(message)) {
    return new Failure("IMAGE_NOT_FOUND", { image });
  }
  return engineFailure(200, message, { image });
}

/** Of the layers that have begun; it can fall when another one begins. */
function fractionOf(layers: ReadonlyMap<string, { current: number; total: number }>): number | null {
  let current = 0;
  let total = 0;
  for (const layer of layers.values()) {
    current += Math.min(layer.current, layer.total);
    total += layer.total;
  }
  return total === 0 ? null : current / total;
}
