/** The practice fleet asked by programs that others wrote: OpenSSH's client and the docker command line. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { Agent } from "node:http";
import type { Duplex } from "node:stream";
import { inspect } from "node:util";
import Docker from "dockerode";
import { Client } from "ssh2";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nodeForker } from "../../electron/core/node.ts";
import type { PracticeHost } from "../../electron/practice/index.ts";
import { bundleInferenceServer } from "../helpers/inferenceServer.ts";
import { forwardEngine, openFleet, type Ran, run, sshArgs, type TestFleet } from "../helpers/practice.ts";
import { until } from "../helpers/until.ts";

function missing(programs: readonly string[]): string[] {
  return programs.filter((program) => {
    try {
      execFileSync("which", [program], { stdio: "ignore" });
      return false;
    } catch {
      return true;
    }
  });
}

/** Every call on a channel of its own, as the console does it. */
async function dockerodeTo(host: PracticeHost): Promise<{ client: Client; docker: Docker }> {
  const client = new Client();
  await new Promise((resolve, reject) => {
    client.once("ready", () => resolve(null));
    client.once("error", reject);
    client.connect({
      host: host.address,
      port: host.port,
      username: host.user,
      privateKey: readFileSync(host.keyFile),
    });
  });
  const agent = Object.assign(new Agent(), {
    createConnection(_options: unknown, done: (error: Error | null, stream?: Duplex) => void) {
      client.openssh_forwardOutStreamLocal("/var/run/docker.sock", (error, stream) => done(error ?? null, stream));
    },
    // docker-modem inspects its options at each request, and with them the whole client.
    [inspect.custom]: () => "agent",
  });
  const options: Docker.DockerOptions & { agent: Agent } = { protocol: "http", host: "engine.invalid", agent };
  return { client, docker: new Docker(options) };
}

const absent = missing(["ssh", "ssh-keyscan", "docker"]);
if (absent.length > 0) {
  const reason = `practice fleet and foreign clients: ${absent.join(", ")} not installed`;
  if (process.env.GATEHOUSE_NO_SKIP === "1") throw new Error(reason);
  process.stderr.write(`skipped: ${reason}\n`);
}

describe.skipIf(absent.length > 0)("practice fleet and foreign clients", () => {
  let fleet: TestFleet;
  const forwards = new Map<string, { socket: string; close(): void }>();

  beforeAll(async () => {
    const bundle = await bundleInferenceServer();
    fleet = await openFleet({ serverBundle: bundle.file, forker: nodeForker() });
    for (const id of ["orion", "vega", "lyra"] as const)
      forwards.set(id, await forwardEngine(fleet.host(id), fleet.dir));
  });
  afterAll(async () => {
    for (const forward of forwards.values()) forward.close();
    await fleet?.close();
  });

  const on = (id: "orion" | "vega" | "lyra") => ({
    host: fleet.host(id),
    docker: async (args: readonly string[], more: { input?: string; env?: Record<string, string> } = {}) =>
      run("docker", args, { ...more, env: { DOCKER_HOST: `unix://${forwards.get(id)?.socket ?? ""}`, ...more.env } }),
    ssh: (command: string, more: { input?: string } = {}) => sshTo(fleet.host(id), command, more),
  });
  const sshTo = (host: PracticeHost, command: string, more: { input?: string } = {}) =>
    run("ssh", [...sshArgs(host, fleet.dir), host.address, command], more);
  const ok = (ran: Ran) => {
    expect(ran, ran.stderr).toMatchObject({ code: 0 });
    return ran.stdout.trim();
  };

  describe("ssh", () => {
    test("ssh-keyscan shows the very key that the fleet tells", async () => {
      const { host } = on("orion");
      const scanned = await run("ssh-keyscan", ["-t", "ed25519", "-p", String(host.port), host.address]);
      expect(scanned.stdout.trim()).toBe(`[${host.address}]:${host.port} ${host.hostKey}`);
    });

    test.each<[name: string, command: string, expected: Partial<Ran>]>([
      ["true", "true", { code: 0, stdout: "" }],
      ["id -u", "env LC_ALL=C id -u", { code: 0, stdout: "1000\n" }],
      ["uname", "uname -sr", { code: 0, stdout: "Linux 6.8.0-52-generic\n" }],
      ["quoting", `echo 'it'"'"'s' "$HOME" \\$x`, { code: 0, stdout: "it's /home/operator $x\n" }],
      ["no DOCKER_HOST", `sh -c 'echo "$DOCKER_HOST"'`, { code: 0, stdout: "\n" }],
      ["socket is there", "test -S /var/run/docker.sock", { code: 0 }],
      ["socket's owner", "stat -c '%F %a %U %G' /var/run/docker.sock", { code: 0, stdout: "socket 660 root docker\n" }],
      ["no such file", "cat /nowhere", { code: 1, stderr: "cat: /nowhere: No such file or directory\n" }],
      ["no such program", "frobnicate", { code: 127, stderr: "sh: 1: frobnicate: not found\n" }],
      ["exit status", "sh -c 'exit 42'", { code: 42 }],
      ["sshd -T needs root", "sshd -T", { code: 1, stderr: "sshd: no hostkeys available -- exiting.\n" }],
    ])("exec: %s", async (_name, command, expected) => {
      expect(await on("orion").ssh(command)).toMatchObject(expected);
    });

    test("standard input reaches the program, and its end too", async () => {
      expect(ok(await on("orion").ssh("cat", { input: "строка\n" }))).toBe("строка");
    });

    test("sudo -n sshd -T where it is allowed, and refused where not", async () => {
      expect(ok(await on("orion").ssh("sudo -n sshd -T"))).toMatch(/^passwordauthentication no$/m);
      expect(await on("vega").ssh("sudo -n sshd -T")).toMatchObject({
        code: 1,
        stderr: "sudo: a password is required\n",
      });
    });

    test("nvidia-smi -l goes on until the channel closes", async () => {
      const query = "nvidia-smi --query-gpu=index,uuid,temperature.gpu --format=csv,noheader,nounits -l 1";
      const { host } = on("orion");
      const ran = await run("timeout", ["2", "ssh", ...sshArgs(host, fleet.dir), host.address, query]);
      const lines = ran.stdout.trim().split("\n");
      expect(lines.length).toBeGreaterThanOrEqual(4);
      for (const line of lines) expect(line).toMatch(/^[01], GPU-[0-9a-f-]{36}, \d{2}$/);
    });

    test("another user and another key are refused as sshd does", async () => {
      const { host } = on("orion");
      const wrongUser = sshArgs(host, fleet.dir).map((arg) => (arg === "operator" ? "root" : arg));
      const refused = await run("ssh", [...wrongUser, host.address, "true"]);
      expect(refused).toMatchObject({ code: 255, stderr: expect.stringContaining("Permission denied (publickey)") });
      const otherKey = sshArgs(host, fleet.dir).map((arg) =>
        arg === host.keyFile ? `${fleet.dir}/keys/vega.host` : arg,
      );
      const foreign = await run("ssh", [...otherKey, host.address, "true"]);
      expect(foreign).toMatchObject({ code: 255, stderr: expect.stringContaining("Permission denied (publickey)") });
    });

    test("a forward to what the host does not have is refused", async () => {
      const { host } = on("orion");
      for (const target of ["192.0.2.1:80", "172.30.9.9:8000", "127.0.0.1:22"]) {
        const ran = await run("ssh", [...sshArgs(host, fleet.dir), "-W", target, host.address]);
        expect(ran, target).toMatchObject({ code: 255, stderr: expect.stringContaining("forwarding failed") });
      }
    });
  });

  describe("docker", () => {
    test.each<["orion" | "vega" | "lyra", string]>([
      ["orion", "27.5.1 1.47"],
      ["vega", "20.10.24+dfsg1 1.41"],
      ["lyra", "29.1.2 1.50"],
    ])("version on %s, each end with the lower API", async (id, expected) => {
      const format = "{{.Server.Version}} {{.Client.APIVersion}}";
      expect(ok(await on(id).docker(["version", "--format", format]))).toBe(expected);
      const platform = ok(await on(id).docker(["version", "--format", "{{.Server.Platform.Name}}"]));
      expect(platform).toBe("Gatehouse practice (simulated)");
    });

    test("a version that is too new is refused with the engine's words", async () => {
      const ran = await on("orion").docker(["ps"], { env: { DOCKER_API_VERSION: "1.99" } });
      expect(ran.code).toBe(1);
      expect(ran.stderr).toContain("client version 1.99 is too new. Maximum supported API version is 1.47");
    });

    test("info tells the toolkit apart", async () => {
      const format = '{{.OperatingSystem}}|{{index .Runtimes "nvidia" | printf "%v" | len | lt 10}}|{{.NCPU}}';
      expect(ok(await on("orion").docker(["info", "--format", format]))).toBe("Gatehouse practice (simulated)|true|64");
      const runtimes = ok(await on("vega").docker(["info", "--format", "{{json .Runtimes}}"]));
      expect(Object.keys(JSON.parse(runtimes)).sort()).toEqual(["io.containerd.runc.v2", "runc"]);
    });

    test("ps shows what is there from the start", async () => {
      const format = "{{.Names}}|{{.Image}}|{{.Ports}}|{{.State}}";
      expect(ok(await on("orion").docker(["ps", "-a", "--format", format]))).toBe(
        "embedder|gatehouse/inference-server:1|0.0.0.0:8081->8000/tcp|running",
      );
      const vega = ok(await on("vega").docker(["ps", "-a", "--format", "{{.Names}}|{{.Status}}"]));
      expect(vega).toBe("batch-classify|Exited (137) 31 hours ago");
      expect(ok(await on("vega").docker(["logs", "batch-classify"]))).toBe("");
      expect((await on("vega").docker(["logs", "--tail", "1", "batch-classify"])).stderr).toContain("host memory");
    });

    test("run, logs -f, exec, top, stats, stop, start, rm", async () => {
      const { docker } = on("orion");
      const id = ok(await docker(["run", "-d", "--name", "talker", "--memory", "64m", "busybox:1", "talk"]));
      expect(id).toMatch(/^[0-9a-f]{64}$/);
      const followed = docker(["logs", "-f", "-t", "talker"]);
      expect(ok(await docker(["exec", "talker", "id"]))).toBe("uid=0(root) gid=0(root) groups=0(root)");
      expect(ok(await docker(["exec", "-i", "talker", "sh", "-c", "cat > /tmp/a"], { input: "kept" }))).toBe("");
      expect(ok(await docker(["exec", "talker", "cat", "/tmp/a"]))).toBe("kept");
      expect(await docker(["exec", "talker", "sh", "-c", "echo x >&2; exit 7"])).toEqual({
        code: 7,
        stdout: "",
        stderr: "x\n",
      });
      expect(await docker(["exec", "talker", "nope"])).toMatchObject({ code: 127 });
      expect(ok(await docker(["top", "talker"]))).toMatch(/talk$/);
      const stats = JSON.parse(ok(await docker(["stats", "--no-stream", "--format", "json", "talker"])));
      expect(stats).toMatchObject({ Name: "talker", PIDs: "11", MemUsage: expect.stringMatching(/MiB \/ 64MiB$/) });
      expect(stats.CPUPerc).toMatch(/^\d+\.\d\d%$/);
      ok(await docker(["stop", "talker"]));
      const log = ok(await followed);
      expect(log).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z tick 1: all quiet$/m);
      expect(ok(await docker(["inspect", "-f", "{{.State.ExitCode}} {{.HostConfig.MemorySwap}}", "talker"]))).toBe(
        "143 134217728",
      );
      ok(await docker(["start", "talker"]));
      expect(await docker(["rm", "talker"])).toMatchObject({
        code: 1,
        stderr: expect.stringContaining("container is running"),
      });
      ok(await docker(["rm", "-f", "talker"]));
      expect(await docker(["inspect", "talker"])).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/no such object/i),
      });
    });

    test("attached runs give back output and exit status", async () => {
      const { docker } = on("lyra");
      expect(await docker(["run", "--rm", "busybox:1", "sh", "-c", "echo out; echo err >&2; exit 3"])).toEqual({
        code: 3,
        stdout: "out\n",
        stderr: "err\n",
      });
      expect(await docker(["run", "--rm", "busybox:1", "nope"])).toMatchObject({ code: 127 });
      expect(ok(await docker(["ps", "-aq"]))).toBe("");
    });

    test("a name is given once", async () => {
      const { docker } = on("orion");
      const again = await docker(["create", "--name", "embedder", "busybox:1"]);
      expect(again.stderr).toMatch(
        /Conflict\. The container name "\/embedder" is already in use by container "[0-9a-f]{64}"\. You have to remove \(or rename\) that container/,
      );
    });

    test("pull, and what a registry refuses", async () => {
      const { docker } = on("orion");
      expect(ok(await docker(["pull", "busybox:1.36"]))).toContain("Status: Downloaded newer image for busybox:1.36");
      expect(ok(await docker(["pull", "busybox:1.36"]))).toContain("Status: Image is up to date for busybox:1.36");
      const unknown = await docker(["pull", "nobody/nothing"]);
      expect(unknown).toMatchObject({
        code: 1,
        stderr: expect.stringContaining("pull access denied for nobody/nothing"),
      });
      const tag = await docker(["pull", "busybox:99"]);
      expect(tag).toMatchObject({ code: 1, stderr: expect.stringContaining("manifest for busybox:99 not found") });
      await fleet.fleet.setFault("lyra", "disk-full", true);
      const full = await on("lyra").docker(["pull", "busybox:1.36"]);
      await fleet.fleet.setFault("lyra", "disk-full", false);
      expect(full).toMatchObject({ code: 1, stderr: expect.stringContaining("no space left on device") });
    });

    test("networks and events", async () => {
      const { docker } = on("orion");
      const from = String(Math.floor(Date.now() / 1000));
      ok(await docker(["network", "create", "--internal", "--label", "a=b", "quiet"]));
      expect(ok(await docker(["network", "inspect", "-f", "{{.Internal}} {{.Driver}}", "quiet"]))).toBe("true bridge");
      expect(await docker(["network", "create", "quiet"])).toMatchObject({
        code: 1,
        stderr: expect.stringContaining("already exists"),
      });
      ok(await docker(["network", "rm", "quiet"]));
      expect(await docker(["network", "rm", "bridge"])).toMatchObject({
        code: 1,
        stderr: expect.stringContaining("pre-defined"),
      });
      const until = String(Math.floor(Date.now() / 1000) + 1);
      const format = ["--format", "{{.Type}} {{.Action}} {{.Actor.Attributes.name}}"];
      const seen = ok(
        await docker(["events", "--since", from, "--until", until, "--filter", "type=network", ...format]),
      );
      expect(seen.split("\n")).toEqual(expect.arrayContaining(["network create quiet", "network destroy quiet"]));
    });

    test("a GPU where there is no toolkit: created, then refused", async () => {
      const { docker } = on("vega");
      const ran = await docker(["run", "-d", "--name", "nogpu", "--gpus", "all", "busybox:1", "talk"]);
      expect(ran.code).toBe(125);
      expect(ran.stderr).toContain('could not select device driver "" with capabilities: [[gpu]]');
      expect(ok(await docker(["inspect", "-f", "{{.State.Status}}", "nogpu"]))).toBe("created");
      ok(await docker(["rm", "nogpu"]));
    });

    test("bind mounts and published ports", async () => {
      const { docker } = on("orion");
      const bind = await docker(["create", "--mount", "type=bind,src=/not/there,dst=/x", "busybox:1"]);
      expect(bind.stderr).toContain(
        'invalid mount config for type "bind": bind source path does not exist: /not/there',
      );
      ok(
        await docker([
          "run",
          "-d",
          "--name",
          "p1",
          "-p",
          "127.0.0.1:0:8000",
          "-e",
          "AUTH_TOKEN_FILE=",
          "-e",
          "AUTH_TOKEN=k",
          "gatehouse/inference-server:1",
        ]),
      );
      const address = ok(await docker(["port", "p1", "8000"]));
      expect(address).toMatch(/^127\.0\.0\.1:\d+$/);
      // Until the server listens the port accepts and closes at once, which Node's fetch now and then never notices.
      const ask = () => fetch(`http://${address}/health`, { signal: AbortSignal.timeout(500) }).catch(() => null);
      const answer = await until(ask, { timeoutMs: 10_000 });
      expect(answer.status).toBe(200);
      const port = address.split(":")[1] ?? "";
      const taken = await docker([
        "run",
        "-d",
        "--name",
        "p2",
        "-p",
        `127.0.0.1:${port}:8000`,
        "gatehouse/inference-server:1",
      ]);
      expect(taken.stderr).toContain(`Bind for 127.0.0.1:${port} failed: port is already allocated`);
      ok(await docker(["rm", "-f", "p1", "p2"]));
    });
  });

  describe("a hardened model server", () => {
    const hardened = [
      "run -d --name model --gpus device=0 --read-only --user 10001:10001 --cap-drop ALL --init",
      "--security-opt no-new-privileges --tmpfs /run/secrets:rw,noexec,nosuid,nodev,size=1m,mode=0700,uid=10001,gid=10001",
      "-e AUTH_TOKEN_FILE=/run/secrets/auth_token --network sealed gatehouse/inference-server:1",
    ].flatMap((line) => line.split(" "));

    test("secret by exec, reached over direct-tcpip, seen truthfully from inside", async () => {
      const { docker, host } = on("orion");
      ok(await docker(["network", "create", "--internal", "sealed"]));
      ok(await docker(hardened));
      const key = "practice-key-0123456789abcdefghijklmnop";
      const write = [
        "exec",
        "-i",
        "model",
        "node",
        "/app/inference-server.mjs",
        "write-secret",
        "/run/secrets/auth_token",
      ];
      expect(ok(await docker(write, { input: key }))).toBe("");
      const inside = (...argv: string[]) => docker(["exec", "model", ...argv]);
      expect(ok(await inside("stat", "-c", "%a %u %g", "/run/secrets/auth_token"))).toBe("400 10001 10001");
      expect(ok(await inside("ls", "-ln", "/run/secrets"))).toMatch(/^-r-------- 1 10001 10001 39 .* auth_token$/m);
      expect(ok(await inside("id"))).toBe("uid=10001(inference) gid=10001(inference) groups=10001(inference)");
      const status = ok(await inside("cat", "/proc/self/status"));
      expect(status).toMatch(/^CapBnd:\t0000000000000000$/m);
      expect(status).toMatch(/^NoNewPrivs:\t1$/m);
      expect(status).toMatch(/^Seccomp:\t2$/m);
      expect(await inside("touch", "/x")).toMatchObject({
        code: 1,
        stderr: expect.stringContaining("Read-only file system"),
      });
      const environ = ok(await inside("cat", "/proc/1/environ")).split("\0");
      expect(environ).toContain("AUTH_TOKEN_FILE=/run/secrets/auth_token");
      expect(environ.join()).not.toContain(key);
      expect(ok(await inside("cat", "/proc/1/cmdline"))).toBe(
        "/sbin/docker-init\0--\0/usr/local/bin/node\0/app/inference-server.mjs\0",
      );
      expect(ok(await inside("nvidia-smi", "-L"))).toMatch(
        /^GPU 0: NVIDIA H100 80GB HBM3 \(simulated\) \(UUID: GPU-[0-9a-f-]{36}\)$/,
      );
      expect(ok(await docker(["inspect", "-f", "{{json .NetworkSettings.Ports}}", "model"]))).toBe("{}");

      const address = ok(
        await docker(["inspect", "-f", '{{(index .NetworkSettings.Networks "sealed").IPAddress}}', "model"]),
      );
      expect(address).toMatch(/^172\.30\.\d+\.2$/);
      const ask = (path: string, header = "") =>
        run("ssh", [...sshArgs(host, fleet.dir), "-W", `${address}:8000`, host.address], {
          input: `GET ${path} HTTP/1.1\r\nHost: model\r\n${header}Connection: close\r\n\r\n`,
        });
      await until(async () => (await ask("/ready")).stdout.startsWith("HTTP/1.1 200"), { timeoutMs: 15_000 });
      const refused = await ask("/v1/models");
      expect(refused.stdout).toMatch(/^HTTP\/1\.1 401/);
      const other = await run("ssh", [...sshArgs(host, fleet.dir), "-W", `${address}:9999`, host.address]);
      expect(other).toMatchObject({ code: 255 });

      ok(await docker(["restart", "model"]));
      expect(ok(await inside("ls", "/run/secrets"))).toBe("");
      ok(await docker(["rm", "-f", "model"]));
      const gone = await ask("/health");
      expect(gone).toMatchObject({ code: 255, stdout: "" });
      ok(await docker(["network", "rm", "sealed"]));
    });

    test("while it holds the GPU, the host's nvidia-smi says so", async () => {
      const { docker, ssh } = on("orion");
      const apps = async () =>
        ok(
          await ssh(
            "nvidia-smi --query-compute-apps=gpu_uuid,pid,process_name,used_memory --format=csv,noheader,nounits",
          ),
        );
      expect((await apps()).split("\n")).toHaveLength(1);
      ok(
        await docker([
          "run",
          "-d",
          "--name",
          "held",
          "--gpus",
          "device=0",
          "-e",
          "AUTH_TOKEN_FILE=",
          "-e",
          "AUTH_TOKEN=k",
          "gatehouse/inference-server:1",
        ]),
      );
      const pid = ok(await docker(["inspect", "-f", "{{.State.Pid}}", "held"]));
      const rows = (await apps()).split("\n");
      expect(rows).toHaveLength(2);
      expect(rows.map((row) => row.split(", ")[1])).toContain(pid);
      ok(await docker(["rm", "-f", "held"]));
      expect((await apps()).split("\n")).toHaveLength(1);
    });
  });

  describe("dockerode over ssh2", () => {
    test("container, exec with input, log, stats and events", async () => {
      const { client, docker } = await dockerodeTo(fleet.host("lyra"));
      try {
        expect((await docker.version()).ApiVersion).toBe("1.52");
        const container = await docker.createContainer({ name: "rode", Image: "busybox:1", Cmd: ["talk"] });
        await container.start();
        const exec = await container.exec({ Cmd: ["cat"], AttachStdin: true, AttachStdout: true });
        const stream = await exec.start({ hijack: true, stdin: true });
        stream.end("through\n");
        const chunks: Buffer[] = [];
        for await (const chunk of stream) chunks.push(chunk as Buffer);
        expect(Buffer.concat(chunks).subarray(8).toString()).toBe("through\n");
        expect((await exec.inspect()).ExitCode).toBe(0);
        const log = await container.logs({ stdout: true, stderr: true, tail: 1 });
        expect(Buffer.from(log).subarray(8).toString()).toBe("tick 1: all quiet\n");
        expect((await container.stats({ stream: false, "one-shot": true })).memory_stats.limit).toBeGreaterThan(0);
        await container.remove({ force: true });
        await expect(container.inspect()).rejects.toMatchObject({ statusCode: 404 });
      } finally {
        client.end();
      }
    });
  });

  describe("failure buttons", () => {
    const set = (id: "orion" | "vega" | "lyra", fault: Parameters<TestFleet["fleet"]["setFault"]>[1], on: boolean) =>
      fleet.fleet.setFault(id, fault, on);

    test("link-drop refuses, and the same port is back afterwards", async () => {
      await set("vega", "link-drop", true);
      expect(await on("vega").ssh("true")).toMatchObject({
        code: 255,
        stderr: expect.stringContaining("Connection refused"),
      });
      await set("vega", "link-drop", false);
      expect(await on("vega").ssh("true")).toMatchObject({ code: 0 });
      forwards.get("vega")?.close();
      forwards.set("vega", await forwardEngine(fleet.host("vega"), fleet.dir));
    });

    test("host-key-changed is an incident to ssh", async () => {
      await set("vega", "host-key-changed", true);
      const changed = await on("vega").ssh("true");
      await set("vega", "host-key-changed", false);
      expect(changed).toMatchObject({ code: 255, stderr: expect.stringContaining("Host key verification failed") });
      expect(await on("vega").ssh("true")).toMatchObject({ code: 0 });
    });

    test("engine-stopped takes the socket away", async () => {
      await set("vega", "engine-stopped", true);
      expect(await on("vega").ssh("test -S /var/run/docker.sock")).toMatchObject({ code: 1 });
      expect((await on("vega").docker(["ps"])).code).toBe(1);
      await set("vega", "engine-stopped", false);
      expect((await on("vega").docker(["ps"])).code).toBe(0);
    });

    test("gpu-lost: the last GPU falls off the bus", async () => {
      await set("orion", "gpu-lost", true);
      const query = await on("orion").ssh("nvidia-smi --query-gpu=index --format=csv,noheader");
      await set("orion", "gpu-lost", false);
      expect(query).toMatchObject({ code: 15, stdout: expect.stringContaining("GPU is lost") });
      expect((await on("orion").ssh("nvidia-smi --query-gpu=index --format=csv,noheader")).stdout).toBe("0\n1\n");
    });

    test("disk-full: create and df", async () => {
      await set("orion", "disk-full", true);
      const created = await on("orion").docker(["create", "busybox:1"]);
      const df = await on("orion").ssh("df -B1 -P /var/lib");
      await set("orion", "disk-full", false);
      expect(created.stderr).toContain("no space left on device");
      expect(df.stdout.split("\n")[1]?.split(/\s+/).slice(3, 5)).toEqual(["0", "100%"]);
    });

    test("dies-at-start: the container exits with 1 and its log says why", async () => {
      await set("lyra", "dies-at-start", true);
      const { docker } = on("lyra");
      ok(
        await docker([
          "run",
          "-d",
          "--name",
          "dying",
          "-e",
          "AUTH_TOKEN_FILE=",
          "-e",
          "AUTH_TOKEN=k",
          "gatehouse/inference-server:1",
        ]),
      );
      expect(ok(await docker(["wait", "dying"]))).toBe("1");
      await set("lyra", "dies-at-start", false);
      expect(ok(await docker(["logs", "dying"]))).toContain("die-at-start");
      ok(await docker(["rm", "dying"]));
    });

    test("link-slow: each answer comes 400 ms late, and nothing is lost", async () => {
      await set("lyra", "link-slow", true);
      const began = performance.now();
      const ran = await on("lyra").ssh("cat /proc/meminfo");
      const took = performance.now() - began;
      await set("lyra", "link-slow", false);
      expect(ok(ran)).toContain("MemTotal");
      expect(took).toBeGreaterThan(1_200);
    });
  });
});
