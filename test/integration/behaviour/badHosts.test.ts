/** Hosts that cannot be reached, are not who they were, or have no engine for us: each with its own typed error. */
import { chmodSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import { describe, expect, test } from "vitest";
import type { HostInput, Prompt } from "../../../electron/contract/index.ts";
import { answering, offlineReason } from "../../helpers/behaviour.ts";
import { startServed } from "../../helpers/behaviourServed.ts";
import type { Client } from "../../helpers/doors.ts";
import { freePort } from "../../helpers/lab/process.ts";
import { tracesIn } from "../../helpers/traces.ts";
import { until } from "../../helpers/until.ts";
import { afterAllOfThat, badWorld } from "./badWorld.ts";
import { online } from "./mainJob.ts";

const world = badWorld();
const { file, keyFile, refused, listening, practiceDoor, withHost } = world;

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
      host: async () => ({ auth: { kind: "key", path: world.folder } }),
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
    const person = answering(world.client, row.answer ?? (() => null));
    const input: HostInput = { ...(await practiceDoor()), ...(await row.host()) };
    const reason = await withHost(input, (hostId) => offlineReason(world.client, hostId));
    await person.stop();
    world.met.add(reason.code);
    expect({ ...reason, asked: person.asked.map(({ kind }) => kind) }).toEqual({
      code: row.ends.code,
      details: expect.objectContaining(row.ends.details ?? {}),
      asked: row.asked ?? [],
    });
    expect(tracesIn(world.said(), "battery-staple-5521")).toEqual([]);
  });

  test("connecting says the same", async () => {
    const port = await freePort();
    const refusal = await withHost({ ...(await practiceDoor()), port }, (hostId) =>
      refused(world.client.hosts.connect({ hostId })),
    );
    expect(refusal).toMatchObject({ code: "HOST_REFUSED", details: { port } });
  });

  test("two hosts with one name", async () => {
    const input = await practiceDoor();
    expect(await refused(world.client.hosts.add({ ...input, name: "orion" }))).toMatchObject({ code: "CONFLICT" });
  });
});

describe("a host whose key has changed", () => {
  test("is an incident until the right fingerprint is given, and the others go on", async () => {
    const fault = (name: "host-key-changed" | "link-drop", on: boolean) =>
      world.client.practice.fault({ hostId: "vega", fault: name, on });
    await online(world.client, "vega");
    await fault("host-key-changed", true);
    await fault("link-drop", true);
    await fault("link-drop", false);
    const incident = await until(async () => (await world.client.hosts.get({ hostId: "vega" })).incident, {
      timeoutMs: 20_000,
    });
    const { link, hostKey } = await world.client.hosts.get({ hostId: "vega" });
    world.met.add(link.reason?.code ?? "");
    expect(link).toMatchObject({ phase: "offline", reason: { code: "HOST_KEY_CHANGED" } });
    expect(incident.expected.map(({ fingerprint }) => fingerprint)).toEqual([hostKey?.fingerprint]);
    expect(incident.presented.fingerprint).not.toBe(hostKey?.fingerprint);

    const accept = (fingerprint: string) =>
      world.client.hosts.acceptKey({
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
      const answer = refused(world.client.hosts.acceptKey({ hostId: "vega", proof, reason: "from provisioning" }));
      expect(await answer).toMatchObject({ code: "HOST_KEY_REJECTED", details: { reason } });
    }
    const tooLong = { kind: "inventory" as const, text: "x".repeat(2 * 2 ** 20 + 1) };
    const much = world.client.hosts.acceptKey({ hostId: "vega", proof: tooLong, reason: "from provisioning" });
    expect(await refused(much)).toMatchObject({ code: "BAD_INPUT" });
    expect(await refused(world.client.hosts.connect({ hostId: "vega" }))).toMatchObject({ code: "HOST_KEY_CHANGED" });
    expect(await refused(world.client.containers.images({ hostId: "vega" }))).toMatchObject({ code: "HOST_OFFLINE" });
    expect((await world.client.hosts.get({ hostId: "orion" })).link.phase).toBe("online");

    await accept(incident.presented.fingerprint);
    await online(world.client, "vega");
    const after = await world.client.hosts.get({ hostId: "vega" });
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
    expect(await problemOn(world.client, tried)).toEqual({ code: "ENGINE_SOCKET_MISSING", details: { tried } });
  });

  test("a file in place of the socket", async () => {
    writeFileSync(file("file.sock"), "");
    expect(await problemOn(world.client, file("file.sock"))).toMatchObject({ code: "ENGINE_SOCKET_MISSING" });
  });

  test("an engine too old", async () => {
    await listening(engine({ Version: "18.09.1", ApiVersion: "1.39", MinAPIVersion: "1.12" }), file("old.sock"));
    expect(await problemOn(world.client, file("old.sock"))).toEqual({
      code: "ENGINE_TOO_OLD",
      details: { theirs: "1.39", need: "1.40" },
    });
  });

  test("something that is no engine", async () => {
    await listening(engine({ hello: "world" }), file("other.sock"));
    expect(await problemOn(world.client, file("other.sock"))).toMatchObject({ code: "ENGINE_ERROR" });
  });

  test("a socket that we may not open", async () => {
    const path = file("denied.sock");
    await listening(engine({}), path);
    chmodSync(path, 0o600);
    // Root may open everything: then the shipped program runs as nobody.
    const root = process.getuid?.() === 0;
    if (!root) chmodSync(path, 0o000);
    else chmodSync(world.folder, 0o755);
    const served = root
      ? await startServed({ PATH: process.env.PATH ?? "", HOME: "/nonexistent" }, { uid: 65_534 })
      : null;
    try {
      expect(await problemOn(served?.client ?? world.client, path)).toMatchObject({
        code: "ENGINE_SOCKET_DENIED",
        details: { socket: path, mode: root ? "600" : "0" },
      });
    } finally {
      await served?.stop();
      served?.cleanup();
    }
  });
});

afterAllOfThat(world, 17);
