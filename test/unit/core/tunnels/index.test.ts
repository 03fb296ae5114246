import { createServer, type Server, type Socket } from "node:net";
import { PassThrough } from "node:stream";
import { afterEach, describe, expect, it } from "vitest";
import { type Failure, isFailure } from "../../../../electron/core/failure.ts";
import type { ByteStream } from "../../../../electron/core/ports.ts";
import type { LinkState } from "../../../../electron/core/ssh/index.ts";
import type { TunnelTimings } from "../../../../electron/core/tunnels/index.ts";
import {
  ask,
  dial,
  farService,
  localPortOf,
  movableLink,
  openTunnelLab,
  type TunnelLab,
  type TunnelLabOptions,
} from "../../../helpers/tunnelLab.ts";
import { until } from "../../../helpers/until.ts";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const quick: Partial<TunnelTimings> = { everyMs: 200, againMs: 50, holdMs: 300, relistenMs: 100, retryMs: 100 };
const broken: LinkState = {
  phase: "reconnecting",
  since: 0,
  attempt: 1,
  nextTryAt: 0,
  reason: { code: "HOST_UNREACHABLE", details: { address: "x", reason: "gone" } },
};
const online: LinkState = { phase: "online", since: 1 };

function openLab(options: Partial<TunnelLabOptions> = {}) {
  const link = movableLink();
  const lab = openTunnelLab({ links: { "host-1": link }, timings: quick, ...options });
  closers.push(() => lab.close());
  return { lab, link };
}

async function openTunnel(options: Partial<TunnelLabOptions> = {}) {
  const { lab, link } = openLab(options);
  const far = await farService();
  closers.push(() => far.stop());
  const made = await lab.add({ target: { kind: "tcp", host: "127.0.0.1", port: far.port } });
  await lab.turns(made.tunnelId, "healthy");
  return { lab, link, far, ...made };
}

async function server(onSocket: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const made: Server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket.on("error", () => {}));
    onSocket(socket);
  });
  await new Promise<void>((resolve) => made.listen(0, "127.0.0.1", resolve));
  closers.push(() => {
    for (const socket of sockets) socket.destroy();
    made.close();
  });
  return (made.address() as { port: number }).port;
}

const failure = async (promise: Promise<unknown>): Promise<Pick<Failure, "code" | "details">> => {
  const error = await promise.then(
    () => new Error("did not fail"),
    (reason: unknown) => reason,
  );
  if (!isFailure(error)) throw error;
  return { code: error.code, details: error.details };
};

describe("the light", () => {
  it.each<[string, LinkState, object]>([
    ["a link that is made anew", broken, { light: "connecting", why: { code: "HOST_UNREACHABLE" } }],
    ["a first try", { phase: "connecting", since: 0, attempt: 1 }, { light: "connecting", why: null }],
    ["a link that nobody asked for yet", { phase: "idle", since: 0 }, { light: "needs-you" }],
    [
      "a changed host key",
      { phase: "offline", since: 0, reason: { code: "HOST_KEY_CHANGED", details: {} } },
      { light: "needs-you", why: { code: "HOST_KEY_CHANGED", details: {} } },
    ],
  ])("follows %s", async (_, state, expected) => {
    const { lab, link, tunnelId } = await openTunnel();
    link.become(state);
    expect(lab.row(tunnelId).state).toMatchObject(expected);
    link.become(online);
    await lab.turns(tunnelId, "healthy");
  });

  it("keeps its reason while the next try is on its way", async () => {
    const { lab, link, tunnelId } = await openTunnel();
    link.become(broken);
    link.become({ phase: "connecting", since: 0, attempt: 2 });
    expect(lab.row(tunnelId).state).toMatchObject({ light: "connecting", why: { code: "HOST_UNREACHABLE" } });
    link.become(online);
    expect(lab.row(tunnelId).state).toMatchObject({ light: "connecting", why: null });
    await lab.turns(tunnelId, "healthy");
  });

  it("needs a person while a question waits", async () => {
    const { lab, link, tunnelId } = await openTunnel();
    link.become({ phase: "connecting", since: 0, attempt: 1 });
    lab.ask("host-1");
    await lab.turns(tunnelId, "needs-you");
    expect(lab.row(tunnelId).state).toMatchObject({ why: { code: "ANSWER_NEEDED" } });
    lab.answer();
    await lab.turns(tunnelId, "connecting");
  });

  it("needs a person when the host has left the fleet, and not when it is back", async () => {
    const { lab, link, tunnelId } = await openTunnel();
    lab.links.delete("host-1");
    lab.tunnels.hostsChanged();
    expect(lab.row(tunnelId)).toMatchObject({
      host: null,
      state: { light: "needs-you", why: { code: "HOST_UNKNOWN" } },
    });
    lab.links.set("host-1", link);
    lab.tunnels.hostsChanged();
    await lab.turns(tunnelId, "healthy");
  });

  it.each<[string, (socket: Socket) => void, "http" | "tcp", object]>([
    ["talks something else", (socket) => socket.end("SSH-2.0-x\r\n"), "http", { reason: "not-http" }],
    ["hangs up without a word", (socket) => socket.end(), "tcp", { reason: "hangs-up" }],
    ["fails", (socket) => socket.end("HTTP/1.1 500 No\r\n\r\n"), "http", { reason: "HTTP 500" }],
  ])("is service-down for a service that %s", async (_, onSocket, kind, details) => {
    const { lab } = openLab();
    const port = await server(onSocket);
    const probe = kind === "http" ? ({ kind, path: "/" } as const) : ({ kind } as const);
    const { tunnelId } = await lab.add({ target: { kind: "tcp", host: "127.0.0.1", port }, probe });
    await lab.turns(tunnelId, "service-down");
    expect(lab.row(tunnelId).state).toMatchObject({ why: { code: "SERVICE_DOWN", details } });
  });

  it("is degraded while the answer is late, before it is given up", async () => {
    const { lab, link } = openLab({ timings: { ...quick, slowMs: 50, limitMs: 400 } });
    let answer = false;
    const port = await server((socket) => {
      if (answer) socket.end("HTTP/1.1 204 x\r\n\r\n");
    });
    const { tunnelId } = await lab.add({ target: { kind: "tcp", host: "127.0.0.1", port } });
    await lab.turns(tunnelId, "degraded");
    expect(lab.row(tunnelId).state).toMatchObject({ why: { code: "PROBE_SLOW" } });
    expect(link.woken).toBeGreaterThan(0);
    await until(() => JSON.stringify(lab.row(tunnelId).state).includes("PROBE_MISSED"));
    answer = true;
    await lab.turns(tunnelId, "healthy");
  });

  it("keeps its since while only the reason changes", async () => {
    const { lab, link, tunnelId } = await openTunnel();
    link.become(broken);
    const { since } = lab.row(tunnelId).state;
    await until(() => Date.now() > since);
    link.become({ ...broken, reason: { code: "HOST_REFUSED", details: {} } });
    expect(lab.row(tunnelId).state).toMatchObject({ light: "connecting", since, why: { code: "HOST_REFUSED" } });
  });

  it("without a probe says what SSH says", async () => {
    const { lab } = openLab();
    const { tunnelId } = await lab.add({ probe: { kind: "none" } });
    await lab.turns(tunnelId, "healthy");
  });
});

describe("connections", () => {
  it("are held while the host comes back, and served", async () => {
    const { lab, link, tunnelId, localPort } = await openTunnel();
    link.become(broken);
    const held = ask(localPort, "/held");
    await until(() => lab.row(tunnelId).traffic.held === 1);
    link.become(online);
    expect(await held).toMatchObject({ ok: true, said: "you asked for /held" });
    expect(lab.row(tunnelId).traffic).toMatchObject({ held: 0, total: 1 });
  });

  it("are held no longer than that, and the host is tried meanwhile", async () => {
    const { link, localPort } = await openTunnel();
    link.become(broken);
    const { ok, said, ms } = await ask(localPort);
    expect({ ok, said }).toEqual({ ok: false, said: "ECONNRESET" });
    expect(ms).toBeGreaterThan(250);
    expect(link.woken).toBeGreaterThan(0);
  });

  it("must be refused: those that come while a person is needed, at once", async () => {
    const { link, localPort } = await openTunnel({ timings: { ...quick, holdMs: 60_000 } });
    link.become({ phase: "offline", since: 0, reason: { code: "AUTH_FAILED", details: {} } });
    expect(await ask(localPort)).toMatchObject({ ok: false, said: "ECONNRESET" });
  });

  it("must be refused: the sixty-fifth that waits", async () => {
    const { lab, link, tunnelId, localPort } = await openTunnel({ timings: { ...quick, holdMs: 60_000 } });
    link.become(broken);
    const sockets = await Promise.all(Array.from({ length: 64 }, () => dial(localPort)));
    await until(() => lab.row(tunnelId).traffic.held === 64);
    expect(await ask(localPort)).toMatchObject({ ok: false, said: "ECONNRESET" });
    expect(lab.row(tunnelId).traffic).toMatchObject({ held: 64, refused: 1 });
    for (const socket of sockets) socket.destroy();
  });

  it("must be refused: the two hundred and fifty-seventh", async () => {
    const { lab } = openLab();
    const port = await server((socket) => void socket.resume().on("end", () => socket.end()));
    const made = await lab.add({ target: { kind: "tcp", host: "127.0.0.1", port }, probe: { kind: "tcp" } });
    await lab.turns(made.tunnelId, "healthy");
    const sockets = await Promise.all(Array.from({ length: 256 }, () => dial(made.localPort)));
    await until(() => lab.row(made.tunnelId).traffic.open === 256);
    expect(await ask(made.localPort)).toMatchObject({ ok: false, said: "ECONNRESET" });
    expect(lab.row(made.tunnelId).traffic).toMatchObject({ open: 256, refused: 1 });
    for (const socket of sockets) socket.destroy();
    await until(() => lab.row(made.tunnelId).traffic.open === 0);
  });

  it("may be half closed from either side", async () => {
    const { lab } = openLab();
    // Answers after the whole question: it must see its end, and the client must still hear the answer.
    const port = await server((socket) => {
      let asked = "";
      socket.on("data", (chunk) => {
        asked += chunk;
      });
      socket.on("end", () => socket.end(`heard ${asked.length}`));
    });
    const { localPort } = await lab.add({ target: { kind: "tcp", host: "127.0.0.1", port }, probe: { kind: "none" } });
    const socket = await dial(localPort);
    socket.end("x".repeat(300_000));
    let said = "";
    for await (const chunk of socket) said += chunk;
    expect(said).toBe("heard 300000");
  });

  it("slow the far side down when the client reads slowly", async () => {
    const { lab, link } = openLab();
    const pushed = new PassThrough({ highWaterMark: 16 * 1024 });
    link.openTcp = async () => pushed as ByteStream;
    const { tunnelId, localPort } = await lab.add({ probe: { kind: "none" } });
    await lab.turns(tunnelId, "healthy");
    const socket = await dial(localPort);
    socket.pause();
    let written = 0;
    const chunk = Buffer.alloc(64 * 1024);
    while (written < 64 * 1024 * 1024 && pushed.write(chunk)) {
      written += chunk.length;
      await new Promise((resolve) => setImmediate(resolve));
    }
    // Without pressure it would all have gone into our memory.
    expect(written).toBeLessThan(32 * 1024 * 1024);
    socket.destroy();
    await until(() => pushed.destroyed);
  });

  it("are counted, probes are not", async () => {
    const { lab, tunnelId, localPort } = await openTunnel();
    await ask(localPort, "/counted");
    await until(() => lab.row(tunnelId).traffic.open === 0);
    const { inBytes, outBytes, total } = lab.row(tunnelId).traffic;
    expect({ total, out: outBytes > 40, in: inBytes > 40 }).toEqual({ total: 1, out: true, in: true });
  });
});

describe("SOCKS clients", () => {
  async function openSocks(timings: Partial<TunnelTimings> = quick) {
    const { lab } = openLab({ timings });
    const made = await lab.tunnels.add({
      kind: "dynamic",
      name: "socks",
      hostId: "host-1",
      localPort: 0,
      autoStart: false,
    });
    await lab.turns(made.tunnelId, "healthy");
    return { lab, tunnelId: made.tunnelId, localPort: made.localPort ?? 0 };
  }
  const answerTo = async (port: number, bytes: Buffer) => {
    const socket = await dial(port);
    socket.write(bytes);
    const chunks: Buffer[] = [];
    await new Promise<void>((resolve) => {
      socket.on("data", (chunk: Buffer) => chunks.push(chunk));
      socket.once("close", () => resolve());
      socket.once("end", () => socket.end());
    });
    return Buffer.concat(chunks).toString("hex");
  };

  it.each<[string, Buffer, string]>([
    ["that speak HTTP", Buffer.from("GET / HTTP/1.1\r\n\r\n"), ""],
    ["that want a password", Buffer.from([5, 1, 2]), "05ff"],
    ["that want to listen", Buffer.from([5, 1, 0, 5, 2, 0, 1, 1, 2, 3, 4, 0, 1]), "050005070001000000000000"],
    ["that go where nobody is", Buffer.from([5, 1, 0, 5, 1, 0, 1, 127, 0, 0, 1, 0, 1]), "050005050001000000000000"],
  ])("must be refused: those %s", async (_, bytes, expected) => {
    const { localPort } = await openSocks();
    expect(await answerTo(localPort, bytes)).toBe(expected);
  });

  it("must be refused: those that never finish their sentence", async () => {
    const { lab, tunnelId, localPort } = await openSocks({ ...quick, socksMs: 100 });
    expect(await answerTo(localPort, Buffer.from([5]))).toBe("");
    await until(() => lab.row(tunnelId).traffic.open === 0);
    expect(lab.row(tunnelId).traffic).toMatchObject({ refused: 1 });
  });
});

describe("what is saved", () => {
  it("keeps the port that was picked, over restarts of the program", async () => {
    const { lab, tunnelId, localPort } = await openTunnel();
    expect(lab.file()).toMatchObject({ tunnels: [{ id: tunnelId, tunnel: { localPort } }] });
    const saved = structuredClone(lab.file());
    await lab.tunnels.dispose();
    const again = openLab({
      saved: { tunnels: saved.tunnels.map((each) => ({ ...each, tunnel: { ...each.tunnel, autoStart: true } })) },
    });
    expect(again.lab.light(tunnelId)).toBe("stopped");
    again.lab.tunnels.startAuto();
    await again.lab.turns(tunnelId, "healthy");
    expect(again.lab.row(tunnelId).tunnel).toMatchObject({ localPort });
  });

  it("moves to another port when its own is taken and a person says so", async () => {
    const { lab, tunnelId, localPort } = await openTunnel();
    await lab.tunnels.stop(tunnelId);
    const thief = await farService(localPort);
    closers.push(() => thief.stop());
    lab.tunnels.start(tunnelId);
    await lab.turns(tunnelId, "port-taken");
    const { port: next } = await lab.tunnels.takePort(tunnelId);
    expect(next).not.toBe(localPort);
    await lab.turns(tunnelId, "healthy");
    expect(await ask(next, "/moved")).toMatchObject({ ok: true, said: "you asked for /moved" });
    expect(await failure(lab.tunnels.takePort(tunnelId))).toMatchObject({ code: "CONFLICT" });
  });

  it("is changed in place, and goes on running", async () => {
    const { lab, far, tunnelId, localPort } = await openTunnel();
    const { tunnel } = lab.row(tunnelId);
    await lab.tunnels.update(tunnelId, { ...tunnel, name: "renamed" });
    await lab.turns(tunnelId, "healthy");
    expect(lab.row(tunnelId).tunnel).toEqual({ ...tunnel, name: "renamed" });
    expect(await ask(localPort)).toMatchObject({ ok: true });
    expect(far.port).toBeGreaterThan(0);
  });

  it("connects its host when a person starts it", async () => {
    const { lab, link, tunnelId } = await openTunnel();
    await lab.tunnels.stop(tunnelId);
    link.become({ phase: "idle", since: 0 });
    lab.tunnels.start(tunnelId);
    expect(link.asked).toBe(1);
    link.become(broken);
    expect(lab.tunnels.restartAll()).toBe(1);
    expect(link.woken).toBeGreaterThan(0);
  });

  const bad: [string, (lab: TunnelLab) => Promise<unknown>, object][] = [
    ["a host that is not there", (lab) => lab.add({ hostId: "nobody" }), { code: "HOST_UNKNOWN" }],
    ["a name twice", (lab) => lab.add({ name: "tunnel 1" }), { code: "CONFLICT" }],
    [
      "two tunnels on one port",
      (lab) => lab.add({ localPort: localPortOf(lab.tunnels.list()[0]?.tunnel) }),
      { code: "CONFLICT", details: { name: "tunnel 1" } },
    ],
    [
      "another address without a word",
      (lab) => lab.add({ bind: "0.0.0.0" }),
      { code: "BAD_INPUT", details: { field: "bind" } },
    ],
    [
      "a wrong name for removal",
      (lab) => lab.tunnels.remove(lab.tunnels.list()[0]?.id ?? "", "tunnel"),
      { code: "BAD_INPUT", details: { field: "confirm" } },
    ],
    ["a tunnel that is not there", (lab) => lab.tunnels.remove("x", "x"), { code: "NOT_FOUND" }],
  ];
  it.each(bad)("must be refused: %s", async (_, act, expected) => {
    const { lab } = await openTunnel();
    expect(await failure(act(lab))).toMatchObject(expected);
    expect(lab.file().tunnels).toHaveLength(1);
  });

  it("must be refused: a port that another program holds, and a free one is named", async () => {
    const { lab } = openLab();
    const thief = await farService();
    closers.push(() => thief.stop());
    expect(await failure(lab.add({ localPort: thief.port }))).toMatchObject({
      code: "LOCAL_PORT_TAKEN",
      details: { port: thief.port, free: expect.any(Number) },
    });
  });

  it("lets others in where that was said", async () => {
    const { lab } = openLab();
    const far = await farService();
    closers.push(() => far.stop());
    const { tunnelId } = await lab.add({
      target: { kind: "tcp", host: "127.0.0.1", port: far.port },
      bind: "0.0.0.0",
      exposed: true,
    });
    await lab.turns(tunnelId, "healthy");
  });

  it("is gone after removal, with its port and its connections", async () => {
    const { lab, tunnelId, localPort } = await openTunnel();
    const socket = await dial(localPort);
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.resume();
    await lab.tunnels.remove(tunnelId, "tunnel 1");
    await closed;
    expect(lab.tunnels.list()).toEqual([]);
    expect(lab.file()).toEqual({ tunnels: [] });
    expect(await ask(localPort)).toMatchObject({ ok: false, said: "ECONNREFUSED" });
  });
});

describe("watching", () => {
  it("begins with a snapshot, and tells of what moves at most twice a second", async () => {
    const { lab, tunnelId, localPort } = await openTunnel();
    const stop = new AbortController();
    const seen: { at: number; total: number }[] = [];
    const done = (async () => {
      for await (const { rows } of lab.tunnels.watch(stop.signal)) {
        seen.push({ at: performance.now(), total: rows.find(({ id }) => id === tunnelId)?.traffic.total ?? -1 });
      }
    })();
    await until(() => seen.length === 1);
    for (let n = 0; n < 20; n += 1) await ask(localPort);
    await until(() => seen.at(-1)?.total === 20);
    stop.abort();
    await done;
    const gaps = seen.slice(2).map(({ at }, index) => at - (seen[index + 1]?.at ?? 0));
    expect(gaps.filter((gap) => gap < 450)).toEqual([]);
  });
});

it("leaves nothing behind", async () => {
  const handles = () => process.getActiveResourcesInfo().filter((name) => /TCP|Timeout/.test(name)).length;
  const before = handles();
  const { lab, far, link, localPort } = await openTunnel();
  const open = await dial(localPort);
  link.become(broken);
  const held = await dial(localPort);
  await lab.close();
  await far.stop();
  open.destroy();
  held.destroy();
  await until(() => handles() <= before, { what: "all handles are closed" });
});
