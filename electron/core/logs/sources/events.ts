import type { LogLevel } from "../../../contract/logs.ts";
import type { Engine, EngineEvent } from "../../docker/types.ts";
import { plainText } from "../plain.ts";
import { type Reading, startReading } from "./reading.ts";
import type { SourceDeps, StartSource } from "./types.ts";

/** So many of the newest events are known again after a lost link. */
const REMEMBERED = 512;
/** How far back the first look goes, milliseconds: an engine keeps its last 256 events. */
const PAST_MS = 24 * 3_600_000;

const levels: Readonly<Record<string, LogLevel>> = {
  die: "warn",
  kill: "warn",
  oom: "error",
  destroy: "warn",
  "health_status: unhealthy": "error",
};

export interface EventsSource {
  engineOf(): Promise<Pick<Engine, "events">>;
}

/** What an engine tells of itself: one line an event, masked. */
export function eventsSource(source: EventsSource): StartSource {
  return (deps) => startReading(deps, (reading) => read({ ...deps, ...source }, reading));
}

function read(deps: SourceDeps & EventsSource, reading: Reading): Promise<void> {
  const { signal } = reading;
  const seen = new Set<string>();
  let newest: number | null = null;
  return reading.persist(async () => {
    const engine = await deps.engineOf();
    let returning = newest !== null;
    reading.become("live");
    for await (const event of engine.events({ signal, since: newest ?? deps.clock.now() - PAST_MS })) {
      reading.flowing();
      const key = `${event.at} ${event.type} ${event.action} ${event.id}`;
      // The last one comes again as long as the engine has it: one that has forgotten it may have forgotten more.
      if (returning) reading.note({ id: seen.has(key) ? "back" : "gap" }, seen.has(key) ? "info" : "warn");
      returning = false;
      if (seen.has(key)) continue;
      seen.add(key);
      if (seen.size > REMEMBERED) seen.delete(seen.values().next().value ?? "");
      newest = Math.max(newest ?? 0, event.at);
      const level = levels[event.action] ?? "info";
      deps.append({ at: event.at, stream: "stdout", level, text: lineOf(event, reading) });
      deps.changed();
    }
  });
}

/** `container die llama-70b (4f0c9a1be2d3) image=… exitCode=137` */
function lineOf({ type, action, id, attributes }: EngineEvent, reading: Reading): string {
  const { name, ...rest } = attributes;
  const short = /^(sha256:)?[0-9a-f]{64}$/.test(id) ? id.replace("sha256:", "").slice(0, 12) : id;
  const words = [type, action, name ?? "", name === undefined ? short : `(${short})`];
  for (const [key, value] of Object.entries(rest)) words.push(`${key}=${value}`);
  const mask = reading.mask("events");
  const bytes = Buffer.from(words.filter((word) => word !== "").join(" "));
  return plainText(Buffer.concat([mask.push(bytes), mask.end()]).toString("utf8"));
}
