import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { Failure, isFailure } from "../../../../electron/core/failure.ts";
import type { HostLink, LinkState } from "../../../../electron/core/ssh/index.ts";
import type { TunnelTimings } from "../../../../electron/core/tunnels/index.ts";
import { serverOf } from "../../../../electron/core/tunnels/remote/hostLook.ts";
import {
  ask,
  dial,
  type FarService,
  farService,
  type MovableLink,
  movableLink,
  openTunnelLab,
  type RemoteTunnelInput,
  type TunnelLab,
} from "../../../helpers/tunnelLab.ts";
import { until } from "../../../helpers/until.ts";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const timings: Partial<TunnelTimings> = {
  everyMs: 200,
  againMs: 50,
  holdMs: 300,
  relistenMs: 100,
  patientMs: 200,
  retryMs: 100,
};
const broken: LinkState = {
  phase: "reconnecting",
  since: 0,
  attempt: 1,
  nextTryAt: 0,
  reason: { code: "HOST_UNREACHABLE", details: { address: "x", reason: "gone" } },
};
const online: LinkState = { phase: "online", since: 1 };
const here = (port: number) => ({ kind: "tcp", host: "127.0.0.1", port }) as const;
const listenAt = (port: number, bind = "127.0.0.1") => ({ kind: "tcp", bind, port }) as const;

function openLab(change: (link: MovableLink) => Partial<HostLink> = () => ({})) {
  const real = movableLink();
  const link: MovableLink = Object.assign(real, change({ ...real }));
  const lab = openTunnelLab({ links: { "host-1": link }, timings });
  closers.push(() => lab.close());
  return { lab, link };
}

async function openRemote(input: Partial<RemoteTunnelInput> = {}, change?: (link: MovableLink) => Partial<HostLink>) {
  const { lab, link } = openLab(change);
  const target = await service();
  const { tunnelId } = await lab.addRemote(here(target.port), input);
  return { lab, link, target, tunnelId, port: () => lab.row(tunnelId).listening?.port ?? 0 };
}

async function service(port = 0, status?: () => number): Promise<FarService> {
  const made = await farService(port, status);
  closers.push(() => made.stop());
  return made;
}

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), "gatehouse-remote-"));
  closers.push(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

const why = (lab: TunnelLab, tunnelId: string) => {
  const { state } = lab.row(tunnelId);
  return "why" in state ? state.why : null;
};

describe("a remote tunnel", () => {
  it("leads from the host to a target here, counts what goes through, and its probe goes the whole way", async () => {
    const { lab, tunnelId, port } = await openRemote();
    await lab.turns(tunnelId, "healthy");
    expect(await ask(port(), "/from-there")).toMatchObject({ ok: true, said: "you asked for /from-there" });
    await until(() => lab.row(tunnelId).traffic.open === 0);
    expect(lab.row(tunnelId)).toMatchObject({
      listening: { port: expect.any(Number) },
      probe: { saw: "through" },
      traffic: { total: 1, open: 0, refused: 0 },
      command: expect.stringContaining("-R 127.0.0.1:0:127.0.0.1:"),
    });
    expect(lab.row(tunnelId).traffic.inBytes).toBeGreaterThan(20);
    expect(lab.row(tunnelId).traffic.outBytes).toBeGreaterThan(20);
  });

  it("asks again after each reconnect, for the port that it had, and nobody clicks", async () => {
    const { lab, link, tunnelId, port } = await openRemote();
    await lab.turns(tunnelId, "healthy");
    const first = port();
    for (const state of [broken, online, broken, online]) link.become(state);
    await lab.turns(tunnelId, "healthy");
    expect(port()).toBe(first);
    link.become(broken);
    expect(lab.row(tunnelId)).toMatchObject({ listening: null, state: { light: "connecting" } });
    expect(await ask(first)).toMatchObject({ said: "ECONNREFUSED" });
  });

  it("takes another port where the choice is the host's and its last one is gone", async () => {
    const { lab, link, tunnelId, port } = await openRemote();
    await lab.turns(tunnelId, "healthy");
    const first = port();
    link.become(broken);
    const thief = await until(() => service(first).catch(() => null));
    link.become(online);
    await lab.turns(tunnelId, "healthy");
    expect(port()).not.toBe(thief?.port);
  });

  it("is asked for when its host comes, and not before", async () => {
    const { lab, link, tunnelId } = await openRemote();
    await lab.tunnels.stop(tunnelId);
    link.become({ phase: "idle", since: 0 });
    lab.tunnels.start(tunnelId);
    expect(lab.row(tunnelId)).toMatchObject({ state: { light: "needs-you", why: { code: "HOST_OFFLINE" } } });
    link.become(online);
    await lab.turns(tunnelId, "healthy");
  });

  it("leaves nothing behind when it is stopped", async () => {
    const { lab, tunnelId, port } = await openRemote();
    await lab.turns(tunnelId, "healthy");
    const was = port();
    const open = await dial(was);
    const closed = new Promise((resolve) => open.once("end", resolve));
    open.resume();
    closers.push(() => open.destroy());
    await until(() => lab.row(tunnelId).traffic.open === 1);
    await lab.tunnels.stop(tunnelId);
    await closed;
    expect(lab.row(tunnelId)).toMatchObject({ listening: null, state: { light: "stopped" }, traffic: { open: 0 } });
    expect(await ask(was)).toMatchObject({ said: "ECONNREFUSED" });
  });

  it("listens on a unix socket, leads to one, and removes the name that was left behind", async () => {
    const dir = folder();
    const target = join(dir, "target");
    const path = join(dir, "listen");
    const server = createServer((socket) => socket.end("from the socket")).listen(target);
    closers.push(() => server.close());
    await until(() => server.listening);
    // Node removes the name when a server is closed; a process that was killed did not.
    const left = createServer().listen(join(dir, "left"));
    await until(() => left.listening);
    const { lab, link } = openLab();
    await link.exec(["mv", join(dir, "left"), path]);
    left.close();
    const { tunnelId } = await lab.addRemote(
      { kind: "unix", path: target },
      { listen: { kind: "unix", path }, probe: { kind: "tcp" } },
    );
    await lab.turns(tunnelId, "healthy");
    expect(lab.row(tunnelId)).toMatchObject({ listening: { port: null }, probe: { saw: "through" } });
    let said = "";
    for await (const chunk of await link.openUnix(path)) said += chunk;
    expect(said).toBe("from the socket");
  });
});

describe("the light of a remote tunnel", () => {
  it("says that the target is down, and that it is back", async () => {
    const { lab, target, tunnelId } = await openRemote();
    await lab.turns(tunnelId, "healthy");
    await target.stop();
    await lab.turns(tunnelId, "service-down");
    expect(why(lab, tunnelId)).toEqual({
      code: "LOCAL_TARGET_DOWN",
      details: { to: `127.0.0.1:${target.port}`, reason: "ECONNREFUSED" },
    });
    await service(target.port);
    await lab.turns(tunnelId, "healthy");
  });

  it.each<[string, RemoteTunnelInput["probe"], (socket: import("node:net").Socket) => void, string]>([
    ["answers 503", { kind: "http", path: "/" }, (socket) => socket.end("HTTP/1.1 503 No\r\n\r\n"), "HTTP 503"],
    ["talks something else", { kind: "http", path: "/" }, (socket) => socket.end("SSH-2.0-x\r\n"), "not-http"],
    ["hangs up", { kind: "tcp" }, (socket) => socket.end(), "hangs-up"],
  ])("is service-down for a target that %s", async (_, probe, onSocket, reason) => {
    const { lab } = openLab();
    const server = createServer((socket) => onSocket(socket.on("error", () => {}))).listen(0, "127.0.0.1");
    closers.push(() => server.close());
    await until(() => server.listening);
    const { port } = server.address() as { port: number };
    const { tunnelId } = await lab.addRemote(here(port), { probe });
    await lab.turns(tunnelId, "service-down");
    expect(why(lab, tunnelId)).toMatchObject({ code: "LOCAL_TARGET_DOWN", details: { reason } });
  });

  it("says who has the port on the host, offers the next one, and comes back when it is free", async () => {
    const thief = await service();
    const { lab, tunnelId } = await openRemote({ listen: listenAt(thief.port) });
    await lab.turns(tunnelId, "port-taken");
    expect(lab.row(tunnelId).state).toMatchObject({
      light: "port-taken",
      program: expect.any(String),
      pid: process.pid,
      freePort: expect.any(Number),
    });
    await thief.stop();
    await lab.turns(tunnelId, "healthy");
    expect(lab.row(tunnelId).listening).toEqual({ port: thief.port });
  });

  it("moves to the next port of the host when a person says so", async () => {
    const thief = await service();
    const { lab, tunnelId } = await openRemote({ listen: listenAt(thief.port) });
    await lab.turns(tunnelId, "port-taken");
    const { port } = await lab.tunnels.takePort(tunnelId);
    await lab.turns(tunnelId, "healthy");
    expect(lab.row(tunnelId)).toMatchObject({ listening: { port }, tunnel: { listen: { port } } });
  });

  const refuse = async () => {
    throw new Failure("REMOTE_LISTEN_REFUSED", { at: "127.0.0.1:1", reason: "" });
  };
  it.each<[string, Partial<RemoteTunnelInput>, object]>([
    ["at all", {}, { at: "127.0.0.1:1", reason: "" }],
    ["at a low port", { listen: listenAt(1) }, { at: "127.0.0.1:1", reason: "low-port" }],
    ["at a path", { listen: { kind: "unix", path: "/nowhere/x" } }, { at: "/nowhere/x", reason: "" }],
  ])("needs a person where the server does not listen %s", async (_, input, details) => {
    const { lab, tunnelId } = await openRemote(input, () => ({ listenRemote: refuse }));
    await lab.turns(tunnelId, "needs-you");
    expect(why(lab, tunnelId)).toEqual({ code: "REMOTE_LISTEN_REFUSED", details });
  });

  it("leaves alone what is no socket", async () => {
    const path = join(folder(), "precious");
    writeFileSync(path, "x");
    const { lab, link, tunnelId } = await openRemote({ listen: { kind: "unix", path } });
    await lab.turns(tunnelId, "needs-you");
    expect(why(lab, tunnelId)).toMatchObject({ details: { reason: "name-there" } });
    expect((await link.exec(["cat", path])).stdout.toString()).toBe("x");
  });

  it("lets nobody in where the server opens more than was asked, and says so", async () => {
    let port = 0;
    const { lab, tunnelId } = await openRemote({}, (link) => ({
      async listenRemote(at, ...rest) {
        const listener = await link.listenRemote(at.kind === "tcp" ? { ...at, host: "0.0.0.0" } : at, ...rest);
        port = listener.port ?? 0;
        return listener;
      },
    }));
    await lab.turns(tunnelId, "needs-you");
    expect(why(lab, tunnelId)).toEqual({
      code: "REMOTE_HEARD_ELSEWHERE",
      details: { asked: "127.0.0.1", heard: "all" },
    });
    expect(lab.row(tunnelId).listening).toBeNull();
    await until(async () => (await ask(port)).said === "ECONNREFUSED");
  });

  it("says where others were to get in and do not", async () => {
    const { lab, tunnelId, port } = await openRemote({ listen: listenAt(0, "0.0.0.0"), exposed: true }, (link) => ({
      listenRemote: (at, ...rest) => link.listenRemote(at.kind === "tcp" ? { ...at, host: "127.0.0.1" } : at, ...rest),
    }));
    await until(() => why(lab, tunnelId)?.code === "REMOTE_HEARD_ELSEWHERE");
    expect(why(lab, tunnelId)?.details).toEqual({ asked: "0.0.0.0", heard: "loopback" });
    // Those on the host itself are served.
    expect(await ask(port())).toMatchObject({ ok: true });
  });

  it("lets others in where that was said", async () => {
    const { lab, tunnelId } = await openRemote({ listen: listenAt(0, "0.0.0.0"), exposed: true });
    await lab.turns(tunnelId, "healthy");
  });

  it("says what it could see where the server opens no way to its own port", async () => {
    const closed = async () => {
      throw new Failure("FORWARDING_REFUSED", { kind: "tcp", to: "127.0.0.1:1", reason: "prohibited" });
    };
    const { lab, target, tunnelId } = await openRemote({}, () => ({ openTcp: closed }));
    await lab.turns(tunnelId, "healthy");
    expect(lab.row(tunnelId).probe).toMatchObject({ saw: "ends" });
    await target.stop();
    await lab.turns(tunnelId, "service-down");
    expect(why(lab, tunnelId)).toMatchObject({ code: "LOCAL_TARGET_DOWN" });
  });

  it("sees the host alone where nothing else is asked for", async () => {
    const { lab, target, tunnelId } = await openRemote({ probe: { kind: "none" } });
    await lab.turns(tunnelId, "healthy");
    expect(lab.row(tunnelId).probe).toMatchObject({ saw: "host" });
    expect(target.port).toBeGreaterThan(0);
  });
});

const failure = async (promise: Promise<unknown>) => {
  const error = await promise.then(
    () => new Error("did not fail"),
    (reason: unknown) => reason,
  );
  if (!isFailure(error)) throw error;
  return { code: error.code, details: error.details };
};

describe("what must be refused of remote tunnels", () => {
  it.each<[string, Partial<RemoteTunnelInput>, object]>([
    ["another address of the host without a word", { listen: listenAt(9000, "0.0.0.0") }, { code: "BAD_INPUT" }],
    ["a port of the host twice", { listen: listenAt(29_998) }, { code: "CONFLICT", details: { name: "first" } }],
    ["a host that is not there", { hostId: "nobody" }, { code: "HOST_UNKNOWN" }],
  ])("%s", async (_, input, expected) => {
    const { lab } = openLab();
    await lab.addRemote(here(1), { name: "first", listen: listenAt(29_998) });
    expect(await failure(lab.addRemote(here(1), { name: "second", ...input }))).toMatchObject(expected);
    expect(lab.file().tunnels).toHaveLength(1);
  });
});

describe("the server's process", () => {
  it.each<[string, string, ReturnType<typeof serverOf>]>([
    [
      "by its line",
      "server 4711 (sshd) S 4700 4711 4711 0 -1 4194624 1 0 0 0 1 2 0 0 20 0 1 0 987654 17000000 1000\n",
      { pid: 4711, startedAt: "987654" },
    ],
    [
      "with brackets and blanks in its name",
      "server 12 (sshd-session) x) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 55 0\n",
      { pid: 12, startedAt: "55" },
    ],
    ["not from a short line", "server 12 (sshd) S 1 2\n", null],
    ["not from nothing", "", null],
  ])("is known %s", (_, said, expected) => {
    expect(serverOf(said)).toEqual(expected);
  });
});
