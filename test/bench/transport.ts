/**
 * A call over each transport; beside it, an echo over nothing but the transport itself. Log lines in batches, and those of
 * the log room as a page pulls them, window by window; all are packed and unpacked on the way.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import { eventIterator, oc } from "@orpc/contract";
import { implement } from "@orpc/server";
import { RPCHandler } from "@orpc/server/message-port";
import { WebSocket, WebSocketServer } from "ws";
import { z } from "zod";
import { logColumns } from "../../electron/contract/index.ts";
import { packLines } from "../../electron/contract/logColumns.ts";
import { systemClock, systemRandom } from "../../electron/core/node.ts";
import { type DoorCore, openBrowserDoor } from "../../electron/shells/browser/index.ts";
import { bundleScript } from "../../scripts/lib/bundleScript.mjs";
import { type DoorKind, doorKinds, openDoor, redeem } from "../helpers/doors.ts";
import type { ClientWork } from "./transportClient.ts";
import { BATCH, BATCHES, type Figures, measure, middle, perCall, type TransportClient } from "./transportMeasure.ts";
import { roomRoutes } from "./transportRoom.ts";
import type { BenchRow } from "./types.ts";

const contract = {
  ping: oc.input(z.object({ n: z.number() })).output(z.object({ n: z.number() })),
  lines: oc.output(eventIterator(logColumns)),
};

const batch = Array.from({ length: BATCH }, (_, index) => ({
  index,
  row: index,
  source: 0,
  folded: 0,
  part: false,
  at: 1_767_225_600_000 + index,
  stream: "stdout" as const,
  level: "info" as const,
  text: `request ${index} GET /v1/infer 200 in 12.5 ms from 10.0.0.0 with a line of ordinary length for a log of a server`,
}));

function makeCore(): DoorCore {
  const builder = implement(contract);
  const router = builder.router({
    ping: builder.ping.handler(({ input }) => input),
    lines: builder.lines.handler(async function* () {
      for (let i = 0; i < BATCHES; i++) yield packLines(batch);
    }),
  });
  return { router: { ...router, ...roomRoutes() }, context: (client) => client };
}

async function ours(kind: DoorKind): Promise<Figures> {
  const core = makeCore();
  if (kind === "in-process") {
    const door = await openDoor(kind, core);
    return measure(door.client as unknown as TransportClient);
  }
  if (kind === "message-port") {
    const { port1, port2 } = new MessageChannel();
    new RPCHandler(core.router).upgrade(port1 as unknown as globalThis.MessagePort, { context: {} });
    port1.start();
    const figures = await inThread({ kind, port: port2 }, [port2]);
    port1.close();
    return figures;
  }
  const door = await openBrowserDoor({ core, assets: new Map(), clock: systemClock(), random: systemRandom() });
  const figures = await inThread({ kind, port: door.port, token: await redeem(door.newAddress()) }, []);
  await door.dispose();
  return figures;
}

async function inThread(work: ClientWork, transferList: MessagePort[]): Promise<Figures> {
  const file = await bundleScript(fileURLToPath(new URL("./transportClient.ts", import.meta.url)));
  const worker = new Worker(file, { workerData: work, transferList });
  return new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
}

/** One message there, one back, within one thread. */
async function echo(kind: DoorKind): Promise<number[]> {
  const text = JSON.stringify({ n: 1 });
  if (kind === "in-process") return [];
  if (kind === "message-port") {
    const { port1, port2 } = new MessageChannel();
    port1.on("message", (data) => port1.postMessage(data));
    const times = await runs(
      () =>
        new Promise((resolve) => {
          port2.once("message", resolve);
          port2.postMessage(text);
        }),
    );
    port2.close();
    return times;
  }
  const server = createServer().listen(0, "127.0.0.1");
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  sockets.on("connection", (socket) => socket.on("message", (data) => socket.send(String(data))));
  await new Promise((resolve) => server.once("listening", resolve));
  const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  await new Promise((resolve) => socket.once("open", resolve));
  const times = await runs(
    () =>
      new Promise((resolve) => {
        socket.once("message", resolve);
        socket.send(text);
      }),
  );
  socket.terminate();
  sockets.close();
  server.close();
  return times;
}

async function runs(call: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (let run = 0; run <= 5; run++) times.push(await perCall(call));
  return times.slice(1);
}

export async function bench(): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const kind of doorKinds) {
    const figures = await ours(kind);
    const [call, bare] = [middle(figures.call), middle(await echo(kind))];
    const time = { ours: call.median, unit: "ms", higherIsBetter: false };
    rows.push({ ...time, name: `a call, ${kind}`, peer: 0.5, peerName: "limit", goal: 1, spread: call.spread });
    if (bare.median > 0) {
      const name = `a call, ${kind}, beside an echo`;
      rows.push({ ...time, name, peer: bare.median, peerName: "echo", goal: null, spread: bare.spread });
    }
    const limit = { peer: 500_000, peerName: "limit", unit: "lines/s", higherIsBetter: true };
    const [lines, pulled] = [middle(figures.lines), middle(figures.pulled)];
    const batches = `lines in batches of ${BATCH}, ${kind}`;
    rows.push({ ...limit, name: batches, ours: lines.median, goal: 1, spread: lines.spread });
    const windows = `windows of ${BATCH} lines, one after the other, ${kind}`;
    rows.push({ ...limit, name: windows, ours: pulled.median, goal: null, spread: pulled.spread });
  }
  return rows;
}
