/**
 * Filters over a log of a million lines, most of them on disk: until the first rows are there, and until all are. Beside
 * it, a plain loop over an array that holds all lines as text, with nothing else to do.
 */
import { setImmediate } from "node:timers/promises";
import type { LogFilter } from "../../electron/contract/logs.ts";
import { createLogBuffer, createLogStore, type LogBuffer } from "../../electron/core/logs/buffer/index.ts";
import { createRows } from "../../electron/core/logs/filter/index.ts";
import { levelOf, speaksOf } from "../../electron/core/logs/parse/index.ts";
import { systemClock, systemRandom } from "../../electron/core/node.ts";
import { cleanCorpus } from "../helpers/detectCorpus.ts";
import { tempFolder } from "../helpers/ports.ts";
import { until } from "../helpers/until.ts";
import type { BenchRow } from "./types.ts";

const LINES = 1_000_000;
const MEMORY = 64 * 2 ** 20;
const RUNS = 5;
const FIRST = 100;
const BATCH = 5_000;

interface Case {
  name: string;
  filter: LogFilter;
  peer: (line: string) => boolean;
  /** Nothing to look for but repeats of common characters: every engine has to walk through it all. */
  slow?: true;
}

const cases: Case[] = [
  { name: "text", filter: { text: "sampling" }, peer: (line) => line.toLowerCase().includes("sampling") },
  { name: "text that is nowhere", filter: { text: "no such line" }, peer: (line) => line.includes("no such line") },
  { name: "regex", filter: { regex: '" [45]\\d\\d|usage: 9\\d' }, peer: tested(/" [45]\d\d|usage: 9\d/) },
  {
    name: "regex with repeats",
    filter: { regex: "\\w+\\.py:\\d+\\].*tokens/s" },
    peer: tested(/\w+\.py:\d+\].*tokens\/s/),
  },
  {
    name: "regex without a letter",
    filter: { regex: "(?:[0-9a-f]+-)+[0-9a-f]{12}" },
    peer: tested(/(?:[0-9a-f]+-)+[0-9a-f]{12}/),
    slow: true,
  },
  {
    name: "field",
    filter: { fields: [{ path: "status", op: "above", value: "399" }] },
    peer: (line) => Number(fieldOf(line, "status")) > 399,
  },
  {
    name: "level and folding",
    filter: { levels: ["error"], fold: true },
    peer: (line) => levelOf(line) === "error",
  },
];

function tested(expression: RegExp): (line: string) => boolean {
  return (line) => expression.test(line);
}

function fieldOf(line: string, name: string): unknown {
  try {
    return line.startsWith("{") ? (JSON.parse(line) as Record<string, unknown>)[name] : undefined;
  } catch {
    return undefined;
  }
}

export async function bench(): Promise<BenchRow[]> {
  const folder = tempFolder("gatehouse-bench-filter-");
  const clock = systemClock();
  const random = systemRandom(() => clock.now());
  const store = createLogStore({ folder: folder.path, maxBytes: 2 ** 30, clock, random });
  const buffer = createLogBuffer({ maxLines: LINES, maxBytes: MEMORY, store });
  try {
    const rows: BenchRow[] = [...(await steady()), await fill(buffer), heldOf(buffer)];
    const ours: Figures[] = [];
    for (const one of cases) ours.push(await measure(buffer, one));
    const density = await densityRow(buffer);
    // A million texts in the heap make its cleaning slow: they come when all else is done.
    const lines = Array.from({ length: LINES }, lineAt());
    for (const [i, figures] of ours.entries()) rows.push(...(await besides(lines, cases[i] as Case, figures)));
    return [...rows, density];
  } finally {
    await buffer.dispose();
    await store.dispose();
    folder.cleanup();
  }
}

/** Lines of many writers again and again, JSON of a gateway among them. */
function lineAt(): (_: unknown, i: number) => string {
  const some = cleanCorpus(20_000, 20_261_122);
  return (_, i) => {
    if (i % 4 !== 0) return some[i % some.length] as string;
    const status = i % 400 === 0 ? 502 : 200;
    return `{"ts":"2026-11-22T10:00:${i % 60}","level":"info","msg":"request done","request_id":"req-${i}","status":${status},"duration_ms":${i % 977}}`;
  };
}

async function fill(buffer: LogBuffer): Promise<BenchRow> {
  const line = lineAt();
  const began = performance.now();
  for (let at = 0; at < LINES; at++) {
    const text = line(null, at);
    buffer.append({
      at: 1_763_000_000_000 + at / 20,
      stream: "stdout",
      level: at % 97 === 0 ? "error" : "info",
      text,
      source: 0,
      part: at % 9 === 0,
    });
    if (at % BATCH !== 0) continue;
    await setImmediate();
    // The disk is given as much as it takes.
    if (buffer.memoryBytes > MEMORY + 2 ** 21)
      await until(() => buffer.memoryBytes <= MEMORY, { timeoutMs: 30_000, everyMs: 1 });
  }
  const ms = performance.now() - began;
  await until(() => buffer.memoryBytes <= MEMORY, { timeoutMs: 30_000 });
  if (buffer.first > 0) throw new Error(`${buffer.first} lines fell out`);
  const row = { unit: "k lines/s", higherIsBetter: true, peer: 50, peerName: "limit", goal: 1 };
  return { name: "a million lines taken and spilled", ours: LINES / ms, ...row };
}

function heldOf(buffer: LogBuffer): BenchRow {
  const row = { unit: "MB in memory", higherIsBetter: false, goal: 1 };
  return {
    name: "of them held",
    ours: buffer.memoryBytes / 1e6,
    peer: (MEMORY + 2 ** 18) / 1e6,
    peerName: "limit",
    ...row,
  };
}

interface Figures {
  first: number[];
  whole: number[];
  pause: number[];
  found: number;
}

async function measure(buffer: LogBuffer, { filter }: Case): Promise<Figures> {
  const figures: Figures = { first: [], whole: [], pause: [], found: 0 };
  for (let run = 0; run < RUNS; run++) {
    const rows = createRows(buffer, { clock: systemClock(), speaksOf });
    const pause = longestPause();
    const began = performance.now();
    await rows.window(filter, 0, FIRST);
    figures.first.push(performance.now() - began);
    await rows.advance(filter);
    figures.whole.push(performance.now() - began);
    figures.pause.push(pause.stop());
    const { first, next } = rows.head(filter);
    figures.found = next - first;
    await setImmediate();
  }
  return figures;
}

async function besides(lines: readonly string[], one: Case, { found, ...figures }: Figures): Promise<BenchRow[]> {
  const { name, filter, peer, slow } = one;
  const times: number[] = [];
  for (let run = 0; run < 3; run++) {
    const began = performance.now();
    let peerFound = 0;
    for (const line of lines) if (peer(line)) peerFound++;
    times.push(performance.now() - began);
    if (found !== peerFound && filter.levels === undefined)
      throw new Error(`${name}: ${found} rows, ${peerFound} lines`);
    await setImmediate();
  }
  const ms = { unit: "ms", higherIsBetter: false };
  const time = (of: number[]) => ({ ours: middle(of), spread: spreadOf(of), ...ms });
  const limit = (peer: number) => ({ peer, peerName: "limit" });
  const all = `${name}: all ${found.toLocaleString("en")}`;
  return [
    ...(found > 0 ? [{ name: `${name}: first rows`, ...time(figures.first), ...limit(100), goal: 1 }] : []),
    { name: all, ...time(figures.whole), ...limit(1_000), goal: slow ? null : 1 },
    {
      name: "the same beside a loop",
      ...time(figures.whole),
      peer: middle(times),
      peerName: "loop",
      goal: null,
    },
    { name: "its longest pause", ...time(figures.pause), ...limit(20), goal: null },
  ];
}

async function densityRow(buffer: LogBuffer): Promise<BenchRow> {
  const rows = createRows(buffer, { clock: systemClock(), speaksOf });
  const filter = { levels: ["error" as const] };
  await rows.advance(filter);
  const times: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const began = performance.now();
    await rows.density(filter, { buckets: 200 });
    times.push(performance.now() - began);
  }
  const row = { unit: "ms", higherIsBetter: false, peer: 100, peerName: "limit", goal: 1 };
  return { name: "density of all in 200 buckets", ours: middle(times), spread: spreadOf(times), ...row };
}

/** The heap while lines come and go that nobody looks at. */
async function steady(): Promise<BenchRow[]> {
  const buffer = createLogBuffer({ maxLines: 200_000, maxBytes: 16 * 2 ** 20 });
  const text = "x".repeat(150);
  const heap: number[] = [];
  for (let at = 0; at < 2_000_000; at++) {
    buffer.append({ at, stream: "stdout", level: null, text: `${at} ${text}`, source: 0, part: false });
    if (at % 200_000 !== 199_999) continue;
    await setImmediate();
    globalThis.gc?.();
    const { heapUsed, external } = process.memoryUsage();
    heap.push((heapUsed + external) / 1e6);
  }
  await buffer.dispose();
  const grown = (heap.at(-1) ?? 0) - (heap[2] ?? 0);
  return [
    {
      name: "memory grown over 1.4 million lines that passed",
      ours: grown,
      peer: null,
      unit: "MB",
      higherIsBetter: false,
      goal: null,
    },
  ];
}

function longestPause(): { stop(): number } {
  let longest = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - last - 1);
    last = now;
  }, 1);
  return {
    stop() {
      clearInterval(timer);
      return Math.max(longest, performance.now() - last - 1);
    },
  };
}

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

function spreadOf(values: readonly number[]): string {
  return `${Math.round(Math.min(...values))}–${Math.round(Math.max(...values))}`;
}
