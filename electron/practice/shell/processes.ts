/** What runs on a simulated machine beside the shells that people have open. */
export interface Processes {
  /** Runs `work` until it ends or is told to; its process id. */
  start(work: (pid: number, signal: AbortSignal) => Promise<unknown>): number;
  /** Tells it to end; false when there is no such process. */
  kill(pid: number): boolean;
  has(pid: number): boolean;
  dispose(): Promise<void>;
}

const maxProcesses = 64;

export function createProcesses(first: number): Processes {
  const running = new Map<number, { stop: AbortController; over: Promise<unknown> }>();
  let last = first;
  return {
    start(work) {
      last += 7;
      const pid = last;
      const stop = new AbortController();
      // It is told to end at once where there are too many: as a fork that fails, but later.
      if (running.size >= maxProcesses) stop.abort();
      const over = Promise.resolve()
        .then(() => work(pid, stop.signal))
        .catch(() => {})
        .finally(() => running.delete(pid));
      running.set(pid, { stop, over });
      return pid;
    },
    kill(pid) {
      running.get(pid)?.stop.abort();
      return running.has(pid);
    },
    has: (pid) => running.has(pid),
    async dispose() {
      const all = [...running.values()];
      for (const { stop } of all) stop.abort();
      await Promise.all(all.map(({ over }) => over));
    },
  };
}
