import { setImmediate } from "node:timers/promises";
import { Failure } from "../../failure.ts";
import type { Clock } from "../../ports.ts";

/** Longest time without a turn for others. */
const SLICE_MS = 5;

export interface Slices {
  /** Gives others a turn when it is time. `CANCELLED` when the signal says so. */
  rest(): Promise<void> | null;
  /** Milliseconds since the last turn of others. */
  used(): number;
}

export function createSlices(clock: Pick<Clock, "mono">, signal: AbortSignal | undefined): Slices {
  let began = clock.mono();
  const check = (): void => {
    if (signal?.aborted === true) throw new Failure("CANCELLED");
  };
  check();
  async function turn(): Promise<void> {
    await setImmediate();
    check();
    began = clock.mono();
  }
  return {
    rest: () => (clock.mono() - began >= SLICE_MS ? turn() : null),
    used: () => clock.mono() - began,
  };
}
