import { Failure } from "../failure.ts";

/** Those who wait for the same thing, each until its own signal. */
export interface Waiters {
  wait(signal: AbortSignal | undefined): Promise<void>;
  /** Ends all waits: well for `null`. */
  settle(failure: Failure | null): void;
}

export function createWaiters(): Waiters {
  const waiting = new Set<(failure: Failure | null) => void>();
  return {
    wait: (signal) =>
      new Promise<void>((resolve, reject) => {
        const settle = (failure: Failure | null) => {
          waiting.delete(settle);
          signal?.removeEventListener("abort", onAbort);
          if (failure) reject(failure);
          else resolve();
        };
        const onAbort = () => settle(new Failure("CANCELLED"));
        signal?.addEventListener("abort", onAbort, { once: true });
        waiting.add(settle);
      }),
    settle(failure) {
      for (const one of [...waiting]) one(failure);
    },
  };
}
