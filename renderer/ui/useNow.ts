import { useSyncExternalStore } from "react";

/** One timer for all that shows an age, so that a long table does not run a timer a row. */
function createTicker(periodMs: number) {
  let now = Date.now();
  let timer: ReturnType<typeof setInterval> | null = null;
  const listeners = new Set<() => void>();
  function tick(): void {
    now = Date.now();
    for (const listener of listeners) listener();
  }
  return {
    read: () => now,
    subscribe(listener: () => void): () => void {
      listeners.add(listener);
      if (timer === null) {
        now = Date.now();
        timer = setInterval(tick, periodMs);
      }
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0 || timer === null) return;
        clearInterval(timer);
        timer = null;
      };
    },
  };
}

const ticker = createTicker(1000);

/** The wall clock, milliseconds, at most a second old. */
export function useNow(): number {
  return useSyncExternalStore(ticker.subscribe, ticker.read);
}
