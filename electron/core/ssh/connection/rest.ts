import { Socket } from "node:net";
import type { Clock } from "../../ports.ts";

/** A rest: long enough for a busy log to bring some hundred lines, too short for a person to see. */
const REST_MS = 2;
/** Less than that is what somebody may be looking at. */
const BUSY = 8 * 1024;
/** A read this large has brought what a rest would have waited for. */
const LARGE = 32 * 1024;
/** While something else is going on, nothing rests. */
const HASTE_MS = 20;

/** The pauses of one connection's reading. */
export interface Rest {
  /** Bytes have come for a channel; `canWait` when nobody waits for each of them. */
  came(bytes: number, canWait: boolean): void;
  /** Somebody has asked something, and waits for the answer. */
  asked(): void;
}

/**
 * A server sends a busy log a few lines at a time, and each time costs a call to the system, a packet to decrypt and an
 * event: more than all that is done with the lines. So after some of them the socket is left alone for a moment, and the
 * next read brings a hundred times as much. Only while nothing else goes on over the connection.
 */
export function createRest(wire: unknown, clock: Pick<Clock, "mono" | "after">): Rest {
  // A channel of a jump host has no calls to save.
  if (!(wire instanceof Socket)) return { came() {}, asked() {} };
  const socket = wire;
  let since = 0;
  let read = 0;
  let hasteUntil = 0;
  let resting = false;
  const hasten = (): void => {
    hasteUntil = clock.mono() + HASTE_MS;
  };
  return {
    asked: hasten,
    came(bytes, canWait) {
      if (!canWait) return hasten();
      since += bytes;
      if (since < BUSY || resting) return;
      since = 0;
      const last = read;
      read = socket.bytesRead;
      if (read - last >= LARGE || clock.mono() < hasteUntil) return;
      resting = true;
      socket.pause();
      clock.after(REST_MS, () => {
        resting = false;
        since = 0;
        read = socket.bytesRead;
        socket.resume();
      });
    },
  };
}
