/** A tunnel beside `ssh -L` with the same cipher, through the same sshd; many hosts beside as many `ssh` processes. */
import { LinkAgent } from "../../electron/core/docker/agent.ts";
import { systemClock } from "../../electron/core/node.ts";
import { mustSkip } from "../helpers/lab/index.ts";
import { testLink } from "../helpers/lab/link.ts";
import { openTunnelLab } from "../helpers/tunnelLab.ts";
import { cpuOf, inLanes, memoryOf } from "./tunnelsFleet.ts";
import { requests } from "./tunnelsMeasure.ts";
import { openRig, quietPort, type Rig, type Sides, sshArgs, startSsh } from "./tunnelsRig.ts";
import type { BenchRow } from "./types.ts";

const runs = 5;
const bulkBytes = 256 * 1024 * 1024;
const requestMs = 1_000;
const hosts = 100;
/** Of 100 hosts at once; more would only wait for two cores. */
const atOnce = 8;

export async function bench(): Promise<BenchRow[]> {
  if (mustSkip("bench of tunnels", "sshd")) return [];
  const rig = await openRig();
  try {
    const near = await rig.sideBySide(rig.sshd.port);
    const rows = [...(await bulkRows(rig, near)), ...(await requestRows(rig, near)), ...(await inAppRows(rig, near))];
    rows.push(await channelOpen(rig, near));
    await near.close();
    rows.push(...(await farAway(rig)), await untilCarrying(rig), ...(await manyHosts(rig)));
    return rows;
  } finally {
    await rig.close();
  }
}

async function bulkRows({ asker }: Rig, { ours, peer }: Sides): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const [streams, goal] of [
    [1, 0.95],
    [16, 1.2],
    [64, 1.2],
  ] as const) {
    const ask = (port: number) => asker.do({ kind: "bulk", port, streams, bytes: bulkBytes });
    const pair = await paired(
      () => ask(ours.bulk),
      () => ask(peer.bulk),
    );
    rows.push({ ...rowOf(pair, 0), name: `bulk, ${streams} at once`, unit: "MB/s", goal });
  }
  return rows;
}

/** Through the local listener, as another program asks. */
async function requestRows({ asker }: Rig, { ours, peer }: Sides): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const at of [1, 16, 64]) {
    const ask = (port: number) => asker.do({ kind: "requests", port, at, ms: requestMs });
    const pair = await paired(
      () => ask(ours.http),
      () => ask(peer.http),
    );
    rows.push(...perSecondAndTail(pair, `requests, ${at} at once`, at === 1 ? null : 1, at === 1 ? null : 1));
  }
  return rows;
}

/** Straight in channels, as the console's own rooms ask. */
async function inAppRows({ asker, far }: Rig, { link, peer }: Sides): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const at of [1, 16, 64]) {
    const pair = await paired(
      () => {
        const agent = new LinkAgent(() => link.openTcp("127.0.0.1", far.http), systemClock());
        agent.maxSockets = at;
        agent.maxFreeSockets = at;
        return requests({ agent, port: null, at, forMs: requestMs });
      },
      () => asker.do({ kind: "requests", port: peer.http, at, ms: requestMs }),
    );
    rows.push(...perSecondAndTail(pair, `in-app requests, ${at} at once`, at === 1 ? null : 1.4, null));
  }
  return rows;
}

function perSecondAndTail(pair: Pair, name: string, goal: number | null, goal99: number | null): BenchRow[] {
  return [
    { ...rowOf(pair, 0), name, unit: "req/s", goal },
    { ...rowOf(pair, 2), name: `${name}, 99th percentile`, unit: "ms", higherIsBetter: false, goal: goal99 },
  ];
}

async function channelOpen({ far }: Rig, { link }: Sides): Promise<BenchRow> {
  const times: number[] = [];
  for (let run = 0; run < 250; run += 1) {
    const began = performance.now();
    const stream = await link.openTcp("127.0.0.1", far.http);
    if (run >= 50) times.push(performance.now() - began);
    stream.destroy();
  }
  const figures = { ours: middle(times), peer: 1, peerName: "the limit", spread: spreadOf(times) };
  return { ...figures, name: "a channel is open", unit: "ms", higherIsBetter: false, goal: 1 };
}

/** The same relay for both: 25 ms each way. */
async function farAway(rig: Rig): Promise<BenchRow[]> {
  const [port = 0] = await rig.worker().do({ kind: "relay", port: rig.sshd.port, delayMs: 25 });
  const sides = await rig.sideBySide(port);
  const rows: BenchRow[] = [];
  for (const streams of [1, 16]) {
    const ask = (at: number) => rig.asker.do({ kind: "bulk", port: at, streams, bytes: streams * 16 * 1024 * 1024 });
    const pair = await paired(
      () => ask(sides.ours.bulk),
      () => ask(sides.peer.bulk),
    );
    rows.push({ ...rowOf(pair, 0), name: `50 ms away: bulk, ${streams} at once`, unit: "MB/s", goal: 0.9 });
  }
  const ask = (at: number) => rig.asker.do({ kind: "requests", port: at, at: 16, ms: requestMs });
  const pair = await paired(
    () => ask(sides.ours.http),
    () => ask(sides.peer.http),
  );
  rows.push(...perSecondAndTail(pair, "50 ms away: requests, 16 at once", 0.9, null));
  await sides.close();
  return rows;
}

/** From nothing to the first bytes of an answer. */
async function untilCarrying({ sshd, far }: Rig): Promise<BenchRow> {
  const pair = await paired(
    async () => {
      const { link } = testLink({
        port: sshd.port,
        user: sshd.user,
        auth: { kind: "key", path: sshd.userKey.file },
      });
      const lab = openTunnelLab({ links: { "host-1": link } });
      const began = performance.now();
      const { tunnelId } = await lab.add({
        target: { kind: "tcp", host: "127.0.0.1", port: far.http },
        probe: { kind: "http", path: "/" },
      });
      lab.tunnels.start(tunnelId);
      await lab.turns(tunnelId, "healthy", 20_000);
      const took = performance.now() - began;
      await lab.close();
      return [took];
    },
    async () => {
      const local = await quietPort();
      const began = performance.now();
      const stop = await startSsh(sshArgs(sshd, sshd.port, [`${local}:127.0.0.1:${far.http}`]), local);
      const took = performance.now() - began;
      await stop();
      return [took];
    },
  );
  // At most 1.2 times as long as `ssh`.
  return { ...rowOf(pair, 0), name: "from a click to healthy", unit: "ms", higherIsBetter: false, goal: 0.83 };
}

interface Fleet {
  seconds: number;
  memoryKb: number;
  idle: number;
  busy: number;
}

/** 100 hosts in one console, and in 100 `ssh`. The console's own limit of new connections a second is not in the way. */
async function manyHosts(rig: Rig): Promise<BenchRow[]> {
  const ours = await fleetOfOurs(rig);
  const peer = await fleetOfSsh(rig);
  const row = (key: keyof Fleet, name: string, unit: string, goal: number | null): BenchRow => {
    const figures = { ours: ours[key], peer: peer[key], peerName: `${hosts} ssh` };
    return { ...figures, name, unit, higherIsBetter: false, goal };
  };
  return [
    row("seconds", `${hosts} hosts connected`, "s", null),
    row("memoryKb", "memory a further host", "KiB", 20),
    row("idle", `CPU of ${hosts} idle hosts`, "%", null),
    row("busy", `CPU of ${hosts} hosts, 1,000 requests/s in all`, "%", null),
  ];
}

async function fleetOfOurs(rig: Rig): Promise<Fleet> {
  const core = rig.worker();
  const { port, user, userKey } = rig.sshd;
  const sshd = { port, user, keyFile: userKey.file };
  const order = { hosts, atOnce, sshd, target: { host: "127.0.0.1", port: rig.far.http } };
  const [ms = 0, ...ports] = await core.do({ kind: "fleet", order });
  const load = await watchLoad(rig, ports, [core.pid]);
  const [before = 0] = await core.do({ kind: "weigh" });
  // What a host costs in a console that runs, not what starting to have hosts costs.
  await core.do({ kind: "fleet", order });
  const [after = 0] = await core.do({ kind: "weigh" });
  await core.stop();
  return { seconds: ms / 1000, memoryKb: (after - before) / hosts, ...load };
}

async function fleetOfSsh(rig: Rig): Promise<Fleet> {
  const stops: (() => Promise<void>)[] = [];
  try {
    const pids: number[] = [];
    // They are drawn: the same one may come twice.
    const drawn = new Set<number>();
    while (drawn.size < hosts) drawn.add(await quietPort());
    const ports = [...drawn];
    const began = performance.now();
    await inLanes(ports, atOnce, async (local) => {
      const args = sshArgs(rig.sshd, rig.sshd.port, [`${local}:127.0.0.1:${rig.far.http}`]);
      stops.push(await startSsh(args, local, (pid) => pids.push(pid)));
    });
    const seconds = (performance.now() - began) / 1000;
    const memoryKb = pids.reduce((sum, pid) => sum + memoryOf(pid), 0) / hosts;
    return { seconds, memoryKb, ...(await watchLoad(rig, ports, pids)) };
  } finally {
    await Promise.all(stops.map((stop) => stop()));
  }
}

/** Percent of one core, with nothing to do but keep-alives (every 10 s), and with requests to all hosts in turn. */
async function watchLoad({ asker }: Rig, ports: readonly number[], pids: readonly number[]) {
  const cpu = () => pids.reduce((sum, pid) => sum + cpuOf(pid), 0);
  const during = async (work: () => Promise<unknown>) => {
    const before = cpu();
    const began = performance.now();
    await work();
    return ((cpu() - before) / ((performance.now() - began) / 1000)) * 100;
  };
  const idleMs = 12_000;
  const busyMs = 5_000;
  const idle = await during(() => new Promise((resolve) => setTimeout(resolve, idleMs)));
  const busy = await during(() => asker.do({ kind: "pace", ports: [...ports], perSecond: 1_000, ms: busyMs }));
  return { idle, busy };
}

interface Pair {
  ours: number[][];
  peer: number[][];
}

/** One after the other, so that both meet the same machine; the first pair warms up. */
async function paired(ours: () => Promise<number[]>, peer: () => Promise<number[]>): Promise<Pair> {
  const pair: Pair = { ours: [], peer: [] };
  for (let run = 0; run <= runs; run += 1) {
    const [mine, theirs] = [await ours(), await peer()];
    if (run === 0) continue;
    pair.ours.push(mine);
    pair.peer.push(theirs);
  }
  return pair;
}

function rowOf(pair: Pair, at: number) {
  const pick = (list: number[][]) => list.map((figures) => figures[at] ?? 0);
  return {
    ours: middle(pick(pair.ours)),
    peer: middle(pick(pair.peer)),
    peerName: "ssh -L",
    higherIsBetter: true,
    spread: spreadOf(pick(pair.ours)),
  };
}

function middle(list: readonly number[]): number {
  return [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? 0;
}

function spreadOf(list: readonly number[]): string {
  const digits = (value: number) => (value >= 100 ? Math.round(value) : Number(value.toPrecision(3)));
  return `${digits(Math.min(...list))}–${digits(Math.max(...list))}`;
}
