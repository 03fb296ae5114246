import { expect, test } from "vitest";
import { type Interfaces, watchNetwork } from "../../../../electron/core/hosts/index.ts";
import { fakeClock } from "../../../helpers/ports.ts";

test("a change of addresses is told once, within five seconds; what is internal does not count", async () => {
  const clock = fakeClock();
  let now: ReturnType<Interfaces> = { lo: [{ address: "127.0.0.1", internal: true }] };
  const changes: number[] = [];
  const watch = watchNetwork({ clock, interfaces: () => now, onChange: () => changes.push(clock.mono()) });
  await clock.advance(20_000);
  expect(changes).toEqual([]);
  now = { ...now, wlan0: [{ address: "10.0.0.7", internal: false }] };
  await clock.advance(20_000);
  expect(changes).toEqual([25_000]);
  now = { wlan0: now.wlan0, lo: [{ address: "127.0.0.2", internal: true }] };
  await clock.advance(20_000);
  now = {};
  await clock.advance(20_000);
  expect(changes).toEqual([25_000, 65_000]);
  watch.dispose();
  expect(clock.pending).toBe(0);
});
