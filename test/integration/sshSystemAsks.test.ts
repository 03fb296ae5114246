import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ssh2, { type AuthContext } from "ssh2";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { isFailure } from "../../electron/core/failure.ts";
import { systemClock } from "../../electron/core/node.ts";
import {
  createHostKeys,
  createSshConfig,
  type Examination,
  examineRoute,
  findRoute,
  type HostLink,
  type WantedHost,
} from "../../electron/core/ssh/index.ts";
import { type LabSshd, mustSkip, type SkAgent, type SkType, startSkAgent, startSshd } from "../helpers/lab/index.ts";
import { memoryPins, scriptedAsk, type TestLinkOptions, testLink, testSecret } from "../helpers/lab/link.ts";
import { until } from "../helpers/until.ts";

const failure = async (promise: Promise<unknown>) => {
  const error = await promise.then(
    () => new Error("did not fail"),
    (reason: unknown) => reason,
  );
  if (!isFailure(error)) throw error;
  return { code: error.code, details: error.details };
};

const canary = "pass-CANARY-7f3a phrase";

/** Where a secret can be seen by others: arguments, environments, files of the runs. */
function exposed(secret: string): string[] {
  const found: string[] = [];
  const look = (path: string) => {
    try {
      if (statSync(path).isFile() && readFileSync(path).includes(secret)) found.push(path);
    } catch {}
  };
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name) && name !== String(process.pid))) {
    look(`/proc/${pid}/cmdline`);
    look(`/proc/${pid}/environ`);
  }
  for (const folder of runs()) for (const file of filesIn(folder)) look(join(folder, file));
  return found;
}

/** A run may end, and take its folder with it, while one looks. */
function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
const runs = () =>
  readdirSync(tmpdir())
    .filter((name) => /^gh-/.test(name))
    .map((name) => join(tmpdir(), name));

describe.skipIf(mustSkip("questions of OpenSSH's client", "sshd"))("questions of OpenSSH's client", () => {
  let home: string;
  let far: LabSshd;
  let hop: LabSshd;
  const links: HostLink[] = [];
  const closers: (() => void)[] = [];
  let before: string[];

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), "gatehouse-asks-"));
    mkdirSync(join(home, ".ssh"), { mode: 0o700 });
    [far, hop] = await Promise.all([startSshd(), startSshd()]);
    before = runs();
  });
  afterEach(async () => {
    await Promise.all(links.splice(0).map((link) => link.dispose()));
    for (const close of closers.splice(0)) close();
    const left = () => runs().filter((folder) => !before.includes(folder));
    await until(() => left().length === 0, { timeoutMs: 5_000, what: "no folder of a run is left" });
  });
  afterAll(async () => {
    await Promise.all([far?.stop(), hop?.stop()]);
    rmSync(home, { recursive: true, force: true });
  });

  const section = (name: string, sshd: { port: number; user: string }, key: string | null, more: string[] = []) =>
    [
      ...[`Host ${name}`, " HostName 127.0.0.1", ` Port ${sshd.port}`, ` User ${sshd.user}`],
      ...[...(key === null ? [] : [` IdentityFile ${key}`]), " IdentitiesOnly yes", " IdentityAgent none"],
      ...[` UserKnownHostsFile ${join(home, "known")}`, " GlobalKnownHostsFile /dev/null", ...more, ""],
    ].join("\n");

  function sshConfig(text: string) {
    const file = join(home, ".ssh", "config");
    writeFileSync(file, text);
    return createSshConfig({ file, usual: false, home, localUser: far.user, env: process.env, clock: systemClock() });
  }
  const wantedOf = (wanted: Partial<WantedHost>): WantedHost => ({
    ...{ address: "x", port: 22, user: "x", auth: { kind: "config" }, config: "far", transport: "system" },
    ...wanted,
  });

  function linkTo(text: string, options: Partial<TestLinkOptions> = {}, wanted: Partial<WantedHost> = {}) {
    const ssh = sshConfig(text);
    const target = async (signal: AbortSignal) => (await findRoute(wantedOf(wanted), ssh, { signal })).target;
    const auth = { kind: "password" } as const;
    const made = testLink({ port: 0, user: "", auth, target, env: process.env, ...options });
    links.push(made.link);
    return made;
  }

  describe("a locked key", () => {
    it("is unlocked by the same question, and nobody else sees the passphrase", async () => {
      const key = await far.makeKey("locked", { passphrase: canary, authorized: true });
      const seen = new Set<string>();
      const given = ["wrong", canary];
      const { link, asked } = linkTo(section("far", far, key.file), {
        answers: {
          passphrase: async ({ path }) => {
            expect(path).toBe(key.file);
            for (const place of exposed(canary)) seen.add(place);
            return testSecret(given.shift() ?? "");
          },
        },
      });
      let looking = true;
      const watch = (async () => {
        while (looking) {
          for (const place of exposed(canary)) seen.add(place);
          await new Promise((resolve) => setImmediate(resolve));
        }
      })();
      await link.ready();
      looking = false;
      await watch;
      expect(String((await link.exec(["echo", "in"])).stdout)).toBe("in\n");
      expect({ seen: [...seen], asked: asked.filter((one) => !one.startsWith("host key")) }).toEqual({
        seen: [],
        asked: ["passphrase 1", "passphrase 2"],
      });
    });

    it("is not asked for again when the connection comes back", async () => {
      const key = await far.makeKey("locked-again", { passphrase: canary, authorized: true });
      const { link, asked } = linkTo(section("far", far, key.file), {
        answers: { passphrase: async () => testSecret(canary) },
        timings: { backOffMs: 50 },
      });
      await link.ready();
      far.cutConnections();
      await until(() => link.state().phase !== "online", { timeoutMs: 10_000 });
      await until(() => link.state().phase === "online", { timeoutMs: 10_000 });
      expect(asked.filter((one) => one.startsWith("passphrase"))).toEqual(["passphrase 1"]);
    });

    it("must be refused: the person does not answer", async () => {
      const key = await far.makeKey("locked-no", { passphrase: canary, authorized: true });
      const { link } = linkTo(section("far", far, key.file));
      expect((await failure(link.ready())).code).toBe("PROMPT_DISMISSED");
    });

    it("goes away, question and all, when the host is disconnected", async () => {
      const key = await far.makeKey("locked-cancel", { passphrase: canary, authorized: true });
      let open = 0;
      const { link } = linkTo(section("far", far, key.file), {
        answers: {
          passphrase: ({ signal }) =>
            new Promise((resolve) => {
              open += 1;
              signal.addEventListener("abort", () => {
                open -= 1;
                resolve(null);
              });
            }),
        },
      });
      const ready = failure(link.ready());
      await until(() => open === 1, { timeoutMs: 10_000, what: "the question is asked" });
      await link.disconnect();
      expect((await ready).code).toBe("HOST_OFFLINE");
      await until(() => open === 0, { timeoutMs: 5_000, what: "the question is withdrawn" });
      await until(() => far.processes().length === 0, { timeoutMs: 5_000, what: "the client has ended" });
    });
  });

  describe("passwords and codes", () => {
    /** A server of the library, since sshd asks the machine's own accounts. */
    async function server(onAuth: (context: AuthContext) => void): Promise<{ port: number; user: string }> {
      const hostKeys = [ssh2.utils.generateKeyPairSync("ecdsa", { bits: 256 }).private];
      const made = new ssh2.Server({ hostKeys }, (client) => {
        client.on("error", () => {});
        client.on("authentication", onAuth);
      });
      closers.push(() => made.close());
      await new Promise<void>((resolve) => made.listen(0, "127.0.0.1", resolve));
      return { port: (made.address() as { port: number }).port, user: "person" };
    }
    const byPassword = (context: AuthContext) =>
      context.method === "password" && context.password === canary ? context.accept() : context.reject(["password"]);

    it("asks for a password until it is right", async () => {
      const at = await server(byPassword);
      const given = ["wrong", canary];
      const { link, asked } = linkTo(
        section("far", at, null),
        { answers: { password: async ({ user }) => testSecret(user === "person" ? (given.shift() ?? "") : "") } },
        { auth: { kind: "password" } },
      );
      await link.ready();
      expect(asked.filter((one) => !one.startsWith("host key"))).toEqual(["password 1", "password 2"]);
    });

    it("says so when it is not", async () => {
      const at = await server(byPassword);
      const { link, asked } = linkTo(
        section("far", at, null),
        { answers: { password: async () => testSecret("wrong") } },
        { auth: { kind: "password" } },
      );
      expect(await failure(link.ready())).toMatchObject({ code: "AUTH_FAILED", details: { tried: "password" } });
      expect(asked.filter((one) => one.startsWith("password"))).toHaveLength(3);
    });

    it("asks what the host asks: a code after a password, each once", async () => {
      const at = await server((context) => {
        if (context.method !== "keyboard-interactive") return context.reject(["keyboard-interactive"]);
        context.prompt(
          [
            { prompt: "Password: ", echo: false },
            { prompt: "Verification\u001b[2J code: ", echo: true },
          ],
          "PAM",
          "",
          (answers) => (answers.join("|") === `${canary}|123456` ? context.accept() : context.reject()),
        );
      });
      const { link, asked } = linkTo(
        section("far", at, null),
        {
          answers: { answers: async ({ prompts }) => [/code/.test(prompts[0]?.text ?? "") ? "123456" : canary] },
        },
        { auth: { kind: "interactive" } },
      );
      await link.ready();
      expect(asked.filter((one) => one.startsWith("answers"))).toEqual([
        "answers Password: ",
        String.raw`answers Verification\033[2J code: `,
      ]);
    });

    it("must be refused: a password after a key that was turned down", async () => {
      const at = await server((context) => context.reject(["publickey", "password"]));
      const { link, asked } = linkTo(section("far", at, far.userKey.file), {
        answers: { password: async () => testSecret(canary) },
      });
      expect(await failure(link.ready())).toMatchObject({
        code: "AUTH_FAILED",
        details: { tried: "publickey", offered: "publickey, password" },
      });
      expect(asked.filter((one) => !one.startsWith("host key"))).toEqual([]);
    });

    it("asks for the second factor once the key was taken", async () => {
      const at = await server((context) => {
        if (context.method === "publickey") {
          if (context.signature) return context.reject(["password"], true);
          return context.accept();
        }
        byPassword(context);
      });
      const { link, asked } = linkTo(section("far", at, far.userKey.file), {
        answers: { password: async () => testSecret(canary) },
      });
      await link.ready();
      expect(asked.filter((one) => !one.startsWith("host key"))).toEqual(["password 1"]);
    });

    it("must be refused: a login banner of 1 MB", async () => {
      const hostKeys = [ssh2.utils.generateKeyPairSync("ecdsa", { bits: 256 }).private];
      const made = new ssh2.Server({ hostKeys, banner: "z".repeat(1_000_000) }, (client) => {
        client.on("error", () => {});
        client.on("authentication", byPassword);
      });
      closers.push(() => made.close());
      await new Promise<void>((resolve) => made.listen(0, "127.0.0.1", resolve));
      const { port } = made.address() as { port: number };
      const { link } = linkTo(section("far", { port, user: "person" }, null), {}, { auth: { kind: "password" } });
      const { code, details } = await failure(link.ready());
      expect(code).toBe("HOST_UNREACHABLE");
      expect(String(details.reason).length).toBeLessThanOrEqual(300);
    });

    it("must be refused: a key that others may read, whatever was allowed here", async () => {
      const key = await far.makeKey("open-by-system", { authorized: true });
      chmodSync(key.file, 0o644);
      const named = linkTo(section("far", far, key.file), {}, { allowOpenKeys: true });
      expect(await failure(named.link.ready())).toMatchObject({ code: "KEY_FILE_OPEN", details: { path: key.file } });
      const auth = { kind: "key", path: key.file } as const;
      const chosen = linkTo(section("far", far, null), {}, { auth });
      expect(await failure(chosen.link.ready())).toMatchObject({ code: "KEY_FILE_OPEN", details: { mode: "644" } });
    });

    it("must be refused: a configuration that includes itself", async () => {
      const text = `Include ${join(home, ".ssh", "config")}\n${section("far", far, far.userKey.file)}`;
      expect((await failure(linkTo(text).link.ready())).code).toBe("SSH_CONFIG_INVALID");
    });

    it("must not wait for ever: a server that takes the connection and says nothing", async () => {
      const silent = createServer(() => {});
      closers.push(() => silent.close());
      await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
      const { port } = silent.address() as { port: number };
      const { link } = linkTo(section("far", { port, user: "x" }, null), {
        timings: { dialMs: 300, handshakeMs: 700 },
      });
      expect((await failure(link.ready())).code).toBe("HOST_UNREACHABLE");
    });
  });

  describe("host keys on the way", () => {
    const jumping = () =>
      section("far", far, far.userKey.file, [" ProxyJump hop"]) + section("hop", hop, hop.userKey.file);

    it("asks for each host, and pins each under its own id", async () => {
      const { link, asked, pins } = linkTo(jumping());
      await link.ready();
      expect(asked).toEqual([`host key ${hop.hostKey.fingerprint}`, `host key ${far.hostKey.fingerprint}`]);
      expect([...pins.all.keys()].sort()).toEqual(["host-1", `jump:127.0.0.1:${hop.port}`]);
      expect((await link.exec(["true"])).code).toBe(0);
    });

    it("pins what known_hosts holds without a question, for hops too", async () => {
      const line = (sshd: LabSshd) => `[127.0.0.1]:${sshd.port} ${sshd.hostKey.publicText}\n`;
      writeFileSync(join(home, "known"), line(far) + line(hop));
      try {
        const { link, asked, pins } = linkTo(jumping());
        await link.ready();
        expect({ asked, pinned: pins.all.size }).toEqual({ asked: [], pinned: 2 });
      } finally {
        rmSync(join(home, "known"));
      }
    });

    it("must be refused: a changed key of the hop, though known_hosts has learnt it, before a word to the host", async () => {
      const pins = memoryPins();
      const first = linkTo(jumping(), { pins });
      await first.link.ready();
      await first.link.dispose();
      await hop.changeHostKey();
      writeFileSync(join(home, "known"), `[127.0.0.1]:${hop.port} ${hop.hostKey.publicText}\n`);
      try {
        const again = linkTo(jumping(), { pins });
        const log = far.log().length;
        const { code, details } = await failure(again.link.ready());
        expect({ code, port: details.port, new: details.new }).toEqual({
          ...{ code: "HOST_KEY_CHANGED", port: hop.port },
          new: hop.hostKey.fingerprint,
        });
        expect(far.log().length).toBe(log);
        const pinId = `jump:127.0.0.1:${hop.port}`;
        await again.hostKeys.accept(pinId, hop.hostKey.fingerprint);
        await again.link.ready();
      } finally {
        rmSync(join(home, "known"));
      }
    });

    it("must be refused: a hop's key that the person turns down", async () => {
      const { link, pins } = linkTo(jumping(), { answers: { hostKey: async () => false } });
      expect(await failure(link.ready())).toMatchObject({ code: "HOST_KEY_REJECTED", details: { port: hop.port } });
      expect(pins.all.size).toBe(0);
    });

    it("names the hop when it is the hop that asks", async () => {
      const locked = await hop.makeKey("hop-locked", { passphrase: canary, authorized: true });
      const { link, asked } = linkTo(
        section("far", far, far.userKey.file, [" ProxyJump hop"]) + section("hop", hop, locked.file),
        { answers: { passphrase: async () => testSecret(canary) } },
      );
      await link.ready();
      expect(asked.filter((one) => one.startsWith("passphrase"))).toEqual(["passphrase 1"]);
    });
  });

  describe("the connection doctor", () => {
    async function examined(text: string) {
      const target = (await findRoute(wantedOf({}), sshConfig(text))).target;
      const steps: string[] = [];
      const tell: Examination = {
        begin: (kind, at) => steps.push(`${kind} ${at.port}`),
        evidence: ({ what, text: said, reason }) => steps.push(`  ${what} ${said} ${reason}`.trimEnd()),
        done: () => steps.push("  ok"),
      };
      const clock = systemClock();
      const { ask } = scriptedAsk({ hostKey: async () => true });
      const hostKeys = createHostKeys({ store: memoryPins(), clock, knownHostsFiles: [] });
      const signal = new AbortController().signal;
      const problem = await examineRoute(
        { hostId: "h", target, hostKeys, ask, clock, signal, env: process.env, home },
        tell,
      ).then(
        () => null,
        (error: unknown) => (isFailure(error) ? error.code : String(error)),
      );
      return { steps, problem };
    }

    it("goes host key and login of each host", async () => {
      const offered = "  offered publickey, keyboard-interactive";
      const { steps, problem } = await examined(
        section("far", far, far.userKey.file, [" ProxyJump hop"]) + section("hop", hop, hop.userKey.file),
      );
      expect({
        problem,
        steps: steps.filter((line) => line !== "  ok"),
      }).toEqual({
        problem: null,
        steps: [
          ...[`name ${hop.port}`, "  addresses 127.0.0.1", `tcp ${hop.port}`],
          ...[`keys ${hop.port}`, `  key ${hop.userKey.file} ssh-ed25519`],
          ...[`keys ${far.port}`, `  key ${far.userKey.file} ssh-ed25519`],
          ...[`host-key ${hop.port}`, `  fingerprint ssh-ed25519 ${hop.hostKey.fingerprint}`],
          ...[`login ${hop.port}`, offered, "  tried publickey", `  keyTaken ${hop.userKey.fingerprint}`],
          ...[`host-key ${far.port}`, `  fingerprint ssh-ed25519 ${far.hostKey.fingerprint}`],
          ...[`login ${far.port}`, offered, "  tried publickey", `  keyTaken ${far.userKey.fingerprint}`],
          `channel ${far.port}`,
        ],
      });
    });

    it("stops at the login that fails", async () => {
      const stranger = await far.makeKey("stranger");
      const { steps, problem } = await examined(section("far", far, stranger.file));
      expect({ problem, last: steps.filter((line) => !line.startsWith(" ")).at(-1) }).toEqual({
        problem: "AUTH_FAILED",
        last: `login ${far.port}`,
      });
    });
  });

  describe.each<SkType>(["sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com"])("a key %s", (type) => {
    let agent: SkAgent;
    beforeAll(async () => {
      agent = await startSkAgent(type);
      writeFileSync(join(far.dir, "authorized_keys"), `${agent.publicText}\n`, { flag: "a" });
    });
    afterAll(() => agent?.stop());
    afterEach(() => {
      agent.touch = "given";
    });
    const env = () => ({ ...process.env, SSH_AUTH_SOCK: agent.socket });
    const byAgent = () => section("far", far, null).replace(" IdentityAgent none", ` IdentityAgent ${agent.socket}`);

    it("is found in the agent, goes by OpenSSH's client, and logs in", async () => {
      const text = byAgent().replace(" IdentitiesOnly yes\n", "");
      const { link } = linkTo(text, { env: env() }, { transport: "auto" });
      const found = await findRoute(wantedOf({ transport: "auto" }), sshConfig(text));
      expect(found.transport).toMatchObject({ by: "system", reason: "security-key" });
      await link.ready();
      expect((await link.exec(["true"])).code).toBe(0);
      expect(far.log()).toContain(agent.fingerprint);
    });

    it("can be chosen by its fingerprint, without any configuration", async () => {
      const auth = { kind: "agent", fingerprint: agent.fingerprint } as const;
      const wanted = { config: undefined, address: "127.0.0.1", port: far.port, user: far.user, auth };
      const file = join(home, "nothing");
      const [home_, clock] = [home, systemClock()];
      const ssh = createSshConfig({ file, usual: false, home: home_, localUser: far.user, env: env(), clock });
      const found = await findRoute(wantedOf({ ...wanted, transport: "auto" }), ssh);
      expect(found.transport).toMatchObject({ by: "system", reason: "security-key" });
      const made = testLink({ port: 0, user: "", auth, target: async () => found.target, env: env() });
      links.push(made.link);
      await made.link.ready();
    });

    it("is named by its public half in the configuration", async () => {
      const file = join(home, "yubi");
      writeFileSync(`${file}.pub`, `${agent.publicText}\n`);
      const text = section("far", far, file).replace(" IdentityAgent none", ` IdentityAgent ${agent.socket}`);
      const { link } = linkTo(text, { env: env() }, { transport: "auto" });
      await link.ready();
    });

    it("must be refused: nobody touched it, and the message says so", async () => {
      agent.touch = "not-given";
      const { link } = linkTo(byAgent().replace(" IdentitiesOnly yes\n", ""), { env: env() });
      expect(await failure(link.ready())).toMatchObject({ code: "SECURITY_KEY_UNTOUCHED" });
    });

    it("must not wait for ever: the agent hangs while it signs", async () => {
      agent.touch = "hangs";
      const { link } = linkTo(byAgent().replace(" IdentitiesOnly yes\n", ""), {
        env: env(),
        timings: { dialMs: 500, handshakeMs: 1_000 },
      });
      expect((await failure(link.ready())).code).toBe("HOST_UNREACHABLE");
    });

    it("says what is missing when its file is there, and neither an agent nor the hardware", async () => {
      const file = join(home, "id_private_sk");
      writeFileSync(file, agent.privateText, { mode: 0o600 });
      writeFileSync(`${file}.pub`, `${agent.publicText}\n`);
      const without = { ...process.env, SSH_AUTH_SOCK: join(home, "nobody") };
      const { link } = linkTo(
        section("far", far, null),
        { env: without },
        { auth: { kind: "key", path: file }, transport: "auto" },
      );
      const { code, details } = await failure(link.ready());
      expect({ code, key: details.key, type: details.type }).toEqual({
        ...{ code: "SECURITY_KEY_MISSING", key: file },
        type: expect.stringMatching(/-SK$/),
      });
    });

    it("says what is missing when no agent holds it", async () => {
      const file = join(home, "id_sk");
      writeFileSync(`${file}.pub`, `${agent.publicText}\n`);
      const { link } = linkTo(section("far", far, null), {}, { auth: { kind: "key", path: file }, transport: "auto" });
      const { code, details } = await failure(link.ready());
      expect({ code, key: details.key }).toEqual({ code: "SECURITY_KEY_MISSING", key: file });
    });
  });
});
