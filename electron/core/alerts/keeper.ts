import { Failure, isFailure } from "../failure.ts";
import type { Clock } from "../ports.ts";
import type { Store } from "../store/index.ts";
import type { AlertBookFile } from "./kept.ts";

/** Writes come no faster. */
const REST_MS = 2_000;

export interface KeeperDeps {
  store: Pick<Store<AlertBookFile>, "set">;
  clock: Clock;
  /** What is to be written, as of now. */
  snapshot(): AlertBookFile;
  /** It began to fail, or works again. */
  onProblem(): void;
  report(error: unknown): void;
}

/** Writes the alerts down: at once when it has rested, else when it has. */
export interface Keeper {
  soon(): void;
  /** When it was last written, or tried. */
  readonly last: number;
  /** Why the last try failed. */
  problem(): Failure | null;
  /** Writes a last time, where there is something to keep or was, and ends. */
  dispose(something: boolean): Promise<void>;
}

export function createKeeper({ store, clock, snapshot, onProblem, report }: KeeperDeps): Keeper {
  let last = Number.NEGATIVE_INFINITY;
  let problem: Failure | null = null;
  let cancel: (() => void) | null = null;
  let writing: Promise<void> | null = null;
  let again = false;
  let disposed = false;

  async function write(): Promise<void> {
    last = clock.now();
    let failed: Failure | null = null;
    try {
      await store.set(snapshot());
    } catch (error) {
      failed = isFailure(error) ? error : new Failure("INTERNAL");
      // Once: a full disk is full at the next try too.
      if (problem === null) report(error);
    }
    const moved = (failed === null) !== (problem === null);
    problem = failed;
    if (moved) onProblem();
  }

  function soon(): void {
    if (disposed) return;
    if (writing !== null || cancel !== null) {
      again = writing !== null;
      return;
    }
    const rest = last + REST_MS - clock.now();
    // A clock that was set back must not make it wait for long.
    if (rest > 0 && rest <= REST_MS) {
      cancel = clock.after(rest, () => {
        cancel = null;
        soon();
      });
      return;
    }
    writing = write().finally(() => {
      writing = null;
      if (!again) return;
      again = false;
      soon();
    });
  }

  return {
    soon,
    get last() {
      return last;
    },
    problem: () => problem,
    async dispose(something) {
      disposed = true;
      cancel?.();
      await writing;
      if (something || last > Number.NEGATIVE_INFINITY) await write();
    },
  };
}
