import type { ClientChannel } from "ssh2";
import { describe, expect, it } from "vitest";
import {
  createWindowBudget,
  openWindow,
  type WindowBudget,
} from "../../../../../electron/core/ssh/connection/channelWindow.ts";

const MiB = 1024 * 1024;
const packet = 32 * 1024;

/** A channel as ssh2 keeps it, with what it told the other side. */
function channelOf(state = "open") {
  const inside = {
    incoming: { window: 2 * MiB, state },
    outgoing: { id: 3, state },
    granted: 2 * MiB,
    _client: {
      _protocol: {
        channelWindowAdjust(id: number, bytes: number) {
          expect(id).toBe(3);
          inside.granted += bytes;
        },
      },
    },
  };
  return { inside, channel: inside as unknown as ClientChannel };
}

function receive(of: ReturnType<typeof channelOf>, budget: WindowBudget, bytes: number, wanted = true) {
  const window = openWindow(of.channel, budget);
  let least = of.inside.incoming.window;
  let most = least;
  for (let left = bytes; left > 0; left -= packet) {
    of.inside.incoming.window -= packet;
    least = Math.min(least, of.inside.incoming.window);
    window.came(packet, wanted);
    most = Math.max(most, of.inside.incoming.window);
  }
  return { window, least, most };
}

describe("a channel's window", () => {
  it("is topped up long before its end", () => {
    const of = channelOf();
    const { least } = receive(of, createWindowBudget(), 8 * MiB);
    expect(least).toBeGreaterThan(1.5 * MiB);
    expect(of.inside.granted).toBe(8 * MiB + of.inside.incoming.window);
  });

  it.each([
    ["next door", 0.4, 2],
    ["8 ms away", 8, 2],
    ["20 ms away", 20, 5],
    ["50 ms away", 50, 12],
    ["on the moon", 2_600, 16],
  ])("grows as far as the way is long: %s", (_name, ms, expected) => {
    const budget = createWindowBudget();
    budget.roundTrip(ms * 3);
    budget.roundTrip(ms);
    budget.roundTrip(ms * 2);
    const of = channelOf();
    expect(Math.round(receive(of, budget, 64 * MiB).most / MiB)).toBe(expected);
  });

  it("stays as it is for a stream that is short", () => {
    const budget = createWindowBudget();
    budget.roundTrip(50);
    const of = channelOf();
    receive(of, budget, MiB);
    expect(of.inside.granted).toBeLessThanOrEqual(3 * MiB);
  });

  it("does not grow beyond what all streams of the connection may have together", () => {
    const budget = createWindowBudget();
    budget.roundTrip(50);
    const streams = Array.from({ length: 8 }, () => receive(channelOf(), budget, 64 * MiB));
    const sum = streams.reduce((all, { most }) => all + most, 0);
    expect(sum / MiB).toBeLessThan(12.5 + 7 * 2);
    for (const { window } of streams) window.close();
    const again = channelOf();
    expect(receive(again, budget, 64 * MiB).most / MiB).toBeGreaterThan(10);
  });

  it("is not refilled while its reader is behind, and loses what it had grown", () => {
    const budget = createWindowBudget();
    budget.roundTrip(50);
    const of = channelOf();
    const { window } = receive(of, budget, 64 * MiB);
    const { granted } = of.inside;
    const { window: size } = of.inside.incoming;
    of.inside.incoming.window = 0;
    window.came(size, false);
    expect(of.inside.granted).toBe(granted);
    of.inside.incoming.window = 0;
    window.came(packet, true);
    expect(of.inside.incoming.window).toBe(2 * MiB);
  });

  it("must not be refilled on a channel that has ended", () => {
    const of = channelOf("closed");
    receive(of, createWindowBudget(), MiB);
    expect(of.inside.granted).toBe(2 * MiB);
  });

  it("is left to ssh2 where its inside looks different", () => {
    const window = openWindow({} as ClientChannel, createWindowBudget());
    expect(() => {
      window.came(packet, true);
      window.close();
    }).not.toThrow();
  });
});
