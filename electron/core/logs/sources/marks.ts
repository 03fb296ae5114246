/** Bytes as they came, or the words of a line that began with the mark. */
export type Piece = { kind: "bytes"; bytes: Uint8Array } | { kind: "mark"; words: string[] };

export interface MarkReader {
  /** Pieces in their order. Only bytes that may begin a mark are held back. */
  push(chunk: Uint8Array): Piece[];
}

const LINE_FEED = 0x0a;
/** A line of marks is short; beyond this it is none of ours. */
const MAX_LINE = 256;

/** Takes lines that begin with `mark` out of a stream, wherever they stand in it and however it is cut. */
export function createMarkReader(mark: string): MarkReader {
  const sign = Buffer.from(mark, "latin1");
  let rest: Buffer = Buffer.alloc(0);
  return {
    push(chunk) {
      const pieces: Piece[] = [];
      let bytes = rest.length === 0 ? asBuffer(chunk) : Buffer.concat([rest, chunk]);
      for (;;) {
        const at = bytes.indexOf(sign);
        const end = at < 0 ? -1 : bytes.indexOf(LINE_FEED, at);
        const plain = at >= 0 ? at : bytes.length - heldBack(bytes, sign);
        if (plain > 0) pieces.push({ kind: "bytes", bytes: bytes.subarray(0, plain) });
        if (at >= 0 && end < 0 && bytes.length - at > MAX_LINE) {
          pieces.push({ kind: "bytes", bytes: bytes.subarray(at) });
          rest = Buffer.alloc(0);
          return pieces;
        }
        if (end < 0) {
          rest = Buffer.from(bytes.subarray(plain));
          return pieces;
        }
        const words = bytes
          .toString("latin1", at + sign.length, end)
          .trim()
          .split(" ");
        pieces.push({ kind: "mark", words });
        bytes = bytes.subarray(end + 1);
      }
    },
  };
}

/** How many bytes at the end may be the beginning of the mark. */
function heldBack(bytes: Buffer, sign: Buffer): number {
  for (let length = Math.min(sign.length - 1, bytes.length); length > 0; length--) {
    if (bytes.subarray(bytes.length - length).equals(sign.subarray(0, length))) return length;
  }
  return 0;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
