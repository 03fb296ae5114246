import type { NotebookKernel } from "../../contract/index.ts";
import type { Cancellable } from "../ports.ts";
import { askKernels, askSessions } from "./api.ts";
import type { Known } from "./known.ts";
import { demandKey, type Reach } from "./reach.ts";
import type { Room } from "./room.ts";
import { type KernelMemory, kernelMemory, kernelMemoryInContainer } from "./start.ts";

/** The kernels of a server, what each holds, and which notebooks use it. */
export async function kernelsOf(room: Room, reach: Reach, one: Known, options: Cancellable): Promise<NotebookKernel[]> {
  demandKey(one);
  const [rows, sessions, memory] = await Promise.all([
    reach.asked(one, (ask) => askKernels(ask, options)),
    reach.asked(one, (ask) => askSessions(ask, options)).catch(() => []),
    memoryOf(room, one, options).catch((): KernelMemory => new Map()),
  ]);
  if (one.noteKernels(rows)) room.changed(one);
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    state: row.execution_state,
    lastAt: row.last_activity,
    connections: row.connections,
    paths: sessions.filter(({ kernel }) => kernel.id === row.id).map(({ path }) => path),
    memoryBytes: memory.get(row.id)?.memoryBytes ?? null,
    gpuMemoryBytes: memory.get(row.id)?.gpuMemoryBytes ?? null,
  }));
}

function memoryOf({ deps: { hosts } }: Room, { at: { place }, hostId }: Known, options: Cancellable) {
  const link = hosts.linkOf(hostId);
  if (place.kind === "host") return kernelMemory(link, options);
  return kernelMemoryInContainer(link, hosts.engineOf(hostId), place.containerId, options);
}
