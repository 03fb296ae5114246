export interface UntilOptions {
  /** Milliseconds; default 5,000. */
  timeoutMs?: number;
  /** Milliseconds between looks; default 10. */
  everyMs?: number;
  /** What is waited for, for the message of the error. */
  what?: string;
}

/**
 * Waits for a state with a limit: calls `look` until it returns something truthy, and returns that. What `look` threw
 * last is the cause of the error when time is up.
 */
export async function until<T>(
  look: () => T | Promise<T>,
  options: UntilOptions = {},
): Promise<Exclude<T, false | null | undefined | 0 | "">> {
  const { timeoutMs = 5_000, everyMs = 10, what = look.toString() } = options;
  const end = performance.now() + timeoutMs;
  for (;;) {
    let cause: unknown;
    try {
      const value = await look();
      if (value) return value as Exclude<T, false | null | undefined | 0 | "">;
    } catch (error) {
      cause = error;
    }
    if (performance.now() >= end) throw new Error(`not within ${timeoutMs} ms: ${what}`, { cause });
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
