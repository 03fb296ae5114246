import { randomBytes } from "node:crypto";
import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type CreateBody,
  createEngine,
  type Engine,
  type EngineEvent,
  type LogBatch,
  type LogFrame,
  momentToNs,
} from "../../electron/core/docker/index.ts";
import { isFailure } from "../../electron/core/failure.ts";
import { systemClock } from "../../electron/core/node.ts";
import { createLocalLink, type HostLink } from "../../electron/core/ssh/index.ts";
import {
  busyboxImage,
  busyboxTag,
  type LabDockerd,
  type LabSshd,
  mustSkip,
  startDockerd,
  startSshd,
} from "../helpers/lab/index.ts";
import { testLink } from "../helpers/lab/link.ts";
import { until } from "../helpers/until.ts";

const failure = async (promise: Promise<unknown>) => {
  const error = await promise.then(
    () => new Error("did not fail"),
    (reason: unknown) => reason,
  );
  if (!isFailure(error)) throw error;
  return { code: error.code, details: error.details };
};

const shell = (script: string, more: Record<string, unknown> = {}, host: Record<string, unknown> = {}): CreateBody => ({
  Image: busyboxTag,
  Cmd: ["sh", "-c", script],
  HostConfig: { NetworkMode: "none", ...host },
  ...more,
});

async function allFrames(stream: AsyncIterable<LogBatch>): Promise<LogFrame[]> {
  const frames: LogFrame[] = [];
  for await (const batch of stream) frames.push(...batch);
  return frames;
}

const textOf = (frames: LogFrame[], stream?: LogFrame["stream"]) =>
  Buffer.concat(
    frames.filter((frame) => stream === undefined || frame.stream === stream).map((frame) => frame.bytes),
  ).toString();

describe.skipIf(mustSkip("docker against Docker Engine", "dockerd", "busybox", "sshd"))("the engine of a host", () => {
  let dockerd: LabDockerd;
  let sshd: LabSshd;
  let sshLink: HostLink;
  const engines = new Map<string, Engine>();
  const links: HostLink[] = [];
  const nameOf = () => `t-${randomBytes(5).toString("hex")}`;

  beforeAll(async () => {
    [dockerd, sshd] = await Promise.all([startDockerd(), startSshd()]);
    await busyboxImage(dockerd.socket);
    const clock = systemClock();
    const local = createLocalLink({ hostId: "here", env: { PATH: process.env.PATH }, clock });
    sshLink = testLink({ port: sshd.port, user: sshd.user, auth: { kind: "key", path: sshd.userKey.file } }).link;
    links.push(local, sshLink);
    engines.set("local", createEngine({ link: local, clock, socketPath: dockerd.socket }));
    engines.set("ssh", createEngine({ link: sshLink, clock, socketPath: dockerd.socket }));
  });
  afterAll(async () => {
    for (const engine of engines.values()) await engine.dispose();
    for (const link of links) await link.dispose();
    await dockerd?.stop();
    await sshd?.stop();
  });

  describe.each(["local", "ssh"])("over a link of kind %s", (kind) => {
    let engine: Engine;
    beforeAll(() => {
      engine = engines.get(kind)!;
    });

    it("says what it is", async () => {
      const info = await engine.info();
      expect(info).toMatchObject({ kind: "docker", socketPath: dockerd.socket, rootless: false, gpuToolkit: false });
      expect(info.apiVersion).toMatch(/^1\.4\d$/);
      expect(info.cpus).toBeGreaterThan(0);
      expect(info.runtimes).toContain("runc");
    });

    it("takes a container through its life", async () => {
      const name = nameOf();
      const { id, warnings } = await engine.create(
        name,
        shell("echo up; sleep 60", { Labels: { a: "b" } }, { Init: true }),
      );
      expect(id).toMatch(/^[0-9a-f]{64}$/);
      expect(Array.isArray(warnings)).toBe(true);
      expect(await engine.inspect(id)).toMatchObject({
        name,
        state: "created",
        exitCode: null,
        startedAt: null,
        pid: null,
      });
      await engine.start(id);
      await engine.start(id);
      expect(await engine.inspect(id)).toMatchObject({
        state: "running",
        exitCode: null,
        labels: { a: "b" },
        tty: false,
      });
      expect((await engine.containers()).find((each) => each.id === id)).toMatchObject({ name, state: "running" });
      expect(
        (await engine.top(id)).some(({ args, memoryBytes }) => /sleep 60/.test(args) && (memoryBytes ?? 0) > 0),
      ).toBe(true);
      await engine.restart(id);
      await engine.stop(id, { graceSeconds: 1 });
      await engine.stop(id, { graceSeconds: 1 });
      const stopped = await engine.inspect(id);
      expect(stopped.state).toBe("exited");
      expect(stopped.exitCode).not.toBeNull();
      expect(stopped.finishedAt).toBeGreaterThan(stopped.startedAt ?? Number.POSITIVE_INFINITY);
      await engine.remove(id);
      await engine.remove(id);
      expect((await failure(engine.inspect(id))).code).toBe("CONTAINER_NOT_FOUND");
    });

    it("puts lines of 40,000 bytes together again, with the stamps of their pieces taken off", async () => {
      const script = "head -c 40000 /dev/zero | tr '\\0' 'x'; echo; echo err >&2; sleep 0.2; echo end";
      const { id } = await engine.create(nameOf(), shell(script));
      await engine.start(id);
      const frames = await allFrames(engine.logs(id, { follow: true, timestamps: true }));
      expect(textOf(frames, "stdout")).toBe(`${"x".repeat(40_000)}\nend\n`);
      expect(textOf(frames, "stderr")).toBe("err\n");
      expect(frames.every((frame) => Math.abs((frame.at ?? 0) - Date.now()) < 600_000)).toBe(true);
      expect(frames.length).toBeGreaterThanOrEqual(5);

      const plain = await allFrames(engine.logs(id, { follow: false }));
      expect(textOf(plain, "stdout")).toBe(`${"x".repeat(40_000)}\nend\n`);
      const tail = await allFrames(engine.logs(id, { follow: false, tail: 1 }));
      expect(textOf(tail)).toBe("end\n");
      const last = frames.at(-1);
      const sinceNs = momentToNs({ at: last?.at ?? 0, ns: last?.ns ?? 0 });
      const since = await allFrames(engine.logs(id, { follow: false, sinceNs, timestamps: true }));
      expect(textOf(since)).toBe("end\n");
      await engine.remove(id, { force: true });
    });

    it("reads a terminal's raw output", async () => {
      const { id } = await engine.create(nameOf(), shell("echo one; echo two", { Tty: true }));
      await engine.start(id);
      const frames = await allFrames(engine.logs(id, { follow: true, timestamps: true }));
      expect(textOf(frames)).toBe("one\r\ntwo\r\n");
      await engine.remove(id, { force: true });
    });

    it("follows a log until told to stop", async () => {
      const { id } = await engine.create(
        nameOf(),
        shell("while :; do echo tick; sleep 0.05; done", {}, { Init: true }),
      );
      await engine.start(id);
      const abort = new AbortController();
      let seen = "";
      const reading = (async () => {
        for await (const batch of engine.logs(id, { follow: true, signal: abort.signal })) {
          seen += textOf([...batch]);
          if (seen.length > 30) abort.abort();
        }
      })();
      expect((await failure(reading)).code).toBe("CANCELLED");
      await engine.remove(id, { force: true });
    });

    it("says which log driver can't be read", async () => {
      const { id } = await engine.create(nameOf(), shell("echo x", {}, { LogConfig: { Type: "none" } }));
      await engine.start(id);
      expect(await failure(allFrames(engine.logs(id, { follow: false })))).toEqual({
        code: "LOG_DRIVER_UNREADABLE",
        details: { id, driver: "none" },
      });
      await engine.remove(id, { force: true });
    });

    it("runs programs inside, with input that ends", async () => {
      const tmpfs = { Tmpfs: { "/run/secrets": "rw,noexec,nosuid,size=1m,mode=0700,uid=1000,gid=1000" } };
      const body = shell("sleep 60", { User: "1000:1000" }, { ...tmpfs, ReadonlyRootfs: true, Init: true });
      const { id } = await engine.create(nameOf(), body);
      await engine.start(id);
      const value = randomBytes(200_000);
      const write = "umask 277; cat > /run/secrets/token";
      expect(await engine.exec(id, ["sh", "-c", write], { stdin: value })).toEqual({
        code: 0,
        stdout: Buffer.alloc(0),
        stderr: Buffer.alloc(0),
      });
      const read = await engine.exec(id, ["cat", "/run/secrets/token"]);
      expect(read.stdout.equals(value)).toBe(true);
      const mode = await engine.exec(id, ["sh", "-c", "stat -c %a:%u /run/secrets/token; echo no >&2; exit 7"]);
      expect(mode).toEqual({ code: 7, stdout: Buffer.from("400:1000\n"), stderr: Buffer.from("no\n") });
      expect((await engine.exec(id, ["id", "-u"], { user: "0" })).stdout.toString()).toBe("0\n");
      expect((await failure(engine.exec(id, ["sleep", "30"], { timeoutMs: 200 }))).code).toBe("TIMED_OUT");
      expect((await failure(engine.exec(id, ["yes"], { maxBytes: 1000 }))).code).toBe("LIMIT_REACHED");
      await engine.remove(id, { force: true });
    });

    it("tells what happens, without the command lines of execs", async () => {
      const abort = new AbortController();
      const events: EngineEvent[] = [];
      const watching = (async () => {
        for await (const event of engine.events({ signal: abort.signal })) events.push(event);
      })();
      watching.catch(() => {});
      const name = nameOf();
      await until(async () => {
        // The stream has no "ready"; a container that comes and goes shows when it listens.
        const probe = await engine.create(nameOf(), shell("true"));
        await engine.remove(probe.id);
        return events.length > 0;
      });
      const { id } = await engine.create(name, shell("sleep 60", {}, { Init: true }));
      await engine.start(id);
      await engine.exec(id, ["echo", "canary-argument"]);
      await engine.remove(id, { force: true });
      await until(() => events.some((event) => event.id === id && event.action === "destroy"));
      abort.abort();
      expect((await failure(watching)).code).toBe("CANCELLED");
      const mine = events.filter((event) => event.id === id);
      expect(mine.map((event) => event.action)).toEqual(
        expect.arrayContaining(["create", "start", "exec_create", "exec_start", "die", "destroy"]),
      );
      expect(mine[0]).toMatchObject({ type: "container", attributes: { name } });
      expect(Math.abs((mine[0]?.at ?? 0) - Date.now())).toBeLessThan(60_000);
      expect(JSON.stringify(events)).not.toContain("canary-argument");
    });

    it("measures CPU from its own previous sample, and memory", async () => {
      const { id } = await engine.create(nameOf(), shell("while :; do :; done", {}, { Memory: 64 << 20 }));
      await engine.start(id);
      const samples = [];
      for await (const sample of engine.stats(id)) {
        samples.push(sample);
        if (samples.length === 2) break;
      }
      expect(samples[0]?.cpuPercent).toBeNull();
      expect(samples[1]?.cpuPercent).toBeGreaterThan(5);
      expect(samples[1]).toMatchObject({ memoryLimitBytes: 64 << 20, pids: 1 });
      expect(samples[1]?.memoryBytes).toBeGreaterThan(0);
      await engine.remove(id, { force: true });
    });

    it("ends the stats of a container that stops", async () => {
      const { id } = await engine.create(nameOf(), shell("sleep 2.5"));
      await engine.start(id);
      let count = 0;
      for await (const sample of engine.stats(id)) count += sample ? 1 : 0;
      expect(count).toBeGreaterThan(0);
      await engine.remove(id, { force: true });
    });

    it("knows its images", async () => {
      const image = await engine.image(busyboxTag);
      expect(image).toMatchObject({ tags: [busyboxTag], command: ["/bin/sh"], user: "", hasHealthcheck: false });
      expect(image?.history.length).toBeGreaterThan(0);
      expect((await engine.images()).map((each) => each.id)).toContain(image?.id);
      expect(await engine.image("lab/nothing:1")).toBeNull();
    });

    it("makes and removes internal networks", async () => {
      const name = nameOf();
      const network = await engine.createNetwork(name, { internal: true, labels: { x: "y" } });
      expect(network).toMatch(/^[0-9a-f]{64}$/);
      expect((await failure(engine.createNetwork(name, { internal: true, labels: {} }))).code).toBe("NAME_TAKEN");
      const { id } = await engine.create(nameOf(), shell("sleep 60", {}, { NetworkMode: name, Init: true }));
      await engine.start(id);
      const { addresses, ports } = await engine.inspect(id);
      expect(addresses[name]).toMatch(/^10\./);
      expect(ports).toEqual({});
      await engine.remove(id, { force: true });
      await engine.removeNetwork(name);
      await engine.removeNetwork(name);
    });

    it("tells failures apart", async () => {
      const name = nameOf();
      const { id } = await engine.create(name, shell("true"));
      expect(await failure(engine.create(name, shell("true")))).toEqual({ code: "NAME_TAKEN", details: { name } });
      const missing = { ...shell("true"), Image: "lab/nothing:1" };
      expect(await failure(engine.create(nameOf(), missing))).toEqual({
        code: "IMAGE_NOT_FOUND",
        details: { image: "lab/nothing:1" },
      });
      const gpu = shell("true", {}, { DeviceRequests: [{ Driver: "", Count: -1, Capabilities: [["gpu"]] }] });
      const wanted = await engine.create(nameOf(), gpu);
      expect((await failure(engine.start(wanted.id))).code).toBe("GPU_RUNTIME_MISSING");
      const mounts = { Mounts: [{ Type: "bind", Source: "/nonexistent/models", Target: "/models", ReadOnly: true }] };
      expect(await failure(engine.create(nameOf(), shell("true", {}, mounts)))).toEqual({
        code: "HOST_PATH_MISSING",
        details: { path: "/nonexistent/models" },
      });
      expect(await failure(engine.start("0".repeat(64)))).toEqual({
        code: "CONTAINER_NOT_FOUND",
        details: { id: "0".repeat(64) },
      });
      expect((await failure(engine.exec(id, ["true"]))).code).toBe("ENGINE_ERROR");
      expect((await failure(engine.inspect("../images/json"))).code).toBe("BAD_INPUT");
      expect((await failure(engine.pull("bad reference", {}))).code).toBe("BAD_INPUT");
      for (const each of [id, wanted.id]) await engine.remove(each);
    });

    it("says which port is taken", async () => {
      const publish = (port: string) => ({
        NetworkMode: "bridge",
        PortBindings: { "80/tcp": [{ HostIp: "127.0.0.1", HostPort: port }] },
      });
      const exposed = { ExposedPorts: { "80/tcp": {} } };
      const first = await engine.create(nameOf(), shell("sleep 60", exposed, { ...publish("0"), Init: true }));
      await engine.start(first.id);
      const port = (await engine.inspect(first.id)).ports["80/tcp"]?.[0]?.hostPort ?? 0;
      expect(port).toBeGreaterThan(0);
      const second = await engine.create(nameOf(), shell("sleep 60", exposed, publish(String(port))));
      expect(await failure(engine.start(second.id))).toEqual({ code: "PORT_TAKEN", details: { port } });
      for (const { id } of [first, second]) await engine.remove(id, { force: true });
    });

    it("fails a pull that no registry answers, inside the stream", async () => {
      const { code } = await failure(engine.pull("127.0.0.1:1/nothing:1", {}));
      expect(["ENGINE_ERROR", "IMAGE_NOT_FOUND"]).toContain(code);
    });

    it("answers 50 calls at once", async () => {
      const answers = await Promise.all(Array.from({ length: 50 }, () => engine.containers()));
      expect(answers).toHaveLength(50);
    });
  });

  it("answers over SSH in a few milliseconds: the connection is not walked through at each request", async () => {
    const engine = engines.get("ssh")!;
    await engine.containers();
    const times: number[] = [];
    for (let i = 0; i < 20; i += 1) {
      const start = performance.now();
      await engine.containers();
      times.push(performance.now() - start);
    }
    times.sort((a, b) => a - b);
    // 50 to 75 ms without the guard.
    expect(times[10]).toBeLessThan(25);
    expect(inspect(engine, { showHidden: true, depth: null })).toBe("Engine { host-1 }");
  });

  describe("looking for the socket", () => {
    const find = (link: HostLink, socketPath?: string) =>
      failure(createEngine({ link, clock: systemClock(), socketPath }).info());

    it("says where it looked when there is none", async () => {
      expect(await find(sshLink, "/nonexistent/docker.sock")).toEqual({
        code: "ENGINE_SOCKET_MISSING",
        details: { tried: "/nonexistent/docker.sock" },
      });
      const { code, details } = await find(sshLink);
      expect(code).toBe("ENGINE_SOCKET_MISSING");
      expect(details.tried).toContain("/var/run/docker.sock, /run/podman/podman.sock");
    });

    it("finds what the login shell's DOCKER_HOST names", async () => {
      const local = createLocalLink({
        hostId: "here",
        env: { PATH: process.env.PATH, HOME: sshd.dir, DOCKER_HOST: `unix://${dockerd.socket}` },
        clock: systemClock(),
      });
      const engine = createEngine({ link: local, clock: systemClock() });
      expect((await engine.info()).socketPath).toBe(dockerd.socket);
      engine.dispose();
    });

    it("finds the engine again after the link was lost", async () => {
      const { link } = testLink({
        port: sshd.port,
        user: sshd.user,
        auth: { kind: "key", path: sshd.userKey.file },
        timings: { backOffMs: 20 },
      });
      const engine = createEngine({ link, clock: systemClock(), socketPath: dockerd.socket });
      await engine.info();
      const watching = failure(
        (async () => {
          for await (const _ of engine.events());
        })(),
      );
      await engine.containers();
      sshd.cutConnections();
      expect(["ENGINE_UNAVAILABLE", "HOST_OFFLINE"]).toContain((await watching).code);
      await until(() => link.state().phase === "online");
      await engine.info();
      engine.dispose();
      await link.dispose();
    });
  });
});
