import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { isFailure } from "../../../../../electron/core/failure.ts";
import { listRing, needsOpenSsh, parseRing } from "../../../../../electron/core/ssh/connection/ring.ts";
import { fakeClock, tempFolder } from "../../../../helpers/ports.ts";

const string = (value: Buffer | string) => {
  const bytes = Buffer.from(value as string);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};
const count = (n: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(n);
  return bytes;
};
const blobOf = (type: string) => Buffer.concat([string(type), string("some key")]);
const answerOf = (...keys: [type: string, comment: string][]) =>
  Buffer.concat([
    Buffer.from([12]),
    count(keys.length),
    ...keys.flatMap(([type, comment]) => [string(blobOf(type)), string(comment)]),
  ]);

describe("an agent's answer", () => {
  it("shows all keys, those that the library cannot use too", () => {
    const keys = parseRing(answerOf(["ssh-ed25519", "plain"], ["sk-ssh-ed25519@openssh.com", "yubi"]));
    expect(keys?.map(({ type, comment }) => ({ type, comment }))).toEqual([
      { type: "ssh-ed25519", comment: "plain" },
      { type: "sk-ssh-ed25519@openssh.com", comment: "yubi" },
    ]);
  });

  it("is refused when it is cut anywhere", () => {
    const whole = answerOf(["ssh-ed25519", "plain"], ["ssh-rsa", "old"]);
    for (let at = 0; at < whole.length; at += 1) expect(parseRing(whole.subarray(0, at))).toBeNull();
  });

  it("never throws, whatever comes", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void parseRing(Buffer.from(bytes))));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        parseRing(Buffer.concat([Buffer.from([12, 0, 0, 0, 3]), Buffer.from(bytes)]));
      }),
    );
  });

  it.each([
    ["ssh-ed25519", false],
    ["rsa-sha2-512", false],
    ["sk-ssh-ed25519@openssh.com", true],
    ["sk-ecdsa-sha2-nistp256@openssh.com", true],
    ["ssh-ed25519-cert-v01@openssh.com", true],
  ])("%s needs OpenSSH: %s", (type, needs) => expect(needsOpenSsh(type)).toBe(needs));
});

describe("asking an agent", () => {
  const folder = tempFolder();
  const closers: (() => void)[] = [];
  let count = 0;
  afterEach(() => {
    for (const close of closers.splice(0)) close();
  });
  afterAll(folder.cleanup);

  async function agent(onAsked: (socket: Socket) => void): Promise<string> {
    count += 1;
    const path = join(folder.path, `a${count}`);
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket.on("error", () => {}));
      socket.once("data", () => onAsked(socket));
    });
    closers.push(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    await new Promise<void>((resolve) => server.listen(path, resolve));
    return path;
  }
  const reason = async (promise: Promise<unknown>) => {
    const error = await promise.catch((failed: unknown) => failed);
    return isFailure(error, "AGENT_UNAVAILABLE") ? error.details.reason : error;
  };

  it("takes an answer that comes byte by byte", async () => {
    const told = string(answerOf(["ssh-ed25519", "plain"]));
    const path = await agent(async (socket) => {
      for (const byte of told) {
        socket.write(Buffer.from([byte]));
        await new Promise((resolve) => setImmediate(resolve));
      }
    });
    expect(await listRing(path, fakeClock())).toMatchObject([{ type: "ssh-ed25519", comment: "plain" }]);
  });

  it("must not wait for ever: an agent that hangs", async () => {
    const clock = fakeClock();
    let asked = () => {};
    const heard = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const path = await agent(() => asked());
    const waiting = reason(listRing(path, clock));
    await heard;
    await clock.advance(5_000);
    expect(await waiting).toBe("no answer in 5 s");
    expect(clock.pending).toBe(0);
  });

  it.each<[string, (socket: Socket) => void, string]>([
    ["hangs up", (socket) => socket.end(), "it closed the connection"],
    ["says too much", (socket) => socket.write(Buffer.from([0xff, 0, 0, 0, 12])), "its answer is too long"],
    ["refuses", (socket) => socket.write(string(Buffer.from([5]))), "its answer makes no sense"],
  ])("must be refused: an agent that %s", async (_name, act, why) => {
    const path = await agent(act);
    expect(await reason(listRing(path, fakeClock()))).toBe(why);
  });
});
