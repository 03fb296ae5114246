/** Tunnels through OpenSSH's sshd, with everything that breaks in real life: what the light says, and when it is well again. */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { TunnelInput } from "../../electron/contract/index.ts";
import { openCore } from "../helpers/core.ts";
import { doorKinds, openDoor } from "../helpers/doors.ts";
import { mustSkip } from "../helpers/lab/index.ts";
import { run, which } from "../helpers/lab/process.ts";
import { ask, dial, farProcess, farService, keepAsking } from "../helpers/tunnelLab.ts";
import { openTunnelSshd, outageMs } from "../helpers/tunnelSshd.ts";
import { until } from "../helpers/until.ts";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function healthyTunnel(config: readonly string[] = []) {
  const { sshd, lab } = await openTunnelSshd(config);
  const far = await farService();
  closers.push(() => far.stop());
  const { tunnelId, localPort } = await lab.add({ target: { kind: "tcp", host: "127.0.0.1", port: far.port } });
  await lab.turns(tunnelId, "healthy");
  return { sshd, lab, far, tunnelId, localPort };
}

describe.skipIf(mustSkip("tunnels through OpenSSH", "sshd"))("a tunnel through OpenSSH's sshd", () => {
  it("carries requests, and its light comes from a probe", async () => {
    const { lab, tunnelId, localPort } = await healthyTunnel();
    expect(await ask(localPort, "/hello")).toMatchObject({ ok: true, said: "you asked for /hello" });
    expect(lab.row(tunnelId)).toMatchObject({
      state: { light: "healthy" },
      probe: { at: expect.any(Number), latencyMs: expect.any(Number) },
      traffic: { total: 1, refused: 0 },
    });
  });

  it("ends at a unix socket", async () => {
    const { lab } = await openTunnelSshd();
    const dir = mkdtempSync(join(tmpdir(), "gatehouse-tunnel-"));
    closers.push(() => rmSync(dir, { recursive: true, force: true }));
    const path = join(dir, "far.sock");
    const server = createServer((socket) => socket.end("from the socket")).listen(path);
    closers.push(() => server.close());
    const { tunnelId, localPort } = await lab.add({ target: { kind: "unix", path }, probe: { kind: "tcp" } });
    await lab.turns(tunnelId, "healthy");
    const socket = await dial(localPort);
    let said = "";
    for await (const chunk of socket) said += chunk;
    expect(said).toBe("from the socket");
  });

  it("lets names be resolved on the far side (SOCKS5)", async () => {
    const { lab } = await openTunnelSshd();
    const far = await farService();
    closers.push(() => far.stop());
    const { tunnelId, localPort } = await lab.tunnels.add({
      kind: "dynamic",
      name: "everywhere",
      hostId: "host-1",
      localPort: 0,
      autoStart: false,
    });
    await lab.turns(tunnelId, "healthy");
    const { stdout } = await run("curl", [
      "-s",
      "--max-time",
      "10",
      "--proxy",
      `socks5h://127.0.0.1:${localPort}`,
      `http://localhost:${far.port}/by-name`,
    ]);
    expect(stdout).toBe("you asked for /by-name");
    const refused = await run("curl", [
      "-s",
      "-o",
      "/dev/null",
      "--proxy",
      `socks5h://127.0.0.1:${localPort}`,
      "http://localhost:1/",
    ]).then(
      () => "answered",
      (error: { code?: number }) => error.code,
    );
    // curl's "could not proxy".
    expect(refused).toBe(97);
    expect(lab.row(tunnelId).traffic.total).toBe(2);
  });

  it("says so when the server forwards nothing", async () => {
    const { lab } = await openTunnelSshd(["AllowTcpForwarding no"]);
    const { tunnelId } = await lab.add();
    await lab.turns(tunnelId, "needs-you");
    expect(lab.row(tunnelId).state).toMatchObject({ why: { code: "FORWARDING_REFUSED" } });
  });

  describe("when something breaks", () => {
    it("kills the connection's sshd: healthy within 5 s, same port, no click", async () => {
      const { sshd, lab, tunnelId, localPort } = await healthyTunnel();
      sshd.cutConnections();
      await lab.turns(tunnelId, "connecting", 2_000);
      // Whoever comes meanwhile is held and served.
      const held = ask(localPort, "/held");
      expect(await lab.turns(tunnelId, "healthy", 5_000)).toBeLessThan(5_000);
      expect(await held).toMatchObject({ ok: true, said: "you asked for /held" });
      expect(lab.row(tunnelId).tunnel).toMatchObject({ localPort });
    });

    it(`stops sshd for ${outageMs / 1000} s: says so, holds for 5 s, healthy within 5 s of the return`, async () => {
      const { sshd, lab, tunnelId, localPort } = await healthyTunnel();
      await sshd.down();
      await lab.turns(tunnelId, "connecting", 2_000);
      expect(lab.row(tunnelId).state).toMatchObject({ why: { code: expect.stringMatching(/^HOST_/) } });
      const hung = await ask(localPort);
      expect(hung).toMatchObject({ ok: false, said: "ECONNRESET" });
      expect(hung.ms).toBeGreaterThan(4_500);
      expect(hung.ms).toBeLessThan(6_000);
      await pause(Math.max(0, outageMs - hung.ms));
      await sshd.start();
      expect(await lab.turns(tunnelId, "healthy", 5_000)).toBeLessThan(5_000);
      expect(await ask(localPort, "/back")).toMatchObject({ ok: true, said: "you asked for /back" });
    });

    it("freezes the connection's sshd (nothing comes, no reset): the light says so before 5 s of hanging are over", async () => {
      const { sshd, lab, tunnelId, localPort } = await healthyTunnel();
      const frozen = sshd.processes();
      for (const pid of frozen) process.kill(pid, "SIGSTOP");
      closers.push(() => {
        for (const pid of frozen) {
          try {
            process.kill(pid, "SIGCONT");
          } catch {}
        }
      });
      const asking = keepAsking(lab, tunnelId, localPort);
      expect(await lab.turns(tunnelId, "degraded", 5_000)).toBeLessThan(5_000);
      // The listener of sshd lives: a new connection is all it takes, and nobody clicked.
      await lab.turns(tunnelId, "healthy", 15_000);
      const asked = await asking.stop();
      expect(asked.filter(({ lights }) => lights.includes("healthy") && lights.length === 1)).toEqual([]);
      expect(asked.at(-1)).toMatchObject({ ok: true });
    });

    it.skipIf(noFilter())("drops packets without a word, then lets them through again", async () => {
      const { sshd, lab, tunnelId, localPort } = await healthyTunnel();
      const rules = ["--dport", "--sport"].map((side) => ["INPUT", "-p", "tcp", side, String(sshd.port), "-j", "DROP"]);
      const filter = async (action: "-I" | "-D") => {
        for (const rule of rules) await run("iptables", [action, ...rule]);
      };
      await filter("-I");
      let dropping = true;
      closers.push(() => (dropping ? filter("-D") : undefined));
      const asking = keepAsking(lab, tunnelId, localPort);
      expect(await lab.turns(tunnelId, "degraded", 5_000)).toBeLessThan(5_000);
      await lab.turns(tunnelId, "connecting", 10_000);
      await pause(outageMs);
      await filter("-D");
      dropping = false;
      const back = await lab.turns(tunnelId, "healthy", 12_000);
      console.log(`dropped packets: healthy ${Math.round(back)} ms after they were let through again`);
      const asked = await asking.stop();
      expect(asked.filter(({ lights }) => lights.length === 1 && lights[0] === "healthy")).toEqual([]);
      expect(asked.at(-1)).toMatchObject({ ok: true });
    });

    it("stops the far service: service down at once, and healthy when it is back", async () => {
      const { lab, far, tunnelId, localPort } = await healthyTunnel();
      await far.stop();
      // A request that fails is reason enough to look.
      expect(await ask(localPort)).toMatchObject({ ok: false });
      await lab.turns(tunnelId, "service-down", 2_000);
      expect(lab.row(tunnelId).state).toMatchObject({ why: { code: "CHANNEL_FAILED" } });
      const again = await farService(far.port);
      closers.push(() => again.stop());
      expect(await lab.turns(tunnelId, "healthy", 5_000)).toBeLessThan(5_000);
    });

    it("has a far service that answers 503", async () => {
      let status = 503;
      const { lab } = await openTunnelSshd();
      const far = await farService(0, () => status);
      closers.push(() => far.stop());
      const { tunnelId } = await lab.add({ target: { kind: "tcp", host: "127.0.0.1", port: far.port } });
      await lab.turns(tunnelId, "service-down");
      expect(lab.row(tunnelId).state).toMatchObject({ why: { code: "SERVICE_DOWN", details: { reason: "HTTP 503" } } });
      status = 404;
      await lab.turns(tunnelId, "healthy");
    });

    it("suspends the far end: degraded within 5 s of a hanging request, healthy after it goes on", async () => {
      const { lab } = await openTunnelSshd();
      const far = await farProcess();
      closers.push(() => far.stop());
      const { tunnelId, localPort } = await lab.add({ target: { kind: "tcp", host: "127.0.0.1", port: far.port } });
      await lab.turns(tunnelId, "healthy");
      far.child.kill("SIGSTOP");
      const hanging = ask(localPort, "/slow");
      expect(await lab.turns(tunnelId, "degraded", 5_000)).toBeLessThan(5_000);
      // The host itself answers: its link is left alone.
      await pause(6_000);
      expect(lab.links.get("host-1")?.state().phase).toBe("online");
      far.child.kill("SIGCONT");
      expect(await lab.turns(tunnelId, "healthy", 5_000)).toBeLessThan(5_000);
      expect(await hanging).toMatchObject({ ok: true, said: "you asked for /slow" });
    });

    it("finds its port taken, names the program, and comes back when the port is free", async () => {
      const { lab, far, tunnelId, localPort } = await healthyTunnel();
      await lab.tunnels.stop(tunnelId);
      const thief = await farService(localPort);
      lab.tunnels.start(tunnelId);
      await lab.turns(tunnelId, "port-taken");
      expect(lab.row(tunnelId).state).toMatchObject({
        program: process.platform === "linux" ? expect.any(String) : null,
        pid: process.platform === "linux" ? process.pid : null,
        freePort: expect.any(Number),
      });
      await thief.stop();
      expect(await lab.turns(tunnelId, "healthy", 10_000)).toBeLessThan(10_000);
      expect(lab.row(tunnelId).tunnel).toMatchObject({ localPort });
      expect(far.port).toBeGreaterThan(0);
    });

    it("has a server that allows two sessions (MaxSessions 2): forty connections at once are no sessions", async () => {
      const { lab, tunnelId, localPort } = await healthyTunnel(["MaxSessions 2"]);
      const answers = await Promise.all(Array.from({ length: 40 }, (_, n) => ask(localPort, `/${n}`)));
      expect(answers.map(({ said }) => said)).toEqual(answers.map((_, n) => `you asked for /${n}`));
      expect(lab.light(tunnelId)).toBe("healthy");
    });
  });

  it("a download that is cut does not look whole", async () => {
    const { sshd, lab } = await openTunnelSshd();
    const server = createServer((socket) => void socket.on("error", () => {}).write(Buffer.alloc(1 << 20)));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    closers.push(() => server.close());
    const { port } = server.address() as { port: number };
    const { localPort } = await lab.add({ target: { kind: "tcp", host: "127.0.0.1", port }, probe: { kind: "tcp" } });
    const socket = await dial(localPort);
    let bytes = 0;
    socket.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
    });
    const ended = new Promise<string>((resolve) => {
      socket.once("end", () => resolve("end"));
      socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "error"));
    });
    await until(() => bytes === 1 << 20);
    sshd.cutConnections();
    expect(await ended).toBe("ECONNRESET");
  });
});

describe.each(doorKinds)("tunnels over the contract: %s", (kind) => {
  it("lead to a container of the practice fleet, break with its link, and come back by themselves", async () => {
    const { core, bugs, close } = await openCore({ practice: true });
    closers.push(close);
    const door = await openDoor(kind, core);
    closers.push(() => door.close());
    const { client } = door;
    await until(async () => (await client.hosts.get({ hostId: "orion" })).engine !== null, { timeoutMs: 20_000 });
    const embedder = await until(
      async () => (await client.containers.list({})).rows.find((row) => row.name === "embedder"),
      { timeoutMs: 20_000 },
    );
    const detail = await client.containers.get({ hostId: "orion", containerId: embedder.id });
    const [address = ""] = Object.values(detail.addresses);
    const tunnel: TunnelInput = {
      kind: "local",
      name: "embedder",
      hostId: "orion",
      localPort: 0,
      autoStart: false,
      target: { kind: "tcp", host: address, port: 8000 },
      probe: { kind: "http", path: "/health" },
      bind: "127.0.0.1",
      exposed: false,
    };
    const { tunnelId, localPort } = await client.tunnels.add(tunnel);
    const light = async (wanted: string, timeoutMs = 10_000) =>
      await until(
        async () => {
          const [row] = await client.tunnels.list();
          if (row?.state.light !== wanted) throw new Error(JSON.stringify(row?.state));
          return row;
        },
        { timeoutMs, what: `the light is ${wanted}` },
      );
    expect(await light("healthy")).toMatchObject({
      tunnel: { localPort },
      host: { name: "orion", environment: "development", simulated: true },
      command: expect.stringContaining(`-L 127.0.0.1:${localPort}:${address}:8000`),
    });
    expect(await ask(localPort ?? 0, "/health")).toMatchObject({ ok: true });

    const stop = new AbortController();
    for await (const { rows } of await client.tunnels.watch(undefined, { signal: stop.signal })) {
      expect(rows.map(({ id }) => id)).toEqual([tunnelId]);
      break;
    }
    stop.abort();

    await client.practice.fault({ hostId: "orion", fault: "link-drop", on: true });
    await light("connecting");
    await client.practice.fault({ hostId: "orion", fault: "link-drop", on: false });
    await light("healthy", 5_000);

    await client.tunnels.stop({ tunnelId });
    const thief = await farService(localPort ?? 0);
    await client.tunnels.start({ tunnelId });
    await light("port-taken");
    const { port: next } = await client.tunnels.takePort({ tunnelId });
    await thief.stop();
    await light("healthy");
    expect(await client.tunnels.restartAll()).toEqual({ count: 1 });

    await expect(client.tunnels.add(tunnel)).rejects.toMatchObject({ code: "CONFLICT" });
    await expect(client.tunnels.add({ ...tunnel, name: "b", localPort: next })).rejects.toMatchObject({
      code: "CONFLICT",
    });
    for (const wrong of [
      { ...tunnel, localPort: 65_536 },
      { ...tunnel, target: { kind: "tcp" as const, host: "-oProxyCommand=x", port: 1 } },
      { ...tunnel, target: { kind: "unix" as const, path: "relative" } },
      { ...tunnel, target: { kind: "unix" as const, path: `/${"x".repeat(108)}` } },
      { ...tunnel, probe: { kind: "http" as const, path: "/a\r\nX: y" } },
      { ...tunnel, bind: "localhost" },
      { ...tunnel, name: " " },
    ]) {
      await expect(client.tunnels.add(wrong)).rejects.toMatchObject({ code: "BAD_INPUT" });
    }
    await expect(client.tunnels.remove({ tunnelId, confirm: "other" })).rejects.toMatchObject({ code: "BAD_INPUT" });
    expect(await client.tunnels.update({ tunnelId, tunnel: { ...tunnel, name: "again", localPort: next } })).toEqual({
      localPort: next,
    });
    await client.tunnels.remove({ tunnelId, confirm: "again" });

    const here = await farService();
    closers.push(() => here.stop());
    const remote: TunnelInput = {
      kind: "remote",
      name: "hook",
      hostId: "orion",
      autoStart: false,
      listen: { kind: "tcp", bind: "127.0.0.1", port: 9400 },
      target: { kind: "tcp", host: "127.0.0.1", port: here.port },
      probe: { kind: "http", path: "/" },
      exposed: false,
    };
    const hook = await client.tunnels.add(remote);
    expect(hook.localPort).toBeNull();
    expect(await light("healthy")).toMatchObject({ listening: { port: 9400 }, probe: { saw: "through" } });
    await client.practice.fault({ hostId: "orion", fault: "link-drop", on: true });
    expect(await light("connecting")).toMatchObject({ listening: null });
    await client.practice.fault({ hostId: "orion", fault: "link-drop", on: false });
    await light("healthy", 5_000);
    for (const wrong of [
      { ...remote, name: "b", listen: { kind: "tcp" as const, bind: "0.0.0.0", port: 9401 } },
      { ...remote, name: "b", listen: { kind: "tcp" as const, bind: "localhost", port: 9401 } },
      { ...remote, name: "b", listen: { kind: "unix" as const, path: "relative" } },
      { ...remote, name: "b", target: { kind: "tcp" as const, host: "-oProxyCommand=x", port: 1 } },
    ]) {
      await expect(client.tunnels.add(wrong)).rejects.toMatchObject({ code: "BAD_INPUT" });
    }
    await expect(client.tunnels.add({ ...remote, name: "b" })).rejects.toMatchObject({ code: "CONFLICT" });
    await client.tunnels.remove({ tunnelId: hook.tunnelId, confirm: "hook" });
    expect(await client.tunnels.list()).toEqual([]);
    const { rows } = await client.audit.page({ limit: 200, text: "tunnel." });
    expect(new Set(rows.map(({ action }) => action))).toEqual(
      new Set(["add", "update", "remove", "start", "stop", "restart-all", "use-port"].map((verb) => `tunnel.${verb}`)),
    );
    expect(bugs).toEqual([]);
  });
});

function noFilter(): boolean {
  const reason =
    process.platform !== "linux" || process.getuid?.() !== 0
      ? "packets can be dropped by root on Linux alone"
      : which("iptables") === null
        ? "iptables is not installed"
        : null;
  if (reason === null) return false;
  process.stderr.write(`skipped: tunnels over dropped packets: ${reason}\n`);
  return true;
}
