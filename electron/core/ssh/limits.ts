import { Failure } from "../failure.ts";
import type { Cancellable, Clock } from "../ports.ts";
import type { Queued, WaitingCommand } from "./types.ts";

/** Keeps many hosts from being called in one burst; one gate is shared by all links. */
export interface ConnectGate {
  /** Resolves when one more connection may begin. */
  pass(options?: Cancellable): Promise<void>;
}

/**
 * At most `perSecond` new connections in any second. sshd drops logins beyond `MaxStartups` (10:30:60 by default), and
 * 9.8 and later punish a source that leaves many of them unfinished.
 */
export function createConnectGate(clock: Clock, perSecond = 4): ConnectGate {
  const passed: number[] = [];
  let tail: Promise<void> = Promise.resolve();

  async function turn(signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted) return;
    const oldest = passed.length < perSecond ? undefined : passed[passed.length - perSecond];
    const wait = oldest === undefined ? 0 : oldest + 1000 - clock.mono();
    if (wait > 0) await pause(clock, wait, signal);
    if (signal?.aborted) return;
    passed.push(clock.mono());
    if (passed.length > perSecond) passed.shift();
  }

  return {
    async pass(options = {}) {
      const mine = tail.then(() => turn(options.signal));
      tail = mine;
      await mine;
      if (options.signal?.aborted) throw new Failure("CANCELLED");
    },
  };
}

/** Waits `ms`, or until the signal fires; never rejects. */
export function pause(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      cancel();
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const cancel = clock.after(ms, done);
    signal?.addEventListener("abort", done, { once: true });
  });
}

/** A place for one session channel; give it back once, when the channel is closed. */
export type Slot = () => void;

/** Session channels (exec, shell) of one connection. */
export interface ChannelBudget {
  /**
   * `long` is for programs that go on: they never take the last places, so that short commands always get through. `who`
   * is shown while it waits.
   */
  take(options?: Cancellable & Queued & { long?: boolean; who?: WaitingCommand }): Promise<Slot>;
  readonly used: number;
  readonly waiting: number;
  /** Those who wait, the next one first. */
  queue(): WaitingCommand[];
  readonly size: number;
}

interface Waiter {
  long: boolean;
  who: WaitingCommand;
  give: (slot: Slot) => void;
  place: number;
  onPlace: (place: number) => void;
}

/**
 * At most `size` places, `size - reserved` of them for programs that go on; who comes first is served first. sshd's
 * `MaxSessions` (10 by default) counts session channels but not forwards; what exceeds it is refused, not queued.
 */
export function createChannelBudget(size = 8, reserved = 2, maxWaiting = 256): ChannelBudget {
  const waiting: Waiter[] = [];
  let used = 0;
  let longUsed = 0;

  const fits = (long: boolean) => used < size && !(long && longUsed >= size - reserved);

  function slot(long: boolean): Slot {
    used += 1;
    if (long) longUsed += 1;
    let open = true;
    return () => {
      if (!open) return;
      open = false;
      used -= 1;
      if (long) longUsed -= 1;
      serve();
    };
  }

  function serve(): void {
    for (let i = 0; i < waiting.length; ) {
      const next = waiting[i];
      if (next === undefined || used >= size) break;
      if (fits(next.long)) {
        leave(next);
        next.give(slot(next.long));
      } else i += 1;
    }
    tellPlaces();
  }

  function leave(waiter: Waiter): void {
    waiting.splice(waiting.indexOf(waiter), 1);
    waiter.onPlace(0);
  }

  function tellPlaces(): void {
    waiting.forEach((waiter, ahead) => {
      if (waiter.place === ahead + 1) return;
      waiter.place = ahead + 1;
      waiter.onPlace(waiter.place);
    });
  }

  return {
    get used() {
      return used;
    },
    get waiting() {
      return waiting.length;
    },
    size,
    queue: () => waiting.map(({ who }) => who),
    take({ signal, long = false, who = { what: "", since: 0 }, onPlace = () => {} } = {}) {
      if (signal?.aborted) return Promise.reject(new Failure("CANCELLED"));
      const ahead = waiting.some((waiter) => waiter.long === long);
      if (fits(long) && !ahead) return Promise.resolve(slot(long));
      if (waiting.length >= maxWaiting) {
        return Promise.reject(new Failure("LIMIT_REACHED", { what: "commands", limit: maxWaiting }));
      }
      return new Promise<Slot>((resolve, reject) => {
        const onAbort = () => {
          leave(waiter);
          tellPlaces();
          reject(new Failure("CANCELLED"));
        };
        const waiter: Waiter = {
          long,
          who,
          place: 0,
          onPlace,
          give(given) {
            signal?.removeEventListener("abort", onAbort);
            resolve(given);
          },
        };
        waiting.push(waiter);
        tellPlaces();
        signal?.addEventListener("abort", onAbort, { once: true });
      });
    },
  };
}
