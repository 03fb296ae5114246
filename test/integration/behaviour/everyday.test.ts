/** What a person does beside the main job: names a host anew, looks at keys and figures, stops and starts, ends the practice. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import ssh2 from "ssh2";
import { afterAll, beforeAll, expect, test } from "vitest";
import { refusalOf } from "../../helpers/behaviour.ts";
import { openCore, type TestCore } from "../../helpers/core.ts";
import { type Client, type OpenDoor, openDoor } from "../../helpers/doors.ts";
import { until } from "../../helpers/until.ts";
import { online, rowOf, specOf, watchLaunch } from "./mainJob.ts";

let running: TestCore;
let door: OpenDoor;
let client: Client;

beforeAll(async () => {
  running = await openCore({ practice: true });
  door = await openDoor("message-port", running.core);
  client = door.client;
  await online(client, "orion");
});

afterAll(async () => {
  expect(running.bugs).toEqual([]);
  await door.close();
  await running.close();
});

test("hosts.update names a host anew and keeps its id; a practice host stays what it is", async () => {
  const input = { kind: "local" as const, environment: "development", socketPath: "/nonexistent/docker.sock" };
  const { hostId } = await client.hosts.add({ ...input, name: "before" });
  await client.hosts.update({ hostId, host: { ...input, name: "after", environment: "staging" } });
  expect(await client.hosts.get({ hostId })).toMatchObject({ id: hostId, name: "after", environment: "staging" });
  const taken = client.hosts.update({ hostId, host: { ...input, name: "orion" } });
  expect(await refusalOf(taken)).toMatchObject({ code: "CONFLICT", details: { name: "orion" } });
  const practice = client.hosts.update({ hostId: "orion", host: { ...input, name: "mine" } });
  expect(await refusalOf(practice)).toMatchObject({ code: "CONFLICT" });
  expect(await refusalOf(client.hosts.update({ hostId: "nobody", host: { ...input, name: "x" } }))).toMatchObject({
    code: "HOST_UNKNOWN",
  });
  await client.hosts.remove({ hostId });
});

test("hosts.identities lists key files and says what is wrong with them", async () => {
  const folder = join(running.test.ports.paths.home, ".ssh");
  mkdirSync(folder, { mode: 0o700 });
  const key = ssh2.utils.generateKeyPairSync("ed25519");
  writeFileSync(join(folder, "id_ed25519"), key.private, { mode: 0o600 });
  writeFileSync(join(folder, "id_ed25519.pub"), key.public);
  writeFileSync(join(folder, "open"), key.private, { mode: 0o644 });
  writeFileSync(join(folder, "known_hosts"), "");
  const { keys, agent } = await client.hosts.identities();
  expect(keys).toEqual([
    { path: join(folder, "id_ed25519"), type: "ssh-ed25519", encrypted: false, problem: null },
    {
      path: join(folder, "open"),
      type: "ssh-ed25519",
      encrypted: false,
      problem: expect.stringContaining("chmod 600"),
    },
  ]);
  expect(agent).toMatchObject({ available: false, keys: [] });
});

test("containers.stats shows figures; containers.start brings a stopped one back with its key", async () => {
  const spec = await specOf(
    client,
    { hostId: "orion", gpu: null, image: "gatehouse/inference-server:1" },
    "chat-echo",
    "everyday",
  );
  const launch = await watchLaunch(client, (await client.containers.launch(spec)).launchId);
  const at = { hostId: "orion", containerId: launch.containerId as string };
  for await (const figures of await client.containers.stats(at, { signal: AbortSignal.timeout(10_000) })) {
    expect(figures).toMatchObject({ pids: expect.any(Number), memoryLimitBytes: 2 ** 30 });
    break;
  }
  await client.containers.stop(at);
  await until(async () => (await rowOf(client, at.hostId, at.containerId))?.state === "exited", { timeoutMs: 10_000 });
  await client.containers.start(at);
  const chat = { ...at, messages: [{ role: "user" as const, content: "back again" }], maxTokens: 16 };
  expect((await client.inference.chat(chat)).answer).toContain("back again");
  await client.containers.remove({ ...at, confirm: "everyday" });
});

test("practice.stop takes the simulated hosts away with all they hold, practice.start brings them back", async () => {
  const names = async () => (await client.hosts.list()).filter(({ simulated }) => simulated).map(({ name }) => name);
  expect(await client.practice.state()).toMatchObject({ running: true });
  expect(await client.practice.stop()).toEqual({ running: false, hosts: [] });
  expect(await names()).toEqual([]);
  expect(await refusalOf(client.hosts.get({ hostId: "orion" }))).toMatchObject({ code: "HOST_UNKNOWN" });
  expect((await client.practice.start()).running).toBe(true);
  expect(await names()).toEqual(["orion", "vega", "lyra"]);
  await online(client, "orion");
});
