import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { DiagnosisStep } from "../../electron/contract/index.ts";
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
          allowOpenKeys: false,
        },
        identityFiles: [far.userKey.file],
        limit: 8,
      });
      await client.hosts.remove({ hostId });
    });

    const seen = async (hostId: string) => {
      const last = new Map<number, DiagnosisStep>();
      for await (const step of await client.hosts.diagnose({ hostId })) last.set(step.id, step);
      return [...last.values()];
    };

    test("hosts.diagnose goes the whole way, with times and evidence", async () => {
      const hostId = await addFar("examined");
      const steps = await seen(hostId);
      const way = steps.slice(0, 11).map(({ kind, where, state }) => [kind, where.split(":").at(-1), state]);
      expect(way).toEqual([
        ["config", "", "ok"],
        ["name", `${hop.port}`, "ok"],
        ["tcp", `${hop.port}`, "ok"],
        ["keys", `${hop.port}`, "ok"],
        ["keys", `${far.port}`, "ok"],
        ["host-key", `${hop.port}`, "ok"],
        ["login", `${hop.port}`, "ok"],
        ["host-key", `${far.port}`, "ok"],
        ["login", `${far.port}`, "ok"],
        ["channel", `${far.port}`, "ok"],
        ["link", "", "ok"],
      ]);
      expect(steps[11]?.kind).toBe("engine");
      expect(steps.every(({ ms }) => ms !== null && ms >= 0)).toBe(true);
      const texts = (kind: string, what: string) =>
        steps
          .filter((step) => step.kind === kind)
          .flatMap((step) => step.evidence.filter((one) => one.what === what))
          .map(({ text }) => text);
      expect(texts("host-key", "fingerprint")).toEqual([
        `ssh-ed25519 ${hop.hostKey.fingerprint}`,
        `ssh-ed25519 ${far.hostKey.fingerprint}`,
      ]);
      expect(texts("login", "keyTaken")).toEqual([hop.userKey.fingerprint, far.userKey.fingerprint]);
      expect(texts("login", "offered")[0]).toContain("publickey");
      await client.hosts.remove({ hostId });
    });

    const bad = {
      login: async () => {
        const open = await far.makeKey("open-key");
        chmodSync(open.file, 0o644);
        const stranger = await far.makeKey("stranger");
        const config = ` IdentityFile ${open.file}\n IdentityFile ${stranger.file}`;
        return { address: "127.0.0.1", port: far.port, config };
      },
      tcp: async () => ({ address: "127.0.0.1", port: 1, config: "" }),
      name: async () => ({ address: "no-such-host.invalid", port: 22, config: "" }),
    };
    test.each([
      ["login", "AUTH_FAILED", /^chmod 600 .*open-key/, ["open-permissions"]],
      ["tcp", "HOST_REFUSED", /^nc -vz/, []],
      ["name", "HOST_NAME_UNRESOLVED", /^getent/, []],
    ] as const)("hosts.diagnose stops at the %s that fails, with a fix", async (kind, code, fix, why) => {
      const { address, port, config } = await bad[kind]();
      const file = join(home(), ".ssh", "config");
      const before = readFileSync(file, "utf8");
      const lines = [`Host ${address}`, ` UserKnownHostsFile ${join(home(), "known")}`, " IdentityAgent none", config];
      writeFileSync(file, [...lines, before].join("\n"));
      try {
        const place = { address, port, user: far.user, auth: { kind: "config" } } as const;
        const { hostId } = await client.hosts.add({ kind: "ssh", name: kind, environment: "development", ...place });
        const steps = await seen(hostId);
        const last = steps.at(-1);
        const reasons = steps
          .flatMap(({ evidence }) => evidence.map(({ reason }) => reason))
          .filter((one) => one !== "");
        expect({ kind: last?.kind, state: last?.state, code: last?.problem?.code, fix: last?.fix, reasons }).toEqual({
          ...{ kind, state: "failed", code, reasons: expect.arrayContaining([...why]) },
          fix: expect.stringMatching(fix),
        });
        await client.hosts.remove({ hostId });
      } finally {
        writeFileSync(file, before);
      }
    });

    describe("hosts.installKey", () => {
      // The script edits the authorized_keys of the account's home: these servers give it a home of the test's own.
      let account: string;
      const keys = () => join(account, ".ssh", "authorized_keys");
      beforeAll(() => {
        account = join(home(), "account");
        mkdirSync(join(account, ".ssh"), { recursive: true, mode: 0o700 });
      });

      async function addOwn(name: string, sshd: LabSshd): Promise<string> {
        writeFileSync(join(home(), ".ssh", "known_hosts"), `${known(sshd)}\n`);
        writeFileSync(keys(), `# mine\n${sshd.userKey.publicText}`, { mode: 0o640 });
        const file = join(home(), ".ssh", "config");
        const before = readFileSync(file, "utf8");
        const config = `own-${name}`;
        writeFileSync(
          file,
          [
            ...section(config, sshd).slice(0, -2),
            ` UserKnownHostsFile ${join(home(), ".ssh", "known_hosts")}`,
            before,
          ].join("\n"),
        );
        const place = {
          address: "127.0.0.1",
          port: sshd.port,
          user: sshd.user,
          auth: { kind: "config" },
          config,
        } as const;
        const { hostId } = await client.hosts.add({ kind: "ssh", name, environment: "development", ...place });
        await until(async () => (await client.hosts.get({ hostId })).link.phase === "online", { timeoutMs: 20_000 });
        return hostId;
      }

      test("adds one line, keeps the mode, proves the key, uses it, and is audited", async () => {
        const sshd = await startSshd({ config: [`AuthorizedKeysFile ${keys()}`, `SetEnv HOME=${account}`] });
        try {
          const hostId = await addOwn("keyed", sshd);
          const { path, publicKey, used, steps } = await client.hosts.installKey({ hostId, use: true });
          expect(readFileSync(keys(), "utf8")).toBe(`# mine\n${sshd.userKey.publicText}\n${publicKey}\n`);
          expect({ used, steps: steps.map(({ kind }) => kind), mode: statSync(keys()).mode & 0o777 }).toEqual({
            used: true,
            steps: ["make", "install", "prove", "use"],
            mode: 0o640,
          });
          expect(readdirSync(join(account, ".ssh"))).toEqual(["authorized_keys"]);
          expect(statSync(path).mode & 0o777).toBe(0o600);
          expect(await client.hosts.get({ hostId })).toMatchObject({ auth: { kind: "key", path } });
          const { rows } = await client.audit.page({ limit: 20 });
          expect(rows.find((row) => row.action === "host.install-key")).toMatchObject({ target: `host:${hostId}` });
          await client.hosts.remove({ hostId });
        } finally {
          await sshd.stop();
        }
      });

      test("undoes everything when the key does not log in", async () => {
        const sshd = await startSshd({ config: [`SetEnv HOME=${account}`] });
        try {
          const hostId = await addOwn("not-keyed", sshd);
          await expect(client.hosts.installKey({ hostId, use: true })).rejects.toMatchObject({ code: "AUTH_FAILED" });
          const left = readdirSync(join(home(), ".ssh")).filter((name) => name.startsWith("gatehouse_not-keyed"));
          expect({ keys: readFileSync(keys(), "utf8").trim(), left }).toEqual({
            keys: `# mine\n${sshd.userKey.publicText}`,
            left: [],
          });
          await client.hosts.remove({ hostId });
        } finally {
          await sshd.stop();
        }
      });
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
