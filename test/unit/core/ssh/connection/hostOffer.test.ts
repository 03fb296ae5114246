import { PassThrough } from "node:stream";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hostKeyTypesIn, watchOffer } from "../../../../../electron/core/ssh/connection/hostOffer.ts";

const list = (...names: string[]) => {
  const text = Buffer.from(names.join(","));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length);
  return Buffer.concat([length, text]);
};
const packet = (payload: Buffer) => {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(payload.length + 1 + 4);
  head[4] = 4;
  return Buffer.concat([head, payload, Buffer.alloc(4)]);
};
const types = ["ssh-ed25519-cert-v01@openssh.com", "ssh-ed25519"];
const init = packet(
  Buffer.concat([Buffer.from([20]), Buffer.alloc(16, 1), list("kex-a", "kex-b"), list(...types), list("x")]),
);
const whole = Buffer.concat([Buffer.from("a banner\r\nSSH-2.0-OpenSSH_9.2\r\n"), init]);

describe("the types of host key that a server has", () => {
  it("are told once, cut at any byte, whatever follows", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(whole.length), { maxLength: 6 }), fc.uint8Array({ maxLength: 40 }), (cuts, more) => {
        const socket = new PassThrough();
        const told: string[][] = [];
        watchOffer(socket, (all) => told.push(all));
        const bytes = Buffer.concat([whole, more]);
        const at = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        for (let i = 1; i < at.length; i += 1) socket.emit("data", bytes.subarray(at[i - 1], at[i]));
        expect(told).toEqual([types]);
      }),
    );
  });

  it.each<[string, Buffer, null | undefined]>([
    ["nothing yet", Buffer.alloc(0), undefined],
    ["a name without its end", Buffer.from("SSH-2.0-x"), undefined],
    ["HTTP", Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n"), undefined],
    ["another packet", Buffer.concat([Buffer.from("SSH-2.0-x\r\n"), packet(Buffer.from([1, 0, 0]))]), null],
    ["a length beyond reason", Buffer.from("SSH-2.0-x\r\n\xff\xff\xff\xff\x04\x14", "latin1"), null],
    [
      "a list that is longer than its packet",
      Buffer.concat([
        Buffer.from("SSH-2.0-x\n"),
        packet(Buffer.concat([Buffer.from([20]), Buffer.alloc(16), Buffer.from([0, 0, 255, 255])])),
      ]),
      null,
    ],
  ])("are not told: %s", (_name, bytes, expected) => {
    expect(hostKeyTypesIn(bytes)).toBe(expected);
  });

  it("never throws, and stops listening after a while", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void hostKeyTypesIn(Buffer.from(bytes))));
    const socket = new PassThrough();
    watchOffer(socket, () => expect.fail());
    for (let i = 0; i < 70; i += 1) socket.emit("data", Buffer.alloc(1024, 65));
    expect(socket.listenerCount("data")).toBe(0);
  });
});
