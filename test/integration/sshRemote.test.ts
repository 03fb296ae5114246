/** Listeners on a host (`ssh -R`) with OpenSSH's sshd, kept by the library and by OpenSSH's own client. */
import { existsSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { isFailure } from "../../electron/core/failure.ts";
import type { ByteStream } from "../../electron/core/ports.ts";
import type { HostLink, RemoteAddress, RemoteCaller } from "../../electron/core/ssh/index.ts";
import { type LabSshd, mustSkip, startSshd } from "../helpers/lab/index.ts";
import { testLink } from "../helpers/lab/link.ts";
import { until } from "../helpers/until.ts";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

type Kind = "the library" | "OpenSSH's client";

async function linkTo(kind: Kind, config: readonly string[] = []): Promise<{ sshd: LabSshd; link: HostLink }> {
  const sshd = await startSshd({ config });
  closers.push(() => sshd.stop());
  const { port, user } = sshd;
  const auth = { kind: "key", path: sshd.userKey.file } as const;
  const file = join(sshd.dir, "client_config");
  writeFileSync(
    file,
    ["Host far", " HostName 127.0.0.1", ` Port ${port}`, ` IdentityFile ${auth.path}`, ""].join("\n"),
  );
  const way = { includes: [file], name: "far" };
  const system = kind === "the library" ? {} : { system: { way, certificates: [] } };
  const target = { address: "127.0.0.1", port, user, auth, ...system };
  const { link } = testLink({ port, user, auth, target, env: process.env });
  closers.push(() => link.dispose());
  await link.ready();
  return { sshd, link };
}

const echo = (caller: RemoteCaller) => {
  const stream = caller.accept();
  stream.pipe(stream);
};

const at = (port: number, host = "127.0.0.1"): RemoteAddress => ({ kind: "tcp", host, port });

/** Says something from the host's side, and gives what came back until the other side ended. */
async function say(stream: ByteStream, text: string): Promise<string> {
  stream.end(text);
  let said = "";
  for await (const chunk of stream) said += chunk;
  return said;
}

const failure = async (promise: Promise<unknown>) => {
  const error = await promise.then(
    () => new Error("did not fail"),
    (reason: unknown) => reason,
  );
  if (!isFailure(error)) throw error;
  return { code: error.code, details: error.details };
};

async function thief(port = 0): Promise<{ server: Server; port: number }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  closers.push(() => server.close());
  return { server, port: (server.address() as { port: number }).port };
}

const kinds: Kind[] = ["the library", "OpenSSH's client"];

describe.skipIf(mustSkip("listeners on a host", "sshd")).each(kinds)("a listener on a host, by %s", (kind) => {
  it("listens where the server chooses, hands over who comes, and goes when it is closed", async () => {
    const { link } = await linkTo(kind);
    const listener = await link.listenRemote(at(0), echo);
    expect(listener.port).toBeGreaterThan(0);
    const port = listener.port ?? 0;
    const answers = Array.from({ length: 8 }, async (_, n) => say(await link.openTcp("127.0.0.1", port), `hello ${n}`));
    expect(await Promise.all(answers)).toEqual(answers.map((_, n) => `hello ${n}`));
    await listener.close();
    await listener.close();
    expect(await failure(link.openTcp("127.0.0.1", port))).toMatchObject({ code: "CHANNEL_FAILED" });
    // The place is free for the next one.
    const again = await link.listenRemote(at(port), echo);
    expect(again.port).toBe(port);
  });

  it("carries a megabyte both ways unharmed", async () => {
    const { link } = await linkTo(kind);
    const listener = await link.listenRemote(at(0), echo);
    const stream = await link.openTcp("127.0.0.1", listener.port ?? 0);
    const text = Array.from({ length: 1 << 17 }, (_, n) => String(n % 10).repeat(8)).join("");
    expect((await say(stream, text)) === text).toBe(true);
  });

  it("listens on a unix socket", async () => {
    const { sshd, link } = await linkTo(kind);
    const path = join(sshd.dir, "a 50%:b.sock");
    const listener = await link.listenRemote({ kind: "unix", path }, echo);
    expect(listener.port).toBeNull();
    expect(existsSync(path)).toBe(true);
    expect(await say(await link.openUnix(path), "by the socket")).toBe("by the socket");
    await listener.close();
    // sshd leaves the name behind, which whoever listens there again has to remove.
    const unheard = link.openUnix(path).then((stream) => say(stream, "anybody?"));
    expect(await unheard.catch(() => "")).toBe("");
    expect(await failure(link.listenRemote({ kind: "unix", path }, echo))).toMatchObject({
      code: "REMOTE_LISTEN_REFUSED",
    });
    await link.exec(["rm", "--", path]);
    await link.listenRemote({ kind: "unix", path }, echo);
    expect(await say(await link.openUnix(path), "again")).toBe("again");
  });

  it("closes the connection of somebody who is refused", async () => {
    const { link } = await linkTo(kind);
    const listener = await link.listenRemote(at(0), (caller) => caller.refuse());
    const stream = await link.openTcp("127.0.0.1", listener.port ?? 0);
    expect(await say(stream, "anybody?").catch(() => "")).toBe("");
  });

  it.each<[string, string[]]>([
    ["a port that is taken", []],
    ["AllowTcpForwarding local", ["AllowTcpForwarding local"]],
    ["PermitListen none", ["PermitListen none"]],
  ])("is refused: %s", async (what, config) => {
    const { link } = await linkTo(kind, config);
    const port = what.includes("taken") ? (await thief()).port : 0;
    expect(await failure(link.listenRemote(at(port), echo))).toEqual({
      code: "REMOTE_LISTEN_REFUSED",
      details: { at: `127.0.0.1:${port}`, reason: "" },
    });
    // Nothing else of the link was harmed.
    expect((await link.exec(["echo", "well"])).stdout.toString()).toBe("well\n");
  });

  it("ends with its connection, and can be had anew", async () => {
    const { sshd, link } = await linkTo(kind);
    const first = await link.listenRemote(at(0), echo);
    const port = first.port ?? 0;
    sshd.cutConnections();
    await until(() => link.state().phase === "reconnecting");
    await first.close();
    link.wake();
    await until(() => link.state().phase === "online", { timeoutMs: 10_000 });
    const second = await until(() => link.listenRemote(at(port), echo).catch(() => null), { timeoutMs: 5_000 });
    expect(second?.port).toBe(port);
    expect(await say(await link.openTcp("127.0.0.1", port), "again")).toBe("again");
  });

  it("is not asked for after the signal", async () => {
    const { link } = await linkTo(kind);
    const gone = AbortSignal.abort();
    expect(await failure(link.listenRemote(at(0), echo, { signal: gone }))).toMatchObject({ code: "CANCELLED" });
  });
});
