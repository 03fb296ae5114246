import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createSocksReader, replyBytes, type SocksStep, socksReply } from "../../../../electron/core/tunnels/socks.ts";

const greeting = Buffer.from([5, 1, 0]);
const request = (type: number, address: readonly number[], port: number, command = 1, reserved = 0) =>
  Buffer.from([5, command, reserved, type, ...address, port >> 8, port & 255]);
const name = (text: string) => [text.length, ...Buffer.from(text, "latin1")];
const say: SocksStep = { kind: "say", bytes: Buffer.from([5, 0]) };
const to = (host: string, port: number, rest = ""): SocksStep => ({
  kind: "connect",
  to: { kind: "tcp", host, port },
  rest: Buffer.from(rest),
});
const refuse = (bytes: Buffer | null) => ({ kind: "refuse", bytes, reason: expect.any(String) });

const talks: [string, Buffer, unknown[]][] = [
  ["a name", Buffer.concat([greeting, request(3, name("jupyter.lab"), 8888)]), [say, to("jupyter.lab", 8888)]],
  ["an IPv4 address", Buffer.concat([greeting, request(1, [10, 0, 0, 7], 80)]), [say, to("10.0.0.7", 80)]],
  [
    "an IPv6 address",
    Buffer.concat([greeting, request(4, [0xfd, 0, ...Array(13).fill(0), 1], 443)]),
    [say, to("fd00:0:0:0:0:0:0:1", 443)],
  ],
  [
    "what is sent ahead",
    Buffer.concat([greeting, request(3, name("a"), 1), Buffer.from("GET /")]),
    [say, to("a", 1, "GET /")],
  ],
  ["several methods", Buffer.concat([Buffer.from([5, 3, 2, 1, 0]), request(3, name("a"), 1)]), [say, to("a", 1)]],
  ["must be refused: HTTP", Buffer.from("GET / HTTP/1.1\r\n"), [refuse(null)]],
  ["must be refused: SOCKS4", Buffer.from([4, 1, 0, 80, 10, 0, 0, 7, 0]), [refuse(null)]],
  ["must be refused: a password", Buffer.from([5, 1, 2]), [refuse(Buffer.from([5, 0xff]))]],
  ["must be refused: no method at all", Buffer.from([5, 0]), [refuse(Buffer.from([5, 0xff]))]],
  [
    "must be refused: BIND",
    Buffer.concat([greeting, request(3, name("a"), 1, 2)]),
    [say, refuse(replyBytes(socksReply.commandNotSupported))],
  ],
  [
    "must be refused: UDP",
    Buffer.concat([greeting, request(3, name("a"), 1, 3)]),
    [say, refuse(replyBytes(socksReply.commandNotSupported))],
  ],
  [
    "must be refused: an address of an unknown kind",
    Buffer.concat([greeting, request(9, [1, 2, 3, 4], 1)]),
    [say, refuse(replyBytes(socksReply.addressNotSupported))],
  ],
  [
    "must be refused: a name of no letters",
    Buffer.concat([greeting, request(3, [0], 1)]),
    [say, refuse(replyBytes(socksReply.failed))],
  ],
  [
    "must be refused: a name with a line break",
    Buffer.concat([greeting, request(3, name("a\r\nb"), 1)]),
    [say, refuse(replyBytes(socksReply.failed))],
  ],
  [
    "must be refused: a name that looks like an option",
    Buffer.concat([greeting, request(3, name("-oProxyCommand"), 1)]),
    [say, refuse(replyBytes(socksReply.failed))],
  ],
  [
    "must be refused: port 0",
    Buffer.concat([greeting, request(3, name("a"), 0)]),
    [say, refuse(replyBytes(socksReply.failed))],
  ],
  [
    "must be refused: a reserved byte that is used",
    Buffer.concat([greeting, request(3, name("a"), 1, 1, 7)]),
    [say, refuse(replyBytes(socksReply.failed))],
  ],
  [
    "must be refused: another version in the request",
    Buffer.concat([greeting, Buffer.from([4, 1, 0, 1, 1])]),
    [say, refuse(null)],
  ],
];

describe("a SOCKS client", () => {
  it.each(talks)("%s", (_, bytes, steps) => {
    expect(createSocksReader()(bytes)).toEqual(steps);
  });

  it("is understood however its bytes are cut", () => {
    fc.assert(
      fc.property(fc.constantFrom(...talks), fc.array(fc.nat(300)), ([, bytes, steps], cuts) => {
        const read = createSocksReader();
        const ends = [...new Set([...cuts.map((cut) => cut % bytes.length), bytes.length])].sort((a, b) => a - b);
        let at = 0;
        const seen: SocksStep[] = [];
        let rest = Buffer.alloc(0);
        for (const end of ends) {
          const chunk = bytes.subarray(at, end);
          at = end;
          // After its last step the rest belongs to whoever took over.
          if (seen.at(-1)?.kind === "connect") rest = Buffer.concat([rest, chunk]);
          else seen.push(...read(chunk));
        }
        const last = seen.at(-1);
        if (last?.kind === "connect") last.rest = Buffer.concat([last.rest, rest]);
        expect(seen).toEqual(steps);
      }),
    );
  });

  it("never makes the reader throw, nor connect to what is no host", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 8 }), (chunks) => {
        const read = createSocksReader();
        for (const chunk of [greeting, ...chunks]) {
          for (const step of read(Buffer.from(chunk))) {
            if (step.kind === "connect") expect(step.to.host).toMatch(/^[A-Za-z0-9_.:-]{1,255}$/);
          }
        }
      }),
    );
  });

  it("must be refused: more than it was asked for", () => {
    const read = createSocksReader();
    expect(read(Buffer.from([5, 200]))).toEqual([]);
    expect(read(Buffer.alloc(70_000, 1))).toEqual([refuse(null)]);
    expect(read(greeting)).toEqual([]);
  });
});
