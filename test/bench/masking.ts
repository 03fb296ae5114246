/**
 * Masking: bytes in, masked bytes out, in chunks of 64 KiB, against what one would write without an engine: a
 * `replaceAll` for each pattern, one regular expression of all, and the automata that npm has. All get the same patterns.
 */
import { createMasker, type Masker } from "../../electron/core/logs/masking/index.ts";
import { variantsOf } from "../../electron/core/logs/masking/variants.ts";
import { naiveMask, ownedVariants } from "../unit/core/logs/masking/oracle.ts";
import { automata, automatonOnce } from "./maskingAutomata.ts";
import { type CorpusKind, dice, makeCorpus, makeSecrets } from "./maskingCorpus.ts";
import type { BenchRow } from "./types.ts";

const CHUNK = 65_536;
const SEED = 20_261_122;
const RUNS = 5;

interface Scene {
  masker: Masker;
  /** Longest first, as a careful peer would have them. */
  patterns: string[];
  secrets: { name: string; value: Buffer }[];
}

function sceneOf(count: number): Scene {
  const secrets = makeSecrets(count, dice(SEED));
  const masker = createMasker();
  for (const { name, value } of secrets) masker.register(name, value);
  const all = new Set(
    secrets.flatMap(({ value }) => variantsOf(value).map((variant) => Buffer.from(variant.bytes).toString("latin1"))),
  );
  return { masker, secrets, patterns: [...all].sort((a, b) => b.length - a.length) };
}

/** Of each registration the quickest of several, in milliseconds: what is left is work, not the machine's other tasks. */
function registrations(secrets: Scene["secrets"]): number[] {
  const best = secrets.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < RUNS; round++) {
    const masker = createMasker();
    for (const [i, { name, value }] of secrets.entries()) {
      const began = performance.now();
      masker.register(name, value);
      best[i] = Math.min(best[i] ?? 0, performance.now() - began);
    }
  }
  return best.sort((a, b) => a - b);
}

/** Masks `corpus` once; the result's length keeps the work from being optimised away. */
function oursOnce(masker: Masker, corpus: Buffer): number {
  const stream = masker.stream();
  let total = 0;
  for (let at = 0; at < corpus.length; at += CHUNK) total += stream.push(corpus.subarray(at, at + CHUNK)).length;
  return total + stream.end().length;
}

function replaceAllOnce(patterns: readonly string[], corpus: Buffer): number {
  let total = 0;
  for (let at = 0; at < corpus.length; at += CHUNK) {
    let text = corpus.toString("latin1", at, Math.min(corpus.length, at + CHUNK));
    for (const pattern of patterns) text = text.replaceAll(pattern, "********");
    total += Buffer.from(text, "latin1").length;
  }
  return total;
}

function regExpOnce(expression: RegExp, corpus: Buffer): number {
  let total = 0;
  for (let at = 0; at < corpus.length; at += CHUNK) {
    const text = corpus.toString("latin1", at, Math.min(corpus.length, at + CHUNK));
    total += Buffer.from(text.replace(expression, "********"), "latin1").length;
  }
  return total;
}

interface Figure {
  median: number;
  spread: string;
}

function figureOf(values: number[]): Figure {
  const sorted = [...values].sort((a, b) => a - b);
  const median = sorted[sorted.length >> 1] ?? 0;
  return { median, spread: `${shown(sorted[0] ?? 0)}–${shown(sorted.at(-1) ?? 0)}` };
}

const shown = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));

/** MB/s of each of `works`, run in turns after two rounds of warm-up. */
function alternate(works: { bytes: number; run: () => number }[], runs = RUNS): Figure[] {
  const speeds: number[][] = works.map(() => []);
  for (let round = -2; round < runs; round++) {
    works.forEach((work, i) => {
      const began = performance.now();
      if (work.run() < 0) throw new Error("unreachable");
      const ms = performance.now() - began;
      if (round >= 0) speeds[i]?.push(work.bytes / 1000 / ms);
    });
  }
  return speeds.map(figureOf);
}

/** A corpus that the peer gets through in about a third of a second. */
function peerSlice(corpus: Buffer, patterns: number): Buffer {
  return corpus.subarray(0, Math.max(CHUNK, Math.min(corpus.length, Math.floor(4e8 / patterns / CHUNK) * CHUNK)));
}

/** What was masked must be what the naive oracle masks, byte for byte. */
function check(scene: Scene, corpus: Buffer): void {
  const most = Math.min(1 << 20, Math.floor(2 ** 31 / scene.patterns.length));
  const sample = corpus.subarray(0, corpus.lastIndexOf("\n", most) + 1);
  const stream = scene.masker.stream();
  let masked = "";
  for (let at = 0; at < sample.length; at += 1000) {
    masked += Buffer.from(stream.push(sample.subarray(at, at + 1000))).toString("latin1");
  }
  masked += Buffer.from(stream.end()).toString("latin1");
  const known = new Set(scene.patterns.filter((pattern) => sample.includes(pattern, 0, "latin1")));
  const variants = ownedVariants(scene.secrets);
  const near = variants.filter((variant) => known.has(Buffer.from(variant.bytes).toString("latin1")));
  if (known.size === 0 || masked !== naiveMask(sample, near, false))
    throw new Error("masked otherwise than the oracle");
}

const number = (value: number): string => value.toLocaleString("en");

export async function bench(): Promise<BenchRow[]> {
  const size = process.env.GATEHOUSE_BENCH_FULL === "1" ? 200e6 : 16e6;
  const scenes = [10, 100, 1_000, 10_000].map(sceneOf);
  const rows = scenes.flatMap((scene) => againstPeers(scene, size));
  const [few, hundred, , many] = scenes as [Scene, Scene, Scene, Scene];
  rows.push(...otherCorpora(hundred, size), ...otherCorpora(many, size), fewAndMany(few, many, size), ...tables(many));
  return rows;
}

const leastAgainstReplaceAll = new Map([
  [100, 40],
  [1_000, 150],
]);
const leastAgainstAutomata = new Map([
  [100, 25],
  [1_000, 15],
]);

function againstPeers(scene: Scene, size: number): BenchRow[] {
  const { masker, patterns, secrets } = scene;
  const corpus = makeCorpus(size, "hits", secrets, dice(SEED + 1));
  check(scene, corpus);
  const part = peerSlice(corpus, patterns.length);
  const works = [
    { bytes: corpus.length, run: () => oursOnce(masker, corpus) },
    { bytes: part.length, run: () => replaceAllOnce(patterns, part) },
  ];
  if (secrets.length <= 1_000) {
    const escaped = patterns.map((pattern) => pattern.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&"));
    const expression = new RegExp(escaped.join("|"), "g");
    const short = part.subarray(0, Math.max(CHUNK, Math.floor(part.length / 8)));
    works.push({ bytes: short.length, run: () => regExpOnce(expression, short) });
  }
  const [ours, replaced, matched] = alternate(works, secrets.length > 1_000 ? 3 : RUNS) as [Figure, Figure, Figure?];
  const name = `mask ${number(secrets.length)} secrets (${number(patterns.length)} patterns)`;
  const goal = leastAgainstReplaceAll.get(secrets.length) ?? null;
  const rows = [throughput(`${name}, against replaceAll`, ours, replaced, "String.replaceAll", goal)];
  if (matched) rows.push(throughput(`${name}, against one RegExp`, ours, matched, "RegExp alternation", null));
  rows.push(...againstAutomata(scene, corpus, name));
  return rows;
}

/** The best of them has the goal; each is shown. One that is slow gets as much of the corpus as it masks in a moment. */
function againstAutomata({ masker, patterns, secrets }: Scene, corpus: Buffer, name: string): BenchRow[] {
  const rows = automata
    .filter(({ most }) => patterns.length <= most)
    .map(({ name: peerName, build }) => {
      const search = build(patterns);
      const part = momentOf(corpus, (bytes) => automatonOnce(search, bytes, CHUNK));
      const works = [
        { bytes: corpus.length, run: () => oursOnce(masker, corpus) },
        { bytes: part.length, run: () => automatonOnce(search, part, CHUNK) },
      ];
      const [ours, peer] = alternate(works, 3) as [Figure, Figure];
      const amount = part.length === corpus.length ? "" : ` on ${shown(part.length / 1e6)} MB of it`;
      return throughput(`${name}, against an automaton`, ours, peer, `${peerName}${amount}`, null);
    });
  const best = rows.reduce((a, b) => ((a.peer ?? 0) >= (b.peer ?? 0) ? a : b));
  best.name = `${name}, against the best automaton`;
  best.goal = leastAgainstAutomata.get(secrets.length) ?? null;
  return rows;
}

/** So much of `corpus` that `work` takes about a third of a second for it. */
function momentOf(corpus: Buffer, work: (bytes: Buffer) => number): Buffer {
  for (let size = 4_096; size < corpus.length; size *= 4) {
    const began = performance.now();
    work(corpus.subarray(0, size));
    if (performance.now() - began > 100) return corpus.subarray(0, size * 2);
  }
  return corpus;
}

function throughput(name: string, ours: Figure, peer: Figure, peerName: string, goal: number | null): BenchRow {
  return {
    name,
    ours: ours.median,
    peer: peer.median,
    peerName,
    unit: "MB/s",
    higherIsBetter: true,
    goal,
    spread: ours.spread,
  };
}

/** Logs that are hard on filters, beside ordinary ones. */
function otherCorpora({ masker, secrets }: Scene, size: number): BenchRow[] {
  const kinds: CorpusKind[] = ["hits", "clean", "jwt", "base64"];
  const works = kinds.map((kind) => {
    const corpus = makeCorpus(size / 2, kind, secrets, dice(SEED + 2));
    return { bytes: corpus.length, run: () => oursOnce(masker, corpus) };
  });
  const [ordinary, clean, jwt, base64] = alternate(works) as [Figure, Figure, Figure, Figure];
  const name = `mask ${number(secrets.length)} secrets`;
  return [
    throughput(`${name}, no hit`, clean, ordinary, "ordinary log", null),
    throughput(`${name}, a foreign JWT in each line`, jwt, ordinary, "ordinary log", 0.5),
    throughput(`${name}, base64 lines`, base64, ordinary, "ordinary log", 0.5),
  ];
}

function fewAndMany(few: Scene, many: Scene, size: number): BenchRow {
  const works = [many, few].map(({ masker, secrets }) => {
    const corpus = makeCorpus(size / 2, "hits", secrets, dice(SEED + 1));
    return { bytes: corpus.length, run: () => oursOnce(masker, corpus) };
  });
  const [ours, peer] = alternate(works) as [Figure, Figure];
  return throughput("mask 10,000 secrets, against 10", ours, peer, "10 secrets", 1 / 6);
}

function tables(scene: Scene): BenchRow[] {
  const pauses = registrations(scene.secrets);
  const least = { higherIsBetter: false, peerName: "limit", goal: 1 };
  return [
    {
      name: "tables at 10,000 secrets",
      ours: scene.masker.size().tableBytes / 1e6,
      peer: 40,
      unit: "MB",
      ...least,
    },
    {
      name: "longest pause of a registration, up to 10,000",
      ours: pauses.at(-1) ?? 0,
      peer: 5,
      unit: "ms",
      ...least,
      spread: `median ${shown(pauses[pauses.length >> 1] ?? 0)}`,
    },
  ];
}
