/** Runs one task after the other, in the order of the calls. */
export type Serial = <T>(task: () => Promise<T> | T) => Promise<T>;

/**
 * A queue of its own for whoever must not interleave with itself (writers of one file, read-modify-write). A task that
 * fails rejects its own promise and does not hold up the next.
 */
export function createSerial(): Serial {
  let last: Promise<unknown> = Promise.resolve();
  return (task) => {
    const result = last.then(task);
    last = result.catch(() => undefined);
    return result;
  };
}
