/**
 * The main job on real parts: the shipped browser door in a session with gnome-keyring, OpenSSH's sshd, Docker Engine and
 * the image of the reference server. What differs from the practice fleet is a defect of the practice fleet.
 */
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { LaunchSpec, LaunchStepId, LaunchView } from "../../../electron/contract/index.ts";
import {
  answering,
  auditOf,
  gapsIn,
  refusalOf,
  remainsOn,
  socketEngine,
  watchUntilStep,
} from "../../helpers/behaviour.ts";
import { type Outside, startOutside } from "../../helpers/behaviourOutside.ts";
import { inKeychain, type Served, startServed } from "../../helpers/behaviourServed.ts";
import type { Client } from "../../helpers/doors.ts";
import { type KeyringSession, keyringMissing, startKeyringSession } from "../../helpers/keyringSession.ts";
import {
  busyboxImage,
  type LabDockerd,
  type LabSshd,
  mustSkip,
  startDockerd,
  startSshd,
} from "../../helpers/lab/index.ts";
import { buildInferenceImage } from "../../helpers/lab/inferenceImage.ts";
import { run } from "../../helpers/lab/process.ts";
import { recording } from "../../helpers/recording.ts";
import { tracesIn, tracesInFolder, tracesInProcesses } from "../../helpers/traces.ts";
import { canary, doMainJob, online, readLog, specOf, watchLaunch } from "./mainJob.ts";

const suite = "the main job on real parts";
const image = "gatehouse/inference-server:1";
const values = { memory: canary(), file: canary() };

function keyringSkip(): boolean {
  const missing = keyringMissing();
  if (missing === null) return false;
  if (process.env.GATEHOUSE_NO_SKIP === "1") throw new Error(`${suite}: ${missing}`);
  process.stderr.write(`skipped: ${suite}: ${missing}\n`);
  return true;
}

describe.skipIf(mustSkip(suite, "sshd", "dockerd", "busybox") || keyringSkip())(suite, () => {
  let sshd: LabSshd;
  let dockerd: LabDockerd;
  let keyring: KeyringSession;
  let served: Served;
  let client: Client;
  let said: () => string;
  let hostId = "";
  let outside: Outside;
  /** Runs with both secrets, for looking at it from all sides. */
  let kept: LaunchView;
  /** Places where something of the values was seen while the job ran. */
  const seen = new Set<string>();
  let looking: NodeJS.Timeout;

  beforeAll(async () => {
    [sshd, dockerd, keyring, outside] = await Promise.all([
      startSshd(),
      startDockerd(),
      startKeyringSession(),
      startOutside(),
    ]);
    await buildInferenceImage(dockerd.socket);
    await docker("tag", "gatehouse/inference-server:lab", image);
    await busyboxImage(dockerd.socket);
    served = await startServed(keyring.env);
    ({ client, said } = recording(served.client));
    const look = () => {
      for (const value of Object.values(values)) for (const trace of tracesInProcesses(value)) seen.add(trace);
    };
    looking = setInterval(look, 250);
  }, 180_000);

  afterAll(async () => {
    clearInterval(looking);
    await served?.stop();
    served?.cleanup();
    await Promise.all([keyring?.stop(), sshd?.stop(), dockerd?.stop(), outside?.stop()]);
  }, 60_000);

  async function docker(...args: string[]): Promise<string> {
    const { stdout, stderr } = await run("docker", ["-H", `unix://${dockerd.socket}`, ...args], {
      maxBuffer: 64 << 20,
      timeout: 30_000,
    });
    return stdout + stderr;
  }

  async function spec(over: Partial<LaunchSpec> = {}, template = "chat-echo"): Promise<LaunchSpec> {
    const name = `real-${randomBytes(4).toString("hex")}`;
    const base = await specOf(client, { hostId, gpu: null, image }, template, name);
    return {
      ...base,
      secrets: [
        { ref: { environment: "development", name: "HF_TOKEN" }, delivery: "memory" },
        { ref: { environment: "development", name: "S3_KEY" }, delivery: "file" },
      ],
      ...over,
    };
  }

  const remains = () => remainsOn(socketEngine(dockerd.socket));

  test("a host is added by its fingerprint, which is the one that ssh-keygen shows", async () => {
    const person = answering(client, (prompt) =>
      prompt.kind === "host-key" && prompt.fingerprint === sshd.hostKey.fingerprint ? { kind: "accept" } : null,
    );
    const added = await client.hosts.add({
      kind: "ssh",
      name: "lab",
      address: sshd.address,
      port: sshd.port,
      user: sshd.user,
      environment: "development",
      auth: { kind: "key", path: sshd.userKey.file },
      socketPath: dockerd.socket,
    });
    hostId = added.hostId;
    await online(client, hostId);
    await person.stop();
    expect(person.asked).toMatchObject([{ kind: "host-key", hostId, fingerprint: sshd.hostKey.fingerprint }]);
    expect((await client.hosts.get({ hostId })).hostKey).toMatchObject({ fingerprint: sshd.hostKey.fingerprint });
  });

  test("the main job works from the host to the proof", async () => {
    await doMainJob({ client, hostId, gpu: null, image, values });
  }, 120_000);

  test("the secret lies in the system's keychain, where another program finds it", async () => {
    expect(await client.keychain.state()).toMatchObject({ mode: "keychain", reason: null });
    expect(await inKeychain(keyring.env, "gatehouse/development", "HF_TOKEN")).toBe(values.memory);
    expect(await inKeychain(keyring.env, "gatehouse/development", "NO_SUCH")).toBeNull();
  });

  test("a container keeps every promise of the policy, asked from inside", async () => {
    const { launchId } = await client.containers.launch(await spec());
    kept = await watchLaunch(client, launchId);
    expect({ state: kept.state, problem: kept.problem }).toEqual({ state: "done", problem: null });
    const id = kept.containerId as string;
    // A container of an ordinary network gets there: what keeps ours from it is the launch.
    const free = ["run", "--rm", await busyboxImage(dockerd.socket), "nc", "-w", "3"];
    expect(await docker(...free, outside.address, String(outside.port))).toContain("hello");
    const promises = JSON.parse(
      await docker("exec", id, "node", "-e", insideScript, outside.address, String(outside.port)),
    ) as Record<string, unknown>;
    expect(promises).toEqual(promised);
    const [about] = JSON.parse(await docker("inspect", id)) as [Inspected];
    expect({
      ports: Object.values(about.NetworkSettings.Ports ?? {}).filter((bound) => bound !== null),
      log: about.HostConfig.LogConfig,
      image: about.Config.Image.replace(/[0-9a-f]{64}$/, "…"),
      oomKilled: about.State.OOMKilled,
    }).toEqual({
      ports: [],
      log: { Type: "json-file", Config: { "max-size": "10m", "max-file": "3" } },
      image: "sha256:…",
      oomKilled: false,
    });
    const networks = Object.keys(about.NetworkSettings.Networks);
    const [network] = JSON.parse(await docker("network", "inspect", networks[0] as string)) as [
      { Internal: boolean; Containers: Record<string, unknown> },
    ];
    expect({ networks: networks.length, internal: network.Internal, on: Object.keys(network.Containers) }).toEqual({
      networks: 1,
      internal: true,
      on: [id],
    });
  }, 60_000);

  test("a container of a plain image keeps them too", async () => {
    const plain = await spec({ image: await busyboxImage(dockerd.socket), secrets: [] }, "plain");
    const { launchId } = await client.containers.launch(plain);
    const launch = await watchLaunch(client, launchId);
    expect({ state: launch.state, problem: launch.problem }).toEqual({ state: "done", problem: null });
    const id = launch.containerId as string;
    const status = await docker("exec", id, "cat", "/proc/self/status");
    const field = (name: string) => new RegExp(`^${name}:\\s+(\\S+)`, "m").exec(status)?.[1];
    expect({
      uid: field("Uid"),
      capEff: field("CapEff"),
      capBnd: field("CapBnd"),
      noNewPrivs: field("NoNewPrivs"),
      seccomp: field("Seccomp"),
      root: await docker("exec", id, "touch", "/x").catch(String),
    }).toEqual({
      uid: "65534",
      capEff: "0000000000000000",
      capBnd: "0000000000000000",
      noNewPrivs: "1",
      seccomp: "2",
      root: expect.stringContaining("Read-only file system"),
    });
    await client.containers.remove({ hostId, containerId: id, confirm: launch.name });
  });

  test("no byte that left the core holds a secret, nor anything that the engine, sshd or a process shows", async () => {
    const id = kept.containerId as string;
    const key = await docker("exec", id, "node", "-p", "fs.readFileSync('/run/secrets/auth_token','latin1')");
    expect(key.trim()).toMatch(/^[A-Za-z0-9_-]{43}$/);
    await client.containers.get({ hostId, containerId: id });
    await readLog(client, { hostId, containerId: id }, (lines) => lines.length > 0);
    const shown = {
      inspect: await docker("inspect", id),
      logs: await docker("logs", id),
      top: await docker("top", id),
      history: await docker("history", "--no-trunc", image),
      dockerd: dockerd.log(),
      sshd: sshd.log(),
      printed: served.output(),
      traffic: said(),
    };
    expect(shown.logs).toContain("INFO:api_wrapper: Set environment variable: HF_TOKEN=********");
    const engineFiles = filesOf(dockerd.dir);
    expect(engineFiles.some(({ name }) => name.endsWith("config.v2.json"))).toBe(true);
    expect(engineFiles.some(({ name }) => name.endsWith("-json.log"))).toBe(true);
    for (const value of [...Object.values(values), key.trim()]) {
      expect({
        shown: Object.entries(shown).flatMap(([place, text]) =>
          tracesIn(text, value).map((form) => `${place}: ${form}`),
        ),
        data: tracesInFolder(served.data, value),
        engine: engineFiles.flatMap(({ name, bytes }) => tracesIn(bytes, value).map((form) => `${name}: ${form}`)),
        processes: tracesInProcesses(value),
      }).toEqual({ shown: [], data: [], engine: [], processes: [] });
    }
    expect([...seen]).toEqual([]);
    expect(
      served
        .output()
        .replace(/^Gatehouse: \S+$/m, "")
        .trim(),
    ).toBe("");
  });

  describe("undoes everything when", () => {
    let registry: { server: Server; port: number };
    beforeAll(async () => {
      registry = await emptyRegistry();
    });
    afterAll(() => registry?.server.close());

    interface Row {
      what: string;
      spec: () => Partial<LaunchSpec>;
      during?: [LaunchStepId, () => Promise<void>];
      at: LaunchStepId | RegExp;
      code: string | RegExp;
    }
    const rows: Row[] = [
      {
        what: "the registry has no such image",
        spec: () => ({ image: `127.0.0.1:${registry.port}/none/such:1` }),
        at: "check",
        code: "IMAGE_NOT_FOUND",
      },
      { what: "the name is taken", spec: () => ({ name: kept.name }), at: "check", code: "NAME_TAKEN" },
      {
        what: "there is no GPU toolkit",
        spec: () => ({ gpus: ["GPU-00000000-0000-4000-8000-000000000000"] }),
        at: "check",
        code: "GPU_RUNTIME_MISSING",
      },
      {
        what: "a program of the host has the port",
        spec: () => ({
          network: "bridge",
          publish: [{ address: "127.0.0.1", hostPort: registry.port, containerPort: 8000 }],
        }),
        at: "start",
        code: "PORT_TAKEN",
      },
      {
        what: "a path of the host is not there",
        spec: () => ({ mounts: [{ source: "/srv/no/such/place", target: "/models", readOnly: true }] }),
        at: "create",
        code: "HOST_PATH_MISSING",
      },
      {
        what: "SSH is cut",
        spec: () => ({}),
        during: ["start", async () => sshd.cutConnections()],
        at: /^(start|ready)$/,
        code: /^HOST_(OFFLINE|REFUSED|UNREACHABLE)$/,
      },
      {
        what: "the engine is restarted",
        spec: () => ({}),
        during: [
          "start",
          async () => {
            await dockerd.down();
            await dockerd.start();
          },
        ],
        // An engine that goes in good order ends its containers first: who is quick enough sees that.
        at: /^(start|ready)$/,
        code: /^(ENGINE_UNAVAILABLE|ENGINE_SOCKET_MISSING|CONTAINER_DIED)$/,
      },
    ];

    test.each(rows)(
      "$what",
      async (row) => {
        const before = await remains();
        const { launchId } = await client.containers.launch(await spec(row.spec()));
        const launch =
          row.during === undefined
            ? await watchLaunch(client, launchId)
            : await watchUntilStep(client, launchId, ...row.during);
        expect({
          state: launch.state,
          code: launch.problem?.code,
          at: launch.steps.find(({ state }) => state === "failed")?.id,
          leftBehind: launch.leftBehind,
        }).toEqual({
          state: "failed",
          code: typeof row.code === "string" ? row.code : expect.stringMatching(row.code),
          at: typeof row.at === "string" ? row.at : expect.stringMatching(row.at),
          leftBehind: [],
        });
        expect(await remains()).toEqual(before);
        expect(gapsIn(await auditOf(client, launchId))).toEqual([]);
        await online(client, hostId);
      },
      90_000,
    );
  });

  test("the local engine launches and answers without SSH", async () => {
    const local = await client.hosts.add({
      kind: "local",
      name: "here",
      environment: "development",
      socketPath: dockerd.socket,
    });
    await online(client, local.hostId);
    const { launchId } = await client.containers.launch(await spec({ hostId: local.hostId }));
    const launch = await watchLaunch(client, launchId);
    expect({ state: launch.state, problem: launch.problem }).toEqual({ state: "done", problem: null });
    const at = { hostId: local.hostId, containerId: launch.containerId as string };
    const messages = [{ role: "user" as const, content: "near by" }];
    expect((await client.inference.chat({ ...at, messages, maxTokens: 16 })).answer).toContain("near by");
    await client.containers.remove({ ...at, confirm: launch.name });
    await client.hosts.remove({ hostId: local.hostId });
    expect(await refusalOf(client.hosts.get({ hostId: local.hostId }))).toMatchObject({ code: "HOST_UNKNOWN" });
  }, 60_000);

  test("it ends when asked to, with its audit whole and no container of its own touched", async () => {
    const { verdict, damage } = await client.audit.verify();
    expect({ verdict, damage }).toEqual({ verdict: "whole", damage: [] });
    expect(await served.stop()).toBe(0);
    expect((await remains()).containers).toEqual([`/${kept.name} ${kept.containerId}`]);
  });
});

interface Inspected {
  NetworkSettings: { Ports: Record<string, unknown> | null; Networks: Record<string, unknown> };
  HostConfig: { LogConfig: unknown };
  Config: { Image: string };
  State: { OOMKilled: boolean };
}

/** Run inside the container by the image's own Node: what the kernel says of the first process and of its surroundings. */
const insideScript = `
const fs = require("node:fs");
const net = require("node:net");
const { spawnSync } = require("node:child_process");
const read = (path) => { try { return fs.readFileSync(path, "utf8").trim(); } catch (error) { return error.code; } };
const code = (act) => { try { act(); return "done"; } catch (error) { return error.code; } };
const status = read("/proc/1/status");
const field = (name) => status.match(new RegExp("^" + name + ":\\\\s*(\\\\S+)", "m"))[1];
const mounts = new Map(read("/proc/mounts").split("\\n").map((line) => line.split(" ")).map(([, path, type, options]) => [path, [type, ...options.split(",")]]));
const options = (path) => ["tmpfs", "ro", "rw", "noexec", "nosuid", "nodev"].filter((word) => mounts.get(path)?.includes(word)).join();
const tried = (host, port) => new Promise((resolve) => {
  const socket = net.connect({ host, port, timeout: 1500 });
  const end = (word) => { socket.destroy(); resolve(word); };
  socket.once("connect", () => end("connected")).once("timeout", () => end("timeout")).once("error", (error) => end(error.code));
});
fs.writeFileSync("/tmp/run", "#!/usr/local/bin/node\\n", { mode: 0o755 });
const secrets = fs.readdirSync("/run/secrets").sort().map((name) => {
  const stat = fs.statSync("/run/secrets/" + name);
  return [name, (stat.mode & 0o7777).toString(8), stat.uid].join(" ");
});
const folder = fs.statSync("/run/secrets");
(async () => console.log(JSON.stringify({
  user: [field("Uid"), field("Gid")],
  capabilities: ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"].map(field),
  noNewPrivileges: field("NoNewPrivs"),
  seccomp: field("Seccomp"),
  root: options("/"),
  writes: ["/x", "/app/x", "/etc/x", "/models/x"].map((path) => code(() => fs.writeFileSync(path, ""))),
  mounts: ["/tmp", "/run", "/run/secrets", "/dev/shm"].map((path) => path + " " + options(path)),
  sticky: (fs.statSync("/tmp").mode & 0o7777).toString(8),
  runsFromTmp: spawnSync("/tmp/run").error?.code ?? "ran",
  secrets: [(folder.mode & 0o7777).toString(8), folder.uid, ...secrets],
  outside: await tried(process.argv[1], process.argv[2]),
  pids: [read("/sys/fs/cgroup/pids.max"), read("/sys/fs/cgroup/pids/pids.max")].find((text) => text !== "ENOENT"),
  memory: [read("/sys/fs/cgroup/memory.max"), read("/sys/fs/cgroup/memory/memory.limit_in_bytes")].find((text) => text !== "ENOENT"),
  cores: read("/proc/1/limits").match(/^Max core file size\\s+(\\S+)\\s+(\\S+)/m).slice(1),
  socket: fs.existsSync("/var/run/docker.sock"),
  kernelPaths: code(() => fs.writeFileSync("/proc/sys/kernel/core_pattern", "x")),
})))();`;

const none = "0000000000000000";
const promised = {
  user: ["10001", "10001"],
  capabilities: [none, none, none, none, none],
  noNewPrivileges: "1",
  seccomp: "2",
  root: "ro",
  writes: ["EROFS", "EROFS", "EROFS", "EROFS"],
  mounts: [
    "/tmp tmpfs,rw,noexec,nosuid,nodev",
    "/run tmpfs,rw,noexec,nosuid,nodev",
    "/run/secrets tmpfs,rw,noexec,nosuid,nodev",
    "/dev/shm tmpfs,rw,noexec,nosuid,nodev",
  ],
  sticky: "1777",
  runsFromTmp: "EACCES",
  secrets: ["700", 10001, "S3_KEY 400 10001", "auth_token 400 10001"],
  outside: expect.stringMatching(/^(timeout|ENETUNREACH|EHOSTUNREACH)$/),
  pids: "128",
  memory: "1073741824",
  cores: ["0", "0"],
  socket: false,
  kernelPaths: "EROFS",
};

/** What an engine keeps of its containers and networks, without the layers of images. */
function filesOf(folder: string): { name: string; bytes: Buffer }[] {
  const layers = new Set(["overlay2", "vfs", "image", "rootfs", "netns", "io.containerd.content.v1.content", "mounts"]);
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return layers.has(entry.name) ? [] : filesOf(path);
    if (!entry.isFile() || statSync(path).size > 64 << 20) return [];
    return [{ name: path, bytes: readFileSync(path) }];
  });
}

/** A registry that has nothing: engines speak plain HTTP to the loopback interface. */
async function emptyRegistry(): Promise<{ server: Server; port: number }> {
  const server = createServer((request, response) => {
    const ping = request.url === "/v2/";
    const errors = [{ code: "MANIFEST_UNKNOWN", message: "manifest unknown" }];
    response.writeHead(ping ? 200 : 404, { "content-type": "application/json" });
    response.end(ping ? "{}" : JSON.stringify({ errors }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { server, port: address.port };
}
