/**
 * A view of logs in a process of its own: pulls windows over the browser door as fast as there are lines, looks at every
 * byte that comes, and counts the numbered lines.
 */
import { setTimeout } from "node:timers/promises";
import { createORPCClient } from "@orpc/client";
import { RPCLink } from "@orpc/client/websocket";
import { WebSocket } from "ws";
import { type CanaryScan, createScan } from "./canaries.ts";
import type { Client } from "./doors.ts";
import { windowOf } from "./logRows.ts";
import { savedFile } from "./savedFile.ts";

export interface SoakOrder {
  port: number;
  token: string;
  sources: { hostId: string; containerId: string }[];
  forms: [name: string, form: string][];
}

/** What the view has seen so far. */
export interface SoakSeen {
  /** The canaries' forms that came over the wire. */
  traces: string[];
  bytes: number;
  sources: SoakSource[];
}

export interface SoakSource {
  lines: number;
  masked: number;
  /** Lines that the ring had let go before they were pulled. */
  skipped: number;
  /** The last line of each stream has come. */
  ended: string[];
  /** What is wrong with the numbers: empty when each came once and in order. */
  wrong: string[];
  notes: string[];
}

interface Pull {
  bufferId: string;
  seen: SoakSource;
  /** Next number of each stream, unless lines were let go. */
  next: Map<string, number>;
  from: number;
}

process.once("message", (order: SoakOrder) => {
  run(order).catch((error: unknown) => {
    process.send?.({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  });
});

async function run(order: SoakOrder): Promise<void> {
  const scan = createScan(new Map(order.forms));
  const traces = new Set<string>();
  const wire = { bytes: 0 };
  const client = await connect(order, scan, traces, wire);
  const pulls: Pull[] = [];
  for (const source of order.sources) {
    const { bufferId } = await client.logs.open({ sources: [{ kind: "container", ...source }], tail: 100_000 });
    const seen = { lines: 0, masked: 0, skipped: 0, ended: [], wrong: [], notes: [] };
    pulls.push({
      bufferId,
      seen,
      next: new Map([
        ["stdout", 0],
        ["stderr", 0],
      ]),
      from: 0,
    });
  }
  process.on("message", (wish) => {
    if (wish === "save") void save(client, pulls);
  });
  await Promise.all(pulls.map((pull) => follow(client, pull, report)));

  function report(): void {
    process.send?.({
      traces: [...traces],
      bytes: wire.bytes,
      sources: pulls.map(({ seen }) => seen),
    } satisfies SoakSeen);
  }
}

/** Never ends by itself: the process is ended. */
async function follow(client: Client, pull: Pull, report: () => void): Promise<void> {
  let reported = 0;
  for (;;) {
    const { first, lines } = await windowOf(client, { bufferId: pull.bufferId, from: pull.from, count: 2000 });
    if (first > pull.from) {
      pull.seen.skipped += first - pull.from;
      pull.next.clear();
    }
    for (const line of lines) {
      if (line.stream === "note") pull.seen.notes.push(line.text);
      else count(pull, line.stream, line.text);
      pull.from = line.index + 1;
    }
    if (performance.now() - reported > 200) {
      reported = performance.now();
      report();
    }
    if (lines.length === 0) await setTimeout(20);
  }
}

function count(pull: Pull, stream: string, text: string): void {
  const { seen, next } = pull;
  seen.lines++;
  const match = /^#(\d+) (.*)/s.exec(text);
  const number = match === null ? null : Number(match[1]);
  const expected = next.get(stream);
  if (number === null) wrong(seen, `${stream}: a line without a number after ${expected}: ${text.slice(0, 60)}`);
  else if (expected !== undefined && number !== expected) wrong(seen, `${stream}: ${number} in place of ${expected}`);
  if (number !== null) next.set(stream, number + 1);
  if (match?.[2] === "END") seen.ended.push(stream);
  if (text.includes("[secret:") || text.includes("=********")) seen.masked++;
}

function wrong(seen: SoakSource, what: string): void {
  if (seen.wrong.length < 20) seen.wrong.push(what);
}

async function save(client: Client, pulls: readonly Pull[]): Promise<void> {
  const saved: number[] = [];
  for (const { bufferId } of pulls) {
    saved.push((await savedFile(client.logs.save({ bufferId, format: "text" }))).text.length);
  }
  process.send?.({ saved });
}

async function connect(
  { port, token }: SoakOrder,
  scan: CanaryScan,
  traces: Set<string>,
  wire: { bytes: number },
): Promise<Client> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/rpc`, ["gatehouse.v1", `token.${token}`], {
    headers: { origin: `http://127.0.0.1:${port}`, "user-agent": "gatehouse-soak/1" },
  });
  socket.on("message", (data) => {
    const bytes = Buffer.isBuffer(data) ? data : Buffer.concat(Array.isArray(data) ? data : [Buffer.from(data)]);
    wire.bytes += bytes.length;
    for (const trace of scan.look(bytes)) traces.add(trace);
  });
  await new Promise((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
  });
  return createORPCClient<Client>(new RPCLink({ websocket: socket as unknown as globalThis.WebSocket }));
}
