/** What the fakes count in and have in common; their time is that of the run. */
export const minute = 60_000;
export const hour = 60 * minute;
export const now = Date.now();
export const gib = 2 ** 30;

export function never(): never {
  throw new Error("unreachable");
}
