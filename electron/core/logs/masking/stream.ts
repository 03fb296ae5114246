import { strip } from "./ansi.ts";
import type { MaskEngine } from "./engine.ts";
import type { Owner } from "./patterns.ts";
import { type Best, CONTEXT, isAssigned, mergeSpans, type OpenSpan, type Span, withoutEscapes } from "./spans.ts";

/** Masks one stream of bytes, wherever it is cut. One for each (container, stream), after the engine's frames. */
export interface MaskStream {
  /**
   * What of the bytes so far is decided: all but the longest end that may still become a secret. The very same array
   * when nothing was found and nothing is held. `edits`, when given, gets three numbers for each replacement: where it
   * began and ended in the input, counted from the first byte ever, and its length in the output.
   */
  push(chunk: Uint8Array, edits?: number[]): Uint8Array;
  /** The rest, a cut secret of four bytes or more replaced. The stream is then as new. */
  end(edits?: number[]): Uint8Array;
}

const EMPTY = new Uint8Array(0);
const STARS = Buffer.from("********");
/** A cut secret shorter than this is shown: it says too little. */
const MIN_CUT = 4;
/** With more held bytes than this beyond the longest pattern, the escape sequences among them are dropped. */
const MAX_SLACK = 4_096;

export type HitListener = (owner: Owner, cut: boolean) => void;

/** Masks `text` as a whole. */
export function maskWhole(engine: MaskEngine, text: Uint8Array, onHit: HitListener): Uint8Array {
  const found = engine.whole(text, false);
  if (found.ids.length === 0) return text;
  const spans = mergeSpans(found, text.length, (id) => engine.store.owners(id), null);
  const { masks } = plan(text, text.length, spans, "", onHit);
  return write(text, text.length, spans, masks);
}

export class EngineStream implements MaskStream {
  readonly #engine: MaskEngine;
  readonly #onHit: HitListener;
  #held: Uint8Array = EMPTY;
  /** A replacement that is due: it covers the held bytes up to `end`; it began at `start`, counted from the first byte. */
  #open: (OpenSpan & { start: number }) | null = null;
  #skip = 0;
  /** The end of the output, on its line, as latin1. */
  #context = "";
  /** Input bytes before the held ones. */
  #gone = 0;

  constructor(engine: MaskEngine, onHit: HitListener) {
    this.#engine = engine;
    this.#onHit = onHit;
  }

  push(chunk: Uint8Array, edits?: number[]): Uint8Array {
    if (chunk.length === 0) return chunk;
    const text = this.#join(chunk);
    return this.#run(text, text !== chunk, false, edits);
  }

  end(edits?: number[]): Uint8Array {
    const rest = this.#run(this.#held, true, true, edits);
    this.#held = EMPTY;
    this.#open = null;
    this.#skip = 0;
    this.#context = "";
    this.#gone = 0;
    return rest;
  }

  #join(chunk: Uint8Array): Uint8Array {
    const held = this.#held;
    if (held.length === 0) return chunk;
    const text = Buffer.allocUnsafe(held.length + chunk.length);
    text.set(held);
    text.set(chunk, held.length);
    held.fill(0);
    return text;
  }

  /** `own`: the text is a copy that nobody else has, and may be written over. */
  #run(text: Uint8Array, own: boolean, final: boolean, edits: number[] | undefined): Uint8Array {
    const { found, hold, suffix, skip } = this.#engine.part(text, this.#skip);
    const limit = final ? text.length : hold;
    const spans =
      found.ids.length === 0 && this.#open === null
        ? []
        : mergeSpans(found, limit, (id) => this.#engine.store.owners(id), this.#open);
    if (final && suffix !== null && text.length - suffix.at >= MIN_CUT) {
      addCut(spans, suffix.at, text.length, this.#engine.store.owners(suffix.id));
    }
    // Copied before the text is written over.
    const held = limit === text.length ? EMPTY : Uint8Array.prototype.slice.call(text, limit);
    const out = this.#emit(text, limit, spans, edits, own);
    this.#gone += limit;
    this.#skip = skip;
    this.#held = held;
    if (this.#held.length > this.#engine.store.longest + MAX_SLACK) this.#shrink(edits);
    return out;
  }

  /**
   * Endless colour codes inside a value must not fill the memory. They are dropped from what is held: should it turn out
   * to be no secret, it is shown without them.
   */
  #shrink(edits: number[] | undefined): void {
    const { bytes, decided } = strip(this.#held, this.#skip);
    const shrunk = Buffer.concat([bytes, this.#held.subarray(decided)]);
    const dropped = this.#held.length - shrunk.length;
    if (dropped === 0) return;
    if (this.#open !== null) this.#open.end = strip(this.#held.subarray(0, this.#open.end), this.#skip).bytes.length;
    edits?.push(this.#gone, this.#gone + dropped, 0);
    this.#gone += dropped;
    this.#skip = 0;
    this.#held.fill(0);
    this.#held = shrunk;
  }

  #emit(text: Uint8Array, limit: number, spans: Span[], edits: number[] | undefined, own: boolean): Uint8Array {
    if (spans.length === 0) {
      const out = limit === text.length ? text : text.subarray(0, limit);
      this.#context = lineEnd(this.#context, out, 0, out.length);
      return out;
    }
    const last = spans[spans.length - 1] as Span;
    const before = this.#open;
    this.#open = null;
    if (last.end > limit) {
      spans.pop();
      const start = last.start < 0 && before !== null ? before.start : this.#gone + last.start;
      this.#open = { start, end: last.end - limit, best: last.best };
    }
    const to = this.#open === null ? limit : Math.max(0, last.start);
    const began = before?.start ?? this.#gone;
    const { masks, context } = plan(text, to, spans, this.#context, this.#onHit);
    this.#context = context;
    if (spans.length === 0) return text.subarray(0, to);
    for (const [n, span] of spans.entries()) {
      const start = span.start < 0 ? began : this.#gone + span.start;
      edits?.push(start, this.#gone + span.end, masks[n]?.length ?? 0);
    }
    return own && shrinks(spans, masks) ? writeOver(text, to, spans, masks) : write(text, to, spans, masks);
  }
}

/** Adds the range that the end of the stream cut off, to spans that end before or inside it. */
function addCut(spans: Span[], start: number, end: number, owners: readonly Owner[]): void {
  const best: Best = { length: end - start, owners, cut: true };
  let from = start;
  let winner = best;
  for (let last = spans.at(-1); last !== undefined && last.end > from; last = spans.at(-1)) {
    spans.pop();
    from = Math.min(from, last.start);
    if (last.best.length >= winner.length) winner = last.best;
  }
  spans.push({ start: from, end, best: winner });
}

/** What replaces each span, and the end of the output on its line. A span that starts at -1 began before the text. */
function plan(
  text: Uint8Array,
  to: number,
  spans: readonly Span[],
  before: string,
  onHit: HitListener,
): { masks: Uint8Array[]; context: string } {
  const masks: Uint8Array[] = [];
  let context = before;
  let at = 0;
  for (const span of spans) {
    context = lineEnd(context, text, at, span.start);
    const mask = replacement(span.best, context, onHit);
    masks.push(mask);
    context = lineEnd(context, mask, 0, mask.length);
    at = span.end;
  }
  return { masks, context: lineEnd(context, text, at, to) };
}

/** True when no replacement reaches past what it replaces, so that the text can be written over from the start. */
function shrinks(spans: readonly Span[], masks: readonly Uint8Array[]): boolean {
  let shift = 0;
  return spans.every((span, n) => {
    shift += (masks[n] as Uint8Array).length - (span.end - Math.max(0, span.start));
    return shift <= 0;
  });
}

/** `text[0, to)` with its spans replaced, in its own memory. */
function writeOver(text: Uint8Array, to: number, spans: readonly Span[], masks: readonly Uint8Array[]): Uint8Array {
  let put = Math.max(0, spans[0]?.start ?? 0);
  spans.forEach((span, n) => {
    const mask = masks[n] as Uint8Array;
    text.set(mask, put);
    put += mask.length;
    const next = spans[n + 1]?.start ?? to;
    text.copyWithin(put, span.end, next);
    put += Math.max(0, next - span.end);
  });
  text.fill(0, put);
  return text.subarray(0, put);
}

/** `text[0, to)` with its spans replaced, in new memory. */
function write(text: Uint8Array, to: number, spans: readonly Span[], masks: readonly Uint8Array[]): Uint8Array {
  const parts: Uint8Array[] = [];
  let at = 0;
  spans.forEach((span, n) => {
    if (span.start > at) parts.push(text.subarray(at, span.start));
    parts.push(masks[n] as Uint8Array);
    at = span.end;
  });
  if (to > at) parts.push(text.subarray(at, to));
  return Buffer.concat(parts);
}

function replacement(best: Best, context: string, onHit: HitListener): Uint8Array {
  const shown = withoutEscapes(context);
  const named = best.owners.find((owner) => isAssigned(shown, Buffer.from(owner.name).toString("latin1")));
  const owner = named ?? best.owners[0];
  if (owner === undefined) return STARS;
  onHit(owner, best.cut);
  return named !== undefined && !best.cut ? STARS : Buffer.from(`[secret:${printable(owner.name)}]`);
}

function printable(name: string): string {
  return name.replace(/[\u0000-\u001f\u007f-\u009f]/g, "?");
}

/** The last bytes of the line that `context` and `part[from, to)` make. */
function lineEnd(context: string, part: Uint8Array, from: number, to: number): string {
  if (to <= from) return context;
  if (part[to - 1] === 0x0a) return "";
  const start = Math.max(from, to - CONTEXT);
  const end = Buffer.from(part.buffer, part.byteOffset + start, to - start).toString("latin1");
  const feed = end.lastIndexOf("\n");
  if (feed >= 0) return end.slice(feed + 1);
  return start > from ? end : (context + end).slice(-CONTEXT);
}
