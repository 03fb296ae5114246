import { toProblem } from "./problem.ts";

type Follow<T> = {
  open: (signal: AbortSignal) => Promise<AsyncIterable<T>>;
  onItem: (item: T) => void;
  /** The stream ended (null) or broke. */
  onCut?: (error: unknown) => void;
  signal: AbortSignal;
  /** Waits before the next attempt; a test passes its own. */
  wait?: (ms: number, signal: AbortSignal) => Promise<void>;
};

/** Codes after which the same stream will not come back. */
const final = new Set(["NOT_FOUND", "HOST_UNKNOWN", "CONTAINER_NOT_FOUND", "BAD_INPUT", "LOG_DRIVER_UNREADABLE"]);

/** Reads a stream to its end and opens it again after a cut, more and more slowly, until the signal says stop. */
export async function followStream<T>({ open, onItem, onCut, signal, wait = waitFor }: Follow<T>): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    let cause: unknown = null;
    try {
      for await (const item of await open(signal)) {
        if (signal.aborted) return;
        failures = 0;
        onItem(item);
      }
    } catch (error) {
      cause = error;
    }
    if (signal.aborted) return;
    onCut?.(cause);
    if (cause !== null && final.has(toProblem(cause).code)) return;
    failures += 1;
    await wait(Math.min(10_000, 250 * 2 ** Math.min(failures, 6)), signal);
  }
}

function waitFor(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}
