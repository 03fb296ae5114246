import type { NotebookStart } from "../../contract/index.ts";
import type { Engine } from "../docker/index.ts";
import { Failure } from "../failure.ts";
import type { Cancellable } from "../ports.ts";
import type { HostLink } from "../ssh/index.ts";
import * as scripts from "./scripts.ts";

/** Starts a server on the host; its process id. `JUPYTER_MISSING`, `NOTEBOOK_NOT_STARTED` {reason}. */
export async function startOnHost(
  link: HostLink,
  input: Pick<NotebookStart, "program" | "folder">,
  port: number,
  options: Cancellable & { timeoutMs: number },
): Promise<number> {
  const argv = ["sh", "-c", scripts.start, "sh", input.program, input.folder, String(port)];
  const { stdout, stderr, code } = await link.exec(argv, { ...options, maxBytes: 65_536 });
  const [said = "", ...rest] = stdout.toString("utf8").trim().split("\n");
  const pid = /^pid (\d+)$/.exec(said)?.[1];
  if (pid !== undefined) return Number(pid);
  if (said === "missing") throw new Failure("JUPYTER_MISSING", { program: input.program });
  const why = said === "ended" ? (rest.at(-1) ?? "") : stderr.toString("utf8").trim();
  throw new Failure("NOTEBOOK_NOT_STARTED", { reason: why.slice(0, 300) || `exit ${code}` });
}

/** Ends a server's process on its host, if it is one. */
export async function endOnHost(link: HostLink, pid: number): Promise<void> {
  await link.exec(["sh", "-c", scripts.end, "sh", String(pid)], { timeoutMs: 20_000, maxBytes: 4096 });
}

/** A server that starts anew makes itself another secret for its cookies: those that it gave out are worth nothing. */
export async function forgetCookies(link: HostLink): Promise<void> {
  await link.exec(["sh", "-c", scripts.forgetCookies], { timeoutMs: 10_000, maxBytes: 4096 });
}

/** Memory of each kernel by its id, bytes. */
export type KernelMemory = ReadonlyMap<string, { memoryBytes: number; gpuMemoryBytes: number | null }>;

export async function kernelMemory(link: HostLink, options: Cancellable): Promise<KernelMemory> {
  const { stdout } = await link.exec(["sh", "-c", scripts.kernelMemory], {
    ...options,
    timeoutMs: 10_000,
    maxBytes: 262_144,
  });
  return readMemory(stdout.toString("utf8"));
}

/** Of kernels in a container: the engine knows their processes by the host's numbers, and so does the GPU's driver. */
export async function kernelMemoryInContainer(
  link: HostLink,
  engine: Pick<Engine, "top">,
  containerId: string,
  options: Cancellable,
): Promise<KernelMemory> {
  const [processes, gpu] = await Promise.all([
    engine.top(containerId, options),
    link
      .exec(["sh", "-c", scripts.gpuMemory], { ...options, timeoutMs: 10_000, maxBytes: 262_144 })
      .then(({ stdout }) => stdout.toString("utf8"))
      .catch(() => ""),
  ]);
  const lines = processes.flatMap(({ pid, memoryBytes, args }) =>
    pid === null || memoryBytes === null ? [] : `${pid} ${Math.round(memoryBytes / 1024)} ${args}`,
  );
  return readMemory(`${lines.join("\n")}\n#gpu\n${gpu}`);
}

export function readMemory(text: string): KernelMemory {
  const [processes = "", gpu = ""] = text.split("#gpu\n");
  const onGpu = new Map<string, number>();
  for (const line of gpu.split("\n")) {
    const match = /^\s*(\d+),\s*(\d+)\s*$/.exec(line);
    if (match?.[1] !== undefined) onGpu.set(match[1], (onGpu.get(match[1]) ?? 0) + Number(match[2]) * 2 ** 20);
  }
  const rows = processes.split("\n").flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s.*kernel-([0-9a-f-]{1,64})\.json/.exec(line);
    if (match === null) return [];
    const [, pid = "", kib = "", id = ""] = match;
    return [[id, { memoryBytes: Number(kib) * 1024, gpuMemoryBytes: onGpu.get(pid) ?? null }] as const];
  });
  return new Map(rows);
}
