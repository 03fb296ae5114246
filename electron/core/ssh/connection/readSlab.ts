import type { OnReadOpts, Socket } from "node:net";

/** Enough for talk; Node itself makes 64 KiB for each read. */
const smallBytes = 16 * 1024;
const largeBytes = 256 * 1024;
/** Less room than that is not worth a call to the system. */
const leastBytes = 4 * 1024;
/** A slab that took this many reads to fill carried talk, not bulk. */
const manyReads = 64;

/** Where a socket's bytes go; reads follow each other in one piece of memory. */
export interface ReadSlab {
  /** What is free, and at least `leastBytes`. */
  room(): Buffer;
  /** Takes the first `bytes` of the room; the piece stays valid for whoever keeps it. */
  take(bytes: number): Buffer;
}

/**
 * Slabs are small while little comes, so that a hundred idle connections cost little, and large for bulk: one call to
 * the system then brings many packets, and the collector has a tenth of the pieces to look after. No slab is used twice,
 * because pieces of it may still lie in somebody's queue.
 */
export function createReadSlab(): ReadSlab {
  let slab = Buffer.allocUnsafeSlow(smallBytes);
  let used = 0;
  let reads = 0;
  let filled = false;
  return {
    room() {
      if (slab.length - used < leastBytes) {
        const bulk = slab.length === smallBytes ? filled : reads < manyReads;
        slab = Buffer.allocUnsafeSlow(bulk ? largeBytes : smallBytes);
        used = 0;
        reads = 0;
        filled = false;
      }
      return slab.subarray(used);
    },
    take(bytes) {
      const piece = slab.subarray(used, used + bytes);
      used += bytes;
      reads += 1;
      filled ||= used === slab.length;
      return piece;
    },
  };
}

/** For `connect`: `socket` is what it returns; the bytes come out of it as they always do. */
export function readInSlabs(socket: () => Socket): OnReadOpts {
  const slab = createReadSlab();
  return { buffer: () => slab.room(), callback: (bytes) => socket().push(slab.take(bytes)) };
}
