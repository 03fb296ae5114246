/** Reads a log with the eyes of somebody who trusts none of it. Needs no running console. */
import { stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { AuditReport } from "../../contract/audit.ts";
import { errorCode } from "../store/index.ts";
import { createChainCheck } from "./chain.ts";
import { linesOf } from "./lines.ts";
import type { Damage, DamageKind, Place, VerifyOptions } from "./look.ts";
import { type Remark, remarks } from "./remarks.ts";
import { CHECKPOINTS_FILE, segmentNames } from "./segments.ts";
import { readCheckpoints } from "./witnesses.ts";

/** Worst first: what points at a person stands before what points at a crash. */
const WORST_FIRST: readonly DamageKind[] = [
  "unreadable",
  "altered",
  "restamped",
  "gap",
  "truncated",
  "torn",
  "unknown-key",
];
const MAX_DAMAGE = 200;

/**
 * The verdict is `whole`, or the worst of `damage`: `altered` (a row is not what it was), `gap` (rows are missing),
 * `torn` (a crash cut the last line), `truncated` (the end is missing: a checkpoint or the head knows of later rows),
 * `restamped` (the hashes fit, but the key's holder did not write this), `unknown-key` (written under another key).
 * Never rejects for the log's sake.
 */
export async function verifyAudit(options: VerifyOptions): Promise<AuditReport> {
  const mono = options.mono ?? (() => performance.now());
  const start = mono();
  const report = await inspect(options);
  const kinds = new Set(report.damage.map((each) => each.kind));
  const verdict = WORST_FIRST.find((kind) => kinds.has(kind)) ?? "whole";
  return { verdict, ...report, durationMs: Math.round(mono() - start) };
}

async function inspect(options: VerifyOptions): Promise<Omit<AuditReport, "verdict" | "durationMs">> {
  const damage: Damage[] = [];
  const unchecked: Remark[] = [];
  let left = 0;
  const tell = (kind: DamageKind, file: string, line: number, seq: number | null, note: string) => {
    if (damage.length < MAX_DAMAGE) damage.push({ kind, file, line, seq, note });
    else left++;
  };
  const done = (facts: {
    records: number;
    segments: number;
    checkpoints: number;
    firstAt: number | null;
    lastAt: number | null;
  }) => {
    if (left > 0) unchecked.push(remarks.more(left));
    return { ...facts, damage, unchecked };
  };
  const nothing = { records: 0, segments: 0, checkpoints: 0, firstAt: null, lastAt: null };

  const place = await placeOf(options.path);
  if (typeof place === "string") {
    tell("unreadable", basename(options.path), 0, null, place);
    return done(nothing);
  }
  const witnesses = await readCheckpoints(join(place.folder, CHECKPOINTS_FILE), options, tell, unchecked);
  const chain = createChainCheck({ options, place, witnesses, tell, unchecked });
  for (const [n, name] of place.segments.entries()) {
    const isLast = n === place.segments.length - 1;
    try {
      for await (const line of linesOf(join(place.folder, name), options.signal)) chain.line(name, line, isLast);
    } catch (error) {
      options.signal?.throwIfAborted();
      tell("unreadable", name, 0, null, `it cannot be read (${errorCode(error) ?? "unknown"})`);
    }
  }
  const facts = chain.end();
  return done({ ...facts, segments: place.segments.length, checkpoints: witnesses.checkpoints.length });
}

/** Which files are to be read, or why they can't be. */
export async function placeOf(path: string): Promise<Place | string> {
  try {
    if ((await stat(path)).isDirectory()) {
      const segments = await segmentNames(path);
      if (segments.length === 0) return "there is no log in this folder";
      return { folder: path, segments, fromStart: true, toEnd: true };
    }
    const folder = dirname(path);
    const name = basename(path);
    const all = await segmentNames(folder);
    return { folder, segments: [name], fromStart: false, toEnd: all.at(-1) === name || !all.includes(name) };
  } catch (error) {
    return `it cannot be read (${errorCode(error) ?? "unknown"})`;
  }
}
