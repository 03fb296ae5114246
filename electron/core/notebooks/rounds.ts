import type { Disposable } from "../ports.ts";
import type { Reach } from "./reach.ts";
import type { Room } from "./room.ts";

/** Asks every server that was found, now and then, what it does: kernels are forgotten when nobody looks. */
export function startRounds(room: Room, reach: Reach): Disposable {
  const { deps, known, timings } = room;
  const over = new AbortController();
  let cancel = () => {};

  async function round(): Promise<void> {
    const reached = new Set(deps.hosts.reached());
    const mine = [...known.values()].filter((one) => one.running && reached.has(one.hostId));
    // What is wrong is noted in the row; a host that goes away meanwhile is no news here.
    await Promise.all(mine.map((one) => reach.readStatus(one, over.signal).catch(() => {})));
    if (over.signal.aborted) return;
    for (const hostId of new Set(mine.map((one) => one.hostId))) deps.onChange(hostId);
    next();
  }
  const next = () => {
    cancel = deps.clock.after(timings.roundMs, () => void round());
  };
  next();
  return {
    dispose() {
      cancel();
      over.abort();
    },
  };
}
