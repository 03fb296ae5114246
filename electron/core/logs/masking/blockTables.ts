import type { PatternStore } from "./patterns.ts";

export const BLOCK = 4;
const BLOCK_HASH = 0x9e3779b1 | 0;
/** Offsets of a pattern that are weighed for its window; longer ones keep to their end. */
const MAX_OFFSETS = 192;
const MAX_PLACE_BITS = 20;

export function blockHash(block: number): number {
  return Math.imul(block, BLOCK_HASH);
}

/** Which blocks are in some window, and where in it. All are indexed by leading bits of the block's hash. */
export class BlockTables {
  readonly bits: number;
  readonly placeBits: number;
  /** One bit: a block of this hash is in some window. */
  readonly filter: Uint32Array;
  /** Bit k: a block of this hash is the k-th of some window. */
  readonly places: Uint16Array;
  /** How many windows hold a block, up to 255: to find the rarest offset. */
  readonly #counts: Uint8Array;
  /** Blocks marked, those of withdrawn patterns too. */
  blocks = 0;

  constructor(bits: number) {
    this.bits = bits;
    this.placeBits = Math.min(MAX_PLACE_BITS, bits);
    this.filter = new Uint32Array(1 << (bits - 5));
    this.places = new Uint16Array(1 << this.placeBits);
    this.#counts = new Uint8Array(1 << this.placeBits);
  }

  get tableBytes(): number {
    return this.filter.byteLength + this.places.byteLength + this.#counts.byteLength;
  }

  /** Marks the `stride` blocks that begin at `from` and after it. */
  mark(view: DataView, from: number, stride: number): void {
    const shift = 32 - this.bits;
    const placeShift = 32 - this.placeBits;
    for (let k = 0; k < stride; k++) {
      const hash = blockHash(view.getInt32(from + k, true));
      const slot = hash >>> shift;
      this.filter[slot >>> 5] = (this.filter[slot >>> 5] as number) | (1 << (slot & 31));
      const place = hash >>> placeShift;
      this.places[place] = (this.places[place] as number) | (1 << k);
      const count = this.#counts[place] as number;
      if (count < 255) this.#counts[place] = count + 1;
    }
    this.blocks += stride;
  }

  /** The offset of the window whose blocks are in the fewest windows and look least like words; rather a late one. */
  rarest(store: PatternStore, id: number, window: number): number {
    const view = viewOf(store.pool);
    const start = store.start[id] as number;
    const length = store.length[id] as number;
    const stride = window - BLOCK + 1;
    const lowest = Math.max(0, length - window - MAX_OFFSETS);
    const shift = 32 - this.placeBits;
    const recent = new Int32Array(16);
    let cost = 0;
    let best = length - window;
    let least = Number.POSITIVE_INFINITY;
    // A running sum over the blocks of a window, from the end to the start.
    for (let block = length - BLOCK, n = 0; block >= lowest; block--, n++) {
      const value = view.getInt32(start + block, true);
      const own = (this.#counts[blockHash(value) >>> shift] as number) * 2 + wordiness(value);
      if (n >= stride) cost -= recent[(n - stride) & 15] as number;
      recent[n & 15] = own;
      cost += own;
      // Tokens begin alike (`sk-proj-`, a JWT's header) and end at random: being late is worth something.
      const total = cost + (n >>> 1);
      if (n >= stride - 1 && total < least) {
        least = total;
        best = block;
      }
    }
    return best;
  }
}

/** A guess, without a corpus, of how likely a block is in ordinary log text: higher is likelier. */
function wordiness(block: number): number {
  let lower = 0;
  let digits = 0;
  let other = 0;
  for (let i = 0; i < 32; i += 8) {
    const byte = (block >>> i) & 255;
    if (byte >= 0x61 && byte <= 0x7a) lower++;
    else if (byte >= 0x30 && byte <= 0x39) digits++;
    else if (byte === 0x20 || byte === 0x2d || byte === 0x2e || byte === 0x2f || byte === 0x3d || byte === 0x22)
      other++;
  }
  if (lower + other === 4) return 4;
  if (digits + other === 4) return 3;
  return lower >= 3 || digits >= 3 ? 1 : 0;
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
