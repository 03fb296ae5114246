import type { LogStore } from "../buffer/index.ts";
import { startReading } from "./reading.ts";
import type { StartSource } from "./types.ts";

/** Reads a log that was kept, once; its lines have the places of their sources, and their parts. Ends as `ended`. */
export function keptSource(store: Pick<LogStore, "read">, id: string): StartSource {
  return (deps) =>
    startReading(deps, async (reading) => {
      const { runs } = await store.read(id);
      for await (const lines of runs(reading.signal)) {
        if (reading.signal.aborted) return;
        reading.flowing();
        for (const { index: _, ...line } of lines) deps.append(line);
        deps.changed();
      }
      reading.become("ended");
    });
}
