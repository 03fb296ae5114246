import type { ClientChannel } from "ssh2";

/** What ssh2 lets the other side send at first, and refills only when half of it is used up. */
const firstBytes = 2 * 1024 * 1024;
const mostBytes = 16 * 1024 * 1024;
/** A window of that share of it is topped up at once, and the sender never comes to its end. */
const topUpPart = 8;
/** A stream faster than that waits for windows on a long way; few networks are. */
const bytesPerMs = 250_000;

/**
 * How much the streams of one connection may let the other side send ahead, together: what the way can hold. More would
 * only lie in the server's memory, which makes it slower.
 */
export interface WindowBudget {
  /** Milliseconds that a question and its answer took. The shortest counts: the others have waited in a queue. */
  roundTrip(ms: number): void;
  /** A stream's first window, which it has in any case. */
  enter(): void;
  /** As many bytes of those that are wanted as are left. */
  take(wanted: number): number;
  give(bytes: number): void;
}

export function createWindowBudget(): WindowBudget {
  let shortest = 0;
  let taken = 0;
  return {
    roundTrip(ms) {
      shortest = shortest === 0 ? ms : Math.min(shortest, ms);
    },
    enter() {
      taken += firstBytes;
    },
    take(wanted) {
      const useful = Math.min(mostBytes, Math.ceil(shortest * bytesPerMs));
      const given = Math.max(0, Math.min(wanted, useful - taken));
      taken += given;
      return given;
    },
    give(bytes) {
      taken -= bytes;
    },
  };
}

/** The window of one channel. */
export interface ChannelWindow {
  /** Bytes have been handed on; `wanted` is false while their reader is behind. */
  came(bytes: number, wanted: boolean): void;
  /** Gives back what was taken from the budget. */
  close(): void;
}

/** What is behind ssh2's channel (RFC 4254, section 5.2); no part of its documented interface, hence looked at first. */
interface Inside {
  incoming: { window: number; state: string };
  outgoing: { id: number; state: string };
  _client: { _protocol: { channelWindowAdjust(channel: number, bytes: number): void } };
}

/**
 * ssh2's windows are fixed and are refilled late, so that on a long way a sender stands still for a part of each round
 * trip. This one is refilled early, and doubles for a stream that runs and whose reader keeps up, as far as the way's
 * length makes it useful. A reader that falls behind gets no more than the first size again.
 */
export function openWindow(channel: ClientChannel, budget: WindowBudget): ChannelWindow {
  const inside = insideOf(channel);
  if (inside === null) return { came() {}, close() {} };
  /** 0 until the first window is used up: most channels carry less. */
  let taken = 0;
  let sinceGrown = 0;
  return {
    came(bytes, wanted) {
      if (!wanted) {
        if (taken > firstBytes) budget.give(taken - firstBytes);
        taken = Math.min(taken, firstBytes);
        sinceGrown = 0;
        return;
      }
      sinceGrown += bytes;
      if (taken === 0 && sinceGrown >= firstBytes) {
        budget.enter();
        taken = firstBytes;
      }
      if (sinceGrown >= taken && taken > 0) {
        sinceGrown = 0;
        taken += budget.take(taken);
      }
      const size = Math.max(taken, firstBytes);
      const { incoming, outgoing } = inside;
      const due = size - incoming.window;
      if (due < size / topUpPart || incoming.state !== "open" || outgoing.state === "closed") return;
      incoming.window += due;
      inside._client._protocol.channelWindowAdjust(outgoing.id, due);
    },
    close() {
      budget.give(taken);
      taken = 0;
    },
  };
}

function insideOf(channel: ClientChannel): Inside | null {
  const inside = channel as unknown as Partial<Inside>;
  const known =
    typeof inside.incoming?.window === "number" &&
    typeof inside.outgoing?.id === "number" &&
    typeof inside._client?._protocol?.channelWindowAdjust === "function";
  return known ? (inside as Inside) : null;
}
