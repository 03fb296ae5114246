import { isFailure } from "../../failure.ts";
import type { LogSource, SourceDeps, StartSource } from "../sources/types.ts";
import type { LogStore } from "./types.ts";

/** Reads a log that was kept, once; its lines have the places of their sources, and their parts. Ends as `ended`. */
export function keptSource(store: LogStore, id: string): StartSource {
  return (deps) => start(store, id, deps);
}

function start(store: LogStore, id: string, deps: SourceDeps): LogSource {
  const control = new AbortController();
  let state: LogSource["state"] = "connecting";
  let problem: LogSource["problem"] = null;

  async function run(): Promise<void> {
    const { runs } = await store.read(id);
    for await (const lines of runs(control.signal)) {
      if (control.signal.aborted) return;
      state = "live";
      for (const { index: _, ...line } of lines) deps.append(line);
      deps.changed();
    }
    state = "ended";
    deps.changed();
  }

  const done = run().catch((error: unknown) => {
    if (control.signal.aborted) return;
    state = "failed";
    problem = isFailure(error)
      ? { code: error.code, details: { ...error.details } }
      : { code: "INTERNAL", details: {} };
    if (!isFailure(error)) deps.report(error);
    deps.changed();
  });
  return {
    get state() {
      return state;
    },
    get problem() {
      return problem;
    },
    masked: new Map(),
    done,
    stop: () => control.abort(),
  };
}
