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
  return render(text, 0, text.length, spans, "", onHit, 0, undefined).bytes;
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
    return this.#run(this.#join(chunk), false, edits);
  }

  end(edits?: number[]): Uint8Array {
    const rest = this.#run(this.#join(EMPTY), true, edits);
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

  #run(text: Uint8Array, final: boolean, edits: number[] | undefined): Uint8Array {
    const { found, hold, suffix, skip } = this.#engine.part(text, this.#skip);
    const limit = final ? text.length : hold;
    const spans =
      found.ids.length === 0 && this.#open === null
        ? []
        : mergeSpans(found, limit, (id) => this.#engine.store.owners(id), this.#open);
    if (final && suffix !== null && text.length - suffix.at >= MIN_CUT) {
      addCut(spans, suffix.at, text.length, this.#engine.store.owners(suffix.id));
    }
    const out = this.#emit(text, limit, spans, edits);
    this.#gone += limit;
    this.#skip = skip;
    this.#held = limit === text.length ? EMPTY : Uint8Array.prototype.slice.call(text, limit);
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

  #emit(text: Uint8Array, limit: number, spans: Span[], edits: number[] | undefined): Uint8Array {
    if (spans.length === 0) {
      const out = limit === text.length ? text : text.subarray(0, limit);
      this.#context = lineEnd(this.#context, out);
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
    const { bytes, context } = render(text, this.#gone, to, spans, this.#context, this.#onHit, began, edits);
    this.#context = context;
    return bytes;
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

/** `text[0, to)` with its spans replaced. A span that starts at -1 began before the text, at `began`. */
function render(
  text: Uint8Array,
  base: number,
  to: number,
  spans: readonly Span[],
  before: string,
  onHit: HitListener,
  began: number,
  edits: number[] | undefined,
): { bytes: Uint8Array; context: string } {
  const parts: Uint8Array[] = [];
  let size = 0;
  let at = 0;
  let context = before;
  const put = (part: Uint8Array): void => {
    if (part.length === 0) return;
    parts.push(part);
    size += part.length;
    context = lineEnd(context, part);
  };
  for (const span of spans) {
    if (span.start > at) put(text.subarray(at, span.start));
    const mask = replacement(span.best, context, onHit);
    edits?.push(span.start < 0 ? began : base + span.start, base + span.end, mask.length);
    put(mask);
    at = span.end;
  }
  if (to > at) put(text.subarray(at, to));
  const bytes = Buffer.allocUnsafe(size);
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return { bytes, context };
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

/** The last bytes of the line that `context` and `part` make. */
function lineEnd(context: string, part: Uint8Array): string {
  const length = part.length;
  if (length === 0) return context;
  if (part[length - 1] === 0x0a) return "";
  const from = Math.max(0, length - CONTEXT);
  const end = Buffer.from(part.buffer, part.byteOffset + from, length - from).toString("latin1");
  const feed = end.lastIndexOf("\n");
  if (feed >= 0) return end.slice(feed + 1);
  return from > 0 ? end : (context + end).slice(-CONTEXT);
}
