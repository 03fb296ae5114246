import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { openCore, type TestCore } from "../helpers/core.ts";
import { type Client, type OpenDoor, openDoor } from "../helpers/doors.ts";
import { type LabSshd, mustSkip, startSshd } from "../helpers/lab/index.ts";
import { until } from "../helpers/until.ts";

describe.skipIf(mustSkip("hosts of the ssh configuration, from the contract", "sshd"))(
  "hosts over the contract",
  () => {
    let far: LabSshd;
    let hop: LabSshd;
    let running: TestCore;
    let door: OpenDoor;
    let client: Client;
    const home = () => running.test.ports.paths.home;

    beforeAll(async () => {
      [far, hop] = await Promise.all([startSshd(), startSshd()]);
      running = await openCore();
      door = await openDoor("in-process", running.core);
      client = door.client;
      mkdirSync(join(home(), ".ssh"), { mode: 0o700 });
      writeFileSync(join(home(), "known"), [known(far), known(hop)].join("\n"));
      writeFileSync(
        join(home(), ".ssh", "config"),
        [...section("far", far), " ProxyJump hop", " Ciphers aes256-ctr", ...section("hop", hop), ""].join("\n"),
      );
    });
    afterEach(() => expect(running.bugs).toEqual([]));
    afterAll(async () => {
      await door?.close();
      await running?.close();
      await Promise.all([far?.stop(), hop?.stop()]);
    });

    const known = (sshd: LabSshd) => `[127.0.0.1]:${sshd.port} ${sshd.hostKey.publicText}`;
    const section = (name: string, sshd: LabSshd) => [
      `Host ${name}`,
      " HostName 127.0.0.1",
      ` Port ${sshd.port}`,
      ` User ${sshd.user}`,
      ` IdentityFile ${sshd.userKey.file}`,
      " IdentityAgent none",
      ` UserKnownHostsFile ${join(home(), "known")}`,
      " GlobalKnownHostsFile /dev/null",
    ];

    async function addFar(name: string): Promise<string> {
      const place = { address: "127.0.0.1", port: far.port, user: far.user };
      const { hostId } = await client.hosts.add({
        ...{ kind: "ssh", name, environment: "development", auth: { kind: "config" }, config: "far" },
        ...place,
      });
      await until(async () => (await client.hosts.get({ hostId })).link.phase === "online", { timeoutMs: 10_000 });
      return hostId;
    }

    test("hosts.configured offers what the configuration names", async () => {
      const { hosts, problems, truncated } = await client.hosts.configured();
      expect({ problems, truncated }).toEqual({ problems: [], truncated: 0 });
      expect(hosts).toEqual([
        {
          name: "far",
          address: "127.0.0.1",
          user: far.user,
          port: far.port,
          via: "hop",
          source: `${join(home(), ".ssh", "config")}:1`,
          resolvedBy: "ssh",
          notHonoured: ["ciphers aes256-ctr"],
          reason: null,
        },
        expect.objectContaining({ name: "hop", via: "", notHonoured: [] }),
      ]);
    });

    test("a configured host connects through its hop, and hosts.route shows the way", async () => {
      const hostId = await addFar("routed");
      const { channels, identityFiles, ...route } = await client.hosts.route({ hostId });
      expect({ route, identityFiles, limit: channels.limit }).toEqual({
        route: {
          config: "far",
          resolvedBy: "ssh",
          address: "127.0.0.1",
          port: far.port,
          user: far.user,
          hops: [{ address: "127.0.0.1", port: hop.port, user: hop.user }],
          proxyCommand: null,
        transport: { by: "library", reason: "default" },
        certificates: [],
          notHonoured: ["ciphers aes256-ctr"],
        },
        identityFiles: [far.userKey.file],
        limit: 8,
      });
      await client.hosts.remove({ hostId });
    });

    test.each([
      ["a name with shell characters", { config: "a;b" }],
      ["a name that looks like an option", { config: "-oProxyCommand=x" }],
      ["a hop that looks like an option", { jumps: ["-oX"] }],
      ["nine hops", { jumps: Array.from({ length: 9 }, (_, i) => `h${i}`) }],
    ])("must be refused: %s", async (_name, more) => {
      const base = { kind: "ssh", name: "bad", environment: "development", auth: { kind: "config" } } as const;
      const adding = client.hosts.add({ ...base, address: "x", port: 22, user: "u", ...more });
      await expect(adding).rejects.toMatchObject({ code: "BAD_INPUT" });
    });
  },
);
