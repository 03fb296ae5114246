import type { Clock } from "../ports.ts";

export interface KeepAlive {
  /** Looks at once, with a short limit: after a wake-up a dead connection should not pass for a live one. */
  probe(): void;
  stop(): void;
}

export interface KeepAliveDeps {
  clock: Clock;
  intervalMs: number;
  /** Misses after which the connection counts as dead. */
  limit: number;
  /** Limit of `probe`. */
  probeMs: number;
  /** Grows with every byte that comes in: a busy connection is alive even when its answer is stuck behind the data. */
  bytesRead(): number;
  ping(): Promise<void>;
  /** The number of keep-alives missed in a row; 0 when it has come back. Called on change. */
  onMissed(missed: number): void;
  onDead(): void;
}

/** Our own rather than ssh2's, which tells nobody of the misses before it gives up. */
export function createKeepAlive(deps: KeepAliveDeps): KeepAlive {
  const { clock, intervalMs, limit, probeMs } = deps;
  let mark = deps.bytesRead();
  let missed = 0;
  let stopped = false;
  let cancelTick = () => {};
  let cancelProbe = () => {};

  function ask(): void {
    mark = deps.bytesRead();
    deps.ping().catch(() => {});
  }

  function report(now: number): void {
    if (now === missed) return;
    missed = now;
    deps.onMissed(now);
  }

  function stop(): void {
    stopped = true;
    cancelTick();
    cancelProbe();
  }

  function dead(): void {
    stop();
    deps.onDead();
  }

  function schedule(): void {
    cancelTick = clock.after(intervalMs, () => {
      report(deps.bytesRead() > mark ? 0 : missed + 1);
      if (stopped) return;
      if (missed >= limit) return dead();
      ask();
      schedule();
    });
  }

  ask();
  schedule();
  return {
    probe() {
      if (stopped) return;
      cancelProbe();
      ask();
      const from = mark;
      cancelProbe = clock.after(probeMs, () => {
        if (deps.bytesRead() === from) dead();
        else report(0);
      });
    },
    stop,
  };
}
