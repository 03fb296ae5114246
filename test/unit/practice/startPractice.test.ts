import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { Client, utils } from "ssh2";
import { afterEach, describe, expect, test } from "vitest";
import { practiceFaults } from "../../../electron/practice/index.ts";
import { openRunDir } from "../../../electron/practice/runDir.ts";
import { fakeClock, tempFolder } from "../../helpers/ports.ts";
import { openFleet, type TestFleet } from "../../helpers/practice.ts";
import { until } from "../../helpers/until.ts";

const open: TestFleet[] = [];
async function fleetOf(options: Parameters<typeof openFleet>[0] = {}): Promise<TestFleet> {
  const fleet = await openFleet(options);
  open.push(fleet);
  return fleet;
}
afterEach(async () => {
  for (const fleet of open.splice(0)) await fleet.close();
});

function reach(port: number): Promise<"open" | "refused"> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve("open");
    });
    socket.once("error", () => resolve("refused"));
  });
}

function logIn(fleet: TestFleet, id: "orion" | "lyra"): Promise<Client> {
  const host = fleet.host(id);
  const client = new Client();
  return new Promise((resolve, reject) => {
    client.once("ready", () => resolve(client));
    client.once("error", reject);
    client.connect({
      host: host.address,
      port: host.port,
      username: host.user,
      privateKey: readFileSync(host.keyFile),
    });
  });
}

test("three hosts, each with its own key; keys are private files and the same at the next start", async () => {
  const folder = tempFolder();
  const dir = join(folder.path, "kept");
  const first = await fleetOf({ dir });
  const told = first.fleet.hosts.map(({ name, hostKey, hostKeyFingerprint, user }) => ({
    name,
    hostKey,
    hostKeyFingerprint,
    user,
  }));
  expect(told.map(({ name }) => name)).toEqual(["orion", "vega", "lyra"]);
  expect(new Set(told.map(({ hostKey }) => hostKey)).size).toBe(3);
  for (const name of readdirSync(join(dir, "keys"))) {
    expect(statSync(join(dir, "keys", name)).mode & 0o777, name).toBe(0o600);
  }
  const { keyFile } = first.host("orion");
  const key = readFileSync(keyFile, "utf8");
  expect(key).toMatch(/^-----BEGIN OPENSSH PRIVATE KEY-----/);
  await first.fleet.dispose();
  const second = await fleetOf({ dir });
  expect(
    second.fleet.hosts.map(({ name, hostKey, hostKeyFingerprint, user }) => ({
      name,
      hostKey,
      hostKeyFingerprint,
      user,
    })),
  ).toEqual(told);
  expect(readFileSync(second.host("orion").keyFile, "utf8")).toBe(key);
  await second.fleet.dispose();
  folder.cleanup();
});

test("dispose leaves nothing: no program, no port, no folder, no handle", async () => {
  const busy = () =>
    process
      .getActiveResourcesInfo()
      .filter((name) => !["Timeout", "Immediate", "PipeWrap", "TTYWrap", "FSReqPromise", "CloseReq"].includes(name))
      .length;
  const before = busy();
  const fleet = await fleetOf();
  const client = await logIn(fleet, "orion");
  client.on("error", () => undefined);
  const running = new Promise<void>((resolve) => {
    client.exec("nvidia-smi --query-gpu=index --format=csv -l 1", (_error, channel) => channel.once("data", resolve));
  });
  const streaming = new Promise<void>((resolve) => {
    client.openssh_forwardOutStreamLocal("/var/run/docker.sock", (_error, stream) => {
      stream.on("error", () => undefined).once("data", () => resolve());
      stream.write("GET /events HTTP/1.1\r\nHost: e\r\n\r\n");
    });
  });
  await Promise.all([running, streaming]);
  const closed = new Promise((resolve) => client.once("close", () => resolve(null)));
  await until(() => busy() > before);
  const began = performance.now();
  await fleet.fleet.dispose();
  // A program that loops must not spin when its pauses are cut short.
  expect(performance.now() - began).toBeLessThan(2_500);
  await closed;
  for (const host of fleet.fleet.hosts) expect(await reach(host.port)).toBe("refused");
  expect(readdirSync(fleet.dir)).toEqual(["keys"]);
  await until(() => busy() <= before, { what: "all handles are closed" });
  await fleet.fleet.dispose();
});

test("lyra goes away by itself and comes back on the same port; a steady fleet does not", async () => {
  const clock = fakeClock();
  const fleet = await fleetOf({ clock, steady: false });
  const { port } = fleet.host("lyra");
  const client = await logIn(fleet, "lyra");
  const lost = new Promise((resolve) => client.once("close", () => resolve(null)));
  client.on("error", () => undefined);
  await clock.advance(36_999);
  expect(await reach(port)).toBe("open");
  await clock.advance(1);
  await lost;
  await until(async () => (await reach(port)) === "refused");
  expect(await reach(fleet.host("orion").port)).toBe("open");
  await clock.advance(8_000);
  await until(async () => (await reach(port)) === "open");

  const calm = fakeClock();
  const steady = await fleetOf({ clock: calm, steady: true });
  await calm.advance(120_000);
  expect(await reach(steady.host("lyra").port)).toBe("open");
});

describe("faults", () => {
  test("each can be switched on and off again, and is told", async () => {
    const { fleet } = await fleetOf();
    for (const fault of practiceFaults) {
      await fleet.setFault("vega", fault, true);
      await fleet.setFault("vega", fault, true);
      expect(fleet.faults("vega")).toEqual([fault]);
      expect(fleet.faults("orion")).toEqual([]);
      await fleet.setFault("vega", fault, false);
      expect(fleet.faults("vega")).toEqual([]);
    }
  });

  test("must be refused: a host that is not of the fleet", async () => {
    const { fleet } = await fleetOf();
    await expect(fleet.setFault("wings", "link-drop", true)).rejects.toMatchObject({ code: "HOST_UNKNOWN" });
    expect(() => fleet.faults("wings")).toThrow(expect.objectContaining({ code: "HOST_UNKNOWN" }));
  });

  test("link-drop cuts the connections that are open", async () => {
    const fleet = await fleetOf();
    const client = await logIn(fleet, "orion");
    client.on("error", () => undefined);
    const lost = new Promise((resolve) => client.once("close", () => resolve(null)));
    await fleet.fleet.setFault("orion", "link-drop", true);
    await lost;
    expect(await reach(fleet.host("orion").port)).toBe("refused");
    await fleet.fleet.setFault("orion", "link-drop", false);
    (await logIn(fleet, "orion")).end();
  });
});

describe("ssh", () => {
  test("an eleventh session is refused, forwards are not counted", async () => {
    const fleet = await fleetOf();
    const client = await logIn(fleet, "orion");
    const exec = () =>
      new Promise<"ran" | "refused">((resolve) =>
        client.exec("sleep 60", (error) => resolve(error ? "refused" : "ran")),
      );
    const results = await Promise.all(Array.from({ length: 11 }, exec));
    expect(results.filter((result) => result === "ran")).toHaveLength(10);
    const forward = await new Promise((resolve) =>
      client.openssh_forwardOutStreamLocal("/var/run/docker.sock", (error) => resolve(error ?? "ok")),
    );
    expect(forward).toBe("ok");
    client.end();
  });

  test.each([
    [
      "a socket that is not the engine's",
      (client: Client, done: (error?: Error) => void) => client.openssh_forwardOutStreamLocal("/run/other.sock", done),
    ],
    [
      "a port of this very machine",
      (client: Client, done: (error?: Error) => void) => client.forwardOut("127.0.0.1", 0, "127.0.0.1", 22, done),
    ],
    ["sftp", (client: Client, done: (error?: Error) => void) => client.sftp(done)],
  ])("must be refused: %s", async (_name, act) => {
    const fleet = await fleetOf();
    const client = await logIn(fleet, "orion");
    const error = await new Promise<Error | undefined>((resolve) => act(client, resolve));
    expect(error).toBeInstanceOf(Error);
    client.end();
  });

  test("must be refused: a password, and a fresh key", async () => {
    const fleet = await fleetOf();
    const host = fleet.host("orion");
    const { private: privateKey } = utils.generateKeyPairSync("ed25519");
    for (const attempt of [{ password: "x" }, { privateKey }]) {
      const client = new Client();
      const outcome = await new Promise((resolve) => {
        client.once("ready", () => resolve("in"));
        client.on("error", (error) => resolve(error.message));
        client.connect({ host: host.address, port: host.port, username: host.user, ...attempt });
      });
      expect(outcome).toBe("All configured authentication methods failed");
    }
  });
});

test("folders that a killed run left are swept, those of a living one and others stay", () => {
  const folder = tempFolder();
  const gone = join(folder.path, "gatehouse-practice-999999999-abcdef");
  const living = join(folder.path, `gatehouse-practice-${process.pid}-abcdef`);
  for (const path of [gone, living, join(folder.path, "keys")]) writeFileSync(path, "");
  const fresh = openRunDir(folder.path, folder.path);
  const names = readdirSync(folder.path);
  expect(names).not.toContain("gatehouse-practice-999999999-abcdef");
  expect(names).toEqual(expect.arrayContaining([`gatehouse-practice-${process.pid}-abcdef`, "keys"]));
  expect(statSync(fresh).mode & 0o777).toBe(0o700);
  folder.cleanup();
});
