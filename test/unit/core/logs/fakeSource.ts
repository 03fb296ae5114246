import { Failure } from "../../../../electron/core/failure.ts";
import type { LogSource, SourceDeps, SourceLine, Sources } from "../../../../electron/core/logs/index.ts";

/** A source that says what the test wants, when it wants. */
export interface FakeSource {
  deps: SourceDeps;
  stopped: boolean;
  say(...lines: (Partial<SourceLine> & { text: string })[]): void;
  become(state: LogSource["state"], failure?: Failure): void;
}

/** Container sources by their id, made when they are opened. */
export function fakeSources(): { sources: Sources; of(containerId: string): FakeSource; started: string[] } {
  const made = new Map<string, FakeSource>();
  const started: string[] = [];
  const sources: Sources = {
    container:
      ({ containerId }) =>
      (deps) => {
        started.push(containerId);
        let state: LogSource["state"] = "connecting";
        let problem: LogSource["problem"] = null;
        let finish = (): void => {};
        const done = new Promise<void>((resolve) => {
          finish = resolve;
        });
        const fake: FakeSource = {
          deps,
          stopped: false,
          say(...lines) {
            for (const line of lines) deps.append({ at: null, stream: "stdout", ...line });
            deps.changed();
          },
          become(next, failure) {
            state = next;
            problem = failure === undefined ? null : { code: failure.code, details: { ...failure.details } };
            deps.changed();
          },
        };
        made.set(containerId, fake);
        return {
          get state() {
            return state;
          },
          get problem() {
            return problem;
          },
          masked: new Map([["HF_TOKEN", 1]]),
          done,
          stop() {
            fake.stopped = true;
            finish();
          },
        };
      },
  };
  return {
    sources,
    started,
    of(containerId) {
      const fake = made.get(containerId);
      if (fake === undefined) throw new Failure("NOT_FOUND", { id: containerId });
      return fake;
    },
  };
}
