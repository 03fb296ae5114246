import type { ContainerDetail, ContainerSummary, Engine, EngineEvent } from "../docker/index.ts";
import { isFailure } from "../failure.ts";

/** At most this many inspects of one host are under way at once. */
const inspectsAtOnce = 6;

/**
 * What runs on one host: every container with its inspect, kept fresh by the engine's events. One list call and an
 * inspect of each container that is new or has changed; nothing at all when nothing happened.
 */
export class Inventory {
  readonly #engine: Pick<Engine, "containers" | "inspect">;
  #details = new Map<string, ContainerDetail>();
  #dirty = new Set<string>();
  #whole = true;
  #reading: Promise<void> | null = null;

  constructor(engine: Pick<Engine, "containers" | "inspect">) {
    this.#engine = engine;
  }

  /** Takes note of an event; true when a list would look different now. */
  note(event: EngineEvent | "resync"): boolean {
    if (event === "resync") {
      this.#whole = true;
      return true;
    }
    if (event.type !== "container" || event.action.startsWith("exec_")) return false;
    this.#whole = true;
    this.#dirty.add(event.id);
    return true;
  }

  /** The last known containers, without asking the engine. */
  known(): ContainerDetail[] {
    return [...this.#details.values()];
  }

  clear(): void {
    this.#details.clear();
    this.#whole = true;
  }

  async read(): Promise<ContainerDetail[]> {
    // Whoever comes while a list is read waits for it: what is known until then is older than the question.
    // A second pass for what happened during the first; events that never stop must not keep the caller waiting.
    for (let pass = 0; (this.#whole || this.#reading !== null) && pass < 2; pass += 1) {
      this.#reading ??= this.#readAll().finally(() => {
        this.#reading = null;
      });
      await this.#reading;
    }
    return this.known();
  }

  async #readAll(): Promise<void> {
    this.#whole = false;
    const dirty = this.#dirty;
    this.#dirty = new Set();
    try {
      const summaries = await this.#engine.containers();
      const fresh = new Map<string, ContainerDetail>();
      const stale: ContainerSummary[] = [];
      for (const summary of summaries) {
        const known = this.#details.get(summary.id);
        if (known === undefined || dirty.has(summary.id) || known.state !== summary.state) stale.push(summary);
        else fresh.set(summary.id, { ...known, ...summary });
      }
      await eachLimited(stale, inspectsAtOnce, async (summary) => {
        const detail = await this.#engine.inspect(summary.id).catch((error: unknown) => {
          if (isFailure(error, "CONTAINER_NOT_FOUND")) return null;
          throw error;
        });
        // The list's own words ("Up 3 minutes") are not in an inspect.
        if (detail !== null) fresh.set(summary.id, { ...detail, status: summary.status });
      });
      this.#details = new Map(
        summaries.flatMap(({ id }) => (fresh.has(id) ? [[id, fresh.get(id) as ContainerDetail]] : [])),
      );
    } catch (error) {
      this.#whole = true;
      for (const id of dirty) this.#dirty.add(id);
      throw error;
    }
  }
}

async function eachLimited<T>(items: readonly T[], limit: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(limit, queue.length) }, worker));
}
