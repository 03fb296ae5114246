/** What is measured of a transport, by whoever holds its client. */
import { type LogColumns, unpackLines } from "../../electron/contract/logColumns.ts";
import type { Client } from "../helpers/doors.ts";
import { windowOf } from "../helpers/logRows.ts";
import { until } from "../helpers/until.ts";

export const BATCH = 1_000;
export const BATCHES = 300;
/** Lines of a log that is pulled as a page pulls it. */
export const LOG = 100_000;
const CALLS = 2_000;
const RUNS = 5;

export interface TransportClient {
  ping(input: { n: number }): Promise<{ n: number }>;
  lines(): Promise<AsyncIterable<LogColumns>>;
  logs: Client["logs"];
}

export interface Figures {
  /** Milliseconds a call, one a run. */
  call: number[];
  /** Lines a second, one a run. */
  lines: number[];
  /** The same of a log, window by window. */
  pulled: number[];
}

/** Five runs after a warm-up. */
export async function measure(client: TransportClient): Promise<Figures> {
  const figures: Figures = { call: [], lines: [], pulled: [] };
  const { bufferId } = await client.logs.open({ sources: [{ kind: "console" }], tail: LOG });
  const isThere = async () => (await client.logs.window({ bufferId, from: 0, count: 1 })).next === LOG;
  await until(isThere, { timeoutMs: 20_000 });
  for (let run = 0; run <= RUNS; run++) {
    const call = await perCall((n) => client.ping({ n }));
    const lines = await linesPerSecond(() => client.lines());
    const pulled = await pulledPerSecond(client, bufferId);
    if (run === 0) continue;
    figures.call.push(call);
    figures.lines.push(lines);
    figures.pulled.push(pulled);
  }
  return figures;
}

export async function perCall(call: (n: number) => Promise<unknown>): Promise<number> {
  const began = performance.now();
  for (let n = 0; n < CALLS; n++) await call(n);
  return (performance.now() - began) / CALLS;
}

async function linesPerSecond(stream: TransportClient["lines"]): Promise<number> {
  const began = performance.now();
  let lines = 0;
  for await (const columns of await stream()) lines += unpackLines(columns).length;
  if (lines !== BATCH * BATCHES) throw new Error(`${lines} lines came of ${BATCH * BATCHES}`);
  return (lines / (performance.now() - began)) * 1000;
}

async function pulledPerSecond(client: TransportClient, bufferId: string): Promise<number> {
  const began = performance.now();
  let from = 0;
  while (from < LOG) from += (await windowOf(client, { bufferId, from, count: BATCH })).lines.length;
  return (from / (performance.now() - began)) * 1000;
}

export function middle(values: readonly number[]): { median: number; spread: string } {
  const sorted = [...values].sort((a, b) => a - b);
  const show = (value: number) => (value >= 100 ? Math.round(value).toLocaleString("en") : value.toFixed(3));
  return {
    median: sorted[Math.floor(sorted.length / 2)] ?? 0,
    spread: `${show(sorted[0] ?? 0)}–${show(sorted.at(-1) ?? 0)}`,
  };
}
