import type { Route } from "./router.ts";
import { labelsMatch, readFilters, route } from "./router.ts";

export interface EngineEventRecord {
  type: "container" | "image" | "network";
  action: string;
  id: string;
  attributes: Record<string, string>;
  /** Nanoseconds since the epoch. */
  at: bigint;
}

export interface Events {
  emit(event: Omit<EngineEventRecord, "at">): void;
  routes: Route[];
}

const kept = 256;
const maxQueue = 1_000;

/** The engine's events: the last 256 are kept for `since`, as the real one does. */
export function createEvents(nowNs: () => bigint, after: (ms: number, fn: () => void) => () => void): Events {
  const ring: EngineEventRecord[] = [];
  const listeners = new Set<(event: EngineEventRecord) => void>();
  return {
    emit(event) {
      const record = { ...event, at: nowNs() };
      ring.push(record);
      if (ring.length > kept) ring.shift();
      for (const listener of listeners) listener(record);
    },
    routes: [
      route("GET", "/events", async (request, reply) => {
        const filters = readFilters(request.query, request.api);
        const matches = (event: EngineEventRecord) => isWanted(event, filters);
        const since = readSeconds(request.query.get("since"));
        const until = readSeconds(request.query.get("until"));
        const outlet = reply.stream("application/json");
        const queue: EngineEventRecord[] = [];
        let wake = () => {};
        const push = (event: EngineEventRecord) => {
          if (matches(event) && queue.length < maxQueue) queue.push(event);
          wake();
        };
        if (since !== null)
          for (const event of ring) if (event.at >= since && (until === null || event.at <= until)) push(event);
        listeners.add(push);
        const left = until === null ? null : Number(until - nowNs()) / 1e6;
        let over = left !== null && left <= 0;
        const end = () => {
          over = true;
          wake();
        };
        const cancel = left !== null && left > 0 ? after(left, end) : () => {};
        outlet.signal.addEventListener("abort", end);
        if (outlet.signal.aborted) over = true;
        while (!outlet.signal.aborted) {
          const event = queue.shift();
          if (event !== undefined) await outlet.write(`${JSON.stringify(shape(event, request.api))}\n`);
          else if (over) break;
          else await new Promise<void>((resolve) => (wake = resolve));
        }
        cancel();
        listeners.delete(push);
        outlet.end();
      }),
    ],
  };
}

/** `seconds[.nanoseconds]` as a number of nanoseconds; `null` when absent or not a number. */
export function readSeconds(text: string | null): bigint | null {
  if (text === null || text === "") return null;
  const match = /^(\d{1,12})(?:\.(\d{1,9}))?$/.exec(text);
  if (match === null) return null;
  return BigInt(match[1] ?? 0) * 1_000_000_000n + BigInt((match[2] ?? "").padEnd(9, "0"));
}

function isWanted(event: EngineEventRecord, filters: ReadonlyMap<string, string[]>): boolean {
  const oneOf = (name: string, values: readonly string[]) => {
    const wanted = filters.get(name);
    return wanted === undefined || wanted.some((each) => values.includes(each));
  };
  const action = event.action.split(":")[0] ?? event.action;
  const names = [event.id, event.attributes.name ?? "", event.id.slice(0, 12)];
  return (
    oneOf("type", [event.type]) &&
    oneOf("event", [event.action, action]) &&
    (event.type !== "container" || oneOf("container", names)) &&
    (event.type !== "network" || oneOf("network", names)) &&
    (event.type !== "container" || oneOf("image", [event.attributes.image ?? ""])) &&
    labelsMatch(event.attributes, filters.get("label"))
  );
}

function shape(event: EngineEventRecord, api: number): Record<string, unknown> {
  const time = Number(event.at / 1_000_000_000n);
  // `timeNano` is beyond what a JSON number of JavaScript holds exactly; clients read it as a float, too.
  const common = {
    Type: event.type,
    Action: event.action,
    Actor: { ID: event.id, Attributes: event.attributes },
    scope: "local",
    time,
    timeNano: Number(event.at),
  };
  if (api >= 52 || event.type === "network") return common;
  const from = event.attributes.image;
  return { status: event.action, id: event.id, ...(from === undefined ? {} : { from }), ...common };
}
