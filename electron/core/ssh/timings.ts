import type { Random } from "../ports.ts";

/** Milliseconds. */
export interface LinkTimings {
  /** Until TCP stands; default 10,000. */
  dialMs: number;
  /** From there until we are logged in, without the time that a person takes to answer; default 20,000. */
  handshakeMs: number;
  /** Until a channel is open; default 15,000. */
  channelMs: number;
  /** Between keep-alives; default 10,000. Three misses are the end. */
  keepAliveMs: number;
  /** For an answer after a wake-up; default 4,000. */
  probeMs: number;
  /** First wait before a new try, doubled each time; default 1,000. */
  backOffMs: number;
  /** Longest wait; default 60,000. */
  backOffMaxMs: number;
}

export const defaultTimings: LinkTimings = {
  dialMs: 10_000,
  handshakeMs: 20_000,
  channelMs: 15_000,
  keepAliveMs: 10_000,
  probeMs: 4_000,
  backOffMs: 1_000,
  backOffMaxMs: 60_000,
};

/**
 * The wait before try number `tries` + 1: doubled each time, three quarters to five quarters of that by chance, since
 * hosts that were lost together must not all come back in the same instant.
 */
export function backOff(tries: number, timings: LinkTimings, random: Pick<Random, "bytes">): number {
  const ms = Math.min(timings.backOffMaxMs, timings.backOffMs * 2 ** Math.min(tries - 1, 16));
  return Math.round(ms * (0.75 + random.bytes(1).readUInt8(0) / 510));
}
