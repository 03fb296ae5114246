/** A core's log room with many busy logs in a process of its own, and what that costs. */
import { setTimeout as sleep } from "node:timers/promises";
import { createEngine } from "../../electron/core/docker/index.ts";
import { createGuard, createLogRoom, createOwnLog, createScreener, sourcesOf } from "../../electron/core/logs/index.ts";
import { systemClock, systemRandom } from "../../electron/core/node.ts";
import { createLocalLink } from "../../electron/core/ssh/index.ts";
import { testLink } from "../helpers/lab/link.ts";
import type { LogsPlace } from "./logsWork.ts";

export interface LoadWork {
  /** An engine's socket on this machine, or one behind an SSH server. */
  socket: string;
  over: LogsPlace | null;
  containerIds: string[];
  secrets: string[];
  seconds: number;
  /** Lines of each log that are held: so few that the first half fills them. */
  held: number;
}

export interface LoadAnswer {
  linesPerSecond: number;
  /** Of one processor. */
  cpuPercent: number;
  /** Longest time for which the loop stood still by our own work. */
  longestMs: number;
  /** Heap and buffers after a collection, at half time and at the end. */
  halfBytes: number;
  endBytes: number;
}

const WARM_MS = 4_000;
const TICK_MS = 5;

async function linkTo({ over }: LoadWork) {
  const clock = systemClock();
  if (over === null) return createLocalLink({ hostId: "host-1", env: {}, clock });
  const { link } = testLink({ port: over.port, user: over.user, auth: { kind: "key", path: over.key } });
  await link.ready();
  return link;
}

async function measured(work: LoadWork): Promise<LoadAnswer> {
  const clock = systemClock();
  const link = await linkTo(work);
  const engine = createEngine({ link, clock, socketPath: work.socket });
  const screener = createScreener({ settings: () => ({ providers: true, assignments: true, pii: false }), clock });
  const masker = createGuard(screener);
  for (const [at, secret] of work.secrets.entries()) masker.register(`SECRET_${at}`, Buffer.from(secret));
  const sources = sourcesOf({ engineOf: async () => engine, linkOf: async () => link, own: createOwnLog(clock) });
  const limits = { maxLines: work.held };
  const room = createLogRoom({ sources, masker, screener, clock, random: systemRandom(), limits });
  const stop = new AbortController();
  const views = await Promise.all(
    work.containerIds.map((containerId) =>
      room.open({ sources: [{ kind: "container", hostId: "host-1", containerId }], tail: 0 }),
    ),
  );
  // Each is on somebody's screen, and one is looked at.
  const watching = views.map(async ({ bufferId }, at) => {
    for await (const { next } of room.watch(bufferId, undefined, stop.signal)) {
      if (at === 0) await room.window(bufferId, { from: Math.max(0, next - 60), count: 60 });
    }
  });
  const total = () => views.reduce((sum, { bufferId }) => sum + room.head(bufferId).next, 0);

  await sleep(WARM_MS);
  const began = performance.now();
  const cpu = process.cpuUsage();
  const before = total();
  const longest = watchLoop();
  await sleep(work.seconds * 500);
  const paused = longest.pause();
  const halfBytes = bytesHeld();
  paused();
  await sleep(work.seconds * 500);
  const took = performance.now() - began;
  const { user, system } = process.cpuUsage(cpu);
  const lines = total() - before;
  const longestMs = longest.end();
  const endBytes = bytesHeld();
  stop.abort();
  await Promise.allSettled(watching);
  await room.dispose();
  await link.dispose();
  const cpuPercent = (user + system) / 10 / took;
  return { linesPerSecond: (lines / took) * 1_000, cpuPercent, longestMs, halfBytes, endBytes };
}

/**
 * How long the loop stood still, as far as it was this process that worked: on a busy machine a process is also kept
 * waiting by others, which is not what is asked.
 */
function watchLoop() {
  let longest = 0;
  let before = performance.now();
  let cpu = process.cpuUsage();
  const restart = () => {
    before = performance.now();
    cpu = process.cpuUsage();
  };
  let timer = setInterval(tick, TICK_MS);
  function tick(): void {
    const { user, system } = process.cpuUsage(cpu);
    const late = performance.now() - before - TICK_MS;
    longest = Math.max(longest, Math.min(late, (user + system) / 1_000));
    restart();
  }
  return {
    /** For a forced collection, which nobody else would make; what is returned goes on. */
    pause() {
      clearInterval(timer);
      return () => {
        restart();
        timer = setInterval(tick, TICK_MS);
      };
    },
    end() {
      clearInterval(timer);
      return longest;
    },
  };
}

function bytesHeld(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

if (process.argv[2] === "load") {
  process.once("message", (work: LoadWork) => {
    measured(work).then(
      (answer) => process.send?.(answer),
      (error: unknown) => process.send?.({ failed: String(error) }),
    );
  });
}
