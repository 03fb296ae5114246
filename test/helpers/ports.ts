import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { nodeForker, systemClock, systemRandom } from "../../electron/core/node.ts";
import type { Clock, Ports } from "../../electron/core/ports.ts";
import { type FakeKeyring, fakeKeyring } from "./fakeKeyring.ts";

/** A clock that stands still until told to go. */
export interface FakeClock extends Clock {
  /** Lets `ms` pass: runs the timers that fall due, in order, and lets promises settle after each. */
  advance(ms: number): Promise<void>;
  /** Moves the wall clock alone, as a person or NTP does; timers and `mono` don't notice. */
  jump(ms: number): void;
  /** How many timers are waiting: 0 after a clean `dispose`. */
  readonly pending: number;
}

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Starts at 2026-03-01T12:00:00.000Z unless told otherwise. */
export function fakeClock(startMs = Date.UTC(2026, 2, 1, 12)): FakeClock {
  const timers = new Set<{ due: number; fn: () => void }>();
  let mono = 0;
  let offset = startMs;
  const nextDue = (end: number) =>
    [...timers]
      .filter((timer) => timer.due <= end)
      .reduce<{ due: number; fn: () => void } | undefined>(
        (first, timer) => (first === undefined || timer.due < first.due ? timer : first),
        undefined,
      );
  return {
    now: () => offset + mono,
    mono: () => mono,
    after(ms, fn) {
      const timer = { due: mono + Math.max(ms, 0), fn };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    async advance(ms) {
      const end = mono + ms;
      await settle();
      for (let timer = nextDue(end); timer !== undefined; timer = nextDue(end)) {
        timers.delete(timer);
        mono = Math.max(mono, timer.due);
        timer.fn();
        await settle();
      }
      mono = end;
      await settle();
    },
    jump(ms) {
      offset += ms;
    },
    get pending() {
      return timers.size;
    },
  };
}

/** An empty folder of the test's own; it goes with `cleanup`, or at the latest with the process. */
export function tempFolder(prefix = "gatehouse-test-"): { path: string; cleanup: () => void } {
  const path = realpathSync(mkdtempSync(join(tmpdir(), prefix)));
  const cleanup = () => {
    process.removeListener("exit", cleanup);
    rmSync(path, { recursive: true, force: true });
  };
  process.setMaxListeners(0);
  process.once("exit", cleanup);
  return { path, cleanup };
}

export interface TestPorts {
  ports: Ports;
  /** The fake clock; not the one in `ports` when another was asked for. */
  clock: FakeClock;
  keyring: FakeKeyring;
  /** What was shown to the person, oldest first. */
  notified: { title: string; body: string }[];
  /** Numbers on the program's icon, oldest first. */
  badges: number[];
  /** The links that were opened, oldest first. */
  opened: string[];
  /** Removes the temporary folders. */
  cleanup(): void;
}

/**
 * A whole set of ports for a test: fake clock (`clock: "real"` for tests that wait for real programs), real randomness,
 * folders in the temp folder, a keychain in memory, real child processes, and recorders for links and notifications.
 */
export function testPorts(overrides: Partial<Omit<Ports, "clock">> & { clock?: Clock | "real" } = {}): TestPorts {
  const { clock: chosen, ...others } = overrides;
  const clock = fakeClock();
  const used = chosen === "real" ? systemClock() : (chosen ?? clock);
  const keyring = fakeKeyring();
  const folder = tempFolder();
  const paths = {
    data: join(folder.path, "data"),
    home: join(folder.path, "home"),
    assets: fileURLToPath(new URL("../../assets", import.meta.url)),
  };
  for (const path of [paths.data, paths.home]) mkdirSync(path, { mode: 0o700 });
  const notified: TestPorts["notified"] = [];
  const badges: number[] = [];
  const opened: string[] = [];
  const ports: Ports = {
    forker: nodeForker(),
    clock: used,
    random: systemRandom(() => used.now()),
    paths,
    keyring,
    links: { open: async (url) => void opened.push(url) },
    notifier: {
      notify: (title, body) => void notified.push({ title, body }),
      badge: (count) => void badges.push(count),
    },
    env: { USER: "tester", HOME: paths.home, PATH: process.env.PATH },
    ...others,
  };
  return { ports, clock, keyring, notified, badges, opened, cleanup: folder.cleanup };
}
