import type { ClientLink } from "@orpc/client";

/** One open way to the core: a port or a socket. It is used until it closes, then thrown away. */
export interface Line {
  link: ClientLink<Record<never, never>>;
  /** Settles when the other end is gone; never rejects. */
  closed: Promise<void>;
  close(): void;
}

/** Opens a line. Throws `Refused` when trying again is useless, anything else when it may help. */
export type Dial = (signal: AbortSignal) => Promise<Line>;

/** A promise with its handles outside, for callbacks that settle it. */
export function deferred<T>() {
  let resolve!: (value: T) => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
