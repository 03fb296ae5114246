import type { NotebookPlace, NotebookRow, Problem } from "../../contract/index.ts";
import type { Secret } from "../secrets/index.ts";
import type { Destination } from "../tunnels/index.ts";
import type { ServerKernel, ServerStatus } from "./api.ts";
import { sameKey } from "./find.ts";
import type { LocalEnd } from "./localEnd.ts";
import type { FoundAt } from "./types.ts";

/** Keys of the past that answers under way may still need taken out. */
const mostRetired = 4;

/** One server that was seen, and its local end while it is open. Owns its key. */
export class Known {
  readonly id: string;
  readonly hostId: string;
  at: FoundAt;
  running = true;
  problem: Problem | null = null;
  activity: NotebookRow["activity"] = null;
  local: LocalEnd | null = null;
  /** When its kernels were asked last. */
  kernelsReadAt = Number.NEGATIVE_INFINITY;
  #kernelsAt: number | null = null;
  #retired: Secret[] = [];
  #to: Promise<Destination> | null = null;

  constructor(id: string, hostId: string, at: FoundAt) {
    this.id = id;
    this.hostId = hostId;
    this.at = at;
  }

  get key(): Secret | null {
    return this.at.server.key;
  }

  sits(place: NotebookPlace): boolean {
    const own = this.at.place;
    if (own.kind === "host" || place.kind === "host") return own.kind === place.kind;
    return own.containerId === place.containerId || own.name === place.name;
  }

  /** Takes what was found of it now; true when it has another key or place than before. */
  take(found: FoundAt): boolean {
    const before = this.at.server;
    const { server } = found;
    this.running = true;
    if (sameKey(before.key, server.key) && before.key !== null) {
      if (server.key !== before.key) server.key?.dispose();
      this.at = { ...found, server: { ...server, key: before.key } };
    } else {
      if (before.key !== null) this.#retire(before.key);
      this.at = found;
    }
    const moved = before.port !== server.port || before.pid !== server.pid || before.socket !== server.socket;
    if (moved || found.place.kind === "container") this.#to = null;
    return moved || this.at.server.key !== before.key;
  }

  /** Where it is reached; found out once, until it moves or nobody is there. */
  destination(find: () => Promise<Destination>): Promise<Destination> {
    this.#to ??= find().catch((error: unknown) => {
      this.#to = null;
      throw error;
    });
    return this.#to;
  }

  /** True when it says something new. */
  noteStatus({ started, last_activity, connections, kernels }: ServerStatus): boolean {
    const next = { kernels, connections, lastAt: last_activity, startedAt: started };
    const before = this.activity;
    this.activity = next;
    return before === null || before.kernels !== kernels || before.connections !== connections;
  }

  /** True when there are more or fewer of them than it was thought. */
  noteKernels(kernels: readonly ServerKernel[]): boolean {
    const last = Math.max(0, ...kernels.map((each) => each.last_activity));
    this.#kernelsAt = kernels.some(({ execution_state }) => execution_state === "busy")
      ? Number.POSITIVE_INFINITY
      : last;
    const before = this.activity;
    if (before === null || before.kernels === kernels.length) return false;
    this.activity = { ...before, kernels: kernels.length };
    return true;
  }

  /** By what the kernels did, where that is known: a page that is open keeps the server itself awake. */
  isIdle(now: number, idleMs: number): boolean {
    if (!this.running || this.activity === null || this.activity.kernels === 0) return false;
    return now - (this.#kernelsAt ?? this.activity.lastAt) > idleMs;
  }

  dispose(): void {
    this.at.server.key?.dispose();
    for (const key of this.#retired) key.dispose();
    this.#retired = [];
  }

  #retire(key: Secret): void {
    this.#retired.push(key);
    while (this.#retired.length > mostRetired) this.#retired.shift()?.dispose();
  }
}
