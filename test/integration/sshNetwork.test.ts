/**
 * A host behind a jump host, each in a network namespace with its own address, and what breaks between them: which light
 * a tunnel shows at which second, and when it is well again. Each row has a network of its own, so that they can wait
 * at the same time.
 */
import { spawn } from "node:child_process";
import { describe, it, type TestContext } from "vitest";
import { isFailure } from "../../electron/core/failure.ts";
import type { HostLink, SshTarget } from "../../electron/core/ssh/index.ts";
import { type LabSshd, mustSkip, startSshd } from "../helpers/lab/index.ts";
import { testLink } from "../helpers/lab/link.ts";
import {
  type FarHttp,
  type LabNetwork,
  netemMissing,
  netnsMissing,
  openNetwork,
  startHttp,
  sweepNetns,
} from "../helpers/lab/netns.ts";
import { run } from "../helpers/lab/process.ts";
import { startRelay } from "../helpers/lab/relay.ts";
import { ask, dial, keepAsking, openTunnelLab, type TunnelLab, watchLights } from "../helpers/tunnelLab.ts";
import { until } from "../helpers/until.ts";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** What a person may have to wait after the link is back. */
const backMs = 5_000;
const noNetns = await netnsMissing();
const noNetem = noNetns ?? (await netemMissing());

interface Scene {
  network: LabNetwork;
  jump: LabSshd;
  gpu: LabSshd;
  far: FarHttp;
  link: HostLink;
  /** Questions that a person was asked. */
  asked: string[];
  lab: TunnelLab;
  tunnelId: string;
  localPort: number;
}

interface Wanted {
  jump?: readonly string[];
  gpu?: readonly string[];
  /** Where the jump host is asked for; its own address without one. */
  jumpAt?: (jump: LabSshd) => Promise<{ address: string; port: number }>;
}

/** A tunnel to a service on the host behind the jump host, healthy. */
async function scene({ onTestFinished, skip }: TestContext, wanted: Wanted = {}): Promise<Scene> {
  if (noNetns !== null) skip(`allowed: ${noNetns}`);
  const network = await openNetwork();
  onTestFinished(() => network.close());
  const [jump, gpu, far] = await Promise.all([
    startSshd({ config: wanted.jump ?? [], inside: network.jump }),
    startSshd({ config: wanted.gpu ?? [], inside: network.gpu }),
    startHttp(network.gpu),
  ]);
  onTestFinished(() => Promise.all([jump.stop(), gpu.stop(), far.stop()]).then(() => {}));
  const at = (await wanted.jumpAt?.(jump)) ?? { address: jump.address, port: jump.port };
  const hop: SshTarget = { ...at, user: jump.user, auth: keyOf(jump), pinId: "jump" };
  const target: SshTarget = { address: gpu.address, port: gpu.port, user: gpu.user, auth: keyOf(gpu), jumps: [hop] };
  const { link, asked } = testLink({ port: 0, user: "", auth: keyOf(gpu), target });
  const lab = openTunnelLab({ links: { "host-1": link } });
  onTestFinished(() => lab.close());
  await link.ready();
  const { tunnelId, localPort } = await lab.add({ target: { kind: "tcp", host: "127.0.0.1", port: far.port } });
  await lab.turns(tunnelId, "healthy");
  return { network, jump, gpu, far, link, asked, lab, tunnelId, localPort };
}

function portOf(lab: TunnelLab, tunnelId: string): number | null {
  const { tunnel } = lab.row(tunnelId);
  return tunnel.kind === "remote" ? null : tunnel.localPort;
}

function keyOf(sshd: LabSshd): SshTarget["auth"] {
  return { kind: "key", path: sshd.userKey.file };
}

interface Fault {
  name: string;
  options?: Wanted;
  break(scene: Scene): Promise<void> | void;
  mend(scene: Scene): Promise<void> | void;
  forMs: number;
  /** Lights that have to be seen, in this order; the last is `healthy`. */
  lights: readonly string[];
}

const faults: Fault[] = [
  {
    name: "packets to the jump host are lost silently for 40 s",
    break: ({ network }) => network.jump.drop(true),
    mend: ({ network }) => network.jump.drop(false),
    forMs: 40_000,
    lights: ["healthy", "degraded", "connecting", "healthy"],
  },
  {
    name: "the cable between the jump host and the host is pulled for 40 s, while the jump host answers",
    break: ({ network }) => network.gpu.unplug(true),
    mend: ({ network }) => network.gpu.unplug(false),
    forMs: 40_000,
    lights: ["healthy", "degraded", "connecting", "healthy"],
  },
  {
    name: "the jump host's sshd for this connection is killed",
    break: ({ jump }) => jump.cutConnections(),
    mend: () => {},
    forMs: 0,
    lights: ["healthy", "connecting", "healthy"],
  },
  {
    name: "the host's sshd is stopped for 20 s behind a living jump host",
    break: ({ gpu }) => gpu.down(),
    mend: ({ gpu }) => gpu.start(),
    forMs: 20_000,
    lights: ["healthy", "connecting", "healthy"],
  },
  {
    name: "the whole far end is suspended for 20 s (sshd, its connections, the service)",
    break: ({ gpu, far }) => signalAll("SIGSTOP", gpu, far),
    mend: ({ gpu, far }) => signalAll("SIGCONT", gpu, far),
    forMs: 20_000,
    lights: ["healthy", "degraded", "connecting", "healthy"],
  },
];

function signalAll(signal: NodeJS.Signals, sshd: LabSshd, far: FarHttp): void {
  for (const pid of [...sshd.processes(), sshd.pid(), far.child.pid ?? 0]) process.kill(pid, signal);
}

describe.skipIf(mustSkip("a host behind a jump host, in network namespaces", "sshd"))(
  "a host behind a jump host, in network namespaces",
  { concurrent: true },
  () => {
    it("is reached through the chain alone, and each host of it shows its own key", async (context) => {
      const { jump, gpu, asked, localPort, lab, tunnelId } = await scene(context);
      context.expect(asked).toEqual([`host key ${jump.hostKey.fingerprint}`, `host key ${gpu.hostKey.fingerprint}`]);
      context.expect(await ask(localPort, "/chain")).toMatchObject({ ok: true, said: "you asked for /chain" });
      context.expect(lab.row(tunnelId).state.light).toBe("healthy");
      const { link } = testLink({
        ...{ address: gpu.address, port: gpu.port, user: gpu.user, auth: keyOf(gpu) },
        timings: { dialMs: 1_000 },
      });
      context.onTestFinished(() => link.dispose());
      const error = await link.ready().catch((reason: unknown) => reason);
      // What lies beyond our own network answers "refused" or nothing.
      context.expect(["HOST_UNREACHABLE", "HOST_REFUSED"]).toContain(isFailure(error) ? error.code : error);
    });

    it.for(faults)("$name", { timeout: 80_000 }, async (fault, context) => {
      const at = await scene(context, fault.options);
      const { lab, tunnelId, localPort, link, asked } = at;
      const questions = asked.length;
      const lights = watchLights(lab, tunnelId);
      context.onTestFinished(() => lights.stop());
      const asking = keepAsking(lab, tunnelId, localPort);
      await fault.break(at);
      const broken = performance.now();
      // A connection that breaks at once is noticed at once: what is waited for is that it is healthy *again*.
      await until(() => lights.seen.length > 1, { timeoutMs: backMs, what: "the light tells" });
      const told = performance.now() - broken;
      await pause(Math.max(0, fault.forMs - told));
      await fault.mend(at);
      const back = await lab.turns(tunnelId, "healthy", 15_000);
      await until(async () => (await ask(localPort, "/back")).ok, { timeoutMs: 1_000 });
      const hung = await asking.stop();
      lights.stop();
      console.log(`${fault.name}\n  ${lights.line()}\n  healthy ${(back / 1000).toFixed(1)} s after the end of it`);
      const order = lights.seen.map(({ light }) => light).filter((light, n, all) => light !== all[n - 1]);
      context
        .expect({
          lights: order,
          hungUnderAHealthyLight: hung.filter((one) => one.lights.includes("healthy")),
          backInTime: back < backMs,
          port: portOf(lab, tunnelId),
          questions: asked.length,
          phase: link.state().phase,
        })
        .toEqual({
          lights: [...fault.lights],
          hungUnderAHealthyLight: [],
          backInTime: true,
          port: localPort,
          questions,
          phase: "online",
        });
    });

    it("has two sessions in all (MaxSessions 2), on both hosts of the chain", async (context) => {
      const { lab, link, tunnelId, localPort } = await scene(context, {
        jump: ["MaxSessions 2"],
        gpu: ["MaxSessions 2"],
      });
      const requests = Array.from({ length: 40 }, (_, n) => ask(localPort, `/${n}`));
      const commands = Array.from({ length: 2 }, (_, n) => link.exec(["echo", String(n)]));
      context
        .expect((await Promise.all(requests)).map(({ said }) => said))
        .toEqual(requests.map((_, n) => `you asked for /${n}`));
      context.expect((await Promise.all(commands)).map(({ stdout }) => String(stdout))).toEqual(["0\n", "1\n"]);
      context.expect(lab.light(tunnelId)).toBe("healthy");
    });

    it("lets one stranger in at a time (MaxStartups 1), and somebody stands in the door", async (context) => {
      const { jump, lab, tunnelId, localPort } = await scene(context, { jump: ["MaxStartups 1"] });
      const lights = watchLights(lab, tunnelId);
      context.onTestFinished(() => lights.stop());
      jump.cutConnections();
      const lingerer = await dial(jump.port, jump.address);
      context.onTestFinished(() => void lingerer.destroy());
      await lab.turns(tunnelId, "connecting", 2_000);
      const hung = await ask(localPort);
      context.expect(hung).toMatchObject({ ok: false });
      context.expect(hung.ms).toBeLessThan(6_000);
      context.expect(lab.row(tunnelId).state).toMatchObject({
        light: "connecting",
        why: { code: "HOST_UNREACHABLE", details: { reason: context.expect.stringContaining("Exceeded MaxStartups") } },
      });
      lingerer.destroy();
      const back = await lab.turns(tunnelId, "healthy", 15_000);
      console.log(`MaxStartups 1\n  ${lights.line()}\n  healthy ${(back / 1000).toFixed(1)} s after the door was free`);
      context.expect(back).toBeLessThan(backMs);
      context.expect(portOf(lab, tunnelId)).toBe(localPort);
    });

    it("shows another host key under a live tunnel: everything to that host stops, the jump host goes on", async (context) => {
      const at = await scene(context);
      const { jump, gpu, lab, tunnelId, localPort, asked, network } = at;
      const other = testLink({ address: jump.address, port: jump.port, user: jump.user, auth: keyOf(jump) });
      lab.links.set("host-2", other.link);
      await other.link.ready();
      const service = await startHttp(network.jump);
      context.onTestFinished(() => service.stop());
      const neighbour = await lab.add({
        hostId: "host-2",
        target: { kind: "tcp", host: "127.0.0.1", port: service.port },
      });
      await lab.turns(neighbour.tunnelId, "healthy");
      const lights = watchLights(lab, tunnelId);
      context.onTestFinished(() => lights.stop());
      const questions = asked.length;
      await gpu.changeHostKey();
      await lab.turns(tunnelId, "needs-you", 15_000);
      console.log(`another host key\n  ${lights.line()}`);
      context.expect(lab.row(tunnelId).state).toMatchObject({ why: { code: "HOST_KEY_CHANGED" } });
      // Refused at once, and not held: waiting would not help.
      const refused = await ask(localPort);
      context.expect(refused).toMatchObject({ ok: false });
      context.expect(refused.ms).toBeLessThan(1_000);
      await pause(4_000);
      context
        .expect({
          light: lab.light(tunnelId),
          neighbour: lab.light(neighbour.tunnelId),
          answer: (await ask(neighbour.localPort, "/next")).said,
          questions: asked.length,
          port: portOf(lab, tunnelId),
        })
        .toEqual({
          light: "needs-you",
          neighbour: "healthy",
          answer: "you asked for /next",
          questions,
          port: localPort,
        });
    });

    it("is far away and loses a piece now and then: healthy, and nothing is lost", async (context) => {
      let pieces = 0;
      let value = 7;
      const { lab, tunnelId, localPort } = await scene(context, {
        async jumpAt(jump) {
          const relay = await startRelay({
            ...{ to: { host: jump.address, port: jump.port }, delayMs: 50, loss: 0.05 },
            random: () => {
              pieces += 1;
              value = (value * 48_271) % 2_147_483_647;
              return value / 2_147_483_647;
            },
          });
          context.onTestFinished(() => relay.stop());
          return { address: "127.0.0.1", port: relay.port };
        },
      });
      const answers = await Promise.all(Array.from({ length: 30 }, (_, n) => ask(localPort, `/${n}`)));
      context.expect(answers.map(({ said }) => said)).toEqual(answers.map((_, n) => `you asked for /${n}`));
      context.expect(lab.light(tunnelId)).toBe("healthy");
      context.expect(pieces).toBeGreaterThan(50);
      console.log("a slow way: by a relay in user space, 100 ms there and back, every 20th piece 200 ms late");
    });

    it("cleans up after a run that was killed, and leaves the networks of others alone", async (context) => {
      const { network } = await scene(context);
      const gone = spawn("true");
      await new Promise((resolve) => gone.once("exit", resolve));
      const left = `gatehouse-${gone.pid}-c0ffee-jump`;
      await run("ip", ["netns", "add", left]);
      await run("ip", ["netns", "exec", left, "sh", "-c", "sleep 300 >/dev/null 2>&1 &"]);
      await sweepNetns();
      const { stdout } = await run("ip", ["netns", "list"]);
      const names = stdout.split("\n").map((line) => line.split(" ")[0]);
      context.expect(names).toContain(network.jump.name);
      context.expect(names).not.toContain(left);
    });

    it("has a link that the kernel slows down and lets lose packets", async (context) => {
      // The relay above does not reach the kernel's TCP; only `netem` does.
      if (noNetem !== null) context.skip(`allowed: ${noNetem}`);
      const { network, lab, tunnelId, localPort } = await scene(context);
      await network.gpu.netem({ delayMs: 50, lossPercent: 2 });
      const answers = await Promise.all(Array.from({ length: 30 }, (_, n) => ask(localPort, `/${n}`)));
      context.expect(answers.map(({ said }) => said)).toEqual(answers.map((_, n) => `you asked for /${n}`));
      context.expect(lab.light(tunnelId)).toBe("healthy");
    });
  },
);

if (noNetem !== null && noNetns === null)
  process.stderr.write(`slow links are made by a relay in user space: ${noNetem}\n`);
