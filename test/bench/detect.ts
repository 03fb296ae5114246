/**
 * Detectors: lines in, lines out, against what one would write without an engine: the same shapes as one regular
 * expression with an alternative for each, tried on each line. The false finds in a clean corpus are figures too.
 */

import type { Detectors } from "../../electron/contract/detect.ts";
import { families } from "../../electron/core/logs/detect/families.ts";
import { createScreener } from "../../electron/core/logs/detect/index.ts";
import { cleanCorpus, plantedCorpus } from "../helpers/detectCorpus.ts";
import type { BenchRow } from "./types.ts";

const SEED = 20_261_122;
const RUNS = 5;
const standard: Detectors = { providers: true, assignments: true, pii: false };

const classBits: [number, string][] = [
  [1, "0-9"],
  [2, "a-z"],
  [4, "A-Z"],
  [8, "_"],
  [32, "."],
  [64, "+/"],
  [128, "="],
  [16, "-"],
];

/** The alternation of all families, places and assignments, as the public rule sets write them. */
function alternation(): RegExp {
  const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
  const tokens = families.map(({ prefix, body, min, max }) => {
    const set = classBits.map(([bit, chars]) => ((body & bit) === 0 ? "" : chars)).join("");
    return `\\b${escaped(prefix)}[${set}]{${min},${max ?? ""}}`;
  });
  const places = [
    "\\beyJ[\\w-]{14,}\\.[\\w-]{8,}\\.[\\w-]*",
    "-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY",
    "token=[0-9a-f]{48}\\b",
    ":\\/\\/[^\\s:@\\/?#]{0,64}:[^\\s@\\/]{1,256}@",
    "[Aa]uthorization[\"']?\\s{0,2}[:=]\\s{0,2}[\"']?(?:\\w+ )?[\\w.+\\/=-]{16,}",
    "[Bb]earer [\\w.+\\/=-]{20,}",
    "(?:[Xx]-[Aa]pi-[Kk]ey|[Xx]-[Vv]ault-[Tt]oken|[Pp]rivate-[Tt]oken)[\"']?\\s{0,2}[:=]\\s{0,2}[\"']?[\\w.+\\/=-]{8,}",
    "curl\\s.{0,400}?(?:-u|--user)[ =][^\\s:]{1,64}:\\S{2,}",
    '"auth"\\s{0,2}:\\s{0,2}"[\\w+\\/=]{8,}"',
    "(?:[Ss]ecret_?[Aa]ccess_?[Kk]ey|SECRET_ACCESS_KEY)[\"']?\\s{0,2}[:=]\\s{0,2}[\"']?[\\w+\\/]{40}\\b",
    "hooks\\.slack\\.com\\/services\\/[\\w\\/]{24,}",
    "\\b\\d{8,10}:AA[\\w-]{33}\\b",
    "[\\w.-]{0,48}(?:[Tt]oken|TOKEN|[Ss]ecret|SECRET|[Pp]ass(?:word|wd|phrase)|PASSWORD|[Cc]redentials?|[Kk]ey|KEY)[\"'\\\\]{0,2}\\s{0,2}[:=]>?\\s{0,2}[\"'\\\\]{0,2}[\\w+\\/=.-]{10,256}",
  ];
  return new RegExp([...tokens, ...places].join("|"), "g");
}

interface Figure {
  median: number;
  spread: string;
}

function figureOf(values: number[]): Figure {
  const sorted = [...values].sort((a, b) => a - b);
  const shown = (value: number) => Math.round(value).toLocaleString("en");
  return { median: sorted[sorted.length >> 1] ?? 0, spread: `${shown(sorted[0] ?? 0)}–${shown(sorted.at(-1) ?? 0)}` };
}

/** Lines a second of each, run in turns after two rounds to warm up. */
function alternate(works: { lines: readonly string[]; run: (line: string) => number }[]): Figure[] {
  const speeds: number[][] = works.map(() => []);
  for (let round = -2; round < RUNS; round++) {
    works.forEach(({ lines, run }, i) => {
      const began = performance.now();
      let total = 0;
      for (const line of lines) total += run(line);
      const ms = performance.now() - began;
      if (total < 0) throw new Error("unreachable");
      if (round >= 0) speeds[i]?.push((lines.length / ms) * 1_000);
    });
  }
  return speeds.map(figureOf);
}

function screenOf(on: Detectors) {
  return createScreener({ settings: () => on, clock: performanceClock, charsPerSecond: Number.MAX_SAFE_INTEGER }).log();
}
const performanceClock = { mono: () => performance.now() };

export async function bench(): Promise<BenchRow[]> {
  const clean = cleanCorpus(process.env.GATEHOUSE_BENCH_FULL === "1" ? 500_000 : 60_000, SEED);
  const part = clean.slice(0, 6_000);
  const expression = alternation();
  const screen = screenOf(standard);
  const personal = screenOf({ ...standard, pii: true });
  const [ours, peer, withPii] = alternate([
    { lines: clean, run: (line) => screen.line("stdout", line).length },
    { lines: part, run: (line) => line.replace(expression, "[detected]").length },
    { lines: clean, run: (line) => personal.line("stdout", line).length },
  ]) as [Figure, Figure, Figure];
  const lines = { unit: "lines/s", higherIsBetter: true };
  return [
    {
      name: "detect in ordinary lines, against one RegExp",
      ours: ours.median,
      peer: peer.median,
      peerName: "RegExp alternation",
      goal: 5,
      spread: ours.spread,
      ...lines,
    },
    {
      name: "detect in ordinary lines",
      ours: ours.median,
      peer: 150_000,
      peerName: "limit",
      goal: 1,
      spread: ours.spread,
      ...lines,
    },
    {
      name: "the same with personal data",
      ours: withPii.median,
      peer: ours.median,
      peerName: "without",
      goal: null,
      spread: withPii.spread,
      ...lines,
    },
    ...quality(clean),
  ];
}

/** What is found where there is nothing, and what is missed where there is something. */
function quality(clean: readonly string[]): BenchRow[] {
  const screen = screenOf(standard);
  for (const line of clean) screen.line("stdout", line);
  const { assignment = 0, ...providers } = Object.fromEntries(screen.detected) as Record<string, number>;
  const falseTokens = Object.values(providers).reduce((sum, count) => sum + count, 0);
  const planted = plantedCorpus(200, SEED);
  const left = planted.filter(({ line, secret }) => screenOf(standard).line("stdout", line).includes(secret)).length;
  const row = { higherIsBetter: false, goal: null, peer: null };
  return [
    { name: "tokens found in a clean corpus", ours: falseTokens, unit: `of ${clean.length} lines`, ...row },
    { name: "values found in a clean corpus", ours: assignment, unit: `of ${clean.length} lines`, ...row },
    { name: "planted secrets left", ours: left, unit: `of ${planted.length}`, ...row },
  ];
}
