import { hasEscape, type StrippedView, strip } from "./ansi.ts";
import { viewOf } from "./blockTables.ts";
import { type Owner, PatternStore } from "./patterns.ts";
import { PrefixIndex } from "./prefixIndex.ts";
import type { Variant } from "./variants.ts";
import { type Found, WindowIndex } from "./windowIndex.ts";

const LINE_FEED = 0x0a;
/** Patterns that one pass is made for. */
const FEW = 3_000;
/** Long patterns that are moved at once: a matter of a millisecond. */
const MOVED = 512;
const MAX_ROOM = 1024 * 1024;

/** What a text holds. Ranges are offsets in it; those of one pattern never lie in each other, others may overlap. */
export interface Analysis {
  found: Found;
  /** Where what is not yet decided begins: the text up to here may go out. The text's length when all is decided. */
  hold: number;
  /** The longest suffix that a pattern goes on from. */
  suffix: { at: number; id: number } | null;
  /** So many bytes from `hold` on are the rest of an escape sequence that began before it. */
  skip: number;
}

/**
 * All patterns, in the matcher that fits their length: the longer the window, the longer the leaps, so short patterns
 * must not set the pace for long ones.
 */
export class MaskEngine {
  readonly store = new PatternStore();
  readonly #prefixes = new PrefixIndex(this.store);
  readonly #long = new WindowIndex(this.store, 16, 23);
  readonly #medium = new WindowIndex(this.store, 8, 22);
  readonly #short = new WindowIndex(this.store, 6, 21);
  /** Where texts without escape sequences are made, emptied after use. */
  #room = Buffer.alloc(0);
  /** Under six bytes: only there when forced. */
  readonly #tiny = new Set<number>();

  /** Looked for from the very next byte on. O(length). */
  add(variant: Variant, owner: Owner): number {
    const { id, fresh } = this.store.add(variant, owner);
    if (fresh) {
      this.#prefixes.add(id);
      this.#index(id);
    }
    return id;
  }

  remove(id: number, name: string): void {
    if (!this.store.disown(id, name)) return;
    this.#prefixes.remove(id);
    this.#tiny.delete(id);
    for (const index of [this.#long, this.#medium, this.#short]) if (index.has(id)) index.remove(id);
    this.store.erase(id);
  }

  /**
   * As long as there are few patterns, and some are short, one pass with the short ones' window is quicker than two; with
   * many, the blocks of the long ones would crowd it.
   */
  #index(id: number): void {
    const length = this.store.length[id] as number;
    if (length < 6) this.#tiny.add(id);
    else if (length < 8) this.#short.add(id);
    else if (length >= 16 && (this.#long.size > 0 || this.#medium.size === 0 || this.#medium.size >= FEW)) {
      this.#long.add(id);
    } else {
      this.#medium.add(id);
      if (this.#long.size > 0 && this.#long.size <= MOVED && this.#medium.size + this.#long.size < FEW) this.#join();
    }
  }

  #join(): void {
    for (const id of this.#long.members()) {
      this.#long.remove(id);
      this.#medium.add(id);
    }
  }

  get tableBytes(): number {
    const indexes = [this.#long, this.#medium, this.#short, this.#prefixes, this.store];
    return indexes.reduce((sum, index) => sum + index.tableBytes, 0);
  }

  /** Everything that is in `text`, a whole. */
  whole(text: Uint8Array, all: boolean): Found {
    const found = emptyFound();
    if (this.store.live === 0 || text.length === 0) return found;
    this.#scan(text, found, all);
    this.#extend(text, found);
    if (hasEscape(text)) {
      const view = this.#strip(text, 0);
      this.#scanStripped(view, found, all);
      view.bytes.fill(0);
    }
    return found;
  }

  /** What is in `text`, a part of which more may follow; its first `skip` bytes end an escape sequence. */
  part(text: Uint8Array, skip: number): Analysis {
    const found = emptyFound();
    const analysis: Analysis = { found, hold: text.length, suffix: null, skip: 0 };
    if (text.length === 0 || (this.store.live === 0 && skip === 0 && !hasEscape(text))) return analysis;
    this.#scan(text, found, false);
    analysis.hold = Math.min(text.length, this.#extend(text, found));
    const suffix = this.#suffix(text);
    if (suffix !== null) analysis.suffix = suffix;
    analysis.hold = Math.min(analysis.hold, this.#withHead(text, suffix?.at ?? text.length));
    if (skip > 0 || hasEscape(text)) this.#partStripped(this.#strip(text, skip), analysis);
    return analysis;
  }

  /** The view lies in memory that the next one takes. */
  #strip(text: Uint8Array, skip: number): StrippedView {
    if (this.#room.length < text.length && text.length <= MAX_ROOM) this.#room = Buffer.alloc(text.length + 4096);
    return strip(text, skip, this.store.multiline === 0, this.#room);
  }

  #partStripped(view: StrippedView, analysis: Analysis): void {
    const bytes = view.bytes;
    const pending = this.#scanStripped(view, analysis.found, false);
    const suffix = this.#suffix(bytes);
    const from = Math.min(pending, this.#withHead(bytes, suffix?.at ?? bytes.length));
    analysis.hold = Math.min(analysis.hold, view.decided, from < bytes.length ? view.origin(from) : view.decided);
    if (suffix !== null) {
      const at = view.origin(suffix.at);
      if (analysis.suffix === null || at < analysis.suffix.at) analysis.suffix = { at, id: suffix.id };
    }
    analysis.skip = view.skipFrom(analysis.hold) - analysis.hold;
    bytes.fill(0);
  }

  #scanStripped(view: StrippedView, found: Found, all: boolean): number {
    const inView = emptyFound();
    this.#scan(view.bytes, inView, all);
    const pending = this.#extend(view.bytes, inView);
    inView.ids.forEach((id, i) => {
      found.ids.push(id);
      found.starts.push(view.origin(inView.starts[i] as number));
      found.ends.push(view.origin((inView.ends[i] as number) - 1) + 1);
    });
    return pending;
  }

  #scan(text: Uint8Array, found: Found, all: boolean): void {
    const view = viewOf(text);
    this.#long.scan(text, view, found, all);
    this.#medium.scan(text, view, found, all);
    this.#short.scan(text, view, found, all);
    for (const id of this.#tiny) {
      const bytes = this.store.bytes(id);
      let at = Buffer.prototype.indexOf.call(text, bytes);
      while (at >= 0) {
        found.ids.push(id);
        found.starts.push(at);
        found.ends.push(at + bytes.length);
        at = Buffer.prototype.indexOf.call(text, bytes, at + 1);
      }
    }
  }

  /**
   * Widens base64 matches by the digits that hold some bits of the secret, and by the padding. Returns where the first
   * match begins that more text could widen.
   */
  #extend(text: Uint8Array, found: Found): number {
    const to = text.length;
    let pending = to;
    for (let i = 0; i < found.ids.length; i++) {
      const edge = this.store.edges[found.ids[i] as number] as number;
      if (edge === 0) continue;
      let start = found.starts[i] as number;
      if ((edge & 1) === 1 && start > 0 && isBase64(text[start - 1] as number)) start--;
      found.starts[i] = start;
      const tail = edge >>> 1;
      if (tail === 0) continue;
      let end = found.ends[i] as number;
      let open = end === to;
      if (end < to && isBase64(text[end] as number)) {
        end++;
        let padding: number = tail;
        while (padding > 0 && end < to && text[end] === 0x3d) {
          end++;
          padding--;
        }
        open = end === to && padding > 0;
        found.ends[i] = end;
      }
      if (open) pending = Math.min(pending, start);
    }
    return pending;
  }

  #suffix(text: Uint8Array): { at: number; id: number } | null {
    if (text.length === 0) return null;
    const multiline = this.store.multiline > 0;
    if (!multiline && text[text.length - 1] === LINE_FEED) return null;
    const from = multiline ? 0 : Buffer.prototype.lastIndexOf.call(text, LINE_FEED) + 1;
    return this.#prefixes.longestSuffix(text, from);
  }

  /** A base64 digit right before may belong to what begins at `at`. */
  #withHead(text: Uint8Array, at: number): number {
    return this.store.headed > 0 && at > 0 && isBase64(text[at - 1] as number) ? at - 1 : at;
  }
}

function emptyFound(): Found {
  return { ids: [], starts: [], ends: [] };
}

/** A digit of either base64 alphabet. */
function isBase64(byte: number): boolean {
  return (
    (byte >= 0x61 && byte <= 0x7a) ||
    (byte >= 0x41 && byte <= 0x5a) ||
    (byte >= 0x2f && byte <= 0x39) ||
    byte === 0x2b ||
    byte === 0x2d ||
    byte === 0x5f
  );
}
