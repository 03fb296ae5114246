import { connect, createServer, type Socket } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createReadSlab, readInSlabs } from "../../../../../electron/core/ssh/connection/readSlab.ts";

describe("a read slab", () => {
  it("gives pieces that nothing writes over, whatever the sizes of the reads", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 300_000 }), { maxLength: 80 }), (sizes) => {
        const slab = createReadSlab();
        const pieces: Buffer[] = [];
        for (const [at, size] of sizes.entries()) {
          const room = slab.room();
          const bytes = Math.min(size, room.length);
          room.fill(at % 256, 0, bytes);
          pieces.push(slab.take(bytes));
        }
        return pieces.every((piece, at) => piece.every((byte) => byte === at % 256));
      }),
      { numRuns: 30 },
    );
  });

  it.each([
    ["talk", Array.from({ length: 2_000 }, () => 100), 16 * 1024],
    ["bulk", Array.from({ length: 20 }, () => 1 << 20), 256 * 1024],
    ["bulk that has become talk", [1 << 20, 1 << 20, ...Array.from({ length: 9_000 }, () => 100)], 16 * 1024],
  ])("is as large as what comes through it: %s", (_name, sizes, expected) => {
    const slab = createReadSlab();
    let last = slab.room();
    for (const size of sizes) {
      last = slab.room();
      expect(last.length).toBeGreaterThanOrEqual(4 * 1024);
      slab.take(Math.min(size, last.length));
    }
    expect(last.buffer.byteLength).toBe(expected);
  });
});

describe("a socket that reads in slabs", () => {
  it("stops when nobody takes the bytes, and loses none", async () => {
    const sent = Buffer.from(Array.from({ length: 3 << 20 }, (_, at) => (at * 7) % 251));
    const server = createServer((socket) => socket.end(sent));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    const socket: Socket = connect({ host: "127.0.0.1", port, onread: readInSlabs(() => socket) });
    await new Promise((resolve) => socket.once("readable", resolve));
    const waiting = socket.readableLength;
    expect(waiting).toBeLessThan(1 << 20);
    const got: Buffer[] = [];
    for await (const chunk of socket) got.push(chunk as Buffer);
    expect(Buffer.concat(got).equals(sent)).toBe(true);
    expect(socket.bytesRead).toBe(sent.length);
    await new Promise((resolve) => server.close(resolve));
  });
});
