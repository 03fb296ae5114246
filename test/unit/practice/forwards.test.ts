import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isFailure } from "../../../electron/core/failure.ts";
import type { ByteStream } from "../../../electron/core/ports.ts";
import type { HostLink, RemoteCaller } from "../../../electron/core/ssh/index.ts";
import { testLink } from "../../helpers/lab/link.ts";
import { openFleet, type TestFleet } from "../../helpers/practice.ts";

let fleet: TestFleet;
let link: HostLink;
beforeEach(async () => {
  fleet = await openFleet();
  link = linkTo();
});
afterEach(async () => {
  await link.dispose();
  await fleet.close();
});

function linkTo(): HostLink {
  const { port, user, keyFile } = fleet.host("orion");
  return testLink({ port, user, auth: { kind: "key", path: keyFile } }).link;
}

const echo = (caller: RemoteCaller) => {
  const stream = caller.accept();
  stream.pipe(stream);
};

async function say(stream: ByteStream, text: string): Promise<string> {
  stream.end(text);
  let said = "";
  for await (const chunk of stream) said += chunk;
  return said;
}

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => "fine",
    (error: unknown) => (isFailure(error) ? error.code : "bug"),
  );

describe("a practice host listens for its clients", () => {
  it("where it chooses, at a port and at a socket, until it is told otherwise", async () => {
    const listener = await link.listenRemote({ kind: "tcp", host: "127.0.0.1", port: 0 }, echo);
    const port = listener.port ?? 0;
    expect(port).toBeGreaterThanOrEqual(32_768);
    expect(await say(await link.openTcp("localhost", port), "hello")).toBe("hello");
    await listener.close();
    expect(await codeOf(link.openTcp("127.0.0.1", port))).not.toBe("fine");
    await link.listenRemote({ kind: "unix", path: "/tmp/x.sock" }, echo);
    expect(await say(await link.openUnix("/tmp/x.sock"), "by name")).toBe("by name");
  });

  it("hears one client's listener from another, and forgets it with its connection", async () => {
    const other = linkTo();
    const { port } = await other.listenRemote({ kind: "tcp", host: "127.0.0.1", port: 9000 }, echo);
    expect(port).toBe(9000);
    expect(await say(await link.openTcp("127.0.0.1", 9000), "across")).toBe("across");
    await other.dispose();
    expect(await codeOf(link.openTcp("127.0.0.1", 9000))).not.toBe("fine");
  });

  it.each<[string, number]>([
    ["its own SSH port", 22],
    ["a port of root’s", 80],
    ["a port that is listened on", 9000],
  ])("but not at %s", async (_, port) => {
    await link.listenRemote({ kind: "tcp", host: "127.0.0.1", port: 9000 }, echo);
    expect(await codeOf(link.listenRemote({ kind: "tcp", host: "127.0.0.1", port }, echo))).toBe(
      "REMOTE_LISTEN_REFUSED",
    );
  });
});
