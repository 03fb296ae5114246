import { expect, test } from "vitest";
import type { Reach } from "../../../../electron/core/notebooks/reach.ts";
import type { Room } from "../../../../electron/core/notebooks/room.ts";
import { startRounds } from "../../../../electron/core/notebooks/rounds.ts";
import { fakeClock } from "../../../helpers/ports.ts";

test("a round asks what runs on hosts that are reached, says so, and goes on until it is over", async () => {
  const clock = fakeClock();
  const asked: string[] = [];
  const told: string[] = [];
  const one = (id: string, hostId: string, running = true) => [id, { id, hostId, running }] as const;
  const room = {
    deps: { clock, hosts: { reached: () => ["a"] }, onChange: (hostId: string) => void told.push(hostId) },
    known: new Map([one("1", "a"), one("2", "a"), one("3", "b"), one("4", "a", false)]),
    timings: { roundMs: 1_000 },
  } as unknown as Room;
  const reach = {
    async readStatus({ id }: { id: string }) {
      asked.push(id);
      if (id === "2") throw new Error("gone");
    },
  } as unknown as Reach;
  const rounds = startRounds(room, reach);
  await clock.advance(1_001);
  expect({ asked, told }).toEqual({ asked: ["1", "2"], told: ["a"] });
  await clock.advance(1_001);
  expect(asked).toHaveLength(4);
  await rounds.dispose();
  await clock.advance(5_000);
  expect(asked).toHaveLength(4);
});
