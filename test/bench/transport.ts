/** A call over each transport, and log lines in batches, against the same over nothing but the transport itself. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { MessageChannel } from "node:worker_threads";
import { eventIterator, oc } from "@orpc/contract";
import { implement } from "@orpc/server";
import { WebSocket, WebSocketServer } from "ws";
import { z } from "zod";
import { logLine } from "../../electron/contract/index.ts";
import type { DoorCore } from "../../electron/shells/browser/index.ts";
import { type DoorKind, doorKinds, openDoor } from "../helpers/doors.ts";
import type { BenchRow } from "./types.ts";

const CALLS = 2_000;
const BATCH = 1_000;
const BATCHES = 300;
const RUNS = 5;

const contract = {
  ping: oc.input(z.object({ n: z.number() })).output(z.object({ n: z.number() })),
  lines: oc.output(eventIterator(z.array(logLine))),
};

const batch = Array.from({ length: BATCH }, (_, index) => ({
  index,
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
      for (let i = 0; i < BATCHES; i++) yield batch;
    }),
  });
  return { router, context: (client) => client };
}

interface Bare {
  call(text: string): Promise<string>;
  close(): void;
}

/** The transport alone: one message there, one back. */
async function bare(kind: DoorKind): Promise<Bare> {
  if (kind === "in-process") return { call: async (text) => text, close: () => undefined };
  if (kind === "message-port") {
    const { port1, port2 } = new MessageChannel();
    port1.on("message", (text) => port1.postMessage(text));
    return {
      call: (text) =>
        new Promise((resolve) => {
          port2.once("message", resolve);
          port2.postMessage(text);
        }),
      close: () => port2.close(),
    };
  }
  const server = createServer().listen(0, "127.0.0.1");
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  sockets.on("connection", (socket) => socket.on("message", (data) => socket.send(String(data))));
  await new Promise((resolve) => server.once("listening", resolve));
  const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  await new Promise((resolve) => socket.once("open", resolve));
  return {
    call: (text) =>
      new Promise((resolve) => {
        socket.once("message", (data) => resolve(String(data)));
        socket.send(text);
      }),
    close() {
      socket.terminate();
      sockets.close();
      server.close();
    },
  };
}

async function perCall(call: (n: number) => Promise<unknown>): Promise<number> {
  const began = performance.now();
  for (let n = 0; n < CALLS; n++) await call(n);
  return (performance.now() - began) / CALLS;
}

async function linesPerSecond(stream: () => Promise<AsyncIterable<unknown[]>>): Promise<number> {
  const began = performance.now();
  let lines = 0;
  for await (const rows of await stream()) lines += rows.length;
  if (lines !== BATCH * BATCHES) throw new Error(`${lines} lines came of ${BATCH * BATCHES}`);
  return (lines / (performance.now() - began)) * 1000;
}

function middle(values: readonly number[]) {
  const sorted = [...values].sort((a, b) => a - b);
  const show = (value: number) => (value >= 100 ? Math.round(value).toLocaleString("en") : value.toFixed(3));
  return {
    median: sorted[Math.floor(sorted.length / 2)] ?? 0,
    spread: `${show(sorted[0] ?? 0)}–${show(sorted.at(-1) ?? 0)}`,
  };
}

async function rowsOf(kind: DoorKind): Promise<BenchRow[]> {
  const door = await openDoor(kind, makeCore());
  const client = door.client as unknown as {
    ping(input: { n: number }): Promise<{ n: number }>;
    lines(): Promise<AsyncIterable<unknown[]>>;
  };
  const peer = await bare(kind);
  const figures = { call: [] as number[], bare: [] as number[], lines: [] as number[] };
  for (let run = 0; run <= RUNS; run++) {
    const call = await perCall((n) => client.ping({ n }));
    const alone = await perCall((n) => peer.call(JSON.stringify({ n })));
    const lines = await linesPerSecond(() => client.lines());
    if (run === 0) continue;
    figures.call.push(call);
    figures.bare.push(alone);
    figures.lines.push(lines);
  }
  peer.close();
  await door.close();
  const [call, alone, lines] = [middle(figures.call), middle(figures.bare), middle(figures.lines)];
  return [
    {
      name: `a call, ${kind}`,
      ours: call.median,
      peer: 0.5,
      peerName: "limit",
      unit: "ms",
      higherIsBetter: false,
      goal: 1,
      spread: call.spread,
    },
    {
      name: `a call, ${kind}, beside the bare transport`,
      ours: call.median,
      peer: alone.median,
      peerName: "echo",
      unit: "ms",
      higherIsBetter: false,
      goal: null,
      spread: alone.spread,
    },
    {
      name: `lines in batches of 1,000, ${kind}`,
      ours: lines.median,
      peer: 500_000,
      peerName: "limit",
      unit: "lines/s",
      higherIsBetter: true,
      goal: 1,
      spread: lines.spread,
    },
  ];
}

export async function bench(): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const kind of doorKinds) rows.push(...(await rowsOf(kind)));
  return rows;
}
