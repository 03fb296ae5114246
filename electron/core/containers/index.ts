import type { ContainerDetailView, ContainerRow, Finding, SecretRef } from "../../contract/containers.ts";
import type { Problem } from "../../contract/index.ts";
import type { ContainerDetail, Engine, EngineEvent } from "../docker/index.ts";
import { Failure, reasonOf } from "../failure.ts";
import type { MaskGuard } from "../logs/index.ts";
import type { Clock, Disposable } from "../ports.ts";
import { Inventory } from "./inventory.ts";
import { detailOf, gpusOf, type HostGpu, type LaunchRecord, type RowContext, rowOf } from "./rows.ts";

export type { LaunchRecord } from "./rows.ts";
export { tracesOf } from "./rows.ts";

/** A burst of events becomes one notice. */
const noticeMs = 80;

/** What this room needs to know of a host. */
export interface HostView {
  id: string;
  name: string;
  environment: string;
  simulated: boolean;
  /** Its engine answers; `problem` says why not. */
  reachable: boolean;
  problem: Problem | null;
  gpus: readonly HostGpu[];
}

export interface ContainersDeps {
  hosts(): HostView[];
  /** Rejects with `HOST_UNKNOWN` or `HOST_OFFLINE`. */
  engineOf(hostId: string): Engine;
  records(containerId: string): LaunchRecord | null;
  judge(detail: ContainerDetail): { findings: Finding[]; score: number };
  newest(ref: SecretRef): number | null;
  /** Gives a started container its secrets again: they were in memory only. */
  reinject(hostId: string, containerId: string): Promise<void>;
  /** The container is gone: forget its key, its network, its record. */
  forget(hostId: string, containerId: string): Promise<void>;
  mask: MaskGuard;
  clock: Clock;
  problemOf(error: unknown): Problem;
  onChange(hostId: string): void;
  log(message: string): void;
}

export interface Containers extends Disposable {
  list(
    hostId?: string,
  ): Promise<{ rows: ContainerRow[]; problems: { hostId: string; hostName: string; problem: Problem }[] }>;
  get(hostId: string, containerId: string): Promise<ContainerDetailView>;
  start(hostId: string, containerId: string, signal?: AbortSignal): Promise<void>;
  stop(hostId: string, containerId: string, signal?: AbortSignal): Promise<void>;
  restart(hostId: string, containerId: string, signal?: AbortSignal): Promise<void>;
  /** `confirm` must be its name (`BAD_INPUT`). */
  remove(hostId: string, containerId: string, confirm: string, signal?: AbortSignal): Promise<void>;
  onEngineEvent(hostId: string, event: EngineEvent | "resync"): void;
  counts(hostId: string): { running: number; total: number };
  /** Names as last seen; `null` when the host was not read yet. */
  names(hostId: string): string[] | null;
  /** Its name as last seen; `null` when it was not read yet, or is gone. */
  nameOf(hostId: string, containerId: string): string | null;
  /** Running containers that were given this GPU. */
  holders(hostId: string, uuid: string, gpus: readonly HostGpu[]): { containerId: string; name: string }[];
  /** Every container that was started with this secret. */
  usersOf(ref: {
    environment: string;
    name: string;
  }): { hostId: string; hostName: string; containerId: string; containerName: string; version: number }[];
  dropHost(hostId: string): void;
}

export function createContainers(deps: ContainersDeps): Containers {
  const inventories = new Map<string, Inventory>();
  const notices = new Map<string, () => void>();
  /** Containers that are being given their secrets right now. */
  const supplying = new Set<string>();

  function inventoryOf(hostId: string): Inventory {
    let inventory = inventories.get(hostId);
    if (inventory === undefined) {
      inventory = new Inventory(deps.engineOf(hostId));
      inventories.set(hostId, inventory);
    }
    return inventory;
  }

  function hostOf(hostId: string): HostView {
    const host = deps.hosts().find((each) => each.id === hostId);
    if (host === undefined) throw new Failure("HOST_UNKNOWN", { host: hostId });
    return host;
  }

  function contextOf(host: HostView, detail: ContainerDetail): RowContext {
    return {
      hostId: host.id,
      hostName: host.name,
      environment: host.environment,
      simulated: host.simulated,
      gpus: host.gpus,
      record: deps.records(detail.id),
      judged: deps.judge(detail),
      newest: deps.newest,
    };
  }

  async function rowsOf(host: HostView): Promise<ContainerRow[]> {
    const details = await inventoryOf(host.id).read();
    return details.map((detail) => rowOf(detail, contextOf(host, detail)));
  }

  function notice(hostId: string): void {
    if (notices.has(hostId)) return;
    notices.set(
      hostId,
      deps.clock.after(noticeMs, () => {
        notices.delete(hostId);
        void look(hostId);
      }),
    );
  }

  /** Reads what changed at once, so that the fleet's counts are right although nobody has the list open. */
  async function look(hostId: string): Promise<void> {
    try {
      if (deps.hosts().find((host) => host.id === hostId)?.reachable) await inventoryOf(hostId).read();
    } catch {
      // Whoever opens the list is told why.
    }
    deps.onChange(hostId);
  }

  /** Does `act`, then gives the container what it had in memory. */
  async function supplied(hostId: string, containerId: string, act: () => Promise<void>): Promise<void> {
    supplying.add(containerId);
    try {
      await act();
      touched(hostId);
      if (deps.records(containerId) !== null) await deps.reinject(hostId, containerId);
    } finally {
      supplying.delete(containerId);
    }
  }

  /** Somebody else started one of ours (a restart policy, the command line): it waits for its key. */
  function recover(hostId: string, containerId: string): void {
    if (supplying.has(containerId) || deps.records(containerId) === null) return;
    supplied(hostId, containerId, async () => {}).catch((error: unknown) =>
      deps.log(`container ${containerId.slice(0, 12)} could not be supplied again: ${reasonOf(error)}`),
    );
  }

  function touched(hostId: string): void {
    inventories.get(hostId)?.note("resync");
    notice(hostId);
  }

  return {
    async list(hostId) {
      const hosts = hostId === undefined ? deps.hosts() : [hostOf(hostId)];
      const problems: { hostId: string; hostName: string; problem: Problem }[] = [];
      const rows = await Promise.all(
        hosts.map(async (host) => {
          if (host.problem !== null) problems.push({ hostId: host.id, hostName: host.name, problem: host.problem });
          if (!host.reachable) return [];
          try {
            return await rowsOf(host);
          } catch (error) {
            problems.push({ hostId: host.id, hostName: host.name, problem: deps.problemOf(error) });
            return [];
          }
        }),
      );
      return { rows: rows.flat(), problems };
    },
    async get(hostId, containerId) {
      const host = hostOf(hostId);
      const detail = await deps.engineOf(hostId).inspect(containerId);
      return detailOf(detail, contextOf(host, detail), deps.mask);
    },
    start: (hostId, containerId, signal) =>
      supplied(hostId, containerId, () => deps.engineOf(hostId).start(containerId, { signal })),
    async stop(hostId, containerId, signal) {
      await deps.engineOf(hostId).stop(containerId, { signal, graceSeconds: 10 });
      touched(hostId);
    },
    restart: (hostId, containerId, signal) =>
      supplied(hostId, containerId, () => deps.engineOf(hostId).restart(containerId, { signal })),
    async remove(hostId, containerId, confirm, signal) {
      const engine = deps.engineOf(hostId);
      const { name } = await engine.inspect(containerId, { signal });
      if (confirm !== name)
        throw new Failure("BAD_INPUT", { field: "confirm", reason: "the name does not match", expected: name });
      await engine.remove(containerId, { signal, force: true });
      touched(hostId);
      await deps.forget(hostId, containerId);
    },
    onEngineEvent(hostId, event) {
      const inventory = inventories.get(hostId);
      if (inventory === undefined || inventory.note(event)) notice(hostId);
      if (event !== "resync" && event.type === "container" && event.action === "start") recover(hostId, event.id);
    },
    counts(hostId) {
      const known = inventories.get(hostId)?.known() ?? [];
      return { running: known.filter((detail) => detail.state === "running").length, total: known.length };
    },
    names(hostId) {
      return (
        inventories
          .get(hostId)
          ?.known()
          .map((detail) => detail.name) ?? null
      );
    },
    nameOf(hostId, containerId) {
      const known = inventories.get(hostId)?.known() ?? [];
      return known.find(({ id }) => id.startsWith(containerId))?.name ?? null;
    },
    holders(hostId, uuid, gpus) {
      const known = inventories.get(hostId)?.known() ?? [];
      return known
        .filter((detail) => detail.state === "running" && gpusOf(detail, gpus).some((gpu) => gpu.uuid === uuid))
        .map((detail) => ({ containerId: detail.id, name: detail.name }));
    },
    usersOf(ref) {
      return deps.hosts().flatMap((host) =>
        (inventories.get(host.id)?.known() ?? []).flatMap((detail) =>
          (deps.records(detail.id)?.secrets ?? [])
            .filter((given) => given.ref.environment === ref.environment && given.ref.name === ref.name)
            .map((given) => ({
              hostId: host.id,
              hostName: host.name,
              containerId: detail.id,
              containerName: detail.name,
              version: given.ref.version ?? 0,
            })),
        ),
      );
    },
    dropHost(hostId) {
      inventories.delete(hostId);
      notices.get(hostId)?.();
      notices.delete(hostId);
    },
    dispose() {
      for (const cancel of notices.values()) cancel();
      notices.clear();
    },
  };
}
