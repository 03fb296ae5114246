/** Bad input, a row each: always a typed error with words in both languages, nothing lost, no stack in the answer. */
import { chmodSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import ssh2 from "ssh2";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { contract, type HostInput, type LaunchSpec, type Prompt } from "../../../electron/contract/index.ts";
import { en } from "../../../renderer/app/i18n/en.ts";
import { ru } from "../../../renderer/app/i18n/ru.ts";
import { answering, offlineReason, refusalOf } from "../../helpers/behaviour.ts";
import { startServed } from "../../helpers/behaviourServed.ts";
import { openCore, type TestCore } from "../../helpers/core.ts";
import { type Client, type OpenDoor, openDoor } from "../../helpers/doors.ts";
import { freePort } from "../../helpers/lab/process.ts";
import { tempFolder } from "../../helpers/ports.ts";
import { recording } from "../../helpers/recording.ts";
import { tracesIn, tracesInFolder } from "../../helpers/traces.ts";
import { until } from "../../helpers/until.ts";
import { canary, online, specOf, watchLaunch } from "./mainJob.ts";

let running: TestCore;
let door: OpenDoor;
let client: Client;
let said: () => string;
const folder = tempFolder("gatehouse-bad-input-");
const file = (name: string) => join(folder.path, name);
/** Every code that was met: each needs words. */
const met = new Set<string>();
const closers: (() => unknown)[] = [];
let before: unknown;

async function refused(call: Promise<unknown>): Promise<{ code: string; details: Record<string, unknown> }> {
  const refusal = await refusalOf(call);
  met.add(refusal.code);
  expect(JSON.stringify(refusal)).not.toMatch(/\n\s+at |\.ts:\d|node_modules|node:internal/);
  return refusal;
}

/** What the person had and would miss. */
async function belongings() {
  const [hosts, secrets, settings, keychain, launches] = await Promise.all([
    client.hosts.list(),
    client.secrets.list({}),
    client.settings.get(),
    client.keychain.state(),
    client.launches.list(),
  ]);
  const { rows } = await client.containers.list({ hostId: "orion" });
  return {
    hosts: hosts.map(({ id, name }) => `${id} ${name}`),
    secrets: secrets.map(({ environment, name, version }) => `${environment}/${name}@${version}`),
    containers: rows.map(({ id, name, state }) => `${id} ${name} ${state}`),
    launches: launches.length,
    settings,
    keychain,
  };
}

beforeAll(async () => {
  running = await openCore({ practice: true });
  door = await openDoor("message-port", running.core);
  ({ client, said } = recording(door.client));
  await online(client, "orion");
  await client.secrets.put({ environment: "development", name: "HF_TOKEN", value: canary(), encoding: "text" });
  before = await belongings();
});

afterAll(async () => {
  for (const close of closers) await close();
  await door?.close();
  await running?.close();
  folder.cleanup();
});

async function practiceDoor(): Promise<Extract<HostInput, { kind: "ssh" }>> {
  const { address, port, user, auth } = await client.hosts.get({ hostId: "orion" });
  if (auth === null) throw new Error("orion is reached over SSH");
  return { kind: "ssh", name: "throwaway", address, port, user, environment: "development", auth };
}

function keyFile(name: string, passphrase?: string): string {
  const pair =
    passphrase === undefined
      ? ssh2.utils.generateKeyPairSync("ed25519")
      : ssh2.utils.generateKeyPairSync("ed25519", { passphrase, cipher: "aes256-ctr", rounds: 4 });
  writeFileSync(file(name), pair.private, { mode: 0o600 });
  writeFileSync(file(`${name}.pub`), pair.public, { mode: 0o600 });
  return file(name);
}

async function listening(server: Server, path?: string): Promise<number> {
  closers.push(() => server.close());
  await new Promise<void>((resolve) =>
    path === undefined ? server.listen(0, "127.0.0.1", resolve) : server.listen(path, resolve),
  );
  const address = server.address();
  return address !== null && typeof address === "object" ? address.port : 0;
}

/** Adds a host, takes it out again when `look` is done. */
async function withHost<T>(input: HostInput, look: (hostId: string) => Promise<T>): Promise<T> {
  const { hostId } = await client.hosts.add(input);
  try {
    return await look(hostId);
  } finally {
    await client.hosts.remove({ hostId });
  }
}

describe("a host that cannot be reached, or does not let us in", () => {
  interface Row {
    what: string;
    host: () => Promise<Partial<Extract<HostInput, { kind: "ssh" }>>>;
    answer?: (prompt: Prompt) => Parameters<Client["prompts"]["answer"]>[0]["answer"] | null;
    asked?: string[];
    ends: { code: string; details?: Record<string, unknown> };
  }
  const accept: Row["answer"] = ({ kind }) => (kind === "host-key" ? { kind: "accept" } : null);
  const rows: Row[] = [
    {
      what: "its name leads nowhere",
      host: async () => ({ address: "no-such-host.invalid" }),
      ends: { code: "HOST_NAME_UNRESOLVED", details: { address: "no-such-host.invalid" } },
    },
    { what: "its port is closed", host: async () => ({ port: await freePort() }), ends: { code: "HOST_REFUSED" } },
    {
      what: "it speaks, but not SSH",
      host: async () => ({
        port: await listening(createServer((socket) => socket.end("220 mail.example.org ESMTP ready\r\n".repeat(3)))),
      }),
      ends: { code: "NOT_SSH" },
    },
    {
      what: "it hangs up at once",
      host: async () => ({ port: await listening(createServer((socket) => socket.destroy())) }),
      ends: { code: "HOST_UNREACHABLE" },
    },
    {
      what: "the key is not one of its keys",
      host: async () => ({ auth: { kind: "key", path: keyFile("stranger") } }),
      answer: accept,
      asked: ["host-key"],
      ends: { code: "AUTH_FAILED", details: { user: "operator" } },
    },
    {
      what: "the person does not accept its key",
      host: async () => ({}),
      asked: ["host-key"],
      ends: { code: "HOST_KEY_REJECTED" },
    },
    {
      what: "the passphrase is wrong three times",
      host: async () => ({ auth: { kind: "key", path: keyFile("locked", "correct horse") } }),
      answer: ({ kind }) => (kind === "passphrase" ? { kind: "secret", value: "battery-staple-5521" } : null),
      asked: ["passphrase", "passphrase", "passphrase"],
      ends: { code: "PASSPHRASE_WRONG", details: { tries: 3 } },
    },
    {
      what: "the person does not tell the passphrase",
      host: async () => ({ auth: { kind: "key", path: keyFile("locked-2", "correct horse") } }),
      asked: ["passphrase"],
      ends: { code: "PROMPT_DISMISSED" },
    },
    {
      what: "the key file is not there",
      host: async () => ({ auth: { kind: "key", path: file("nowhere") } }),
      ends: { code: "KEY_FILE_UNREADABLE", details: { path: file("nowhere"), reason: "ENOENT" } },
    },
    {
      what: "the key file is a folder",
      host: async () => ({ auth: { kind: "key", path: folder.path } }),
      ends: { code: "KEY_FILE_UNREADABLE" },
    },
    {
      what: "the key file is a device without an end",
      host: async () => ({ auth: { kind: "key", path: "/dev/zero" } }),
      ends: { code: "KEY_FILE_UNREADABLE" },
    },
    {
      what: "the key file holds garbage",
      host: async () => {
        writeFileSync(file("garbage"), Buffer.from([0, 1, 2, 255, 254]), { mode: 0o600 });
        return { auth: { kind: "key", path: file("garbage") } };
      },
      ends: { code: "KEY_FILE_INVALID" },
    },
    {
      what: "the key file is the public one",
      host: async () => ({ auth: { kind: "key", path: `${keyFile("public")}.pub` } }),
      ends: { code: "KEY_FILE_INVALID" },
    },
    { what: "no agent runs", host: async () => ({ auth: { kind: "agent" } }), ends: { code: "AGENT_UNAVAILABLE" } },
  ];

  test.each(rows)("$what", async (row) => {
    const person = answering(client, row.answer ?? (() => null));
    const input: HostInput = { ...(await practiceDoor()), ...(await row.host()) };
    const reason = await withHost(input, (hostId) => offlineReason(client, hostId));
    await person.stop();
    met.add(reason.code);
    expect({ ...reason, asked: person.asked.map(({ kind }) => kind) }).toEqual({
      code: row.ends.code,
      details: expect.objectContaining(row.ends.details ?? {}),
      asked: row.asked ?? [],
    });
    expect(tracesIn(said(), "battery-staple-5521")).toEqual([]);
  });

  test("connecting says the same", async () => {
    const port = await freePort();
    const refusal = await withHost({ ...(await practiceDoor()), port }, (hostId) =>
      refused(client.hosts.connect({ hostId })),
    );
    expect(refusal).toMatchObject({ code: "HOST_REFUSED", details: { port } });
  });

  test("two hosts with one name", async () => {
    const input = await practiceDoor();
    expect(await refused(client.hosts.add({ ...input, name: "orion" }))).toMatchObject({ code: "CONFLICT" });
  });
});

describe("a host whose key has changed", () => {
  test("is an incident until the right fingerprint is given, and the others go on", async () => {
    const fault = (name: "host-key-changed" | "link-drop", on: boolean) =>
      client.practice.fault({ hostId: "vega", fault: name, on });
    await online(client, "vega");
    await fault("host-key-changed", true);
    await fault("link-drop", true);
    await fault("link-drop", false);
    const incident = await until(async () => (await client.hosts.get({ hostId: "vega" })).incident, {
      timeoutMs: 20_000,
    });
    const { link, hostKey } = await client.hosts.get({ hostId: "vega" });
    met.add(link.reason?.code ?? "");
    expect(link).toMatchObject({ phase: "offline", reason: { code: "HOST_KEY_CHANGED" } });
    expect(incident.expected.map(({ fingerprint }) => fingerprint)).toEqual([hostKey?.fingerprint]);
    expect(incident.presented.fingerprint).not.toBe(hostKey?.fingerprint);

    const accept = (fingerprint: string) =>
      client.hosts.acceptKey({
        hostId: "vega",
        proof: { kind: "fingerprint", fingerprint },
        reason: "reinstalled, told by its owner",
      });
    for (const wrong of [
      hostKey?.fingerprint ?? "",
      "SHA256:AAAA",
      "yes",
      incident.presented.fingerprint.slice(0, -1),
    ]) {
      expect(await refused(accept(wrong))).toMatchObject({ code: "BAD_INPUT", details: { field: "fingerprint" } });
    }
    const old = "gpu ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGrxs0ks4xJ8bWZ3zOeXhWqHc8tqk2m6v2fUxYxV9aBb";
    for (const [text, reason] of [
      ["<html>", "inventory-unreadable"],
      [old, "inventory-other-host"],
      [`${old}\n`.repeat(20_000), "inventory-other-host"],
    ] as const) {
      const proof = { kind: "inventory" as const, text };
      const answer = refused(client.hosts.acceptKey({ hostId: "vega", proof, reason: "from provisioning" }));
      expect(await answer).toMatchObject({ code: "HOST_KEY_REJECTED", details: { reason } });
    }
    const tooLong = { kind: "inventory" as const, text: "x".repeat(2 * 2 ** 20 + 1) };
    const much = client.hosts.acceptKey({ hostId: "vega", proof: tooLong, reason: "from provisioning" });
    expect(await refused(much)).toMatchObject({ code: "BAD_INPUT" });
    expect(await refused(client.hosts.connect({ hostId: "vega" }))).toMatchObject({ code: "HOST_KEY_CHANGED" });
    expect(await refused(client.containers.images({ hostId: "vega" }))).toMatchObject({ code: "HOST_OFFLINE" });
    expect((await client.hosts.get({ hostId: "orion" })).link.phase).toBe("online");

    await accept(incident.presented.fingerprint);
    await online(client, "vega");
    const after = await client.hosts.get({ hostId: "vega" });
    expect({ incident: after.incident, key: after.hostKey?.fingerprint }).toEqual({
      incident: null,
      key: incident.presented.fingerprint,
    });
    // Back to the first key, which is now the one that is not expected.
    await fault("host-key-changed", false);
  });
});

describe("a host without an engine for us", () => {
  const problemOn = async (on: Client, socketPath: string) => {
    const { hostId } = await on.hosts.add({ kind: "local", name: "throwaway", environment: "development", socketPath });
    const problem = await until(async () => (await on.hosts.get({ hostId })).engineProblem, { timeoutMs: 20_000 });
    const refusal = await refused(on.containers.images({ hostId }));
    const { problems } = await on.containers.list({ hostId });
    await on.hosts.remove({ hostId });
    expect([refusal.code, ...problems.map((each) => each.problem.code)]).toEqual([problem.code, problem.code]);
    return problem;
  };

  const engine = (version: object) => createHttpServer((_request, response) => response.end(JSON.stringify(version)));

  test("no socket", async () => {
    const tried = file("no-docker.sock");
    expect(await problemOn(client, tried)).toEqual({ code: "ENGINE_SOCKET_MISSING", details: { tried } });
  });

  test("a file in place of the socket", async () => {
    writeFileSync(file("file.sock"), "");
    expect(await problemOn(client, file("file.sock"))).toMatchObject({ code: "ENGINE_SOCKET_MISSING" });
  });

  test("an engine too old", async () => {
    await listening(engine({ Version: "18.09.1", ApiVersion: "1.39", MinAPIVersion: "1.12" }), file("old.sock"));
    expect(await problemOn(client, file("old.sock"))).toEqual({
      code: "ENGINE_TOO_OLD",
      details: { theirs: "1.39", need: "1.40" },
    });
  });

  test("something that is no engine", async () => {
    await listening(engine({ hello: "world" }), file("other.sock"));
    expect(await problemOn(client, file("other.sock"))).toMatchObject({ code: "ENGINE_ERROR" });
  });

  test("a socket that we may not open", async () => {
    const path = file("denied.sock");
    await listening(engine({}), path);
    chmodSync(path, 0o600);
    // Root may open everything: then the shipped program runs as nobody.
    const root = process.getuid?.() === 0;
    if (!root) chmodSync(path, 0o000);
    else chmodSync(folder.path, 0o755);
    const served = root
      ? await startServed({ PATH: process.env.PATH ?? "", HOME: "/nonexistent" }, { uid: 65_534 })
      : null;
    try {
      expect(await problemOn(served?.client ?? client, path)).toMatchObject({
        code: "ENGINE_SOCKET_DENIED",
        details: { socket: path, mode: root ? "600" : "0" },
      });
    } finally {
      await served?.stop();
      served?.cleanup();
    }
  });
});

describe("a launch spec", () => {
  const inADay = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
  const base = () =>
    specOf(client, { hostId: "orion", gpu: null, image: "gatehouse/inference-server:1" }, "chat-echo", "bad");
  const mount = (source: string) => ({ mounts: [{ source, target: "/data", readOnly: true }] });

  const wrong: [what: string, over: object, field: string][] = [
    ["with an unknown field", { sudo: true }, ""],
    [
      "with an unknown field inside",
      { mounts: [{ source: "/srv", target: "/d", readOnly: true, mode: "z" }] },
      "mounts.0",
    ],
    ["with a memory limit below zero", { memoryBytes: -1 }, "memoryBytes"],
    ["with a memory limit that is no number", { memoryBytes: "1g" }, "memoryBytes"],
    ["with cores below zero", { cpus: -0.5 }, "cpus"],
    ["with processes below zero", { pidsLimit: -1 }, "pidsLimit"],
    ["with shared memory below zero", { shmBytes: -1 }, "shmBytes"],
    ["with a log size below zero", { logMaxMiB: -10 }, "logMaxMiB"],
    ["with a tmpfs below zero", { tmpfs: [{ path: "/tmp", sizeBytes: -1, exec: false }] }, "tmpfs.0.sizeBytes"],
    [
      "with a port below zero",
      { publish: [{ address: "127.0.0.1", hostPort: -1, containerPort: 80 }] },
      "publish.0.hostPort",
    ],
    [
      "with a port above all",
      { publish: [{ address: "127.0.0.1", hostPort: 65_536, containerPort: 80 }] },
      "publish.0.hostPort",
    ],
    ["with a path that climbs", mount("/srv/../etc"), "mounts.0.source"],
    ["with a path that is relative", mount("srv/models"), "mounts.0.source"],
    ["with a path that is relative to here", mount("./srv"), "mounts.0.source"],
    ["with a path of somebody's home", mount("~"), "mounts.0.source"],
    ["with a volume's name that is an option", mount("-srv"), "mounts.0.source"],
    ["with a path that hides another mount", mount("/srv:/etc"), "mounts.0.source"],
    ["with a name that is an option", { name: "--privileged" }, "name"],
    ["with a name that is a path", { name: "../bad" }, "name"],
    ["with an image that is an option", { image: "-v/:/host" }, "image"],
    ["with a user that is a command", { user: "0; id" }, "user"],
    ["with a capability in lower case", { capAdd: ["sys_admin"] }, "capAdd.0"],
    ["with a GPU by index", { gpus: ["0"] }, "gpus.0"],
    ["with a setting's name that is none", { env: { "A B": "c" } }, "env.A B"],
    [
      "with a relaxation without a date",
      { relaxations: [{ rule: "user", reason: "because", until: "soon" }] },
      "relaxations.0.until",
    ],
    [
      "with a relaxation without a reason",
      { relaxations: [{ rule: "user", reason: " ", until: inADay }] },
      "relaxations.0.reason",
    ],
    [
      "with a secret that has no name",
      { secrets: [{ ref: { environment: "development", name: "a b" }, delivery: "file" }] },
      "secrets.0.ref.name",
    ],
    [
      "with seventy secrets",
      { secrets: Array(70).fill({ ref: { environment: "development", name: "A" }, delivery: "file" }) },
      "secrets",
    ],
    ["with a command without an end", { command: Array(10_000).fill("x") }, "command"],
  ];
  test.each(wrong)("%s is refused at once", async (_, over, field) => {
    const spec = { ...(await base()), ...over } as LaunchSpec;
    for (const call of [client.containers.plan(spec), client.containers.launch(spec)]) {
      expect(await refused(call)).toEqual({ code: "BAD_INPUT", details: { field, reason: expect.any(String) } });
    }
  });

  test("with a name in place of a path means a volume of the engine, never a folder beside the console", async () => {
    const { command } = await client.containers.plan({ ...(await base()), ...mount("srv") });
    expect(command).toContain("--mount=type=volume,source=srv,target=/data,readonly");
  });

  const denied: [what: string, over: Partial<LaunchSpec>, rule: string][] = [
    [
      "open to every address",
      { network: "bridge", publish: [{ address: "0.0.0.0", hostPort: 8000, containerPort: 8000 }] },
      "publish-public",
    ],
    [
      "open to every address, unsaid",
      { network: "bridge", publish: [{ address: "", hostPort: 8000, containerPort: 8000 }] },
      "publish-public",
    ],
    [
      "open to every address of IPv6",
      { network: "bridge", publish: [{ address: "::", hostPort: 8000, containerPort: 8000 }] },
      "publish-public",
    ],
    ["that mounts the root", mount("/"), "host-paths"],
    ["that mounts /etc", mount("/etc"), "host-paths"],
    ["that mounts /etc by another spelling", mount("//etc/./"), "host-paths"],
    ["that mounts the engine's socket", mount("/var/run/docker.sock"), "engine-socket"],
    ["that mounts the engine's socket by its other name", mount("/run/docker.sock"), "engine-socket"],
    ["that mounts the socket's folder", mount("/run"), "engine-socket"],
    [
      "that is privileged, excuse or not",
      { privileged: true, relaxations: [{ rule: "not-privileged", reason: "because I want it", until: inADay }] },
      "not-privileged",
    ],
    ["that runs as root", { user: "0:0" }, "user"],
    [
      "with a relaxation that has expired",
      { user: "0:0", relaxations: [{ rule: "user", reason: "it was needed", until: "2024-01-31" }] },
      "user",
    ],
    ["on the host's network", { network: "host" }, "host-network"],
    ["with a capability", { capAdd: ["SYS_ADMIN"] }, "capabilities"],
    [
      "with a stored secret among its settings",
      { env: { API_TOKEN: "abcdef0123456789abcdef0123456789" } },
      "env-secrets",
    ],
  ];
  test.each(denied)("%s is not started", async (_, over, rule) => {
    const spec = { ...(await base()), ...over };
    const plan = await client.containers.plan(spec);
    const findings = plan.findings
      .filter(({ status }) => status === "fail" || status === "expired")
      .map((each) => each.rule);
    expect({ allowed: plan.allowed, findings }).toEqual({ allowed: false, findings: expect.arrayContaining([rule]) });
    const { launchId } = await client.containers.launch(spec);
    const { state, problem, leftBehind } = await watchLaunch(client, launchId);
    met.add(problem?.code ?? "");
    expect({ state, problem, leftBehind }).toMatchObject({
      state: "failed",
      problem: { code: "POLICY_DENIED" },
      leftBehind: [],
    });
    expect(String(problem?.details.rules)).toContain(rule);
  });

  test.each([
    ["an image that nobody has", { image: "gatehouse/none:1" }, "IMAGE_NOT_FOUND", { image: "gatehouse/none:1" }],
    ["a path that is not on the host", mount("/srv/none/such"), "HOST_PATH_MISSING", { path: "/srv/none/such" }],
  ])("with %s fails on the host", async (_, over, code, details) => {
    const { launchId } = await client.containers.launch({ ...(await base()), ...over });
    const launch = await watchLaunch(client, launchId);
    met.add(launch.problem?.code ?? "");
    expect({ problem: launch.problem, leftBehind: launch.leftBehind }).toEqual({
      problem: { code, details },
      leftBehind: [],
    });
  });

  test("two launches with one name: the second is refused, the first goes on", async () => {
    const spec = await base();
    const { launchId } = await client.containers.launch(spec);
    expect(await refused(client.containers.launch(spec))).toEqual({ code: "NAME_TAKEN", details: { name: "bad" } });
    const first = await watchLaunch(client, launchId);
    expect(first.state).toBe("done");
    const again = await watchLaunch(client, (await client.containers.launch(spec)).launchId);
    expect(again.problem).toEqual({ code: "NAME_TAKEN", details: { name: "bad" } });
    const containerId = first.containerId as string;
    const removal = { hostId: "orion", containerId, confirm: "good" };
    expect(await refused(client.containers.remove(removal))).toMatchObject({
      code: "BAD_INPUT",
      details: { field: "confirm" },
    });
    await client.containers.remove({ ...removal, confirm: "bad" });
  });
});

describe("a secret", () => {
  const put = (over: object) =>
    client.secrets.put({ environment: "development", name: "BAD", value: "good enough", encoding: "text", ...over });
  const pasted = `${canary()}${canary()}`;
  test.each([
    ["with a blank in its name", { name: "HF TOKEN" }, "SECRET_NAME_INVALID"],
    ["whose name begins with a digit", { name: "1TOKEN" }, "SECRET_NAME_INVALID"],
    ["whose name is a path", { name: "../../etc/passwd" }, "SECRET_NAME_INVALID"],
    ["without a name", { name: "" }, "SECRET_NAME_INVALID"],
    ["with its value in place of its name", { name: pasted }, "SECRET_NAME_INVALID"],
    ["without a value", { value: "" }, "SECRET_EMPTY"],
    ["of one megabyte", { value: "x".repeat(1_000_000) }, "SECRET_TOO_LARGE"],
    ["larger than the door takes", { value: "x".repeat(2_000_001) }, "BAD_INPUT"],
    ["that is no base64", { value: "§§§", encoding: "base64" }, "BAD_INPUT"],
    ["in an environment that is a path", { environment: "../production" }, "BAD_INPUT"],
  ])("%s is refused", async (_, over, code) => {
    expect((await refused(put(over))).code).toBe(code);
    expect((await client.secrets.list({})).map(({ name }) => name)).toEqual(["HF_TOKEN"]);
  });

  test("whose value was typed as its name is in no file, no log and no answer", async () => {
    expect({ traffic: tracesIn(said(), pasted), files: tracesInFolder(running.test.ports.paths.data, pasted) }).toEqual(
      {
        traffic: [],
        files: [],
      },
    );
  });

  test("that is binary goes in and comes out the same", async () => {
    const value = Buffer.from([0, 255, 128, 10, 13, 0, 195, 40]).toString("base64");
    await put({ value, encoding: "base64" });
    expect(await client.secrets.reveal({ environment: "development", name: "BAD", reason: "" })).toMatchObject({
      value,
      encoding: "base64",
    });
    expect(
      await refused(client.secrets.remove({ environment: "development", name: "BAD", confirm: "bad" })),
    ).toMatchObject({
      code: "BAD_INPUT",
      details: { field: "confirm" },
    });
    await client.secrets.remove({ environment: "development", name: "BAD", confirm: "BAD" });
  });

  test("that is not there", async () => {
    const none = { environment: "development", name: "NONE" };
    expect(await refused(client.secrets.reveal({ ...none, reason: "" }))).toMatchObject({ code: "SECRET_NOT_FOUND" });
    expect(await refused(client.secrets.remove({ ...none, confirm: "NONE" }))).toMatchObject({
      code: "SECRET_NOT_FOUND",
    });
  });

  test("of production is not shown without a reason", async () => {
    await put({ environment: "production" });
    const one = { environment: "production", name: "BAD" };
    expect(await refused(client.secrets.reveal({ ...one, reason: "  " }))).toMatchObject({ code: "REASON_REQUIRED" });
    await client.secrets.remove({ ...one, confirm: "BAD" });
  });
});

describe("every procedure of the contract", () => {
  const container = "0".repeat(64);
  const nobody = { hostId: "nobody", containerId: container };
  const missing: [path: string, input: unknown, code: string][] = [
    ["prompts.answer", { id: "none", answer: { kind: "accept" } }, "NOT_FOUND"],
    ["hosts.get", { hostId: "nobody" }, "HOST_UNKNOWN"],
    ["hosts.remove", { hostId: "nobody" }, "HOST_UNKNOWN"],
    ["hosts.connect", { hostId: "nobody" }, "HOST_UNKNOWN"],
    ["hosts.disconnect", { hostId: "nobody" }, "HOST_UNKNOWN"],
    [
      "hosts.acceptKey",
      { hostId: "nobody", proof: { kind: "fingerprint", fingerprint: "SHA256:x" }, reason: "why not" },
      "HOST_UNKNOWN",
    ],
    ["hosts.metrics", { hostId: "nobody" }, "HOST_UNKNOWN"],
    ["hosts.remove", { hostId: "orion" }, "CONFLICT"],
    ["containers.list", { hostId: "nobody" }, "HOST_UNKNOWN"],
    ["containers.templates", { hostId: "nobody" }, "HOST_UNKNOWN"],
    ["containers.images", { hostId: "nobody" }, "HOST_UNKNOWN"],
    ...["get", "stats", "start", "stop", "restart", "prove"].flatMap((name): [string, unknown, string][] => [
      [`containers.${name}`, nobody, "HOST_UNKNOWN"],
      [`containers.${name}`, { ...nobody, hostId: "orion" }, "CONTAINER_NOT_FOUND"],
    ]),
    ["containers.remove", { ...nobody, confirm: "x" }, "HOST_UNKNOWN"],
    ["containers.remove", { ...nobody, hostId: "orion", confirm: "x" }, "CONTAINER_NOT_FOUND"],
    ["launches.watch", { launchId: "none" }, "NOT_FOUND"],
    ["launches.cancel", { launchId: "none" }, "NOT_FOUND"],
    ["logs.open", { sources: [{ kind: "container", ...nobody }] }, "HOST_UNKNOWN"],
    [
      "logs.open",
      {
        sources: [
          { kind: "kept", id: "none" },
          { kind: "container", ...nobody },
        ],
      },
      "HOST_UNKNOWN",
    ],
    ["logs.offers", { hostId: "nobody" }, "HOST_UNKNOWN"],
    ["logs.watch", { bufferId: "none" }, "NOT_FOUND"],
    ["logs.window", { bufferId: "none", from: 0, count: 1 }, "NOT_FOUND"],
    ["logs.locate", { bufferId: "none", target: { by: "index", index: 0 } }, "NOT_FOUND"],
    ["logs.density", { bufferId: "none", buckets: 1 }, "NOT_FOUND"],
    ["logs.line", { bufferId: "none", index: 0 }, "NOT_FOUND"],
    ["logs.mark", { bufferId: "none", index: 0, note: "" }, "NOT_FOUND"],
    ["logs.unmark", { bufferId: "none", index: 0 }, "NOT_FOUND"],
    ["logs.save", { bufferId: "none", format: "text" }, "NOT_FOUND"],
    ["logs.pin", { bufferId: "none", pinned: true }, "NOT_FOUND"],
    ["logs.dropKept", { id: "none" }, "NOT_FOUND"],
    ["inference.chat", { ...nobody, messages: [{ role: "user", content: "x" }], maxTokens: 1 }, "HOST_UNKNOWN"],
    ["inference.infer", { ...nobody, inputs: {} }, "HOST_UNKNOWN"],
    ["practice.fault", { hostId: "nobody", fault: "link-drop", on: true }, "HOST_UNKNOWN"],
  ];
  test.each(missing)("%s of what is not there: %#", async (path, input, code) => {
    expect((await refused(drained(call(path, input)))).code).toBe(code);
  });

  const procedures = Object.entries(contract).flatMap(([room, of]) =>
    Object.entries(of).map(([name, procedure]) => ({
      path: `${room}.${name}`,
      takes: procedure["~orpc"].inputSchema !== undefined,
    })),
  );
  const hostile: [what: string, input: unknown][] = [
    ["nothing", undefined],
    ["null", null],
    ["a number", -1],
    ["a text", "' OR 1=1; --"],
    ["a list", [[]]],
    ["a field that nobody asked for", { $where: "sleep(1000)" }],
    [
      "objects in place of texts",
      { hostId: {}, containerId: [], bufferId: null, name: 7, launchId: {}, id: {}, passphrase: 1 },
    ],
    [
      "far too long a text",
      { hostId: "x".repeat(200_000), name: "x".repeat(200_000), passphrase: "x".repeat(200_000) },
    ],
    ["a deep tree", Array.from({ length: 500 }).reduce<object>((inner) => ({ inner }), {})],
    ["another prototype", JSON.parse('{"__proto__":{"hostId":"orion"},"constructor":{"prototype":{}}}')],
  ];
  const takers = procedures.filter(({ takes }) => takes).map(({ path }) => path);
  /** What all of whose fields may be left out. */
  const optional = new Set([
    "settings.set",
    "containers.list",
    "containers.templates",
    "secrets.list",
    "notebooks.refresh",
    "alerts.acknowledge",
  ]);

  test("the list of procedures is the contract's", () => {
    expect(procedures.length).toBeGreaterThan(45);
    expect(takers.length).toBeGreaterThan(30);
  });

  test.each(takers)("%s refuses what is no input of its", async (path) => {
    for (const [what, input] of hostile) {
      const outcome = await refused(drained(call(path, input))).catch((error: unknown) => ({ code: String(error) }));
      expect({ what, ...outcome }).toMatchObject({ what, code: "BAD_INPUT" });
    }
    if (!optional.has(path)) expect((await refused(drained(call(path, {})))).code).toBe("BAD_INPUT");
  });

  test("an answer of another kind than was asked for does not settle the question", async () => {
    const input = await practiceDoor();
    await withHost({ ...input, auth: { kind: "key", path: keyFile("asked", "correct horse") } }, async (hostId) => {
      const signal = AbortSignal.timeout(10_000);
      for await (const prompts of await client.prompts.watch(undefined, { signal })) {
        const asked = prompts.find((each) => each.hostId === hostId);
        if (asked === undefined) continue;
        const wrong = client.prompts.answer({ id: asked.id, answer: { kind: "accept" } });
        expect(await refused(wrong)).toMatchObject({ code: "BAD_INPUT", details: { field: "answer" } });
        await client.prompts.answer({ id: asked.id, answer: { kind: "dismiss" } });
        break;
      }
      expect((await offlineReason(client, hostId)).code).toBe("PROMPT_DISMISSED");
    });
  });

  function call(path: string, input: unknown): Promise<unknown> {
    const [room = "", name = ""] = path.split(".");
    const of = client[room as keyof Client] as unknown as Record<string, (input: unknown) => Promise<unknown>>;
    return (of[name] as (input: unknown) => Promise<unknown>)(input);
  }

  /** A stream fails when it is read. */
  async function drained(answer: Promise<unknown>): Promise<unknown> {
    const value = await answer;
    if (typeof value !== "object" || value === null || !(Symbol.asyncIterator in value)) return value;
    for await (const _ of value as AsyncIterable<unknown>) break;
    return value;
  }
});

describe("after all of that", () => {
  test("nothing is lost, nothing was a bug, and the audit is whole", async () => {
    const { launches, ...rest } = (await belongings()) as { launches: number };
    const { launches: none, ...was } = before as { launches: number };
    expect(rest).toEqual(was);
    expect(launches).toBeGreaterThan(none);
    expect(running.bugs).toEqual([]);
    expect(await client.audit.verify()).toMatchObject({ verdict: "whole", damage: [] });
  });

  test("every code that was met has words in both languages", () => {
    expect(met.size).toBeGreaterThan(20);
    const catalogues = { en, ru } as Record<string, Record<string, string>>;
    const wordless = [...met].flatMap((code) =>
      [`error.${code}`, `error.${code}.hint`].flatMap((id) =>
        Object.entries(catalogues).flatMap(([language, words]) => {
          const text = words[id] ?? "";
          return text !== "" && (language !== "ru" || /[а-я]/i.test(text)) ? [] : [`${language} ${id}`];
        }),
      ),
    );
    expect(wordless).toEqual([]);
    expect([...met].filter((code) => code === "INTERNAL" || code === "")).toEqual([]);
  });
});
