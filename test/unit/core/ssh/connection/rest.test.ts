import { Socket } from "node:net";
import { Duplex } from "node:stream";
import { describe, expect, it } from "vitest";
import { createRest } from "../../../../../electron/core/ssh/connection/rest.ts";
import { fakeClock } from "../../../../helpers/ports.ts";

class CountedSocket extends Socket {
  readonly said: string[] = [];
  override pause(): this {
    this.said?.push("pause");
    return this;
  }
  override resume(): this {
    this.said?.push("resume");
    return this;
  }
}

function stage() {
  const clock = fakeClock();
  let read = 0;
  const socket = Object.defineProperty(new CountedSocket(), "bytesRead", { get: () => read });
  const rest = createRest(socket, clock);
  const came = (bytes: number, canWait: boolean) => {
    read += bytes;
    rest.came(bytes, canWait);
  };
  return { clock, socket, rest, came, said: socket.said };
}

describe("the rests of a connection's reading", () => {
  it("leaves the socket alone for two milliseconds after some bulk in small pieces", async () => {
    const { clock, came, said } = stage();
    for (let n = 0; n < 8; n++) came(1024, true);
    expect(said).toEqual(["pause"]);
    await clock.advance(1);
    expect(said).toEqual(["pause"]);
    await clock.advance(1);
    expect(said).toEqual(["pause", "resume"]);
    for (let n = 0; n < 8; n++) came(1024, true);
    expect(said).toEqual(["pause", "resume", "pause"]);
  });

  it.each<[string, (on: ReturnType<typeof stage>) => void | Promise<void>]>([
    ["a few lines", ({ came }) => came(7 * 1024, true)],
    ["bulk that comes in large reads", ({ came }) => [1, 2, 3].forEach(() => void came(64 * 1024, true))],
    ["what somebody waits for", ({ came }) => [1, 2, 3].forEach(() => void came(10 * 1024, false))],
    [
      "bulk beside something that somebody waits for",
      async ({ came, clock }) => {
        for (let n = 0; n < 3; n++) {
          came(10, false);
          await clock.advance(19);
          came(10 * 1024, true);
        }
      },
    ],
    [
      "bulk while an answer is due",
      ({ came, rest }) => {
        rest.asked();
        came(10 * 1024, true);
      },
    ],
  ])("does not for %s", async (_name, happens) => {
    const on = stage();
    await happens(on);
    expect(on.said).toEqual([]);
  });

  it("rests again once nobody has waited for a while", async () => {
    const { clock, rest, came, said } = stage();
    rest.asked();
    await clock.advance(20);
    came(10 * 1024, true);
    expect(said).toEqual(["pause"]);
  });

  it("does nothing with a channel of a jump host", () => {
    const wire = new Duplex({ read() {}, write() {} });
    const rest = createRest(wire, fakeClock());
    wire.resume();
    for (let n = 0; n < 9; n++) rest.came(1024, true);
    expect(wire.isPaused()).toBe(false);
  });
});
