import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { isFailure } from "../../electron/core/failure.ts";
import { systemClock } from "../../electron/core/node.ts";
import { createSshConfig, findRoute, type HostLink, type WantedHost } from "../../electron/core/ssh/index.ts";
import { type LabSshd, mustSkip, startAgent, startSshd } from "../helpers/lab/index.ts";
import { memoryPins, type TestLinkOptions, testLink, testSecret } from "../helpers/lab/link.ts";
import { until } from "../helpers/until.ts";

const failure = async (promise: Promise<unknown>) => {
  const error = await promise.then(
    () => new Error("did not fail"),
    (reason: unknown) => reason,
  );
  if (!isFailure(error)) throw error;
  return { code: error.code, details: error.details };
};

describe.skipIf(mustSkip("hosts of the ssh configuration", "sshd"))("hosts of the ssh configuration", () => {
  let home: string;
  let far: LabSshd;
  let hop: LabSshd;
  const links: HostLink[] = [];

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), "gatehouse-home-"));
    mkdirSync(join(home, ".ssh"), { mode: 0o700 });
    [far, hop] = await Promise.all([startSshd(), startSshd()]);
  });
  afterEach(async () => {
    await Promise.all(links.splice(0).map((link) => link.dispose()));
  });
  afterAll(async () => {
    await Promise.all([far?.stop(), hop?.stop()]);
    rmSync(home, { recursive: true, force: true });
  });

  /** A link as the hosts room makes it: the configuration is read at each try. */
  function linkTo(config: string, wanted: Partial<WantedHost> = {}, options: Partial<TestLinkOptions> = {}) {
    writeFileSync(join(home, ".ssh", "config"), config);
    const ssh = createSshConfig({
      file: join(home, ".ssh", "config"),
      usual: false,
      home,
      localUser: far.user,
      env: process.env,
      clock: systemClock(),
    });
    const want: WantedHost = {
      address: "far",
      port: 22,
      user: far.user,
      auth: { kind: "config" },
      config: "far",
      ...wanted,
    };
    const auth = { kind: "password" } as const;
    const made = testLink({
      ...{ port: 0, user: "", auth },
      target: async (signal) => (await findRoute(want, ssh, { signal })).target,
      ...options,
    });
    links.push(made.link);
    return made;
  }

  const common = (sshd: LabSshd, key = sshd.userKey.file) =>
    ` HostName 127.0.0.1\n Port ${sshd.port}\n User ${sshd.user}\n IdentityFile ${key}\n IdentityAgent none\n` +
    " UserKnownHostsFile /dev/null\n GlobalKnownHostsFile /dev/null\n";
  const direct = () => `Host far\n${common(far)}`;
  const jumping = () => `Host far\n${common(far)} ProxyJump hop\nHost hop\n${common(hop)}`;

  describe("keys as the configuration names them", () => {
    it("takes the first that the host accepts, passing over those that cannot be used", async () => {
      const stranger = await far.makeKey("stranger-1");
      const open = await far.makeKey("open-1", { authorized: true });
      chmodSync(open.file, 0o644);
      const files = [`${far.dir}/missing`, open.file, stranger.file].map((file) => ` IdentityFile ${file}\n`);
      const { link } = linkTo(`Host far\n${files.join("")}${common(far)}`);
      await link.ready();
      expect(String((await link.exec(["echo", "in"])).stdout)).toBe("in\n");
    });

    it("asks for a passphrase only when the host would take that key", async () => {
      const unwanted = await far.makeKey("locked-unwanted", { passphrase: "never asked" });
      const locked = await far.makeKey("locked-wanted", { passphrase: "open sesame", authorized: true });
      const { link, asked } = linkTo(
        `Host far\n IdentityFile ${unwanted.file}\n IdentitiesOnly yes\n${common(far, locked.file)}`,
        {},
        { answers: { passphrase: async ({ path }) => testSecret(path === locked.file ? "open sesame" : "") } },
      );
      await link.ready();
      expect(asked.filter((question) => question.startsWith("passphrase"))).toEqual(["passphrase 1"]);
    });

    it("refuses when no key is taken, and asks for no password", async () => {
      const stranger = await far.makeKey("stranger-2");
      const { link, asked } = linkTo(`Host far\n${common(far, stranger.file)}`);
      expect(await failure(link.ready())).toMatchObject({ code: "AUTH_FAILED", details: { tried: "none, publickey" } });
      expect(asked.filter((question) => !question.startsWith("host key"))).toEqual([]);
    });

    it.skipIf(mustSkip("ssh-agent", "agent"))(
      "takes what IdentityFile names from the agent, and no other",
      async () => {
        const agent = await startAgent();
        try {
          for (let i = 0; i < 7; i += 1) await agent.add((await far.makeKey(`ring-${i}`)).file);
          const locked = await far.makeKey("in-agent", { authorized: true });
          await agent.add(locked.file);
          const config = `Host far\n IdentitiesOnly yes\n${common(far, locked.file).replace(
            "IdentityAgent none",
            `IdentityAgent ${agent.socket}`,
          )}`;
          await linkTo(config).link.ready();
        } finally {
          await agent.stop();
        }
      },
    );
  });

  describe("host keys as the configuration wants them", () => {
    it("must be refused: an unknown key under StrictHostKeyChecking yes", async () => {
      const { link, asked } = linkTo(`Host far\n StrictHostKeyChecking yes\n${common(far)}`);
      expect((await failure(link.ready())).code).toBe("HOST_KEY_REJECTED");
      expect(asked).toEqual([]);
    });

    it("pins an unknown key without a question under accept-new, and refuses another one later", async () => {
      const pins = memoryPins();
      const config = `Host far\n StrictHostKeyChecking accept-new\n${common(far)}`;
      const { link, asked } = linkTo(config, {}, { pins });
      await link.ready();
      await link.dispose();
      expect(asked).toEqual([]);
      await far.changeHostKey();
      expect((await failure(linkTo(config, {}, { pins }).link.ready())).code).toBe("HOST_KEY_CHANGED");
    });

    it("looks under HostKeyAlias, in the files that it names", async () => {
      const file = join(home, "known");
      writeFileSync(file, `my-alias ${far.hostKey.publicText}\n`);
      const config = `Host far\n HostKeyAlias my-alias\n StrictHostKeyChecking yes\n${common(far).replace(
        "UserKnownHostsFile /dev/null",
        `UserKnownHostsFile /dev/null ${file}`,
      )}`;
      await linkTo(config).link.ready();
    });
  });

  describe("through a jump host", () => {
    it("reaches the host, with a key check for each, and takes the hop down with it", async () => {
      const { link, asked, pins } = linkTo(jumping());
      await link.ready();
      expect(String((await link.exec(["echo", "through"])).stdout)).toBe("through\n");
      expect(asked).toEqual([`host key ${hop.hostKey.fingerprint}`, `host key ${far.hostKey.fingerprint}`]);
      expect([...pins.all.keys()].sort()).toEqual(["host-1", `jump:127.0.0.1:${hop.port}`]);
      expect(hop.log()).toMatch(/Accepted publickey/);
      await link.dispose();
      await until(() => hop.processes().length === 0, { timeoutMs: 5_000, what: "the hop's connection is closed" });
    });

    it("takes explicit hops in place of the configuration's", async () => {
      const { link } = linkTo(`${direct()}Host other\n${common(hop)}`, { jumps: ["other"] });
      await link.ready();
      expect((await link.exec(["true"])).code).toBe(0);
    });

    it("comes back by itself when the hop's connection breaks", async () => {
      const { link } = linkTo(jumping(), {}, { timings: { backOffMs: 50 } });
      await link.ready();
      hop.cutConnections();
      await until(() => link.state().phase !== "online", { timeoutMs: 5_000 });
      await until(() => link.state().phase === "online", { timeoutMs: 10_000 });
      expect((await link.exec(["true"])).code).toBe(0);
    });

    it("says so when the hop is down", async () => {
      const { link } = linkTo(jumping());
      await hop.down();
      try {
        expect(await failure(link.ready())).toMatchObject({ code: "HOST_REFUSED", details: { port: hop.port } });
      } finally {
        await hop.start();
      }
    });

    it("says so when the hop cannot reach the host", async () => {
      const { link } = linkTo(jumping());
      await far.down();
      try {
        const { code, details } = await failure(link.ready());
        expect({ code, port: details.port, from: String(details.reason).startsWith("from the jump host") }).toEqual({
          code: "HOST_UNREACHABLE",
          port: far.port,
          from: true,
        });
      } finally {
        await far.start();
      }
    });

    it("must be refused: a changed key of the hop, before a word goes to the host behind it", async () => {
      const pins = memoryPins();
      const first = linkTo(jumping(), {}, { pins });
      await first.link.ready();
      await first.link.dispose();
      await hop.changeHostKey();
      const again = linkTo(jumping(), {}, { pins });
      const before = far.log().length;
      expect(await failure(again.link.ready())).toMatchObject({
        code: "HOST_KEY_CHANGED",
        details: { port: hop.port },
      });
      expect(far.log().length).toBe(before);
      const pinId = `jump:127.0.0.1:${hop.port}`;
      expect(again.hostKeys.view(pinId).incident?.presented.fingerprint).toBe(hop.hostKey.fingerprint);
      await again.hostKeys.accept(pinId, hop.hostKey.fingerprint);
      await again.link.ready();
    });

    it("must be refused: a hop that does not forward", async () => {
      const closed = await startSshd({ config: ["AllowTcpForwarding no"] });
      try {
        const { link } = linkTo(`Host far\n${common(far)} ProxyJump hop\nHost hop\n${common(closed)}`);
        expect((await failure(link.ready())).code).toBe("FORWARDING_REFUSED");
      } finally {
        await closed.stop();
      }
    });

    it("must be refused: a loop", async () => {
      const { link } = linkTo(`Host far\n${common(far)} ProxyJump hop\nHost hop\n${common(hop)} ProxyJump far`);
      expect((await failure(link.ready())).code).toBe("JUMP_LOOP");
    });
  });

  describe("through a proxy command", () => {
    const node = (script: string) => `${process.execPath} -e '${script}' %h %p`;
    const relay =
      'const s=require("net").connect(+process.argv[2],process.argv[1]);process.stdin.pipe(s).pipe(process.stdout)';

    it("reaches the host, and the command ends with the connection", async () => {
      const { link } = linkTo(`Host far\n${common(far)} ProxyCommand ${node(relay)}`);
      await link.ready();
      const big = await link.exec(["sh", "-c", "head -c 3000000 /dev/zero"]);
      expect(big.stdout.length).toBe(3_000_000);
      await link.dispose();
      await until(() => far.processes().length === 0, { timeoutMs: 5_000, what: "the connection is closed" });
    });

    it("says what the command said when it fails", async () => {
      const { link } = linkTo(`Host far\n${common(far)} ProxyCommand sh -c 'echo no way >&2; exit 3'`);
      const { code, details } = await failure(link.ready());
      expect({ code, reason: details.reason }).toEqual({
        code: "HOST_UNREACHABLE",
        reason: expect.stringContaining("no way"),
      });
    });
  });
});
