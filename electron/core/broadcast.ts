/**
 * One sender, any number of followers. Values with the same key replace each other while a follower is away, so a slow
 * follower holds at most one value a key and still misses no state: right for snapshots (one key, the default) and for
 * "fetch this again" notices (a key a topic).
 */
export interface Broadcast<T> {
  send(value: T): void;
  /** Yields `first()` (read when the following begins), then what is sent, until `signal` aborts or `end` is called. */
  follow(first: (() => T) | null, signal?: AbortSignal): AsyncGenerator<T>;
  end(): void;
}

export function createBroadcast<T>(key: (value: T) => string = () => ""): Broadcast<T> {
  const followers = new Set<{ waiting: Map<string, T>; wake: () => void }>();
  let ended = false;

  return {
    send(value) {
      for (const follower of followers) {
        follower.waiting.set(key(value), value);
        follower.wake();
      }
    },
    async *follow(first, signal) {
      const follower = { waiting: new Map<string, T>(), wake: () => {} };
      const onAbort = () => follower.wake();
      followers.add(follower);
      signal?.addEventListener("abort", onAbort, { once: true });
      try {
        if (first !== null) yield first();
        while (!ended && !signal?.aborted) {
          const next = follower.waiting.entries().next();
          if (!next.done) {
            follower.waiting.delete(next.value[0]);
            yield next.value[1];
            continue;
          }
          await new Promise<void>((resolve) => {
            follower.wake = resolve;
            if (ended || signal?.aborted || follower.waiting.size > 0) resolve();
          });
        }
      } finally {
        followers.delete(follower);
        signal?.removeEventListener("abort", onAbort);
      }
    },
    end() {
      ended = true;
      for (const follower of followers) follower.wake();
    },
  };
}
