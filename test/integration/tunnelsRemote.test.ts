/** Remote tunnels through OpenSSH's sshd, with everything that breaks in real life. */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { mustSkip } from "../helpers/lab/index.ts";
import { ask, farService, type RemoteTunnelInput, type TunnelLab } from "../helpers/tunnelLab.ts";
import { openTunnelSshd, outageMs } from "../helpers/tunnelSshd.ts";
import { until } from "../helpers/until.ts";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function remoteTunnel(config: readonly string[] = [], input: Partial<RemoteTunnelInput> = {}) {
  const { sshd, lab } = await openTunnelSshd(config);
  const target = await farService();
  closers.push(() => target.stop());
  const { tunnelId } = await lab.addRemote({ kind: "tcp", host: "127.0.0.1", port: target.port }, input);
  const port = () => lab.row(tunnelId).listening?.port ?? 0;
  return { sshd, lab, target, tunnelId, port };
}

async function healthyTunnel(config: readonly string[] = [], input: Partial<RemoteTunnelInput> = {}) {
  const made = await remoteTunnel(config, input);
  await made.lab.turns(made.tunnelId, "healthy");
  return { ...made, first: made.port() };
}

const listenAt = (port: number, bind = "127.0.0.1") => ({ listen: { kind: "tcp", bind, port } }) as const;
const why = (lab: TunnelLab, tunnelId: string) => {
  const { state } = lab.row(tunnelId);
  return "why" in state ? state.why : null;
};

describe.skipIf(mustSkip("remote tunnels through OpenSSH", "sshd"))("a remote tunnel through OpenSSH's sshd", () => {
  it("brings programs of the host to a service here", async () => {
    const { lab, tunnelId, first } = await healthyTunnel();
    expect(await ask(first, "/from-there")).toMatchObject({ ok: true, said: "you asked for /from-there" });
    await until(() => lab.row(tunnelId).traffic.open === 0);
    expect(lab.row(tunnelId)).toMatchObject({ probe: { saw: "through" }, traffic: { total: 1, open: 0, refused: 0 } });
    const many = await Promise.all(Array.from({ length: 40 }, (_, n) => ask(first, `/${n}`)));
    expect(many.map(({ said }) => said)).toEqual(many.map((_, n) => `you asked for /${n}`));
  });

  it("listens on a unix socket of the host, and does so again after its connection was killed", async () => {
    const dir = mkdtempSync(join(tmpdir(), "gatehouse-remote-"));
    closers.push(() => rmSync(dir, { recursive: true, force: true }));
    const path = join(dir, "far.sock");
    const { sshd, lab, tunnelId } = await healthyTunnel([], { listen: { kind: "unix", path } });
    sshd.cutConnections();
    await lab.turns(tunnelId, "connecting", 2_000);
    // The name is still there: sshd died without removing it.
    expect(await lab.turns(tunnelId, "healthy", 5_000)).toBeLessThan(5_000);
  });

  describe("when something breaks", () => {
    it("kills the connection's sshd: healthy within 5 s, same port, no click", async () => {
      const { sshd, lab, tunnelId, first, port } = await healthyTunnel();
      sshd.cutConnections();
      await lab.turns(tunnelId, "connecting", 2_000);
      expect(lab.row(tunnelId)).toMatchObject({
        listening: null,
        state: { why: { code: expect.stringMatching(/^HOST_/) } },
      });
      expect(await lab.turns(tunnelId, "healthy", 5_000)).toBeLessThan(5_000);
      expect(port()).toBe(first);
      expect(await ask(first, "/back")).toMatchObject({ ok: true, said: "you asked for /back" });
    });

    it(`stops sshd for ${outageMs / 1000} s: says so, healthy within 5 s of the return, same port`, async () => {
      const { sshd, lab, tunnelId, first, port } = await healthyTunnel();
      await sshd.down();
      await lab.turns(tunnelId, "connecting", 2_000);
      expect(await ask(first)).toMatchObject({ ok: false, said: "ECONNREFUSED" });
      await pause(outageMs);
      await sshd.start();
      expect(await lab.turns(tunnelId, "healthy", 5_000)).toBeLessThan(5_000);
      expect(port()).toBe(first);
    });

    it("freezes the connection's sshd, which keeps the port: it is ended, and the port is ours again", async () => {
      const { sshd, lab, tunnelId, first, port } = await healthyTunnel();
      const frozen = sshd.processes();
      for (const pid of frozen) process.kill(pid, "SIGSTOP");
      closers.push(() => {
        for (const pid of frozen) {
          try {
            process.kill(pid, "SIGKILL");
          } catch {}
        }
      });
      expect(await lab.turns(tunnelId, "degraded", 15_000)).toBeLessThan(15_000);
      await lab.turns(tunnelId, "healthy", 20_000);
      expect(port()).toBe(first);
      expect(await ask(first, "/thawed")).toMatchObject({ ok: true, said: "you asked for /thawed" });
    });

    it("finds the port taken on the host, names the program, and comes back when it is free", async () => {
      const thief = await farService();
      const { lab, tunnelId, port } = await remoteTunnel([], listenAt(thief.port));
      await lab.turns(tunnelId, "port-taken");
      expect(lab.row(tunnelId).state).toMatchObject({ pid: process.pid, freePort: expect.any(Number) });
      await thief.stop();
      expect(await lab.turns(tunnelId, "healthy", 10_000)).toBeLessThan(10_000);
      expect(port()).toBe(thief.port);
    });

    it.each<[string, string[]]>([
      ["PermitListen none", ["PermitListen none"]],
      ["AllowTcpForwarding local", ["AllowTcpForwarding local"]],
      ["DisableForwarding yes", ["DisableForwarding yes"]],
    ])("is not allowed to listen: %s", async (_, config) => {
      const { lab, tunnelId } = await remoteTunnel(config, listenAt(28_765));
      await lab.turns(tunnelId, "needs-you");
      expect(why(lab, tunnelId)).toEqual({
        code: "REMOTE_LISTEN_REFUSED",
        details: { at: "127.0.0.1:28765", reason: "" },
      });
    });

    it("stops the target: service down at once, and healthy when it is back", async () => {
      const { lab, target, tunnelId, first } = await healthyTunnel();
      await target.stop();
      expect(await ask(first)).toMatchObject({ ok: false });
      await lab.turns(tunnelId, "service-down", 2_000);
      expect(why(lab, tunnelId)).toMatchObject({ code: "LOCAL_TARGET_DOWN", details: { reason: "ECONNREFUSED" } });
      const again = await farService(target.port);
      closers.push(() => again.stop());
      expect(await lab.turns(tunnelId, "healthy", 5_000)).toBeLessThan(5_000);
    });
  });

  describe("by what the server makes of the address", () => {
    it("says so and takes it back where GatewayPorts opens it to all", async () => {
      const { lab, tunnelId } = await remoteTunnel(["GatewayPorts yes"]);
      await lab.turns(tunnelId, "needs-you");
      expect(why(lab, tunnelId)).toEqual({
        code: "REMOTE_HEARD_ELSEWHERE",
        details: { asked: "127.0.0.1", heard: "all" },
      });
    });

    it("says so where others were to get in, and GatewayPorts lets none", async () => {
      const { lab, tunnelId } = await remoteTunnel(["GatewayPorts no"], { ...listenAt(0, "0.0.0.0"), exposed: true });
      await until(() => why(lab, tunnelId)?.code === "REMOTE_HEARD_ELSEWHERE");
      expect(why(lab, tunnelId)?.details).toEqual({ asked: "0.0.0.0", heard: "loopback" });
    });

    it("is healthy where GatewayPorts leaves it to us", async () => {
      const wide = { ...listenAt(0, "0.0.0.0"), exposed: true };
      const { lab, tunnelId } = await healthyTunnel(["GatewayPorts clientspecified"], wide);
      expect(lab.row(tunnelId).command).toContain("-R 0.0.0.0:0:");
    });
  });

  it("says what it could see where the server opens no way to its own ports", async () => {
    const { lab, tunnelId } = await healthyTunnel(["AllowTcpForwarding remote"]);
    expect(lab.row(tunnelId).probe).toMatchObject({ saw: "ends" });
  });

  it("carries what ends only on one side", async () => {
    const { lab } = await openTunnelSshd();
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      let said = "";
      socket.on("data", (chunk) => {
        said += chunk;
      });
      socket.on("end", () => socket.end(`${said.length} bytes`));
      socket.on("error", () => {});
    }).listen(0, "127.0.0.1");
    closers.push(() => server.close());
    await until(() => server.listening);
    const target = { kind: "tcp", host: "127.0.0.1", port: (server.address() as { port: number }).port } as const;
    const { tunnelId } = await lab.addRemote(target, { probe: { kind: "tcp" } });
    await lab.turns(tunnelId, "healthy");
    const link = lab.links.get("host-1");
    const stream = await link?.openTcp("127.0.0.1", lab.row(tunnelId).listening?.port ?? 0);
    stream?.end(Buffer.alloc(3_000_000));
    let said = "";
    for await (const chunk of stream ?? []) said += chunk;
    expect(said).toBe("3000000 bytes");
  });
});
