/** Many hosts at once, with a tunnel to each: in one process as the console has them, or one `ssh` for each. */
import { readdirSync, readFileSync } from "node:fs";
import { testLink } from "../helpers/lab/link.ts";
import { openTunnelLab } from "../helpers/tunnelLab.ts";

export interface FleetOrder {
  hosts: number;
  /** Connections that are being made at any moment. */
  atOnce: number;
  sshd: { port: number; user: string; keyFile: string };
  /** Where each tunnel leads. */
  target: { host: string; port: number };
}

/** Does `work` with each of `many`, `atOnce` of them at a time. */
export async function inLanes<T>(many: readonly T[], atOnce: number, work: (one: T) => Promise<void>): Promise<void> {
  const waiting = [...many];
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) await work(one);
    }),
  );
}

/** Milliseconds until all tunnels are healthy, and their local ports. */
export async function openFleet(order: FleetOrder): Promise<{ connectedMs: number; ports: number[] }> {
  const { port, user, keyFile } = order.sshd;
  const ids = Array.from({ length: order.hosts }, (_, at) => `host-${at + 1}`);
  const links = Object.fromEntries(
    ids.map((id) => [id, testLink({ port, user, auth: { kind: "key", path: keyFile } }).link]),
  );
  const lab = openTunnelLab({ links });
  const ports: number[] = [];
  const began = performance.now();
  await inLanes(ids, order.atOnce, async (hostId) => {
    await links[hostId]?.ready();
    const { tunnelId, localPort } = await lab.add({
      hostId,
      target: { kind: "tcp", ...order.target },
      probe: { kind: "none" },
    });
    await lab.turns(tunnelId, "healthy", 30_000);
    ports.push(localPort);
  });
  return { connectedMs: performance.now() - began, ports };
}

/** Kilobytes of memory of a process, its part of what it shares with others included. */
export function memoryOf(pid: number): number {
  return Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1] ?? 0);
}

/** Seconds of CPU of a process and all its threads so far, to the microsecond. */
export function cpuOf(pid: number): number {
  let ns = 0;
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    try {
      ns += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8").split(" ")[0]);
    } catch {
      // A thread that has just ended.
    }
  }
  return ns / 1e9;
}
