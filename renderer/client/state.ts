/** Why the door will not let this page in, until the person does something. */
export type RefusalReason =
  /** The page was opened without a code, and this tab had no session before. */
  | "no-code"
  /** The code was used before, or is older than ten minutes. */
  | "code-used"
  /** The program was started anew since; the old session went with it. */
  | "session-ended";

export type ConnectionState =
  | { kind: "connecting"; attempt: number }
  | { kind: "open"; since: number }
  /** `retryAt`: milliseconds since the epoch at which the next try starts by itself. */
  | { kind: "lost"; since: number; attempt: number; retryAt: number }
  | { kind: "refused"; reason: RefusalReason };

/**
 * A call that could not be made, or whose answer never came, because there is no way to the core. After `lost` a change
 * may or may not have happened: look before repeating it.
 */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";
  readonly kind: "lost" | "refused";

  constructor(kind: "lost" | "refused", cause?: unknown) {
    super(`connection ${kind}`, { cause });
    this.kind = kind;
  }
}

/** The door said no, and trying again by itself is useless. */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly reason: RefusalReason;

  constructor(reason: RefusalReason) {
    super(reason);
    this.reason = reason;
  }
}

/** A value that can be watched; shaped for React's `useSyncExternalStore`. */
export function createObservable<T>(first: T) {
  let value = first;
  const listeners = new Set<(value: T) => void>();
  return {
    get: () => value,
    set(next: T) {
      value = next;
      for (const listener of [...listeners]) listener(next);
    },
    subscribe(listener: (value: T) => void): () => void {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
